"""What passes between a relay session and who runs it: what to do, what to keep, what is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensor_screen.protocol.relay_frame import SlotDescription
    from sensor_screen.protocol.relay_marks import RelayMark
    from sensor_screen.service.relay_messages import CloseCode


@dataclass(frozen=True, slots=True)
class DurableStream:
    """What of a stream is durable, as a new writer finds it."""

    writer: int
    """This connection's number."""
    next_sequence: int
    """Of the first frame that is not."""
    marks: int
    last_base_us: int | None = None
    """Of the frame before; None: there is none."""
    slots: dict[int, SlotDescription] = field(default_factory=dict)
    """That were described."""
    open: bool = True
    """False: the stream has been finished; nothing may be added."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Become the one writer of the stream, and answer by `resume`."""


@dataclass(frozen=True, slots=True)
class Say:
    """Send this text."""

    text: str


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket; the last act of a session."""

    code: CloseCode
    reason: str


Act = Claim | Say | Close


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing more will come."""

    frames: int
    marks: int


@dataclass(slots=True)
class Taken:
    """What is to become durable, in order."""

    frames: list[tuple[int, bytes]] = field(default_factory=list)
    """(sequence, value)."""
    marks: list[RelayMark] = field(default_factory=list)
    slots: dict[int, SlotDescription] | None = None
    """All of the stream, where these frames describe one; None: as before."""
    finish: Finish | None = None

    def __bool__(self) -> bool:
        return bool(self.frames or self.marks or self.finish)
