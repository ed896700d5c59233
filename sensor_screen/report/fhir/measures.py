"""What was measured, as coded figures in degrees; a red flag leaves the figures and no judgement.

In wellness mode only what the restrained report holds: no limit, no time near one, no pain.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.judgement import Level, Zone
from sensor_screen.model import Direction, Side, Stance, StanceRole, Task
from sensor_screen.report.fhir import codes
from sensor_screen.report.fhir.content import Judged, Measure, Part, Quantity, Word
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.judgement import Finding, RuleResult
    from sensor_screen.model import (
        Capacity,
        Demand,
        LegMeasures,
        Repetition,
        SideComparison,
        SwayMeasures,
    )
    from sensor_screen.report.telling import Telling

_SAME = 5e-3
"""Two figures are one where they differ by less: both were rounded to two digits."""
_POSITION_INTERPRETATIONS = {Zone.RED: codes.HIGH, Zone.BEYOND: codes.HIGH}
_COMPARED = ("end range", "typical peak")


def own_code(told: Telling, code: str) -> Word:
    """A word of our own code system."""
    key = code.replace("-", "_")
    said = told.voice.has(f"report.fhir.code.{key}")
    display = told.text(f"fhir.code.{key}") if said else told.clinic(f"fhir.code.{key}")
    return Word(codes.MEASURES, code, display)


def collect_measures(told: Telling) -> tuple[Measure, ...]:
    """End ranges, peaks, shares, exposure, sides, holds, and what could not be measured.

    Where a healthy person is asked to stop, nothing.
    """
    if told.plain and told.stopped:
        return ()
    report = told.report
    found: list[Measure] = []
    for leg in report.legs:
        found += [_end_range(capacity, told) for capacity in leg.capacities]
        for demand in leg.demands:
            found += _demand(demand, leg, told)
        found += _holds(leg, told)
    found += [m for one in report.comparisons for m in _difference(one, told)]
    return (*found, *_missing(told))


# --- figures --------------------------------------------------------------------------------------


def _quantity(value: float, unit: str, digits: int = 2) -> Quantity | None:
    return Quantity(round(value, digits), unit) if math.isfinite(value) else None


def _degrees(angle_rad: float) -> Quantity | None:
    return _quantity(math.degrees(angle_rad), "deg")


def _part(told: Telling, code: str, value: Quantity | Word | None) -> Part:
    return Part(own_code(told, code), value)


def _error(told: Telling, sigma: float, unit: str) -> Part:
    factor = math.degrees(1.0) if unit == "deg" else 1.0
    digits = 4 if unit == "1" else 2
    return _part(told, "error-95", _quantity(NORMAL_95 * factor * sigma, unit, digits))


def _task(told: Telling, task: Task) -> Part:
    return _part(told, "task", Word(codes.MEASURES, f"task-{task}", told.voice.word(task)))


def _each(told: Telling, values: tuple[Quantity | None, ...]) -> list[Part]:
    return [_part(told, "repetition", value) for value in values]


# --- end ranges and peaks -------------------------------------------------------------------------


def _end_range(capacity: Capacity, told: Telling) -> Measure:
    code = codes.CAPACITIES.get((capacity.condition, capacity.direction), "capacity-other")
    notes = []
    if not told.plain:
        notes += [told.clinic("by_pain")] if capacity.limited_by_pain else []
        notes += [told.clinic("entered")] if capacity.entered else []
    trials = tuple(_degrees(trial) for trial in capacity.trials_rad)
    name = f"{code}-{capacity.side}"
    value = _degrees(capacity.value_rad)
    judged = None
    if capacity.condition.value in set(Task):
        judged = _find_result(told, capacity.side, Task(capacity.condition.value), value, "deg")
    return Measure(
        name,
        own_code(told, code),
        capacity.side,
        value,
        (_error(told, capacity.sigma_rad, "deg"), *_each(told, trials)),
        method=_method(told, told.voice.word(capacity.condition)),
        notes=tuple(notes),
        judged=_judge(judged, told),
    )


def _demand(demand: Demand, leg: LegMeasures, told: Telling) -> Iterator[Measure]:
    side, task = demand.side, demand.task
    peak = codes.PEAKS[demand.direction]
    method = _method(told, told.voice.word(task))
    trend: list[Part] = []
    if demand.trend is not None:
        trend.append(_part(told, "trend", _degrees(demand.trend.change_rad)))
    yield Measure(
        f"{peak}-{task}-{side}",
        own_code(told, peak),
        side,
        _degrees(demand.typical_rad),
        (
            _task(told, task),
            _error(told, demand.sigma_rad, "deg"),
            *trend,
            *_each(told, tuple(_degrees(p) for p in demand.peaks_rad)),
        ),
        method=method,
    )
    if demand.direction == Direction.DORSIFLEXION or task is Task.KICK:
        yield from _excursion(leg, task, told, method)
    if told.stopped or not math.isfinite(demand.ratio):
        return
    yield _ratio(demand, told, method)
    if demand.exposure is not None and not told.plain:
        yield from _exposure(demand, told, method)


def _excursion(leg: LegMeasures, task: Task, told: Telling, method: str) -> Iterator[Measure]:
    """Median range travelled; its error is not known, for a zero error is not in it."""
    reps: list[Repetition] = [r for r in leg.repetitions if r.task == task and r.counted]
    travelled = sorted(r.excursion_rad for r in reps if math.isfinite(r.excursion_rad))
    if not travelled:
        return
    middle = len(travelled) // 2
    median = 0.5 * (travelled[middle] + travelled[~middle])
    yield Measure(
        f"excursion-{task}-{leg.side}",
        own_code(told, "excursion"),
        leg.side,
        _degrees(median),
        (_task(told, task), _part(told, "error-95", None)),
        method=method,
    )


def _ratio(demand: Demand, told: Telling, method: str) -> Measure:
    direction = Word(
        codes.MEASURES, str(demand.direction), told.voice.word(demand.direction, "label")
    )
    parts = (
        _task(told, demand.task),
        _part(told, "direction", direction),
        _error(told, demand.ratio_sigma, "1"),
        *_each(told, tuple(_quantity(ratio, "1", 4) for ratio in demand.ratios)),
    )
    finding = _find_finding(demand, told)
    judged = Judged()
    notes: tuple[str, ...] = ()
    if finding is not None:
        judged = _judge_position(finding, told)
        notes = (told.say(finding.statement), told.say(finding.threshold_note))
    return Measure(
        f"dcr-{demand.task}-{demand.direction}-{demand.side}",
        own_code(told, "dcr"),
        demand.side,
        _quantity(demand.ratio, "1", 4),
        parts,
        method=method,
        judged=judged,
        notes=notes,
    )


def _judge_position(finding: Finding, told: Telling) -> Judged:
    position = told.voice.word(finding.zone)
    known = _POSITION_INTERPRETATIONS.get(finding.zone)
    word = Word(codes.POSITIONS, finding.zone.value, position)
    return Judged((word, known) if known else (word,), position, _bands(finding, told))


def _find_finding(demand: Demand, told: Telling) -> Finding | None:
    if told.stopped:
        return None
    for finding in told.judgement.findings:
        other = finding.demand
        if (other.side, other.task, other.direction) == (
            demand.side,
            demand.task,
            demand.direction,
        ):
            return finding
    return None


def _bands(finding: Finding, told: Telling) -> str:
    bands = finding.bands
    if not bands.resolved:
        return told.clinic("fhir.no_bands")
    shares = (b / bands.end_range_rad for b in (bands.amber_from_rad, bands.red_from_rad))
    amber, red = (told.number(100 * share) for share in shares)
    return told.clinic("fhir.bands", amber=amber, red=red)


def _exposure(demand: Demand, told: Telling, method: str) -> Iterator[Measure]:
    exposure = demand.exposure
    if exposure is None:
        return
    where = f"{demand.task}-{demand.direction}-{demand.side}"
    task = _task(told, demand.task)
    share = _part(told, "share", _quantity(exposure.share, "1", 4))
    unseen = _part(told, "time-unseen", _quantity(exposure.unseen_s, "s"))
    figures = (
        (
            "time-in-red", _quantity(exposure.time_s, "s"),
            (
                _part(told, "least", _quantity(exposure.time_low_s, "s")),
                _part(told, "most", _quantity(exposure.time_high_s, "s")),
                unseen,
            ),
        ),
        ("entries-red", _quantity(exposure.entries, "1"), (unseen,)),
        (
            "angle-time-red", _quantity(math.degrees(exposure.angle_time_rads), "deg.s"), (unseen,)
        ),
        (
            "entry-velocity", _quantity(math.degrees(exposure.entry_velocity_radps), "deg/s"), ()
        ),
    )  # fmt: skip
    for code, value, parts in figures:
        if value is None:
            continue
        yield Measure(
            f"{code}-{where}",
            own_code(told, code),
            demand.side,
            value,
            (task, share, *parts),
            method=method,
        )


# --- sides and balance ----------------------------------------------------------------------------


def _difference(one: SideComparison, told: Telling) -> Iterator[Measure]:
    test, _, direction = one.what.partition(", ")
    if one.measure not in _COMPARED or direction not in set(Direction):
        return
    lunge = (one.measure, test) == ("end range", Task.LUNGE)
    value = _degrees(one.difference)
    judged = None
    if value is not None and test in set(Task):
        size = Quantity(abs(value.value), "deg")
        judged = _find_result(told, None, Task(test), size, "deg")
    what = Word(codes.MEASURES, f"task-{test}", told.what(test))
    measure = told.text(f"measure.{one.measure.replace(' ', '_')}")
    yield Measure(
        f"side-difference-{one.measure.replace(' ', '-')}-{test}-{direction}",
        own_code(told, "wblt-side-difference" if lunge else "side-difference"),
        Side.NONE,
        value,
        (
            _part(told, "task", what),
            _error(told, one.sigma, "deg"),
            _part(told, "left", _degrees(one.left)),
            _part(told, "right", _degrees(one.right)),
        ),
        method=_method(told, f"{measure}, {told.movement(Direction(direction))}"),
        notes=(told.text("fhir.left_minus_right"),),
        judged=_judge(judged, told),
    )


def _holds(leg: LegMeasures, told: Telling) -> Iterator[Measure]:
    for number, stance in enumerate(leg.sway, start=1):
        if stance.role is StanceRole.STANDING and stance.stance is not Stance.TWO_LEGS:
            yield _hold(stance, number, told)


def _hold(stance: SwayMeasures, number: int, told: Telling) -> Measure:
    known = stance.stance is Stance.ONE_LEG
    value = _quantity(stance.hold_s, "s", 1)
    judged = _find_result(told, stance.side, Task.BALANCE, value, "s")
    if value is not None:
        value = Quantity(value.value, "s", stance.hold_is_minimum)
    parts = [_part(told, "error-95", None)]
    for code, spans_s in (("touch-downs", stance.touch_downs_s), ("hops", stance.hops_s)):
        count = None if spans_s is None else _quantity(len(spans_s), "1")
        parts.append(_part(told, code, count))
    return Measure(
        f"hold-{stance.side}-{number}",
        own_code(told, "sls-time" if known else "stance-time"),
        stance.side,
        value,
        tuple(parts),
        method=_method(told, told.voice.word(Task.BALANCE)),
        notes=tuple(told.foreign_measured(reason) for reason in stance.reasons),
        judged=_judge(judged, told),
    )


def _missing(told: Telling) -> Iterator[Measure]:
    """One observation without a value for each thing that could not be measured."""
    report = told.report
    said = dict.fromkeys(report.missing, Side.NONE)
    said |= {text: leg.side for leg in report.legs for text in leg.missing}
    for number, (text, side) in enumerate(said.items(), start=1):
        notes = (told.foreign_measured(text),)
        code = own_code(told, "not-measured")
        yield Measure(f"not-measured-{number}", code, side, None, notes=notes)


# --- judged ---------------------------------------------------------------------------------------


def _find_result(
    told: Telling, side: Side | None, task: Task, value: Quantity | None, unit: str
) -> RuleResult | None:
    """The rule that judged this figure; `side` None is any, as of differences."""
    if told.stopped or value is None:
        return None
    for result in told.judgement.results:
        same_place = result.task is task and side in (None, result.side)
        if same_place and result.unit == unit and abs(result.value - value.value) <= _SAME:
            return result
    return None


def _judge(result: RuleResult | None, told: Telling) -> Judged:
    """What its rule says of a measure, where there is one."""
    if result is None or result.level is Level.UNJUDGED:
        return Judged()
    level = told.voice.word(result.level, "label")
    if result.within_error:
        level += f" ({told.clinic('within_error')})"
    known = codes.LOW if result.amber.startswith("<") else codes.HIGH
    reached = result.level in (Level.AMBER, Level.RED)
    limits = told.limits(result)
    default = told.clinic("fhir.default") if result.default else told.grade(result.grade)
    return Judged(
        (known,) if reached else (), level, f"{result.rule}: {limits}. {default}" if limits else ""
    )


def _method(told: Telling, what: str) -> str:
    methods = {leg.angle.method for leg in told.report.legs if leg.angle is not None}
    zeros = {leg.angle.zero_mode for leg in told.report.legs if leg.angle is not None}
    said = []
    for method in sorted(methods):
        key = f"method.{method.replace(' ', '_')}"
        said.append(told.text(key) if told.voice.has(f"report.{key}") else told.foreign(method))
    said += [told.text("fhir.zero", zero=zero) for zero in sorted(zeros)]
    return "; ".join([what, *said, told.text("fhir.convention")])
