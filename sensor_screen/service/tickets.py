"""Tickets: how a socket is opened without a token in its address, which would stand in logs.

A ticket is used once, within 30 seconds, for one action on one stream, by whoever holds the token.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sensor_screen.errors import DeniedError
from sensor_screen.service.tokens import actor_of_token
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import now_us, sha256_of
from sensor_screen.storage.database.rows import add, find, find_one, remove

if TYPE_CHECKING:
    from sensor_screen.service.actor import Actor
    from sensor_screen.service.services import Access
    from sensor_screen.storage.database.engine import Database
    from sensor_screen.storage.database.rows import Reach, Row

VALID_S = 30


def issue_ticket(access: Access, action: str, stream_id: str, reach: Reach) -> tuple[str, Row]:
    """A ticket for an action on a stream.

    Args:
        access: Who asks.
        action: Of a socket.
        stream_id: Which stream.
        reach: Of the asker in that action.

    Raises:
        NotFoundError: The stream is not within that reach.
    """
    secret = secrets.token_urlsafe(32)
    table = schema.ticket
    with access.write(stream_id) as connection:
        find(connection, schema.stream, stream_id, reach)
        remove(connection, table, table.c.expires_at_us <= now_us())
        row = add(
            connection,
            table,
            secret_sha256=sha256_of(secret),
            token_id=access.actor.token_id,
            action=action,
            stream_id=stream_id,
            expires_at_us=now_us() + VALID_S * 1_000_000,
        )
    return secret, row


def use_ticket(database: Database, secret: str, action: str, stream_id: str) -> Actor:
    """Who shows a ticket. It is used up, whatever it was shown for.

    Raises:
        DeniedError: It is not known, was used, is over, or is for something else.
    """
    table = schema.ticket
    this = table.c.secret_sha256 == sha256_of(secret)
    with database.write() as connection:
        row = find_one(connection, table, this)
        # Of two who show it at the same moment one removes it.
        first = remove(connection, table, this) == 1
    good = row is not None and first and row["expires_at_us"] > now_us()
    if row is None or not good or (row["action"], row["stream_id"]) != (action, stream_id):
        raise DeniedError(
            "the ticket",
            "is not known, was used, is over or is for something else",
            "ask for a new one (POST /v1/tickets)",
            unknown=True,
        )
    return actor_of_token(database, row["token_id"])
