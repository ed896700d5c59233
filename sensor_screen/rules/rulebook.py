"""The rule book: every deciding number with its unit, source and grade, checked when it is read.

The shipped book is complete, and says by its entries what a book may hold. Another book is either
as complete, or an *overlay* (`base = "1.0.0"` in `[book]`) with only the entries that a clinic
changes, each of them whole. Both go through the same checks.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from typing import Any

from sensor_screen.errors import RuleBookError
from sensor_screen.rules.entries import AdviceBasis, Limits, Norm, Threshold

SCHEMA = "sensor-screen-rules/2"

_KINDS: dict[str, type[Threshold | Limits | Norm | AdviceBasis]] = {
    "threshold": Threshold,
    "limits": Limits,
    "norm": Norm,
    "advice": AdviceBasis,
}
_LEAVE_GREEN = (("red_share", "amber_share"),)
"""Shares of one range that must not add up to all of it."""


@dataclass(frozen=True, slots=True)
class RuleBook:
    """A complete and consistent set of rules."""

    version: str
    thresholds: dict[str, Threshold]
    limits: dict[str, Limits]
    norms: dict[str, Norm]
    advice: dict[str, AdviceBasis]

    def value(self, name: str) -> float:
        """One threshold in SI units: radians, seconds, metres, or a share of 1."""
        return self.thresholds[name].si_value

    def shown(self, name: str) -> float:
        """One threshold in the unit in which it is written."""
        return self.thresholds[name].value

    def tables(self) -> dict[str, dict[str, Any]]:
        """All entries by kind and name, as in the file."""
        return {
            "threshold": dict(self.thresholds),
            "limits": dict(self.limits),
            "norm": dict(self.norms),
            "advice": dict(self.advice),
        }


@cache
def shipped_rulebook() -> RuleBook:
    """The rule book that comes with the software."""
    text = resources.files(__package__).joinpath("rulebook.toml").read_text(encoding="utf-8")
    content = _read(text, "rulebook.toml")
    return _build(content["book"]["version"], _read_entries(content, "rulebook.toml"))


def parse_rulebook(text: str, name: str) -> RuleBook:
    """A rule book from TOML text, complete or an overlay; `name` is what messages call it.

    Raises:
        RuleBookError: An entry is missing, unknown, incomplete, out of range or contradictory.
    """
    content = _read(text, name)
    shipped = shipped_rulebook()
    base = content["book"].get("base")
    if base is not None and base != shipped.version:
        raise RuleBookError(
            f"{name} base {base!r}", "another version", f"write it against {shipped.version!r}"
        )
    known = shipped.tables()
    entries = _read_entries(content, name)
    version = content["book"]["version"]
    for kind, table in known.items():
        where = f"{name} [{kind}]"
        _refuse_unknown(entries[kind], set(table), where)
        if base is None:
            _refuse_missing(entries[kind], set(table), where)
        _refuse_other_units(entries[kind], table, where)
    if base is None:
        return _build(version, entries, name)
    merged = {kind: known[kind] | entries[kind] for kind in known}
    return _build(f"{base}+{version}", merged, name)


def _read(text: str, name: str) -> dict[str, Any]:
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Brackets alone run out of stack; numbers of thousands of digits Python itself refuses.
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else type(error).__name__
        raise RuleBookError(name, f"not valid TOML ({reason})", "mend that line") from None
    _refuse_unknown(content, {"book", *_KINDS}, name)
    _refuse_missing(content, {"book"}, name)
    book = _table(content["book"], f"{name} [book]")
    _refuse_unknown(book, {"schema", "version", "base"}, f"{name} [book]")
    _refuse_missing(book, {"schema", "version"}, f"{name} [book]")
    if book["schema"] != SCHEMA:
        raise RuleBookError(f"{name} schema {book['schema']!r}", "unknown", f"use {SCHEMA!r}")
    version = book["version"]
    if not isinstance(version, str) or not version.strip() or not version.isprintable():
        raise RuleBookError(f"{name} version {version!r}", "not a name", "write it as a text")
    return content


def _read_entries(content: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    """Every entry of every kind, each checked alone."""
    read: dict[str, dict[str, Any]] = {}
    for kind, noun in _KINDS.items():
        tables = _table(content.get(kind, {}), f"{name} [{kind}]")
        read[kind] = {
            key: _read_entry(table, noun, f"{name} [{kind}.{key}]") for key, table in tables.items()
        }
    return read


def _read_entry(table: object, noun: type[Any], where: str) -> Any:  # noqa: ANN401
    entry = _table(table, where)
    wanted = {field.name for field in fields(noun)}
    _refuse_missing(entry, wanted, where)
    _refuse_unknown(entry, wanted, where)
    try:
        return noun(**{key: tuple(v) if isinstance(v, list) else v for key, v in entry.items()})
    except RuleBookError as error:
        raise RuleBookError(f"{where} {error.value}", error.problem, error.remedy) from None


def _build(version: str, entries: dict[str, dict[str, Any]], name: str = "") -> RuleBook:
    book = RuleBook(version, *(entries[kind] for kind in _KINDS))
    for shares in _LEAVE_GREEN:
        if sum(book.value(share) for share in shares) >= 1.0:
            raise RuleBookError(
                f"{name} {' and '.join(shares)}", "leave no green", "make their sum less than 1"
            )
    return book


def _table(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RuleBookError(where, "not a table", "write it as a TOML table")
    return value


def _refuse_missing(table: dict[str, Any], wanted: set[str], where: str) -> None:
    if missing := sorted(wanted - table.keys()):
        raise RuleBookError(where, f"{', '.join(missing)} is missing", "add it")


def _refuse_unknown(table: dict[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(table.keys() - known):
        raise RuleBookError(where, f"{', '.join(unknown)} is not known", "check the spelling")


def _refuse_other_units(entries: dict[str, Any], known: dict[str, Any], where: str) -> None:
    for key, entry in entries.items():
        unit, wanted = getattr(entry, "unit", ""), getattr(known[key], "unit", "")
        if unit != wanted:
            raise RuleBookError(f"{where[:-1]}.{key}] unit {unit!r}", "wrong", f"use {wanted!r}")
