"""Z1: whether the data of a leg, and of each of its tasks, bear a judgement.

Amber data are shown without zones; of a leg whose data are red nothing is judged. What a
repetition lost is already not counted, so a moment's clipping round a ball costs no squat its zone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.judgement import Level, RuleResult, Statement, Zone
from sensor_screen.model import Placement, RepetitionMark, Side, Task
from sensor_screen.rules.complaints import sides_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sensor_screen.judgement import Case, Finding
    from sensor_screen.model import Floats, LegMeasures, Repetition
    from sensor_screen.rules.rulebook import RuleBook

_WORST = (Level.UNJUDGED, Level.GREEN, Level.AMBER, Level.RED)
_POOR = (Level.AMBER, Level.RED)


@dataclass(frozen=True, slots=True)
class _Grounds:
    """One reason to trust or distrust, in the unit of its limits."""

    reason: str
    entry: str
    """Of the rule book; empty for what is true or false."""
    value: float
    level: Level


def apply_quality_rules(case: Case, book: RuleBook) -> tuple[RuleResult, ...]:
    """Z1 of each leg, and of each task whose data are poorer than that leg's.

    Where a leg was recorded more than once, the poorest recording speaks.
    """
    results: list[RuleResult] = []
    for side in sides_of(case):
        legs = [leg for leg in case.now.legs if leg.side is side]
        whole = _worst(_judge_leg(leg, book) for leg in legs)
        results.append(_say(side, None, whole, book))
        tasks = {r.task for leg in legs for r in leg.repetitions}
        for task in (task for task in Task if task in tasks):
            part = _worst(_judge_task(leg, task, book) for leg in legs)
            if part is not None and part.level in _POOR:
                results.append(_say(side, task, part, book))
    return tuple(results)


def trusted_legs(case: Case, book: RuleBook) -> tuple[LegMeasures, ...]:
    """The recorded legs whose data may be judged, without the tasks whose data may not."""
    legs = (leg for leg in case.now.legs if not _is_rejected(leg, book))
    return tuple(_without_poor_tasks(leg, book) for leg in legs)


def trust(case: Case, book: RuleBook) -> Case:
    """The case of this session's trusted data only; earlier sessions stay as they are."""
    return replace(case, now=replace(case.now, legs=trusted_legs(case, book)))


def hide_poor(
    findings: tuple[Finding, ...], results: tuple[RuleResult, ...]
) -> tuple[Finding, ...]:
    """The same findings, without a zone where the task or its range test is too poorly seen."""
    poor = {
        (result.side, result.task): result
        for result in results
        if result.rule == "Z1" and result.level in _POOR
    }
    return tuple(_hide(finding, poor) for finding in findings)


def _hide(finding: Finding, poor: dict[tuple[Side, Task | None], RuleResult]) -> Finding:
    condition = finding.capacity.condition.value
    tests = [task for task in (Task.LUNGE, Task.POINT) if task.value == condition]
    for task in (None, finding.task, *tests):
        if result := poor.get((finding.side, task)):
            named = {"task": finding.task, "side": finding.side, "panel": finding.panel}
            return replace(
                finding,
                zone=Zone.UNRESOLVED,
                bands=replace(finding.bands, resolved=False),
                statement=Statement("quality.hidden.sentence", named),
                meaning=(Statement("quality.hidden.meaning", named),),
                threshold_note=Statement("quality.hidden.note", {"why": result.statement}),
            )
    return finding


# --- one leg -------------------------------------------------------------------------------------


def _judge_leg(leg: LegMeasures, book: RuleBook) -> _Grounds | None:
    """The poorest of what holds for all of a recording; None without a calibration."""
    calibration = leg.calibration
    if calibration is None:
        return None
    # Of equals the first speaks, and a guessed zero also lowers the quality.
    guessed = () if calibration.neutral_verified else (_Grounds("zero", "", math.nan, Level.AMBER),)
    grounds = [
        *guessed,
        _weigh("calibration", 100.0 * calibration.quality, book),
        _weigh("axis", math.degrees(calibration.axis_error_rad), book),
        _weigh("clipped", _clipped_percent(leg), book),
    ]
    if {Placement.SHANK, Placement.FOOT} <= leg.cleaning.keys():
        grounds.append(_weigh("clock", 1e3 * leg.clock.residual_s, book))
    return _worst(grounds)


def _is_rejected(leg: LegMeasures, book: RuleBook) -> bool:
    grounds = _judge_leg(leg, book)
    return grounds is not None and grounds.level is Level.RED


