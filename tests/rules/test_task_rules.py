"""Squats and stairs as rules: levels of the zones, side differences, heels."""

from dataclasses import replace

import pytest

from sensor_screen.judgement import Language, Level, Panel, RuleResult, Zone
from sensor_screen.model import Placement, Side
from sensor_screen.rules.findings import find_positions
from sensor_screen.rules.task_rules import apply_task_rules
from tests.hand_made import leg_measures, repetition
from tests.rules.cases import BOOK, case, judge_rules, leg, pick, say

GREEN, AMBER, RED, UNJUDGED = Level.GREEN, Level.AMBER, Level.RED, Level.UNJUDGED
LEFT, RIGHT = Side.LEFT, Side.RIGHT
PEAKS = [
    (27.9, Zone.GREEN, GREEN),
    (28.1, Zone.AMBER, AMBER),
    (33.9, Zone.AMBER, AMBER),
    (34.1, Zone.RED, RED),
    (45.9, Zone.RED, RED),
    (46.1, Zone.BEYOND, RED),
]


def results(*legs: object) -> tuple[RuleResult, ...]:
    one = case(*legs)  # type: ignore[arg-type]
    return apply_task_rules(one, find_positions(one.now.legs, BOOK), BOOK)


@pytest.mark.parametrize(
    ("rule", "task"), [("Q1", "squat"), ("U1", "stairs_up"), ("D1", "stairs_down")]
)
@pytest.mark.parametrize(("peak", "zone", "level"), PEAKS)
def test_the_zone_is_the_level(rule: str, task: str, peak: float, zone: Zone, level: Level) -> None:
    made = leg(bend_deg=40.0, sigma_deg=0.01, point_deg=None, **{task: [peak]})
    (finding,) = find_positions((made,), BOOK)
    result = pick(results(made), rule, LEFT)
    assert (finding.zone, result.level) == (zone, level)
    assert result.panel is Panel.ANTERIOR
    assert result.value == pytest.approx(peak)
    assert (result.amber, result.red) == ("", "")  # the bands decide


@pytest.mark.parametrize(
    ("peak", "level"), [(40.7, GREEN), (40.8, AMBER), (48.9, AMBER), (49.1, RED)]
)
def test_d2_is_the_back_of_the_ankle(peak: float, level: Level) -> None:
    made = leg(bend_deg=None, point_deg=55.0, sigma_deg=0.01, stairs_down=[peak])
    result = pick(results(made), "D2", LEFT)
    assert (result.level, result.panel) == (level, Panel.POSTERIOR)


def test_a_range_too_small_for_zones_is_not_judged() -> None:
    result = pick(results(leg(bend_deg=8.0, squat=[8.0])), "Q1", LEFT)
    assert result.level is UNJUDGED
    assert "too small" in say(result.statement)
    assert not result.within_error


def test_near_a_zone_the_level_is_in_doubt() -> None:
    near, far = (
        pick(results(leg(bend_deg=40.0, sigma_deg=0.5, squat=[peak])), "Q1", LEFT)
        for peak in (33.0, 31.0)
    )
    assert near.within_error  # 1.96 * 0.71 = 1.4 deg
    assert not far.within_error


def test_what_is_missing_is_said() -> None:
    no_task = pick(results(leg()), "Q1", LEFT)
    no_end = pick(results(leg(bend_deg=None, squat=[30.0])), "Q1", LEFT)
    assert no_task.level is no_end.level is UNJUDGED
    assert "no such movement" in say(no_task.statement)
    assert "was not tested" in say(no_end.statement)


