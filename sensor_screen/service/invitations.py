"""Invitations: one-time codes that make an account."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sensor_screen.errors import DeniedError, UsageError
from sensor_screen.service.actor import Role
from sensor_screen.service.tokens import DAY_US
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import now_us, sha256_of
from sensor_screen.storage.database.rows import add, change_where, find, find_one

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sensor_screen.service.services import Access
    from sensor_screen.storage.database.rows import Row

VALID_US = 3 * DAY_US
"""Over a weekend."""
MAY_INVITE = {
    Role.OWNER: frozenset({Role.OWNER, Role.THERAPIST, Role.ATHLETE}),
    Role.THERAPIST: frozenset({Role.ATHLETE}),
}
"""An owner can make owners: a clinic with one is one lost password away from having none."""


def add_invitation(
    connection: Connection,
    clinic_id: str | None,
    role: Role,
    person_id: str | None,
    valid_us: int,
) -> tuple[str, Row]:
    """A code of 128 bits, and its row, which has only the hash."""
    code = secrets.token_urlsafe(16)
    row = add(
        connection,
        schema.invitation,
        clinic_id=clinic_id,
        code_sha256=sha256_of(code),
        role=role.value,
        person_id=person_id,
        expires_at_us=now_us() + valid_us,
    )
    return code, row


def invite(access: Access, role: Role, person_id: str | None) -> tuple[str, Row]:
    """Invite somebody into the clinic.

    Raises:
        DeniedError: Not into that role.
        UsageError: An athlete is invited without a person, or somebody else with one.
        NotFoundError: There is no such person.
    """
    if role not in MAY_INVITE.get(access.actor.role, frozenset()):
        raise DeniedError(
            f"role {access.actor.role.value}", f"may not invite as {role.value}", "ask an owner"
        )
    check_person(role, person_id)
    with access.services.database.write() as connection:
        if person_id is not None:
            find(connection, schema.person, person_id, access.reach)
        code, row = add_invitation(connection, access.actor.clinic_id, role, person_id, VALID_US)
        access.note(connection, row["id"])
    return code, row


def check_person(role: Role, person_id: str | None) -> None:
    """Athletes are linked to a person, others to none; programs and phones sign in otherwise.

    Raises:
        UsageError: It is not so.
    """
    if role in {Role.RELAY, Role.INTEGRATION}:
        raise UsageError(f"role {role.value}", "has no account", "pair a phone, or make a key")
    if role is Role.ATHLETE and person_id is None:
        raise UsageError("an athlete", "has no person", "say whose sessions the account sees")
    if role is not Role.ATHLETE and person_id is not None:
        raise UsageError(f"role {role.value}", "is of no one person", "leave the person out")


def open_invitation(connection: Connection, code: str) -> Row:
    """An invitation that can be used.

    Raises:
        DeniedError: It is not known, used or over; not said which.
    """
    table = schema.invitation
    row = find_one(connection, table, table.c.code_sha256 == sha256_of(code))
    if row is None or row["used_at_us"] or row["expires_at_us"] <= now_us():
        raise _not_valid()
    return row


def use_up(connection: Connection, row: Row) -> None:
    """Nobody can use it again.

    Raises:
        DeniedError: Somebody else just did.
    """
    table = schema.invitation
    unused = (table.c.id == row["id"], table.c.used_at_us.is_(None))
    if change_where(connection, table, *unused, used_at_us=now_us()) != 1:
        raise _not_valid()


def _not_valid() -> DeniedError:
    return DeniedError(
        "the code", "is not known, was used or is over", "ask for a new link", unknown=True
    )
