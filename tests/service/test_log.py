"""What a failure leaves in the log: its kind and its places, nothing of the person."""

from __future__ import annotations

import json
import logging
import warnings
from typing import TYPE_CHECKING

import pytest
import structlog
from sqlalchemy import create_engine, text

from sensor_screen.errors import UsageError
from sensor_screen.settings import Settings
from sensor_screen.wiring.log import configure_logging

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Logging is so afterwards."""
    root = logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, structlog.get_config()
    root.handlers.clear()  # not closed, as the service would
    # Servers of other tests gave these handlers of their own.
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate, logger.disabled = True, False
        logger.setLevel(logging.NOTSET)
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.configure(**config)


def fail() -> None:
    name = "Philippa Nightjar"
    try:
        with create_engine("sqlite://").begin() as connection:
            connection.execute(text("INSERT INTO nowhere VALUES (:name)"), {"name": name})
    except Exception as error:
        raise KeyError(name) from error


def log_failures(name: str = "Philippa Nightjar") -> None:
    try:
        fail()
    except KeyError as error:
        structlog.get_logger().error("request failed", exc_info=error)
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    several = ExceptionGroup(name, [ValueError(name), UsageError(name, name, name)])
    structlog.get_logger().error("several", exc_info=several)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_traceback_has_kinds_and_places_and_no_values(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    configure_logging(Settings(log_json=as_json))
    log_failures()
    log = capsys.readouterr().err
    assert "Nightjar" not in log
    for kind in ("builtins.KeyError", "sqlalchemy.exc.OperationalError", "errors.UsageError"):
        assert kind in log
    assert log.count("in fail") == 4  # of the failure and its cause, by both ways
    assert "locals" not in log


def test_every_line_is_json_those_of_libraries_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_json=True))
    log_failures()
    structlog.get_logger().info("request", status=200)
    logging.getLogger("asyncio").warning("slow by %s s", 3)
    logging.getLogger("uvicorn.error").info("a path that is not for the log")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old form", DeprecationWarning, stacklevel=1)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"].strip() for line in lines[:5]] == [
        "request failed",
        "Exception in ASGI application",
        "several",
        "request",
        "slow by 3 s",
    ]
    assert "old form" in lines[5]["event"]
    assert len(lines) == 6
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
