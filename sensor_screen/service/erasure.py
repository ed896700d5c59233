"""Erasing a person: all rows together, then the objects; a tombstone stays, with nothing personal.

A tombstone is a row and an object, so that it outlasts the database: a backup from before is put
back without the people who were erased since (`read_tombstones`, `apply_tombstones`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import structlog

from sensor_screen.errors import StorageError
from sensor_screen.service.endings import Ended
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import now_us
from sensor_screen.storage.database.person_rows import remove_person
from sensor_screen.storage.database.rows import find, find_one
from sensor_screen.storage.database.tombstone_rows import (
    all_tombstones,
    keep_tombstone,
    places_left,
    set_places_left,
    unfinished_tombstones,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from sensor_screen.service.services import Access, Services
    from sensor_screen.storage.database.engine import Database
    from sensor_screen.storage.database.person_rows import RemovedRows
    from sensor_screen.storage.database.rows import Row
    from sensor_screen.storage.objects import ObjectStore

ASKED, RETENTION = "asked", "retention"
"""Why somebody was erased."""
TOMBSTONES = "tombstones"
"""First part of the keys of tombstones."""
SETTLED_US = 3_600_000_000
"""A request that had begun before the erasure may put an object after it. For so long its places
stay named, and are emptied again then."""
_KEPT = ("person_id", "clinic_id", "erased_at_us", "reason", "sessions", "recordings")


def erase_person(access: Access, person_id: str) -> Row:
    """Erase somebody who asked for it; gives the tombstone.

    Rows are gone when this returns. Objects that cannot be removed now are tried again every day.

    Raises:
        NotFoundError: There is no such person.
    """
    with access.write(person_id) as connection:
        find(connection, schema.person, person_id, access.reach)
        by = access.actor.account_id
        removed = bury(connection, access.actor.clinic_id, person_id, ASKED, by)
    return finish(access.services, person_id, removed)


def bury(
    connection: Connection, clinic_id: str, person_id: str, reason: str, by: str | None = None
) -> RemovedRows:
    """Rows go and the tombstone stands, in a transaction that is open."""
    removed = remove_person(connection, person_id)
    row = {
        "person_id": person_id,
        "clinic_id": clinic_id,
        "erased_at_us": now_us(),
        "erased_by": by,
        "reason": reason,
        "sessions": removed.sessions,
        "recordings": removed.recordings,
        "object_places": [*removed.object_places, _key_of(person_id)],
    }
    keep_tombstone(connection, row)
    return removed


def finish(services: Services, person_id: str, removed: RemovedRows) -> Row:
    """After the rows: whoever uses them hears of it, and objects go; gives the tombstone."""
    services.endings.tell(Ended(removed.token_ids, removed.stream_ids))
    table = schema.tombstone
    with services.database.read() as connection:
        row = find_one(connection, table, table.c.person_id == person_id)
    if row is None:
        raise RuntimeError(f"{person_id} has no tombstone")
    return empty_places(services.database, services.objects, row)


def empty_places(database: Database, objects: ObjectStore, row: Row) -> Row:
    """Take away the objects of a tombstone; what cannot be taken now stays named in it.

    Args:
        database: Where the tombstone is.
        objects: Where the objects are.
        row: The tombstone.
    """
    still = []
    for place in places_left(row):
        try:
            if place == _key_of(row["person_id"]):
                objects.put_new(place, json.dumps({k: row[k] for k in _KEPT}).encode())
            else:
                _empty(objects, place)
        except StorageError as error:
            structlog.get_logger().warning("object not erased yet", key=place, reason=str(error))
            still.append(place)
    settled = now_us() - row["erased_at_us"] >= SETTLED_US
    left = still if settled else places_left(row)
    with database.write() as connection:
        set_places_left(connection, row["person_id"], left)
    return row | {"objects_left": json.dumps(left), "still_there": len(still)}


def _empty(objects: ObjectStore, place: str) -> None:
    if not place.endswith("/"):
        objects.delete(place)
        return
    for found in list(objects.list(place.rstrip("/"))):
        objects.delete(found.key)


def go_on_erasing(services: Services) -> int:
    """Objects of earlier erasures that are not taken away yet; gives how many tombstones wait."""
    with services.database.read() as connection:
        rows = unfinished_tombstones(connection)
    done = [empty_places(services.database, services.objects, row) for row in rows]
    return sum(row["objects_left"] != "[]" for row in done)


def _key_of(person_id: str) -> str:
    return f"{TOMBSTONES}/{person_id}.json"


# --- after a restore -----------------------------------------------------------------------------


def read_tombstones(database: Database | None, objects: ObjectStore | None) -> list[Row]:
    """Everybody who was erased, as a database, a store of objects, or both still know.

    Raises:
        StorageError: One of them cannot be read.
    """
    found: dict[str, Row] = {}
    if objects is not None:
        for entry in objects.list(TOMBSTONES):
            row = json.loads(objects.get(entry.key))
            found[row["person_id"]] = {name: row[name] for name in _KEPT}
    if database is not None:
        with database.read() as connection:
            rows = all_tombstones(connection)
        found |= {row["person_id"]: {name: row[name] for name in _KEPT} for row in rows}
    return [found[person_id] for person_id in sorted(found)]


def apply_tombstones(database: Database, objects: ObjectStore, tombstones: Iterable[Row]) -> int:
    """Nobody who was erased is there again; for what was just restored, before it is served.

    Args:
        database: Restored.
        objects: Restored.
        tombstones: Of `read_tombstones` of what was there before, or of newer backups.

    Returns:
        How many people were in the backup and are erased again.

    Raises:
        StorageError: It cannot be written.
    """
    again = 0
    for row in tombstones:
        with database.write() as connection:
            table = schema.person
            was_there = find_one(connection, table, table.c.id == row["person_id"]) is not None
            clinic = schema.clinic.c.id == row["clinic_id"]
            if not was_there and find_one(connection, schema.clinic, clinic) is None:
                continue  # the backup is older than the clinic
            removed = remove_person(connection, row["person_id"])
            places = [*removed.object_places, _key_of(row["person_id"])]
            kept = {name: row[name] for name in _KEPT}
            keep_tombstone(connection, kept | {"erased_by": None, "object_places": places})
        again += was_there
        kept_row = kept | {"objects_left": json.dumps(places)}
        empty_places(database, objects, kept_row)
    return again