@pytest.mark.parametrize(
    ("rule", "task", "usual", "odd"),
    [
        ("U1", "stairs_up", 20.0, 20.1),
        ("D1", "stairs_down", 30.0, 30.1),
        ("D2", "stairs_down", 52.0, 52.1),
        ("Q1", "squat", 60.0, 60.1),
    ],
)
def test_an_odd_angle_on_stairs_asks_for_the_zero_and_the_step(
    rule: str, task: str, usual: float, odd: float
) -> None:
    def said(peak: float, language: Language) -> str:
        made = leg(bend_deg=70.0, point_deg=80.0, **{task: [peak]})
        return say(pick(results(made), rule, LEFT).statement, language)

    assert "check the zero" not in said(usual, Language.ENGLISH)
    assert ("check the zero" in said(odd, Language.ENGLISH)) == (rule != "Q1")
    assert ("prüfen Sie die Null" in said(odd, Language.GERMAN)) == (rule != "Q1")


@pytest.mark.parametrize(("rule", "task"), [("Q2", "squat"), ("U2", "stairs_up")])
@pytest.mark.parametrize(
    ("less", "level"), [(0.0, GREEN), (5.9, GREEN), (6.0, AMBER), (10.0, AMBER), (10.1, RED)]
)
def test_side_differences(rule: str, task: str, less: float, level: Level) -> None:
    legs = [leg(LEFT, **{task: [30.0]}), leg(RIGHT, **{task: [30.0 - less]})]
    result = pick(results(*legs), rule)
    assert result.level is level
    assert result.side is (RIGHT if less else Side.NONE)
    assert result.error_95 == pytest.approx(1.96 * 2.0**0.5)
    assert result.within_error == (min(abs(less - 6.0), abs(less - 10.0)) < 2.77)


def test_a_difference_needs_both_legs() -> None:
    result = pick(results(leg(LEFT, squat=[30.0]), leg(RIGHT)), "Q2")
    assert (result.level, result.side) == (UNJUDGED, Side.NONE)
    assert "both" in say(result.statement)


@pytest.mark.parametrize(
    ("lifted", "level"), [(0, GREEN), (1, AMBER), (2, AMBER), (3, RED), (6, RED)]
)
def test_q3_counts_the_squats_in_which_the_heel_came_up(lifted: int, level: Level) -> None:
    result = pick(results(leg(lifted=lifted, squat=[30.0] * 6)), "Q3", LEFT)
    assert (result.level, result.unit) == (level, "%")
    assert result.value == pytest.approx(100.0 * lifted / 6.0)


def test_q3_counts_no_squat_that_did_not_count() -> None:
    made = leg(squat=[30.0])
    shallow = repetition(made.repetitions[0].task, reason="shallow")
    result = pick(results(replace(made, repetitions=(*made.repetitions, shallow))), "Q3", LEFT)
    assert result.value == 0.0
    without = pick(results(leg()), "Q3", LEFT)
    assert without.level is UNJUDGED
    assert "no squat" in say(without.statement)


def test_q3_needs_a_foot_sensor() -> None:
    made = leg(squat=[30.0])
    shank = {p: c for p, c in made.cleaning.items() if p is Placement.SHANK}
    result = pick(results(replace(made, cleaning=shank)), "Q3", LEFT)
    assert result.level is UNJUDGED
    assert "sensor on the foot" in say(result.statement)


def test_of_two_recordings_the_one_nearer_to_the_end_speaks() -> None:
    legs = (leg(squat=[20.0]), leg(squat=[38.0]))
    assert pick(results(*legs), "Q1", LEFT).level is RED
    assert pick(results(*legs[::-1]), "Q1", LEFT).level is RED


def test_rejected_data_give_no_difference_and_no_heels() -> None:
    good = leg(LEFT, squat=[30.0])
    assert good.calibration is not None
    poor = replace(good, calibration=replace(good.calibration, quality=0.1))
    _, found = judge_rules(case(poor, leg(RIGHT, squat=[30.0])))
    assert pick(found, "Q2").level is UNJUDGED
    assert pick(found, "Q3", LEFT).level is UNJUDGED
    assert pick(found, "Q1", LEFT).level is UNJUDGED
    assert pick(found, "Q1", RIGHT).level is AMBER


def test_a_leg_without_anything_is_judged_of_nothing() -> None:
    empty = leg_measures([])
    assert all(r.level is UNJUDGED for r in results(empty))
