"""Strides on stairs and on the level: where each went, and how its ankle carried and pushed off.

The stance of a stride is the foot-flat phase between its two mid-swings. Its height is that of the
step which led there, so the first stride up the stairs stands on the first step.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Climb, Repetition, RepetitionMark, StrideDetail, Task
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sensor_screen.core.foot_path import FootFlat, FootPath, FootStep
    from sensor_screen.model import AngleTrace, Floats, Side, TaskInterval

STRIDE_TASKS = (Task.STAIRS_UP, Task.STAIRS_DOWN, Task.WALK)

FOOT_ALONE = "a foot sensor alone has no ankle angle"
"""Why a stride of a lone foot sensor is not counted."""


@dataclass(frozen=True, slots=True)
class StairParams:
    """When a stride goes up or down."""

    least_rise_m: float = 0.08
    """Half of the lowest usual step (0.16 m). Level strides of recorded people stay below 0.07."""
    confidence: float = NORMAL_95
    """And by so many sigma of the height."""


def tell_climb(height_m: float, sigma_m: float, params: StairParams = StairParams()) -> Climb:
    """Up, down or level by the height change; unknown where there is none."""
    if not np.isfinite(height_m):
        return Climb.UNKNOWN
    if abs(height_m) < max(params.least_rise_m, params.confidence * sigma_m):
        return Climb.LEVEL
    return Climb.UP if height_m > 0.0 else Climb.DOWN


def add_strides(
    repetitions: Sequence[Repetition],
    angle: AngleTrace,
    path: FootPath,
    params: StairParams = StairParams(),
) -> tuple[Repetition, ...]:
    """The strides with what the foot sensor knows of them.

    A stride that surely did not go where its label says is kept and not counted.

    Args:
        repetitions: Strides, from mid-swing to mid-swing.
        angle: The ankle they were found in.
        path: Of the foot, on the same samples.
        params: Tuning.
    """
    known = angle.valid & np.isfinite(angle.dorsiflexion_rad)
    told = _Told(
        angle,
        np.where(known, angle.dorsiflexion_rad, -np.inf),
        np.where(known, angle.dorsiflexion_rad, np.inf),
        [flat.middle for flat in path.flats],
        {step.after.middle: step for step in path.steps},
    )
    return tuple(_add_stride(one, told, path, params) for one in repetitions)


@dataclass(frozen=True, slots=True)
class _Told:
    """What every stride of a recording is read from."""

    angle: AngleTrace
    most: Floats  # (n,) dorsiflexion, for finding the most: -inf where it is not valid
    least: Floats  # (n,) the same for the least: inf
    middles: list[int]  # of the stances, in order
    steps: dict[int, FootStep]  # by the middle of the stance they lead to


def find_foot_strides(
    path: FootPath,
    time_s: Floats,
    task: TaskInterval,
    side: Side,
    params: StairParams = StairParams(),
) -> tuple[Repetition, ...]:
    """The strides of a lone foot sensor: direction and stance, no angle, and so not counted.

    Args:
        path: Of the foot.
        time_s: (n,) of its samples.
        task: The label; both mid-swings must lie inside.
        side: The user's word.
        params: Tuning.
    """
    nan = float("nan")
    found = []
    for step, following in pairwise(path.steps):
        start_s, end_s = float(time_s[step.fastest]), float(time_s[following.fastest])
        if step.after is not following.before or start_s < task.start_s or end_s > task.end_s:
            continue
        bare = Repetition(
            task.task, side, start_s, end_s, nan, nan, nan, nan, nan, False, FOOT_ALONE
        )
        height, sigma = step.height_change_m, step.height_sigma_m
        detail = _detail(step.after, time_s, (height, sigma), params)
        found.append(replace(bare, stride=detail))
    return tuple(found)


def summarise_strides(strides: Sequence[Repetition]) -> str:
    """In words: how many strides went which way."""
    ways = [one.stride.direction for one in strides if one.stride is not None]
    parts = [f"{ways.count(way)} {way.value}" for way in Climb if ways.count(way)]
    return f"{len(ways)} strides: {', '.join(parts)}" if ways else "no strides"


def _add_stride(
    repetition: Repetition, told: _Told, path: FootPath, params: StairParams
) -> Repetition:
    time_s = told.angle.time_s
    begin, stop = np.searchsorted(time_s, [repetition.start_s, repetition.end_s]).tolist()
    stances = path.flats[bisect_left(told.middles, begin) : bisect_left(told.middles, stop)]
    if not stances:
        return replace(repetition, stride=_detail(None, time_s, (np.nan, np.nan), params))
    flat = max(stances, key=lambda one: one.end - one.start)
    step = told.steps.get(flat.middle)
    height = (np.nan, np.nan) if step is None else (step.height_change_m, step.height_sigma_m)
    detail = _add_angles(_detail(flat, time_s, height, params), told, flat, begin, stop)
    return _compare(replace(repetition, stride=detail), params)


def _detail(
    flat: FootFlat | None, time_s: Floats, height: tuple[float, float], params: StairParams
) -> StrideDetail:
    nan = float("nan")
    return StrideDetail(
        direction=tell_climb(*height, params),
        height_change_m=float(height[0]),
        height_change_sigma_m=float(height[1]),
        foot_flat_start_s=nan if flat is None else float(time_s[flat.start]),
        foot_flat_end_s=nan if flat is None else float(time_s[flat.end - 1]),
        stance_dorsiflexion_rad=nan,
        stance_dorsiflexion_sigma_rad=nan,
        landing_plantarflexion_rad=nan,
        landing_plantarflexion_sigma_rad=nan,
        push_off_plantarflexion_rad=nan,
        push_off_plantarflexion_sigma_rad=nan,
    )


def _add_angles(
    detail: StrideDetail, told: _Told, flat: FootFlat, begin: int, stop: int
) -> StrideDetail:
    """Landing, stance and push-off, each from valid samples only.

    The foot carries until it points the most, at push-off; a larger dorsiflexion after that belongs
    to the swing.
    """
    landing = _find(np.argmin, told.least, begin, flat.middle + 1)
    push_off = _find(np.argmin, told.least, flat.middle, stop)
    first, last = max(begin, flat.start), stop if push_off is None else push_off + 1
    stance = _find(np.argmax, told.most, first, last)

    def read(at: int | None) -> tuple[float, float]:
        if at is None:
            return np.nan, np.nan
        return float(told.most[at]), float(told.angle.sigma_rad[at])

    (bent, bent_sigma), (down, down_sigma), (up, up_sigma) = map(read, (stance, landing, push_off))
    return replace(
        detail,
        stance_dorsiflexion_rad=bent,
        stance_dorsiflexion_sigma_rad=bent_sigma,
        landing_plantarflexion_rad=down,
        landing_plantarflexion_sigma_rad=down_sigma,
        push_off_plantarflexion_rad=up,
        push_off_plantarflexion_sigma_rad=up_sigma,
    )


def _find(
    extreme: Callable[[Floats], np.intp], values: Floats, begin: int, stop: int
) -> int | None:
    """Where a part of the values is most or least; None where nothing in it is valid."""
    if begin >= stop:
        return None
    at = begin + int(extreme(values[begin:stop]))
    return at if np.isfinite(values[at]) else None


def _compare(repetition: Repetition, params: StairParams) -> Repetition:
    """A stride that surely did not go the labelled way is not counted as one of that way."""
    way = {Task.STAIRS_UP: 1.0, Task.STAIRS_DOWN: -1.0}.get(repetition.task)
    detail = repetition.stride
    if way is None or detail is None or detail.direction is Climb.UNKNOWN:
        return repetition
    highest_m = way * detail.height_change_m + params.confidence * detail.height_change_sigma_m
    if highest_m >= params.least_rise_m:
        return repetition
    gone = {Climb.LEVEL: "level", Climb.UP: "up", Climb.DOWN: "down"}[detail.direction]
    word = repetition.task.value.replace("_", " ")
    note = f"The stride went {gone} ({detail.height_change_m:+.2f} m); it is labelled {word}."
    reason = repetition.reason or f"it went {gone}, and is labelled {word}"
    return replace(
        repetition,
        counted=False,
        reason=reason,
        quality=(*repetition.quality, RepetitionMark.OTHER_WAY),
        notes=(*repetition.notes, note),
    )
