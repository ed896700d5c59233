"""A backup goes back into an empty place: all of it or nothing."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from sensor_screen.errors import ScreenError, UsageError
from sensor_screen.service.backup import (
    LIMITS,
    OBJECTS,
    TABLES,
    BackupProgress,
    BackupSummary,
    verify_backup,
)
from sensor_screen.storage.backup_file import BackupLimits, damaged, read_backup
from sensor_screen.storage.database.table_rows import (
    continue_counters,
    decode_rows,
    insert_rows,
    refuse_filled,
    tables_in_order,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection, MetaData, Table

    from sensor_screen.storage.objects import ObjectStore


class Writable(Protocol):
    """A database, as far as a restore needs it."""

    def write(self) -> AbstractContextManager[Connection]:
        """A transaction, all of which is durable when the block ends well, or nothing."""
        ...


def restore_backup(
    path: Path,
    database: Writable,
    metadata: MetaData,
    objects: ObjectStore,
    *,
    schema_revision: str,
    limits: BackupLimits = LIMITS,
    tell: Callable[[BackupProgress], None] = lambda _: None,
) -> BackupSummary:
    """Put everything of a backup into an empty database and an empty place for objects.

    The whole file is verified first. Rows become visible together, after all objects are there;
    after an error objects that were written are taken away again.

    Args:
        path: The backup.
        database: Empty, with its tables.
        metadata: All tables.
        objects: An empty place.
        schema_revision: Of the database; it has to be that of the backup.
        limits: What is believed of the file.
        tell: Is told how far it is.

    Raises:
        UsageError: Database or objects are not empty, or of another revision than the backup.
        StorageError: As `verify_backup`, or a place does not take what it is given.
    """
    summary = verify_backup(path, limits=limits, tell=tell)
    tables = _match_tables(path, summary, metadata, schema_revision)
    if next(iter(objects.list()), None) is not None:
        raise UsageError(
            objects.name, "it is not empty, and a restore replaces nothing", "name a new place"
        )
    written: list[str] = []
    try:
        with database.write() as connection:
            refuse_filled(connection, metadata)
            rows = _restore(path, connection, tables, objects, summary, limits, tell, written)
            _refuse_fewer(path, summary, rows, len(written))
            for table in tables.values():
                continue_counters(connection, table)
    except BaseException as error:
        _take_back(objects, written)
        if isinstance(error, ValueError):
            raise damaged(path, str(error)) from error
        raise
    return summary


def read_table(path: Path, table: Table, *, limits: BackupLimits = LIMITS) -> list[dict[str, Any]]:
    """All rows of one small table in a backup, which is verified first.

    For what has to be known of a backup without restoring it: who has been erased since another.

    Raises:
        UsageError: The file cannot be opened.
        StorageError: It is damaged, or has no such table.
    """
    columns = verify_backup(path, limits=limits).columns.get(table.name)
    if columns is None or not set(columns) <= set(table.columns.keys()):
        raise damaged(path, f"it has no table {table.name} that is known here")
    rows: list[dict[str, Any]] = []
    try:
        for part, value in read_backup(path, limits):
            if part.name.startswith(f"{TABLES}{table.name}/"):
                rows += decode_rows(table, columns, value)
    except ValueError as error:
        raise damaged(path, str(error)) from error
    return rows


def _restore(
    path: Path,
    connection: Connection,
    tables: Mapping[str, Table],
    objects: ObjectStore,
    summary: BackupSummary,
    limits: BackupLimits,
    tell: Callable[[BackupProgress], None],
    written: list[str],
) -> dict[str, int]:
    """Rows of each table; the keys of objects go to `written` before they are written."""
    rows = dict.fromkeys(tables, 0)
    for part, value in read_backup(path, limits):
        if part.name.startswith(OBJECTS):
            key = part.name.removeprefix(OBJECTS)
            written.append(key)
            objects.put_new(key, value)
            tell(BackupProgress("restoring objects", key, len(written), summary.objects))
        elif part.name.startswith(TABLES):
            name = part.name.split("/")[1]
            found = decode_rows(tables[name], summary.columns[name], value)
            insert_rows(connection, tables[name], found)
            rows[name] += len(found)
            tell(BackupProgress("restoring tables", name, rows[name], summary.rows[name]))
    return rows


def _refuse_fewer(path: Path, summary: BackupSummary, rows: dict[str, int], objects: int) -> None:
    if rows != summary.rows or objects != summary.objects:
        raise damaged(path, "it does not hold as many rows or objects as it says")


def _take_back(objects: ObjectStore, keys: Iterable[str]) -> None:
    """As far as possible: the error that led here is the one to tell."""
    for key in keys:
        with suppress(ScreenError):
            objects.delete(key)


def _match_tables(
    path: Path, summary: BackupSummary, metadata: MetaData, schema_revision: str
) -> dict[str, Table]:
    """The tables in the order of the backup."""
    if summary.schema_revision != schema_revision:
        raise UsageError(
            str(path),
            f"it is of revision {summary.schema_revision!r}, and the database of "
            f"{schema_revision!r}",
            f"restore it with version {summary.software_version} of this program, then update",
        )
    known = {table.name: table for table in tables_in_order(metadata)}
    if set(known) != set(summary.rows) or any(
        {column.name for column in known[name].columns} != set(columns)
        for name, columns in summary.columns.items()
    ):
        raise damaged(path, "its tables are not those of its revision")
    return {name: known[name] for name in summary.rows}
