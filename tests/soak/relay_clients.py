"""Simulated phones at the sockets of the service: one loop, many streams.

A phone sends what is due, keeps what is not acknowledged, and comes back after every cut with the
resume protocol. What it sees of acknowledgements is judged on the way.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import picows
from picows import WSFrame, WSListener, WSMsgType, WSTransport

from tests.soak.latencies import Latencies
from tests.soak.service_at import RELAY_PROTOCOL

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    from tests.soak.relay_streams import RelayStream

for _chatty in ("picows", "aiofastnet", "httpx"):
    # They tell of every cut; cuts are counted here.
    logging.getLogger(_chatty).setLevel(logging.CRITICAL)

AWAY = (OSError, picows.WSError, httpx.HTTPError, RuntimeError, asyncio.TimeoutError)
"""The service, or the way to it, is not there."""
_BACK_OFF_S = (0.05, 1.0)


@dataclass(slots=True)
class RelayFigures:
    """What all phones saw."""

    ack: Latencies = field(default_factory=Latencies)
    """First sending of a frame to the acknowledgement that covers it."""
    due: Latencies = field(default_factory=Latencies)
    """The same from when the frame was there to be sent."""
    late: Latencies = field(default_factory=Latencies)
    """From there to its first sending: by this generator, push-back or a cut."""
    sent: int = 0
    """Frames, those sent again included."""
    sent_bytes: int = 0
    again: int = 0
    connections: int = 0
    closed: Counter[int] = field(default_factory=Counter)
    """Close codes; 0: cut without one."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Sentences with which a stream was refused."""
    troubles: Counter[str] = field(default_factory=Counter)
    failed_tickets: int = 0
    acked_lost: int = 0
    """Frames that were acknowledged, and asked for again."""
    marks_lost: int = 0
    acked_unsent: int = 0
    """Acknowledged before they were sent."""
    acked_back: int = 0
    """Acknowledgements lower than one before."""
    acked_in_trouble: int = 0
    """Frames acknowledged between a trouble of the storage and its end."""

    @property
    def faults(self) -> int:
        """What must not be."""
        return self.acked_lost + self.marks_lost + self.acked_unsent + self.acked_back


