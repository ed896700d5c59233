"""The bytes of a journal, and how much of them can be believed.

    8 bytes                 MAGIC
    u32 length + entry      any number of them, little-endian; the first entry is a mark

    entry = relay frame     PROTOCOL.md, 12: begins with its version, ends with its CRC-32
    entry = 0x00 + JSON + CRC-32    a mark: what the program knew and no sensor says

Frames count 0, 1, 2 ... as they do in any stream of a relay. What lies behind the first entry that
is not whole is not read: after a power cut it may be anything.
"""

from __future__ import annotations

import json
import math
import zlib
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING

from sensor_screen.errors import ProtocolError, RecordingError
from sensor_screen.model import Origin
from sensor_screen.protocol.relay_frame import (
    FRAME_VERSION,
    LARGEST_FRAME,
    RelayArrival,
    RelayReader,
)
from sensor_screen.session.marks import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.storage.disk import DiskFile

__all__ = [
    "BEGAN",
    "MAGIC",
    "JournalCut",
    "JournalEntry",
    "JournalFacts",
    "JournalScan",
    "Mark",
    "decode_mark",
    "encode_entry",
    "encode_mark",
]

MAGIC = b"SSJRNL1\n"
LENGTH_BYTES = 4
MARK = 0
"""First byte of a mark; a frame begins with its version."""
CRC_BYTES = 4
BEGAN = "began"
"""Name of the first mark."""
READ_BYTES = 1 << 18
"""At once."""


@dataclass(frozen=True, slots=True)
class JournalFacts:
    """What is known of an occasion before its first sample."""

    origin: Origin = Origin.MEASURED
    source: str = ""
    """Where it comes from, in words a reader of the report understands."""
    recorded_on: str = ""
    """ISO date, `2026-11-27`; empty where nobody said."""

    def __post_init__(self) -> None:
        """A day that is none would be found only at the end, by the recording file."""
        if self.recorded_on:
            date.fromisoformat(self.recorded_on)

    def to_mark(self) -> Mark:
        """The first entry of a journal."""
        return Mark(BEGAN, 0.0, json.dumps(asdict(self)))

    @classmethod
    def from_mark(cls, mark: Mark) -> JournalFacts:
        """The reverse; what is not as it must be is taken as not said."""
        with suppress(ValueError, RecursionError):
            match json.loads(mark.text):
                case {"origin": str(origin), "source": str(source), "recorded_on": str(day)}:
                    return cls(Origin(origin), source, day)
        return cls()


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One sound entry."""

    value: bytes
    """As it stands in the journal, without its length."""
    end_bytes: int
    """Where it ends in the file."""
    arrivals: tuple[RelayArrival, ...]
    """Of a frame."""
    mark: Mark | None


@dataclass(frozen=True, slots=True)
class JournalCut:
    """The end of a journal that is not whole."""

    after_frame: int | None
    """Sequence of the last sound frame; None where there is none."""
    left_bytes: int
    """That were not read."""
    reason: str
    """In words that go behind `the journal`."""
    sound_behind: bool
    """A sound frame lies among them: after a power cut a chance, otherwise damage."""

    def __str__(self) -> str:
        first = self.after_frame is None
        place = "before its first frame" if first else f"after frame {self.after_frame}"
        return f"the journal {self.reason} {place}; {self.left_bytes} bytes were left out"


class JournalScan:
    """Reads the longest sound beginning of a journal, entry by entry.

    `cut` and the rest say how far it came once the entries have been read to their end.
    """

    def __init__(self, name: str, file: DiskFile) -> None:
        self._name = name
        self._file = file
        self.reader = RelayReader()
        """As the writer's must be to go on."""
        self.sound_bytes = 0
        self.cut: JournalCut | None = None

    @property
    def last_frame(self) -> int | None:
        """Sequence of the last sound frame so far; None: none."""
        return self.reader.next_sequence - 1 if self.reader.next_sequence else None

    def entries(self) -> Iterator[JournalEntry]:
        """All sound entries, in order.

        Raises:
            RecordingError: The file was never a journal.
        """
        begin = self._file.read(0, len(MAGIC))
        if begin != MAGIC:
            if begin.strip(b"\0") and not MAGIC.startswith(begin.rstrip(b"\0")):
                raise RecordingError(self._name, "it is not a journal", "give one of this program")
            self._end(0, "was cut off at its birth")
            return
        self.sound_bytes = len(MAGIC)
        buffer = _Window(self._file)
        while True:
            head = buffer.take(self.sound_bytes, LENGTH_BYTES)
            length = int.from_bytes(head, "little")
            value = buffer.take(self.sound_bytes + LENGTH_BYTES, min(length, LARGEST_FRAME))
            problem = _broken(head, length, value)
            if problem is None:
                entry = self._entry(value, self.sound_bytes + LENGTH_BYTES + length)
                if entry is not None:
                    self.sound_bytes = entry.end_bytes
                    yield entry
                    continue
                problem = "holds what its writer would not have written"
            self._end(self.sound_bytes, problem)
            return

    def _entry(self, value: bytes, end_bytes: int) -> JournalEntry | None:
        try:
            if value[0] == MARK:
                return JournalEntry(value, end_bytes, (), decode_mark(value))
            repeated = self.reader.repeated
            arrivals = self.reader.read(value)
        except (ProtocolError, ValueError, RecursionError):
            return None
        if self.reader.repeated != repeated:
            return None
        return JournalEntry(value, end_bytes, arrivals, None)

    def _end(self, sound_bytes: int, problem: str) -> None:
        left_bytes = self._file.size() - sound_bytes
        if left_bytes or not sound_bytes:
            behind = _holds_frame(self._file.read(sound_bytes, left_bytes))
            self.cut = JournalCut(self.last_frame, left_bytes, problem, behind)


