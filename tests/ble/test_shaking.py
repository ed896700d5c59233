"""Which sensor is shaken, and the dialogue that asks for it."""

from __future__ import annotations

import numpy as np
import pytest

from sensor_screen.ble.introduction import Introduction
from sensor_screen.ble.roles import Place, Roles, assign_places
from sensor_screen.ble.shake_dialogue import Saying, ShakeWord, ask_by_shaking
from sensor_screen.ble.shaking import Felt, Shaking, find_shaken
from sensor_screen.errors import UsageError
from sensor_screen.model import Placement, Side
from sensor_screen.protocol.relay_frame import Family
from sensor_screen.storage.folder import read_folder
from tests.core.test_alignment import SHARED

SHANK, FOOT = (Side.LEFT, Placement.SHANK), (Side.LEFT, Placement.FOOT)
RATE_HZ = 100.0


def shaking(
    amplitude_mps2: float, begin_s: float = 0.0, end_s: float = 9.0, until_s: float = 3.0
) -> Felt:
    """A sine of 3 Hz across a lying sensor, between two times."""
    time_s = np.arange(0.0, until_s, 1.0 / RATE_HZ)
    acc_mps2 = np.tile([0.0, 0.0, 9.81], (len(time_s), 1))
    within = (time_s >= begin_s) & (time_s < end_s)
    acc_mps2[within, 0] = amplitude_mps2 * np.sin(6.0 * np.pi * time_s[within])
    return Felt(time_s, acc_mps2)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_one_that_is_shaken_is_found_wherever_it_stands(count: int) -> None:
    for chosen in range(count):
        felt = {str(n): shaking(12.0 if n == chosen else 0.2) for n in range(count)}
        found = find_shaken(felt, 3.0)
        assert (found.shaking, found.serial) == (Shaking.FOUND, str(chosen))


def test_gravity_and_mounting_do_not_matter() -> None:
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    one = shaking(12.0)
    turned = {"A": Felt(one.time_s, one.acc_mps2 @ turn), "B": shaking(0.0)}
    assert find_shaken(turned, 3.0).serial == "A"


@pytest.mark.parametrize(
    ("felt", "shaking_is"),
    [
        ({}, Shaking.NOBODY),
        ({"A": shaking(0.5), "B": shaking(0.5)}, Shaking.NOBODY),
        ({"A": shaking(12.0, 2.6), "B": shaking(0.0)}, Shaking.NOBODY),  # a knock
        ({"A": shaking(12.0, 0.0, 2.4), "B": shaking(0.0)}, Shaking.NOBODY),  # it is over
        ({"A": shaking(12.0), "B": shaking(12.0)}, Shaking.SEVERAL),
        ({"A": shaking(12.0), "B": shaking(5.0)}, Shaking.SEVERAL),  # not clearly
        ({"A": shaking(12.0, 0, 2.0), "B": shaking(12.0, 2.0)}, Shaking.SEVERAL),  # in turn
        ({"A": shaking(12.0, until_s=1.6), "B": shaking(0.0)}, Shaking.NOBODY),  # not heard
    ],
)
def test_what_is_not_clear_is_not_found(felt: dict[str, Felt], shaking_is: Shaking) -> None:
    found = find_shaken(felt, 3.0)
    assert (found.shaking, found.serial) == (shaking_is, "")


@pytest.mark.shared
def test_walking_and_kicking_is_not_shaking() -> None:
    """Foot and shank of one leg: nothing that legs do makes one of them the shaken one."""
    folders = [SHARED / "pp054" / "walk_right", *sorted((SHARED / "kick").glob("*_left"))[:6]]
    if not all(folder.is_dir() for folder in folders):
        pytest.skip("the public recordings are not beside this checkout")
    found = set()
    for folder in folders:
        streams = read_folder(folder).recording.streams
        felt = {
            stream.info.placement.value: Felt(
                stream.device_time_s, stream.raw[:, :3].astype(np.float64) * stream.acc_scale_mps2
            )
            for stream in streams
        }
        end_s = min(float(one.time_s[-1]) for one in felt.values())
        found |= {find_shaken(felt, until_s).shaking for until_s in np.arange(1.5, end_s, 0.1)}
    assert found == {Shaking.NOBODY, Shaking.SEVERAL}


