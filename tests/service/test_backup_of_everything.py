"""The service's own tables, all of them, on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Boolean, Float, Integer, LargeBinary, Table, insert, select

from sensor_screen.errors import UsageError
from sensor_screen.service.backup import BackupSummary, create_backup
from sensor_screen.service.restore import restore_backup
from sensor_screen.storage.database.engine import Database, open_database
from sensor_screen.storage.database.migration import migrate, newest_revision
from sensor_screen.storage.database.schema import metadata, recording, report
from sensor_screen.storage.objects import ObjectStore, open_objects
from tests.service.small_database import content_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(params=["sqlite", "postgresql"])
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where to restore."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'other.sqlite'}"
    pytest.importorskip("tests.service.postgres", reason="PostgreSQL for tests is not there yet")
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def opened() -> Iterator[Callable[[str], Database]]:
    found: list[Database] = []

    def open_new(url: str) -> Database:
        found.append(open_database(url))
        migrate(found[-1])
        return found[-1]

    yield open_new
    for database in found:
        database.close()


def value_of(table: Table, name: str, number: int) -> Any:
    """Some value of a column; what others refer to is the same on both sides."""
    column = table.columns[name]
    if column.foreign_keys:
        (key,) = column.foreign_keys
        return value_of(key.column.table, key.column.name, number)
    for kind, value in (
        (Boolean, number == 1),
        (Integer, 2**31 - 1 - number),  # of BigInteger too
        (Float, (1 + number) / 3),
        (LargeBinary, bytes(range(256)) * number),
    ):
        if isinstance(column.type, kind):
            return value
    if column.nullable and number:
        return None
    text = f"{table.name} {name} {number} \u00e4\u2028'\""
    return text[: getattr(column.type, "length", None) or 100]


def fill(database: Database, objects: ObjectStore) -> None:
    """Two rows in every table, and the objects that they name."""
    for table in metadata.sorted_tables:
        rows = [{c.name: value_of(table, c.name, n) for c in table.columns} for n in (0, 1)]
        for number, row in enumerate(rows):
            if table in (recording, report):
                row["object_key"] = f"clinics/a/{table.name}/{number}/it"
                row["sha256"] = objects.put_new(row["object_key"], f"{table} {number}".encode())
            if table is report:
                face = objects.put_new(f"clinics/a/report/{number}/report.pdf", bytes([number]))
                row["faces"] = json.dumps({"report.pdf": face, "letter.txt": "it was not made"})
        with database.write() as connection:
            connection.execute(insert(table), rows)


def content(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    with database.read() as connection:
        found = {t.name: connection.execute(select(t)).all() for t in metadata.sorted_tables}
    return {name: sorted((tuple(row) for row in rows), key=repr) for name, rows in found.items()}


def back_up(database: Database, objects: ObjectStore, path: Path) -> BackupSummary:
    return create_backup(
        database, metadata, objects, path, schema_revision=newest_revision(), made_at_us=5
    )


def test_every_table_goes_to_any_database_and_back(
    tmp_path: Path, opened: Callable[[str], Database], other_url: str
) -> None:
    first, objects = opened(f"sqlite:///{tmp_path / 'first.sqlite'}"), open_objects(tmp_path / "1")
    fill(first, objects)
    made = back_up(first, objects, tmp_path / "one.tar.zst")
    assert set(made.rows) == set(metadata.tables)
    assert set(made.rows.values()) == {2}
    assert made.objects == 6

    second, other_objects = opened(other_url), open_objects(tmp_path / "2")
    revision = newest_revision()
    restored = restore_backup(
        tmp_path / "one.tar.zst", second, metadata, other_objects, schema_revision=revision
    )
    assert restored == made
    assert content(second) == content(first)
    assert content_of(other_objects) == content_of(objects)
    back_up(second, other_objects, tmp_path / "two.tar.zst")
    assert (tmp_path / "two.tar.zst").read_bytes() == (tmp_path / "one.tar.zst").read_bytes()
    with pytest.raises(UsageError, match="not empty"):
        restore_backup(
            tmp_path / "one.tar.zst", second, metadata, other_objects, schema_revision=revision
        )
