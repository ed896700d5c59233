"""A database of three tables for tests of backups, with values that are easily bent."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    insert,
    select,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from sensor_screen.storage.objects import ObjectStore

metadata = MetaData()
clinic = Table("clinic", metadata, Column("id", String(32), primary_key=True), Column("name", Text))
kept = Table(
    "kept",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("clinic_id", String(32), ForeignKey("clinic.id"), nullable=False),
    Column("object_key", Text),
    Column("sha256", String(64)),
    Column("faces", Text),
)
odd = Table(
    "a_frame",
    metadata,
    Column("clinic_id", String(32), ForeignKey("clinic.id"), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("value", LargeBinary, nullable=False),
    Column("share", Float),
    Column("yes", Boolean),
    Column("text", Text),
)

TEXTS = ("", "null", "null\n", '"', "\u2028\x85\x1c", "ä", "\U0001f9b6", "a\r\nb", "\\u0041", None)
NUMBERS = (0.1 + 0.2, 5e-324, -1.7976931348623157e308, -0.0, 3.0, None)


class SmallDatabase:
    """Reads and writes as the real one does."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)
        if url.startswith("sqlite"):
            event.listen(self._engine, "connect", _own_transactions)
            event.listen(self._engine, "begin", lambda c: c.exec_driver_sql("BEGIN"))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            yield connection

    def make(self) -> SmallDatabase:
        metadata.create_all(self._engine)
        return self

    def fill(self, objects: ObjectStore) -> None:
        """Rows of all kinds, and three objects."""
        with self.write() as connection:
            connection.execute(
                insert(clinic), [{"id": "b", "name": "one"}, {"id": "a", "name": None}]
            )
            for number, text in enumerate(TEXTS):
                row = {
                    "clinic_id": "a",
                    "sequence": 2**62 + number,
                    "value": bytes(range(256)) * number,
                    "share": NUMBERS[number % len(NUMBERS)],
                    "yes": (True, False, None)[number % 3],
                    "text": text,
                }
                connection.execute(insert(odd), row)
            place = "clinics/a/reports/1"
            sha256 = objects.put_new(f"{place}/report.json", b"{}")
            face = objects.put_new(f"{place}/report.html", b"<p>")
            faces = json.dumps({"report.html": face, "letter.txt": "there is none"})
            raw = objects.put_new("clinics/a/recordings/1.parquet", bytes(range(256)) * 300)
            rows = (
                {"number": 3, "object_key": f"{place}/report.json", "sha256": sha256},
                {"number": 7, "object_key": "clinics/a/recordings/1.parquet", "sha256": raw},
            )
            connection.execute(insert(kept), {**rows[0], "clinic_id": "b", "faces": faces})
            connection.execute(insert(kept), {**rows[1], "clinic_id": "a"})

    def content(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table."""
        with self.read() as connection:
            return {
                table.name: [
                    tuple(row)
                    for row in connection.execute(select(table).order_by(*table.primary_key))
                ]
                for table in metadata.sorted_tables
            }

    def close(self) -> None:
        self._engine.dispose()


def content_of(objects: ObjectStore) -> dict[str, str]:
    """Key -> sha256 of the value."""
    return {
        found.key: hashlib.sha256(objects.get(found.key)).hexdigest() for found in objects.list()
    }


def _own_transactions(connection: object, _: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]
    connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[attr-defined]
    connection.execute("PRAGMA journal_mode=WAL")  # type: ignore[attr-defined]
