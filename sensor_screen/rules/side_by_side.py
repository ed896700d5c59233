"""Left beside right: alike, different or neither can be said, and how common that is.

Alike means no more apart than can be told. A difference is not yet a finding: for the lunge it is
known how many healthy people differ, for the other measures it is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.judgement import Statement
from sensor_screen.model import Condition, Side, Task
from sensor_screen.rules.own_change import smallest_change_of
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.model import SideComparison
    from sensor_screen.rules.rulebook import RuleBook


@dataclass(frozen=True, slots=True)
class SideBySide:
    """One comparison and what is said of it."""

    comparison: SideComparison
    alike: bool | None
    """None where the smallest difference that can be told is not known; and of holds, because a
    comparison does not say whether they ended with the recording."""
    smallest: float
    """That difference, in the unit of the comparison; nan where it is not known."""
    statement: Statement
    base_rate: Statement


def describe_sides(comparisons: Iterable[SideComparison], book: RuleBook) -> tuple[SideBySide, ...]:
    """What is said of each comparison, in their order.

    Args:
        comparisons: Left beside right.
        book: Smallest changes and the base rate of the lunge.
    """
    return tuple(_describe(comparison, book) for comparison in comparisons)


def _describe(comparison: SideComparison, book: RuleBook) -> SideBySide:
    smallest = _smallest_difference(comparison, book)
    distance = abs(comparison.difference)
    alike = distance <= smallest if math.isfinite(distance) and math.isfinite(smallest) else None
    key = "alike" if alike else "differ"
    if alike is None:
        key = "still_held" if comparison.measure == "hold time" else "unknown"
    side = Side.LEFT if comparison.difference > 0.0 else Side.RIGHT
    return SideBySide(
        comparison=comparison,
        alike=alike,
        smallest=smallest,
        statement=Statement(
            f"beside.{key}",
            {
                "measure": Statement(f"beside.measure.{comparison.measure.replace(' ', '_')}"),
                "side": Side.NONE if distance == 0.0 else side,
            },
        ),
        base_rate=_say_base_rate(comparison, book),
    )


def _smallest_difference(comparison: SideComparison, book: RuleBook) -> float:
    """In the unit of the comparison; the 95 % error where that is larger."""
    measure, first = comparison.measure, comparison.what.split(",")[0]
    error = NORMAL_95 * comparison.sigma if math.isfinite(comparison.sigma) else 0.0
    if measure == "end range":
        return max(book.value("smallest_change_static"), error)
    if measure in ("typical peak", "excursion"):
        return max(book.value(smallest_change_of(Task(first.replace(" ", "_")))), error)
    if measure == "sway" and math.isfinite(comparison.sigma):
        larger = max(comparison.left, comparison.right)
        usual = book.limits["B4"].amber_from
        return max((1.0 - 1.0 / usual) * larger, error)
    return math.nan


def _say_base_rate(comparison: SideComparison, book: RuleBook) -> Statement:
    """How many healthy people differ more; known for the lunge, at one difference only."""
    is_lunge = comparison.what.split(",")[0] == Condition.LUNGE.value
    if comparison.measure != "end range" or not is_lunge:
        return Statement("beside.base_rate.unknown")
    apart_cm = math.degrees(abs(comparison.difference)) / book.shown("side_degrees_per_cm")
    if not math.isfinite(apart_cm):
        return Statement("beside.base_rate.unknown")
    usual_cm, largest_cm = (
        book.shown("side_usual_difference"),
        book.shown("side_largest_difference"),
    )
    key = "usual" if apart_cm <= usual_cm else "unusual" if apart_cm <= largest_cm else "rare"
    return Statement(
        f"beside.base_rate.{key}",
        {
            "share": 100.0 * (1.0 - book.value("side_usual_share")),
            "usual_cm": usual_cm,
            "usual_deg": usual_cm * book.shown("side_degrees_per_cm"),
            "largest_cm": largest_cm,
        },
    )