class Phone:
    """One stream.

    Args:
        content: Its frames.
        figures: Where it counts.
        address: Gives the address of the socket, with a fresh ticket.
        trusted: Certificate of the service.
        view: Whether it asks for live events.
    """

    def __init__(
        self,
        content: RelayStream,
        figures: RelayFigures,
        address: Callable[[], Awaitable[str]],
        trusted: ssl.SSLContext | None,
        *,
        view: bool = False,
    ) -> None:
        self.content, self.figures = content, figures
        self.address, self._trusted, self._view = address, trusted, view
        self.begin_s = 0.0
        """Monotonic time at which frame 0 is due."""
        self.rate = float(content.frames_per_second)
        """Frames that come due in a second."""
        self.made = 0
        """Frames that are there to be sent."""
        self.total: int | None = None
        """Frames of the whole stream, once that is known."""
        self.next_frame = self.next_mark = 0
        self.acked = self.acked_marks = 0
        self.acked_s = 0.0
        """Time of the last acknowledgement of anything new."""
        self.sent_s = array("d")
        """Time of the first sending of each frame."""
        self.finished = asyncio.Event()
        self.in_trouble = False
        self._window_frames = self._window_bytes = 0
        self._transport: WSTransport | None = None
        self._held = self._told_finish = False
        self._dice = random.Random(content.number)  # noqa: S311

    # --- connection -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, and again after each cut, until everything is acknowledged as finished."""
        wait_s = _BACK_OFF_S[0]
        while not self.finished.is_set():
            try:
                transport = await self._connect()
            except AWAY:
                self.figures.failed_tickets += 1
            else:
                was = self.acked
                try:
                    await transport.wait_disconnected()
                finally:
                    transport.disconnect(graceful=False)
                if self.acked > was:
                    wait_s = _BACK_OFF_S[0]
            if not self.finished.is_set():
                await asyncio.sleep(wait_s * self._dice.uniform(0.5, 1.0))
                wait_s = min(2.0 * wait_s, _BACK_OFF_S[1])

    async def _connect(self) -> WSTransport:
        address = await asyncio.wait_for(self.address(), 10.0)
        transport, _ = await picows.ws_connect(
            lambda: _PhoneListener(self),
            address,
            ssl_context=self._trusted,
            extra_headers={"Sec-WebSocket-Protocol": RELAY_PROTOCOL},
            enable_auto_ping=True,
            auto_ping_idle_timeout=5.0,
            auto_ping_reply_timeout=5.0,
        )
        return transport

    def connected(self, transport: WSTransport) -> None:
        """Say hello; nothing goes before it."""
        self._transport, self._held, self._told_finish = transport, False, False
        self._window_frames = 0
        self.in_trouble = False
        self.figures.connections += 1
        hello: dict[str, Any] = {"type": "hello", "protocol": 1, "next_sequence": self.acked}
        if not self._view:
            hello["view"] = False
        self._say(hello)

    def cut(self, transport: WSTransport, code: int, reason: str) -> None:
        """The connection is over."""
        self.figures.closed[code] += 1
        if reason:
            self.figures.reasons[f"{code} {reason}"] += 1
        if self._transport is transport:
            self._transport = None

    def hold(self, transport: WSTransport, *, held: bool) -> None:
        """The service does not read fast enough, or does again."""
        if self._transport is transport:
            self._held = held
            self.pump()

    def finish(self) -> None:
        """No more frames will come than there are."""
        self.total = self.made
        self.pump()

    # --- what the service says --------------------------------------------------------------------

    def hear(self, transport: WSTransport, said: dict[str, Any]) -> None:
        """One message."""
        if transport is not self._transport:
            return
        kind = said.get("type")
        if kind == "ack":
            self._hear_ack(int(said["next_sequence"]), int(said.get("marks", self.acked_marks)))
        elif kind == "resume":
            self._hear_resume(said)
        elif kind == "trouble":
            self.in_trouble = True
            self.figures.troubles[f"{said.get('code')}: {said.get('detail')}"] += 1
        elif kind == "trouble_over":
            self.in_trouble = False
        elif kind == "finished":
            self._hear_ack(int(said["next_sequence"]), self.next_mark)
            self.finished.set()
            transport.send_close(picows.WSCloseCode.OK)

    def _hear_resume(self, said: dict[str, Any]) -> None:
        frames, marks = int(said["next_sequence"]), int(said["marks"])
        self.figures.acked_lost += max(0, self.acked - frames)
        self.figures.marks_lost += max(0, self.acked_marks - marks)
        self.figures.acked_unsent += max(0, frames - len(self.sent_s))
        self._window_frames = int(said["window_frames"])
        self._window_bytes = int(said["window_bytes"])
        self._cover(frames)
        self.acked, self.acked_marks = frames, marks
        self.next_frame, self.next_mark = frames, marks
        self.pump()

    def _hear_ack(self, frames: int, marks: int) -> None:
        figures = self.figures
        figures.acked_unsent += max(0, frames - self.next_frame)
        figures.acked_back += frames < self.acked or marks < self.acked_marks
        if self.in_trouble:
            figures.acked_in_trouble += max(0, frames - self.acked)
        self._cover(min(frames, len(self.sent_s)))
        self.acked, self.acked_marks = max(self.acked, frames), max(self.acked_marks, marks)
        self.pump()

    def _cover(self, frames: int) -> None:
        now_s, rate = time.monotonic(), self.rate
        add_ack, add_due = self.figures.ack.add, self.figures.due.add
        if frames > self.acked:
            self.acked_s = now_s
        for frame in range(self.acked, min(frames, len(self.sent_s))):
            add_ack(now_s - self.sent_s[frame])
            add_due(now_s - self.begin_s - frame / rate)

    # --- what is sent -----------------------------------------------------------------------------

    def pump(self) -> None:
        """Send what is there, as far as the window allows."""
        transport = self._transport
        if transport is None or not self._window_frames:
            return
        content, figures = self.content, self.figures
        while self.next_frame < self.made and not self._held and self._has_room():
            frame = content.frame(self.next_frame)
            now_s = time.monotonic()
            if self.next_frame == len(self.sent_s):
                self.sent_s.append(now_s)
                due_s = self.begin_s + self.next_frame / self.rate
                figures.late.add(now_s - due_s)
            else:
                figures.again += 1
            self.next_frame += 1
            figures.sent += 1
            figures.sent_bytes += len(frame)
            transport.send(WSMsgType.BINARY, frame)
            if self.next_mark < content.marks_within(self.next_frame):
                self._send_marks()
        if self.next_frame == self.total and not self._told_finish and not self._held:
            self._told_finish = True
            self._say({"type": "finish", "frames": self.total, "marks": self.next_mark})

    def _has_room(self) -> bool:
        waiting = self.next_frame - self.acked
        return waiting < self._window_frames and waiting * 512 < self._window_bytes

    def _send_marks(self) -> None:
        while self.next_mark < self.content.marks_within(self.next_frame):
            at_us, name, text = self.content.mark(self.next_mark)
            mark = {"number": self.next_mark, "at_us": at_us, "name": name, "text": text}
            self._say({"type": "mark", **mark})
            self.next_mark += 1

    def _say(self, message: dict[str, Any]) -> None:
        assert self._transport is not None
        self._transport.send(WSMsgType.TEXT, json.dumps(message, separators=(",", ":")).encode())


