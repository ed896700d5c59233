"""Rows of any table, as far as the caller can reach them.

What is out of reach does not exist: it is not found, and never forbidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, false, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from sensor_screen.errors import ConflictError, NotFoundError
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import new_id, now_us

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Table

Row = dict[str, Any]
"""Column -> value."""
MADE_AT = ("created_at_us", "given_at_us")
"""Columns of the time at which a row is made."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Which rows a caller can see and change."""

    clinic_id: str
    person_id: str | None = None
    """Only what is of this person."""
    stream_id: str | None = None
    """Only this stream."""


def within(table: Table, reach: Reach) -> ColumnElement[bool]:
    """The condition that a row is within reach."""
    clause: ColumnElement[bool] = table.c.clinic_id == reach.clinic_id
    if reach.stream_id is not None:
        of_stream = table.c.id == reach.stream_id if table is schema.stream else false()
        clause &= of_stream
    if reach.person_id is not None:
        clause &= _of_person(table, reach.person_id)
    return clause


def _of_person(table: Table, person_id: str) -> ColumnElement[bool]:
    if table is schema.person:
        return table.c.id == person_id
    if "person_id" in table.c:
        return table.c.person_id == person_id
    theirs = select(schema.session.c.id).where(schema.session.c.person_id == person_id)
    if "session_id" in table.c:
        return table.c.session_id.in_(theirs)
    if table is schema.pairing:
        streams = select(schema.stream.c.id).where(schema.stream.c.session_id.in_(theirs))
        return table.c.stream_id.in_(streams)
    return false()


def add(connection: Connection, table: Table, **values: Any) -> Row:  # noqa: ANN401 - any column
    """A new row; its id and the time it is made at are added where they are not given.

    Raises:
        ConflictError: Something unique is there already.
    """
    if "id" in table.c:
        values.setdefault("id", new_id())
    for name in MADE_AT:
        if name in table.c:
            values.setdefault(name, now_us())
    row = {column.name: values.get(column.name) for column in table.c}
    try:
        connection.execute(insert(table), row)
    except IntegrityError as error:
        raise ConflictError(
            f"this {table.name}", "is there already, or rests on what is gone", "choose another"
        ) from error
    return row


def add_all(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Several new rows with all their columns."""
    connection.execute(insert(table), list(rows))


def add_once(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """A new row, unless its key is there; whether it was added."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    query = dialect.insert(table).values(**row).on_conflict_do_nothing()
    # Of an insert, PostgreSQL's driver forgets the count otherwise.
    done = connection.execute(query, execution_options={"preserve_rowcount": True})
    return done.rowcount == 1


def find(
    connection: Connection, table: Table, row_id: str, reach: Reach, *, lock: bool = False
) -> Row:
    """One row by its id.

    Args:
        connection: In a transaction.
        table: Which.
        row_id: Its id.
        reach: Of the caller.
        lock: Nobody else changes it before this transaction has ended.

    Raises:
        NotFoundError: There is none within reach.
    """
    row = find_one(connection, table, table.c.id == row_id, within(table, reach), lock=lock)
    if row is None:
        raise NotFoundError(
            f"{table.name} {row_id[:32]!r}", "is not there", f"see the list of each {table.name}"
        )
    return row


def find_one(
    connection: Connection, table: Table, *where: ColumnElement[bool], lock: bool = False
) -> Row | None:
    """One row by any condition, without regard to reach; None where there is none."""
    query = select(table).where(*where)
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    return None if row is None else dict(row)


def count(connection: Connection, table: Table, *where: ColumnElement[bool]) -> int:
    """How many rows meet a condition, without regard to reach."""
    query = select(func.count()).select_from(table).where(*where)
    return int(connection.execute(query).scalar_one())


def list_rows(
    connection: Connection,
    table: Table,
    reach: Reach,
    *where: ColumnElement[bool],
    after: str = "",
    limit: int = 1000,
) -> list[Row]:
    """Rows within reach by the order of their ids, which is that of their making.

    Args:
        connection: In a transaction.
        table: Which.
        reach: Of the caller.
        *where: Further conditions.
        after: Id of the last row of the page before.
        limit: At most so many.
    """
    query = select(table).where(within(table, reach), table.c.id > after, *where)
    found = connection.execute(query.order_by(table.c.id).limit(limit)).mappings()
    return [dict(row) for row in found]


def newest(
    connection: Connection, table: Table, reach: Reach, *where: ColumnElement[bool]
) -> Row | None:
    """The row within reach that was made last; None where there is none."""
    query = select(table).where(within(table, reach), *where).order_by(table.c.id.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def existing(connection: Connection, table: Table, ids: Iterable[str]) -> set[str]:
    """Those of some ids that are still there."""
    found = connection.execute(select(table.c.id).where(table.c.id.in_(list(ids))))
    return set(found.scalars())


def change(connection: Connection, table: Table, row_id: str, reach: Reach, **values: Any) -> Row:  # noqa: ANN401
    """Change a row; gives it as it is then.

    Raises:
        NotFoundError: There is none within reach.
        ConflictError: Something unique is there already.
    """
    condition = (table.c.id == row_id, within(table, reach))
    if not values:
        return find(connection, table, row_id, reach)
    try:
        connection.execute(update(table).where(*condition).values(**values))
    except IntegrityError as error:
        raise ConflictError(f"this {table.name}", "is there already", "choose another") from error
    return find(connection, table, row_id, reach)


def change_where(
    connection: Connection,
    table: Table,
    *where: ColumnElement[bool],
    **values: Any,  # noqa: ANN401
) -> int:
    """Change what meets a condition; gives how many. Of two who want to be first, one gets 1."""
    return connection.execute(update(table).where(*where).values(**values)).rowcount


def remove(connection: Connection, table: Table, *where: ColumnElement[bool]) -> int:
    """Remove rows; gives how many."""
    return connection.execute(delete(table).where(*where)).rowcount


def claim_key(
    connection: Connection, key_sha256: str, request_sha256: str, object_id: str
) -> tuple[str, bool]:
    """Bind an idempotency key to what it is about to make.

    Returns:
        The id of the object, and whether it is new; an older one of the same request otherwise.

    Raises:
        ConflictError: The key was used for another request.
    """
    table = schema.idempotency
    row = {
        "id": key_sha256[:32],
        "request_sha256": request_sha256,
        "object_id": object_id,
        "created_at_us": now_us(),
    }
    if add_once(connection, table, row):
        return object_id, True
    old = find_one(connection, table, table.c.id == row["id"])
    if old is None or old["request_sha256"] != request_sha256:
        raise ConflictError(
            "the Idempotency-Key", "was used for another request", "choose a new one"
        )
    return str(old["object_id"]), False
