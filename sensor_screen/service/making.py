"""Rows that a caller makes: of its clinic, and under an idempotency key only once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.service.consent_rule import require_consent
from sensor_screen.service.sealed import sealed
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import new_id, sha256_of
from sensor_screen.storage.database.rows import add, claim_key, find, find_one, within

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from sensor_screen.service.services import Access
    from sensor_screen.storage.database.rows import Row


def create(access: Access, table: Table, key: str | None, **values: object) -> Row:
    """A new row of the caller's clinic; under an idempotency key only once.

    Raises:
        ConflictError: It is there already, or the key was used for something else.
    """
    row_id = new_id()
    with access.write(row_id) as connection:
        return create_in(connection, access, table, key, row_id, **values)


def create_in(
    connection: Connection,
    access: Access,
    table: Table,
    key: str | None,
    row_id: str,
    **values: object,
) -> Row:
    """The same within a transaction that is open already.

    Raises:
        ConflictError: As `create`, or the person has not given the consent that it needs.
    """
    if key is not None:
        who = access.actor.account_id or access.actor.token_id
        # With the key, which is not kept: short texts cannot be guessed by their fingerprints.
        request = repr((key, access.action, sorted(values.items())))
        row_id, is_new = claim_key(
            connection, sha256_of(f"{who}\n{key}"), sha256_of(request), row_id
        )
        if not is_new:
            return find(connection, table, row_id, access.reach)
    require_consent(connection, access.services.settings, table, values)
    values = sealed(access.services.sealing, table, row_id, values)
    return add(connection, table, id=row_id, clinic_id=access.actor.clinic_id, **values)


def person_by_label(connection: Connection, access: Access, label: str) -> Row:
    """The person of a pseudonym, made where there is none."""
    table = schema.person
    found = find_one(connection, table, table.c.label == label, within(table, access.reach))
    return found or add(connection, table, clinic_id=access.actor.clinic_id, label=label)
