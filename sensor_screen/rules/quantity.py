"""One quantity of one leg, or of both, held against its limits."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sensor_screen.judgement import Level, Panel, RuleResult, Statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sensor_screen.model import Side, Task
    from sensor_screen.rules.rulebook import RuleBook

_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What a rule looks at, in the unit in which people read it, and what is said of it."""

    rule: str
    key: str
    """Its messages are `<key>.<level>`."""
    side: Side
    panel: Panel | None = None
    task: Task | None = None
    limits: str = ""
    """Their name in the rule book; empty where something else decides."""
    value: float = math.nan
    error_95: float = math.nan
    unit: str = ""
    """Empty for that of the limits."""
    values: Mapping[str, object] = field(default_factory=dict)
    """What its messages need besides `side`, `panel`, `task`, and whether a limit is near: `doubt`
    within a sentence, `sure` after it."""
    base_rate: Statement | None = None
    rests_on: tuple[str, ...] = ()
    """Entries that decide besides the limits."""
    grade: str = ""
    """Of what decides in place of limits."""


def settle(value: float) -> float:
    """Without the last digits: 36 deg must not fall under 36 on the way from radians."""
    return round(value, _DIGITS)


def judge_quantity(
    quantity: Quantity,
    book: RuleBook,
    *,
    step: float = 1.0,
    start: float = 0.0,
    red_start: float | None = None,
    never_red: bool = False,
) -> RuleResult:
    """The level of a quantity by its limits; in doubt where its error reaches over one of them.

    Args:
        quantity: Its value must be known.
        book: With the limits.
        step: One unit of the limits in the unit of the value.
        start: Zero of the limits in the unit of the value.
        red_start: The same for red alone, where it differs.
        never_red: Red counts as amber.
    """
    limits = book.limits[quantity.limits]
    red_start = start if red_start is None else red_start
    value = settle(quantity.value)
    amber_from = settle(start + step * limits.amber_from)
    red_from = settle(red_start + step * limits.red_from)
    if never_red:
        red_from = math.copysign(math.inf, limits.red_from - limits.amber_from)
    near = min(abs(value - amber_from), abs(value - red_from)) < quantity.error_95
    level = limits.level(value, amber_from, red_from)
    applied = limits.written(amber_from, red_from)
    return say_level(quantity, level, book, sure=not near, applied=applied)


def say_level(
    quantity: Quantity,
    level: Level,
    book: RuleBook,
    *,
    sure: bool = True,
    applied: tuple[str, str] = ("", ""),
) -> RuleResult:
    """The result of a quantity whose level is known.

    Args:
        quantity: With the values of its message.
        level: Decided elsewhere.
        book: With the limits, where it has some.
        sure: The error reaches over no limit.
        applied: Amber and red as they were applied, `>= 5`.
    """
    said = {**_name(quantity), **_say_nearness(near=not sure), **quantity.values}
    statement = Statement(f"{quantity.key}.{level.name.lower()}", said)
    result = _Found(level, statement, applied, near=not sure, base_rate=quantity.base_rate)
    return _conclude(quantity, book, result)


def leave_unjudged(quantity: Quantity, book: RuleBook, key: str, **values: object) -> RuleResult:
    """The result of what cannot be judged, and the message that says why."""
    said = Statement(key, {**_name(quantity), **values})
    return _conclude(quantity, book, _Found(Level.UNJUDGED, said))


def say_otherwise(result: RuleResult, key: str, *, near: bool | None = None) -> RuleResult:
    """The same result in another message; `near` where that is known anew."""
    values = dict(result.statement.values) if result.statement else {}
    if near is None:
        return replace(result, statement=Statement(key, values))
    said = Statement(key, {**values, **_say_nearness(near=near)})
    return replace(result, statement=said, within_error=near)


def _name(quantity: Quantity) -> dict[str, object]:
    return {"side": quantity.side, "panel": quantity.panel, "task": quantity.task}


def _say_nearness(*, near: bool) -> dict[str, object]:
    how = "near" if near else "clear"
    return {"doubt": Statement(f"quantity.doubt.{how}"), "sure": Statement(f"quantity.sure.{how}")}


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found of a quantity."""

    level: Level
    statement: Statement
    applied: tuple[str, str] = ("", "")
    near: bool = False
    base_rate: Statement | None = None


def _conclude(quantity: Quantity, book: RuleBook, found: _Found) -> RuleResult:
    limits = book.limits[quantity.limits] if quantity.limits else None
    amber, red = found.applied
    return RuleResult(
        rule=quantity.rule,
        side=quantity.side,
        panel=quantity.panel,
        task=quantity.task,
        level=found.level,
        value=settle(quantity.value),
        error_95=quantity.error_95,
        unit=quantity.unit or (limits.unit if limits else ""),
        amber=amber,
        red=red,
        within_error=found.near,
        rests_on=(*((quantity.limits,) if limits else ()), *quantity.rests_on),
        statement=found.statement,
        base_rate=found.base_rate,
        grade=limits.grade if limits else quantity.grade,
        default=limits.default if limits else True,
    )
