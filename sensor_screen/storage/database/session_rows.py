"""Rows of one session: its answers, which two may change at once, and all that goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select, update

from sensor_screen.storage.database import schema
from sensor_screen.storage.database.rows import within

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sensor_screen.storage.database.rows import Reach


def replace_answers(
    connection: Connection, session_id: str, reach: Reach, old: str, new: str
) -> bool:
    """Other answers in place of those that the caller has seen; whether they still stood there."""
    table = schema.session
    done = connection.execute(
        update(table)
        .where(table.c.id == session_id, table.c.answers == old, within(table, reach))
        .values(answers=new)
    )
    return done.rowcount == 1


def has_open_stream(connection: Connection, session_id: str) -> bool:
    """Whether a relay still sends into it, or rows of one are not a recording yet."""
    table = schema.stream
    query = select(table.c.id).where(
        table.c.session_id == session_id, table.c.state.in_(("open", "finishing"))
    )
    return connection.execute(query).first() is not None


def remove_session(connection: Connection, session_id: str) -> None:
    """The session and all rows that belong to it alone; notes stay with the person."""
    streams = select(schema.stream.c.id).where(schema.stream.c.session_id == session_id)
    tokens = select(schema.token.c.id).where(schema.token.c.stream_id.in_(streams))
    for table in (schema.frame, schema.mark, schema.pairing):
        connection.execute(delete(table).where(table.c.stream_id.in_(streams)))
    ticket, token = schema.ticket, schema.token
    connection.execute(
        delete(ticket).where(or_(ticket.c.stream_id.in_(streams), ticket.c.token_id.in_(tokens)))
    )
    connection.execute(delete(token).where(token.c.stream_id.in_(streams)))
    note = schema.note
    connection.execute(update(note).where(note.c.session_id == session_id).values(session_id=None))
    for table in (schema.stream, schema.report, schema.recording):
        connection.execute(delete(table).where(table.c.session_id == session_id))
    connection.execute(delete(schema.session).where(schema.session.c.id == session_id))
