"""A recorder is killed (SIGKILL) at random moments; is all there that it had called safe?

    python -m tests.soak.kill_record --kills 200 --folds 100

A child records without a pause, four commits a second of recorded time, and says through a pipe
what is safe. It is killed after a random time; the journal is read; the next child goes on with it.
Every tenth journal is a new one.

Then programs are killed that make a recording of a journal: either the journal is as it was, or the
recording holds all of it; and doing it again gives the same.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sensor_screen.errors import RecordingError
from sensor_screen.storage.journal import create_journal, open_journal, resume_journal
from sensor_screen.storage.journal_fold import are_same, fold_journal
from sensor_screen.storage.recording_file import read_recording
from tests.storage.relay_records import a_session
from tests.storage.test_journal_fold import left_over

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Recording
    from sensor_screen.protocol.relay_frame import RelayArrival

SESSION_RECORDS = 60_000
KILLS_A_JOURNAL = 10
LONGEST_LIFE_S = 0.15
COUNT_BYTES = 4


@dataclass
class Figures:
    kills: int = 0
    safe: int = 0
    read: int = 0
    lost: int = 0
    changed: int = 0
    cut_ends: int = 0
    unborn: int = 0
    unopened: int = 0

    def print(self) -> None:
        rows = {
            "kills": self.kills,
            "of these before there was a journal": self.unborn,
            "journals that did not open": self.unopened,
            "journals with an end that was cut off": self.cut_ends,
            "records called safe, last journals together": self.safe,
            "records read from them": self.read,
            "safe records that were not read": self.lost,
            "journals with other records than were taken": self.changed,
        }
        for what, figure in rows.items():
            print(f"{what:<48}{figure:>12,}")


def record(path: Path, session: Sequence[RelayArrival], found: int, told: int) -> None:
    """What the child does until it is killed."""
    journal = resume_journal(path) if path.exists() else create_journal(path)
    _tell(told, found)
    for count, taken in enumerate(session[found:], start=found + 1):
        journal.append(taken)
        if journal.is_due(taken.arrival_s):
            journal.commit()
            _tell(told, count)
    journal.close()
    _tell(told, len(session))
    time.sleep(60.0)


def _tell(told: int, count: int) -> None:
    os.write(told, count.to_bytes(COUNT_BYTES, "little"))


def kill_once(
    path: Path, session: Sequence[RelayArrival], found: int, life_s: float, figures: Figures
) -> int:
    """One child; how many records the journal holds afterwards."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            os.close(reader)
            record(path, session, found, writer)
        os._exit(1)
    os.close(writer)
    time.sleep(life_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read()
    safe = max(found, int.from_bytes(said[-COUNT_BYTES:], "little"))
    figures.kills += 1
    return _judge(path, session, safe, figures)


def _judge(path: Path, session: Sequence[RelayArrival], safe: int, figures: Figures) -> int:
    if not path.exists():
        figures.unborn += 1
        figures.lost += safe
        return 0
    try:
        with open_journal(path) as scan:
            read = [arrival for entry in scan.entries() for arrival in entry.arrivals]
    except RecordingError:
        figures.unopened += 1
        return 0
    figures.cut_ends += scan.cut is not None
    figures.safe += safe
    figures.read += len(read)
    figures.lost += max(safe - len(read), 0)
    figures.changed += read != [*session[: len(read)]]
    return len(read)


def kill_many(
    kills: int,
    seed: int,
    folder: Path,
    longest_s: float = LONGEST_LIFE_S,
    records: int = SESSION_RECORDS,
) -> Figures:
    """Kill so many recorders."""
    rng = random.Random(seed)  # noqa: S311
    session = a_session(rng, records)
    figures = Figures()
    found = 0
    for kill in range(kills):
        if kill % KILLS_A_JOURNAL == 0:
            found = 0
        path = folder / f"{kill // KILLS_A_JOURNAL}.journal"
        found = kill_once(path, session, found, rng.random() * longest_s, figures)
    return figures


@dataclass
class FoldFigures:
    kills: int = 0
    untouched: int = 0
    both: int = 0
    done: int = 0
    wrong: int = 0

    def print(self) -> None:
        rows = {
            "kills while a recording was made": self.kills,
            "of these before there was a recording": self.untouched,
            "of these with both, journal and recording": self.both,
            "of these when the journal was dropped": self.done,
            "recordings or journals that were not whole": self.wrong,
        }
        for what, figure in rows.items():
            print(f"{what:<48}{figure:>12,}")


def kill_folds(kills: int, seed: int, folder: Path) -> FoldFigures:
    """Kill so many programs that make a recording of the same journal."""
    rng = random.Random(seed)  # noqa: S311
    figures = FoldFigures()
    value = left_over(folder).read_bytes()
    journal, out = folder / "anna.journal", folder / "anna.parquet"
    for _ in range(2):  # the first one imports what it needs
        out.unlink(missing_ok=True)
        journal.write_bytes(value)
        begin_s = time.perf_counter()
        whole = fold_journal(journal, out).recording
    longest_s = 1.2 * (time.perf_counter() - begin_s)
    for _ in range(kills):
        out.unlink(missing_ok=True)
        journal.write_bytes(value)
        child = os.fork()
        if not child:
            with contextlib.suppress(BaseException):
                fold_journal(journal, out)
                time.sleep(60.0)
            os._exit(1)
        time.sleep(rng.random() * longest_s)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        _judge_fold(journal, out, value, whole, figures)
    return figures


def _judge_fold(
    journal: Path, out: Path, value: bytes, whole: Recording, figures: FoldFigures
) -> None:
    figures.kills += 1
    there = journal.exists()
    figures.done += not there
    figures.both += there and out.exists()
    figures.untouched += there and not out.exists()
    if there:
        figures.wrong += journal.read_bytes() != value
        fold_journal(journal, out)
    figures.wrong += not are_same(read_recording(out), whole)


def main(arguments: list[str] | None = None) -> int:
    """0: nothing that was called safe is missing."""
    parser = argparse.ArgumentParser(description="Kill recorders at random moments.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--folder", type=Path, help="where journals are written; a disk, not memory"
    )
    parser.add_argument("--folds", type=int, default=100)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        figures = kill_many(given.kills, given.seed, Path(folder))
        folds = kill_folds(given.folds, given.seed, Path(folder))
    figures.print()
    folds.print()
    return int(figures.lost + figures.changed + figures.unopened + folds.wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
