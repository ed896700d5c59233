"""Whole tables as lines of JSON and back, the same for every database; for backups.

A row is an array in the order of the table's columns; bytes are base64. Only columns of simple
types are known (text, whole numbers, numbers, yes or no, bytes), as all of the schema are.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import LargeBinary, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from sensor_screen.errors import StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, MetaData, Table

    Row = dict[str, Any]

AT_ONCE = 500
"""Rows that are fetched or inserted together: a few hundred kB."""
SIMPLE: tuple[type, ...] = (str, int, float, bool, bytes)


def tables_in_order(metadata: MetaData) -> tuple[Table, ...]:
    """All tables, each after those that it rests on."""
    return tuple(metadata.sorted_tables)


def begin_snapshot(connection: Connection) -> None:
    """Let all that is read by this transaction be of one moment; before anything else in it.

    SQLite does so by itself once a transaction has read something.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))


def read_rows(connection: Connection, table: Table) -> Iterator[Row]:
    """All rows of a table in the order of its primary key, few at a time in memory."""
    query = select(table).order_by(*table.primary_key.columns)
    options = {"stream_results": True, "yield_per": AT_ONCE}
    with connection.execute(query, execution_options=options) as found:
        for row in found.mappings():
            yield {column.name: row[column] for column in table.columns}


def encode_row(table: Table, row: Row) -> bytes:
    """One line, with its end.

    Raises:
        StorageError: A value is of a kind that a backup does not know.
    """
    cells = [
        base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for value in (row[column.name] for column in table.columns)
    ]
    try:
        return json.dumps(cells, allow_nan=False, separators=(",", ":")).encode() + b"\n"
    except (TypeError, ValueError) as error:
        raise StorageError(
            f"a row of {table.name}", "it holds what cannot be kept in a backup", _MEND, "damaged"
        ) from error


def decode_rows(table: Table, columns: Sequence[str], lines: bytes) -> list[Row]:
    """The rows of some lines.

    Args:
        table: Where they belong.
        columns: Their order in the lines.
        lines: As `encode_row` made them.

    Raises:
        ValueError: They are no rows of this table.
    """
    binary = [isinstance(table.columns[name].type, LargeBinary) for name in columns]
    kinds = [table.columns[name].type.python_type for name in columns]
    rows = []
    for line in lines.splitlines():
        try:
            cells = json.loads(line)
        except RecursionError as error:
            raise ValueError("it is nested too deep") from error
        if not isinstance(cells, list) or len(cells) != len(columns):
            raise ValueError(f"a row of {table.name} has not {len(columns)} values")
        row = {}
        for name, is_binary, kind, cell in zip(columns, binary, kinds, cells, strict=True):
            row[name] = _decode(cell, kind, is_binary=is_binary)
        rows.append(row)
    return rows


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Put rows into a table.

    Raises:
        StorageError: The database does not take them.
    """
    try:
        for start in range(0, len(rows), AT_ONCE):
            connection.execute(insert(table), list(rows[start : start + AT_ONCE]))
    except DBAPIError as error:
        reason = str(error.orig).partition("\n")[0][:200]
        raise StorageError(
            f"rows of {table.name}", f"the database does not take them ({reason})", _MEND, "damaged"
        ) from error


def continue_counters(connection: Connection, table: Table) -> None:
    """Let numbers that the database gives go on behind those that were put there."""
    column = table.autoincrement_column
    if column is None or connection.dialect.name != "postgresql":
        return  # SQLite looks at what is there
    sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
    last = connection.scalar(select(func.max(column)))
    if sequence and last is not None:
        connection.execute(select(func.setval(sequence, last)))


def refuse_filled(connection: Connection, metadata: MetaData) -> None:
    """Nothing may be in the tables; the tables have to be there.

    Raises:
        UsageError: Something is.
        StorageError: A table is missing.
    """
    for table in tables_in_order(metadata):
        try:
            found = connection.execute(select(1).select_from(table).limit(1)).first()
        except DBAPIError as error:
            raise StorageError(
                f"table {table.name}", "it is not there", "migrate the database first", "missing"
            ) from error
        if found is not None:
            raise UsageError(
                f"table {table.name}",
                "the database is not empty, and a restore replaces nothing",
                "name a new database",
            )


_MEND = "restore an older backup, or ask for help with this one"


def _decode(cell: object, kind: type, *, is_binary: bool) -> object:
    if cell is None:
        return None
    if is_binary:
        if not isinstance(cell, str):
            raise ValueError(f"{cell!r:.40} where bytes belong")
        try:
            return base64.b64decode(cell, validate=True)
        except binascii.Error as error:
            raise ValueError("bytes are damaged") from error
    if kind not in SIMPLE:
        raise ValueError(f"a column is of {kind.__name__}, which no backup holds")
    if kind is float and type(cell) is int:
        return float(cell)
    if type(cell) is int and abs(cell) >= 2**63:
        raise ValueError("a number has more than 64 bits")
    if type(cell) is not kind:
        raise ValueError(f"{cell!r:.40} where {kind.__name__} belongs")
    return cell
