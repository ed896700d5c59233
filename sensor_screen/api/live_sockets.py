"""Sockets that are open, and who may have them open.

A socket is admitted by a one-use ticket, looked at again every minute, and closed at once where its
token is revoked or its account may less (`close_all`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sensor_screen.service.relay_messages import CloseCode

if TYPE_CHECKING:
    from collections.abc import Callable

RECHECK_S = 60.0
"""Seconds: how long a socket may outlive what nobody called `close_all` for."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """Whose socket it is."""

    clinic_id: str
    token_id: str
    account_id: str | None
    stream_id: str
    action: str
    """As in the policy: `socket.relay`, `socket.watch`."""


class RefusedError(Exception):
    """A socket may not be opened, or not stay open.

    Args:
        code: For the closing frame.
        reason: One sentence.
    """

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Doorkeeper(Protocol):
    """Who may open which socket; its methods may block."""

    def admit(self, ticket: str, action: str, stream_id: str) -> Admitted:
        """Use up a ticket.

        Raises:
            RefusedError: 4401: it is none, or not any more; 4403: not for that; 4404: no stream.
        """

    def look_again(self, admitted: Admitted) -> None:
        """Raise RefusedError where it may not stay open."""


class LiveSockets:
    """All sockets of this process; its methods belong into the loop's thread, or say otherwise."""

    def __init__(self) -> None:
        self._open: dict[Callable[[CloseCode, str], None], Admitted] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        return len(self._open)

    def add(self, admitted: Admitted, close: Callable[[CloseCode, str], None]) -> None:
        """A socket is open; `close` ends it soon."""
        self._loop = asyncio.get_running_loop()
        self._open[close] = admitted

    def remove(self, close: Callable[[CloseCode, str], None]) -> None:
        """It is closed."""
        self._open.pop(close, None)

    def close_all(
        self,
        *,
        token_id: str | None = None,
        account_id: str | None = None,
        stream_id: str | None = None,
        code: CloseCode = CloseCode.NOT_ALLOWED,
        reason: str = "Access was withdrawn.",
    ) -> None:
        """Close those of a token, an account or a stream; in any thread."""

        def close_now() -> None:
            for close, admitted in [*self._open.items()]:
                if (
                    (token_id is not None and admitted.token_id == token_id)
                    or (account_id is not None and admitted.account_id == account_id)
                    or (stream_id is not None and admitted.stream_id == stream_id)
                ):
                    close(code, reason)

        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(close_now)


async def look_again_forever(
    doorkeeper: Doorkeeper,
    admitted: Admitted,
    close: Callable[[CloseCode, str], None],
    every_s: float = RECHECK_S,
) -> None:
    """Close a socket whose owner lost the right to it; an error of the store decides nothing."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await asyncio.to_thread(doorkeeper.look_again, admitted)
        except RefusedError as refused:
            close(refused.code, refused.reason)
            return
        except Exception:  # noqa: BLE001, S112 - the database is away: asked again in a minute
            continue
