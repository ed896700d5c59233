"""Exposure against the person's own last sessions; drift against the smallest change."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor_screen.judgement import Case, Level, RuleResult
from sensor_screen.model import Exposure, Side, Trend
from sensor_screen.rules.exposure_rules import apply_exposure_rules
from sensor_screen.rules.rulebook import shipped_rulebook
from tests.rules.made_sessions import (
    by_id,
    exposed,
    exposure,
    figures,
    leg,
    mirrored_case,
    said,
    session,
)

BOOK = shipped_rulebook()
X1, X2, X3 = (f"X{i}-left-anterior-squat" for i in (1, 2, 3))
USUAL = [exposure(time_s=t, speed_degps=v) for t, v in ((8, 40), (10, 44), (10, 56), (12, 60))]
"""Medians 10 s and 50 deg/s, median absolute deviation 8 deg/s."""


def judged(
    now: Exposure | None,
    earlier: list[Exposure | None] | None = None,
    worn: str = "",
    before: str = "",
) -> dict[str, RuleResult]:
    one = leg(squat=[35.0])
    past = [session(exposed(one, e)) for e in (USUAL if earlier is None else earlier)]
    kinds = {"footwear.kind": worn} if worn else {}
    if before:
        past = [session(*s.legs, answers={"footwear.kind": before}) for s in past]
    case = Case(session(exposed(one, now), answers=kinds), tuple(past))
    return by_id(apply_exposure_rules(case, BOOK))


@pytest.mark.parametrize(
    ("time_s", "level"),
    [
        (1.0, Level.GREEN),
        (15.0, Level.GREEN),
        (15.1, Level.AMBER),
        (20.0, Level.AMBER),
        (20.1, Level.RED),
    ],
)
def test_x1_is_the_rise_above_the_own_median(time_s: float, level: Level) -> None:
    result = judged(exposure(time_s=time_s))[X1]
    assert result.level is level
    assert result.value == pytest.approx(max(0.0, 10.0 * (time_s - 10.0)))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"entries": 13}, "how often per minute"),
        ({"angle_time_degs": 41.0}, "time and depth together"),
        ({"time_s": 21.0}, "the time there"),
    ],
)
def test_x1_takes_the_largest_of_three_rises(more: dict, words: str) -> None:
    result = judged(exposure(**more))[X1]
    assert result.level is Level.RED
    assert words in said(result.statement)[0]


def test_x1_counts_entries_per_minute() -> None:
    now = replace(exposure(entries=12), watched_s=120.0)
    assert judged(now)[X1].value == pytest.approx(0.0)


def test_x1_knows_the_error_of_the_time() -> None:
    assert judged(exposure(time_s=14.0, error_s=2.0))[X1].within_error
    assert not judged(exposure(time_s=14.0, error_s=0.5))[X1].within_error


def test_four_earlier_sessions_are_needed() -> None:
    results = judged(exposure(time_s=30.0), USUAL[:3])
    for name in (X1, X2):
        assert results[name].level is Level.UNJUDGED
        assert "needs 4 earlier sessions" in said(results[name].statement)[0]


def test_only_the_last_four_sessions_count() -> None:
    old = [exposure(time_s=100.0, speed_degps=500.0)] * 5
    assert judged(exposure(time_s=16.0), old + USUAL)[X1].level is Level.AMBER


def test_nothing_is_judged_without_exposure_then_or_now() -> None:
    for now, earlier in (
        (None, None),
        (exposure(), [None] * 6),
        (replace(exposure(), watched_s=0.0), None),
    ):
        results = judged(now, earlier)
        assert results[X1].level is results[X2].level is Level.UNJUDGED


def test_a_rise_from_nothing_has_no_percentage() -> None:
    never = exposure(time_s=0.0, entries=0, angle_time_degs=0.0, speed_degps=math.nan)
    assert judged(exposure(), [never] * 4)[X1].level is Level.UNJUDGED
    assert judged(never, [never] * 4)[X1].level is Level.GREEN
    assert judged(never)[X2].level is Level.UNJUDGED


def test_other_footwear_or_another_share_is_not_like() -> None:
    assert judged(exposure(), worn="boot", before="barefoot")[X1].level is Level.UNJUDGED
    assert judged(exposure(), worn="boot", before="boot")[X1].level is Level.GREEN
    assert judged(exposure(), worn="boot")[X1].level is Level.GREEN, "nobody said another one"
    assert judged(replace(exposure(), share=0.8))[X1].level is Level.UNJUDGED


@pytest.mark.parametrize(
    ("speed_degps", "level"),
    [
        (10.0, Level.GREEN),
        (65.9, Level.GREEN),
        (66.1, Level.AMBER),
        (73.9, Level.AMBER),
        (74.1, Level.RED),
    ],
)
def test_x2_is_in_deviations_above_the_median(speed_degps: float, level: Level) -> None:
    result = judged(exposure(speed_degps=speed_degps))[X2]
    assert result.level is level
    assert (result.amber, result.red) == ("> 66", "> 74")


def test_x2_of_equal_sessions_leaves_some_room() -> None:
    same = [exposure(speed_degps=50.0)] * 4
    assert judged(exposure(speed_degps=59.9), same)[X2].level is Level.GREEN
    assert judged(exposure(speed_degps=60.1), same)[X2].level is Level.AMBER


def drifted(change_deg: float, sigma_deg: float = 0.1, task: str = "squat") -> RuleResult:
    one = leg(**{task: [35.0]})
    trend = Trend(math.radians(change_deg), math.radians(sigma_deg), 2)
    one = replace(one, demands=tuple(replace(d, trend=trend) for d in one.demands))
    results = apply_exposure_rules(Case(session(one)), BOOK)
    return next(r for r in results if r.rule == "X3")


@pytest.mark.parametrize(
    ("change_deg", "level"),
    [
        (0.0, Level.GREEN),
        (5.9, Level.GREEN),
        (-6.1, Level.AMBER),
        (11.9, Level.AMBER),
        (-12.1, Level.RED),
    ],
)
def test_x3_counts_smallest_changes_either_way(change_deg: float, level: Level) -> None:
    result = drifted(change_deg)
    assert result.level is level
    assert (result.amber, result.red) == ("> 6", "> 12")
    assert result.value == pytest.approx(abs(change_deg))
    if level is not Level.GREEN:
        assert ("goes further" in said(result.statement)[0]) == (
            level is Level.AMBER and change_deg > 0
        )


def test_x3_of_kicks_has_the_error_of_kicks() -> None:
    assert drifted(9.0, task="kick").level is Level.GREEN
    assert drifted(9.0).level is Level.AMBER


def test_x3_never_counts_less_than_its_own_error() -> None:
    result = drifted(9.0, sigma_deg=5.0)
    assert result.level is Level.GREEN
    assert result.within_error
    assert result.amber == "> 9.8"


def test_x3_needs_six_repetitions() -> None:
    assert judged(exposure())[X3].level is Level.UNJUDGED
    results = by_id(apply_exposure_rules(Case(session(leg(squat=[30.0] * 6))), BOOK))
    assert results[X3].level is Level.GREEN


exposures = st.builds(
    exposure,
    time_s=st.floats(0.0, 100.0),
    entries=st.integers(0, 50),
    angle_time_degs=st.floats(0.0, 100.0),
    speed_degps=st.floats(0.0, 500.0) | st.just(math.nan),
)


@settings(max_examples=30)
@given(st.lists(exposures, min_size=5, max_size=6), st.lists(exposures, min_size=5, max_size=6))
def test_mirrored_exposure_is_judged_alike(left: list[Exposure], right: list[Exposure]) -> None:
    sessions = [
        session(exposed(leg(Side.LEFT, squat=[30.0]), a), exposed(leg(Side.RIGHT, kick=[50.0]), b))
        for a, b in zip(left, right, strict=False)
    ]
    case = Case(sessions[-1], tuple(sessions[:-1]))
    one, other = (apply_exposure_rules(c, BOOK) for c in (case, mirrored_case(case)))
    assert figures(one, mirror=True) == figures(other)