class Shelf:
    """Sensors that stream what the person does with them."""

    def __init__(self, serials: list[str], stores: bool = True) -> None:
        self.time_s, self.shaken = 0.0, set[str]()
        self.serials, self.stores = serials, stores
        self.since_s = 0.0
        self.stored: list[tuple[str, Place]] = []
        self.blinked: list[str] = []
        self.troubles: tuple[str, ...] = ()
        self.are_heard = True

    def now_s(self) -> float:
        return self.time_s

    def wait(self, seconds: float) -> None:
        self.time_s += seconds

    def clear(self) -> None:
        self.since_s = self.time_s

    def felt(self) -> dict[str, Felt]:
        time_s = np.arange(self.since_s, self.time_s, 1.0 / RATE_HZ)
        still = np.zeros((len(time_s), 3))
        moved = still + 12.0 * np.sin(6.0 * np.pi * time_s)[:, None]
        return {one: Felt(time_s, moved if one in self.shaken else still) for one in self.serials}

    def blink(self, serial: str, seconds: int) -> None:
        assert seconds > 0
        self.blinked.append(serial)

    def store_label(self, serial: str, place: Place) -> bool:
        self.stored.append((serial, place))
        return self.stores


def bare(*serials: str) -> Roles:
    here = [Introduction(Family.OPEN_SENSOR, serial) for serial in serials]
    return assign_places(here, (Side.LEFT,), {})


def talk(
    shelf: Shelf, answers: list[set[str]], store_labels: bool = False
) -> tuple[Roles, list[str]]:
    """The person does the next of his answers each time when he is asked."""
    told: list[str] = []

    def tell(word: ShakeWord) -> None:
        told.append(word.saying)
        if word.saying is Saying.ASK:
            shelf.shaken = answers.pop(0)

    roles = bare(*shelf.serials)
    return ask_by_shaking(roles, shelf, tell, store_labels=store_labels), told


def test_each_place_is_asked_for_in_turn() -> None:
    shelf = Shelf(["A", "B", "C"])
    roles, told = talk(shelf, [{"C"}, {"A"}])
    assert {place: who.serial for place, who in roles.known.items()} == {SHANK: "C", FOOT: "A"}
    assert roles.open == ()
    assert [who.serial for who in roles.free] == ["B"]
    assert told == ["linking", "ask", "found", "ask", "found"]
    assert shelf.blinked == ["C", "A"]
    assert shelf.stored == []


def test_nobody_and_two_are_asked_again() -> None:
    shelf = Shelf(["A", "B", "C"])
    # For the foot, the one that has its place by now counts for nothing.
    roles, told = talk(shelf, [set(), {"A", "B"}, {"A"}, {"A"}, {"A", "C"}])
    assert {place: who.serial for place, who in roles.known.items()} == {SHANK: "A", FOOT: "C"}
    again = ["ask", "nobody", "ask", "several", "ask", "found", "ask", "nobody", "ask", "found"]
    assert told == ["linking", *again]


@pytest.mark.parametrize("stores", [True, False])
def test_labels_are_stored_where_that_is_wanted(stores: bool) -> None:
    shelf = Shelf(["A", "B"], stores)
    _, told = talk(shelf, [{"B"}, {"A"}], store_labels=True)
    assert shelf.stored == [("B", SHANK), ("A", FOOT)]
    assert told.count("stored" if stores else "not_stored") == 2


def test_it_is_not_asked_for_ever() -> None:
    with pytest.raises(
        UsageError, match=r"left shank: was asked for 4 times.*--sensor SERIAL=left"
    ):
        talk(Shelf(["A", "B"]), [set()] * 4)


def test_a_sensor_that_is_not_heard_is_told_of() -> None:
    shelf, told = Shelf(["A", "B"]), list[ShakeWord]()
    shelf.are_heard, shelf.troubles = False, ("Sensor A: left the room.",)
    with pytest.raises(UsageError, match="was not heard for 30 s"):
        ask_by_shaking(bare("A", "B"), shelf, told.append)
    assert [word.trouble for word in told] == ["", "Sensor A: left the room."]
