"""Z1: each limit of the data, what is hidden for it, and what stays."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sensor_screen.core.pipeline import MeasureOptions, measure_recording
from sensor_screen.judgement import Language, Level, RuleResult, Zone
from sensor_screen.model import (
    CleaningCounts,
    ClockMap,
    LegMeasures,
    Placement,
    RepetitionMark,
    Side,
    Task,
)
from sensor_screen.rules.findings import find_positions
from sensor_screen.rules.quality_rules import apply_quality_rules, hide_poor, trusted_legs
from sensor_screen.storage.recording_file import read_recording
from sensor_screen.storage.samples import find_sample
from tests.hand_made import trace
from tests.rules.cases import BOOK, case, leg, pick, say

GREEN, AMBER, RED, UNJUDGED = Level.GREEN, Level.AMBER, Level.RED, Level.UNJUDGED
LEFT = Side.LEFT


def results(*legs: LegMeasures) -> tuple[RuleResult, ...]:
    return apply_quality_rules(case(*legs), BOOK)


def calibrated(**changes: Any) -> LegMeasures:
    made = leg(squat=[30.0] * 6)
    assert made.calibration is not None
    return replace(made, calibration=replace(made.calibration, **changes))


def counted(**counts: Any) -> LegMeasures:
    """Two seconds of squat every three, from 0 to 17 s, beside these counts of the foot."""
    cleaning = {
        Placement.SHANK: CleaningCounts(received=1000),
        Placement.FOOT: CleaningCounts(received=1000, **counts),
    }
    return replace(leg(squat=[30.0] * 6), cleaning=cleaning)


def of_squats(made: LegMeasures) -> list[RuleResult]:
    return [r for r in results(made) if r.task is Task.SQUAT]


@pytest.mark.parametrize(
    ("made", "level", "words"),
    [
        (calibrated(quality=0.5), GREEN, "good"),
        (calibrated(quality=0.49), AMBER, "how the sensors sit"),
        (calibrated(quality=0.25), AMBER, "how the sensors sit"),
        (calibrated(quality=0.24), RED, "how the sensors sit"),
        (calibrated(axis_error_rad=math.radians(19.9)), GREEN, "good"),
        (calibrated(axis_error_rad=math.radians(20.1)), AMBER, "axis"),
        (calibrated(axis_error_rad=math.radians(40.1)), RED, "axis"),
        (calibrated(neutral_verified=False), AMBER, "stood still"),
        (calibrated(neutral_verified=False, quality=0.45), AMBER, "stood still"),
        (calibrated(neutral_verified=False, quality=0.2), RED, "how the sensors sit"),
        (counted(clipped=249), GREEN, "good"),
        (counted(clipped=250), AMBER, "scale"),
        (counted(clipped=500), RED, "scale"),
        (replace(leg(), clock=ClockMap(residual_s=0.0099)), GREEN, "good"),
        (replace(leg(), clock=ClockMap(residual_s=0.0101)), AMBER, "clocks"),
        (replace(leg(), clock=ClockMap(residual_s=0.0501)), RED, "clocks"),
        (replace(leg(), calibration=None), UNJUDGED, "no ankle angle"),
    ],
)
def test_each_limit_of_a_leg(made: LegMeasures, level: Level, words: str) -> None:
    (result,) = results(made)
    assert (result.rule, result.level, result.panel, result.task) == ("Z1", level, None, None)
    assert words in say(result.statement)
    assert say(result.statement, Language.GERMAN)


@pytest.mark.parametrize(
    ("made", "level", "words"),
    [
        # 12 s of squats: 2 % are 0.24 s, 10 % are 1.2 s.
        (counted(gaps_s=((0.1, 0.33),)), GREEN, ""),
        (counted(gaps_s=((0.1, 0.35),)), AMBER, "samples are missing"),
        (counted(gaps_s=((0.1, 1.31),)), RED, "samples are missing"),
        # Between two squats nothing is lost.
        (counted(gaps_s=((2.0, 3.0), (5.1, 5.9))), GREEN, ""),
    ],
)
def test_each_limit_of_a_task(made: LegMeasures, level: Level, words: str) -> None:
    whole, tasks = results(made)[0], of_squats(made)
    assert whole.level is GREEN
    assert [t.level for t in tasks] == ([level] if words else [])
    assert all(words in say(t.statement) for t in tasks)


def test_a_long_gap_counts_even_in_a_long_task() -> None:
    made = replace(leg(squat=[30.0] * 60), cleaning=counted(gaps_s=((0.1, 0.7),)).cleaning)
    (result,) = of_squats(made)
    assert (result.level, result.unit) == (AMBER, "s")
    assert result.value == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("good_s", "level"), [(1.62, None), (1.58, AMBER), (1.02, AMBER), (0.98, RED)]
)
def test_too_little_valid_angle_costs_the_task_its_zone(good_s: float, level: Level | None) -> None:
    count = 1700
    made = leg(squat=[30.0] * 6)
    time_s = np.arange(count) / 100.0
    angle = trace(np.zeros(count), valid=(time_s % 3.0) < good_s)
    found = of_squats(replace(made, angle=angle))
    assert [r.level for r in found] == ([level] if level else [])


def test_repetitions_that_never_could_count_cost_nothing() -> None:
    made = leg(squat=[30.0] * 6)
    away = replace(made.repetitions[-1], start_s=30.0, end_s=32.0, counted=False, reason="shallow")
    gaps = counted(gaps_s=((30.5, 31.5),)).cleaning
    shallow = replace(made, repetitions=(*made.repetitions, away), cleaning=gaps)
    lost = replace(away, quality=(RepetitionMark.ANGLE_LOST,))
    assert len(results(shallow)) == 1
    assert len(results(replace(made, repetitions=(*made.repetitions, lost), cleaning=gaps))) == 2


# --- hiding --------------------------------------------------------------------------------------


def hidden(*legs: LegMeasures) -> dict[str, Zone]:
    findings = hide_poor(find_positions(legs, BOOK), results(*legs))
    return {f.id: f.zone for f in findings}


def test_poor_data_of_a_leg_hide_its_zones_and_no_other_leg_s() -> None:
    poor = replace(calibrated(quality=0.3), side=LEFT)
    other = leg(Side.RIGHT, squat=[30.0])
    assert hidden(poor, other) == {
        "left-anterior-squat": Zone.UNRESOLVED,
        "right-anterior-squat": Zone.AMBER,
    }


def test_poor_data_of_a_task_hide_that_task_alone() -> None:
    made = leg(squat=[30.0] * 3, kick=[50.0])
    kicks = tuple(
        replace(r, start_s=r.start_s + 60.0, end_s=r.end_s + 60.0) if r.task is Task.KICK else r
        for r in made.repetitions
    )
    made = replace(made, repetitions=kicks, cleaning=counted(gaps_s=((60.5, 61.8),)).cleaning)
    assert hidden(made) == {
        "left-anterior-squat": Zone.AMBER,
        "left-posterior-kick": Zone.UNRESOLVED,
    }


def test_a_poor_range_test_hides_what_is_compared_with_it() -> None:
    made = leg(squat=[30.0], stairs_down=[20.0])
    moved = tuple(
        replace(r, start_s=60.0, end_s=62.0) if r.task is Task.LUNGE else r
        for r in made.repetitions
    )
    made = replace(made, repetitions=moved, cleaning=counted(gaps_s=((60.5, 61.8),)).cleaning)
    zones = hidden(made)
    assert zones["left-anterior-squat"] is zones["left-anterior-stairs_down"] is Zone.UNRESOLVED
    assert zones["left-posterior-stairs_down"] is Zone.GREEN


def test_a_hidden_zone_gives_its_reason_and_keeps_its_figures() -> None:
    made = calibrated(neutral_verified=False)
    (finding,) = find_positions((made,), BOOK)
    (poor,) = hide_poor((finding,), results(made))
    assert "nobody stood still" in say(poor.threshold_note)
    assert "niemand stand still" in say(poor.threshold_note, Language.GERMAN)
    assert "too poor" in say(poor.statement)
    assert say(poor.meaning[0])
    assert not poor.bands.resolved
    assert (poor.demand, poor.capacity, poor.id) == (finding.demand, finding.capacity, finding.id)


def test_good_data_change_nothing() -> None:
    made = leg(squat=[30.0], kick=[50.0])
    findings = find_positions((made,), BOOK)
    assert hide_poor(findings, results(made)) == findings


def test_only_red_data_are_rejected() -> None:
    amber, red = calibrated(quality=0.4), calibrated(quality=0.2)
    assert trusted_legs(case(amber, red), BOOK) == (amber,)
    assert pick(results(amber, red), "Z1").level is RED


# --- what the product comes with -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["healthy", "kick-heavy", "walk"])
def test_the_sample_recordings_are_good(name: str) -> None:
    legs = measure_recording(read_recording(find_sample(name)), MeasureOptions(angle_needed=False))
    found = results(*legs)
    assert [r.level for r in found] == [GREEN] * len(legs)
