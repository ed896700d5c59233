"""Is it there, is it ready, how does it do."""

from __future__ import annotations

from fastapi import Response

from sensor_screen.api.forms import Shown
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.service.metrics import expose
from sensor_screen.version import __version__

router = make_router("health")
router.prefix = ""


class Health(Shown):
    """How the service does."""

    status: str
    """`ok`, or what is wrong."""


class Version(Shown):
    """What answers."""

    software: str
    disclaimer: str


@router.get("/health/live", operation_id="health.live")
def is_live(_: Allowed) -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/health/ready", operation_id="health.ready", responses=responses(503))
def is_ready(access: Allowed) -> Health:
    """The database and the store of recordings answer."""
    access.services.check()
    return Health(status="ok")


@router.get("/v1/about", operation_id="about.version")
def tell_version(_: Allowed) -> Version:
    """Which software this is, and what it is not."""
    return Version(
        software=__version__, disclaimer="This is a movement screen. It is not a diagnosis."
    )


@router.get(
    "/metrics",
    operation_id="about.metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def tell_metrics(_: Allowed) -> Response:
    """Counts for Prometheus."""
    text, media_type = expose()
    return Response(text, media_type=media_type)
