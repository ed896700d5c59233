"""Squats by a lone shank sensor, as people do them on their own, against the simulated truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import radians
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.pipeline import measure_leg
from sensor_screen.errors import ScreenError
from sensor_screen.model import Placement, Side, Task
from sensor_screen.session.span_scores import SpanScore, found_spans, score_spans, true_spans
from sensor_screen.simulation import HARSH, HEALTHY, Scenario, Simulation, Step, simulate
from sensor_screen.simulation.squat_sets import SquatStyle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Recording

RATE_HZ = 110.0
"""Of the sensors that squats were recorded with elsewhere."""
ACC_BIASES_MPS2 = (0.3, 0.8)
"""Drawn between the two for each person."""

TEMPO_AND_PAUSES = SquatStyle(
    way_s=(0.45, 4.0), depth=(0.8, 1.2), pause_share=0.4, wobble_rad=radians(3.0)
)
EVERYTHING = SquatStyle(
    way_s=(0.45, 3.0),
    half_share=0.1,
    pause_share=0.25,
    wobble_rad=radians(3.0),
    fidget_share=0.15,
    standing_rad=(radians(-3.0), radians(5.0)),
)
_CALIBRATING = (Step(Task.PUMP, 6), Step(Task.WALK, 6))
SQUAT_STYLES: dict[str, SquatStyle] = {
    "tempo, depth, pauses": TEMPO_AND_PAUSES,
    "and 30 % half squats": replace(TEMPO_AND_PAUSES, half_share=0.3),
    "everything, fidgets in 25 % of the stands": replace(EVERYTHING, fidget_share=0.25),
    "everything, fidgets in 60 % of the stands": replace(EVERYTHING, fidget_share=0.6),
}
"""Ways to do squats, by what is varied."""


@dataclass(frozen=True, slots=True)
class SquatRow:
    """The squats of one style."""

    name: str
    shank_labelled: SpanScore
    shank_unlabelled: SpanScore
    both_labelled: SpanScore
    """With the foot sensor as well, and with pumps and a few steps before the squats: from squats
    alone the flexion axis is not known well enough to count any (see the method)."""


def measure_squats(name: str, seeds: Sequence[int]) -> SquatRow:
    """Two sets of 15 squats for each seed.

    Args:
        name: A style of `SQUAT_STYLES`.
        seeds: One person each.
    """
    scores = [SpanScore(), SpanScore(), SpanScore()]
    for seed in seeds:
        alone = do_squats(SQUAT_STYLES[name], seed)
        lone = lone_shank(alone.recording)
        full = do_squats(SQUAT_STYLES[name], seed, before=_CALIBRATING)
        ways = ((alone, lone), (alone, replace(lone, tasks=())), (full, full.recording))
        for i, (made, recording) in enumerate(ways):
            true = true_spans(made.truth[Side.RIGHT], Task.SQUAT)
            scores[i] += score_spans(_found(recording), true)
    return SquatRow(name, *scores)


def do_squats(style: SquatStyle, seed: int, before: tuple[Step, ...] = ()) -> Simulation:
    """Two sets of squats on soft tissue with a worn accelerometer; both sensors, labelled.

    Args:
        style: How they are done.
        seed: Who does them.
        before: What is done between the stand and the first set.
    """
    person = replace(HEALTHY, squat_lean_rad=radians(32.0))
    sets = tuple(Step(Task.SQUAT, 15, style=style, rest_s=8.0) for _ in range(2))
    scenario = Scenario("sets", "two sets", (Step(Task.STAND, 3.0), *before, *sets), person)
    bias_mps2 = np.random.default_rng([seed, 9]).uniform(*ACC_BIASES_MPS2)
    flaws = replace(HARSH, acc_bias_mps2=bias_mps2, gyr_bias_radps=radians(2.0))
    return simulate(scenario, seed=seed, rate_hz=RATE_HZ, imperfections=flaws)


def lone_shank(recording: Recording) -> Recording:
    """The recording without its foot sensors."""
    streams = tuple(s for s in recording.streams if s.info.placement is Placement.SHANK)
    return replace(recording, streams=streams)


def _found(recording: Recording) -> list[tuple[float, float]]:
    try:
        leg = measure_leg(recording, Side.RIGHT)
    except ScreenError:
        return []  # Nothing measured is nothing found.
    return found_spans(leg.repetitions, Task.SQUAT)


def p95_s(score: SpanScore) -> float:
    """95 % of the edges are within this; nan where nothing was right."""
    return float(np.percentile(score.edges_s, 95.0)) if score.edges_s else float("nan")
