"""A disk runs full while a journal is written, and later has room again.

    mount -t tmpfs -o size=2M tmpfs FOLDER
    python -m tests.soak.full_disk FOLDER

FOLDER is on a small disk of its own. It records until the disk is full, goes on for a while in
memory, takes away a file that stood in the way, and goes on. Then the journal is read.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
from pathlib import Path

from sensor_screen.errors import UsageError
from sensor_screen.storage.journal import create_journal, open_journal
from tests.storage.relay_records import a_session

ROOM_BYTES = 700_000
"""What is left to the journal at first."""
LARGEST_BYTES = 64_000_000
"""Of a disk that is filled on purpose."""
AFTER_FULL = 500
"""Records that are appended while the disk is full."""


def main(arguments: list[str] | None = None) -> int:
    """0: nothing was lost."""
    parser = argparse.ArgumentParser(description="Fill a small disk.")
    parser.add_argument("folder", type=Path)
    given = parser.parse_args(arguments)
    ballast, path = given.folder / "ballast", given.folder / "full.journal"
    free = shutil.disk_usage(given.folder).free
    if not ROOM_BYTES < free < LARGEST_BYTES:
        parser.error(f"{given.folder} has {free:,} bytes free: give a small disk of its own")
    ballast.write_bytes(bytes(free - ROOM_BYTES))
    session = a_session(random.Random(1), 10_000)  # noqa: S311
    taken = safe = 0
    full_at, sentence, failed = -1, "", 0
    held, changed = b"", 0
    with create_journal(path) as journal:
        for record in session:
            journal.append(record)
            taken += 1
            if not journal.is_due(record.arrival_s):
                continue
            try:
                journal.commit()
                safe, held = taken, path.read_bytes()
            except UsageError as error:
                sentence, failed = str(error), failed + 1
                full_at = safe
                changed += not path.read_bytes().startswith(held)
            if ballast.exists() and failed and taken > full_at + AFTER_FULL:
                ballast.unlink()
            if not ballast.exists() and safe == taken and taken > full_at + 2 * AFTER_FULL:
                break
    with open_journal(path) as scan:
        read = [arrival for entry in scan.entries() for arrival in entry.arrivals]
    path.unlink()
    print(f"the sentence: {sentence}")
    print(f"{'records safe when the disk was full':<48}{full_at:>12,}")
    print(f"{'commits that failed':<48}{failed:>12,}")
    print(f"{'times that what was safe had changed':<48}{changed:>12,}")
    print(f"{'records taken in all':<48}{taken:>12,}")
    print(f"{'records read':<48}{len(read):>12,}")
    return int(read != session[:taken] or changed > 0 or not failed)


if __name__ == "__main__":
    sys.exit(main())
