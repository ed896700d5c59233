"""What one writer adds to its stream in one transaction, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensor_screen.protocol.relay_frame import SlotDescription
    from sensor_screen.protocol.relay_marks import RelayMark


@dataclass(frozen=True, slots=True)
class StreamBatch:
    """Frames and marks that follow those which are durable."""

    stream_id: str
    writer: int
    """Kept only while this is the number of the stream's writer."""
    frames: tuple[tuple[int, bytes], ...] = ()
    """(sequence, value)."""
    marks: tuple[RelayMark, ...] = ()
    slots: dict[int, SlotDescription] | None = None
    """All that are described in the stream; None: no frame here describes one."""
    finish: tuple[int, int] | None = None
    """Frames and marks of the whole stream, where no more will come."""

    @property
    def size(self) -> int:
        """Bytes of frames."""
        return sum(len(value) for _, value in self.frames)


class Verdict(Enum):
    """What became of a batch."""

    KEPT = auto()
    SUPERSEDED = auto()
    """Another connection is the writer."""
    CLOSED = auto()
    """The stream was finished."""
    GONE = auto()
    """There is no such stream any more."""
