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
from multiprocessing import parent_process, resource_tracker
from shutil import rmtree
from threading import Event as ThreadEvent
from threading import Thread
from typing import TYPE_CHECKING

import structlog
import uvicorn
from prometheus_client.multiprocess import mark_process_dead

from sensor_screen.api.app import create_app
from sensor_screen.api.trust_pages import Offer, TrustOffer
from sensor_screen.errors import UsageError
from sensor_screen.service.metrics import SEVERAL
from sensor_screen.wiring.log import configure_logging
from sensor_screen.wiring.serve import open_services, open_tls

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from multiprocessing.context import SpawnProcess
    from multiprocessing.synchronize import Event
    from pathlib import Path

    from fastapi import FastAPI

    from sensor_screen.settings import Settings

LARGEST_MESSAGE = 65_536
"""Bytes of one message of a socket: a relay frame has 65,535 at most."""
MOST_CONNECTIONS = 2_000
"""Of one worker; beyond it 503. A stream or viewer holds one."""
LAST_ANSWERS_S = 10.0
"""So long may what was begun go on when the service stops."""
BACKLOG = 2048
"""Connections that wait to be taken."""
RESTARTED_AFTER_S = 1.0
"""A worker that ended by itself; not at once, lest it spins."""


class Server(uvicorn.Server):
    """Acknowledges what it has taken before it closes sockets, and ends well when it is told to.

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

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals end it; raised again afterwards, as is usual, they would make that a failure."""
        heard = {number: signal.signal(number, self.handle_exit) for number in _signals()}
        try:
            yield
        finally:
            for number, handler in heard.items():
                signal.signal(number, handler)


class SideServer(uvicorn.Server):
    """A server beside the first, which hears the signals for both."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None."""
        yield


def _signals() -> tuple[signal.Signals, ...]:
    """Those that say: stop. Windows has one more, of Ctrl-Break."""
    also = getattr(signal, "SIGBREAK", None)
    return (signal.SIGINT, signal.SIGTERM, *([] if also is None else [also]))


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
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it would take a port from another program
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if host == "::":
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        bound.bind((host, port))
        # Before it listens another program may still have the same port.
        bound.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        bound.close()
        raise UsageError(
            f"{host} port {port}",
            f"cannot be listened on ({getattr(error, 'strerror', None) or error})",
            "choose another with --port or --host",
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
            side = SideServer(_side_config(app))
            tasks.append(asyncio.ensure_future(side.serve([side_socket])))
        await tasks[0]
        if side is not None:
            side.should_exit = True
        await asyncio.gather(*tasks)

    with _deaf_children(), asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve())


@contextlib.contextmanager
def _deaf_children() -> Iterator[None]:
    """Processes that are started meanwhile do not hear Ctrl-C, which reaches all of a terminal.

    They are ended in their turn. What they inherit of signals is the mask alone, so it is one
    thread from before that hears.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # by starting later it would open the mask again
    Thread(target=ThreadEvent().wait, daemon=True).start()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
    """Serve in several processes until a signal ends them all; one that ends is started again.

    Args:
        settings: Of the service.
        listening: From `bind`; all of them answer on it.
        certificate: With its key, which may be in the same file; None: without TLS.
        beside: A second application without TLS on a socket of its own.
        ready: Called when requests are answered.
    """
    configure_logging(settings)
    context = multiprocessing.get_context("spawn")
    answering, ended = context.Event(), False

    def start() -> SpawnProcess:
        process = context.Process(target=_work, args=(settings, listening, certificate, answering))
        process.start()
        return process

    def end(*_: object) -> None:
        nonlocal ended
        ended = True

    for number in _signals():
        signal.signal(number, end)
    told = False
    with _counted_together(), _deaf_children():
        workers = [start() for _ in range(settings.workers)]
        try:
            if beside is not None:
                _serve_beside(*beside)
            while not ended:
                time.sleep(0.2)
                if not told and answering.is_set():
                    told = True
                    ready()
                _start_again(workers, start, lambda: ended)
        finally:
            _end_all(workers)


@contextlib.contextmanager
def _counted_together() -> Iterator[None]:
    """A folder in which the workers keep their counts, where nobody named one."""
    if SEVERAL in os.environ:
        yield
        return
    folder = os.environ[SEVERAL] = tempfile.mkdtemp(prefix="sensor-screen-counts-")
    try:
        yield
    finally:
        del os.environ[SEVERAL]
        rmtree(folder, ignore_errors=True)


def _serve_beside(app: FastAPI, side_socket: socket.socket) -> None:
    side = SideServer(_side_config(app))
    Thread(target=side.run, args=([side_socket],), daemon=True).start()


def _side_config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(app, log_config=None, access_log=False, server_header=False)


def _start_again(
    workers: list[SpawnProcess], start: Callable[[], SpawnProcess], ended: Callable[[], bool]
) -> None:
    for index, worker in enumerate(workers):
        if worker.is_alive() or ended():
            continue
        structlog.get_logger().error("a worker ended and is started again", code=worker.exitcode)
        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
        time.sleep(RESTARTED_AFTER_S)
        if not ended():
            workers[index] = start()


def _end_all(workers: Sequence[SpawnProcess]) -> None:
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join(LAST_ANSWERS_S + 5.0)
        if worker.is_alive():
            worker.kill()


def _work(
    settings: Settings,
    listening: socket.socket,
    certificate: tuple[Path, Path | None] | None,
    answering: Event,
) -> None:
    from sensor_screen.certificates.context import server_context

    Thread(target=_end_with_parent, daemon=True).start()
    tls = None if certificate is None else lambda: server_context(*certificate)
    local = open_tls(settings)[1] if settings.lan else None
    offer = None if local is None else TrustOffer(local, settings.port, settings.port + 1)
    serve_here(settings, listening, tls, offer=lambda: offer, ready=answering.set)


def _end_with_parent() -> None:
    """A worker whose parent was killed would keep the port."""
    if (parent := parent_process()) is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
