"""Everything that the service keeps as one file, made while it runs, and verified.

A backup is logical: rows as JSON and objects as they are, so that it goes from SQLite to PostgreSQL
and from a folder to S3. It holds the rows of one moment and the objects that these rows name.
Objects that were erased while it was made are named in it; damaged and lost ones end it, with their
names, unless the caller leaves them out.
What is sealed (`storage.sealing`) stays sealed: its keys are not in the backup and are needed to
read what was restored.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from sensor_screen.errors import StorageError, UsageError
from sensor_screen.storage.backup_file import (
    MANIFEST,
    BackupLimits,
    BackupPart,
    BackupWriter,
    damaged,
    read_backup,
    refuse_changed,
    write_backup,
)
from sensor_screen.storage.database.table_rows import (
    begin_snapshot,
    encode_row,
    read_rows,
    tables_in_order,
)
from sensor_screen.storage.objects import check_key
from sensor_screen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection, MetaData, Table

    from sensor_screen.storage.objects import ObjectStore

FORMAT = 1
PART_BYTES = 4 << 20
"""Of rows in one part; a row that is larger has a part of its own."""
OBJECTS = "objects/"
TABLES = "tables/"
MOST_NAMED = 20
"""Names in one sentence; the rest is counted."""
LIMITS = BackupLimits()
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class BackupProgress:
    """How far it is."""

    doing: str
    """`tables`, `objects`, `checking`, `restoring objects` or `restoring tables`."""
    name: str
    """Of the table, object or part that is done."""
    done: int
    total: int | None
    """None where it is not known."""


@dataclass(frozen=True, slots=True)
class BackupSummary:
    """What is in a backup."""

    made_at_us: int
    software_version: str
    schema_revision: str
    rows: dict[str, int]
    """Table -> rows, in an order in which they can be restored."""
    objects: int
    objects_bytes: int
    missing: tuple[str, ...]
    """Keys that rows name and that had been erased when their turn came."""
    damaged: tuple[str, ...]
    """Keys of objects that were damaged or lost, and left out because the caller said so."""
    file_bytes: int
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Readable(Protocol):
    """A database, as far as a backup needs it."""

    def read(self) -> AbstractContextManager[Connection]:
        """A transaction that only reads."""
        ...


def find_objects(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Key and sha256 of every object that a row names.

    `object_key` and `sha256` are one; `faces` (JSON: name -> sha256) lie in the same folder.
    """
    key = row.get("object_key")
    if not key:
        return
    yield str(key), str(row["sha256"])
    for name, said in json.loads(row.get("faces") or "{}").items():
        if _SHA256.fullmatch(str(said)):  # else the reason why there is none
            yield f"{str(key).rpartition('/')[0]}/{name}", said


def create_backup(
    database: Readable,
    metadata: MetaData,
    objects: ObjectStore,
    path: Path,
    *,
    schema_revision: str,
    made_at_us: int,
    leave_damaged: bool = False,
    tell: Callable[[BackupProgress], None] = lambda _: None,
) -> BackupSummary:
    """Write a backup, while others read and write.

    Args:
        database: What to copy.
        metadata: All tables.
        objects: Where the objects are.
        path: The file to make; an older one of that name is replaced in one step.
        schema_revision: Of the database.
        made_at_us: Now, in microseconds since 1970.
        leave_damaged: Leave out objects that are damaged or lost, and name them in the backup,
            where otherwise there would be none.
        tell: Is told how far it is.

    Raises:
        UsageError: The file cannot be written.
        StorageError: The database or the objects cannot be read, or objects are damaged or lost;
            there is no new file then.
    """
    rows: dict[str, int] = {}
    named: dict[str, str] = {}
    tables = tables_in_order(metadata)
    with write_backup(path) as writer:
        # Copies of objects take long, so the moment is let go before they begin.
        with database.read() as connection:
            begin_snapshot(connection)
            for number, table in enumerate(tables, 1):
                rows[table.name] = _write_table(writer, connection, table, named)
                tell(BackupProgress("tables", table.name, number, len(tables)))
        left = _Left()
        objects_bytes = _write_objects(writer, objects, named, left, tell)
        _tell_lost(database, tables, left)
        if left.damaged and not leave_damaged:
            raise StorageError(
                _say(left.damaged),
                "they are lost, or not what was stored",
                "restore them from an older backup, or leave them out",
                fault="damaged",
            )
        summary = {
            "format": FORMAT,
            "software_version": __version__,
            "schema_revision": schema_revision,
            "made_at_us": made_at_us,
            "tables": [
                {
                    "name": table.name,
                    "columns": [column.name for column in table.columns],
                    "rows": rows[table.name],
                }
                for table in tables
            ],
            "objects": len(named) - len(left.missing) - len(left.damaged),
            "objects_bytes": objects_bytes,
            "missing": left.missing,
            "damaged": left.damaged,
        }
        writer.finish(summary)
    return _summary(summary, path.stat().st_size)


def _write_table(
    writer: BackupWriter, connection: Connection, table: Table, named: dict[str, str]
) -> int:
    count = number = 0
    lines: list[bytes] = []
    size = 0
    for row in read_rows(connection, table):
        line = encode_row(table, row)
        if lines and size + len(line) > PART_BYTES:
            writer.add(f"{TABLES}{table.name}/{number:06d}.jsonl", b"".join(lines))
            lines, size, number = [], 0, number + 1
        lines.append(line)
        size += len(line)
        count += 1
        named.update(find_objects(row))
    if lines:
        writer.add(f"{TABLES}{table.name}/{number:06d}.jsonl", b"".join(lines))
    return count


