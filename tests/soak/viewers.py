"""Simulated viewers of live streams: what they see, and how late."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import picows
from picows import WSFrame, WSListener, WSMsgType, WSTransport

from tests.soak.latencies import Latencies
from tests.soak.relay_clients import AWAY, close_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    from tests.soak.relay_clients import Phone

_SETTLED_S = 12.0
"""Before, a receiver's clock is some 20 ms off, and a time is not surely that of one frame."""


@dataclass(slots=True)
class ViewFigures:
    """What all viewers saw."""

    angle: Latencies = field(default_factory=Latencies)
    """First sending of the frame with a sample to the event with its time."""
    events: Counter[str] = field(default_factory=Counter)
    valid_angles: int = 0
    unsent: int = 0
    """Angles of a time that was not sent yet."""
    earlier: int = 0
    """Angles of a time before the first one heard, such as all of before calibration."""
    pictures: int = 0
    """Beside the first of a connection: instead of events, where the view is behind."""
    behind_s: float = 0.0
    """Most that a view said of itself."""
    silence_s: float = 0.0
    """Longest time between two angles at one viewer."""
    closed: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


class Viewer:
    """One who watches one stream.

    Args:
        phone: Of the stream.
        figures: Where it counts.
        address: Gives the address of the socket, with a fresh ticket.
        trusted: Certificate of the service.
    """

    def __init__(
        self,
        phone: Phone,
        figures: ViewFigures,
        address: Callable[[], Awaitable[str]],
        trusted: ssl.SSLContext | None,
    ) -> None:
        self._phone, self._figures = phone, figures
        self.address, self._trusted = address, trusted
        self._newest_s: float | None = None
        """Time of the newest angle; before the first, of what had been sent then."""
        self._pictures, self._heard_s = 0, float("nan")

    async def run(self) -> None:
        """Watch until cancelled or until the stream has become a recording."""
        while True:
            listener = _ViewListener(self)
            self._pictures, self._heard_s = 0, float("nan")
            try:
                transport, _ = await picows.ws_connect(
                    lambda one=listener: one,
                    await self.address(),
                    ssl_context=self._trusted,
                )
            except AWAY:
                pass
            else:
                try:
                    await transport.wait_disconnected()
                finally:
                    transport.disconnect(graceful=False)
            if self._phone.finished.is_set():
                return
            await asyncio.sleep(0.2)

    def hear(self, event: dict[str, Any]) -> None:
        """One message."""
        figures, kind = self._figures, str(event.get("type"))
        figures.events[kind] += 1
        figures.behind_s = max(figures.behind_s, float(event.get("behind_s") or 0.0))
        if kind == "picture":
            figures.pictures += self._pictures > 0
            self._pictures += 1
        elif kind == "angle" and event.get("time_s") is not None:
            figures.valid_angles += bool(event.get("valid"))
            self._hear_angle(float(event["time_s"]), time.monotonic())

    def _hear_angle(self, time_s: float, now_s: float) -> None:
        figures, sent_s = self._figures, self._phone.sent_s
        content = self._phone.content
        if math.isfinite(self._heard_s) and not self._phone.finished.is_set():
            figures.silence_s = max(figures.silence_s, now_s - self._heard_s)
        self._heard_s = now_s
        if self._newest_s is None:
            self._newest_s = max(_SETTLED_S, content.end_s(len(sent_s)))
        if time_s <= self._newest_s:
            figures.earlier += 1
            return
        self._newest_s = time_s
        frame = content.frame_of(time_s)
        if frame < len(sent_s):
            figures.angle.add(now_s - sent_s[frame])
        else:
            figures.unsent += 1

    def cut(self, code: int, reason: str) -> None:
        """The connection is over."""
        self._figures.closed[code] += 1
        if reason:
            self._figures.reasons[f"{code} {reason}"] += 1


class _ViewListener(WSListener):  # type: ignore[misc]
    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._closed = (0, "")

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            self._viewer.hear(json.loads(frame.get_payload_as_memoryview().tobytes()))
        elif frame.msg_type == WSMsgType.CLOSE:
            self._closed = close_of(frame)
            transport.disconnect()

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        self._viewer.cut(*self._closed)