def _without_poor_tasks(leg: LegMeasures, book: RuleBook) -> LegMeasures:
    tasks = {repetition.task for repetition in leg.repetitions}
    grounds = {task: _judge_task(leg, task, book) for task in tasks}
    poor = {task.value for task, found in grounds.items() if found and found.level is Level.RED}
    return replace(
        leg,
        repetitions=tuple(r for r in leg.repetitions if r.task.value not in poor),
        capacities=tuple(c for c in leg.capacities if c.condition.value not in poor),
        demands=tuple(d for d in leg.demands if d.task.value not in poor),
    )


def _clipped_percent(leg: LegMeasures) -> float:
    """Share of samples at full scale, of the sensor that has more of them."""
    shares = [c.clipped / c.received for c in leg.cleaning.values() if c.received]
    return 100.0 * max(shares, default=0.0)


def _judge_task(leg: LegMeasures, task: Task, book: RuleBook) -> _Grounds | None:
    """The poorest of what holds for the repetitions of one task; None without any."""
    mine = [r for r in leg.repetitions if r.task is task and _matters(r)]
    if not mine:
        return None
    lost_s = _lost_s(leg, mine)
    task_s = sum(r.end_s - r.start_s for r in mine)
    grounds = [
        _weigh("missing", 100.0 * min(1.0, float(lost_s.sum()) / task_s), book),
        _weigh("gap", float(lost_s.max(initial=0.0)), book),
    ]
    if leg.angle is not None:
        grounds.append(_weigh("valid", _valid_percent(leg, mine), book))
    return _worst(grounds)


def _matters(repetition: Repetition) -> bool:
    """Counted, or would have been with better data."""
    return repetition.counted or RepetitionMark.ANGLE_LOST in repetition.quality


def _lost_s(leg: LegMeasures, repetitions: Sequence[Repetition]) -> Floats:
    """How much of each repetition each gap of each sensor takes."""
    gaps_s = [gap for counts in leg.cleaning.values() for gap in counts.gaps_s]
    begin, end = np.array(gaps_s).reshape(-1, 2).T
    spans_s = np.array([(r.start_s, r.end_s) for r in repetitions])
    overlap = np.minimum(spans_s[:, 1:], end) - np.maximum(spans_s[:, :1], begin)
    lost_s: Floats = overlap[overlap > 0.0]
    return lost_s


def _valid_percent(leg: LegMeasures, repetitions: Sequence[Repetition]) -> float:
    """Of the time in these repetitions, with a valid angle; nan where the curve is elsewhere."""
    if leg.angle is None:
        return math.nan
    spans = np.searchsorted(leg.angle.time_s, [(r.start_s, r.end_s) for r in repetitions])
    good = sum(int(leg.angle.valid[start : end + 1].sum()) for start, end in spans.tolist())
    count = sum(leg.angle.valid[start : end + 1].size for start, end in spans.tolist())
    return 100.0 * good / count if count else math.nan


def _weigh(reason: str, value: float, book: RuleBook) -> _Grounds:
    entry = f"Z1_{reason}"
    return _Grounds(reason, entry, value, book.limits[entry].level(value))


def _worst(grounds: Iterable[_Grounds | None]) -> _Grounds | None:
    """The first of the poorest."""
    known = [one for one in grounds if one is not None]
    return max(known, key=lambda one: _WORST.index(one.level), default=None)


def _say(side: Side, task: Task | None, grounds: _Grounds | None, book: RuleBook) -> RuleResult:
    if grounds is None:
        said = Statement("quality.leg.missing", {"side": side})
        return RuleResult("Z1", side, None, task, Level.UNJUDGED, statement=said)
    what = "leg" if task is None else "task"
    reason = Statement(f"quality.reason.{grounds.reason}")
    limits = book.limits.get(grounds.entry)
    return RuleResult(
        rule="Z1",
        side=side,
        panel=None,
        task=task,
        level=grounds.level,
        value=grounds.value,
        unit=limits.unit if limits else "",
        amber=limits.amber if limits else "",
        red=limits.red if limits else "",
        rests_on=(grounds.entry,) if limits else (),
        statement=Statement(
            f"quality.{what}.{grounds.level.name.lower()}",
            {"side": side, "task": task or Task.MOVE, "why": reason},
        ),
        grade=limits.grade if limits else "",
        default=limits.default if limits else True,
    )
