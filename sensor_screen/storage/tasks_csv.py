"""What the person did when, from a CSV file `start_s,end_s,task`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.errors import RecordingError
from sensor_screen.model import Task, TaskInterval
from sensor_screen.storage.csv_table import open_csv

if TYPE_CHECKING:
    from sensor_screen.storage.given_file import FileSource


def read_tasks_csv(path: FileSource) -> tuple[TaskInterval, ...]:
    """Read labelled intervals, in the order of their start.

    Raises:
        RecordingError: The file cannot be read, a task has no such name, or an interval is empty.
    """
    table = open_csv(path)
    missing = [name for name in ("start_s", "end_s", "task") if name not in table.header]
    if missing:
        raise RecordingError(
            str(path),
            f"it has no column {', '.join(missing)}",
            "name the columns start_s,end_s,task",
        )
    times = table.numbers(["start_s", "end_s"])
    rows = zip(times["start_s"].tolist(), times["end_s"].tolist(), table.texts("task"), strict=True)
    return tuple(
        sorted(
            (_check_interval(path, start_s, end_s, name) for start_s, end_s, name in rows),
            key=lambda interval: (interval.start_s, interval.end_s),
        )
    )


def _check_interval(path: FileSource, start_s: float, end_s: float, name: str) -> TaskInterval:
    if name.lower() not in set(Task):
        raise RecordingError(
            str(path), f"there is no task {name!r:.40}", f"use one of {', '.join(Task)}"
        )
    if not (math.isfinite(start_s) and math.isfinite(end_s) and start_s < end_s):
        raise RecordingError(
            str(path),
            f"{name} lasts from {start_s:g} to {end_s:g} s",
            "let every interval start before it ends",
        )
    return TaskInterval(start_s, end_s, Task(name.lower()))
