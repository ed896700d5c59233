"""Kicks: K1 mirrors the zone, K2 counts, K3 protects, K4 is told only where it was measured."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.judgement import Case, Level, RuleResult, Zone
from sensor_screen.model import Side
from sensor_screen.rules.findings import find_positions
from sensor_screen.rules.kick_rules import apply_kick_rules
from sensor_screen.rules.rulebook import shipped_rulebook
from tests.rules.made_sessions import (
    by_id,
    figures,
    kick_detail,
    leg,
    mirrored_case,
    said,
    session,
    with_kicks,
)

BOOK = shipped_rulebook()
K1, K2, K3, K4 = (f"K{i}-left-posterior-kick" for i in (1, 2, 3, 4))
PROTECT = {"goals.protect_back": True}


def judged(*legs: object, answers: dict | None = None) -> dict[str, RuleResult]:
    case = Case(session(*legs, answers=answers))
    return by_id(apply_kick_rules(case, find_positions(case.now.legs, BOOK), BOOK))


@pytest.mark.parametrize(
    ("peak_deg", "zone", "level"),
    [
        (40.0, Zone.GREEN, Level.GREEN),
        (46.0, Zone.AMBER, Level.AMBER),
        (56.0, Zone.RED, Level.RED),
        (70.0, Zone.BEYOND, Level.RED),
    ],
)
def test_k1_mirrors_the_zone(peak_deg: float, zone: Zone, level: Level) -> None:
    one = leg(kick=[peak_deg])
    (finding,) = find_positions([one], BOOK)
    result = judged(one)[K1]
    assert finding.zone is zone
    assert result.level is level
    assert result.value == pytest.approx(peak_deg)
    assert result.amber == result.red == "", "the bands decide"


def test_k1_without_zones_is_not_judged() -> None:
    result = judged(leg(point_deg=12.0, kick=[12.0]))[K1]
    assert result.level is Level.UNJUDGED
    assert result.value == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("past", "level"),
    [(0, Level.GREEN), (25, Level.GREEN), (26, Level.AMBER), (50, Level.AMBER), (51, Level.RED)],
)
def test_k2_counts_single_kicks(past: int, level: Level) -> None:
    # All are further from the line than the error of 10 deg, so nothing is in doubt.
    result = judged(leg(kick=[70.0] * past + [30.0] * (100 - past)))[K2]
    assert result.value == pytest.approx(past)
    assert result.level is level
    assert result.error_95 == 0.0
    assert not result.within_error
    assert "39 %" in said(result.base_rate)[0]
    assert "39 %" in said(result.base_rate)[1]


def test_k2_says_how_many_are_past_by_more_than_the_error() -> None:
    result = judged(leg(kick=[70.0, 56.0, 57.0, 54.0]))[K2]
    assert result.level is Level.RED
    assert result.within_error, "with one sure kick of four it would be green"
    assert "3 of 4, 1 by more than the error" in said(result.statement)[0]
    assert "error of the measurement" in said(result.statement)[0]


@pytest.mark.parametrize(
    ("furthest_deg", "level"),
    [(29.9, Level.GREEN), (30.1, Level.AMBER), (39.9, Level.AMBER), (40.1, Level.RED)],
)
def test_k3_holds_the_furthest_kick_against_the_limit(furthest_deg: float, level: Level) -> None:
    one = leg(kick=[20.0, furthest_deg])
    result = judged(one, answers=PROTECT)[K3]
    assert result.level is level
    assert result.within_error
    assert (result.amber, result.red) == ("> 30", "> 40")
    assert K3 not in judged(one)
    assert K3 not in judged(one, answers={"goals.protect_back": False})


def test_k3_prefers_the_window_round_the_impact() -> None:
    one = with_kicks(leg(kick=[60.0, 60.0]), [kick_detail(25.0), kick_detail(math.nan)])
    assert judged(one, answers=PROTECT)[K3].value == pytest.approx(25.0)
    nothing = with_kicks(leg(kick=[60.0]), [kick_detail(math.nan)])
    assert judged(nothing, answers=PROTECT)[K3].level is Level.UNJUDGED


@pytest.mark.parametrize(
    ("rise_deg", "level"),
    [(4.9, Level.GREEN), (5.1, Level.AMBER), (9.9, Level.AMBER), (10.1, Level.RED)],
)
def test_k4_is_the_median_of_what_was_measured(rise_deg: float, level: Level) -> None:
    details = [
        kick_detail(rise_deg=0.0),
        kick_detail(rise_deg=rise_deg),
        kick_detail(rise_deg=30.0),
        kick_detail(rise_note="no blow was felt"),
    ]
    result = judged(with_kicks(leg(kick=[50.0] * 4), details))[K4]
    assert result.level is level
    assert result.value == pytest.approx(rise_deg)
    assert "3 of 4" in said(result.statement)[0]


@pytest.mark.parametrize(
    ("note", "english"),
    [
        ("100 Hz is too slow: the contact lasts about one sample", "too slowly"),
        ("no blow was felt", "no blow"),
        ("samples next to the impact are clipped, repeated or lost", "full scale"),
        ("the recording ends at the impact", "ends at the impact"),
        ("it is not known which way is plantarflexion", "which way"),
        ("nobody stood still, so the zero is unknown: excursion only", "zero"),
        ("the angle is not valid in part of the window round the impact", "not valid"),
        ("something new", "something new"),
    ],
)
def test_k4_says_why_it_is_not_known(note: str, english: str) -> None:
    result = judged(with_kicks(leg(kick=[50.0]), [kick_detail(rise_note=note)]))[K4]
    assert result.level is Level.UNJUDGED
    words = said(result.statement)
    assert english in words[0]
    assert note == "something new" or note not in words[1], "German has its own words"


def test_nothing_is_judged_without_kicks_or_without_a_range() -> None:
    for one in (leg(squat=[30.0]), leg(point_deg=None, kick=[50.0])):
        results = judged(one)
        assert {r.level for r in results.values()} == {Level.UNJUDGED}
        assert list(results) == [K1, K2, K4]
    assert judged() == {}


def test_the_kicking_leg_is_told_and_decides_nothing() -> None:
    one = leg(kick=[56.0])
    plain, kicking, other, both = (
        judged(one, answers=answers)[K1]
        for answers in (None, *({"person.kicking_leg": w} for w in ("left", "right", "both")))
    )
    assert "You kick with this leg." in said(kicking.statement)[0]
    assert "other leg" in said(other.statement)[0]
    assert said(both.statement) == said(plain.statement)
    assert all(
        replace(r, statement=None) == replace(plain, statement=None) for r in (kicking, other, both)
    )


def test_the_latest_recording_of_a_leg_counts() -> None:
    results = judged(leg(kick=[70.0]), leg(kick=[30.0]), leg(squat=[20.0]))
    assert results[K1].level is Level.GREEN


peaks = st.lists(st.floats(5.0, 80.0), min_size=1, max_size=6)


@given(peaks, peaks, st.floats(10.0, 70.0), st.sampled_from(["left", "right", "both", "none"]))
def test_mirrored_kicks_are_judged_alike(
    left: list[float], right: list[float], range_deg: float, kicking: str
) -> None:
    legs = leg(Side.LEFT, kick=left), leg(Side.RIGHT, point_deg=range_deg, kick=right)
    case = Case(session(*legs, answers={"person.kicking_leg": kicking, **PROTECT}))
    mirror = mirrored_case(case)
    one, other = (
        apply_kick_rules(c, find_positions(c.now.legs, BOOK), BOOK) for c in (case, mirror)
    )
    assert figures(one, mirror=True) == figures(other)
