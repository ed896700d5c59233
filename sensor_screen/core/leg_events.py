"""Everything that happened on one leg, once its angle is known: repetitions, ranges, stances."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sensor_screen.core.capacity import (
    CapacityEntry,
    measure_capacities,
    measure_demands,
    measure_seated_range,
)
from sensor_screen.core.exposure import ExposureParams, expose_demands
from sensor_screen.core.foot_path import trace_foot
from sensor_screen.core.labels import merge_tasks
from sensor_screen.core.repetitions import DIRECTIONS, find_leg_kicks, find_repetitions
from sensor_screen.core.shortfalls import name_leg, name_marks
from sensor_screen.core.stairs import STRIDE_TASKS, find_foot_strides, summarise_strides
from sensor_screen.core.sway import measure_sway
from sensor_screen.errors import ScreenError
from sensor_screen.model import LegMeasures, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.core.ankle import AnkleEstimate
    from sensor_screen.core.foot_path import FootPath
    from sensor_screen.errors import MeasurementError
    from sensor_screen.model import (
        AngleTrace,
        Calibration,
        Capacity,
        CleaningCounts,
        CleanLeg,
        CleanStream,
        Demand,
        Floats,
        Placement,
        Repetition,
        Side,
        SwayMeasures,
        TaskInterval,
    )


@dataclass(frozen=True, slots=True)
class Entries:
    """What a clinician adds to the recording."""

    capacities: tuple[CapacityEntry, ...] = ()
    """End ranges measured by hand."""
    painful: frozenset[tuple[Side, Task]] = frozenset()
    """Range tests that pain ended."""


@dataclass(frozen=True, slots=True)
class LegInputs:
    """One leg of a recording, ready to be looked at."""

    leg: CleanLeg
    tasks: tuple[TaskInterval, ...]
    lumbar: CleanStream | None = None
    path: FootPath | None = None
    """Of the foot, where it is known already."""
    entries: Entries = field(default_factory=Entries)
    exposure: ExposureParams = field(default_factory=ExposureParams)

    @property
    def cleaning(self) -> dict[Placement, CleaningCounts]:
        """What was found in the samples of each sensor."""
        streams = (self.leg.shank, self.leg.foot)
        return {s.info.placement: s.counts for s in streams if s is not None}


def measure_events(inputs: LegInputs, found: AnkleEstimate) -> LegMeasures:
    """Repetitions, end ranges, demands and stances of a leg whose angle is known."""
    leg, trace = inputs.leg, found.trace
    repetitions = _find_all(inputs, found)
    capacities = (
        *measure_capacities(
            repetitions,
            painful=inputs.entries.painful,
            entries=[e for e in inputs.entries.capacities if e.side is leg.side],
        ),
        *measure_seated_range(trace, inputs.tasks),
    )
    return LegMeasures(
        side=leg.side,
        angle=trace,
        calibration=found.calibration,
        clock=leg.clock,
        cleaning=inputs.cleaning,
        repetitions=repetitions,
        capacities=capacities,
        demands=_demand(repetitions, capacities, trace, inputs),
        sway=measure_stances(inputs, found.calibration),
        missing=tuple(f"{name_leg(leg.side)}: {reason}" for reason in name_marks(trace)),
    )


def _demand(
    repetitions: Sequence[Repetition],
    capacities: Sequence[Capacity],
    trace: AngleTrace,
    inputs: LegInputs,
) -> tuple[Demand, ...]:
    demands = measure_demands(repetitions, capacities)
    return expose_demands(demands, capacities, trace, inputs.tasks, inputs.exposure)


def with_repetitions(leg: LegMeasures, repetitions: tuple[Repetition, ...]) -> LegMeasures:
    """The leg with other repetitions, and what rests on them."""
    if repetitions == leg.repetitions:
        return leg
    exposures = {(d.task, d.direction): d.exposure for d in leg.demands}
    demands = tuple(
        replace(demand, exposure=exposures.get((demand.task, demand.direction)))
        for demand in measure_demands(repetitions, leg.capacities)
    )
    return replace(leg, repetitions=repetitions, demands=demands)


def _find_all(inputs: LegInputs, found: AnkleEstimate) -> tuple[Repetition, ...]:
    """Each movement once, however its stretch is cut into labels of one task."""
    leg, rate = inputs.leg, shank_rate(inputs.leg, found.calibration)
    stepping = any(task.task in STRIDE_TASKS for task in inputs.tasks)
    path = _follow_foot(inputs) if stepping else None
    kicking = any(task.task is Task.KICK for task in inputs.tasks)
    swings = find_leg_kicks(leg) if kicking else None
    repetitions: list[Repetition] = []
    for task in merge_tasks(inputs.tasks):
        if task.task not in DIRECTIONS or not _overlaps(task, leg):
            continue
        # Labels with a gap may both reach for the movement between them.
        before = [r for r in repetitions if r.task is task.task]
        last_s = max((r.end_s for r in before), default=-float("inf"))
        repetitions += [
            new
            for new in find_repetitions(
                found.trace,
                task,
                shank_rate_radps=rate,
                foot_path=path,
                leg=leg,
                beside=inputs.tasks,
                swings=swings,
            )
            if new.start_s >= last_s or not any(_same_movement(new, old) for old in before)
        ]
    return tuple(repetitions)


def _follow_foot(inputs: LegInputs) -> FootPath | None:
    """The way of the foot; None without its sensor."""
    if inputs.path is not None or inputs.leg.foot is None:
        return inputs.path
    return trace_foot(inputs.leg.foot)


def _same_movement(one: Repetition, other: Repetition) -> bool:
    together_s = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    shorter_s = min(one.end_s - one.start_s, other.end_s - other.start_s)
    return one.task is other.task and together_s > 0.5 * shorter_s


def shank_rate(leg: CleanLeg, calibration: Calibration) -> Floats | None:
    """(n,) angular velocity of the shank about the flexion axis; positive as the foot swings on."""
    if leg.shank is None:
        return None
    rate: Floats = leg.shank.gyr_radps @ calibration.shank_axis
    return rate


def measure_stances(inputs: LegInputs, calibration: Calibration | None) -> tuple[SwayMeasures, ...]:
    """Every stance of the leg; without a calibration, sway without directions."""
    stances = []
    for task in merge_tasks(inputs.tasks):
        if task.task is not Task.BALANCE or not _overlaps(task, inputs.leg):
            continue
        # A leg that walks about in this stretch is refused.
        with suppress(ScreenError):
            stances.append(measure_sway(inputs.leg, calibration, task, lumbar=inputs.lumbar))
    return tuple(stances)


def stances_alone(
    inputs: LegInputs, sway: tuple[SwayMeasures, ...], why: MeasurementError
) -> LegMeasures:
    """A leg that stands and does nothing else: no ankle angle, and sway without directions."""
    name = name_leg(inputs.leg.side)
    missing = (
        f"{name}, no ankle angle: {why.problem}; {why.remedy}.",
        f"{name}, sway: forward and sideways cannot be told apart, because no movement shows the "
        "flexion axis; add pumps or squats.",
    )
    return _without_angle(inputs, (), sway, missing)


def foot_alone(inputs: LegInputs) -> LegMeasures | None:
    """Where a lone foot sensor went; None where it took no labelled stride."""
    leg, path = inputs.leg, _follow_foot(inputs)
    if path is None:
        return None
    strides = tuple(
        stride
        for task in merge_tasks(inputs.tasks)
        if task.task in STRIDE_TASKS
        for stride in find_foot_strides(path, leg.time_s, task, leg.side)
    )
    if not strides:
        return None
    said = (
        f"{name_leg(leg.side)}: only a foot sensor is there, so no angle, but "
        f"{summarise_strides(strides)}; add the shank sensor."
    )
    return _without_angle(inputs, strides, (), (said,))


def _without_angle(
    inputs: LegInputs,
    repetitions: tuple[Repetition, ...],
    sway: tuple[SwayMeasures, ...],
    missing: tuple[str, ...],
) -> LegMeasures:
    leg = inputs.leg
    return LegMeasures(
        leg.side, None, None, leg.clock, inputs.cleaning, repetitions, (), (), sway, missing
    )


def _overlaps(task: TaskInterval, leg: CleanLeg) -> bool:
    return bool(task.end_s > leg.time_s[0] and task.start_s < leg.time_s[-1])
