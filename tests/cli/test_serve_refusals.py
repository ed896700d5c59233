"""What `serve` does not do is told in one sentence, before anything is served."""

from __future__ import annotations

import socket
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import pytest

from sensor_screen.api import server
from sensor_screen.certificates.addresses import HostNames
from sensor_screen.certificates.leaf import open_local_tls
from sensor_screen.errors import UsageError
from sensor_screen.storage.database.engine import open_database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Outcome

    Run = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of this computer; and what would serve fails the test."""

    def serve(*_: object) -> NoReturn:
        raise AssertionError("it would have served")

    monkeypatch.setattr(server, "serve_here", serve)
    monkeypatch.setattr(server, "serve_by_workers", serve)
    monkeypatch.setenv("SENSOR_SCREEN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SENSOR_SCREEN_PORT", str(unused_port()))


def unused_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "0.0.0.0"], "--host 0.0.0.0: other computers would reach it"),  # noqa: S104
        (["--host", "::"], "without encryption"),
        (["--host", "no.such.host.invalid", "--lan"], "cannot be listened on"),
        (["--tls-cert", "c.pem"], "--tls-cert and --tls-key: belong together"),
        (["--tls-key", "k.pem"], "--tls-cert and --tls-key: belong together"),
        (["--tls-cert", "c.pem", "--tls-key", "k.pem"], "c.pem: it cannot be read"),
        (["--workers", "2"], "SQLite has one writer"),
        (["--workers", "2", "--database", "sqlite:///x.sqlite"], "SQLite has one writer"),
        (["--workers", "0"], "setting workers = 0: input should be greater than or equal to 1"),
        (["--port", "70000"], "setting port = 70000"),
        (["--lan", "--port", "65535"], "port 65536: cannot be listened on"),
        (["--objects", "ftp://there/x"], "ftp://: objects are not kept in such a place"),
        (["--objects", "s3://"], "names no bucket"),
        (["--database", "mysql://me:hidden-word@x/y"], "neither SQLite nor PostgreSQL"),
        (["--database", "postgresql://me:hidden-word@/x?host=/none/there"], "does not answer"),
        (["--database", "postgresql://me:hidden-word@/x?bogus=1"], "the database"),
        (["--database", "postgresql://me:hidden-word@there:abc/x"], "the database URL"),
        (["--database", "not a url"], "the database URL: it is none"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    told = run("serve", *options).complaint
    assert words in told
    assert "hidden-word" not in told


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "abc", "setting port = 'abc'"),
        ("LAN", "maybe", "setting lan = 'maybe'"),
        ("COMMIT_EVERY_S", "-1", "setting commit_every_s = '-1'"),
        ("SEALING_KEYS", "hidden-word", "sealing key"),
        ("DATABASE_URL", "oracle://me:hidden-word@x/y", "neither SQLite nor PostgreSQL"),
    ],
)
def test_a_bad_value_of_the_environment_is_named_and_no_secret_shown(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(f"SENSOR_SCREEN_{name}", value)
    told = run("serve").complaint
    assert words in told
    assert "hidden-word" not in told


def test_options_come_before_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENSOR_SCREEN_HOST", "0.0.0.0")  # noqa: S104 - refused
    assert "--host 0.0.0.0" in run("serve").complaint
    monkeypatch.setenv("SENSOR_SCREEN_WORKERS", "3")
    assert "--workers 4" in run("serve", "--host", "127.0.0.1", "--workers", "4").complaint


def test_a_port_that_is_taken_is_told_and_nothing_is_made(run: Run, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = run("serve", "--port", str(port)).complaint
    assert f"127.0.0.1 port {port}: cannot be listened on" in told
    assert not list((tmp_path / "data").iterdir())


def test_two_that_start_at_once_do_not_share_a_port() -> None:
    port = unused_port()
    with (
        server.bind("127.0.0.1", port),
        pytest.raises(UsageError, match="cannot be listened on"),
    ):
        server.bind("127.0.0.1", port)


def test_a_folder_that_is_served_from_is_left_alone(run: Run, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'data' / 'sensor-screen.sqlite'}")
    try:
        assert "another sensor-screen serves from it" in run("serve").complaint
    finally:
        database.close()


def test_a_data_folder_that_cannot_be_written_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be made" in run("serve", "--data", tmp_path / "file").complaint
    assert "cannot be made" in run("serve", "--data", tmp_path / "file" / "below").complaint
    if sys.platform == "linux":
        assert "cannot be " in run("serve", "--data", "/proc").complaint


def test_a_store_that_cannot_be_made_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = run("serve", "--objects", tmp_path / "file" / "objects").complaint
    assert "cannot be used" in told


def test_a_key_of_another_certificate_is_told(run: Run, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    names = HostNames("screen.local", ())
    one, other = (open_local_tls(tmp_path / name, names, now).path for name in "ab")
    told = run("serve", "--tls-cert", one, "--tls-key", other).complaint
    assert "it is not the key of the certificate" in told
