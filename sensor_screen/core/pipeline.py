"""The measuring verbs, in their order: clean, align, angle, repetitions, capacity, demand, sway."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sensor_screen.core.alignment import AlignmentParams, assemble_leg
from sensor_screen.core.ankle import AnkleEstimate, AnkleParams, estimate_ankle
from sensor_screen.core.capacity import (
    CapacityEntry,
    measure_capacities,
    measure_demands,
    measure_seated_range,
)
from sensor_screen.core.exposure import ExposureParams, expose_demands
from sensor_screen.core.repetitions import find_repetitions
from sensor_screen.core.sign import SignHint
from sensor_screen.core.sway import measure_sway
from sensor_screen.errors import ScreenError
from sensor_screen.model import (
    AngleMark,
    CleaningCounts,
    ClockMap,
    LegMeasures,
    Placement,
    Repetition,
    Side,
    SwayMeasures,
    Task,
    ZeroMode,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.model import AngleTrace, CleanLeg, Floats, Recording, TaskInterval

REPEATED_TASKS = (
    Task.LUNGE,
    Task.POINT,
    Task.SQUAT,
    Task.STAIRS_UP,
    Task.STAIRS_DOWN,
    Task.KICK,
    Task.WALK,
)


@dataclass(frozen=True, slots=True)
class PipelineParams:
    """Tuning of every stage."""

    alignment: AlignmentParams = field(default_factory=AlignmentParams)
    ankle: AnkleParams = field(default_factory=AnkleParams)
    exposure: ExposureParams = field(default_factory=ExposureParams)


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """What the user decides."""

    zero_mode: ZeroMode = ZeroMode.QUIET_STANDING
    sign_hint: SignHint | None = None
    """The user's word on which way is dorsiflexion."""
    entries: tuple[CapacityEntry, ...] = ()
    """End ranges that a clinician measured by hand."""
    painful: frozenset[tuple[Side, Task]] = frozenset()
    """Range tests that pain ended."""


