"""From where a request comes, and which pages may open a socket."""

from __future__ import annotations

import pytest
from starlette.requests import HTTPConnection

from sensor_screen.api.origin import check_origin, client_address, served_url
from sensor_screen.errors import DeniedError
from sensor_screen.settings import Settings

LOCAL, FAR = "127.0.0.1", "203.0.113.9"


def asked(peer: str = LOCAL, scheme: str = "ws", **headers: str) -> HTTPConnection:
    """A request as the server hands it over."""
    sent = {"host": "127.0.0.1:8321"} | {k.replace("_", "-"): v for k, v in headers.items()}
    return HTTPConnection(
        {
            "type": "websocket",
            "scheme": scheme,
            "path": "/",
            "client": (peer, 50_000),
            "headers": [(k.encode(), v.encode()) for k, v in sent.items()],
        }
    )


def is_refused(connection: HTTPConnection, settings: Settings) -> bool:
    try:
        check_origin(connection, settings)
    except DeniedError as error:
        return not error.unknown
    return False


@pytest.mark.parametrize(
    ("origin", "refused"),
    [
        ("http://127.0.0.1:8321", False),
        ("HTTP://127.0.0.1:8321", False),
        ("https://127.0.0.1:8321", True),
        ("http://127.0.0.1", True),
        ("http://127.0.0.1:9999", True),
        ("http://localhost:8321", True),
        ("http://127.0.0.1:8321.evil.example", True),
        ("http://127.0.0.1:8321@evil.example", True),
        ("http://evil.example#127.0.0.1:8321", True),
        ("http://evil.example", True),
        ("null", True),
        ("", True),
        ("file://", True),
        ("http://[::1", True),
        ("http://127.0.0.1:99999", True),
    ],
)
def test_a_page_must_be_of_this_service(origin: str, refused: bool) -> None:
    assert is_refused(asked(origin=origin), Settings()) == refused


def test_a_program_says_no_origin() -> None:
    assert not is_refused(asked(), Settings())


def test_two_origins_are_none() -> None:
    connection = asked(origin="http://127.0.0.1:8321")
    connection.scope["headers"].append((b"origin", b"http://evil.example"))
    assert is_refused(connection, Settings())


def test_the_port_of_a_scheme_need_not_be_said() -> None:
    secure = asked(scheme="wss", host="Screen.local:443", origin="https://screen.local")
    assert not is_refused(secure, Settings())


def test_the_public_address_is_ours_as_well() -> None:
    settings = Settings(public_url="https://screen.example/")
    assert not is_refused(asked(origin="https://screen.example"), settings)
    assert not is_refused(asked(origin="http://127.0.0.1:8321"), settings)
    assert is_refused(asked(origin="https://evil.example"), settings)
    assert served_url(asked(), settings) == "https://screen.example"


FORWARDED = {
    "x_forwarded_for": f"{LOCAL}, {FAR}",
    "x_forwarded_proto": "https",
    "x_forwarded_host": "screen.example",
}


def test_a_proxy_is_believed_where_it_is_set_and_from_here_only() -> None:
    through = asked(**FORWARDED)
    assert client_address(through, Settings()) == LOCAL
    assert served_url(through, Settings()) == "http://127.0.0.1:8321"
    behind = Settings(behind_proxy=True)
    assert client_address(through, behind) == FAR, "what the proxy wrote, not what was sent to it"
    assert served_url(through, behind) == "https://screen.example"
    assert not is_refused(asked(origin="https://screen.example", **FORWARDED), behind)
    other = asked(FAR, **FORWARDED | {"x_forwarded_for": "192.0.2.7"})
    assert client_address(other, behind) == FAR
    assert served_url(other, behind) == "http://127.0.0.1:8321"
    assert client_address(asked(), behind) == LOCAL


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("localhost:8321", "https://192.168.1.20:8321"),
        ("127.0.0.1:8321", "https://192.168.1.20:8321"),
        ("127.1.2.3", "https://192.168.1.20:8321"),
        ("[::1]:8321", "https://192.168.1.20:8321"),
        ("clinic.local:8321", "https://clinic.local:8321"),
        ("192.168.1.21:8321", "https://192.168.1.21:8321"),
        ("localhost.example", "https://localhost.example"),
        ("[::1", "https://[::1"),
        ("", "https://"),
    ],
)
def test_links_reach_phones_also_of_who_came_by_localhost(host: str, told: str) -> None:
    connection = asked(scheme="https", host=host)
    assert served_url(connection, Settings(), "https://192.168.1.20:8321") == told
    assert served_url(connection, Settings()) == f"https://{host}"
    public = Settings(public_url="https://screen.example/")
    assert served_url(connection, public, "https://192.168.1.20:8321") == "https://screen.example"
