"""`sign-in` where there is no service, another one, or an authority that is none."""

from __future__ import annotations

import http.server
import socket
import threading
from typing import TYPE_CHECKING, ClassVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.conftest import Outcome

    Run = Callable[..., Outcome]


class Other(http.server.BaseHTTPRequestHandler):
    """Answers whatever the test says."""

    said: ClassVar[tuple[int, bytes]] = (200, b"")
    heard: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.heard.append(self.rfile.read(int(self.headers["Content-Length"])))
        status, content = self.said
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Other, "heard", [])
    with http.server.HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENSOR_SCREEN_PASSWORD", "hidden-word of mine")


@pytest.mark.parametrize("url", ["127.0.0.1:8321", "file:///etc/passwd", "http://[::1", "http://"])
def test_what_is_no_address_is_told(run: Run, url: str) -> None:
    assert run("sign-in", url, "--login", "anna").complaint


def test_no_service_is_told(run: Run) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{one.getsockname()[1]}"
        told = run("sign-in", url, "--login", "anna").complaint
    assert "does not answer" in told
    assert "sensor-screen serve" in told


@pytest.mark.parametrize(
    ("status", "content", "words"),
    [
        (200, b"<html>", "not this service"),
        (200, b"{}", "not this service"),
        (200, b"[1]", "not this service"),
        (404, b"<html>", "status 404"),
        (500, b"[]", "status 500"),
        (401, b'{"value": "anna", "problem": "who?", "remedy": "look"}', "anna: who?; look."),
        (404, b'{"detail": "Not Found"}', "Not Found"),
    ],
)
def test_an_answer_of_another_program_is_told(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    other: str,
    status: int,
    content: bytes,
    words: str,
) -> None:
    monkeypatch.setattr(Other, "said", (status, content))
    told = run("sign-in", other, "--login", "anna").complaint
    assert words in told
    assert "hidden-word" not in told


def test_this_computer_is_reached_without_a_proxy(
    run: Run, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setattr(Other, "said", (201, b'{"token": "ss_x"}'))
    assert run("sign-in", f"{other}/setup#code", "--login", "anna").out == "ss_x\n"
    assert b'"clinic": "My clinic"' in Other.heard[0]
    assert b'"code": "code"' in Other.heard[0]


def test_an_authority_that_is_none_is_told(run: Run, tmp_path: Path) -> None:
    told = run("sign-in", "https://localhost:1", "--login", "a", "--ca", tmp_path / "no").complaint
    assert "cannot be read as certificates" in told
    (tmp_path / "bad").write_text("words")
    told = run("sign-in", "https://localhost:1", "--login", "a", "--ca", tmp_path / "bad").complaint
    assert "cannot be read as certificates" in told
