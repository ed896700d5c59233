"""Sockets: who shows a ticket, and whether what is open may still be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.api.policy import reach_of
from sensor_screen.errors import DeniedError, NotFoundError
from sensor_screen.service.tickets import use_ticket
from sensor_screen.service.tokens import actor_of_token
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.rows import find

if TYPE_CHECKING:
    from sensor_screen.service.actor import Actor
    from sensor_screen.service.services import Services
    from sensor_screen.storage.database.rows import Reach


def redeem_ticket(
    services: Services, ticket: str, action: str, stream_id: str
) -> tuple[Actor, Reach]:
    """Who opens a socket, and what is within reach; uses the database, so not on the loop.

    Args:
        services: Behind it.
        ticket: As in the address of the socket. It is used up, whatever comes of it.
        action: `socket.relay` or `socket.watch`.
        stream_id: As in the address of the socket.

    Raises:
        DeniedError: The ticket is not good for that, or what it rests on has ended; `unknown`.
    """
    actor = use_ticket(services.database, ticket, action, stream_id)
    return actor, _reach(services, actor, action, stream_id)


def recheck(services: Services, token_id: str, action: str, stream_id: str) -> tuple[Actor, Reach]:
    """The same of a socket that is open, from time to time: another process may have revoked it.

    Raises:
        DeniedError: It may not be any more.
    """
    actor = actor_of_token(services.database, token_id)
    return actor, _reach(services, actor, action, stream_id)


def _reach(services: Services, actor: Actor, action: str, stream_id: str) -> Reach:
    reach = reach_of(actor, action)
    try:
        if reach is not None:
            with services.database.read() as connection:
                find(connection, schema.stream, stream_id, reach)
            return reach
    except NotFoundError:
        pass
    raise DeniedError(
        "the ticket", "is of somebody who may not do that now", "sign in again", unknown=True
    )
