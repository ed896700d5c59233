"""Marks of a relay's stream: what its person or program said, beside the frames of its sensors."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MarkName(StrEnum):
    """What a mark says."""

    BEGINS = "task_begins"
    """Its text is the word of the task, which ends the one before."""
    ENDS = "task_ends"
    DROPPED = "task_dropped"
    """The task that began last does not count."""


@dataclass(frozen=True, slots=True)
class RelayMark:
    """Something that was said at a moment."""

    number: int
    """0, 1, 2 ... in its stream."""
    at_us: int
    """On the relay's clock, as in frames."""
    name: MarkName
    text: str = ""
    """The task."""
