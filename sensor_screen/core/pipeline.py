"""The measuring verbs, in their order: clean, align, find tasks, angle, events, both legs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.alignment import AlignmentParams, assemble_leg
from sensor_screen.core.ankle import AnkleParams, estimate_ankle
from sensor_screen.core.cleaning import clean_stream
from sensor_screen.core.exposure import ExposureParams
from sensor_screen.core.foot_path import trace_foot
from sensor_screen.core.labels import merge_tasks
from sensor_screen.core.leg_events import (
    Entries,
    LegInputs,
    foot_alone,
    measure_events,
    measure_stances,
    stances_alone,
    with_repetitions,
)
from sensor_screen.core.orientation import orient_leg
from sensor_screen.core.repetitions import pair_repetitions
from sensor_screen.core.shank_tasks import find_squat_sets
from sensor_screen.core.shortfalls import name_early_end, name_leg, name_unseen_tasks
from sensor_screen.core.sign import SignHint
from sensor_screen.core.sway import pair_stances
from sensor_screen.core.task_hints import assemble_legs, is_unlabelled, labels_of_each_leg
from sensor_screen.core.tasks import find_tasks
from sensor_screen.errors import MeasurementError, PlacementError, RecordingError, ScreenError
from sensor_screen.model import ClockMap, LegMeasures, Placement, Side, Task, ZeroMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.core.foot_path import FootPath
    from sensor_screen.model import CleanLeg, CleanStream, Floats, Recording, TaskInterval


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
    angle_needed: bool = True
    """False: a leg with stances and no ankle angle has its sway measured all the same."""
    entries: Entries = field(default_factory=Entries)


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
    refuse_legless(recording)
    progress("samples, clocks and tasks")
    recording, foreign = _drop_foreign_labels(recording)
    clean = assemble_legs(recording, params.alignment)
    ready = {side: _look_at(leg) for side, leg in clean.items()}
    found = find_tasks(
        list(clean.values()),
        orientations=[one.orientation for one in ready.values()],
        paths=[one.path for one in ready.values()],
    )
    labels, doubts = labels_of_each_leg(recording.tasks, found)
    unlabelled = is_unlabelled(recording.tasks)
    # A lone shank cannot tell a squat from a lunge: its labels stay as they are, and without any it
    # has a finder of its own.
    for side, one in ready.items():
        if one.leg.foot is None:
            ready[side] = alone = replace(one, squats=_find_squats(one.leg)) if unlabelled else one
            if not unlabelled or alone.squats:
                labels[side] = recording.tasks
    legs, errors = [], []
    for side in recording.sides:
        labelled = replace(recording, tasks=labels.get(side, recording.tasks))
        try:
            leg = measure_leg(labelled, side, options, params, progress, ready.get(side))
            legs.append(replace(leg, found_tasks=found.get(side, ()) if unlabelled else ()))
        except ScreenError as error:
            errors.append(error)
            known = side.value in error.value
            legs.append(_nothing(side, str(error) if known else f"{name_leg(side)}: {error}"))
    if errors and len(errors) == len(legs):
        raise errors[0]
    paired = pair_stances(_pair_kicks(legs))
    unseen = name_unseen_tasks(paired, merge_tasks(recording.tasks))
    return (
        replace(paired[0], missing=(*foreign, *paired[0].missing, *doubts, *unseen)),
        *paired[1:],
    )


def refuse_legless(recording: Recording) -> None:
    """Raise a RecordingError where no sensor is on a leg."""
    if not recording.sides:
        raise RecordingError(
            "recording", "it holds no shank or foot sensor", "record at least a shank sensor"
        )


def _drop_foreign_labels(recording: Recording) -> tuple[Recording, tuple[str, ...]]:
    """Labels in another time than the samples label nothing: without them, and what to say."""
    tasks = recording.tasks
    time_s = np.concatenate([stream.time_s for stream in recording.streams])
    time_s = time_s[np.isfinite(time_s)]
    if not tasks or not time_s.size:
        return recording, ()
    begin_s, end_s = float(time_s.min()), float(time_s.max())
    if any(task.end_s > begin_s and task.start_s < end_s for task in tasks):
        return recording, ()
    first_s, last_s = min(t.start_s for t in tasks), max(t.end_s for t in tasks)
    sentence = (
        f"the labels lie from {first_s:.0f} to {last_s:.0f} s, and the samples from {begin_s:.0f} "
        f"to {end_s:.0f} s: the tasks were sought without them."
    )
    return replace(recording, tasks=()), (sentence,)


def _pair_kicks(legs: list[LegMeasures]) -> list[LegMeasures]:
    """One leg kicks at a time: what the standing leg did meanwhile is no kick of its own."""
    if len(legs) != 2:
        return legs
    pair = pair_repetitions(legs[0].repetitions, legs[1].repetitions)
    return [with_repetitions(leg, own) for leg, own in zip(legs, pair, strict=True)]


@dataclass(frozen=True, slots=True)
class PreparedLeg:
    """A leg on one grid, with what is worked out once and needed by several stages."""

    leg: CleanLeg
    orientation: Floats  # (n, s, 4) as by `orient_leg`
    path: FootPath | None
    """Of the foot, where it has a sensor."""
    squats: tuple[TaskInterval, ...] | None = None
    """As by `find_squat_sets`; None where they were not sought."""


def _look_at(leg: CleanLeg) -> PreparedLeg:
    orientation = orient_leg(leg)
    path = None if leg.foot is None else trace_foot(leg.foot, orientation=orientation[:, -1])
    return PreparedLeg(leg, orientation, path)


def _find_squats(leg: CleanLeg) -> tuple[TaskInterval, ...]:
    # What is wrong with the leg is said where it is measured.
    try:
        return find_squat_sets(leg)
    except MeasurementError:
        return ()


def _prepare(recording: Recording, side: Side, params: PipelineParams) -> PreparedLeg:
    return _look_at(
        assemble_leg(
            recording.stream(side, Placement.SHANK),
            recording.stream(side, Placement.FOOT),
            side,
            params.alignment,
        )
    )


def measure_leg(
    recording: Recording,
    side: Side,
    options: MeasureOptions = MeasureOptions(),
    params: PipelineParams = PipelineParams(),
    progress: Callable[[str], None] = lambda _: None,
    prepared: PreparedLeg | None = None,
) -> LegMeasures:
    """Everything that can be measured on one leg, by the labels as they are.

    Args:
        recording: Streams and labels.
        side: Which leg.
        options: The user's decisions.
        params: Tuning.
        progress: Called with the name of each step as it begins.
        prepared: Its samples, where they are already on one grid.

    Raises:
        ScreenError: where there is no ankle angle at all, and no stance that may stand alone.
    """
    name = name_leg(side)
    prepared = prepared or _prepare(recording, side, params)
    leg, orientation = prepared.leg, prepared.orientation
    tasks, guessed = _label_lone_shank(prepared, recording.tasks, name)
    lumbar, useless = _find_lumbar(recording, params)
    inputs = LegInputs(leg, tasks, lumbar, prepared.path, options.entries, params.exposure)
    silent = tuple(f"{name}: {why}" for why in name_early_end(recording, leg))
    aside = (*silent, *useless, *guessed)
    if leg.shank is None and (alone := foot_alone(inputs)):
        return replace(alone, missing=alone.missing + aside)
    progress(f"{name}: ankle angle")
    try:
        found = estimate_ankle(
            leg,
            tasks,
            sign_hint=options.sign_hint,
            zero_mode=options.zero_mode,
            params=params.ankle,
            orientation=orientation,
        )
    except PlacementError:
        raise
    except MeasurementError as error:
        sway = measure_stances(inputs, None)
        if options.angle_needed or leg.shank is None or not sway:
            raise
        still = stances_alone(inputs, sway, error)
        return replace(still, missing=still.missing + aside)
    progress(f"{name}: repetitions and sway")
    measured = measure_events(inputs, found)
    return replace(measured, missing=measured.missing + aside)


def _label_lone_shank(
    prepared: PreparedLeg, tasks: tuple[TaskInterval, ...], name: str
) -> tuple[tuple[TaskInterval, ...], tuple[str, ...]]:
    """Labels of an unlabelled lone shank, and that they were guessed; else the labels as they are.

    One sensor can measure nothing but squats and lunges, so those are looked for.
    """
    if prepared.leg.foot is not None or not is_unlabelled(tasks):
        return tasks, ()
    sets = find_squat_sets(prepared.leg) if prepared.squats is None else prepared.squats
    if not sets:
        return tasks, ()
    words = "nothing is labelled; what leans the shank like a squat was taken for one"
    return (*tasks, *sets), (f"{name}: {words}.",)


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


def _nothing(side: Side, why: str) -> LegMeasures:
    return LegMeasures(side, None, None, ClockMap(), {}, (), (), (), (), (why,))
