"""Backups of the service, and what is restored from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sensor_screen.service.backup import BackupProgress, BackupSummary
    from sensor_screen.settings import Settings
    from sensor_screen.storage.database.rows import Row


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
    from sensor_screen.storage.database.migration import newest_revision, revision_of
    from sensor_screen.storage.database.schema import metadata
    from sensor_screen.storage.objects import open_objects
    from sensor_screen.wiring.serve import open_service_database

    _refuse_none(settings)
    database = open_service_database(settings, owner=False)
    try:
        revision, newest = revision_of(database), newest_revision()
        if revision != newest:
            raise UsageError(
                f"the database is at revision {revision or 'none'}",
                f"this software copies revision {newest}",
                "update it" if revision > newest else "start `serve` once, which updates it",
            )
        return create_backup(
            database,
            metadata,
            open_objects(settings.objects_place),
            out,
            schema_revision=revision,
            made_at_us=now_us(),
            leave_damaged=leave_damaged,
            tell=tell,
        )
    finally:
        database.close()


def _refuse_none(settings: Settings) -> None:
    from sensor_screen.errors import UsageError

    if not settings.database_url and not settings.sqlite_path.exists():
        raise UsageError(
            str(settings.sqlite_path), "there is no such database", "name the folder with --data"
        )


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
) -> tuple[BackupSummary, int]:
    """Put a backup into the empty place of these settings, without people erased since.

    Args:
        settings: Where; database and objects are empty.
        path: The backup.
        erased: A newer backup or the data folder from before, whose list of erased people holds
            too; None: that of `path` alone.
        tell: Is told how far it is.

    Returns:
        What was in it, and how many people of it are erased again.

    Raises:
        sensor_screen.errors.ScreenError: A file is damaged, or a place not empty.
    """
    from sensor_screen.service.erasure import apply_tombstones, read_tombstones
    from sensor_screen.service.restore import restore_backup
    from sensor_screen.storage.database import schema
    from sensor_screen.storage.database.migration import revision_of
    from sensor_screen.storage.objects import open_objects
    from sensor_screen.wiring.serve import make_data_folder, open_service_database

    tombstones = _read_erased(erased) if erased is not None else []
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
        # Those in the backup stand as rows; where its objects are, they are not objects yet.
        again = apply_tombstones(database, objects, read_tombstones(database, None))
        again += apply_tombstones(database, objects, tombstones)
    finally:
        database.close()
    return summary, again


def _read_erased(place: Path) -> list[Row]:
    """Who was erased, as a backup or a data folder knows it."""
    from sensor_screen.service.erasure import read_tombstones
    from sensor_screen.service.restore import read_table
    from sensor_screen.settings import Settings
    from sensor_screen.storage.database import schema
    from sensor_screen.storage.objects import open_objects
    from sensor_screen.wiring.serve import open_service_database

    if not place.is_dir():
        return read_table(place, schema.tombstone)
    there = Settings.model_construct(data=place, database_url="", objects_url="")
    _refuse_none(there)
    database = open_service_database(there, owner=False)
    folder = place / "objects"
    try:
        return read_tombstones(database, open_objects(folder) if folder.is_dir() else None)
    finally:
        database.close()