@dataclass(slots=True)
class _Left:
    """Keys of objects that are not in the backup."""

    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def _write_objects(
    writer: BackupWriter,
    objects: ObjectStore,
    named: dict[str, str],
    left: _Left,
    tell: Callable[[BackupProgress], None],
) -> int:
    """Bytes of all."""
    size = 0
    for number, (key, sha256) in enumerate(sorted(named.items()), 1):
        try:
            value = objects.get(key, sha256)
        except StorageError as error:
            if error.fault not in ("missing", "damaged"):
                raise
            (left.missing if error.fault == "missing" else left.damaged).append(key)
        else:
            writer.add(OBJECTS + key, value)
            size += len(value)
        tell(BackupProgress("objects", key, number, len(named)))
    return size


def _tell_lost(database: Readable, tables: tuple[Table, ...], left: _Left) -> None:
    """What is missing and still named by a row was not erased: it is lost."""
    if not left.missing:
        return
    named: set[str] = set()
    with database.read() as connection:
        for table in tables:
            if "object_key" in table.columns:
                for row in read_rows(connection, table):
                    named.update(key for key, _ in find_objects(row))
    left.damaged = sorted({*left.damaged, *(key for key in left.missing if key in named)})
    left.missing = [key for key in left.missing if key not in named]


def verify_backup(
    path: Path,
    *,
    limits: BackupLimits = LIMITS,
    tell: Callable[[BackupProgress], None] = lambda _: None,
) -> BackupSummary:
    """Read all of a backup and compare every part with its hash; nothing is written.

    Raises:
        UsageError: The file cannot be opened.
        StorageError: It is no backup, was made by a newer version, is cut off, damaged or hostile.
    """
    file_bytes = refuse_changed(path)
    found: list[BackupPart] = []
    rows: Counter[str] = Counter()
    content = b""
    for part, value in read_backup(path, limits):
        if content:
            raise damaged(path, "something stands behind its manifest")
        if part.name == MANIFEST:
            content = value
            continue
        found.append(part)
        if part.name.startswith(TABLES):
            rows[part.name.split("/")[1]] += value.count(b"\n")
        tell(BackupProgress("checking", part.name, len(found), None))
    try:
        summary = _summary(_check_manifest(json.loads(content), found), file_bytes)
        _refuse_other_rows(summary, rows)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(path, "its manifest is not one of this program") from error
    except ValueError as error:
        raise damaged(path, str(error)) from error
    return summary


def _refuse_other_rows(summary: BackupSummary, rows: Counter[str]) -> None:
    for name, said in summary.rows.items():
        if rows[name] != said:
            raise ValueError(f"its table {name!r:.80} has {rows[name]} rows, and should {said}")


def _check_manifest(manifest: dict[str, Any], found: list[BackupPart]) -> dict[str, Any]:
    """The manifest, where it says just what was found.

    Raises:
        ValueError: With the reason, where it does not.
    """
    if manifest["format"] != FORMAT:
        raise ValueError(f"its format is {manifest['format']!r:.20}, and this one reads {FORMAT}")
    said = [BackupPart(name, size, sha256) for name, size, sha256 in manifest["parts"]]
    for one, other in zip(said, found, strict=False):
        if one != other:
            raise ValueError(f"its part {other.name!r:.80} is not what its manifest says")
    if len(said) != len(found):
        raise ValueError(f"its manifest names {len(said)} parts, and it has {len(found)}")
    if len({part.name for part in found}) < len(found):
        raise ValueError("it has a part twice")
    tables = {table["name"] for table in manifest["tables"]}
    for part in found:
        _check_name(part.name, tables)
    if sum(part.name.startswith(OBJECTS) for part in found) != manifest["objects"]:
        raise ValueError("it does not hold as many objects as it says")
    return manifest


def _check_name(name: str, tables: set[str]) -> None:
    if name.startswith(OBJECTS):
        try:
            check_key(name.removeprefix(OBJECTS))
        except UsageError as error:
            raise ValueError(f"{error.value} is no name for an object") from error
    elif not (name.startswith(TABLES) and name.count("/") == 2 and name.split("/")[1] in tables):
        raise ValueError(f"its part {name!r:.80} belongs nowhere")


def _summary(manifest: dict[str, Any], file_bytes: int) -> BackupSummary:
    return BackupSummary(
        made_at_us=int(manifest["made_at_us"]),
        software_version=str(manifest["software_version"])[:40],
        schema_revision=str(manifest["schema_revision"])[:80],
        rows={str(table["name"]): int(table["rows"]) for table in manifest["tables"]},
        objects=int(manifest["objects"]),
        objects_bytes=int(manifest["objects_bytes"]),
        missing=tuple(str(key) for key in manifest["missing"]),
        damaged=tuple(str(key) for key in manifest["damaged"]),
        file_bytes=file_bytes,
        columns={
            str(table["name"]): tuple(str(name) for name in table["columns"])
            for table in manifest["tables"]
        },
    )


def _say(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
