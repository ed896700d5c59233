"""All rows of one person: read, or taken away.

`OF_PERSON` and `ENDED` together name every table from which a reference leads to a person; a test
holds them against the schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select, update

from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import now_us

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Select, Table

    from sensor_screen.storage.database.engine import Database
    from sensor_screen.storage.database.rows import Row

AT_ONCE = 500
"""Rows that are read together, and ids in one condition."""


@dataclass(frozen=True, slots=True)
class RemovedRows:
    """What went with a person."""

    sessions: int
    recordings: int
    object_places: tuple[str, ...]
    """Keys of objects, and first parts of keys that end in a slash."""
    token_ids: tuple[str, ...]
    """Revoked."""
    stream_ids: tuple[str, ...]


def of_person(table: Table, person_id: str) -> ColumnElement[bool]:
    """The condition that a row is of a person; of a table in `OF_PERSON`.

    Raises:
        KeyError: No reference leads from this table to a person.
    """
    column, parent = OF_PERSON[table]
    if parent is None:
        return table.c[column] == person_id
    return table.c[column].in_(_ids(parent, person_id))


OF_PERSON: Mapping[Table, tuple[str, Table | None]] = {
    schema.mark: ("stream_id", schema.stream),
    schema.frame: ("stream_id", schema.stream),
    schema.pairing: ("stream_id", schema.stream),
    schema.report: ("session_id", schema.session),
    schema.recording: ("session_id", schema.session),
    schema.stream: ("session_id", schema.session),
    schema.note: ("person_id", None),
    schema.goal: ("person_id", None),
    schema.consent: ("person_id", None),
    schema.session: ("person_id", None),
    schema.invitation: ("person_id", None),
    schema.person: ("id", None),
}
"""Table -> the column that leads to a person, and the table it leads through; what rests on others
comes first."""
ENDED = frozenset({schema.account, schema.token, schema.ticket})
"""Tables whose rows stay as far as the audit log names them, without anything personal."""


def _ids(table: Table, person_id: str) -> Select[tuple[str]]:
    return select(table.c.id).where(of_person(table, person_id))


def read_rows_of(
    database: Database, table: Table, where: ColumnElement[bool], *, at_once: int = AT_ONCE
) -> Iterator[Row]:
    """Rows in the order of their keys, few at a time, each few in a transaction of its own."""
    keys = list(table.primary_key.columns)
    last: tuple[object, ...] | None = None
    while True:
        query = select(table).where(where).order_by(*keys).limit(at_once)
        if last is not None:
            query = query.where(_behind(keys, last))
        with database.read() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        yield from rows
        if len(rows) < at_once:
            return
        last = tuple(rows[-1][key.name] for key in keys)


def _behind(keys: Sequence[ColumnElement[object]], last: tuple[object, ...]) -> ColumnElement[bool]:
    first, *rest = keys
    behind: ColumnElement[bool] = first > last[0]
    return or_(behind, (first == last[0]) & _behind(rest, last[1:])) if rest else behind


def audit_about(person_id: str) -> ColumnElement[bool]:
    """The condition that a line of the audit log is about a person, or by them."""
    audit, account = schema.audit, schema.account
    kinds = (
        schema.session,
        schema.recording,
        schema.report,
        schema.stream,
        schema.note,
        schema.goal,
        schema.consent,
    )
    theirs = select(account.c.id).where(account.c.person_id == person_id)
    return or_(
        audit.c.object_id == person_id,
        audit.c.account_id.in_(theirs),
        *(audit.c.object_id.in_(_ids(table, person_id)) for table in kinds),
    )


def remove_person(connection: Connection, person_id: str) -> RemovedRows:
    """Take away every row of a person; their account is emptied and ends.

    Args:
        connection: In a writing transaction.
        person_id: Who; one that is not there is fine.
    """
    # Whoever adds to the person or a session now waits, and then finds neither.
    for table in (schema.person, schema.session, schema.stream):
        connection.execute(_ids(table, person_id).with_for_update()).all()
    found = {table: _all_ids(connection, table, person_id) for table in _NAMED}
    recordings = schema.recording.c.object_key
    reports = schema.report.c.object_key
    keys = list(
        connection.scalars(select(recordings).where(of_person(schema.recording, person_id)))
    )
    pages = connection.scalars(select(reports).where(of_person(schema.report, person_id)))
    places = [*keys, *(key.rpartition("/")[0] + "/" for key in pages)]
    tokens = _end_accounts(connection, person_id, found[schema.stream])
    for table in OF_PERSON:
        connection.execute(delete(table).where(of_person(table, person_id)))
    _forget_keys(connection, [one for ids in found.values() for one in ids] + tokens)
    return RemovedRows(
        sessions=len(found[schema.session]),
        recordings=len(found[schema.recording]),
        object_places=tuple(places),
        token_ids=tuple(tokens),
        stream_ids=tuple(found[schema.stream]),
    )


_NAMED = tuple(table for table in OF_PERSON if "id" in table.c)


def _all_ids(connection: Connection, table: Table, person_id: str) -> list[str]:
    return list(connection.scalars(_ids(table, person_id)))


def _end_accounts(connection: Connection, person_id: str, streams: Sequence[str]) -> list[str]:
    """Tokens of the person's accounts and of their streams' relays end; gives their ids."""
    account, token, ticket = schema.account, schema.token, schema.ticket
    accounts = select(account.c.id).where(account.c.person_id == person_id)
    theirs = list(connection.scalars(select(token.c.id).where(token.c.account_id.in_(accounts))))
    for some in _some(streams):
        theirs += connection.scalars(select(token.c.id).where(token.c.stream_id.in_(some)))
        connection.execute(delete(ticket).where(ticket.c.stream_id.in_(some)))
    for some in _some(theirs):
        connection.execute(delete(ticket).where(ticket.c.token_id.in_(some)))
        ended = update(token).where(token.c.id.in_(some), token.c.revoked_at_us.is_(None))
        connection.execute(ended.values(revoked_at_us=now_us()))
        connection.execute(update(token).where(token.c.id.in_(some)).values(label="erased"))
    connection.execute(
        update(account)
        .where(account.c.person_id == person_id)
        .values(
            login="erased " + account.c.id,  # with a space: nobody can choose it
            password_hash="",
            person_id=None,
            disabled_at_us=now_us(),
        )
    )
    return theirs


def _forget_keys(connection: Connection, ids: Sequence[str]) -> None:
    """Idempotency keys of what is gone: their fingerprints are of what was sent."""
    table = schema.idempotency
    for some in _some(ids):
        connection.execute(delete(table).where(table.c.object_id.in_(some)))


def _some(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
