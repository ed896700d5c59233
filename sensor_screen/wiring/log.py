"""The log of the service: one line an event, on the error stream, and nothing personal in it."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import TYPE_CHECKING, TextIO

import structlog

if TYPE_CHECKING:
    from types import TracebackType

    from sensor_screen.settings import Settings

ExcInfo = tuple[type[BaseException], BaseException, "TracebackType | None"]


def configure_logging(settings: Settings) -> None:
    """One line an event; as JSON where it is set so, lines of libraries too.

    No line has a name, an answer, a sample, an address or a token in it.
    """
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    shown: list[structlog.typing.Processor] = (
        [
            structlog.processors.ExceptionRenderer(places_of),
            structlog.processors.JSONRenderer(),
        ]
        if settings.log_json
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=_write_places
            )
        ]
    )
    structlog.configure(
        processors=[*before, *shown],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*before, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shown],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)


def places_of(exc_info: ExcInfo) -> str:
    """Where an exception and those that led to it came from.

    Only kinds and places: what an exception says and what stood in variables may be a person's
    (the database tells the values of a statement, a check the answer that it refused).
    """
    said: list[str] = []
    error: BaseException | None = exc_info[1]
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        said.insert(0, _place_of(error))
        suppressed = None if error.__suppress_context__ else error.__context__
        error = error.__cause__ or suppressed
    return "\n".join(said)


def _place_of(error: BaseException) -> str:
    kind = type(error)
    lines = [f"{kind.__module__}.{kind.__qualname__}"]
    lines += [
        f"  {frame.filename}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    if isinstance(error, BaseExceptionGroup):
        lines += [f"  | {line}" for one in error.exceptions for line in _place_of(one).split("\n")]
    return "\n".join(lines)


def _write_places(stream: TextIO, info: ExcInfo) -> None:
    stream.write("\n" + places_of(info))
