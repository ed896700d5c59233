"""Tombstones of people who were erased, and people whom retention erases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from sensor_screen.storage.database import schema
from sensor_screen.storage.database.rows import add_once, find_one

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from sensor_screen.storage.database.rows import Row


def keep_tombstone(connection: Connection, row: Row) -> None:
    """A new tombstone, or more object places in the one that is there.

    Args:
        connection: In a writing transaction.
        row: With `object_places`, a list, in the place of the column.
    """
    places = set(row.pop("object_places"))
    table = schema.tombstone
    if not add_once(connection, table, row | {"objects_left": json.dumps(sorted(places))}):
        old = find_one(connection, table, table.c.person_id == row["person_id"])
        places |= set(places_left(old)) if old else set()
        set_places_left(connection, row["person_id"], places)


def places_left(row: Row) -> list[str]:
    """Object places of a tombstone that may not be empty yet."""
    return list(json.loads(row["objects_left"]))


def set_places_left(connection: Connection, person_id: str, places: Iterable[str]) -> None:
    """Write down which places may not be empty yet."""
    table = schema.tombstone
    changed = update(table).where(table.c.person_id == person_id)
    connection.execute(changed.values(objects_left=json.dumps(sorted(places))))


def all_tombstones(connection: Connection) -> list[Row]:
    """Of every clinic."""
    return [dict(row) for row in connection.execute(select(schema.tombstone)).mappings()]


def unfinished_tombstones(connection: Connection) -> list[Row]:
    """Those of which places may not be empty yet, of every clinic."""
    table = schema.tombstone
    found = connection.execute(select(table).where(table.c.objects_left != "[]")).mappings()
    return [dict(row) for row in found]


def people_without_session_since(connection: Connection, since_us: int) -> list[Row]:
    """People added before a time, whose last session was added before it too, of every clinic."""
    person, session = schema.person, schema.session
    last = select(func.max(session.c.created_at_us)).where(session.c.person_id == person.c.id)
    idle = func.coalesce(last.scalar_subquery(), person.c.created_at_us) < since_us
    query = select(person).where(person.c.created_at_us < since_us, idle).order_by(person.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]
