"""People who are screened, with what staff write about them: names, notes, goals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.errors import NotFoundError
from sensor_screen.service.actor import Role
from sensor_screen.service.making import create_in
from sensor_screen.service.sealed import sealed, unsealed
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import new_id, now_us
from sensor_screen.storage.database.rows import change, find, list_rows, remove, within

if TYPE_CHECKING:
    from sqlalchemy import Table

    from sensor_screen.service.services import Access
    from sensor_screen.storage.database.rows import Row

SEES_NAMES = frozenset({Role.OWNER, Role.THERAPIST})
"""All others see pseudonyms. Athletes know their own name, and find it in their export."""


def shown_person(access: Access, row: Row) -> Row:
    """A person as this caller sees them.

    Raises:
        StorageError: The name cannot be read with the keys that are set.
    """
    if access.actor.role not in SEES_NAMES:
        return row | {"name": None}
    return unsealed(access.services.sealing, schema.person, row)


def add_about(
    access: Access, table: Table, person_id: str, key: str | None, **values: object
) -> Row:
    """A new row about a person: a note, a goal.

    Raises:
        NotFoundError: There is no such person, or no such session of theirs.
        ConflictError: The idempotency key was used for something else.
    """
    row_id = new_id()
    with access.write(row_id) as connection:
        find(connection, schema.person, person_id, access.reach)
        if (session_id := values.get("session_id")) is not None:
            session = find(connection, schema.session, str(session_id), access.reach)
            if session["person_id"] != person_id:
                raise NotFoundError("that session", "is not of this person", "see their sessions")
        values["person_id"] = person_id
        row = create_in(connection, access, table, key, row_id, **values)
    return unsealed(access.services.sealing, table, row)


def list_about(access: Access, table: Table, person_id: str, after: str, limit: int) -> list[Row]:
    """Rows about a person, the oldest first.

    Raises:
        NotFoundError: There is no such person.
    """
    with access.read() as connection:
        find(connection, schema.person, person_id, access.reach)
        of_person = table.c.person_id == person_id
        rows = list_rows(connection, table, access.reach, of_person, after=after, limit=limit)
    return [unsealed(access.services.sealing, table, row) for row in rows]


def change_row(access: Access, table: Table, row_id: str, **values: object) -> Row:
    """Change some columns of a row; gives it in plain.

    Raises:
        NotFoundError: There is no such row.
        ConflictError: Something unique is there already.
    """
    values = sealed(access.services.sealing, table, row_id, values)
    with access.write(row_id) as connection:
        row = find(connection, table, row_id, access.reach)
        if values:
            row = change(connection, table, row_id, access.reach, **values)
    return unsealed(access.services.sealing, table, row)


def change_goal(access: Access, goal_id: str, **values: object) -> Row:
    """Change a goal; `reached` is true or false.

    Raises:
        NotFoundError: There is no such goal.
    """
    if "reached" in values:
        values["reached_at_us"] = now_us() if values.pop("reached") else None
    return change_row(access, schema.goal, goal_id, **values)


def remove_row(access: Access, table: Table, row_id: str) -> None:
    """Take a row away.

    Raises:
        NotFoundError: There is no such row.
    """
    with access.write(row_id) as connection:
        find(connection, table, row_id, access.reach)
        remove(connection, table, table.c.id == row_id, within(table, access.reach))