class _PhoneListener(WSListener):  # type: ignore[misc]
    def __init__(self, phone: Phone) -> None:
        super().__init__()
        self._phone = phone
        self._transport: WSTransport | None = None
        self._closed = (0, "")

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._phone.connected(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            self._phone.hear(transport, json.loads(frame.get_payload_as_memoryview().tobytes()))
        elif frame.msg_type == WSMsgType.CLOSE:
            self._closed = close_of(frame)
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._phone.cut(transport, *self._closed)

    def pause_writing(self) -> None:
        if self._transport is not None:
            self._phone.hold(self._transport, held=True)

    def resume_writing(self) -> None:
        if self._transport is not None:
            self._phone.hold(self._transport, held=False)


def close_of(frame: WSFrame) -> tuple[int, str]:
    """Code and sentence of a closing frame."""
    value = bytes(frame.get_payload_as_bytes())
    if len(value) < 2:
        return 1005, ""
    return int.from_bytes(value[:2], "big"), value[2:].decode(errors="replace")


# --- the clock of all -----------------------------------------------------------------------------


async def make_frames(
    phones: list[Phone],
    frames: int | None = None,
    *,
    speed: float = 1.0,
    spread_s: float = 0.0,
) -> None:
    """Let frames come due at their rate, evenly over all phones, until all have so many.

    Args:
        phones: All of one rate.
        frames: Of each; None: for ever, until cancelled.
        speed: Times as fast as their own clocks.
        spread_s: The phones begin evenly over so many seconds; 0: all at once.
    """
    size = len(phones)
    rate = phones[0].content.frames_per_second * speed * size
    begin_s = time.monotonic()
    waits = [int(at * spread_s * rate / size**2) for at in range(size)]
    """Whole rounds over all phones before the first frame of each."""
    for at, phone in enumerate(phones):
        phone.rate = rate / size
        phone.begin_s = begin_s + (waits[at] * size + at) / rate
    made, total = 0, None if frames is None else (frames + max(waits)) * size
    while total is None or made < total:
        due = int((time.monotonic() - begin_s) * rate)
        # In small parts: acknowledgements wait in the same loop.
        until = min(due, made + 256) if total is None else min(due, made + 256, total)
        for turn in range(made, until):
            phone = phones[turn % size]
            if turn // size < waits[turn % size] or phone.made == frames:
                continue
            phone.made += 1
            if phone.made == frames:
                phone.total = frames
            phone.pump()
        made = until
        behind = made < due and made != total
        await asyncio.sleep(0 if behind else 0.001)
