"""Streams: what a phone or a program sends while a session lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.errors import BusyError
from sensor_screen.service.making import create_in
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import new_id
from sensor_screen.storage.database.rows import count, find, list_rows, within

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sensor_screen.service.services import Access
    from sensor_screen.storage.database.rows import Row

OPEN_OF_PERSON = 4
"""Streams that an athlete has open at once; the limit of the clinic is not theirs to use up."""


def create_stream(access: Access, session_id: str, key: str | None) -> Row:
    """Open a stream of a session.

    Raises:
        NotFoundError: There is no such session.
        ConflictError: The key was used for something else.
        BusyError: Too many are open.
    """
    row_id = new_id()
    with access.write(row_id) as connection:
        find(connection, schema.session, session_id, access.reach)
        row = create_in(
            connection,
            access,
            schema.stream,
            key,
            row_id,
            session_id=session_id,
            state="open",
            writer=0,
        )
        if row["id"] == row_id:
            _check_limits(connection, access)
    return row


def _check_limits(connection: Connection, access: Access) -> None:
    """After the row is there, so that of two at once not both fit in one place."""
    table = schema.stream
    is_open = table.c.state == "open"
    most = access.services.settings.streams_per_clinic
    if count(connection, table, table.c.clinic_id == access.reach.clinic_id, is_open) > most:
        raise _too_many(most)
    if access.reach.person_id is None:
        return
    if count(connection, table, within(table, access.reach), is_open) > OPEN_OF_PERSON:
        raise _too_many(OPEN_OF_PERSON)


def _too_many(most: int) -> BusyError:
    return BusyError("streams", f"{most} are open already", "finish one of them", 60.0)


def list_streams(access: Access, session_id: str | None, after: str, limit: int) -> list[Row]:
    """Streams within reach, or those of one session."""
    where = [schema.stream.c.session_id == session_id] if session_id else []
    with access.read() as connection:
        return list_rows(connection, schema.stream, access.reach, *where, after=after, limit=limit)


def find_stream(access: Access, stream_id: str) -> Row:
    """One of them.

    Raises:
        NotFoundError: There is none within reach.
    """
    with access.read() as connection:
        return find(connection, schema.stream, stream_id, access.reach)


def finish_stream(access: Access, stream_id: str) -> Row:
    """No more will come: a recording is made of what is there. Again is no error.

    Raises:
        NotFoundError: There is none within reach.
    """
    with access.write(stream_id) as connection:
        find(connection, schema.stream, stream_id, access.reach)
    # In a transaction of its own: it knows what is durable.
    access.services.live.finish(stream_id)
    return find_stream(access, stream_id)
