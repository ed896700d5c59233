"""The sockets of a stream: `/v1/streams/{id}/relay` writes it, `/v1/streams/{id}/watch` sees it.

Nothing here touches the database in the loop's thread. A relay is pushed back by not reading from
it; a viewer that does not read is cut off.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from sensor_screen.api.live_sockets import (
    RECHECK_S,
    Admitted,
    Doorkeeper,
    LiveSockets,
    RefusedError,
    look_again_forever,
)
from sensor_screen.api.origin import check_origin
from sensor_screen.errors import DeniedError, StorageError
from sensor_screen.service.group_commit import describe_trouble
from sensor_screen.service.live_streams import LiveStreams
from sensor_screen.service.relay_acts import Claim, Close, Say
from sensor_screen.service.relay_connection import RelayConnection
from sensor_screen.service.relay_messages import (
    RETRY_AFTER,
    SUBPROTOCOL,
    CloseCode,
    Trouble,
    TroubleCode,
    closing_reason,
    compact,
)
from sensor_screen.service.relay_session import RelaySession
from sensor_screen.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sensor_screen.service.live_hub import Viewer
    from sensor_screen.service.relay_acts import Act

CLAIM_RETRY_S = 1.0
"""Seconds between attempts of a relay that is connected while the database is away."""

GONE = (RuntimeError, WebSocketDisconnect, OSError)
"""What sending says, one way or another, when nobody is there any more."""
_NOTHING = "Nothing is measured of this stream now."


@dataclass(frozen=True, slots=True)
class LiveDoor:
    """What the sockets need."""

    live: LiveStreams
    doorkeeper: Doorkeeper
    sockets: LiveSockets = field(default_factory=LiveSockets)
    settings: Settings = field(default_factory=Settings)
    recheck_s: float = RECHECK_S
    on_watch: Callable[[Admitted], None] = lambda _: None
    """A view is opened; must not block."""


def live_router(door: LiveDoor) -> APIRouter:
    """The routes of both sockets."""
    router = APIRouter()

    @router.websocket("/v1/streams/{stream_id}/relay")
    async def relay(socket: WebSocket, stream_id: str) -> None:
        async with _admitted(door, socket, "socket.relay", stream_id) as admitted:
            if admitted is not None:
                await RelaySocket(door, socket, admitted).run()

    @router.websocket("/v1/streams/{stream_id}/watch")
    async def watch(socket: WebSocket, stream_id: str) -> None:
        async with _admitted(door, socket, "socket.watch", stream_id) as admitted:
            if admitted is not None:
                door.on_watch(admitted)
                await WatchSocket(door, socket, admitted).run()

    return router


@asynccontextmanager
async def _admitted(
    door: LiveDoor, socket: WebSocket, action: str, stream_id: str
) -> AsyncIterator[Admitted | None]:
    """Accept, so that a code can be told at all; then close again whom nobody admits."""
    offered = socket.scope.get("subprotocols", [])
    try:
        await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
    except GONE:
        yield None
        return
    admitted = None
    try:
        admitted = await _admit(door, socket, action, stream_id)
    except RefusedError as refused:
        await _close(socket, Close(refused.code, closing_reason(refused.reason)))
    except StorageError:
        await _close(socket, Close(CloseCode.OVERLOADED, f"{RETRY_AFTER}{CLAIM_RETRY_S:g}"))
    yield admitted


async def _admit(door: LiveDoor, socket: WebSocket, action: str, stream_id: str) -> Admitted:
    try:
        check_origin(socket, door.settings)
    except DeniedError as denied:
        raise RefusedError(CloseCode.NOT_ALLOWED, str(denied)) from denied
    ticket = socket.query_params.get("ticket", "")
    return await asyncio.to_thread(door.doorkeeper.admit, ticket, action, stream_id)


async def _close(socket: WebSocket, close: Close) -> None:
    with suppress(*GONE):  # the other end was faster
        await socket.close(close.code, close.reason)


class RelaySocket:
    """One relay: what it sends, what it is told, and that it still may."""

    def __init__(self, door: LiveDoor, socket: WebSocket, admitted: Admitted) -> None:
        self._door, self._socket, self._admitted = door, socket, admitted
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._viewer: Viewer | None = None
        self._connection = RelayConnection(
            admitted.stream_id, door.live.commits, RelaySession(), self._changed
        )
        self._claiming: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Until it is closed."""
        live, sockets = self._door.live, self._door.sockets
        close = self._end
        sockets.add(self._admitted, close)
        live.join(self._connection)
        reader = asyncio.create_task(self._read())
        checker = asyncio.create_task(
            look_again_forever(self._door.doorkeeper, self._admitted, close, self._door.recheck_s)
        )
        try:
            await self._write(reader)
        finally:
            for task in (reader, checker, self._claiming):
                if task is not None:
                    task.cancel()
            live.leave(self._connection)
            sockets.remove(close)
            if self._viewer is not None:
                self._viewer.close()

    def _changed(self) -> None:
        self._wake.set()
        self._room.set()

    def _end(self, code: CloseCode, reason: str) -> None:
        self._connection.session.close(code, reason)
        self._changed()

    async def _read(self) -> None:
        """Messages of the relay, as long as there is room for them."""
        connection, receive = self._connection, self._socket.receive
        session = connection.session
        while not session.closed:
            while not connection.may_read and not session.closed:
                self._room.clear()
                await self._room.wait()
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            value = message.get("bytes")
            connection.receive(value if value is not None else message.get("text") or "")
            if session.has_acts:
                self._wake.set()

    async def _write(self, reader: asyncio.Task[None]) -> None:
        """Everything that the relay is told."""
        reader.add_done_callback(lambda _: self._wake.set())
        self._wake.set()
        while True:
            await self._wake.wait()
            self._wake.clear()
            for act in self._connection.take_acts():
                if await self._do(act):
                    return
            if self._viewer is not None and await self._show(self._viewer):
                return
            if reader.done() and not self._connection.session.has_acts:
                return

    async def _do(self, act: Act) -> bool:
        """Whether it was the last."""
        if isinstance(act, Close):
            await _close(self._socket, act)
            return True
        if isinstance(act, Claim):
            self._claiming = asyncio.create_task(self._claim())
        elif isinstance(act, Say):
            return not await _send(self._socket, act.text)
        return False

    async def _claim(self) -> None:
        connection, session = self._connection, self._connection.session
        while not session.closed:
            try:
                durable = await self._door.live.claim(connection.stream_id)
            except StorageError as error:
                connection.trouble(describe_trouble(error, CLAIM_RETRY_S))
                await asyncio.sleep(CLAIM_RETRY_S)
                continue
            session.trouble_over()
            connection.claimed(durable)
            if session.view and not session.closed:
                self._viewer = self._door.live.hub.subscribe(connection.stream_id, self._wake.set)
            self._changed()
            return

    async def _show(self, viewer: Viewer) -> bool:
        """What the service measured; whether it was the last."""
        for text in viewer.take():
            if not await _send(self._socket, text):
                return True
        if viewer.over:
            self._connection.session.close(CloseCode.DONE, "")
            self._wake.set()
        if viewer.too_slow:
            viewer.close()
            self._viewer = None
            behind = Trouble(
                TroubleCode.VIEW_BEHIND, "The view is over: it was not read in time.", 0.0
            )
            return not await _send(self._socket, behind.text)
        return False


