"""Tokens and streams that end while somebody uses them: sockets close, what is held is dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Ended:
    """What has ended; it is so in the database already."""

    token_ids: tuple[str, ...] = ()
    """Sockets that were opened with them close."""
    stream_ids: tuple[str, ...] = ()
    """Streams that are gone: their sockets close, and what is held of them is dropped."""


class Endings:
    """Who wants to hear of it, in this process."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Ended], None]] = []

    def listen(self, listener: Callable[[Ended], None]) -> None:
        """Call it with everything that ends, in the thread that ended it; it must not wait."""
        self._listeners.append(listener)

    def tell(self, ended: Ended) -> None:
        """Something has ended."""
        for listener in self._listeners:
            try:
                listener(ended)
            except Exception as error:  # noqa: BLE001 - the others hear of it all the same
                structlog.get_logger().error("an ending was not heard", exc_info=error)
