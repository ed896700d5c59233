"""The end ranges of a leg as the range rules compare them: entered by hand or measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.model import Condition, Direction, ZeroMode
from sensor_screen.rules.quality_rules import trusted_legs
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.judgement import Answers, Case
    from sensor_screen.model import Capacity, LegMeasures, Side
    from sensor_screen.rules.rulebook import RuleBook


@dataclass(frozen=True, slots=True)
class EndRange:
    """One end range, in the unit in which people read it."""

    kind: str
    """How it was taken; only equal kinds may be compared."""
    unit: str
    value: float
    error_95: float
    difference_error_95: float
    """What it adds to the error of a difference; nan where the limits already allow for it."""
    standing_zero: bool = False
    """Measured from quiet standing: less than an inclinometer would show."""


def find_lunges(case: Case, side: Side, book: RuleBook) -> tuple[EndRange, ...]:
    """The ends of the lunge, the kind that is compared with first."""
    answers = case.now.answers
    once = 1.0 / math.sqrt(2.0)  # a smallest change is that of two readings
    entered = (
        _entry(answers, "lunge_deg", side, "deg", once * book.shown("smallest_change_static")),
        _entry(answers, "lunge_cm", side, "cm", once * book.shown("smallest_change_lunge_cm")),
    )
    measured = _measured(case, side, Direction.DORSIFLEXION, Condition.LUNGE, book)
    return tuple(end for end in (*entered, measured) if end)


def find_points(case: Case, side: Side, book: RuleBook) -> tuple[EndRange, ...]:
    """The ends of pointing, each kind for itself; passive before active."""
    answers = case.now.answers
    error = book.shown("goniometer_error")
    points = Direction.PLANTARFLEXION
    ends = (
        _entry(answers, "plantarflexion_passive_deg", side, "deg", error),
        _entry(answers, "plantarflexion_active_deg", side, "deg", error),
        _measured(case, side, points, Condition.POINT, book),
        _measured(case, side, points, Condition.PASSIVE, book),
    )
    return tuple(end for end in ends if end)


def find_seated(case: Case, side: Side, book: RuleBook) -> EndRange | None:
    """How far the seated pumps bent the ankle: nobody was asked for the very end."""
    return _measured(case, side, Direction.DORSIFLEXION, Condition.SEATED, book)


def is_distrusted(case: Case, side: Side, condition: Condition, book: RuleBook) -> bool:
    """Whether that range was measured, and its data are too poor or its zero is a guess."""
    kept = [leg for leg in trusted_legs(case, book) if _has_zero(leg)]
    return _has_range(case.now.legs, side, condition) and not _has_range(kept, side, condition)


def _has_range(legs: Iterable[LegMeasures], side: Side, condition: Condition) -> bool:
    return any(c.condition is condition for leg in legs if leg.side is side for c in leg.capacities)


def _entry(answers: Answers, name: str, side: Side, unit: str, error_95: float) -> EndRange | None:
    value = answers.number(f"entries.{name}", side)
    return EndRange(name, unit, value, error_95, math.nan) if math.isfinite(value) else None


def _measured(
    case: Case, side: Side, direction: Direction, condition: Condition, book: RuleBook
) -> EndRange | None:
    """The best trial of all recordings of the leg whose zero is known."""
    found = [
        (capacity.value_rad, _zero_mode(leg), capacity)
        for leg in trusted_legs(case, book)
        if leg.side is side and _has_zero(leg)
        for capacity in leg.capacities
        if (capacity.direction, capacity.condition) == (direction, condition)
    ]
    if not found:
        return None
    _, zero, capacity = max(found, key=lambda one: one[0])
    error = math.degrees(NORMAL_95 * capacity.sigma_rad)
    standing = zero is ZeroMode.QUIET_STANDING and not capacity.entered
    return EndRange(
        kind=_kind(capacity, zero),
        unit="deg",
        value=math.degrees(capacity.value_rad),
        error_95=max(error, book.shown("smallest_change_static") / math.sqrt(2.0)),
        difference_error_95=error,
        standing_zero=standing,
    )


def _kind(capacity: Capacity, zero: ZeroMode | None) -> str:
    return f"{capacity.condition} {'entered' if capacity.entered else zero}"


def _zero_mode(leg: LegMeasures) -> ZeroMode | None:
    if leg.calibration is not None:
        return leg.calibration.zero_mode
    return None if leg.angle is None else leg.angle.zero_mode


def _has_zero(leg: LegMeasures) -> bool:
    return leg.calibration is None or leg.calibration.neutral_verified
