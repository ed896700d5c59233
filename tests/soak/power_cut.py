"""The power goes behind every step of a journal's life; is all there that was called safe?

    python -m tests.soak.power_cut --lives 200

A life: begin, records, commits, sometimes a disk that is full or fails for a while. Behind each of
its steps the power is cut in several ways (see `tests.storage.power_disk`); each outcome is read,
and one of them is gone on with and cut again behind every step. The same once more where not the
power went but the program was killed: what it wrote can be read, and is not yet on the disk.
"""

from __future__ import annotations

import argparse
import errno
import random
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sensor_screen.errors import RecordingError, UsageError
from sensor_screen.storage.journal import (
    Journal,
    JournalCut,
    Mark,
    create_journal,
    open_journal,
    resume_journal,
)
from sensor_screen.storage.journal_entries import MAGIC
from tests.storage.power_disk import KilledError, PowerDisk, after_cut
from tests.storage.relay_records import a_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.protocol.relay_frame import RelayArrival

PATH = Path("knee.journal")
SESSION_RECORDS = 30


@dataclass
class Figures:
    lives: int = 0
    steps: int = 0
    outcomes: int = 0
    safe: int = 0
    recovered: int = 0
    lost: int = 0
    invented: int = 0
    cut_ends: int = 0
    failures: int = 0
    resumed: int = 0
    killed: int = 0

    def print(self) -> None:
        rows = {
            "lives of a journal": self.lives,
            "steps behind which the power was cut": self.steps,
            "outcomes read": self.outcomes,
            "of these with an end that was cut off": self.cut_ends,
            "of these gone on with and cut again": self.resumed,
            "programs killed, gone on with and cut": self.killed,
            "writes, cuts and syncs that failed": self.failures,
            "records called safe, all outcomes together": self.safe,
            "records read": self.recovered,
            "safe records that were not read as they were": self.lost,
            "outcomes with something that nobody wrote": self.invented,
        }
        for what, figure in rows.items():
            print(f"{what:<48}{figure:>14,}")


def live(
    disk: PowerDisk,
    journal: Journal,
    session: Sequence[RelayArrival],
    before: int,
    rng: random.Random,
) -> tuple[list[RelayArrival], int]:
    """Append and commit, as a recorder would; what was taken, and how often the disk failed.

    Args:
        disk: Is told what was called safe.
        journal: Open.
        session: To append.
        before: Records that are safe already.
        rng: Chooses when to commit.
    """
    taken, failures = [], 0
    for record in session:
        taken.append(journal.append(record))
        if rng.random() < 0.03:
            journal.mark(Mark("task", record.arrival_s, "squat"))
        if rng.random() < 0.3:
            try:
                journal.commit()
            except UsageError:
                failures += 1
            except KilledError:
                disk.locked.clear()
                return taken, failures
            else:
                disk.say_safe(before + len(taken))
    with suppress(UsageError):
        journal.close()
        disk.say_safe(before + len(taken))
    return taken, failures


def read(files: dict[str, bytes]) -> tuple[list[RelayArrival], JournalCut | None]:
    """What a journal holds after the power came back."""
    disk = PowerDisk.holding(files)
    with open_journal(PATH, disk) as scan:
        arrivals = [arrival for entry in scan.entries() for arrival in entry.arrivals]
    return arrivals, scan.cut


def judge(
    disk: PowerDisk,
    written: Sequence[list[RelayArrival]],
    tries: int,
    rng: random.Random,
    figures: Figures,
    first: int = 0,
) -> list[tuple[dict[str, bytes], list[RelayArrival]]]:
    """Cut behind every step from `first` on; the outcomes that opened.

    `written` are the records in the order in which they were taken; more than one list where a
    program that was killed had some that the next one did not find.
    """
    opened = []
    for steps in range(first, len(disk.steps) + 1):
        figures.steps += 1
        for _ in range(tries):
            files, safe = after_cut(disk, steps, rng)
            figures.outcomes += 1
            figures.safe += safe
            try:
                found, cut = read(files)
            except RecordingError:  # not there, or rubbish: right only where nothing was safe
                figures.lost += safe + (1 if _was_born(disk, steps) else 0)
                continue
            figures.recovered += len(found)
            figures.cut_ends += cut is not None
            figures.lost += max(safe - len(found), 0)
            figures.invented += all(found != one[: len(found)] for one in written)
            opened.append((files, found))
    return opened


def _was_born(disk: PowerDisk, steps: int) -> bool:
    """The journal had been made: from then on it must open, whatever happens."""
    if any(value.startswith(MAGIC) for value in disk.begin.values()):
        return True
    return any(step.what == "sync_folder" for step in disk.steps[:steps])


def cut_one_life(seed: int, tries: int, figures: Figures) -> None:
    """A life, its cuts, a second life on one of the outcomes, and its cuts."""
    rng = random.Random(seed)  # noqa: S311
    figures.lives += 1
    disk = PowerDisk()
    session = a_session(rng, SESSION_RECORDS)
    journal = create_journal(PATH, disk=disk)
    disk.failing = _failures(rng, disk.tried)
    written, failures = live(disk, journal, session, 0, rng)
    figures.failures += failures
    opened = judge(disk, [written], tries, rng, figures)
    files, found = rng.choice(opened)
    again = PowerDisk.holding(files)
    again.say_safe(0)
    journal = resume_journal(PATH, disk=again)
    again.say_safe(len(found))
    again.failing = _failures(rng, again.tried)
    more = a_session(rng, SESSION_RECORDS, begin_s=200.0)
    taken, failures = live(again, journal, more, len(found), rng)
    figures.failures += failures
    figures.resumed += 1
    judge(again, [found + taken], tries, rng, figures)
    cut_after_kill(rng, tries, figures)


def cut_after_kill(rng: random.Random, tries: int, figures: Figures) -> None:
    """Killed between a write and its sync; the next program goes on; then the power goes."""
    figures.killed += 1
    disk = PowerDisk()
    journal = create_journal(PATH, disk=disk)
    disk.failing = _failures(rng, disk.tried)
    disk.dies_at = disk.tried + rng.randint(2, 16)
    session = a_session(rng, 4 * SESSION_RECORDS)
    written, failures = live(disk, journal, session, 0, rng)
    disk.failing, disk.dies_at, first = {}, 0, len(disk.steps)
    journal = resume_journal(PATH, disk=disk)
    found, _ = read({PATH.name: bytes(disk.files[PATH.name])})
    disk.say_safe(len(found))
    more = a_session(rng, SESSION_RECORDS, begin_s=200.0)
    taken, more_failures = live(disk, journal, more, len(found), rng)
    figures.failures += failures + more_failures
    judge(disk, [found + taken, written], tries, rng, figures, first)


def _failures(rng: random.Random, after: int) -> dict[int, tuple[int, float]]:
    """In half of all lives the disk is full or fails for a while."""
    if rng.random() < 0.5:
        return {}
    first = after + rng.randint(1, 12)
    number = rng.choice([errno.ENOSPC, errno.EIO])
    return {first + i: (number, rng.random()) for i in range(rng.randint(1, 6))}


def main(arguments: list[str] | None = None) -> int:
    """0: nothing that was called safe is missing, and nothing was invented."""
    parser = argparse.ArgumentParser(description="Cut the power behind every step.")
    parser.add_argument("--lives", type=int, default=200)
    parser.add_argument("--tries", type=int, default=20, help="outcomes of each cut")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    figures = Figures()
    for life in range(given.lives):
        cut_one_life(given.seed + life, given.tries, figures)
    figures.print()
    return int(figures.lost + figures.invented > 0)


if __name__ == "__main__":
    sys.exit(main())