class _Window:
    """Reads a file in large pieces."""

    def __init__(self, file: DiskFile) -> None:
        self._file = file
        self._begin = 0
        self._held = b""

    def take(self, offset: int, size: int) -> bytes:
        inside = offset - self._begin
        if not 0 <= inside <= inside + size <= len(self._held):
            self._held = self._file.read(offset, max(size, READ_BYTES))
            self._begin, inside = offset, 0
        return self._held[inside : inside + size]


def _broken(head: bytes, length: int, value: bytes) -> str | None:
    if len(head) < LENGTH_BYTES or len(value) < min(length, LARGEST_FRAME):
        return "ends in the middle of an entry"
    if not 1 + CRC_BYTES <= length <= LARGEST_FRAME:
        return "has no entry"
    if value[0] not in (MARK, FRAME_VERSION):
        return "has an entry of another kind"
    if zlib.crc32(value[:-CRC_BYTES]) != int.from_bytes(value[-CRC_BYTES:], "little"):
        return "has an entry with a wrong checksum"
    return None


def _holds_frame(value: bytes) -> bool:
    """Whether a frame with a right checksum stands anywhere in it."""
    begin = bytes([FRAME_VERSION, 0])
    at = value.find(begin, LENGTH_BYTES)
    while at >= 0:
        head = value[at - LENGTH_BYTES : at]
        length = int.from_bytes(head, "little")
        if length <= LARGEST_FRAME and _broken(head, length, value[at : at + length]) is None:
            return True
        at = value.find(begin, at + 1)
    return False


def encode_mark(mark: Mark) -> bytes:
    """The reverse of `decode_mark`.

    Raises:
        ValueError: It is too long, or its time is not a number.
    """
    body = bytes([MARK]) + json.dumps(asdict(mark), allow_nan=False).encode()
    if len(body) + CRC_BYTES > LARGEST_FRAME:
        raise ValueError(f"a mark of {len(body)} bytes is too long")
    return body + zlib.crc32(body).to_bytes(CRC_BYTES, "little")


def decode_mark(value: bytes) -> Mark:
    """A mark whose checksum was found right.

    Raises:
        ValueError: It is not as `encode_mark` writes it.
    """
    fields = json.loads(value[1:-CRC_BYTES])
    match fields:
        case {"name": str(name), "at_s": int() | float() as at_s, "text": str(text)} if (
            math.isfinite(at_s)
        ):
            return Mark(name, float(at_s), text)
    raise ValueError("it is not a mark")


def encode_entry(value: bytes) -> bytes:
    """The entry with its length."""
    return len(value).to_bytes(LENGTH_BYTES, "little") + value
