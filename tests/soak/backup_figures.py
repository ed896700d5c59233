"""How long backing up, verifying and restoring take, and how much memory.

    python -m tests.soak.backup_figures FOLDER [--recordings 1000] [--frames 500000]

FOLDER is made for it and removed afterwards; it has to hold three times what is backed up. The
database has the service's own tables, a clinic with recordings of 10 minutes, and frames of streams
that are not folded yet.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from sensor_screen.service.backup import create_backup, verify_backup
from sensor_screen.service.restore import restore_backup
from sensor_screen.storage.database.engine import open_database
from sensor_screen.storage.database.migration import migrate, newest_revision
from sensor_screen.storage.database.schema import (
    clinic,
    frame,
    metadata,
    person,
    recording,
    session,
)
from sensor_screen.storage.objects import open_objects

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.storage.database.engine import Database
    from sensor_screen.storage.objects import ObjectStore

RECORDING_BYTES = 775_000
"""Two sensors at 100 Hz for ten minutes."""
FRAME_BYTES = 220


def fill(database: Database, objects: ObjectStore, recordings: int, frames: int) -> None:
    """Rows and objects of the sizes that the service has."""
    one = {"id": "c", "clinic_id": "c", "created_at_us": 1}
    with database.write() as connection:
        connection.execute(insert(clinic), {"id": "c", "name": "a", "created_at_us": 1})
        connection.execute(insert(person), {**one, "id": "p", "label": "p"})
        connection.execute(
            insert(session),
            {**one, "id": "s", "person_id": "p", "recorded_on": "2026-11-27", "answers": ""},
        )
        for number in range(recordings):
            key = f"clinics/c/recordings/{number}.parquet"
            row: dict[str, Any] = {
                **one,
                "id": f"{number:032x}",
                "session_id": "s",
                "object_key": key,
                "sha256": objects.put_new(key, os.urandom(RECORDING_BYTES)),
                "bytes": RECORDING_BYTES,
                "came_as": "parquet",
                "origin": "measured",
                "source": "",
                "sensors": 2,
                "samples": 120_000,
                "duration_s": 600.0,
            }
            connection.execute(insert(recording), row)
        for start in range(0, frames, 1000):
            rows = [
                {"stream_id": "x", "sequence": n, "value": os.urandom(FRAME_BYTES)}
                for n in range(start, min(frames, start + 1000))
            ]
            connection.execute(insert(frame), rows)


def timed(name: str, work: Callable[[], object]) -> None:
    """Print what it took."""
    start_s = time.perf_counter()
    work()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:<44}{time.perf_counter() - start_s:>10.1f} s   peak {peak_mb:,.0f} MB")


def main(arguments: list[str] | None = None) -> int:
    """0: what was restored is what was there."""
    parser = argparse.ArgumentParser(description="Time backups.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--recordings", type=int, default=1000)
    parser.add_argument("--frames", type=int, default=500_000)
    given = parser.parse_args(arguments)
    given.folder.mkdir()
    path = given.folder / "backup.tar.zst"
    places = []
    for name in ("first", "second"):
        database = open_database(f"sqlite:///{given.folder / name / 'db.sqlite'}")
        migrate(database)
        places.append((database, open_objects(given.folder / name / "objects")))
    (first, objects), (second, restored) = places
    revision = newest_revision()
    try:
        timed("filling", lambda: fill(first, objects, given.recordings, given.frames))
        timed(
            "backup",
            lambda: create_backup(
                first, metadata, objects, path, schema_revision=revision, made_at_us=1
            ),
        )
        timed("verify", lambda: verify_backup(path))
        timed(
            "restore, which verifies first",
            lambda: restore_backup(path, second, metadata, restored, schema_revision=revision),
        )
        print(f"{'size of the backup':<44}{path.stat().st_size / 1e6:>10.1f} MB")
        again = path.with_name("again")
        create_backup(second, metadata, restored, again, schema_revision=revision, made_at_us=1)
        same = verify_backup(again) == verify_backup(path)
        print(f"{'a backup of what was restored is the same':<44}{'yes' if same else 'no':>10}")
        return 0 if same else 1
    finally:
        first.close()
        second.close()
        shutil.rmtree(given.folder)


if __name__ == "__main__":
    sys.exit(main())
