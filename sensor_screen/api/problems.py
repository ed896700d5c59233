"""Every error as `application/problem+json` (RFC 9457): value, problem, remedy, a sentence."""

from __future__ import annotations

import json
import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from sensor_screen.errors import (
    BusyError,
    ConflictError,
    DeniedError,
    IntakeError,
    NotFoundError,
    ScreenError,
    StorageError,
    TooLargeError,
)

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

MEDIA_TYPE = "application/problem+json"
_SHOWN = 120
"""Characters of a value that is told back."""


class ProblemPlace(BaseModel):
    """One thing that is wrong in what was sent."""

    place: str = Field(examples=["body.recorded_on"])
    problem: str = Field(examples=["Input should be a valid date"])


class Problem(BaseModel):
    """What is wrong, and what to do about it."""

    type: str = Field(default="about:blank", examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(
        description="One sentence: value, problem, remedy.",
        examples=["session 'ab12': is not there; see the list of each session."],
    )
    value: str | None = None
    problem: str | None = None
    remedy: str | None = None
    places: list[ProblemPlace] | None = None


def status_of(error: ScreenError) -> int:
    """The HTTP status of an error."""
    if isinstance(error, TooLargeError):
        return 413
    if isinstance(error, DeniedError):
        return 401 if error.unknown else 403
    for kind, status in ((NotFoundError, 404), (ConflictError, 409), (BusyError, 429)):
        if isinstance(error, kind):
            return status
    if isinstance(error, StorageError):
        return {"full": 507, "missing": 404}.get(error.fault, 503)
    return 422


def problem_response(error: ScreenError) -> JSONResponse:
    """The answer to an error of ours."""
    status = status_of(error)
    headers = {}
    if isinstance(error, BusyError):
        headers["Retry-After"] = str(math.ceil(error.retry_after_s))
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return _answer(
        status,
        str(error),
        headers,
        value=error.value[:_SHOWN],
        problem=error.problem,
        remedy=error.remedy,
        places=_places_of(error),
    )


def _places_of(error: ScreenError) -> list[dict[str, str]] | None:
    """Every answer that is wrong; null where the error is not about answers."""
    if not isinstance(error, IntakeError):
        return None
    return [
        {"place": one.field, "problem": f"{one.problem}; {one.remedy}."}
        for one in error.problems[: error.MOST_SAID]
    ]


def _answer(
    status: int, detail: str, headers: dict[str, str] | None = None, **more: object
) -> JSONResponse:
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Error"
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return Answer(content, status, headers, media_type=MEDIA_TYPE)


class Answer(JSONResponse):
    """Tells back whatever was sent, also half characters, which UTF-8 has no bytes for."""

    def render(self, content: object) -> bytes:
        """The content as JSON."""
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace")


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How errors are declared in the description of a route."""
    return {
        status: {
            "model": Problem,
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {}},
        }
        for status in statuses
    }


def install_problems(app: FastAPI) -> None:
    """Whatever goes wrong is answered as a problem."""

    @app.exception_handler(ScreenError)
    def _ours(_: Request, error: ScreenError) -> JSONResponse:
        return problem_response(error)

    @app.exception_handler(RequestValidationError)
    def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        places = [
            {"place": ".".join(map(str, one["loc"])), "problem": str(one["msg"])}
            for one in error.errors()[:20]
        ]
        first = places[0]
        detail = f"{first['place']}: {first['problem']}; see the description of this call."
        return _answer(422, detail, places=places)

    @app.exception_handler(HTTPException)
    def _http(_: Request, error: HTTPException) -> JSONResponse:
        headers = dict(error.headers or {})
        return _answer(error.status_code, str(error.detail), headers)

    @app.exception_handler(Exception)
    def _unknown(_: Request, error: Exception) -> JSONResponse:
        structlog.get_logger().error("request failed", exc_info=error)
        return _answer(500, "The service failed; the fault is in its log. Try again later.")
