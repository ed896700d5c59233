"""Sessions: what can be changed of one, and what goes when it goes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sensor_screen.errors import ConflictError
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.rows import change, find, list_rows
from sensor_screen.storage.database.session_rows import has_open_stream, remove_session

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sensor_screen.service.services import Access
    from sensor_screen.storage.database.rows import Row


def change_session(access: Access, session_id: str, values: dict[str, object]) -> Row:
    """Another day or plan; what is not given stays.

    Raises:
        NotFoundError: There is no such session.
    """
    with access.write(session_id) as connection:
        find(connection, schema.session, session_id, access.reach)
        if not values:
            return find(connection, schema.session, session_id, access.reach)
        return change(connection, schema.session, session_id, access.reach, **values)


def drop_session(access: Access, session_id: str) -> None:
    """The session goes with its recordings, reports and streams; notes stay with the person.

    Objects go first: after an interruption the rows still say what is to be removed.

    Raises:
        NotFoundError: There is no such session.
        ConflictError: A relay still sends into it.
        StorageError: An object cannot be removed now; the session is still there.
    """
    with access.read() as connection:
        keys = _objects_of(connection, access, session_id)
    for key in keys:
        access.services.objects.delete(key)
    with access.write(session_id) as connection:
        late = _objects_of(connection, access, session_id)
        remove_session(connection, session_id)
    for key in late:
        if key not in keys:
            access.services.objects.delete(key)


def _objects_of(connection: Connection, access: Access, session_id: str) -> list[str]:
    find(connection, schema.session, session_id, access.reach)
    if has_open_stream(connection, session_id):
        raise ConflictError(
            f"session {session_id[:32]!r}", "a stream is open in it", "finish the stream first"
        )
    keys = []
    for table in (schema.recording, schema.report):
        for row in list_rows(
            connection, table, access.reach, table.c.session_id == session_id, limit=100_000
        ):
            keys += [row["object_key"]]
            place = row["object_key"].rpartition("/")[0]
            keys += [f"{place}/{name}" for name in json.loads(row.get("faces", "{}"))]
    return keys
