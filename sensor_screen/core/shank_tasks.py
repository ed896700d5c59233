"""Squats of a lone shank sensor that nobody labelled: where they are, as labels.

A lone shank sensor measures squats and lunges only. Without a label, whatever leans the shank like
a squat is taken for one; it says so in the report.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sensor_screen.core.ankle import AnkleParams, estimate_ankle
from sensor_screen.core.repetitions import find_repetitions
from sensor_screen.model import Task, TaskInterval

if TYPE_CHECKING:
    from sensor_screen.model import CleanLeg


@dataclass(frozen=True, slots=True)
class ShankTaskParams:
    """How squats become a set."""

    apart_s: float = 10.0
    """A longer time between two squats is a rest between two sets."""
    margin_s: float = 1.0
    """A label reaches so far beyond its first and last squat."""
    ankle: AnkleParams = field(default_factory=AnkleParams)


def find_squat_sets(
    leg: CleanLeg, params: ShankTaskParams = ShankTaskParams()
) -> tuple[TaskInterval, ...]:
    """One label for each set of squats; none where nothing looks like one.

    Args:
        leg: With a shank sensor alone.
        params: Tuning.

    Raises:
        MeasurementError: no movement.
    """
    everything = TaskInterval(float(leg.time_s[0]), float(leg.time_s[-1]), Task.SQUAT)
    trace = estimate_ankle(leg, (everything,), params=params.ankle).trace
    sets: list[TaskInterval] = []
    for squat in find_repetitions(trace, everything):
        if not squat.counted:
            continue
        start_s, end_s = squat.start_s - params.margin_s, squat.end_s + params.margin_s
        if sets and squat.start_s - sets[-1].end_s < params.apart_s:
            start_s = sets.pop().start_s
        sets.append(TaskInterval(start_s, end_s, Task.SQUAT))
    return tuple(sets)
