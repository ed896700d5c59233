"""Virtual sensors without labels, shaken one after the other: over real GATT, until they blink."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.errors import UsageError
from sensor_screen.model import Placement, Recording, Side
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.simulation.simulator import Simulation
from sensor_screen.simulation.worn import Worn

pytest.importorskip("bumble", reason="bumble is not installed: there is no virtual radio")

from sensor_screen.ble.outside import Backend, Outside
from sensor_screen.ble.roles import parse_places
from sensor_screen.ble.scanner import Scanner
from sensor_screen.ble.shake_dialogue import Saying, ShakeWord
from sensor_screen.ble.virtual import virtual_sensors, worn_sensors
from sensor_screen.ble.virtual.jumping_loop import JumpingLoop
from sensor_screen.ble.virtual.virtual_sensors import VirtualSensors, Wearer
from sensor_screen.wiring import Naming, find_sensors
from sensor_screen.wiring.naming import name_sensors
from sensor_screen.wiring.radio import Radio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.ble.roles import Place

RATE_HZ = 100.0
SHANK, FOOT = (Side.LEFT, Placement.SHANK), (Side.LEFT, Placement.FOOT)


def lying(shaken: Place | None = None) -> Wearer:
    """Sensors on a table, each with 1 g along z; one of them is shaken with 12 m/s2 at 3 Hz."""
    worn = []
    for side, placement in (SHANK, FOOT):
        counts = np.tile(np.array([0, 0, 2048, 0, 0, 0], dtype=np.int16), (100, 1))
        if (side, placement) == shaken:
            counts[:, 0] = np.rint(2500.0 * np.sin(6.0 * np.pi * np.arange(100) / RATE_HZ))
        worn.append(Worn(side, placement, RATE_HZ, 0, counts))
    return Wearer(tuple(worn), Simulation(Recording(()), {}))


@dataclass
class Table:
    """A radio, the sensors that lie around it, and what the person was told."""

    radio: Radio
    sensors: VirtualSensors
    told: list[ShakeWord]

    def tell(self, word: ShakeWord) -> None:
        """The person does as asked; the serials say which sensor is meant for which place."""
        self.told.append(word)
        if word.saying is Saying.ASK:
            self.radio.loop.run_until_complete(self._shake(word.place))

    async def _shake(self, place: Place | None) -> None:
        self.sensors.perform(lying(place))


@pytest.fixture
def table() -> Iterator[Table]:
    with ExitStack() as left:
        loop = left.enter_context(closing(JumpingLoop()))
        unlabelled = worn_sensors(
            rates_hz=(RATE_HZ,), clock_ppm=0.0, label=(Side.NONE, Placement.FOOT)
        )
        bringing = virtual_sensors(wearer=lying(), sensors=unlabelled)
        virtual = loop.run_until_complete(bringing.__aenter__())
        left.callback(lambda: loop.run_until_complete(bringing.__aexit__(None, None, None)))
        backend = Backend(virtual.scanner_backend, virtual.client_backend)
        outside = Outside(backend, loop.time)
        yield Table(Radio(loop, outside, Scanner(outside), simulated=True), virtual, [])


def test_sensors_are_named_by_shaking_blink_and_store_it(table: Table) -> None:
    found = find_sensors(table.radio)
    naming = Naming(tell=table.tell, store_labels=True)
    roles = name_sensors(table.radio, found, (Side.LEFT,), naming, RATE_HZ)
    serials = {place: who.serial for place, who in roles.known.items()}
    assert serials == {SHANK: "VIRTUAL-LS01", FOOT: "VIRTUAL-LF01"}
    once = ["ask", "found", "stored"]
    assert [word.saying for word in table.told] == ["linking", *once, *once]
    assert all(table.sensors.sensor(serial).imu.blinks for serial in serials.values())
    # They say it themselves from now on, and nothing measures any more.
    seen = find_sensors(table.radio)
    assert [met.sighting.measuring for met in seen] == [False, False]
    again = [met.who for met in seen]
    labels = {who.serial: (who.side, who.placement) for who in again if who is not None}
    assert labels == {
        "VIRTUAL-LS01": (SideCode.LEFT, PlacementCode.SHANK),
        "VIRTUAL-LF01": (SideCode.LEFT, PlacementCode.FOOT),
    }
    table.told.clear()
    naming = Naming(tell=table.tell)
    assert not name_sensors(table.radio, seen, (Side.LEFT,), naming, RATE_HZ).open
    assert table.told == []


def test_without_anybody_to_ask_a_place_stays_open(table: Table) -> None:
    found = find_sensors(table.radio)
    said = parse_places(["VIRTUAL-LS01=left-shank"])
    with pytest.raises(UsageError, match=r"Sensor of left foot: was not found among 2"):
        name_sensors(table.radio, found, (Side.LEFT,), Naming(said), RATE_HZ)
