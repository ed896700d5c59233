"""Who hears that a token has ended, so that nothing stays open that it opened."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

CloseFor = Callable[[str], None]
"""Closes the open sockets of a token; called from any thread, and must not wait."""


class Revocations:
    """Tells listeners in this process; other processes look again by themselves."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listeners: list[CloseFor] = []

    def listen(self, close_for: CloseFor) -> None:
        """Tell this one from now on."""
        with self._lock:
            self._listeners.append(close_for)

    def announce(self, *token_ids: str) -> None:
        """These have ended. Said after it is durable: who looks then sees that they have."""
        with self._lock:
            listeners = tuple(self._listeners)
        for token_id in token_ids:
            for close_for in listeners:
                close_for(token_id)
