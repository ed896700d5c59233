"""One quantity held against the limits of one rule."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sensor_screen.judgement import Level, RuleResult, Statement
from sensor_screen.model import Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sensor_screen.judgement import Case, Panel
    from sensor_screen.model import Task
    from sensor_screen.rules.rulebook import RuleBook

NORMAL_95 = 1.96
"""Standard deviations to a 95 % error."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule is about, and the messages in which it speaks: `key` and then the level."""

    name: str
    side: Side
    panel: Panel | None
    task: Task | None
    key: str

    def hold(self, quantity: Quantity, book: RuleBook) -> RuleResult:
        """The level of a quantity under its entry of the rule book."""
        limits = book.limits[quantity.entry]
        value = round(quantity.value, 9)  # 36 deg must not fall under 36 on the way from radians
        red_shift = quantity.shift if quantity.red_shift is None else quantity.red_shift
        level = limits.level(value, quantity.shift)
        if level is Level.RED and limits.level(value, red_shift) is not Level.RED:
            level = Level.AMBER
        distance = min(
            abs(value - limits.amber_from - quantity.shift),
            abs(value - limits.red_from - red_shift),
        )
        near = distance < quantity.error_95  # never where no error is known
        said = Statement(
            f"{self.key}.{level.name.lower()}",
            {
                "side": self.side,
                "doubt": Statement(f"result.doubt.{'near' if near else 'clear'}"),
                **quantity.said,
            },
        )
        return replace(
            self.leave("", quantity.said),
            level=level,
            value=value,
            error_95=quantity.error_95,
            unit=limits.unit,
            amber=limits.shifted(quantity.shift)[0],
            red=limits.shifted(red_shift)[1],
            within_error=near,
            rests_on=(quantity.entry, *quantity.entries),
            statement=said,
            grade=limits.grade,
            default=limits.default,
        )

    def leave(self, why: str, said: Mapping[str, object] | None = None) -> RuleResult:
        """Not judged, and the message that says why."""
        return RuleResult(
            rule=self.name,
            side=self.side,
            panel=self.panel,
            task=self.task,
            level=Level.UNJUDGED,
            statement=Statement(f"{self.key}.{why}", {"side": self.side, **(said or {})}),
        )


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure in the unit of its limits."""

    entry: str
    """Name of the limits in the rule book."""
    value: float
    error_95: float = math.nan
    shift: float = 0.0
    """Moves both limits."""
    red_shift: float | None = None
    """Moves red alone, where it differs."""
    entries: tuple[str, ...] = ()
    """What else of the rule book decided."""
    said: Mapping[str, object] = field(default_factory=dict)
    """Further values of the message."""


def speak(result: RuleResult, key: str) -> RuleResult:
    """The same result in another message with the same values."""
    values = result.statement.values if result.statement else {}
    return replace(result, statement=Statement(key, values))


def sides_of(case: Case) -> tuple[Side, ...]:
    """The legs of this session, measured or only asked about; left first."""
    known = {leg.side for leg in case.now.legs}
    known |= {side for _, side in case.now.answers.values if side is not Side.NONE}
    return tuple(side for side in Side if side in known)
