"""The sockets of live streams on a real server and a real database, in a thread of the test."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from fastapi import FastAPI
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from sensor_screen.api.live_relay import LiveDoor, live_router
from sensor_screen.api.live_sockets import Admitted, LiveSockets, RefusedError
from sensor_screen.service.live_streams import LiveStreams
from sensor_screen.service.relay_messages import SUBPROTOCOL, CloseCode
from sensor_screen.storage.objects import open_objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sensor_screen.service.durable_streams import DurableStreams
    from sensor_screen.service.group_commit import GroupCommitParams
    from sensor_screen.service.live_hub import Analyst, LiveHub
    from sensor_screen.service.relay_client import RelayClient
    from sensor_screen.storage.database.engine import Database


@dataclass
class OpenDoor:
    """Admits tickets that name their owner; `revoked` names those who lost their right."""

    revoked: set[str] = field(default_factory=set)

    def admit(self, ticket: str, action: str, stream_id: str) -> Admitted:
        if not ticket.startswith("t-"):
            raise RefusedError(CloseCode.BAD_TICKET, "The ticket is not valid.")
        return Admitted("c" * 32, ticket, f"account of {ticket}", stream_id, action)

    def look_again(self, admitted: Admitted) -> None:
        if admitted.token_id in self.revoked:
            raise RefusedError(CloseCode.NOT_ALLOWED, "The token was revoked.")


@dataclass
class LiveService:
    """Running."""

    port: int
    live: LiveStreams
    door: OpenDoor
    sockets: LiveSockets
    loop: asyncio.AbstractEventLoop
    watched: list[Admitted] = field(default_factory=list)

    def connect(
        self, stream_id: str, what: str = "relay", ticket: str = "t-1", **more: Any
    ) -> ClientConnection:
        url = f"ws://127.0.0.1:{self.port}/v1/streams/{stream_id}/{what}?ticket={ticket}"
        protocols: Any = [SUBPROTOCOL] if what == "relay" else None
        return connect(
            url, subprotocols=protocols, compression=None, open_timeout=10, close_timeout=1, **more
        )

    def drain(self, grace_s: float = 5.0) -> bool:
        return asyncio.run_coroutine_threadsafe(self.live.drain(grace_s), self.loop).result(10)


@contextmanager
def serving(
    database: Database,
    folder: Path,
    params: GroupCommitParams | None = None,
    make_analyst: Callable[[DurableStreams, LiveHub], Analyst] | None = None,
    recheck_s: float = 60.0,
    change: Callable[[LiveStreams], None] = lambda _: None,
    port: int = 0,
) -> Iterator[LiveService]:
    live = LiveStreams(database, open_objects(folder / "objects"), params, make_analyst)
    change(live)
    door, sockets = OpenDoor(), LiveSockets()
    app = FastAPI()
    watched: list[Admitted] = []
    live_door = LiveDoor(live, door, sockets, recheck_s=recheck_s, on_watch=watched.append)
    app.include_router(live_router(live_door))
    config = uvicorn.Config(
        app,
        port=port,
        log_level="critical",
        ws_max_size=65_535,
        ws_per_message_deflate=False,
        lifespan="off",
    )
    server = uvicorn.Server(config)
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        live.start(loop.call_soon_threadsafe)
        loops.append(loop)
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    at_port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield LiveService(at_port, live, door, sockets, loops[0], watched)
    finally:
        server.should_exit = True
        thread.join(10)
        live.stop()


def wait_until(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, "it did not come"
        time.sleep(0.005)


def exchange(client: RelayClient, socket: ClientConnection, wait_s: float = 0.01) -> None:
    """Send what is to be sent, hear what was said meanwhile."""
    for message in client.take_messages():
        socket.send(message)
    try:
        while True:
            text = socket.recv(wait_s)
            client.receive(str(text), time.monotonic())
    except TimeoutError:
        return


def greet(client: RelayClient, socket: ClientConnection) -> None:
    for message in client.connected(time.monotonic()):
        socket.send(message)


def closed_with(socket: ClientConnection, timeout_s: float = 5.0) -> tuple[int, str, list[Any]]:
    """Code, reason, and the messages before."""
    said: list[Any] = []
    with pytest.raises(ConnectionClosed) as closed:  # noqa: PT012
        while True:
            said.append(json.loads(socket.recv(timeout_s)))
    rcvd = closed.value.rcvd
    assert rcvd is not None, "it was cut"
    return rcvd.code, rcvd.reason, said


def send_all(service: LiveService, client: RelayClient, stream_id: str) -> None:
    """Until the service has everything."""
    with service.connect(stream_id) as socket:
        greet(client, socket)
        end_s = time.monotonic() + 20
        while not client.is_finished:
            assert time.monotonic() < end_s
            exchange(client, socket)
