"""Sensors in one process, the client in another: the adapter's HCI goes over TCP, on this machine.

Only the real clock will do here: two processes share no clock that can jump.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bumble.transport.common import StreamPacketSink, StreamPacketSource
from bumble.transport.tcp_client import open_tcp_client_transport

from sensor_screen.ble.virtual.air import VirtualController
from sensor_screen.ble.virtual.bumble_backend import bound_to
from sensor_screen.ble.virtual.central import ADDRESS, Central

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sensor_screen.ble.virtual.air import VirtualAir
    from sensor_screen.ble.virtual.bumble_backend import BumbleClient, BumbleScanner

HERE = "127.0.0.1"
"""Nothing listens to other machines."""


class _AdapterEnd(StreamPacketSource):
    """A controller for as long as a client process is connected."""

    def __init__(self, air: VirtualAir) -> None:
        super().__init__()
        self._air = air
        self._controller: VirtualController | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client: it gets an adapter of its own."""
        sink = StreamPacketSink(transport)  # type: ignore[arg-type]
        self._controller = VirtualController(
            "central", self._air, ADDRESS, host_source=self, host_sink=sink
        )

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """The client is gone, however it ended: so is its radio."""
        if self._controller is not None:
            self._controller.host = None
            self._air.remove(self._controller)


async def serve_adapter(air: VirtualAir, port: int = 0) -> tuple[asyncio.Server, int]:
    """Offer an adapter to other processes.

    Args:
        air: What it sends through.
        port: Where; 0: a free one.

    Returns:
        The server, and the port.
    """
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _AdapterEnd(air), HERE, port)
    return server, int(server.sockets[0].getsockname()[1])


@asynccontextmanager
async def remote_adapter(
    port: int, *, largest_mtu: int = 517
) -> AsyncIterator[tuple[type[BumbleScanner], type[BumbleClient]]]:
    """Scanner and client classes whose radio is in another process.

    Args:
        port: Where that process listens.
        largest_mtu: That the adapter takes.
    """
    transport = await open_tcp_client_transport(f"{HERE}:{port}")
    central = Central(transport.source, transport.sink, largest_mtu=largest_mtu)
    try:
        yield bound_to(central)
    finally:
        await central.close()
        await transport.close()
