"""People who sign in: the owner of a clinic, therapists, athletes; and the tokens of all."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select, update

from sensor_screen.errors import DeniedError
from sensor_screen.service.actor import Actor, Role
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import new_id, now_us, sha256_of
from sensor_screen.storage.database.rows import add, find_one, remove

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sensor_screen.service.services import Access
    from sensor_screen.storage.database.engine import Database
    from sensor_screen.storage.database.rows import Row

TOKEN_PREFIX = "ss_"  # noqa: S105 - what tokens begin with, so that they are found in texts
DAY_US = 86_400_000_000


def identify(database: Database, secret: str) -> Actor:
    """Who a token is of.

    Raises:
        DeniedError: Nobody, or not any more.
    """
    token, account = schema.token, schema.account
    query = (
        select(token, account.c.person_id, account.c.disabled_at_us)
        .outerjoin(account, account.c.id == token.c.account_id)
        .where(token.c.secret_sha256 == sha256_of(secret))
    )
    with database.read() as connection:
        row = connection.execute(query).mappings().first()
    ended = row is None or row["revoked_at_us"] or row["disabled_at_us"]
    if row is None or ended or (row["expires_at_us"] or now_us() + 1) <= now_us():
        raise DeniedError(
            "the token",
            "is missing" if not secret else "is not known, or not valid any more",
            "sign in again",
            unknown=True,
        )
    return Actor(
        clinic_id=row["clinic_id"],
        role=Role(row["role"]),
        token_id=row["id"],
        account_id=row["account_id"],
        person_id=row["person_id"],
        stream_id=row["stream_id"],
    )


def issue_token(
    connection: Connection,
    *,
    clinic_id: str,
    role: Role,
    kind: str,
    label: str,
    account_id: str | None = None,
    stream_id: str | None = None,
    valid_us: int | None = None,
) -> tuple[str, Row]:
    """A new token; its secret is told once and not kept."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = add(
        connection,
        schema.token,
        clinic_id=clinic_id,
        account_id=account_id,
        kind=kind,
        role=role.value,
        secret_sha256=sha256_of(secret),
        label=label,
        stream_id=stream_id,
        expires_at_us=None if valid_us is None else now_us() + valid_us,
    )
    return secret, row


# --- signing in ----------------------------------------------------------------------------------

SETUP_VALID_US = 7 * DAY_US


def offer_set_up(database: Database) -> str | None:
    """A code for the first owner; None where there is one already. An older code ends."""
    with database.write() as connection:
        if find_one(connection, schema.account) is not None:
            return None
        remove(connection, schema.invitation, schema.invitation.c.clinic_id.is_(None))
        return invite(connection, None, Role.OWNER, None, SETUP_VALID_US)


def invite(
    connection: Connection,
    clinic_id: str | None,
    role: Role,
    person_id: str | None,
    valid_us: int,
) -> str:
    """A one-time code that makes an account."""
    code = secrets.token_urlsafe(16)
    add(
        connection,
        schema.invitation,
        clinic_id=clinic_id,
        code_sha256=sha256_of(code),
        role=role.value,
        person_id=person_id,
        expires_at_us=now_us() + valid_us,
    )
    return code


def _redeem(connection: Connection, code: str) -> Row:
    """Use an invitation up.

    Raises:
        DeniedError: It is not known, used or over.
    """
    table = schema.invitation
    row = find_one(connection, table, table.c.code_sha256 == sha256_of(code))
    if row is None or row["used_at_us"] or row["expires_at_us"] <= now_us():
        raise DeniedError(
            "the code", "is not known, was used or is over", "ask for a new link", unknown=True
        )
    connection.execute(update(table).where(table.c.id == row["id"]).values(used_at_us=now_us()))
    return row


def set_up(access: Access, code: str, login: str, password: str, clinic_name: str) -> str:
    """The first owner with the clinic; gives a token.

    Raises:
        DeniedError: The code is not valid.
        ConflictError: The login is taken.
    """
    hashed = _HASHER.hash(password)
    clinic_id = new_id()
    with access.write(clinic_id) as connection:
        row = _redeem(connection, code)
        if row["clinic_id"] is not None:
            raise DeniedError("the code", "is for joining a clinic", "use its own link")
        add(connection, schema.clinic, id=clinic_id, name=clinic_name)
        return _add_account(access, connection, clinic_id, login, hashed, row)


def _add_account(
    access: Access, connection: Connection, clinic_id: str, login: str, hashed: str, row: Row
) -> str:
    account = add(
        connection,
        schema.account,
        clinic_id=clinic_id,
        login=login.lower(),
        password_hash=hashed,
        role=row["role"],
        person_id=row["person_id"],
    )
    secret, _ = issue_token(
        connection,
        clinic_id=clinic_id,
        role=Role(row["role"]),
        kind="session",
        label="first sign-in",
        account_id=account["id"],
        valid_us=access.services.settings.session_days * DAY_US,
    )
    return secret


def sign_in(access: Access, login: str, password: str) -> tuple[str, Role]:
    """A token for login and password.

    Raises:
        DeniedError: They do not belong together; not said which.
    """
    with access.read() as connection:
        found = find_one(connection, schema.account, schema.account.c.login == login.lower())
    hashed = found["password_hash"] if found else _NOBODY
    try:
        _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        found = None
    if found is None or found["disabled_at_us"]:
        raise DeniedError(
            "login and password", "do not belong together", "check both", unknown=True
        )
    role = Role(found["role"])
    with access.write(found["id"]) as connection:
        secret, _ = issue_token(
            connection,
            clinic_id=found["clinic_id"],
            role=role,
            kind="session",
            label="sign-in",
            account_id=found["id"],
            valid_us=access.services.settings.session_days * DAY_US,
        )
    return secret, role


def revoke(access: Access, token_id: str) -> None:
    """A token ends."""
    table = schema.token
    with access.write(token_id) as connection:
        connection.execute(
            update(table).where(table.c.id == token_id).values(revoked_at_us=now_us())
        )


_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))
"""Checked where there is no such login, so that it takes as long."""
