"""Labelled stretches of a recording as masks of samples."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Bools, Floats, TaskInterval


STEP_TASKS = (Task.WALK, Task.STAIRS_UP, Task.STAIRS_DOWN, Task.KICK)
"""The leg steps or swings."""
SQUAT_TASKS = (Task.SQUAT, Task.LUNGE)
"""The shank leans over a foot that stands."""


def inside_tasks(time_s: Floats, tasks: Sequence[TaskInterval], wanted: Sequence[Task]) -> Bools:
    """(n,) True inside the labelled stretches of the wanted tasks."""
    inside = np.zeros(len(time_s), dtype=np.bool_)
    for task in tasks:
        if task.task in wanted:
            inside |= (time_s >= task.start_s) & (time_s <= task.end_s)
    return inside


def merge_tasks(tasks: Sequence[TaskInterval], gap_s: float = 0.05) -> tuple[TaskInterval, ...]:
    """Labels of one task that overlap or touch, as one; in order of their start.

    Labels name no leg and may be written by several hands: how one stretch is cut into labels must
    not change what is counted in it. Stances that only touch stay two: one leg stands after the
    other.

    Args:
        tasks: Labels in any order.
        gap_s: Labels this close touch; a gap of whole seconds is meant.
    """
    merged: list[TaskInterval] = []
    for task in sorted(tasks, key=lambda t: (t.start_s, t.end_s)):
        same = [i for i, m in enumerate(merged) if m.task is task.task]
        reach_s = -gap_s if task.task is Task.BALANCE else gap_s
        if same and task.start_s <= merged[same[-1]].end_s + reach_s:
            last = merged[same[-1]]
            merged[same[-1]] = replace(last, end_s=max(last.end_s, task.end_s))
        else:
            merged.append(task)
    return tuple(merged)
