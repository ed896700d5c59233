"""Balance: time against the age, legs against each other, and nothing guessed."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.judgement import Case, Level, RuleResult
from sensor_screen.model import Placement, Side, Stance, StanceRole
from sensor_screen.rules.balance_rules import apply_balance_rules
from sensor_screen.rules.rulebook import shipped_rulebook
from tests.rules.made_sessions import (
    by_id,
    figures,
    mirrored_case,
    said,
    session,
    stance,
    standing,
)

BOOK = shipped_rulebook()
B1, B3, I1 = "B1-left-balance", "B3-left-balance", "I1-left"
OPEN, CLOSED = "entries.balance_eyes_open_s", "entries.balance_eyes_closed_s"
LEFT, RIGHT = Side.LEFT, Side.RIGHT


def judged(*legs: object, answers: dict | None = None) -> dict[str, RuleResult]:
    return by_id(apply_balance_rules(Case(session(*legs, answers=answers)), BOOK))


def held(hold_s: float, age: float | None = 30.0, **what: object) -> RuleResult:
    answers = {} if age is None else {"person.age_years": age}
    return judged(standing(LEFT, stance(hold_s=hold_s, **what)), answers=answers)[B1]


# --- B1 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "hold_s", "level"),
    [
        (30.0, 33.8, Level.GREEN),
        (30.0, 33.7, Level.AMBER),
        (30.0, 22.5, Level.AMBER),
        (30.0, 22.4, Level.RED),
        (65.0, 24.0, Level.GREEN),
        (65.0, 23.9, Level.AMBER),
        (65.0, 15.9, Level.RED),
        (85.0, 6.8, Level.GREEN),
        (85.0, 5.0, Level.AMBER),
        (85.0, 4.9, Level.RED),
    ],
)
def test_b1_is_a_share_of_the_norm_of_the_age(age: float, hold_s: float, level: Level) -> None:
    result = held(hold_s, age)
    assert result.level is level
    assert result.value == pytest.approx(hold_s)


def test_b1_shows_its_limits_in_seconds() -> None:
    assert (held(40.0).amber, held(40.0).red) == ("< 33.75", "< 22.5")
    assert held(4.0, 85.0).red == "< 5"
    assert held(4.0, None).amber == ""


@pytest.mark.parametrize("age", [None, 12.0])
def test_b1_without_a_norm_knows_only_very_short_ones(age: float | None) -> None:
    assert held(4.9, age).level is Level.RED
    assert held(5.0, age).level is Level.UNJUDGED
    assert held(45.0, age).level is Level.UNJUDGED


def test_b1_does_not_judge_a_stance_that_was_still_held() -> None:
    short = held(20.0, still_held=True)
    assert short.level is Level.UNJUDGED
    assert "still held when the recording ended" in said(short.statement)[0]
    assert held(3.0, still_held=True).level is Level.UNJUDGED
    assert held(34.0, still_held=True).level is Level.GREEN, "long enough already"


def test_b1_takes_the_best_of_stances_and_stopwatch_up_to_the_cap() -> None:
    leg = standing(LEFT, stance(hold_s=12.0), stance(hold_s=20.0))
    ages = {"person.age_years": 30.0}
    assert judged(leg, answers=ages)[B1].value == 20.0
    assert judged(leg, answers=ages | {(OPEN, LEFT): 41.0})[B1].value == 41.0
    assert judged(leg, answers=ages | {(OPEN, LEFT): 120.0})[B1].value == 45.0
    assert judged(answers=ages | {(OPEN, LEFT): 41.0})[B1].level is Level.GREEN


def test_b1_needs_to_know_that_it_was_one_leg() -> None:
    for kind in (Stance.UNKNOWN, Stance.TWO_LEGS):
        assert held(40.0, kind=kind).level is Level.UNJUDGED
    assert held(40.0, touch_downs=None).level is Level.UNJUDGED


def test_b1_of_a_raised_foot_belongs_to_the_other_leg() -> None:
    raised = standing(RIGHT, stance(RIGHT, hold_s=40.0, role=StanceRole.RAISED, hops=None))
    results = judged(raised, standing(LEFT), answers={"person.age_years": 30.0})
    assert results[B1].level is Level.GREEN
    assert results["B1-right-balance"].level is Level.UNJUDGED


# --- B2 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("worse_s", "level"),
    [(8.0, Level.GREEN), (7.9, Level.AMBER), (6.0, Level.AMBER), (5.9, Level.RED)],
)
def test_b2_is_the_share_of_the_better_leg(worse_s: float, level: Level) -> None:
    result = judged(answers={(CLOSED, LEFT): worse_s, (CLOSED, RIGHT): 10.0})["B2-left-balance"]
    assert result.level is level
    assert result.value == pytest.approx(10.0 * worse_s)


@pytest.mark.parametrize(
    "times", [{}, {(CLOSED, LEFT): 9.0}, {(CLOSED, LEFT): 0.0, (CLOSED, RIGHT): 0.0}]
)
def test_b2_needs_both_legs(times: dict) -> None:
    assert judged(standing(LEFT), answers=times)["B2-none-balance"].level is Level.UNJUDGED


# --- B3 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hops", "touch_downs", "lasted_s", "level"),
    [
        (1, 1, 30.0, Level.GREEN),
        (2, 1, 30.0, Level.AMBER),
        (2, 3, 30.0, Level.AMBER),
        (3, 3, 30.0, Level.RED),
        (0, 1, 15.0, Level.GREEN),
        (1, 1, 15.0, Level.AMBER),
        (0, 4, 60.0, Level.GREEN),
    ],
)
def test_b3_counts_in_thirty_seconds(
    hops: int, touch_downs: int, lasted_s: float, level: Level
) -> None:
    one = stance(hops=hops, touch_downs=touch_downs, lasted_s=lasted_s)
    result = judged(standing(LEFT, one))[B3]
    assert result.level is level
    assert result.value == pytest.approx((hops + touch_downs) * 30.0 / lasted_s)
    assert ("scaled to 30 s" in said(result.statement)[0]) == (lasted_s != 30.0)


def test_b3_is_the_mean_of_the_stances_that_are_long_enough() -> None:
    leg = standing(LEFT, stance(hops=6), stance(hops=0), stance(hops=9, lasted_s=14.0))
    assert judged(leg)[B3].value == pytest.approx(3.0)


@pytest.mark.parametrize(
    "unseen",
    [
        {"hops": None},
        {"touch_downs": None},
        {"lasted_s": 14.9},
        {"role": StanceRole.RAISED, "hops": None},
    ],
)
def test_b3_does_not_guess(unseen: dict) -> None:
    assert judged(standing(LEFT, stance(**unseen)))[B3].level is Level.UNJUDGED


# --- B4 -------------------------------------------------------------------------------------------


def swayed(
    left_deg: float, right_deg: float, sigma_deg: float = 0.0, **right: object
) -> RuleResult:
    legs = (
        standing(LEFT, stance(LEFT, sway_deg=left_deg, sway_sigma_deg=sigma_deg)),
        standing(RIGHT, stance(RIGHT, sway_deg=right_deg, sway_sigma_deg=sigma_deg, **right)),
    )
    return next(r for r in judged(*legs).values() if r.rule == "B4")


@pytest.mark.parametrize(
    ("left_deg", "level"),
    [(1.0, Level.GREEN), (1.25, Level.GREEN), (1.26, Level.AMBER), (9.0, Level.AMBER)],
)
def test_b4_is_never_red(left_deg: float, level: Level) -> None:
    result = swayed(left_deg, 1.0)
    assert result.level is level
    assert result.side is (LEFT if left_deg > 1.0 else Side.NONE)
    assert (result.amber, result.red) == ("> 1.25", "")


def test_b4_knows_the_error_of_both() -> None:
    assert swayed(1.2, 1.0, sigma_deg=0.1).within_error
    assert not swayed(1.2, 1.0, sigma_deg=0.001).within_error
    assert not swayed(1.6, 1.0, sigma_deg=0.01).within_error, "there is no red limit to be near"


@pytest.mark.parametrize(
    "unlike",
    [
        {"kind": Stance.TWO_LEGS},
        {"placement": Placement.FOOT},
        {"lasted_s": 23.0},
        {"role": StanceRole.RAISED},
    ],
)
def test_b4_compares_like_stances_only(unlike: dict) -> None:
    assert swayed(2.0, 1.0, **unlike).level is Level.UNJUDGED
    assert swayed(2.0, 1.0, lasted_s=24.0).level is Level.AMBER
    assert swayed(math.nan, 1.0).level is Level.UNJUDGED


# --- I1 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "level"),
    [(30, Level.GREEN), (28, Level.GREEN), (27, Level.AMBER), (25, Level.AMBER), (24, Level.RED)],
)
def test_i1_is_the_entered_score(score: float, level: Level) -> None:
    assert judged(answers={("entries.cait", LEFT): score})[I1].level is level
    assert judged(standing(LEFT))[I1].level is Level.UNJUDGED


# --- all ------------------------------------------------------------------------------------------


def test_nothing_known_is_nothing_said() -> None:
    assert judged() == {}


stances = st.builds(
    dict,
    lasted_s=st.floats(5.0, 60.0),
    hold_s=st.floats(0.0, 60.0),
    still_held=st.booleans(),
    kind=st.sampled_from(Stance),
    role=st.sampled_from(StanceRole),
    hops=st.none() | st.integers(0, 5),
    touch_downs=st.none() | st.integers(0, 5),
    sway_deg=st.floats(0.1, 5.0) | st.just(math.nan),
)
both = st.tuples(st.lists(stances, max_size=3), st.lists(stances, max_size=3))


@given(both, st.none() | st.floats(10.0, 90.0), st.none() | st.floats(0.0, 60.0))
def test_mirrored_balance_is_judged_alike(
    sides: tuple[list[dict], list[dict]], age: float | None, closed_s: float | None
) -> None:
    legs = [
        standing(side, *(stance(side, **what) for what in whats))
        for side, whats in zip((LEFT, RIGHT), sides, strict=True)
    ]
    answers = {("entries.cait", LEFT): 26.0, (CLOSED, RIGHT): 9.0, (OPEN, LEFT): 7.0}
    answers |= {} if age is None else {"person.age_years": age}
    answers |= {} if closed_s is None else {(CLOSED, LEFT): closed_s}
    case = Case(session(*legs, answers=answers))
    one, other = (apply_balance_rules(c, BOOK) for c in (case, mirrored_case(case)))
    assert figures(one, mirror=True) == figures(other)
