"""Squats by a lone shank sensor at 110 Hz, with a worn accelerometer and fidgets in between."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sensor_screen.core.pipeline import measure_leg, measure_recording
from sensor_screen.model import LegMeasures, RepetitionMark, Side, Task, TaskInterval
from sensor_screen.session.span_scores import overlap, true_spans
from sensor_screen.session.validation_squats import (
    EVERYTHING,
    TEMPO_AND_PAUSES,
    do_squats,
    lone_shank,
)
from sensor_screen.simulation import simulate
from sensor_screen.simulation.scenarios import Scenario, Step
from sensor_screen.simulation.squat_sets import SquatStyle

if TYPE_CHECKING:
    from sensor_screen.session.span_scores import Span


def count_squats(style: SquatStyle, *, labelled: bool) -> tuple[LegMeasures, list[Span]]:
    """Two sets of squats by a shank sensor alone, all of it one label, and where they were."""
    made = do_squats(style, seed=4)
    truth = made.truth[Side.RIGHT]
    whole = (TaskInterval(0.0, float(truth.time_s[-1]), Task.SQUAT),)
    recording = replace(lone_shank(made.recording), tasks=whole if labelled else ())
    return measure_leg(recording, Side.RIGHT), true_spans(truth, Task.SQUAT)


@pytest.mark.parametrize("labelled", [True, False])
def test_every_squat_is_found_and_nothing_else(labelled: bool) -> None:
    leg, spans = count_squats(TEMPO_AND_PAUSES, labelled=labelled)
    found = [r for r in leg.repetitions if r.counted]
    assert len(found) == len(spans)
    for one, span in zip(found, spans, strict=True):
        assert overlap((one.start_s, one.end_s), span) > 0.5
        assert abs(one.start_s - span[0]) < 0.3
        assert abs(one.end_s - span[1]) < 0.3
    assert any("nothing is labelled" in why for why in leg.missing) is not labelled


def test_among_fidgets_only_half_repetitions_are_taken_for_more_than_they_are() -> None:
    leg, spans = count_squats(EVERYTHING, labelled=True)
    found = [r for r in leg.repetitions if r.counted]
    for span in spans:
        assert sum(overlap((one.start_s, one.end_s), span) > 0.5 for one in found) == 1
    # One shank cannot tell a chair from half a squat where both lean it as far.
    more = [
        one
        for one in found
        if not any(overlap((one.start_s, one.end_s), span) > 0.5 for span in spans)
    ]
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
    lone = replace(lone_shank(recording), tasks=recording.tasks if labelled else ())
    (leg,) = measure_recording(lone)
    assert [r.task for r in leg.repetitions if r.counted] == [Task.SQUAT] * 12