def measure_recording(
    recording: Recording,
    options: MeasureOptions = MeasureOptions(),
    params: PipelineParams = PipelineParams(),
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[LegMeasures, ...]:
    """Everything that can be measured on each leg; what cannot is named in `missing`.

    Args:
        recording: Streams and labels.
        options: The user's decisions.
        params: Tuning.
        progress: Called with the name of each step as it begins.
    """
    legs, errors = [], []
    for side in recording.sides:
        try:
            legs.append(measure_leg(recording, side, options, params, progress))
        except ScreenError as error:
            errors.append(error)
            known = side.value in error.value
            legs.append(_nothing(side, str(error) if known else f"{_name(side)}: {error}"))
    if errors and len(errors) == len(legs):
        raise errors[0]
    return _name_unseen_tasks(legs, recording.tasks)


def _name_unseen_tasks(
    legs: list[LegMeasures], tasks: tuple[TaskInterval, ...]
) -> tuple[LegMeasures, ...]:
    """Labels name no leg: a task is missed only where neither leg did it."""
    unseen: list[str] = []
    for task in tasks:
        mine = [r for leg in legs for r in leg.repetitions if _belongs(r, task)]
        if task.task in REPEATED_TASKS and not any(r.counted for r in mine):
            why = mine[0].reason if mine else "no repetition was found"
            unseen.append(f"{_words(task.task)} at {task.start_s:.0f} s: {why}.")
        stances = [s for leg in legs for s in leg.sway if task.start_s <= s.start_s < task.end_s]
        if task.task is Task.BALANCE and not stances:
            unseen.append(f"balance at {task.start_s:.0f} s: no leg stood still for long enough.")
    first = replace(legs[0], missing=legs[0].missing + tuple(unseen))
    return (first, *legs[1:])


def _belongs(repetition: Repetition, task: TaskInterval) -> bool:
    overlaps = repetition.start_s < task.end_s and repetition.end_s > task.start_s
    return repetition.task is task.task and overlaps


def measure_leg(
    recording: Recording,
    side: Side,
    options: MeasureOptions = MeasureOptions(),
    params: PipelineParams = PipelineParams(),
    progress: Callable[[str], None] = lambda _: None,
) -> LegMeasures:
    """Everything that can be measured on one leg.

    Raises:
        ScreenError: where there is no ankle angle at all.
    """
    name = _name(side)
    progress(f"{name}: samples and clocks")
    leg = assemble_leg(
        recording.stream(side, Placement.SHANK),
        recording.stream(side, Placement.FOOT),
        side,
        params.alignment,
    )
    progress(f"{name}: ankle angle")
    found = estimate_ankle(
        leg,
        recording.tasks,
        sign_hint=options.sign_hint,
        zero_mode=options.zero_mode,
        params=params.ankle,
    )
    progress(f"{name}: repetitions and sway")
    cleaning = {s.info.placement: s.counts for s in (leg.shank, leg.foot) if s is not None}
    return _measure_events(leg, found, recording.tasks, cleaning, options, params)


def _name(side: Side) -> str:
    return f"{side} leg" if side is not Side.NONE else "leg"


def _measure_events(
    leg: CleanLeg,
    found: AnkleEstimate,
    tasks: tuple[TaskInterval, ...],
    cleaning: dict[Placement, CleaningCounts],
    options: MeasureOptions,
    params: PipelineParams,
) -> LegMeasures:
    missing = [f"{_name(leg.side)}: {reason}" for reason in _missing_by_marks(found.trace)]
    repetitions = _find_all(leg, found, tasks)
    capacities = (
        *measure_capacities(
            repetitions,
            painful=options.painful,
            entries=[entry for entry in options.entries if entry.side is leg.side],
        ),
        *measure_seated_range(found.trace, tasks),
    )
    demands = measure_demands(repetitions, capacities)
    return LegMeasures(
        side=leg.side,
        angle=found.trace,
        calibration=found.calibration,
        clock=leg.clock,
        cleaning=cleaning,
        repetitions=repetitions,
        capacities=capacities,
        demands=expose_demands(demands, capacities, found.trace, tasks, params.exposure),
        sway=_measure_stances(leg, found, tasks),
        missing=tuple(missing),
    )


def _find_all(
    leg: CleanLeg, found: AnkleEstimate, tasks: tuple[TaskInterval, ...]
) -> tuple[Repetition, ...]:
    rate = shank_rate(leg, found)
    return tuple(
        repetition
        for task in tasks
        if task.task in REPEATED_TASKS and _overlaps(task, leg)
        for repetition in find_repetitions(found.trace, task, shank_rate_radps=rate)
    )


def shank_rate(leg: CleanLeg, found: AnkleEstimate) -> Floats | None:
    """(n,) angular velocity of the shank about the flexion axis; positive as the foot swings on."""
    if leg.shank is None:
        return None
    rate: Floats = leg.shank.gyr_radps @ found.calibration.shank_axis
    return rate


def _measure_stances(
    leg: CleanLeg, found: AnkleEstimate, tasks: tuple[TaskInterval, ...]
) -> tuple[SwayMeasures, ...]:
    stances = []
    for task in tasks:
        if task.task is not Task.BALANCE or not _overlaps(task, leg):
            continue
        # The other leg hangs in the air in this stretch, and is refused.
        with suppress(ScreenError):
            stances.append(measure_sway(leg, found.calibration, task))
    return tuple(stances)


def _overlaps(task: TaskInterval, leg: CleanLeg) -> bool:
    return bool(task.end_s > leg.time_s[0] and task.start_s < leg.time_s[-1])


_MARK_WORDS = {
    AngleMark.NOT_A_HINGE: "the joint does not turn about one axis; check the sensors' places",
    AngleMark.SIGN_UNKNOWN: "nothing tells toes up from toes down; add pumps or say which it is",
    AngleMark.ZERO_UNKNOWN: "nobody stood still, so only excursions are right",
    AngleMark.SINGLE_SENSOR: "shank sensor alone, so only lunges and flat-footed squats",
}


def _missing_by_marks(trace: AngleTrace) -> list[str]:
    """What must be said of the whole trace: marks that hold for most of it."""
    return [
        f"{words}."
        for mark, words in _MARK_WORDS.items()
        if ((trace.marks & int(mark)) != 0).mean() > 0.5
    ]


def _words(task: Task) -> str:
    return task.value.replace("_", " ")


def _nothing(side: Side, why: str) -> LegMeasures:
    return LegMeasures(side, None, None, ClockMap(), {}, (), (), (), (), (why,))
