"""The measuring verbs, in their order: clean, align, angle, repetitions, capacity, demand, sway."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sensor_screen.core.alignment import AlignmentParams, assemble_leg
from sensor_screen.core.ankle import AnkleEstimate, AnkleParams, estimate_ankle
from sensor_screen.core.capacity import measure_capacities, measure_demands
from sensor_screen.core.cleaning import clean_stream
from sensor_screen.core.foot_path import trace_foot
from sensor_screen.core.labels import merge_tasks
from sensor_screen.core.repetitions import find_repetitions, pair_repetitions
from sensor_screen.core.shank_tasks import find_squat_sets
from sensor_screen.core.sign import SignHint
from sensor_screen.core.stairs import STRIDE_TASKS, find_foot_strides, summarise_strides
from sensor_screen.core.sway import measure_sway, pair_stances
from sensor_screen.core.task_hints import assemble_legs, is_unlabelled, labels_of_each_leg
from sensor_screen.core.tasks import find_tasks
from sensor_screen.errors import MeasurementError, PlacementError, RecordingError, ScreenError
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

    from sensor_screen.model import (
        AngleTrace,
        Calibration,
        CleanLeg,
        CleanStream,
        Floats,
        Recording,
        TaskInterval,
    )

REPEATED_TASKS = (
    Task.LUNGE,
    Task.POINT,
    Task.SQUAT,
    Task.STAIRS_UP,
    Task.STAIRS_DOWN,
    Task.KICK,
    Task.WALK,
)


EARLY_END_S = 1.0
"""Sensors are switched off one after the other; more than this is said."""


@dataclass(frozen=True, slots=True)
class PipelineParams:
    """Tuning of every stage."""

    alignment: AlignmentParams = field(default_factory=AlignmentParams)
    ankle: AnkleParams = field(default_factory=AnkleParams)


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """What the user decides."""

    zero_mode: ZeroMode = ZeroMode.QUIET_STANDING
    sign_hint: SignHint | None = None
    """The user's word on which way is dorsiflexion."""
    angle_needed: bool = True
    """False: a leg with stances and no ankle angle has its sway measured all the same."""


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

    Raises:
        ScreenError: nothing could be measured on any leg.
    """
    if not recording.sides:
        raise RecordingError(
            "recording", "it holds no shank or foot sensor", "record at least a shank sensor"
        )
    clean = assemble_legs(recording, params.alignment)
    found = find_tasks(list(clean.values()))
    labels, doubts = labels_of_each_leg(recording.tasks, found)
    unlabelled = is_unlabelled(recording.tasks)
    legs, errors = [], []
    for side in recording.sides:
        labelled = replace(recording, tasks=labels.get(side, recording.tasks))
        try:
            leg = measure_leg(labelled, side, options, params, progress, clean.get(side))
            legs.append(replace(leg, found_tasks=found.get(side, ()) if unlabelled else ()))
        except ScreenError as error:
            errors.append(error)
            known = side.value in error.value
            legs.append(_nothing(side, str(error) if known else f"{_name(side)}: {error}"))
    if errors and len(errors) == len(legs):
        raise errors[0]
    legs[0] = replace(legs[0], missing=legs[0].missing + doubts)
    return _name_unseen_tasks(pair_stances(_pair_kicks(legs)), merge_tasks(recording.tasks))


def _pair_kicks(legs: list[LegMeasures]) -> list[LegMeasures]:
    """One leg kicks at a time: what the standing leg did meanwhile is no kick of its own."""
    if len(legs) != 2:
        return legs
    pair = pair_repetitions(legs[0].repetitions, legs[1].repetitions)
    return [
        leg
        if repetitions == leg.repetitions
        else replace(
            leg,
            repetitions=repetitions,
            demands=measure_demands(repetitions, leg.capacities),
        )
        for leg, repetitions in zip(legs, pair, strict=True)
    ]


def _name_unseen_tasks(
    legs: tuple[LegMeasures, ...], tasks: tuple[TaskInterval, ...]
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
    leg: CleanLeg | None = None,
) -> LegMeasures:
    """Everything that can be measured on one leg, by the labels as they are.

    Args:
        recording: Streams and labels.
        side: Which leg.
        options: The user's decisions.
        params: Tuning.
        progress: Called with the name of each step as it begins.
        leg: Its samples, where they are already on one grid.

    Raises:
        ScreenError: where there is no ankle angle at all, and no stance that may stand alone.
    """
    name = _name(side)
    progress(f"{name}: samples and clocks")
    leg = leg or assemble_leg(
        recording.stream(side, Placement.SHANK),
        recording.stream(side, Placement.FOOT),
        side,
        params.alignment,
    )
    if leg.shank is None and (alone := _measure_foot_alone(leg, recording.tasks, name)):
        return alone
    progress(f"{name}: ankle angle")
    cleaning = {s.info.placement: s.counts for s in (leg.shank, leg.foot) if s is not None}
    lumbar, useless = _find_lumbar(recording, params)
    tasks: tuple[TaskInterval, ...] = recording.tasks
    guessed: tuple[str, ...] = ()
    if leg.foot is None and not tasks and (tasks := find_squat_sets(leg)):
        guessed = (
            f"{name}: nothing is labelled; what leans the shank like a squat was taken for one.",
        )
    try:
        found = estimate_ankle(
            leg,
            tasks,
            sign_hint=options.sign_hint,
            zero_mode=options.zero_mode,
            params=params.ankle,
        )
    except PlacementError:
        raise
    except MeasurementError as error:
        sway = _measure_stances(leg, None, tasks, lumbar)
        if options.angle_needed or leg.shank is None or not sway:
            raise
        return _stances_alone(leg, sway, cleaning, name, error)
    progress(f"{name}: repetitions and sway")
    measured = _measure_events(leg, found, tasks, cleaning, name, lumbar)
    silent = [f"{name}: {why}" for why in _name_early_end(recording, leg)]
    return replace(measured, missing=(*silent, *measured.missing, *useless, *guessed))


def _name_early_end(recording: Recording, leg: CleanLeg) -> list[str]:
    """An angle needs both sensors: it ends with the first that falls silent."""
    streams = [recording.stream(leg.side, p) for p in (Placement.SHANK, Placement.FOOT)]
    ends_s = []
    for stream in streams:
        if stream is not None:
            end_s = float(stream.time_s[-1])
            aligned = stream.clock is None and stream.info.placement is Placement.FOOT
            ends_s.append(end_s * (1.0 + leg.clock.skew) + leg.clock.offset_s if aligned else end_s)
    lost_s = max(ends_s) - float(leg.time_s[-1])
    if lost_s < EARLY_END_S:
        return []
    return [
        f"a sensor falls silent at {leg.time_s[-1]:.0f} s, {lost_s:.0f} s before the recording "
        "ends; nothing is measured after that."
    ]


def _measure_foot_alone(
    leg: CleanLeg, tasks: tuple[TaskInterval, ...], name: str
) -> LegMeasures | None:
    """Where a lone foot sensor went; None where it took no labelled stride."""
    if leg.foot is None:
        return None
    path = trace_foot(leg.foot)
    strides = tuple(
        stride
        for task in tasks
        if task.task in STRIDE_TASKS
        for stride in find_foot_strides(path, leg.time_s, task, leg.side)
    )
    if not strides:
        return None
    said = (
        f"{name}: only a foot sensor is there, so no angle, but {summarise_strides(strides)}; "
        "add the shank sensor."
    )
    cleaning = {leg.foot.info.placement: leg.foot.counts}
    return LegMeasures(leg.side, None, None, leg.clock, cleaning, strides, (), (), (), (said,))


def _name(side: Side) -> str:
    return f"{side} leg" if side is not Side.NONE else "leg"


def _measure_events(
    leg: CleanLeg,
    found: AnkleEstimate,
    tasks: tuple[TaskInterval, ...],
    cleaning: dict[Placement, CleaningCounts],
    name: str,
    lumbar: CleanStream | None,
) -> LegMeasures:
    missing = [f"{name}: {reason}" for reason in _missing_by_marks(found.trace)]
    repetitions = _find_all(leg, found, tasks)
    capacities = measure_capacities(repetitions)
    return LegMeasures(
        side=leg.side,
        angle=found.trace,
        calibration=found.calibration,
        clock=leg.clock,
        cleaning=cleaning,
        repetitions=repetitions,
        capacities=capacities,
        demands=measure_demands(repetitions, capacities),
        sway=_measure_stances(leg, found.calibration, tasks, lumbar),
        missing=tuple(missing),
    )


def _find_all(
    leg: CleanLeg, found: AnkleEstimate, tasks: tuple[TaskInterval, ...]
) -> tuple[Repetition, ...]:
    """Each movement once, however its stretch is cut into labels of one task."""
    rate = shank_rate(leg, found)
    stepping = leg.foot is not None and any(task.task in STRIDE_TASKS for task in tasks)
    path = trace_foot(leg.foot) if leg.foot is not None and stepping else None
    repetitions: list[Repetition] = []
    for task in merge_tasks(tasks):
        if task.task not in REPEATED_TASKS or not _overlaps(task, leg):
            continue
        for new in find_repetitions(
            found.trace, task, shank_rate_radps=rate, foot_path=path, leg=leg
        ):
            # Labels with a gap may both reach for the movement between them.
            if not any(_same_movement(new, old) for old in repetitions):
                repetitions.append(new)
    return tuple(repetitions)


def _same_movement(one: Repetition, other: Repetition) -> bool:
    together_s = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    shorter_s = min(one.end_s - one.start_s, other.end_s - other.start_s)
    return one.task is other.task and together_s > 0.5 * shorter_s


def shank_rate(leg: CleanLeg, found: AnkleEstimate) -> Floats | None:
    """(n,) angular velocity of the shank about the flexion axis; positive as the foot swings on."""
    if leg.shank is None:
        return None
    rate: Floats = leg.shank.gyr_radps @ found.calibration.shank_axis
    return rate


def _find_lumbar(
    recording: Recording, params: PipelineParams
) -> tuple[CleanStream | None, tuple[str, ...]]:
    """The sensor on the lower back where one is worn during a stance, or why it is of no use."""
    if not any(task.task is Task.BALANCE for task in recording.tasks):
        return None, ()
    for stream in recording.streams:
        if stream.info.placement is Placement.LUMBAR:
            try:
                return clean_stream(stream, params.alignment.cleaning), ()
            except ScreenError as error:
                return None, (str(error),)
    return None, ()


def _measure_stances(
    leg: CleanLeg,
    calibration: Calibration | None,
    tasks: tuple[TaskInterval, ...],
    lumbar: CleanStream | None,
) -> tuple[SwayMeasures, ...]:
    stances = []
    for task in merge_tasks(tasks):
        if task.task is not Task.BALANCE or not _overlaps(task, leg):
            continue
        # A leg that walks about in this stretch is refused.
        with suppress(ScreenError):
            stances.append(measure_sway(leg, calibration, task, lumbar=lumbar))
    return tuple(stances)


def _stances_alone(
    leg: CleanLeg,
    sway: tuple[SwayMeasures, ...],
    cleaning: dict[Placement, CleaningCounts],
    name: str,
    why: MeasurementError,
) -> LegMeasures:
    """A leg that stands and does nothing else: no ankle angle, and sway without directions."""
    missing = (
        f"{name}, no ankle angle: {why.problem}; {why.remedy}.",
        f"{name}, sway: forward and sideways cannot be told apart, because no movement shows the "
        "flexion axis; add pumps or squats.",
    )
    return LegMeasures(leg.side, None, None, leg.clock, cleaning, (), (), (), sway, missing)


def _overlaps(task: TaskInterval, leg: CleanLeg) -> bool:
    return bool(task.end_s > leg.time_s[0] and task.start_s < leg.time_s[-1])


_MARK_WORDS = {
    AngleMark.NOT_A_HINGE: "the joint does not turn about one axis; check the sensors' places",
    AngleMark.SIGN_UNKNOWN: "nothing tells toes up from toes down; add pumps or say which it is",
    AngleMark.ZERO_UNKNOWN: "nobody stood still, so only excursions are right",
    AngleMark.SINGLE_SENSOR: "shank sensor alone, so only lunges and flat-footed squats",
    AngleMark.APART: "the two sensors do not move as one leg; check that both are on it",
    AngleMark.SLIPPED: "a sensor no longer sits as it did in the still stand",
}
_MARKS_FROM_A_MOMENT_ON = (AngleMark.APART, AngleMark.SLIPPED)
"""What happens in the middle of a recording: said however short, and from when on."""


def _missing_by_marks(trace: AngleTrace) -> list[str]:
    """What must be said of the whole trace: marks that hold for most of it, and lost sensors."""
    sentences = []
    for mark, words in _MARK_WORDS.items():
        held = (trace.marks & int(mark)) != 0
        if held.mean() > 0.95 or (mark not in _MARKS_FROM_A_MOMENT_ON and held.mean() > 0.5):
            sentences.append(f"{words}.")
        elif mark in _MARKS_FROM_A_MOMENT_ON and held.any():
            seconds = held.sum() / trace.rate_hz
            since_s = trace.time_s[int(held.argmax())]
            sentences.append(f"from {since_s:.0f} s, for {seconds:.0f} s, {words}.")
    return sentences


def _words(task: Task) -> str:
    return task.value.replace("_", " ")


def _nothing(side: Side, why: str) -> LegMeasures:
    return LegMeasures(side, None, None, ClockMap(), {}, (), (), (), (), (why,))
