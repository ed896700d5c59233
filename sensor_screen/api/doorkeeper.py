"""Who may open a socket, and keep it open: by tickets and the policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.api.live_sockets import Admitted, RefusedError
from sensor_screen.api.tickets import recheck, redeem_ticket
from sensor_screen.errors import DeniedError
from sensor_screen.service.relay_messages import CloseCode

if TYPE_CHECKING:
    from sensor_screen.api.live_sockets import LiveSockets
    from sensor_screen.service.endings import Ended
    from sensor_screen.service.services import Services


class TicketDoorkeeper:
    """Admits whoever shows a good ticket; its methods use the database.

    Args:
        services: Behind it.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def admit(self, ticket: str, action: str, stream_id: str) -> Admitted:
        """Use up a ticket.

        Raises:
            RefusedError: 4401: it is none, or not for that, or not any more.
        """
        try:
            actor, _ = redeem_ticket(self._services, ticket, action, stream_id)
        except DeniedError as error:
            raise RefusedError(CloseCode.BAD_TICKET, str(error)) from error
        return Admitted(
            clinic_id=actor.clinic_id,
            token_id=actor.token_id,
            account_id=actor.account_id,
            stream_id=stream_id,
            action=action,
        )

    def look_again(self, admitted: Admitted) -> None:
        """Look again at a socket that is open.

        Raises:
            RefusedError: 4403: it may not stay open.
        """
        try:
            recheck(self._services, admitted.token_id, admitted.action, admitted.stream_id)
        except DeniedError as error:
            raise RefusedError(CloseCode.NOT_ALLOWED, str(error)) from error


def close_with_endings(services: Services, sockets: LiveSockets) -> None:
    """Sockets close at once when the token or the stream that they rest on has ended."""

    def close(ended: Ended) -> None:
        for token_id in ended.token_ids:
            sockets.close_all(token_id=token_id)
        for stream_id in ended.stream_ids:
            sockets.close_all(stream_id=stream_id)

    services.endings.listen(close)
