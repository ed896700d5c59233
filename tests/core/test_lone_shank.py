"""Squats by a lone shank sensor at 110 Hz, with a worn accelerometer and fidgets in between."""

from __future__ import annotations

from dataclasses import replace
from math import radians

import numpy as np
import pytest

from sensor_screen.core.pipeline import measure_leg, measure_recording
from sensor_screen.model import (
    LegMeasures,
    Placement,
    Repetition,
    RepetitionMark,
    Side,
    Task,
    TaskInterval,
)
from sensor_screen.simulation import HARSH, HEALTHY, simulate
from sensor_screen.simulation.scenarios import Scenario, Step
from sensor_screen.simulation.simulator import Truth
from sensor_screen.simulation.squat_sets import SquatStyle

ALL_BUT_FIDGETS = SquatStyle(
    way_s=(0.45, 4.0),
    depth=(0.8, 1.2),
    pause_share=0.4,
    wobble_rad=radians(3.0),
)
EVERYTHING = SquatStyle(
    way_s=(0.45, 3.0),
    half_share=0.1,
    pause_share=0.25,
    wobble_rad=radians(3.0),
    fidget_share=0.15,
    standing_rad=(radians(-3.0), radians(5.0)),
)
FLAWS = replace(HARSH, acc_bias_mps2=0.8, gyr_bias_radps=radians(2.0))


def performed(truth: Truth) -> list[tuple[float, float]]:
    """Where each squat leaves and reaches 7 % of its depth, as an onlooker would mark it."""
    spans = []
    for done in truth.repetitions:
        i, j = np.searchsorted(truth.time_s, [done.start_s, done.end_s])
        lean = truth.shank_lean_rad[i:j]
        top = int(np.argmax(lean))
        start = i + np.flatnonzero(lean[: top + 1] <= lean[0] + 0.07 * (lean[top] - lean[0]))[-1]
        end = i + top + np.flatnonzero(lean[top:] <= lean[-1] + 0.07 * (lean[top] - lean[-1]))[0]
        spans.append((float(truth.time_s[start]), float(truth.time_s[end])))
    return spans


def overlap(one: Repetition, span: tuple[float, float]) -> float:
    common = min(one.end_s, span[1]) - max(one.start_s, span[0])
    return common / (max(one.end_s, span[1]) - min(one.start_s, span[0]))


def do_squats(
    style: SquatStyle, *, labelled: bool
) -> tuple[LegMeasures, list[tuple[float, float]]]:
    """Two sets of squats by a shank sensor alone, and where they were."""
    person = replace(HEALTHY, squat_lean_rad=radians(32.0))
    sets = tuple(Step(Task.SQUAT, 15, style=style, rest_s=8.0) for _ in range(2))
    scenario = Scenario("sets", "two sets", (Step(Task.STAND, 3.0), *sets), person)
    simulation = simulate(scenario, seed=4, rate_hz=110.0, imperfections=FLAWS)
    truth = simulation.truth[Side.RIGHT]
    whole = (TaskInterval(0.0, float(truth.time_s[-1]), Task.SQUAT),)
    streams = simulation.recording.streams[:1]
    recording = replace(simulation.recording, streams=streams, tasks=whole if labelled else ())
    return measure_leg(recording, Side.RIGHT), performed(truth)


@pytest.mark.parametrize("labelled", [True, False])
def test_every_squat_is_found_and_nothing_else(labelled: bool) -> None:
    leg, spans = do_squats(ALL_BUT_FIDGETS, labelled=labelled)
    found = [r for r in leg.repetitions if r.counted]
    assert len(found) == len(spans)
    for one, span in zip(found, spans, strict=True):
        assert overlap(one, span) > 0.5
        assert abs(one.start_s - span[0]) < 0.3
        assert abs(one.end_s - span[1]) < 0.3
    assert any("nothing is labelled" in why for why in leg.missing) is not labelled


def test_among_fidgets_only_half_repetitions_are_taken_for_more_than_they_are() -> None:
    leg, spans = do_squats(EVERYTHING, labelled=True)
    found = [r for r in leg.repetitions if r.counted]
    for span in spans:
        assert sum(overlap(one, span) > 0.5 for one in found) == 1
    # One shank cannot tell a chair from half a squat where both lean it as far.
    more = [one for one in found if not any(overlap(one, span) > 0.5 for span in spans)]
    assert all(RepetitionMark.HALF in one.quality for one in more)


def test_nothing_is_invented_where_nobody_squats() -> None:
    simulation = simulate("walk", seed=0)
    streams = simulation.recording.streams[:1]
    recording = replace(simulation.recording, streams=streams)
    everything = TaskInterval(0.0, 170.0, Task.SQUAT)
    leg = measure_leg(replace(recording, tasks=(everything,)), Side.RIGHT)
    assert not any(r.counted for r in leg.repetitions)


@pytest.mark.parametrize("labelled", [False, True])
def test_paused_squats_of_a_lone_shank_stay_squats(labelled: bool) -> None:
    style = SquatStyle(hold_s=(1.0, 3.0))
    steps = (Step(Task.STAND, 3.0), Step(Task.SQUAT, 12, style=style))
    recording = simulate(Scenario("paused", "held squats", steps), seed=3, rate_hz=110.0).recording
    lone = replace(
        recording,
        streams=tuple(s for s in recording.streams if s.info.placement is Placement.SHANK),
        tasks=recording.tasks if labelled else (),
    )
    (leg,) = measure_recording(lone)
    assert [r.task for r in leg.repetitions if r.counted] == [Task.SQUAT] * 12
