"""Tokens: of who signed in, of other programs (keys) and of paired phones."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sensor_screen.errors import DeniedError, NotFoundError
from sensor_screen.service.actor import Actor, Role
from sensor_screen.service.endings import Ended
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import now_us, sha256_of
from sensor_screen.storage.database.rows import add, change_where, find, list_rows
from sensor_screen.storage.database.tokens import living_tokens, token_by_id, token_by_secret

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from sensor_screen.service.services import Access
    from sensor_screen.storage.database.engine import Database
    from sensor_screen.storage.database.rows import Row

TOKEN_PREFIX = "ss_"  # noqa: S105 - what tokens begin with, so that they are found in texts
DAY_US = 86_400_000_000
ENDED_STREAMS = frozenset({"folded", "failed"})
"""States in which nothing is taken any more."""


def identify(database: Database, secret: str) -> Actor:
    """Who a token is of.

    The secret is looked up by its hash: how long that takes tells about the hash of a guess, from
    which nothing follows for the next guess.

    Raises:
        DeniedError: Nobody, or not any more.
    """
    with database.read() as connection:
        row = token_by_secret(connection, sha256_of(secret))
    return _actor_of(row, "is not known, or not valid any more" if secret else "is missing")


def actor_of_token(database: Database, token_id: str) -> Actor:
    """Who a token is of now, by its id: for what stays open for long.

    Raises:
        DeniedError: It has ended.
    """
    with database.read() as connection:
        return _actor_of(token_by_id(connection, token_id), "is not valid any more")


def _actor_of(row: Row | None, problem: str) -> Actor:
    if row is None or row["revoked_at_us"] or row["disabled_at_us"] or _is_over(row):
        raise DeniedError("the token", problem, "sign in again", unknown=True)
    of_stream = row["kind"] == "relay"
    if of_stream and row["stream_state"] in {None, *ENDED_STREAMS}:
        raise DeniedError(
            "the token", "is of a stream that has ended", "pair for the next one", unknown=True
        )
    return Actor(
        clinic_id=row["clinic_id"],
        role=Role(row["role"]),
        token_id=row["id"],
        # A phone ends with the account that paired it, but it is not that account.
        account_id=None if of_stream else row["account_id"],
        person_id=None if of_stream else row["person_id"],
        stream_id=row["stream_id"],
    )


def _is_over(row: Row) -> bool:
    return row["expires_at_us"] is not None and row["expires_at_us"] <= now_us()


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


def end_tokens(connection: Connection, *where: ColumnElement[bool]) -> list[str]:
    """Revoke tokens; gives their ids, to be announced when the transaction has ended."""
    ended = living_tokens(connection, *where)
    for token_id in ended:
        change_where(
            connection, schema.token, schema.token.c.id == token_id, revoked_at_us=now_us()
        )
    return ended


def sign_out(access: Access) -> None:
    """The token of this request ends, and so do the sockets that it opened."""
    token_id = access.actor.token_id
    with access.write(token_id) as connection:
        end_tokens(connection, schema.token.c.id == token_id)
    access.services.endings.tell(Ended(token_ids=(token_id,)))


# --- keys of other programs ----------------------------------------------------------------------


def create_key(access: Access, label: str, valid_days: int) -> tuple[str, Row]:
    """A key that reads the clinic; its secret is told once."""
    with access.services.database.write() as connection:
        secret, row = issue_token(
            connection,
            clinic_id=access.actor.clinic_id,
            role=Role.INTEGRATION,
            kind="key",
            label=label,
            valid_us=valid_days * DAY_US,
        )
        access.note(connection, row["id"])
    return secret, row


def list_keys(access: Access, after: str, limit: int) -> list[Row]:
    """Keys of the clinic, also those that have ended."""
    kind = schema.token.c.kind == "key"
    with access.read() as connection:
        return list_rows(connection, schema.token, access.reach, kind, after=after, limit=limit)


def revoke_key(access: Access, key_id: str) -> None:
    """A key ends; again is no error.

    Raises:
        NotFoundError: There is none.
    """
    with access.write(key_id) as connection:
        if find(connection, schema.token, key_id, access.reach)["kind"] != "key":
            raise NotFoundError(f"key {key_id!r}", "is not there", "see the list of keys")
        ended = end_tokens(connection, schema.token.c.id == key_id)
    access.services.endings.tell(Ended(token_ids=tuple(ended)))
