"""Stairs of recordings without a truth: how many strides went which way, and how high."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.foot_path import trace_foot
from sensor_screen.core.stairs import STRIDE_TASKS, find_foot_strides
from sensor_screen.errors import MeasurementError
from sensor_screen.model import Climb, Placement

if TYPE_CHECKING:
    from sensor_screen.model import Recording


@dataclass(frozen=True, slots=True)
class StairsRow:
    """One labelled stretch of stairs or walking, by its foot sensor alone."""

    name: str
    task: str
    strides: int
    up: int
    down: int
    level: int
    unknown: int
    height_up_m: float
    """Median of the strides up; nan where there is none."""
    height_down_m: float
    """Median of the strides down, negative."""
    sigma_m: float
    """Median 1 sigma of a height."""


def validate_stairs(name: str, recording: Recording) -> tuple[StairsRow, ...]:
    """Strides of every labelled stretch of stairs or walking.

    Args:
        name: Of the rows.
        recording: Of one leg with a foot sensor.

    Raises:
        MeasurementError: no foot sensor.
        RecordingError: samples that cannot be screened.
    """
    side = recording.sides[0]
    leg = assemble_leg(None, recording.stream(side, Placement.FOOT), side)
    if leg.foot is None:
        raise MeasurementError(name, "there is no foot sensor in it", "add foot.csv")
    path = trace_foot(leg.foot)
    rows = []
    for task in recording.tasks:
        if task.task not in STRIDE_TASKS:
            continue
        found = find_foot_strides(path, leg.time_s, task, side)
        strides = [one.stride for one in found if one.stride is not None]
        heights_m = {
            way: [one.height_change_m for one in strides if one.direction is way] for way in Climb
        }
        rows.append(
            StairsRow(
                name=name,
                task=task.task.value.replace("_", " "),
                strides=len(strides),
                up=len(heights_m[Climb.UP]),
                down=len(heights_m[Climb.DOWN]),
                level=len(heights_m[Climb.LEVEL]),
                unknown=len(heights_m[Climb.UNKNOWN]),
                height_up_m=_median(heights_m[Climb.UP]),
                height_down_m=_median(heights_m[Climb.DOWN]),
                sigma_m=_median([one.height_change_sigma_m for one in strides]),
            )
        )
    return tuple(rows)


def _median(values: list[float]) -> float:
    return float(np.median(values)) if values else float("nan")
