"""Who is worn where: the person's word, then labels, and what is refused."""

from __future__ import annotations

import pytest

from sensor_screen.ble.introduction import Introduction
from sensor_screen.ble.roles import assign_places, parse_places, require_all
from sensor_screen.errors import UsageError
from sensor_screen.model import Placement, Side
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.protocol.relay_frame import Family

SHANK, FOOT = (Side.LEFT, Placement.SHANK), (Side.LEFT, Placement.FOOT)
LEFT = (Side.LEFT,)


def labelled(serial: str, side: SideCode, placement: PlacementCode) -> Introduction:
    return Introduction(Family.OPEN_SENSOR, serial, side=side, placement=placement)


A = labelled("SS-00A1", SideCode.LEFT, PlacementCode.SHANK)
B = labelled("SS-00B2", SideCode.LEFT, PlacementCode.FOOT)
BARE = Introduction(Family.OPEN_SENSOR, "SS-00C3")
WIT = Introduction(Family.WITMOTION, "WT901BLE67")


def test_labels_hold_where_nobody_says_anything() -> None:
    roles = assign_places([B, WIT, A], LEFT, {})
    assert roles.known == {SHANK: A, FOOT: B}
    assert (roles.open, roles.free) == ((), ())
    require_all(roles, ())


def test_the_word_of_the_person_wins_over_labels() -> None:
    swapped = parse_places(["ss-00a1 = Left-Foot", "SS-00B2=left-shank"])
    assert assign_places([A, B], LEFT, swapped).known == {SHANK: B, FOOT: A}
    roles = assign_places([A, B, BARE], LEFT, {"SS-00C3": FOOT})
    assert roles.known == {SHANK: A, FOOT: BARE}
    assert roles.free == (B,)  # its place was given to another


def test_sensors_of_other_makers_take_part_only_if_named() -> None:
    roles = assign_places([A, WIT], LEFT, {})
    assert (roles.open, roles.free) == ((FOOT,), ())
    roles = assign_places([A, WIT], LEFT, {"WT901BLE67": FOOT})
    assert [(one.family, one.side, one.placement) for one in roles.described()] == [
        (Family.OPEN_SENSOR, SideCode.LEFT, PlacementCode.SHANK),
        (Family.WITMOTION, SideCode.LEFT, PlacementCode.FOOT),
    ]


def test_the_sides_are_treated_alike() -> None:
    right = [labelled(one.serial, SideCode.RIGHT, one.placement) for one in (A, B)]
    roles = assign_places(right, (Side.RIGHT,), {})
    assert [(place[1], who.serial) for place, who in roles.known.items()] == [
        (Placement.SHANK, "SS-00A1"),
        (Placement.FOOT, "SS-00B2"),
    ]
    assert assign_places(right, LEFT, {}).free == ()  # they say that they are on the other leg


def test_two_sensors_with_one_label_are_refused_until_one_is_named() -> None:
    other = labelled("SS-00D4", SideCode.LEFT, PlacementCode.FOOT)
    with pytest.raises(UsageError, match=r"SS-00B2 and SS-00D4: both say.*left foot.*--sensor"):
        assign_places([A, B, other], LEFT, {})
    assert assign_places([A, B, other], LEFT, {"SS-00D4": FOOT}).known[FOOT] is other


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["SS-0042"], "does not name a sensor and a place; write SERIAL=left-foot"),
        (["=left-foot"], "does not name a sensor and a place"),
        (
            ["SS-0042=left-knee"],
            "left-knee is no place; choose one of left-shank, left-foot, right",
        ),
        (["SS-1=left-foot", "ss-1=left-shank"], "is named twice"),
        (["SS-1=left-foot", "SS-2=left-foot"], "SS-1 and SS-2: cannot both be worn at the left fo"),
    ],
)
def test_what_cannot_be_meant_is_refused(words: list[str], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        parse_places(words)


def test_what_does_not_fit_what_is_here_is_refused() -> None:
    with pytest.raises(UsageError, match="SS-9: was not found; here: SS-00A1, SS-00B2"):
        assign_places([A, B], LEFT, {"SS-9": FOOT})
    with pytest.raises(UsageError, match=r"is not on a leg of this session \(left\)"):
        assign_places([A, B], LEFT, {"SS-00A1": (Side.RIGHT, Placement.FOOT)})
    with pytest.raises(UsageError, match="2 that are here call themselves so"):
        assign_places([A, WIT, WIT], LEFT, {"WT901BLE67": FOOT})
    with pytest.raises(
        UsageError, match=r"Sensor of left foot: was not found.*SS-00C3 is labelled for no leg"
    ):
        require_all(assign_places([A, BARE], LEFT, {}), ())
