"""Tickets for sockets."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from sensor_screen.api.forms import Form, Id, Shown, time_of
from sensor_screen.api.policy import reach_of
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.errors import DeniedError
from sensor_screen.service import tickets

router = make_router("streams")


class SocketAction(StrEnum):
    """What a socket is for."""

    RELAY = "socket.relay"
    WATCH = "socket.watch"


class NewTicket(Form):
    """Which socket is to be opened."""

    action: SocketAction
    stream_id: Id


class Ticket(Shown):
    """Opens one socket, once, within half a minute: `?ticket=` in its address."""

    ticket: str = Field(examples=["kDdc0lXkAvbC..."])
    expires_at: datetime


@router.post("/tickets", operation_id="tickets.create", status_code=201, responses=responses(404))
def create_ticket(form: NewTicket, access: Allowed) -> Ticket:
    """A ticket for a socket, so that no token stands in an address."""
    reach = reach_of(access.actor, form.action)
    if reach is None:
        raise DeniedError(
            f"role {access.actor.role.value}",
            f"may not do {form.action.value}",
            "sign in with another account",
        )
    secret, row = tickets.issue_ticket(access, form.action.value, form.stream_id, reach)
    return Ticket(ticket=secret, expires_at=time_of(row["expires_at_us"]))
