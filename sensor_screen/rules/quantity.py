"""One quantity of one leg, held against the limits of its rule."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sensor_screen.judgement import Level, Panel, RuleResult, Statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sensor_screen.model import Side, Task
    from sensor_screen.rules.rulebook import RuleBook

NORMAL_95 = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What a rule looks at, in the unit in which people read it, and what is said of it."""

    rule: str
    topic: str
    """Its messages are `<topic>.<rule>.<level>`, with `side`, `panel`, `task` and `sure`."""
    side: Side
    panel: Panel | None = None
    task: Task | None = None
    value: float = math.nan
    error_95: float = math.nan
    unit: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    """What its messages need besides."""
    base_rate: Statement | None = None
    rests_on: tuple[str, ...] = ()
    """Entries that decide besides the limits."""


def judge_quantity(
    quantity: Quantity,
    book: RuleBook,
    *,
    step: float = 1.0,
    start: float = 0.0,
    never_red: bool = False,
) -> RuleResult:
    """The level of a quantity by the limits that have the name of its rule.

    Args:
        quantity: Its value must be known.
        book: With the limits.
        step: One unit of the limits in the unit of the value.
        start: Zero of the limits in the unit of the value.
        never_red: Red counts as amber.
    """
    limits = book.limits[quantity.rule]
    level = limits.level((quantity.value - start) / step)
    amber, red = (start + step * limit_value(text) for text in (limits.amber, limits.red))
    applied = [amber] if never_red else [amber, red]
    within = min(abs(quantity.value - limit) for limit in applied) < quantity.error_95
    result = say_level(
        quantity, Level.AMBER if never_red and level is Level.RED else level, book, sure=not within
    )
    return replace(
        result,
        amber=f"{limits.amber.split()[0]} {amber:g}",
        red="" if never_red else f"{limits.red.split()[0]} {red:g}",
    )


def say_level(quantity: Quantity, level: Level, book: RuleBook, *, sure: bool = True) -> RuleResult:
    """The result of a quantity whose level is known; without the limits as they were applied."""
    said = {
        "side": quantity.side,
        "panel": quantity.panel,
        "task": quantity.task,
        "sure": Statement("quantity.sure" if sure else "quantity.near"),
        **quantity.values,
    }
    key = f"{quantity.topic}.{quantity.rule.lower()}.{level.name.lower()}"
    return replace(
        _bare(quantity, book),
        level=level,
        within_error=not sure,
        statement=Statement(key, said),
        base_rate=quantity.base_rate,
    )


def leave_unjudged(quantity: Quantity, book: RuleBook, why: str, **values: object) -> RuleResult:
    """The result of what cannot be judged; `why` is the key of the reason within the topic."""
    said = {"side": quantity.side, "panel": quantity.panel, "task": quantity.task, **values}
    return replace(_bare(quantity, book), statement=Statement(f"{quantity.topic}.{why}", said))


def limit_value(comparison: str) -> float:
    """The number of a limit such as `>= 5`."""
    return float(comparison.split()[1])


def _bare(quantity: Quantity, book: RuleBook) -> RuleResult:
    limits = book.limits.get(quantity.rule)
    return RuleResult(
        rule=quantity.rule,
        side=quantity.side,
        panel=quantity.panel,
        task=quantity.task,
        level=Level.UNJUDGED,
        value=quantity.value,
        error_95=quantity.error_95,
        unit=quantity.unit,
        rests_on=(*((quantity.rule,) if limits else ()), *quantity.rests_on),
        grade=limits.grade if limits else "D",
        default=limits.default if limits else True,
    )
