"""Who may open a socket, by the tickets and the policy of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.api.live_sockets import Admitted, RefusedError
from sensor_screen.api.tickets import recheck, redeem_ticket
from sensor_screen.errors import DeniedError
from sensor_screen.service.relay_messages import CloseCode

if TYPE_CHECKING:
    from sensor_screen.service.services import Services


class TicketDoorkeeper:
    """Admits by one-use tickets; asks the database, so never in the thread of the loop.

    Args:
        services: Behind the API.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def admit(self, ticket: str, action: str, stream_id: str) -> Admitted:
        """As `Doorkeeper`."""
        try:
            actor, _ = redeem_ticket(self._services, ticket, action, stream_id)
        except DeniedError as denied:
            raise RefusedError(CloseCode.BAD_TICKET, str(denied)) from denied
        return Admitted(actor.clinic_id, actor.token_id, actor.account_id, stream_id, action)

    def look_again(self, admitted: Admitted) -> None:
        """As `Doorkeeper`."""
        try:
            recheck(self._services, admitted.token_id, admitted.action, admitted.stream_id)
        except DeniedError as denied:
            raise RefusedError(CloseCode.NOT_ALLOWED, str(denied)) from denied
