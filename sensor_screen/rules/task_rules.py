"""Squats and stairs: positions as rules (Q1, U1, D1, D2), side differences (Q2, U2), heels (Q3).

The zone of the finding is the level; the limits are the person's own bands, so none is printed.
Whether a squat reached its depth by the trunk or the knees (Q4) two sensors cannot see.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sensor_screen.judgement import Level, Panel, RuleResult, Statement, Zone
from sensor_screen.model import Direction, Placement, RepetitionMark, Side, Task
from sensor_screen.rules.complaints import sides_of
from sensor_screen.rules.quality_rules import trusted_legs
from sensor_screen.rules.quantity import Quantity, judge_quantity, leave_unjudged
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.judgement import Case, Finding
    from sensor_screen.model import Demand, LegMeasures
    from sensor_screen.rules.rulebook import RuleBook

_LEVELS = {
    Zone.UNRESOLVED: Level.UNJUDGED,
    Zone.GREEN: Level.GREEN,
    Zone.AMBER: Level.AMBER,
    Zone.RED: Level.RED,
    Zone.BEYOND: Level.RED,
}
"""Level of each zone, from the least to the most telling."""
_ZONE_ORDER = tuple(_LEVELS)


@dataclass(frozen=True, slots=True)
class _Position:
    """A rule that says again, as a level, how close a task comes to the own end range."""

    rule: str
    task: Task
    panel: Panel
    check: str = ""
    """Threshold above which zero and step are to be checked; empty for none."""


_POSITIONS = (
    _Position("Q1", Task.SQUAT, Panel.ANTERIOR),
    _Position("U1", Task.STAIRS_UP, Panel.ANTERIOR, "stairs_up_bend_check"),
    _Position("D1", Task.STAIRS_DOWN, Panel.ANTERIOR, "stairs_down_bend_check"),
    _Position("D2", Task.STAIRS_DOWN, Panel.POSTERIOR, "stairs_down_point_check"),
)
_DIFFERENCES = {"Q2": Task.SQUAT, "U2": Task.STAIRS_UP}


def apply_task_rules(
    case: Case, findings: tuple[Finding, ...], book: RuleBook
) -> tuple[RuleResult, ...]:
    """Q1, Q3, U1, D1 and D2 of each leg, and Q2 and U2 between the legs."""
    sides = sides_of(case)
    return (
        *(
            _judge_position(position, side, case, findings, book)
            for position in _POSITIONS
            for side in sides
        ),
        *(_compare(name, task, case, book) for name, task in _DIFFERENCES.items()),
        *(_judge_heels(case, side, book) for side in sides),
    )


# --- positions -----------------------------------------------------------------------------------


def _judge_position(
    position: _Position, side: Side, case: Case, findings: Sequence[Finding], book: RuleBook
) -> RuleResult:
    mine = [
        f for f in findings if (f.side, f.panel, f.task) == (side, position.panel, position.task)
    ]
    if not mine:
        done = any(
            d.task is position.task
            for leg in case.now.legs
            if leg.side is side
            for d in leg.demands
        )
        asked = Quantity(
            rule=position.rule,
            key="task.position",
            side=side,
            panel=position.panel,
            task=position.task,
        )
        why = "no_end_range" if done else "missing"
        return leave_unjudged(asked, book, f"{asked.key}.{why}")
    finding = max(mine, key=lambda f: (_ZONE_ORDER.index(f.zone), f.demand.typical_rad))
    level = _LEVELS[finding.zone]
    error_rad = NORMAL_95 * math.hypot(finding.demand.sigma_rad, finding.capacity.sigma_rad)
    entries = _band_entries(level)
    statement = finding.statement
    peak_deg = math.degrees(finding.demand.typical_rad)
    if position.check and peak_deg > book.shown(position.check):
        statement = Statement("task.position.checked", {"found": statement})
        entries = (*entries, position.check)
    return RuleResult(
        rule=position.rule,
        side=side,
        panel=position.panel,
        task=position.task,
        level=level,
        value=peak_deg,
        error_95=math.degrees(NORMAL_95 * finding.demand.sigma_rad),
        unit="deg",
        within_error=level is not Level.UNJUDGED and _is_near(finding, error_rad),
        rests_on=entries,
        statement=statement,
        grade="" if level is Level.UNJUDGED else book.thresholds["red_share"].grade,
    )


def _band_entries(level: Level) -> tuple[str, ...]:
    if level is Level.UNJUDGED:
        return ("smallest_change_cyclic",)
    return ("red_share", "amber_share", "smallest_change_cyclic")


def _is_near(finding: Finding, error_rad: float) -> bool:
    """Whether the peak could as well lie on the other side of where a level begins."""
    peak_rad, bands = finding.demand.typical_rad, finding.bands
    begins_rad = (bands.amber_from_rad, bands.red_from_rad)
    return min(abs(peak_rad - at_rad) for at_rad in begins_rad) < error_rad


# --- both legs -----------------------------------------------------------------------------------


def _compare(name: str, task: Task, case: Case, book: RuleBook) -> RuleResult:
    """Difference of the typical bend; it speaks against the leg that bends less."""
    legs = trusted_legs(case, book)
    left, right = (_typical(legs, side, task) for side in (Side.LEFT, Side.RIGHT))
    asked = Quantity(
        rule=name, key="task.difference", side=Side.NONE, panel=Panel.ANTERIOR, task=task
    )
    if left is None or right is None:
        return leave_unjudged(asked, book, "task.difference.missing")
    less = left if left.typical_rad < right.typical_rad else right
    side = Side.NONE if left.typical_rad == right.typical_rad else less.side
    sigma_rad = math.hypot(left.sigma_rad, right.sigma_rad)
    quantity = replace(
        asked,
        side=side,
        limits=name,
        value=math.degrees(abs(left.typical_rad - right.typical_rad)),
        error_95=math.degrees(NORMAL_95 * sigma_rad),
    )
    return judge_quantity(quantity, book)


def _typical(legs: Sequence[LegMeasures], side: Side, task: Task) -> Demand | None:
    """The bend of that task by the recording with most repetitions of it."""
    mine = [
        d
        for leg in legs
        if leg.side is side
        for d in leg.demands
        if (d.task, d.direction) == (task, Direction.DORSIFLEXION)
    ]
    return max(mine, key=lambda d: (len(d.peaks_rad), d.typical_rad), default=None)


def _judge_heels(case: Case, side: Side, book: RuleBook) -> RuleResult:
    """Q3: share of the counted squats in which the heel came up; only a foot sensor sees it."""
    asked = Quantity(rule="Q3", key="task.heels", side=side, panel=Panel.ANTERIOR, task=Task.SQUAT)
    legs = [leg for leg in trusted_legs(case, book) if leg.side is side]
    squats = [
        (RepetitionMark.HEEL_LIFT in r.quality, Placement.FOOT in leg.cleaning)
        for leg in legs
        for r in leg.repetitions
        if r.task is Task.SQUAT and r.counted
    ]
    if not squats:
        return leave_unjudged(asked, book, "task.heels.missing")
    seen = [lifted for lifted, has_foot in squats if has_foot]
    if not seen:
        return leave_unjudged(asked, book, "task.heels.unseen")
    share = 100.0 * sum(seen) / len(seen)
    return judge_quantity(replace(asked, limits="Q3", value=share), book)
