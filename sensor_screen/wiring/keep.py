"""Backups of the service, and what is restored from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sensor_screen.service.backup import BackupProgress, BackupSummary
    from sensor_screen.settings import Settings


def back_up(
    settings: Settings,
    out: Path,
    tell: Callable[[BackupProgress], None],
    *,
    leave_damaged: bool = False,
) -> BackupSummary:
    """Write a backup of the service with these settings, which may be serving.

    Raises:
        sensor_screen.errors.ScreenError: There is nothing, or it cannot be read or written.
    """
    from sensor_screen.errors import UsageError
    from sensor_screen.service.backup import create_backup
    from sensor_screen.storage.database.ids import now_us
    from sensor_screen.storage.database.migration import revision_of
    from sensor_screen.storage.database.schema import metadata
    from sensor_screen.storage.objects import open_objects
    from sensor_screen.wiring.serve import open_service_database

    if not settings.database_url and not settings.sqlite_path.exists():
        raise UsageError(
            str(settings.sqlite_path), "there is no such database", "name the folder with --data"
        )
    database = open_service_database(settings, owner=False)
    try:
        return create_backup(
            database,
            metadata,
            open_objects(settings.objects_place),
            out,
            schema_revision=revision_of(database),
            made_at_us=now_us(),
            leave_damaged=leave_damaged,
            tell=tell,
        )
    finally:
        database.close()


def verify(path: Path, tell: Callable[[BackupProgress], None]) -> BackupSummary:
    """Read a backup to its end.

    Raises:
        sensor_screen.errors.ScreenError: It is none, or damaged.
    """
    from sensor_screen.service.backup import verify_backup

    return verify_backup(path, tell=tell)


def new_key() -> str:
    """A key for sealing, at random."""
    from sensor_screen.storage.sealing import new_key as make

    return make()


def restore(
    settings: Settings,
    path: Path,
    erased: Path | None,
    tell: Callable[[BackupProgress], None],
) -> BackupSummary:
    """Put a backup into the empty place of these settings, without people erased since.

    Args:
        settings: Where; database and objects are empty.
        path: The backup.
        erased: A newer backup, whose list of erased people holds; None: that of `path` alone.
        tell: Is told how far it is.

    Raises:
        sensor_screen.errors.ScreenError: A file is damaged, or a place not empty.
    """
    from sensor_screen.service.erasure import apply_tombstones
    from sensor_screen.service.restore import read_table, restore_backup
    from sensor_screen.storage.database import schema
    from sensor_screen.storage.database.migration import revision_of
    from sensor_screen.storage.objects import open_objects
    from sensor_screen.wiring.serve import make_data_folder, open_service_database

    tombstones = read_table(erased, schema.tombstone) if erased is not None else []
    make_data_folder(settings)
    database = open_service_database(settings)
    objects = open_objects(settings.objects_place)
    try:
        summary = restore_backup(
            path,
            database,
            schema.metadata,
            objects,
            schema_revision=revision_of(database),
            tell=tell,
        )
        apply_tombstones(database, objects, tombstones)
    finally:
        database.close()
    return summary
