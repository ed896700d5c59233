"""Left beside right: alike or different, and how many healthy people differ more."""

from __future__ import annotations

import math

import pytest

from sensor_screen.core.symmetry import compare_sides
from sensor_screen.model import Side, SideComparison
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.side_by_side import SideBySide, describe_sides
from tests.rules.made_sessions import leg, said

BOOK = shipped_rulebook()


def described(
    measure: str, what: str, left: float, right: float, sigma: float = 0.0, unit: str = "deg"
) -> SideBySide:
    factor = math.radians(1.0) if unit == "deg" else 1.0
    comparison = SideComparison(measure, what, unit, factor * left, factor * right, factor * sigma)
    (one,) = describe_sides([comparison], BOOK)
    said(one.statement), said(one.base_rate)
    return one


@pytest.mark.parametrize(
    ("measure", "what", "smallest"),
    [
        ("end range", "lunge, dorsiflexion", 5.0),
        ("end range", "passive, plantarflexion", 5.0),
        ("typical peak", "squat, dorsiflexion", 6.0),
        ("typical peak", "stairs up, dorsiflexion", 6.0),
        ("excursion", "kick", 10.0),
        ("excursion", "lunge", 5.0),
    ],
)
def test_legs_differ_by_more_than_can_be_told(measure: str, what: str, smallest: float) -> None:
    assert described(measure, what, 40.0, 40.0 - smallest + 0.1).alike is True
    differ = described(measure, what, 40.0, 40.0 - smallest - 0.1)
    assert differ.alike is False
    assert "more on your left leg" in said(differ.statement)[0]
    other = described(measure, what, 40.0 - smallest - 0.1, 40.0)
    assert "more on your right leg" in said(other.statement)[0]
    assert described(measure, what, 40.0, 40.0 - smallest - 0.1, sigma=smallest).alike is True


@pytest.mark.parametrize(
    ("apart_deg", "english"),
    [
        (5.3, "At least 32 % of healthy people differ more"),
        (5.5, "At most 32 % of healthy people differ more"),
        (10.7, "At most 32 % of healthy people differ more"),
        (10.9, "Few healthy people differ this much"),
    ],
)
def test_the_base_rate_of_the_lunge_is_known_at_one_and_a_half_centimetres(
    apart_deg: float, english: str
) -> None:
    one = described("end range", "lunge, dorsiflexion", 30.0, 30.0 + apart_deg)
    assert english in said(one.base_rate)[0]
    assert "1.5 cm" in said(one.base_rate)[0]
    assert "about 5.4°" in said(one.base_rate)[0]


@pytest.mark.parametrize(
    ("measure", "what"),
    [
        ("end range", "point, plantarflexion"),
        ("end range", "passive, dorsiflexion"),
        ("excursion", "lunge"),
        ("typical peak", "squat, dorsiflexion"),
    ],
)
def test_of_everything_else_no_base_rate_is_known(measure: str, what: str) -> None:
    assert "No base rate" in said(described(measure, what, 40.0, 20.0).base_rate)[0]


def test_holds_sway_and_speed() -> None:
    hold = described("hold time", "stance", 20.0, 2.0, unit="s")
    assert hold.alike is None
    assert "ended by themselves" in said(hold.statement)[0]
    assert described("sway", "stance, shank, total tilt", 1.26, 1.0).alike is False
    assert described("sway", "stance, shank, total tilt", 1.24, 1.0).alike is True
    assert described("sway", "stance, shank, total tilt", 1.0, 1.26).alike is False
    assert described("sway", "stance, shank, total tilt", 1.26, 1.0, sigma=0.2).alike is True
    assert described("peak velocity", "squat", 3.0, 1.0, unit="rad/s").alike is None
    assert described("typical peak", "squat, dorsiflexion", math.nan, 1.0).alike is None


def test_every_comparison_of_two_legs_can_be_said() -> None:
    legs = [
        leg(side, squat=[30.0], stairs_up=[20.0], kick=[50.0]) for side in (Side.LEFT, Side.RIGHT)
    ]
    comparisons = compare_sides(legs)
    for one, comparison in zip(describe_sides(comparisons, BOOK), comparisons, strict=True):
        assert one.comparison is comparison
        assert one.alike in (True, None)
        said(one.statement)
