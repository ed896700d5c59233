"""The small pages as a service of their own, with answers that a test chooses."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from sensor_screen.api.trust_pages import (
    PLAIN_HEADERS,
    TrustOffer,
    door_router,
    static_router,
    trust_router,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Iterator

MADE = ("/v1/setup", "/v1/join")
"""Where accounts are made."""


@dataclass(slots=True)
class Answers:
    """What the service says, and what it was told."""

    setup: tuple[int, dict[str, Any]] = (201, {})
    claim: tuple[int, dict[str, Any]] = (201, {"claim": "c1", "digits": "4071"})
    polls: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """One each; the last is repeated."""
    told: list[tuple[str, str, Any]] = field(default_factory=list)
    """Method, path and JSON of each call."""
    lines: list[str] = field(default_factory=list)
    """Every address that was asked for, as a server would write it to its log."""


def make_app(offer: TrustOffer, answers: Answers) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def add_headers(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        answers.lines.append(str(request.url))
        answer = await call_next(request)
        answer.headers.update(PLAIN_HEADERS)
        return answer

    async def answer(request: Request) -> JSONResponse:
        body = await request.body()
        told = await request.json() if body else None
        answers.told.append((request.method, request.url.path, told))
        if request.url.path == "/v1/pairings/collect":
            polls = answers.polls
            status, said = polls.pop(0) if len(polls) > 1 else polls[0]
        else:
            status, said = answers.setup if request.url.path in MADE else answers.claim
        return JSONResponse(said, status)

    for method, path in (
        *(("POST", path) for path in MADE),
        ("POST", "/v1/pairings/claim"),
        ("POST", "/v1/pairings/collect"),
    ):
        app.add_api_route(path, answer, methods=[method], response_model=None)
    app.include_router(trust_router(lambda: offer))
    app.include_router(door_router())
    app.include_router(static_router())
    return app


@contextmanager
def served(app: FastAPI, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of an app that runs in a thread."""
    config = uvicorn.Config(app, port=0, log_level="error", ws="none", lifespan="off")
    config.load()
    config.ssl = context
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"{'https' if context else 'http'}://localhost:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
