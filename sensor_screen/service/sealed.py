"""Names, notes and goals as they are stored: sealed where there are keys, each for its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.storage.database import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Table

    from sensor_screen.storage.database.rows import Row
    from sensor_screen.storage.sealing import Sealer

SEALED: Mapping[Table, tuple[str, ...]] = {
    schema.person: ("name",),
    schema.note: ("text",),
    schema.goal: ("text",),
}
"""Table -> columns whose text is sealed."""


def sealed(sealing: Sealer, table: Table, row_id: str, values: Mapping[str, object]) -> Row:
    """Columns as they are stored."""
    stored = {
        column: sealing.seal(str(values[column]), table.name, column, row_id)
        for column in SEALED.get(table, ())
        if values.get(column) is not None
    }
    return {**values, **stored}


def unsealed(sealing: Sealer, table: Table, row: Row) -> Row:
    """A row with its sealed texts in plain.

    Raises:
        StorageError: One of them cannot be read with the keys that are set.
    """
    plain = {
        column: sealing.open(row[column], table.name, column, row["id"])
        for column in SEALED.get(table, ())
        if row[column] is not None
    }
    return row | plain
