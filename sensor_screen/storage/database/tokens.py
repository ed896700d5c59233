"""Tokens with what decides whether they are still good: account and stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from sensor_screen.storage.database import schema

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from sensor_screen.storage.database.rows import Row

token, account, stream = schema.token, schema.account, schema.stream
_EVERYTHING = (
    select(
        token,
        account.c.person_id,
        account.c.disabled_at_us,
        stream.c.state.label("stream_state"),
    )
    .outerjoin(account, account.c.id == token.c.account_id)
    .outerjoin(stream, stream.c.id == token.c.stream_id)
)


def token_by_secret(connection: Connection, secret_sha256: str) -> Row | None:
    """The token of a secret, with its account and the state of its stream."""
    return _first(connection, token.c.secret_sha256 == secret_sha256)


def token_by_id(connection: Connection, token_id: str) -> Row | None:
    """The same by its id."""
    return _first(connection, token.c.id == token_id)


def living_tokens(connection: Connection, *where: ColumnElement[bool]) -> list[str]:
    """Ids of tokens that nobody has revoked and that meet a condition."""
    query = select(token.c.id).where(token.c.revoked_at_us.is_(None), *where)
    return [str(row[0]) for row in connection.execute(query)]


def _first(connection: Connection, where: ColumnElement[bool]) -> Row | None:
    row = connection.execute(_EVERYTHING.where(where)).mappings().first()
    return None if row is None else dict(row)