class WatchSocket:
    """One viewer."""

    def __init__(self, door: LiveDoor, socket: WebSocket, admitted: Admitted) -> None:
        self._door, self._socket, self._admitted = door, socket, admitted
        self._wake = asyncio.Event()
        self._ending: Close | None = None
        self._looked_up = False

    async def run(self) -> None:
        """Until it is closed."""
        stream_id = self._admitted.stream_id
        close = self._end
        self._door.sockets.add(self._admitted, close)
        viewer = self._door.live.hub.subscribe(stream_id, self._wake.set)
        tasks = [
            asyncio.create_task(self._read()),
            asyncio.create_task(
                look_again_forever(
                    self._door.doorkeeper, self._admitted, close, self._door.recheck_s
                )
            ),
        ]
        try:
            await self._write(viewer)
        finally:
            for task in tasks:
                task.cancel()
            viewer.close()
            self._door.sockets.remove(close)

    def _end(self, code: CloseCode, reason: str) -> None:
        if self._ending is None:
            self._ending = Close(code, closing_reason(reason))
        self._wake.set()

    async def _read(self) -> None:
        """A viewer has nothing to say; what matters is that it is there."""
        message = await self._socket.receive()
        if message["type"] != "websocket.disconnect":
            self._end(CloseCode.BAD_MESSAGE, "A viewer says nothing.")
        else:
            self._end(CloseCode.DONE, "")

    async def _write(self, viewer: Viewer) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._ending is None and viewer.nothing_there:
                await self._look_up(viewer)
            for text in viewer.take():
                if not await _send(self._socket, text):
                    return
            if viewer.too_slow:
                self._end(CloseCode.OVERLOADED, "retry-after=1")
            if viewer.over:
                self._end(CloseCode.DONE, "")
            if self._ending is not None:
                await _close(self._socket, self._ending)
                return

    async def _look_up(self, viewer: Viewer) -> None:
        """The analyst does not look at the stream: it is over, or its relay is not connected."""
        viewer.nothing_there = False
        live = self._door.live
        try:
            is_open, last_text = await live.look_up(viewer.stream_id)
        except StorageError:
            self._end(CloseCode.OVERLOADED, f"{RETRY_AFTER}{CLAIM_RETRY_S:g}")
            return
        if last_text is not None:
            await _send(self._socket, last_text)
            self._end(CloseCode.DONE, "")
        elif is_open and not self._looked_up:
            live.hub.open(viewer)
        else:
            await _send(self._socket, compact(type="note", text=_NOTHING))
        self._looked_up = True


async def _send(socket: WebSocket, text: str) -> bool:
    """Whether the other end is still there."""
    try:
        await socket.send_text(text)
    except Exception:  # noqa: BLE001 - each server has its own error for it
        return False
    return True
