"""The rule book: every deciding number with its unit, source and grade, checked when it is read."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from typing import Any

from sensor_screen.errors import RuleBookError
from sensor_screen.units import RADIANS_PER_DEGREE

SCHEMA = "sensor-screen-rules/1"

_TO_SI = {"deg": RADIANS_PER_DEGREE, "1": 1.0}
_LARGEST = {"deg": 90.0, "1": 1.0}
_GRADES = ("A", "B", "C", "D")
_THRESHOLDS = {
    "smallest_change_static": "deg",
    "smallest_change_cyclic": "deg",
    "smallest_change_kick": "deg",
    "red_share": "1",
    "amber_share": "1",
    "kick_amber_share": "1",
    "kick_share_past_line": "1",
    "kick_share_worth_a_look": "1",
}
_ADVICE = ("modify", "footwear", "mobility", "strength", "balance", "technique")


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number that decides, in the unit in which people read it."""

    value: float
    unit: str
    source: str
    grade: str
    verified: bool
    note: str


@dataclass(frozen=True, slots=True)
class AdviceBasis:
    """What one kind of advice rests on."""

    source: str
    grade: str
    verified: bool
    note: str


@dataclass(frozen=True, slots=True)
class RuleBook:
    """A complete and consistent set of rules."""

    version: str
    thresholds: dict[str, Threshold]
    advice: dict[str, AdviceBasis]

    def value(self, name: str) -> float:
        """One threshold in SI units: radians, or a share of 1."""
        threshold = self.thresholds[name]
        return threshold.value * _TO_SI[threshold.unit]


@cache
def shipped_rulebook() -> RuleBook:
    """The rule book that comes with the software."""
    text = resources.files(__package__).joinpath("rulebook.toml").read_text(encoding="utf-8")
    return parse_rulebook(text, "rulebook.toml")


def parse_rulebook(text: str, name: str) -> RuleBook:
    """A rule book from TOML text; `name` is what messages call it.

    Raises:
        RuleBookError: An entry is missing, unknown, incomplete, out of range or contradictory.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleBookError(name, f"not valid TOML ({error})", "mend that line") from None
    _check_names(content, {"book", "threshold", "advice"}, name)
    book = content["book"]
    _check_names(book, {"schema", "version"}, f"{name} [book]")
    if book["schema"] != SCHEMA:
        raise RuleBookError(f"{name} schema {book['schema']!r}", "unknown", f"use {SCHEMA!r}")
    _check_names(content["threshold"], set(_THRESHOLDS), f"{name} [threshold]")
    _check_names(content["advice"], set(_ADVICE), f"{name} [advice]")
    thresholds = {
        key: _read_threshold(content["threshold"][key], unit, f"{name} [threshold.{key}]")
        for key, unit in _THRESHOLDS.items()
    }
    advice = {
        key: AdviceBasis(**_read_basis(content["advice"][key], AdviceBasis, f"{name} [{key}]"))
        for key in _ADVICE
    }
    if thresholds["red_share"].value + thresholds["amber_share"].value >= 1.0:
        raise RuleBookError(
            f"{name} red_share and amber_share", "leave no green", "make their sum less than 1"
        )
    return RuleBook(str(book["version"]), thresholds, advice)


def _check_names(table: object, wanted: set[str], where: str) -> None:
    """Every wanted key is there, and no other."""
    if not isinstance(table, dict):
        raise RuleBookError(where, "not a table", "write it as a TOML table")
    if missing := sorted(wanted - table.keys()):
        raise RuleBookError(where, f"{', '.join(missing)} is missing", "add it")
    if unknown := sorted(table.keys() - wanted):
        raise RuleBookError(where, f"{', '.join(unknown)} is not known", "check the spelling")


def _read_basis(
    table: dict[str, Any], kind: type[Threshold | AdviceBasis], where: str
) -> dict[str, Any]:
    """The fields of an entry, with its source, grade, mark and note checked."""
    _check_names(table, {field.name for field in fields(kind)}, where)
    for key in ("source", "note"):
        if not isinstance(table[key], str) or not table[key].strip():
            raise RuleBookError(f"{where} {key}", "empty", "say where it comes from and its limits")
    if table["grade"] not in _GRADES:
        raise RuleBookError(f"{where} grade {table['grade']!r}", "unknown", "use A, B, C or D")
    if not isinstance(table["verified"], bool):
        raise RuleBookError(f"{where} verified", "neither true nor false", "write true or false")
    return dict(table)


def _read_threshold(table: dict[str, Any], unit: str, where: str) -> Threshold:
    entry = _read_basis(table, Threshold, where)
    if entry["unit"] != unit:
        raise RuleBookError(f"{where} unit {entry['unit']!r}", "wrong", f"use {unit!r}")
    value = entry["value"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RuleBookError(f"{where} value {value!r}", "not a number", "write a number")
    if not math.isfinite(value) or not 0.0 < value <= _LARGEST[unit]:
        raise RuleBookError(
            f"{where} value {value}", "out of range", f"use 0 to {_LARGEST[unit]:g} {unit}"
        )
    return Threshold(**{**entry, "value": float(value)})
