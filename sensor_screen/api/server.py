"""The server around the application: TLS, several workers, and an end that owes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import multiprocessing
import os
import signal
import socket
import tempfile
import time
from threading import Thread
from typing import TYPE_CHECKING

import uvicorn

from sensor_screen.api.app import create_app
from sensor_screen.api.trust_pages import Offer, TrustOffer
from sensor_screen.errors import UsageError
from sensor_screen.service.metrics import SEVERAL
from sensor_screen.wiring.serve import configure_logging, open_services, open_tls

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from multiprocessing.context import SpawnProcess
    from pathlib import Path

    from fastapi import FastAPI

    from sensor_screen.settings import Settings

LARGEST_MESSAGE = 65_536
"""Bytes of one message of a socket: a relay frame has 65,535 at most."""
MOST_CONNECTIONS = 2_000
"""Of one worker; beyond it 503. A stream or viewer holds one."""
LAST_ANSWERS_S = 10.0
"""So long may what was begun go on when the service stops."""
RESTARTED_AFTER_S = 1.0
"""A worker that ended by itself; not at once, lest it spins."""


class Server(uvicorn.Server):
    """Acknowledges what it has taken before it closes sockets.

    Args:
        config: Of uvicorn.
        ready: Called when requests are answered.
        before_end: Awaited first when it is told to stop.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        ready: Callable[[], object],
        before_end: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(config)
        self._ready, self._before_end = ready, before_end

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: first what is owed, then the rest."""
        for server in self.servers:
            server.close()
        await self._before_end()
        await super().shutdown(sockets)


class SideServer(uvicorn.Server):
    """A server beside the first, which hears the signals for both."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None."""
        yield


def refuse_open(settings: Settings, *, secure: bool) -> None:
    """Nothing is served beyond this computer without TLS.

    Raises:
        UsageError: It would be.
    """
    if not secure and not is_loopback(settings.host):
        raise UsageError(
            f"--host {settings.host}",
            "other computers would reach it without encryption",
            "add --lan, or --tls-cert and --tls-key, or let a proxy on this computer do TLS",
        )


def is_loopback(host: str) -> bool:
    """Whether only this computer reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def everywhere() -> str:
    """The address that stands for all of this computer's, of both versions where there are two."""
    return "::" if socket.has_dualstack_ipv6() else "0.0.0.0"  # noqa: S104 - asked for, with TLS


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens, before anything else is promised.

    Raises:
        UsageError: The port is taken or may not be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if host == "::":
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise UsageError(
            f"{host} port {port}",
            f"cannot be listened on ({error.strerror or error})",
            "choose another with --port",
        ) from error
    bound.set_inheritable(True)
    return bound


def serve_here(
    settings: Settings,
    listening: socket.socket,
    tls: Callable[[], ssl.SSLContext] | None = None,
    beside: tuple[FastAPI, socket.socket] | None = None,
    offer: Offer = lambda: None,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve in this process until a signal ends it.

    Args:
        settings: Of the service.
        listening: From `bind`.
        tls: Makes the context; None: without TLS.
        beside: A second application without TLS on a socket of its own.
        offer: The authority of a local network, to be trusted.
        ready: Called when requests are answered.
    """
    configure_logging(settings)
    services = open_services(settings)
    config = _config(create_app(services, offer), settings, tls)
    server = Server(config, ready, services.finish_acknowledging)

    async def serve() -> None:
        tasks = [asyncio.ensure_future(server.serve([listening]))]
        side = None
        if beside is not None:
            app, side_socket = beside
            side = SideServer(uvicorn.Config(app, log_level="warning", server_header=False))
            tasks.append(asyncio.ensure_future(side.serve([side_socket])))
        await tasks[0]
        if side is not None:
            side.should_exit = True
        await asyncio.gather(*tasks)

    making = config.get_loop_factory()
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=making) as runner:
        runner.run(serve())


def _config(
    app: FastAPI, settings: Settings, tls: Callable[[], ssl.SSLContext] | None
) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        ws_per_message_deflate=False,
        ws_max_size=LARGEST_MESSAGE,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=int(LAST_ANSWERS_S),
        proxy_headers=settings.behind_proxy,
        forwarded_allow_ips="127.0.0.1,::1",
    )
    if tls is not None:
        config.ssl_context_factory = lambda *_: tls()
    return config


# --- several workers -----------------------------------------------------------------------------


def serve_by_workers(
    settings: Settings,
    listening: socket.socket,
    certificate: tuple[Path, Path | None] | None,
    beside: tuple[FastAPI, socket.socket] | None = None,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve in several processes until a signal ends them all; one that ends is started again."""
    context = multiprocessing.get_context("spawn")

    def start() -> SpawnProcess:
        process = context.Process(target=_work, args=(settings, listening, certificate))
        process.start()
        return process

    os.environ.setdefault(SEVERAL, tempfile.mkdtemp(prefix="sensor-screen-counts-"))
    workers = [start() for _ in range(settings.workers)]
    if beside is not None:
        app, side_socket = beside
        side = SideServer(uvicorn.Config(app, log_level="warning", server_header=False))
        Thread(target=side.run, args=([side_socket],), daemon=True).start()
    ended = False

    def end(*_: object) -> None:
        nonlocal ended
        ended = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    ready()
    while not ended:
        time.sleep(0.2)
        for index, worker in enumerate(workers):
            if not worker.is_alive() and not ended:
                time.sleep(RESTARTED_AFTER_S)
                workers[index] = start()
    _end_all(workers)


def _end_all(workers: Sequence[SpawnProcess]) -> None:
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join(LAST_ANSWERS_S + 5.0)
        if worker.is_alive():
            worker.kill()


def _work(
    settings: Settings, listening: socket.socket, certificate: tuple[Path, Path | None] | None
) -> None:
    from sensor_screen.certificates.context import server_context

    tls = None if certificate is None else lambda: server_context(*certificate)
    local = open_tls(settings)[1] if settings.lan else None
    offer = None if local is None else TrustOffer(local, settings.port, settings.port + 1)
    serve_here(settings, listening, tls, offer=lambda: offer)
