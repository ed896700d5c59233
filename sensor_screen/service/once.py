"""Long work under an idempotency key: looked up before it begins, claimed when it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.errors import ConflictError
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import sha256_of
from sensor_screen.storage.database.rows import claim_key, find, find_one

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from sensor_screen.service.services import Access
    from sensor_screen.storage.database.rows import Row


def made_before(access: Access, table: Table, key: str | None, request: object) -> Row | None:
    """What the same request under the same key has made; None where it is new.

    Raises:
        ConflictError: The key was used for another request.
        NotFoundError: What it made is gone.
    """
    if key is None:
        return None
    with access.read() as connection:
        old = find_one(
            connection, schema.idempotency, schema.idempotency.c.id == _key(access, key)[:32]
        )
        if old is None:
            return None
        if old["request_sha256"] != _request(access, key, request):
            raise ConflictError(
                "the Idempotency-Key", "was used for another request", "choose a new one"
            )
        return find(connection, table, old["object_id"], access.reach)


def claim(
    connection: Connection, access: Access, key: str | None, request: object, row_id: str
) -> str:
    """The id under which it is kept: the one given, or of whoever was faster with the same.

    Raises:
        ConflictError: The key was used for another request.
    """
    if key is None:
        return row_id
    claimed, _ = claim_key(connection, _key(access, key), _request(access, key, request), row_id)
    return claimed


def _key(access: Access, key: str) -> str:
    who = access.actor.account_id or access.actor.token_id
    return sha256_of(f"{who}\n{key}")


def _request(access: Access, key: str, request: object) -> str:
    return sha256_of(repr((key, access.action, request)))
