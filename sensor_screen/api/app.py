"""The application: routes, what surrounds every answer, and what runs beside them."""

from __future__ import annotations

import secrets
import time
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI
from fastapi.routing import APIRoute

from sensor_screen.api import (
    account_routes,
    audit_routes,
    consent_routes,
    health_routes,
    intake_routes,
    key_routes,
    note_routes,
    pairing_routes,
    people_routes,
    plan_routes,
    progress_routes,
    recording_routes,
    report_routes,
    rulebook_routes,
    session_routes,
    stream_routes,
    ticket_routes,
)
from sensor_screen.api.doorkeeper import TicketDoorkeeper
from sensor_screen.api.limits import RequestLimits
from sensor_screen.api.live_relay import LiveDoor, live_router
from sensor_screen.api.policy import POLICY
from sensor_screen.api.problems import install_problems
from sensor_screen.api.routing import GuardedRoute
from sensor_screen.api.trust_pages import Offer, door_router, static_router, trust_router
from sensor_screen.service import metrics
from sensor_screen.service.relay_messages import CloseCode
from sensor_screen.version import __version__

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sensor_screen.api.live_sockets import Admitted
    from sensor_screen.service.endings import Ended
    from sensor_screen.service.services import Services

ABOUT = """
Screens how close ankle movements come to a person's own end range, front and back, and what to do
about it. It screens; it never diagnoses.

Sign in (`POST /v1/sign-in`) or use an API key, and send `Authorization: Bearer ss_...`. Errors are
`application/problem+json`. Lists have pages: `limit`, and `after` with the `next` of the page
before. What is created can be sent again safely with the same `Idempotency-Key`.
"""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every answer. Reports as pages bring a policy of their own."""
TRANSPORT_SECURITY = "max-age=31536000"


def create_app(services: Services, offer: Offer = lambda: None) -> FastAPI:
    """The API over some services; it starts and stops what runs beside it.

    Args:
        services: Behind it.
        offer: The authority of a local network, to be trusted; none without.

    Raises:
        RuntimeError: A route has no row in the policy, or a row no route.
    """

    @asynccontextmanager
    async def live(app: FastAPI) -> AsyncIterator[None]:  # noqa: ARG001 - the form of a lifespan
        async with services.running():
            yield

    app = FastAPI(
        title="sensor-screen",
        version=__version__,
        description=ABOUT,
        lifespan=live,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    app.state.from_elsewhere = lambda: offered.phone_url if (offered := offer()) else ""
    app.state.limits = RequestLimits(services.settings.requests_per_minute)
    install_problems(app)
    for router in ROUTERS:
        app.include_router(router)
    door = LiveDoor(
        services.live,
        TicketDoorkeeper(services),
        settings=services.settings,
        on_watch=partial(_note_watch, services),
    )
    services.endings.listen(partial(_close_sockets, door))
    for router in (live_router(door), door_router(), static_router(), trust_router(offer)):
        app.include_router(router)
    refuse_ungoverned(app)
    app.add_middleware(Surroundings)
    return app


ROUTERS = tuple(
    module.router
    for module in (
        health_routes,
        account_routes,
        key_routes,
        people_routes,
        consent_routes,
        note_routes,
        audit_routes,
        plan_routes,
        session_routes,
        intake_routes,
        recording_routes,
        report_routes,
        stream_routes,
        ticket_routes,
        pairing_routes,
        progress_routes,
        rulebook_routes,
    )
)


def _close_sockets(door: LiveDoor, ended: Ended) -> None:
    """Sockets of what has ended close; in any thread."""
    for token_id in ended.token_ids:
        door.sockets.close_all(token_id=token_id)
    for stream_id in ended.stream_ids:
        door.live.hub.analyst.close(stream_id)
        door.sockets.close_all(
            stream_id=stream_id, code=CloseCode.NO_STREAM, reason="The stream was erased."
        )


def _note_watch(services: Services, admitted: Admitted) -> None:
    """Who opens a view reads what is personal."""
    services.read_log.add(admitted, admitted.action, admitted.stream_id, secrets.token_hex(8))


def refuse_ungoverned(app: FastAPI) -> None:
    """Raise where a route has no row in the policy, or has one that nobody enforces."""
    for route in routes_of(app.routes):
        if not isinstance(route, APIRoute):
            continue
        row = POLICY.get(route.operation_id or "")
        if row is None:
            raise RuntimeError(f"{route.path} ({route.operation_id}) has no row in the policy")
        if row and not isinstance(route, GuardedRoute):
            raise RuntimeError(f"{route.path} ({route.operation_id}) is not guarded")


def routes_of(routes: Sequence[BaseRoute]) -> Iterator[BaseRoute]:
    """Routes, also those of routers that are included, which stay whole in newer FastAPIs."""
    for route in routes:
        if (router := getattr(route, "original_router", None)) is not None:
            yield from routes_of(router.routes)
        else:
            yield route


class Surroundings:
    """Around every request: its id, the headers of its answer, and a line in the log.

    Args:
        app: Inside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI wants it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun_s = time.perf_counter()
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_headers(message["headers"], scope, request_id)
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            _tell(scope, request_id, status, time.perf_counter() - begun_s)


def _with_headers(
    headers: list[tuple[bytes, bytes]], scope: Scope, request_id: str
) -> list[tuple[bytes, bytes]]:
    there = {name.lower() for name, _ in headers}
    more = HEADERS | {"X-Request-Id": request_id, "Cache-Control": "no-store"}
    if scope["scheme"] == "https" and not scope["app"].state.services.settings.lan:
        # On a local network the page of trust is on a port of the same name, without TLS.
        more["Strict-Transport-Security"] = TRANSPORT_SECURITY
    added = [(k.lower().encode(), v.encode()) for k, v in more.items()]
    return [*headers, *((k, v) for k, v in added if k not in there)]


def _tell(scope: Scope, request_id: str, status: int, seconds: float) -> None:
    """Count and log: no path, which has ids in it, and no address: the route by its name."""
    action = getattr(scope.get("route"), "operation_id", None) or "none"
    metrics.REQUESTS.labels(action, str(status)).inc()
    metrics.REQUEST_S.observe(seconds)
    actor = scope.get("state", {}).get("actor")
    structlog.get_logger().info(
        "request",
        action=action,
        method=scope["method"],
        status=status,
        ms=round(1000 * seconds, 1),
        request=request_id,
        clinic=getattr(actor, "clinic_id", None),
        role=getattr(actor, "role", None),
    )
