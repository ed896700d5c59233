"""Where a request comes from: its address, the URL that it used, and the page that sent it.

Headers of a proxy (`X-Forwarded-*`) are believed only with the setting `behind_proxy`, and only
from this computer: anybody else can write what they like into them.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from sensor_screen.errors import DeniedError

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from sensor_screen.settings import Settings

_PORTS = {"http": 80, "https": 443}
_WEB = {"ws": "http", "wss": "https"}


def client_address(connection: HTTPConnection, settings: Settings) -> str:
    """Address of who asks; of a proxy the last entry, which the proxy itself has written."""
    peer = connection.client.host if connection.client else ""
    if _is_through_proxy(peer, settings):
        entries = ",".join(connection.headers.getlist("X-Forwarded-For")).split(",")
        return entries[-1].strip() or peer
    return peer


def served_url(connection: HTTPConnection, settings: Settings, from_elsewhere: str = "") -> str:
    """How links are to be written, without a slash at the end: `https://host:port`.

    Args:
        connection: Who asks; links are as they reach the service.
        settings: Of the service.
        from_elsewhere: How other computers reach it, for who asks by `localhost`: a phone that is
            shown a link of that name would ask itself.
    """
    if settings.public_url:
        return settings.public_url.rstrip("/")
    asked = _asked_url(connection, settings)
    return from_elsewhere if from_elsewhere and _is_of_loopback(asked) else asked


def _is_of_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def _asked_url(connection: HTTPConnection, settings: Settings) -> str:
    scheme = _WEB.get(connection.scope["scheme"], connection.scope["scheme"])
    host = connection.headers.get("Host", "")
    if _is_through_proxy(connection.client.host if connection.client else "", settings):
        scheme = _last(connection, "X-Forwarded-Proto") or scheme
        host = _last(connection, "X-Forwarded-Host") or host
    return f"{scheme}://{host}"


def check_origin(connection: HTTPConnection, settings: Settings) -> None:
    """Refuse sockets that a page of somebody else opens.

    Browsers always say which page opens a socket, and no page can change what they say. So an
    Origin must be ours (the address that this very request used, or the public URL). None at all
    comes from a program: no page of somebody else is behind it, and it has nothing that a browser
    would add by itself; like everybody it needs its ticket. `null` is a page that hides where it is
    from, and is refused.

    Raises:
        DeniedError: It is another page's.
    """
    origins = connection.headers.getlist("Origin")
    if not origins:
        return
    ours = {_origin_of(url) for url in (_asked_url(connection, settings), settings.public_url)}
    theirs = _origin_of(origins[0]) if len(origins) == 1 else None
    if theirs is None or theirs not in ours:
        raise DeniedError("the page", "is of another origin", "open the one of this service")


def _origin_of(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None where it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme = _WEB.get(parts.scheme, parts.scheme)
    if scheme not in _PORTS or not parts.hostname or parts.username is not None:
        return None
    return scheme, parts.hostname.lower(), port or _PORTS[scheme]


def _is_through_proxy(peer: str, settings: Settings) -> bool:
    if not settings.behind_proxy:
        return False
    try:
        return ip_address(peer).is_loopback
    except ValueError:
        return False


def _last(connection: HTTPConnection, name: str) -> str:
    return ",".join(connection.headers.getlist(name)).split(",")[-1].strip()


def _address(request: Request) -> str:
    return client_address(request, request.app.state.services.settings)


def _url(request: Request) -> str:
    state = request.app.state
    return served_url(request, state.services.settings, state.from_elsewhere())


Address = Annotated[str, Depends(_address)]
"""What a route takes to know from where it is asked."""
ServedUrl = Annotated[str, Depends(_url)]
"""What a route takes to make links."""
