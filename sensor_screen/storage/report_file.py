"""A stored JSON file, read as what it may be: large, hostile, damaged, or of another kind."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from sensor_screen.errors import ReportError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_REPORT = 20_000_000
"""Bytes; the report of an hour has less than a twentieth of it."""
_REMEDY = "name a report that `screen --json` wrote"


def read_json_object(path: Path) -> dict[str, Any]:
    """The object in a JSON file; what it means is for others to check.

    Raises:
        ReportError: It cannot be read, is too large or too deep, is no text, no JSON or no object,
            has a name twice in one object, or a number that is not finite.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_REPORT + 1)
    except OSError as error:
        problem = f"it cannot be read ({error.strerror or error})"
        raise ReportError(path.name, problem, "check the file") from error
    if len(content) > LARGEST_REPORT:
        most = LARGEST_REPORT // 1_000_000
        raise ReportError(path.name, f"it is larger than {most} MB, as no report is", _REMEDY)
    try:
        found = json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_once,
            parse_float=_finite,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError) as error:
        raise ReportError(path.name, f"it is no sound JSON ({_say(error)})", _REMEDY) from None
    if not isinstance(found, dict):
        raise ReportError(path.name, "there is no object in it", _REMEDY)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return made


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is not finite")
    return value


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _say(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}"
    return str(error)
