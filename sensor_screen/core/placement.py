"""Are the sensors where the user says they are? Told from which of them moves, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.labels import inside_tasks
from sensor_screen.errors import MeasurementError
from sensor_screen.model import Placement, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Floats, TaskInterval

SWAPPED_RATIO = 2.0
"""The segment that must stay quiet in a task may not move this much more than the other."""
STILL_RADPS = 0.02
"""A worn sensor that never turns faster than this (RMS) is not on the leg, or not running."""
MOVING_RADPS = 0.3


def check_placement(time_s: Floats, gyr_radps: Floats, tasks: Sequence[TaskInterval]) -> None:
    """Refuse swapped and forgotten sensors.

    In a pump the foot moves and the shank does not; in a flat-footed squat or lunge it is the other
    way round. Other tasks tell nothing with certainty.

    Args:
        time_s: (n,) seconds.
        gyr_radps: (n, 2, 3) shank and foot.
        tasks: Labels; without them only a forgotten sensor is found.

    Raises:
        MeasurementError: swapped, or one sensor never moves while the other does.
    """
    whole = _rms(gyr_radps)
    for s, placement in enumerate((Placement.SHANK, Placement.FOOT)):
        if whole[s] < STILL_RADPS and whole[1 - s] > MOVING_RADPS:
            raise MeasurementError(
                f"{placement} sensor",
                f"it never turns ({np.degrees(whole[s]):.1f} deg/s) while the other one does",
                "check that it is strapped to the leg and switched on",
            )
    evidence = [
        (_during(time_s, gyr_radps, tasks, Task.PUMP), 0, "pumps"),
        (_during(time_s, gyr_radps, tasks, Task.SQUAT), 1, "squats"),
        (_during(time_s, gyr_radps, tasks, Task.LUNGE), 1, "lunges"),
    ]
    swapped = [
        name
        for part, quiet, name in evidence
        if part is not None and part[quiet] > SWAPPED_RATIO * max(part[1 - quiet], 0.05)
    ]
    seen = [name for part, _, name in evidence if part is not None]
    if swapped and len(swapped) == len(seen):
        moving = "shank" if swapped[0] == "pumps" else "foot"
        raise MeasurementError(
            "shank and foot",
            f"the sensor called {moving} moves most in the {swapped[0]}, where it should be quiet",
            "swap the two sensors or their files",
        )


def _during(
    time_s: Floats, gyr: Floats, tasks: Sequence[TaskInterval], wanted: Task
) -> Floats | None:
    inside = inside_tasks(time_s, tasks, (wanted,))
    return _rms(gyr[inside]) if inside.sum() > 20 else None


def _rms(gyr: Floats) -> Floats:
    """(2,) RMS angular velocity of each sensor."""
    rms: Floats = np.sqrt(np.mean(np.sum(gyr**2, axis=2), axis=0))
    return rms
