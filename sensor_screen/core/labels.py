"""Labelled stretches of a recording as masks of samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Bools, Floats, Task, TaskInterval


def inside_tasks(time_s: Floats, tasks: Sequence[TaskInterval], wanted: Sequence[Task]) -> Bools:
    """(n,) True inside the labelled stretches of the wanted tasks."""
    inside = np.zeros(len(time_s), dtype=np.bool_)
    for task in tasks:
        if task.task in wanted:
            inside |= (time_s >= task.start_s) & (time_s <= task.end_s)
    return inside
