"""Marks of an occasion: what its guide said at a moment, and the tasks that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.model import Task, TaskInterval

if TYPE_CHECKING:
    from collections.abc import Iterable

TASK_BEGINS = "task_begins"
"""Name of a mark; its text is the word of the task, which ends the one before."""
TASK_ENDS = "task_ends"
TASK_DROPPED = "task_dropped"
"""The task that began last does not count."""
TASK_WORDS = frozenset(task.value for task in Task)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that the program knew at a moment: what began, was said or was dropped."""

    name: str
    at_s: float
    """On the clock of the arrivals."""
    text: str = ""


class TaskList:
    """Tasks as marks say them, one mark after the other.

    Attributes:
        spans: (task, begin, end) on the clock of the arrivals; end None: it is on.
    """

    def __init__(self) -> None:
        self.spans: list[tuple[Task, float, float | None]] = []

    def hear(self, mark: Mark) -> None:
        """Take in the next mark; names and words that are not known change nothing."""
        spans = self.spans
        if mark.name == TASK_DROPPED and spans:
            spans.pop()
        if mark.name in {TASK_BEGINS, TASK_ENDS} and spans and spans[-1][2] is None:
            task, begin_s, _ = spans[-1]
            spans[-1] = (task, begin_s, mark.at_s)
        if mark.name == TASK_BEGINS and mark.text in TASK_WORDS:
            spans.append((Task(mark.text), mark.at_s, None))

    def intervals(self, base_s: float, open_end_s: float) -> tuple[TaskInterval, ...]:
        """The tasks on the common time base; what ends before it begins is left out.

        Args:
            base_s: Arrival that is zero of that base.
            open_end_s: Arrival at which a task ends that nobody ended.
        """
        spans = (
            (task, begin, open_end_s if end is None else end) for task, begin, end in self.spans
        )
        return tuple(
            TaskInterval(begin - base_s, end - base_s, task)
            for task, begin, end in spans
            if end > begin
        )


def find_tasks(marks: Iterable[Mark], base_s: float, last_s: float) -> tuple[TaskInterval, ...]:
    """The tasks that marks say, on the common time base.

    Args:
        marks: In the order in which they were said.
        base_s: Arrival that is zero of that base.
        last_s: Arrival at which a task ends that nobody ended.
    """
    tasks = TaskList()
    for mark in marks:
        tasks.hear(mark)
    return tasks.intervals(base_s, last_s)
