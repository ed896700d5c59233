"""A journal becomes a recording: written, read back, compared, and only then dropped."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sensor_screen.errors import RecordingError, UsageError
from sensor_screen.session.marks import TASK_BEGINS, TASK_DROPPED, TASK_ENDS, Mark, find_tasks
from sensor_screen.session.receive import Receiver
from sensor_screen.session.received import ReceiverParams
from sensor_screen.storage.atomic_file import refuse_unwritable
from sensor_screen.storage.journal import JournalFacts, drop_journal, open_journal
from sensor_screen.storage.journal_entries import BEGAN
from sensor_screen.storage.recording_file import read_recording, write_recording
from sensor_screen.storage.recording_metadata import encode_header

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from sensor_screen.model import Placement, Recording, Side
    from sensor_screen.storage.journal_entries import JournalCut

__all__ = [
    "TASK_BEGINS",
    "TASK_DROPPED",
    "TASK_ENDS",
    "FoldedJournal",
    "are_same",
    "find_tasks",
    "fold_journal",
]

DAMAGED_SUFFIX = ".journal-damaged"
NOTHING_LIVE = ReceiverParams(most_waiting=1, refresh_s=math.inf)
"""Nobody takes blocks; their times on the way would be half of the work."""


@dataclass(frozen=True, slots=True)
class FoldedJournal:
    """What became of a journal."""

    recording: Recording
    path: Path
    """Of the recording."""
    cut: JournalCut | None
    """What was left out at its end."""
    kept: Path | None
    """Where the journal is now, because a part of it could not be read; None: it was dropped."""


def fold_journal(
    journal: Path, out: Path, places: Mapping[str, tuple[Side, Placement]] | None = None
) -> FoldedJournal:
    """Make the recording of a journal that nobody writes any more.

    May be stopped at any moment and done again: until the recording has been read back and found
    equal the journal stays as it is.

    Args:
        journal: The journal.
        out: Where the recording goes.
        places: Serial -> where that sensor was worn, by the person; None: as it was said last.

    Raises:
        RecordingError: The journal is missing, holds no sample or is none.
        ProtocolError: Nobody says where a sensor was worn.
        UsageError: It is still written, another recording is at `out`, it cannot be written, or a
            sensor of `places` is not in it.
    """
    refuse_unwritable(out)
    with open_journal(journal) as scan:
        receiver, marks = Receiver(NOTHING_LIVE), list[Mark]()
        last_s = 0.0
        for entry in scan.entries():
            if entry.mark is not None:
                marks.append(entry.mark)
            for arrival in entry.arrivals:
                last_s = max(last_s, arrival.arrival_s)
                receiver.receive(arrival)
        recording = finish_recording(receiver, marks, last_s, places or {})
        if scan.cut is not None:
            recording = replace(recording, notes=recording.notes | {"journal": str(scan.cut)})
        if not any(len(stream.raw) for stream in recording.streams):
            raise RecordingError(str(journal), "it holds no sample", "remove it")
        _write_once(recording, out)
    return FoldedJournal(recording, out, scan.cut, _dispose(journal, scan.cut))


def finish_recording(
    receiver: Receiver,
    marks: list[Mark],
    last_s: float,
    places: Mapping[str, tuple[Side, Placement]],
) -> Recording:
    """The recording of what a receiver was given and of what was said meanwhile.

    Args:
        receiver: Has heard everything.
        marks: In order; what is known of the occasion is in the one named `BEGAN`.
        last_s: Arrival of the last record.
        places: Serial -> where that sensor was worn, by the person; others as they say themselves.

    Raises:
        ScreenError: Nobody says where a sensor was worn, or two were worn at one place.
        UsageError: A sensor of `places` is not there.
    """
    facts = next((JournalFacts.from_mark(m) for m in marks if m.name == BEGAN), JournalFacts())
    slots = {sensor.serial: slot for slot, sensor in receiver.sensors.items()}
    if unknown := sorted(set(places) - set(slots)):
        raise UsageError(
            f"Sensor {unknown[0]}",
            "it sent nothing",
            f"name {' or '.join(slots) or 'none'}",
        )
    known = {slots[serial]: place for serial, place in places.items()}
    said = {"source": facts.source} if facts.source else {}
    return receiver.finish(
        known,
        tasks=find_tasks(marks, receiver.base_s or 0.0, last_s),
        origin=facts.origin,
        recorded_on=facts.recorded_on,
        **said,
    )


def _write_once(recording: Recording, out: Path) -> None:
    if out.exists():
        # Perhaps the last attempt ended between writing and dropping.
        if not _holds(out, recording):
            raise UsageError(str(out), "another file is there already", "choose another name")
        return
    write_recording(recording, out)
    if not _holds(out, recording):
        raise UsageError(
            str(out),
            "what was read back is not what was written; the journal is kept",
            "check the disk, and write to another one",
        )


def _holds(path: Path, recording: Recording) -> bool:
    try:
        return are_same(read_recording(path), recording)
    except RecordingError:
        return False


def are_same(one: Recording, other: Recording) -> bool:
    """Whether two recordings are the same to the bit."""
    return encode_header(one) == encode_header(other) and all(
        _bits(a) == _bits(b)
        for mine, its in zip(one.streams, other.streams, strict=True)
        for a, b in (
            (mine.device_time_s, its.device_time_s),
            (mine.raw, its.raw),
            (mine.sequence, its.sequence),
        )
    )


def _bits(array: NDArray[Any] | None) -> tuple[str, bytes]:
    return ("", b"") if array is None else (array.dtype.str, array.tobytes())


def _dispose(journal: Path, cut: JournalCut | None) -> Path | None:
    """Drop it, unless sound frames lie behind a place that cannot be read."""
    if cut is None or not cut.sound_behind:
        drop_journal(journal)
        return None
    kept = journal.with_suffix(DAMAGED_SUFFIX)
    try:
        journal.replace(kept)
    except OSError as error:
        raise UsageError(
            str(journal),
            f"a part of it cannot be read, and it cannot be renamed ({error.strerror or error})",
            "its recording is complete but for that part; keep or remove it",
        ) from error
    return kept
