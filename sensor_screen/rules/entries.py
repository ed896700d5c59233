"""What a rule book consists of: thresholds, limits, norms, and what advice rests on.

Each entry says its source, its grade (A systematic review or guideline, B direct study of the same
quantity, C indirect study, D expert opinion or our default), whether the source itself was read,
and whether it is a default of ours, which is never a diagnostic cut-off.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import cache

from sensor_screen.errors import RuleBookError
from sensor_screen.judgement import Level
from sensor_screen.units import RADIANS_PER_DEGREE

GRADES = ("A", "B", "C", "D")

_TO_SI = {"deg": RADIANS_PER_DEGREE, "deg/s": RADIANS_PER_DEGREE, "ms": 1e-3, "cm": 1e-2, "%": 1e-2}
_LARGEST = {
    "deg": 90.0, "deg/s": 5000.0, "1": 10.0, "%": 400.0, "s": 600.0, "ms": 5000.0, "cm": 250.0,
    "Hz": 2000.0, "count": 200.0, "points": 100.0, "weeks": 104.0, "years": 120.0,
}  # fmt: skip
"""What an entry may at most be, by unit; a unit that is not here is not known."""
_COMPARISON = re.compile(r"(<=|>=|<|>) (-?\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Where an entry comes from, and what it is not."""

    source: str
    grade: str
    verified: bool
    """The source itself was read."""
    default: bool
    """Ours: a default, not a diagnostic cut-off."""
    note: str

    def __post_init__(self) -> None:
        for name in ("source", "note"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text.strip():
                raise RuleBookError(name, "empty", "say where it comes from and its limits")
        if self.grade not in GRADES:
            raise RuleBookError(f"grade {self.grade!r}", "unknown", "use A, B, C or D")
        for name in ("verified", "default"):
            if not isinstance(getattr(self, name), bool):
                raise RuleBookError(name, "neither true nor false", "write true or false")
        if self.grade == "D" and not self.default:
            raise RuleBookError(
                "default", "grade D is our own", "write `default = true`, or name a study"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceBasis(Basis):
    """What one kind of advice rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold(Basis):
    """One number that decides, in the unit in which people read it."""

    value: float
    unit: str

    def __post_init__(self) -> None:
        Basis.__post_init__(self)
        _check_number("value", self.value, self.unit)

    @property
    def si_value(self) -> float:
        """In SI units."""
        return self.value * _TO_SI.get(self.unit, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(Basis):
    """Where a rule turns amber and red, as comparisons: `>= 5`, `> 10`."""

    unit: str
    amber: str
    red: str

    def __post_init__(self) -> None:
        Basis.__post_init__(self)
        amber, red = (_read_comparison(name, getattr(self, name)) for name in ("amber", "red"))
        for name, (_, limit) in (("amber", amber), ("red", red)):
            _check_number(name, limit, self.unit)
        if amber[0][0] != red[0][0]:
            raise RuleBookError(
                f"amber {self.amber!r} and red {self.red!r}", "point apart", "compare one way"
            )
        worse = 1.0 if red[0][0] == ">" else -1.0
        if worse * (red[1] - amber[1]) <= 0.0:
            raise RuleBookError(
                f"amber {self.amber!r} and red {self.red!r}", "overlap", "let red begin after amber"
            )

    def level(
        self, value: float, amber_from: float | None = None, red_from: float | None = None
    ) -> Level:
        """The level of a value in this unit, or by numbers that were worked out from these."""
        if not math.isfinite(value):
            return Level.UNJUDGED
        if _holds(self.red, value, self.red_from if red_from is None else red_from):
            return Level.RED
        amber_from = self.amber_from if amber_from is None else amber_from
        return Level.AMBER if _holds(self.amber, value, amber_from) else Level.GREEN

    def written(self, amber_from: float, red_from: float) -> tuple[str, str]:
        """Amber and red with other numbers, as comparisons; empty for one that never begins."""
        amber, red = (
            f"{text.split()[0]} {limit:g}" if math.isfinite(limit) else ""
            for text, limit in ((self.amber, amber_from), (self.red, red_from))
        )
        return amber, red

    @property
    def amber_from(self) -> float:
        """The number at which amber begins."""
        return _read_comparison("amber", self.amber)[1]

    @property
    def red_from(self) -> float:
        """The number at which red begins."""
        return _read_comparison("red", self.red)[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm(Basis):
    """A mean of healthy people by age: each value holds from its age on."""

    unit: str
    from_age_years: tuple[float, ...]
    value: tuple[float, ...] = field()

    def __post_init__(self) -> None:
        Basis.__post_init__(self)
        for name in ("from_age_years", "value"):
            if not isinstance(getattr(self, name), tuple):
                raise RuleBookError(
                    f"{name} {getattr(self, name)!r}", "not a list", "write one figure for each age"
                )
        ages = self.from_age_years
        for age in ages:
            _check_number("from_age_years", age, "years")
        for value in self.value:
            _check_number("value", value, self.unit)
        if len(ages) != len(self.value) or not ages or list(ages) != sorted(set(ages)):
            raise RuleBookError(
                "from_age_years", "do not match the values", "one rising age for each value"
            )

    def at(self, age_years: float) -> float:
        """The value at an age; nan below the first, or where the age is not known."""
        held = [
            v for age, v in zip(self.from_age_years, self.value, strict=True) if age_years >= age
        ]
        return held[-1] if held else math.nan


def _check_number(name: str, value: object, unit: object) -> None:
    if not isinstance(unit, str) or unit not in _LARGEST:
        raise RuleBookError(f"unit {unit!r}", "not known", f"use one of {', '.join(_LARGEST)}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RuleBookError(f"{name} {value!r}", "not a number", "write a number")
    if not 0.0 <= value <= _LARGEST[unit]:
        raise RuleBookError(
            f"{name} {value}", "out of range", f"use 0 to {_LARGEST[unit]:g} {unit}"
        )


def _read_comparison(name: str, text: object) -> tuple[str, float]:
    found = _parse_comparison(text) if isinstance(text, str) else None
    if found is None:
        raise RuleBookError(f"{name} {text!r}", "not a comparison", "write it as `>= 5`")
    return found


@cache
def _parse_comparison(text: str) -> tuple[str, float] | None:
    found = _COMPARISON.fullmatch(text)
    return None if found is None else (found[1], float(found[2]))


def _holds(comparison: str, value: float, limit: float) -> bool:
    operator = comparison.split(maxsplit=1)[0]
    return {
        "<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit,
    }[operator]  # fmt: skip
