"""Routes that know who asks before they read a body, and read no more of it than they may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool

from sensor_screen.api.origin import client_address
from sensor_screen.api.policy import POLICY, READS_LOGGED, reach_of
from sensor_screen.api.problems import problem_response, responses
from sensor_screen.errors import DeniedError, ScreenError, TooLargeError
from sensor_screen.service.services import Access
from sensor_screen.service.throttle import line_of
from sensor_screen.service.tokens import identify

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.responses import Response
    from starlette.types import Message, Receive

LARGEST_BODY = 2**20
"""Bytes of what is not an upload; the longest intake has 60 kB."""
UPLOADS = frozenset({"recordings.upload", "recordings.screen"})
_bearer = HTTPBearer(
    auto_error=False,
    bearerFormat="ss_...",
    description="Token of `POST /v1/sign-in`, or an API key.",
)


class GuardedRoute(APIRoute):
    """A route whose caller is known, allowed and within limits before its body is read."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401
        super().__init__(path, endpoint, **options)
        self.summary = (endpoint.__doc__ or "").partition("\n")[0].rstrip(".")

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the guard."""
        handle = super().get_route_handler()
        action = self.operation_id or ""

        async def guarded(request: Request) -> Response:
            try:
                request.state.access = await run_in_threadpool(allow, request, action)
                limited = Request(request.scope, _limit_body(request, action))
                answer = await handle(limited)
            except ScreenError as error:
                return problem_response(error)
            if action in READS_LOGGED and answer.status_code < 400:
                request.state.access.note_read(next(iter(request.path_params.values()), None))
            return answer

        return guarded


def allow(request: Request, action: str) -> Access:
    """Whoever asks may do what is asked.

    Raises:
        DeniedError: It is not known who asks, or the action is not for that role.
        BusyError: There were too many requests.
    """
    services = request.app.state.services
    request_id: str = request.state.request_id
    limits = request.app.state.limits
    if not POLICY[action]:
        limits.spend(line_of(client_address(request, services.settings)), action)
        return Access(services, None, None, action, request_id)
    actor = identify(services.database, bearer_of(request))
    request.state.actor = actor
    reach = reach_of(actor, action)
    if reach is None:
        raise DeniedError(
            f"role {actor.role.value}", f"may not do {action}", "sign in with another account"
        )
    limits.spend(actor.account_id or actor.token_id, action)
    return Access(services, actor, reach, action, request_id)


def bearer_of(request: Request) -> str:
    """The secret of the Authorization header; empty where there is none."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""


def _limit_body(request: Request, action: str) -> Receive:
    """Its bytes, as long as they are not too many.

    Raises:
        TooLargeError: They are, or will be.
    """
    most = request.app.state.services.settings.upload_bytes if action in UPLOADS else LARGEST_BODY
    told = request.headers.get("Content-Length", "")
    if told.isdigit() and int(told) > most:
        raise _too_large(most)
    count = 0

    async def receive() -> Message:
        nonlocal count
        message = await request.receive()
        count += len(message.get("body", b""))
        if count > most:
            raise _too_large(most)
        return message

    return receive


def _too_large(most: int) -> TooLargeError:
    return TooLargeError("the body", f"is larger than {most} bytes", "send less at once")


def _access_of(request: Request, _: Annotated[object, Depends(_bearer)]) -> Access:
    access: Access = request.state.access
    return access


Allowed = Annotated[Access, Depends(_access_of)]
"""What a route takes to know who asks, and how far that reaches."""


def make_router(tag: str) -> APIRouter:
    """A router of guarded routes; what every one of them may answer is declared."""
    return APIRouter(
        prefix="/v1",
        tags=[tag],
        route_class=GuardedRoute,
        responses=responses(400, 401, 403, 413, 422, 429, 503, 507),
    )
