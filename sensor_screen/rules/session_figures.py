"""The figures of one session that can be compared with the same figures of another.

Shares of the end range are not among them: an end range and a task are compared within one
attachment of the sensors only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from sensor_screen.core.capacity import RANGE_TESTS
from sensor_screen.judgement import PANELS, Panel
from sensor_screen.model import Condition, Side, Task
from sensor_screen.rules.exposure_rules import latest_demands
from sensor_screen.rules.holds import best_hold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.judgement import SessionMeasures
    from sensor_screen.model import LegMeasures, ZeroMode
    from sensor_screen.rules.rulebook import RuleBook

_CONDITION_TASKS = {
    Condition.LUNGE: Task.LUNGE,
    Condition.POINT: Task.POINT,
    Condition.SEATED: Task.PUMP,
}
"""What was done to take an end range; a passive one was taken by a clinician."""


@dataclass(frozen=True, slots=True)
class MeasureName:
    """Which figure it is; like figures of two sessions have the same name."""

    side: Side
    measure: str
    """`end_range`, `typical_peak`, `excursion` or `hold_time`."""
    what: str
    """Condition or task."""
    panel: Panel | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one session."""

    value: float
    """Degrees, seconds for a hold."""
    sigma: float = 0.0
    """1 sigma, 0 where none is known."""
    zero: ZeroMode | None = None
    """What zero degrees meant; None where the figure does not depend on it."""
    is_minimum: bool = False
    """A hold that ended with the recording."""


def task_of(measure: str, what: str) -> Task | None:
    """What was done; nothing for an end range that a clinician took."""
    return _CONDITION_TASKS.get(Condition(what)) if measure == "end_range" else Task(what)


def read_figures(session: SessionMeasures, book: RuleBook) -> dict[MeasureName, Figure]:
    """All figures of a session; of a leg that was recorded more than once the latest count.

    Args:
        session: Its legs, and the entered time of a stance.
        book: With the length at which stances end.
    """
    zeros = {leg.side: _zero_of(leg) for leg in session.legs}
    found: dict[MeasureName, Figure] = {}
    for leg in session.legs:
        found |= dict(_end_ranges(leg)) | dict(_excursions(leg))
    for demand in latest_demands(session):
        panel = PANELS[demand.direction]
        name = MeasureName(demand.side, "typical_peak", demand.task.value, panel)
        found[name] = Figure(
            math.degrees(demand.typical_rad),
            math.degrees(demand.sigma_rad),
            zeros.get(demand.side),
        )
    for side in (Side.LEFT, Side.RIGHT):
        hold = best_hold(session, side, book)
        if hold is not None:
            name = MeasureName(side, "hold_time", Task.BALANCE.value, None)
            found[name] = Figure(hold.hold_s, is_minimum=hold.is_minimum)
    return {name: figure for name, figure in found.items() if math.isfinite(figure.value)}


def _zero_of(leg: LegMeasures) -> ZeroMode | None:
    if leg.angle is not None:
        return leg.angle.zero_mode
    return None if leg.calibration is None else leg.calibration.zero_mode


def _end_ranges(leg: LegMeasures) -> Iterator[tuple[MeasureName, Figure]]:
    for capacity in leg.capacities:
        panel = PANELS[capacity.direction]
        name = MeasureName(leg.side, "end_range", capacity.condition.value, panel)
        zero = None if capacity.entered else _zero_of(leg)
        value_deg, sigma_deg = math.degrees(capacity.value_rad), math.degrees(capacity.sigma_rad)
        yield name, Figure(value_deg, sigma_deg, zero)


def _excursions(leg: LegMeasures) -> Iterator[tuple[MeasureName, Figure]]:
    """Of tasks, which do not depend on the zero; how far a range test goes is its end range."""
    found: dict[Task, list[float]] = {task: [] for task in Task if task not in RANGE_TESTS}
    for r in leg.repetitions:
        if r.counted and r.task in found and math.isfinite(r.excursion_rad):
            found[r.task].append(math.degrees(r.excursion_rad))
    for task, counted_deg in found.items():
        if counted_deg:
            name = MeasureName(leg.side, "excursion", task.value, None)
            yield name, Figure(median(counted_deg))
