"""Tuning of the analyst, and what it must know of a stored mark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class NumberedMark(Protocol):
    """A mark of a stream as it is stored."""

    @property
    def number(self) -> int:
        """Of the stream, from 0."""

    @property
    def at_us(self) -> int:
        """On the relay's clock."""

    @property
    def name(self) -> str:
        """What is said."""

    @property
    def text(self) -> str:
        """Of it."""


@dataclass(frozen=True, slots=True)
class AnalystParams:
    """Tuning of the analyst."""

    tick_s: float = 0.003
    """From the first news to the first batch: a commit brings news of many streams one by one."""
    batch_frames: int = 32
    """In one batch: 0.03 s of work. Nothing of a batch is told before all of it is done."""
    learning_streams: int = 12
    """In one batch, of those whose angle is not known yet: a third of a batch. One that calibrates
    takes as long as sixty frames; gathering costs no more than other frames do, and with fewer they
    came out seconds late."""
    stream_frames: int = 100
    """Of one stream in one batch, so that one which catches up keeps nobody waiting."""
    memory_bytes: int = 16 << 20
    """Of frames that wait; what does not fit is read from the rows later."""
    far_behind_frames: int = 50
    """From here on viewers get pictures instead of events: five seconds of a usual stream."""
    picture_s: float = 2.0
    """Between two such pictures."""
    stuck_s: float = 5.0
    """Longest time for the frames of one stream in a batch; ordinary ones take a tenth."""
    start_s: float = 300.0
    """Longest time until a worker is ready; compiling takes half a minute once."""
    retry_s: float = 1.0
    """After rows could not be read, or a worker could not be started."""
    most_strikes: int = 2
    """So many workers may die at one stream before its view is over."""
