"""What is appended to a journal, and when it is safe. See `journal`."""

from __future__ import annotations

import errno
import math
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

from sensor_screen.errors import ProtocolError, ScreenError, UsageError
from sensor_screen.protocol.relay_frame import (
    CRC_LAYOUT,
    HEAD_LAYOUT,
    LARGEST_FRAME,
    NUMBERS,
    RECORD_LAYOUT,
    WITH_CHANNEL,
    Channel,
    RelayArrival,
    RelayFrame,
    RelayRecord,
    encode_frame,
)
from sensor_screen.storage.journal_entries import (
    JournalScan,
    Mark,
    encode_entry,
    encode_mark,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sensor_screen.storage.disk import DiskFile

LONGEST_ARRIVAL_S = 1e13
"""What a base of 64 bits of microseconds holds."""
LARGEST_BODY = LARGEST_FRAME - HEAD_LAYOUT.size - CRC_LAYOUT.size
"""Bytes of all records of a frame."""


@dataclass(frozen=True, slots=True)
class JournalParams:
    """How long records wait for the disk together."""

    longest_wait_s: float = 0.25
    """s from the arrival of a record until a commit is due. A sync takes 1 to 30 ms of a disk or
    card however little it writes; four a second leave it idle, and sensors are acknowledged once a
    second."""
    largest_wait_bytes: int = 65_536
    """Bytes that make a commit due before that: some seconds of four sensors, so only a backlog."""
    largest_held_bytes: int = 1 << 26
    """Bytes kept in memory while the disk takes none. An hour of four sensors at 200 Hz has half of
    that; beyond it records are refused, and the sensors keep what they still can."""


class Journal:
    """Appends records to one file. Made by `create_journal` and `resume_journal`.

    Appending and committing may happen in different threads: an append never waits for the disk.
    """

    def __init__(
        self, path: Path, file: DiskFile, scan: JournalScan, params: JournalParams
    ) -> None:
        self.path = path
        self.cut = scan.cut
        """What was left out when it was opened again."""
        self._params = params
        self._file = file
        self._reader = scan.reader
        self._state = Lock()
        self._disk = Lock()
        self._open = True
        self._frame: list[RelayRecord] = []
        self._frame_bytes = 0
        self._base_us = 0
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._whole = True
        self._oldest_s, self._newest_s = math.inf, -math.inf
        self._failing = False
        self._durable_bytes = scan.sound_bytes
        self._durable_sequence = scan.reader.next_sequence

    @property
    def durable_sequence(self) -> int:
        """Of the first frame that a power cut could take; all before it are safe."""
        return self._durable_sequence

    def append(self, record: RelayArrival) -> RelayArrival:
        """Take one record; it is safe when a `commit` that began later has returned.

        Returns:
            It as it will be read from the journal: its time is rounded to a microsecond. What is
            computed live from this is what is computed again later.

        Raises:
            ProtocolError: A journal with it could not be read; nothing has changed.
            UsageError: It is closed, or the disk has taken nothing for very long.
        """
        if not 0.0 <= record.arrival_s < LONGEST_ARRIVAL_S:
            raise ProtocolError(
                f"Arrival at {record.arrival_s} s", "is no time", "use a monotonic clock"
            )
        arrival_us = round(record.arrival_s * 1e6)
        with self._changing():
            self._check_room()
            if record.kind in WITH_CHANNEL:
                self._check_bulk(record)
                self._add_to_frame(record, arrival_us)
            else:  # rare: a frame of its own is checked at once
                self._close_frame()
                self._take_frame(arrival_us, [_bare(record, 0)])
            self._note_time(record.arrival_s)
        return replace(record, arrival_s=arrival_us * 1e-6)

    def append_frame(self, value: bytes, now_s: float) -> tuple[RelayArrival, ...]:
        """Take a frame of a relay as it is; the journal then has the numbers of that relay.

        Args:
            value: All of it.
            now_s: When it came, on the clock that `is_due` is asked by.

        Returns:
            Its records; none if it had come already.

        Raises:
            ProtocolError: It is bad, or one before it is missing; nothing has changed.
            UsageError: It is closed, or the disk has taken nothing for very long.
        """
        with self._changing():
            self._check_room()
            self._close_frame()
            before = self._reader.next_sequence
            arrivals = self._reader.read(value)
            if self._reader.next_sequence != before:
                self._wait(value)
                self._note_time(now_s)
        return arrivals

    def mark(self, mark: Mark) -> None:
        """Take what no sensor says: which task began, that a trial does not count.

        Raises:
            ValueError: It is too long or its time is not a number.
            UsageError: It is closed, or the disk has taken nothing for very long.
        """
        value = encode_mark(mark)
        with self._changing():
            self._check_room()
            self._close_frame()
            self._wait(value)
            self._note_time(mark.at_s)

    def is_due(self, now_s: float) -> bool:
        """Whether a `commit` is due; `now_s` is on the clock of the arrivals.

        After one that failed it is due again when as much time has passed, whatever waits.
        """
        with self._state:
            waited = now_s - self._oldest_s >= self._params.longest_wait_s
            size = self._waiting_bytes + self._frame_bytes
            return waited or (size >= self._params.largest_wait_bytes and not self._failing)

    def commit(self) -> int:
        """Write and sync what has been appended. Takes as long as the disk does.

        After an error nothing is lost: what waits is written from its beginning by the next commit.

        Returns:
            The sequence of the first frame that is not safe: all before it are.

        Raises:
            UsageError: The disk is full or fails, or the journal is closed.
        """
        with self._disk:
            with self._changing():
                self._close_frame()
                waiting, sequence = tuple(self._waiting), self._reader.next_sequence
                self._oldest_s = math.inf
            if waiting:
                value = b"".join(waiting)
                self._write(value)
                with self._changing():
                    del self._waiting[: len(waiting)]
                    self._waiting_bytes -= len(value)
                    self._durable_bytes += len(value)
                    self._failing = False
            self._durable_sequence = sequence
            return sequence

    def close(self) -> None:
        """Commit, and let the file go; also after an error.

        Raises:
            UsageError: What waited could not be written.
        """
        if not self._open:
            return
        try:
            self.commit()
        finally:
            with self._disk:
                self._open = False
                self._file.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """All or nothing: a Ctrl-C inside could leave a number without its frame."""
        with self._state:
            if not self._open:
                raise UsageError(str(self.path), "the journal is closed", "begin a new one")
            if not self._whole:
                raise UsageError(
                    str(self.path),
                    "the program was interrupted while it took a record; what was saved is safe",
                    "end here",
                )
            self._whole = False
            try:
                yield
            except (ScreenError, ValueError):
                self._whole = True
                raise
            self._whole = True

    def _check_room(self) -> None:
        if self._waiting_bytes + self._frame_bytes > self._params.largest_held_bytes:
            raise UsageError(
                str(self.path),
                "nothing could be written for so long that no more fits in memory",
                "make room on the disk",
            )

    def _check_bulk(self, record: RelayArrival) -> None:
        if record.slot not in self._reader.sensors:
            problem = "was not described"
        elif record.channel == Channel.NONE:
            problem = "sent something on no channel"
        elif len(record.value) > LARGEST_BODY - RECORD_LAYOUT.size:
            problem = f"sent {len(record.value)} bytes at once"
        else:
            return
        raise ProtocolError(f"Slot {record.slot}", problem, "see section 12 of PROTOCOL.md")

    def _add_to_frame(self, record: RelayArrival, arrival_us: int) -> None:
        size = RECORD_LAYOUT.size + len(record.value)
        last_us = self._base_us + (self._frame[-1].offset_us if self._frame else 0)
        if (
            self._frame_bytes + size > LARGEST_BODY
            or arrival_us < last_us
            or arrival_us - self._base_us >= NUMBERS
        ):
            self._close_frame()
        if not self._frame:
            self._base_us = arrival_us
        self._frame.append(_bare(record, arrival_us - self._base_us))
        self._frame_bytes += size

    def _close_frame(self) -> None:
        if self._frame:
            records, self._frame, self._frame_bytes = self._frame, [], 0
            self._take_frame(self._base_us, records)

    def _take_frame(self, base_us: int, records: list[RelayRecord]) -> None:
        value = encode_frame(RelayFrame(self._reader.next_sequence, base_us, tuple(records)))
        self._reader.read(value)
        self._wait(value)

    def _note_time(self, at_s: float) -> None:
        self._oldest_s = min(self._oldest_s, at_s)
        self._newest_s = max(self._newest_s, at_s)

    def _wait(self, value: bytes) -> None:
        entry = encode_entry(value)
        self._waiting.append(entry)
        self._waiting_bytes += len(entry)

    def _write(self, value: bytes) -> None:
        try:
            self._file.write(self._durable_bytes, value)
            self._file.sync()
        except OSError as error:
            # After a failed sync nobody knows which bytes arrived, and a second sync would not
            # tell. So they are dropped, and all of them written again.
            with suppress(OSError):
                self._file.cut(self._durable_bytes)
            with self._state:
                self._oldest_s, self._failing = self._newest_s, True
            raise unwritable(self.path, error, begun=True) from error


def _bare(record: RelayArrival, offset_us: int) -> RelayRecord:
    return RelayRecord(record.kind, record.slot, record.channel, offset_us, bytes(record.value))


def unwritable(path: Path, error: OSError, *, begun: bool = False) -> UsageError:
    """The sentence for an error of the disk; `begun`: something was saved before."""
    if error.errno == errno.EEXIST:
        return UsageError(
            str(path),
            "it is there already, of a recording that was interrupted or is being made",
            f"run `sensor-screen recover {path}`, or choose another name",
        )
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    problem = "the disk is full" if full else f"it cannot be written ({error.strerror or error})"
    if begun:
        return UsageError(
            str(path),
            f"{problem}; what was saved so far is safe",
            "make room and it goes on" if full else "end here, and check the disk",
        )
    return UsageError(
        str(path), problem, "choose a folder that exists, has room and may be written"
    )
