"""What was measured, as coded figures in degrees; a red flag leaves the figures and no judgement.

In wellness mode only what the restrained report holds: no limit, no time near one, no pain.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.judgement import Zone
from sensor_screen.model import Direction, Side, Task
from sensor_screen.report.fhir import codes
from sensor_screen.report.fhir.changes import change_measures
from sensor_screen.report.fhir.content import Judged, Measure, Part, Quantity, Word
from sensor_screen.report.fhir.figures import (
    degrees,
    describe_method,
    direction_word,
    error_part,
    own_code,
    part,
    quantity,
    repetition_parts,
    task_part,
)
from sensor_screen.report.fhir.judging import find_result, judge
from sensor_screen.report.fhir.sway import sway_measures
from sensor_screen.report.quality_words import describe_leg
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.judgement import Finding
    from sensor_screen.model import Capacity, Demand, LegMeasures, Repetition, SideComparison
    from sensor_screen.report.telling import Telling

_POSITION_INTERPRETATIONS = {Zone.RED: codes.HIGH, Zone.BEYOND: codes.HIGH}
_COMPARED = ("end range", "typical peak")


def collect_measures(told: Telling) -> tuple[Measure, ...]:
    """End ranges, peaks, shares, exposure, sway, sides, changes, quality, and what is missing.

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
        found += sway_measures(leg, told)
        found += _quality(leg, told)
    found += [m for one in report.comparisons for m in _difference(one, told)]
    return (*found, *change_measures(told), *_missing(told))


# --- end ranges and peaks -------------------------------------------------------------------------


def _end_range(capacity: Capacity, told: Telling) -> Measure:
    code = codes.CAPACITIES.get((capacity.condition, capacity.direction), "capacity-other")
    notes = []
    if not told.plain:
        notes += [told.clinic("by_pain")] if capacity.limited_by_pain else []
        notes += [told.clinic("entered")] if capacity.entered else []
    trials = tuple(degrees(trial) for trial in capacity.trials_rad)
    name = f"{code}-{capacity.side}"
    value = degrees(capacity.value_rad)
    judged = None
    if capacity.condition.value in set(Task):
        judged = find_result(told, capacity.side, Task(capacity.condition.value), value, "deg")
    return Measure(
        name,
        own_code(told, code),
        capacity.side,
        value,
        (error_part(told, capacity.sigma_rad, "deg"), *repetition_parts(told, trials)),
        method=describe_method(told, told.voice.word(capacity.condition), capacity.side),
        notes=tuple(notes),
        judged=judge(judged, told),
    )


def _demand(demand: Demand, leg: LegMeasures, told: Telling) -> Iterator[Measure]:
    side, task = demand.side, demand.task
    peak = codes.PEAKS[demand.direction]
    method = describe_method(told, told.voice.word(task), side)
    trend: list[Part] = []
    if demand.trend is not None:
        trend.append(part(told, "trend", degrees(demand.trend.change_rad)))
        trend.append(part(told, "trend-error-95", degrees(NORMAL_95 * demand.trend.sigma_rad)))
    yield Measure(
        f"{peak}-{task}-{side}",
        own_code(told, peak),
        side,
        degrees(demand.typical_rad),
        (
            task_part(told, task),
            error_part(told, demand.sigma_rad, "deg"),
            *trend,
            *repetition_parts(told, tuple(degrees(p) for p in demand.peaks_rad)),
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
        degrees(median),
        (task_part(told, task), part(told, "error-95", None)),
        method=method,
    )


def _ratio(demand: Demand, told: Telling, method: str) -> Measure:
    parts = (
        task_part(told, demand.task),
        part(told, "direction", direction_word(demand.direction, told)),
        error_part(told, demand.ratio_sigma, "1"),
        *repetition_parts(told, tuple(quantity(ratio, "1", 4) for ratio in demand.ratios)),
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
        quantity(demand.ratio, "1", 4),
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
    task = task_part(told, demand.task)
    share = part(told, "share", quantity(exposure.share, "1", 4))
    unseen = part(told, "time-unseen", quantity(exposure.unseen_s, "s"))
    figures = (
        (
            "time-in-red", quantity(exposure.time_s, "s"),
            (
                part(told, "least", quantity(exposure.time_low_s, "s")),
                part(told, "most", quantity(exposure.time_high_s, "s")),
                unseen,
            ),
        ),
        ("entries-red", quantity(exposure.entries, "1"), (unseen,)),
        (
            "angle-time-red", quantity(math.degrees(exposure.angle_time_rads), "deg.s"), (unseen,)
        ),
        (
            "entry-velocity", quantity(math.degrees(exposure.entry_velocity_radps), "deg/s"), ()
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


# --- sides, quality, what is missing --------------------------------------------------------------


def _difference(one: SideComparison, told: Telling) -> Iterator[Measure]:
    test, _, direction = one.what.partition(", ")
    if one.measure not in _COMPARED or direction not in set(Direction):
        return
    lunge = (one.measure, test) == ("end range", Task.LUNGE)
    value = degrees(one.difference)
    judged = None
    if value is not None and test in set(Task):
        size = Quantity(abs(value.value), "deg")
        judged = find_result(told, None, Task(test), size, "deg")
    what = Word(codes.MEASURES, f"task-{test}", told.what(test))
    measure = told.text(f"measure.{one.measure.replace(' ', '_')}")
    yield Measure(
        f"side-difference-{one.measure.replace(' ', '-')}-{test}-{direction}",
        own_code(told, "wblt-side-difference" if lunge else "side-difference"),
        Side.NONE,
        value,
        (
            part(told, "task", what),
            error_part(told, one.sigma, "deg"),
            part(told, "left", degrees(one.left)),
            part(told, "right", degrees(one.right)),
        ),
        method=describe_method(
            told, f"{measure}, {told.movement(Direction(direction))}", Side.NONE
        ),
        notes=(told.text("fhir.left_minus_right"),),
        judged=judge(judged, told),
    )


def _quality(leg: LegMeasures, told: Telling) -> Iterator[Measure]:
    """How much of the angle is valid, and what else is known of how far it can be trusted."""
    said = describe_leg(leg, told)
    if not said:
        return
    parts: list[Part] = []
    reasons: tuple[str, ...] = ()
    if leg.calibration is not None:
        reasons = leg.calibration.reasons
        parts = [
            part(told, "calibration-quality", quantity(leg.calibration.quality, "1", 3)),
            part(told, "axis-error-95", degrees(NORMAL_95 * leg.calibration.axis_error_rad)),
        ]
    share = math.nan if leg.angle is None or not leg.angle.valid.size else leg.angle.valid.mean()
    yield Measure(
        f"quality-{leg.side}",
        own_code(told, "valid-share"),
        leg.side,
        quantity(100.0 * float(share), "%", 1),
        tuple(parts),
        notes=(*said, *(told.foreign_measured(reason) for reason in reasons)),
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
