"""The journal of a recording that is being made: what it holds outlasts the program and the power.

    journal = create_journal(path)
    journal.append(record)          often, cheap, in memory
    if journal.is_due(now_s):
        journal.commit()            writes and syncs: what was appended before it is safe then

Only what a commit has returned for may be acknowledged to a sensor or a relay. See
`journal_entries` for the bytes and `journal_fold` for what becomes of them.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sensor_screen.errors import RecordingError, UsageError
from sensor_screen.storage.disk import LocalDisk
from sensor_screen.storage.journal_entries import (
    MAGIC,
    JournalCut,
    JournalFacts,
    JournalScan,
    Mark,
    encode_entry,
    encode_mark,
)
from sensor_screen.storage.journal_writer import Journal, JournalParams, unwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sensor_screen.protocol.relay_frame import RelayArrival
    from sensor_screen.storage.disk import Disk, DiskFile

__all__ = [
    "Journal",
    "JournalCut",
    "JournalFacts",
    "JournalParams",
    "JournalScan",
    "Mark",
    "create_journal",
    "drop_journal",
    "find_journals",
    "name_journal",
    "open_journal",
    "resume_journal",
]

SUFFIX = ".journal"


def create_journal(
    path: Path,
    facts: JournalFacts | None = None,
    params: JournalParams | None = None,
    disk: Disk | None = None,
) -> Journal:
    """A new journal; when this returns the file outlasts a power cut.

    Raises:
        UsageError: There is one of that name, or it cannot be written.
    """
    disk = disk or LocalDisk()
    try:
        file = disk.create(path)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        return _begin(path, file, facts or JournalFacts(), params, disk)
    except BaseException:
        file.close()
        with suppress(OSError):
            disk.remove(path)
        raise


def resume_journal(
    path: Path,
    params: JournalParams | None = None,
    disk: Disk | None = None,
    hear: Callable[[RelayArrival], object] | None = None,
) -> Journal:
    """Go on with a journal behind its last sound entry; what lies behind that is dropped.

    For a stream whose relay went on meanwhile (a phone that sends again), or a program that was
    itself the relay and was started again. After a restart of the computer it begins a new journal
    instead: its monotonic clock has started anew, and arrival times would jump.

    Args:
        path: The journal.
        params: Tuning.
        disk: Where it is.
        hear: Is given every record that is in it, in order, so that what listens can go on as well.

    Raises:
        RecordingError: It is missing or no journal.
        UsageError: Another program writes it, or it cannot be written.
    """
    disk = disk or LocalDisk()
    file = _open(path, disk)
    try:
        scan = JournalScan(str(path), file)
        for entry in scan.entries():
            if hear is not None:
                for arrival in entry.arrivals:
                    hear(arrival)
        if not scan.sound_bytes:
            return _begin(path, file, JournalFacts(), params, disk, scan.cut)
        # Also what is sound may so far be in memory only.
        file.cut(scan.sound_bytes)
        file.sync()
        disk.sync_folder(path.parent)
        return Journal(path, file, scan, params or JournalParams())
    except OSError as error:
        file.close()
        raise unwritable(path, error) from error
    except BaseException:
        file.close()
        raise


@contextmanager
def open_journal(path: Path, disk: Disk | None = None) -> Iterator[JournalScan]:
    """Read a journal while nobody writes it; see `JournalScan.entries`.

    Raises:
        RecordingError: It is missing, or cannot be read.
        UsageError: Another program writes it.
    """
    file = _open(path, disk or LocalDisk())
    try:
        yield JournalScan(str(path), file)
    except OSError as error:
        raise _unreadable(path, error) from error
    finally:
        file.close()


def drop_journal(path: Path, disk: Disk | None = None) -> None:
    """Remove a journal whose samples are safe elsewhere.

    Raises:
        UsageError: It cannot be removed.
    """
    disk = disk or LocalDisk()
    try:
        disk.remove(path)
        disk.sync_folder(path.parent)
    except OSError as error:
        raise UsageError(
            str(path),
            f"it cannot be removed ({error.strerror or error})",
            "remove it: its recording is complete",
        ) from error


def name_journal(recording: Path) -> Path:
    """Where the journal of a recording stands while it is made: `anna.journal`, `anna.parquet`."""
    return recording.with_suffix(SUFFIX)


def find_journals(folder: Path) -> tuple[Path, ...]:
    """Journals that were left in a folder, by name; one may still be written."""
    return tuple(sorted(path for path in folder.glob(f"*{SUFFIX}") if path.is_file()))


def _begin(
    path: Path,
    file: DiskFile,
    facts: JournalFacts,
    params: JournalParams | None,
    disk: Disk,
    cut: JournalCut | None = None,
) -> Journal:
    beginning = MAGIC + encode_entry(encode_mark(facts.to_mark()))
    try:
        file.cut(0)
        file.write(0, beginning)
        file.sync()
        disk.sync_folder(path.parent)
    except OSError as error:
        raise unwritable(path, error) from error
    scan = JournalScan(str(path), file)
    scan.sound_bytes, scan.cut = len(beginning), cut
    return Journal(path, file, scan, params or JournalParams())


def _open(path: Path, disk: Disk) -> DiskFile:
    try:
        return disk.open(path)
    except BlockingIOError as error:
        raise UsageError(
            str(path), "another program is writing it", "wait until it has ended"
        ) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> RecordingError:
    return RecordingError(
        str(path), f"it cannot be read ({error.strerror or error})", "give a journal that is there"
    )
