"""Repetitions: each squat, lunge, point, step and kick of a task, with its peaks.

The label says what was asked for and about when; what counts is decided from the movement. What is
not counted is kept with its reason. Left and right are treated alike: nothing looks at the side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.bends import BendParams, find_bends
from sensor_screen.core.blows import LegSignals, leg_signals
from sensor_screen.core.kick_detail import KickDetailParams, describe_kick, kick_window
from sensor_screen.core.kicks import OTHER_LEG, KickParams, find_kicks, find_standing
from sensor_screen.core.repetition_spans import Span, StrideParams, find_strides
from sensor_screen.core.stairs import STRIDE_TASKS, add_strides
from sensor_screen.model import Direction, Repetition, RepetitionMark, Task
from sensor_screen.units import RADIANS_PER_DEGREE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.core.foot_path import FootPath
    from sensor_screen.core.kicks import KickSwing
    from sensor_screen.model import AngleTrace, CleanLeg, Floats, TaskInterval

DIRECTIONS: dict[Task, tuple[Direction, ...]] = {
    Task.SQUAT: (Direction.DORSIFLEXION,),
    Task.LUNGE: (Direction.DORSIFLEXION,),
    Task.POINT: (Direction.PLANTARFLEXION,),
    Task.STAIRS_UP: (Direction.DORSIFLEXION, Direction.PLANTARFLEXION),
    Task.STAIRS_DOWN: (Direction.DORSIFLEXION, Direction.PLANTARFLEXION),
    Task.WALK: (Direction.DORSIFLEXION, Direction.PLANTARFLEXION),
    Task.KICK: (Direction.PLANTARFLEXION,),
}
"""The tasks that have repetitions, and which of their two peaks means something."""

_HELD = (Task.LUNGE, Task.POINT)
_BENDS = (Task.SQUAT, *_HELD)
_NO_MOVEMENT = (Task.STAND, Task.BALANCE, Task.MOVE)
"""A squat may begin in what is labelled so."""


@dataclass(frozen=True, slots=True)
class RepetitionParams:
    """Tuning of the repetition finder."""

    squat: BendParams = field(default_factory=BendParams)
    hold: BendParams = field(
        default_factory=lambda: BendParams(shortest_s=0.4, longest_s=30.0, fastest_radps=math.inf)
    )
    """Lunge and point: end positions that may be held for long; a free foot points fast."""
    stride: StrideParams = field(default_factory=StrideParams)
    kick: KickParams = field(default_factory=KickParams)
    kick_detail: KickDetailParams = field(default_factory=KickDetailParams)
    listed_swing_radps: float = 700.0 * RADIANS_PER_DEGREE
    """Swings that are no kicks are listed with their reason from this rate on: walking stays near
    400 deg/s, and a label over a whole session would list every step."""
    sustain_s: float = 0.3
    """The peak of a lunge or point is the largest running median over this time, so that a twitch
    does not become an end range. Longer misses the top of a short hold."""
    guard_s: float = 0.1
    """A peak counts only if every sample within this time of it is valid: next to a gap the true
    peak may lie inside the gap."""
    heel_lift_rad: float = math.radians(5.0)
    """A foot that tips by more while the shank leans has its heel off the floor; a loaded flat
    foot in a shoe tips by 1 to 2 deg, and the foot's own error is 1 deg."""
    heel_lift_s: float = 0.3
    """For at least half of this time."""
    lost_share: float = 0.2
    """Largest share of invalid samples in the part in which the peak is sought."""


def find_repetitions(
    angle: AngleTrace,
    task: TaskInterval,
    *,
    shank_rate_radps: Floats | None = None,
    leg: CleanLeg | None = None,
    foot_path: FootPath | None = None,
    beside: Sequence[TaskInterval] = (),
    since_s: float = -math.inf,
    swings: Sequence[KickSwing] | None = None,
    params: RepetitionParams | None = None,
) -> tuple[Repetition, ...]:
    """The repetitions of one labelled task, in order; none for tasks that have none.

    Args:
        angle: The ankle of one leg.
        task: The label, a hint: a squat may reach over its edges.
        shank_rate_radps: (n,) angular velocity of the shank about the flexion axis to the person's
            right, which is positive as the foot swings forward. Taken from the slope of
            `angle.shank_lean_rad` where it is not given; the gyroscope is better in a kick.
        leg: The samples behind the angle, for kicks: with them a blow to the foot is seen, and a
            kick is known where its angle is not. Without them the rate alone must do.
        foot_path: Of the foot sensor, on the same samples: it adds direction and stance to strides.
        beside: All labels of the leg: a squat does not reach into one of another movement.
        since_s: Movements that end before it are not measured again; they still tell what is usual.
        swings: Fast swings of the whole leg, as `find_leg_kicks` gives them, where they are known.
        params: Tuning.
    """
    params = params or RepetitionParams()
    first = int(np.searchsorted(angle.time_s, since_s))
    label = slice(*np.searchsorted(angle.time_s, [task.start_s, task.end_s]))
    if task.task == Task.KICK:
        return _find_kicks(angle, label, shank_rate_radps, leg, first, swings, params)
    if task.task not in DIRECTIONS or not np.isfinite(angle.dorsiflexion_rad[label]).any():
        return ()
    dorsiflexion_rad = _bridge(angle.dorsiflexion_rad)
    if task.task in _BENDS:
        room = slice(*np.searchsorted(angle.time_s, _room_s(task, beside)).tolist())
        spans = _find_bends(angle, dorsiflexion_rad, task.task, label, room, params)
    else:
        swing_radps = _swing_rate(angle, shank_rate_radps)
        spans = find_strides(swing_radps, label, angle.rate_hz, params.stride)
    found = tuple(
        _measure(angle, dorsiflexion_rad, task.task, span, params)
        for span in spans
        if span.end > first
    )
    if foot_path is not None and task.task in STRIDE_TASKS:
        return add_strides(found, angle, foot_path)
    return found


def find_leg_kicks(
    leg: CleanLeg, params: RepetitionParams | None = None
) -> tuple[KickSwing, ...] | None:
    """The fast swings of a whole leg, once for all its labels; None without a shank sensor."""
    signals = leg_signals(leg)
    return None if signals is None else find_kicks(signals, (params or RepetitionParams()).kick)


def _room_s(task: TaskInterval, beside: Sequence[TaskInterval]) -> tuple[float, float]:
    """From the end of the movement labelled before a task to the beginning of the next."""
    others = [other for other in beside if other.task not in (task.task, *_NO_MOVEMENT)]
    middle_s = 0.5 * (task.start_s + task.end_s)
    return (
        max((o.end_s for o in others if o.end_s < middle_s), default=-math.inf),
        min((o.start_s for o in others if o.start_s > middle_s), default=math.inf),
    )


def _find_bends(
    angle: AngleTrace,
    dorsiflexion_rad: Floats,
    task: Task,
    label: slice,
    room: slice,
    params: RepetitionParams,
) -> list[Span]:
    """Squats by the lean of the shank: it needs no foot sensor, and goes on where a heel lifts."""
    toward_rad, tuning = dorsiflexion_rad, params.hold
    if task == Task.POINT:
        toward_rad = -dorsiflexion_rad
    elif task == Task.SQUAT:
        tuning = params.squat
        if np.isfinite(angle.shank_lean_rad).any():
            toward_rad = np.unwrap(_bridge(angle.shank_lean_rad))
    bends = find_bends(toward_rad, label, angle.rate_hz, tuning, room)
    return [Span(b.start, b.end, b.start, b.end, b.reason, b.quality, b.notes) for b in bends]


def _find_kicks(
    angle: AngleTrace,
    label: slice,
    shank_rate_radps: Floats | None,
    leg: CleanLeg | None,
    first: int,
    swings: Sequence[KickSwing] | None,
    params: RepetitionParams,
) -> tuple[Repetition, ...]:
    """Kicks whose impact lies inside the label, each with its detail."""
    signals = None if leg is None else leg_signals(leg)
    known = np.isfinite(angle.dorsiflexion_rad)
    if signals is None:
        if not known[label].any():
            return ()
        # A rate alone is a rotation about one axis; which one does not matter.
        rate = _swing_rate(angle, shank_rate_radps)
        signals = LegSignals(angle.rate_hz, rate[:, None] * np.array([0.0, 0.0, 1.0]))
    dorsiflexion_rad = _bridge(angle.dorsiflexion_rad) if known.any() else angle.dorsiflexion_rad
    found = []
    for swing in find_kicks(signals, params.kick) if swings is None else swings:
        listed = not swing.reason or swing.swing_radps >= params.listed_swing_radps
        if not listed or not label.start <= swing.impact < label.stop:
            continue
        span = _kick_span(swing, angle, params)
        if span.end <= first:
            continue
        kick = describe_kick(swing, angle, signals.flags, params.kick_detail)
        measured = _measure(angle, dorsiflexion_rad, Task.KICK, span, params)
        reason = measured.reason
        if reason and kick.found and kick.angle_note and not span.reason:
            reason = f"a kick, but {kick.angle_note}"
        found.append(replace(measured, kick=kick, reason=reason))
    return tuple(found)


def pair_repetitions(
    first: Sequence[Repetition], second: Sequence[Repetition]
) -> tuple[tuple[Repetition, ...], tuple[Repetition, ...]]:
    """The repetitions of both legs of a recording: a kick of the leg that stands is none.

    Args:
        first: Of one leg.
        second: Of the other, on the same clock.
    """
    legs = (list(first), list(second))
    places = [[i for i, r in enumerate(leg) if r.kick and r.kick.found] for leg in legs]
    kicks = [
        [(kick.impact_s, kick.strength_radps) for i in at if (kick := leg[i].kick) is not None]
        for leg, at in zip(legs, places, strict=True)
    ]
    for leg, at, standing in zip(legs, places, find_standing(kicks[0], kicks[1]), strict=True):
        for i in (at[k] for k in standing):
            kick = leg[i].kick
            lost = None if kick is None else replace(kick, found=False)
            leg[i] = replace(leg[i], kick=lost, counted=False, reason=OTHER_LEG)
    return tuple(legs[0]), tuple(legs[1])


def _kick_span(swing: KickSwing, angle: AngleTrace, params: RepetitionParams) -> Span:
    """The swing with the window in which its largest plantarflexion is sought."""
    count, reason = angle.time_s.size, swing.reason
    window = kick_window(swing, count, angle.rate_hz, params.kick_detail)
    wanted_s = params.kick_detail.before_s + params.kick_detail.after_s
    if not reason and window.stop - window.start < math.floor(wanted_s * angle.rate_hz):
        reason = "cut off by the end of the recording"
    start, end = min(swing.back_swing_start, window.start), max(swing.swing_end + 1, window.stop)
    return Span(start, min(end, count), window.start, window.stop, reason)


def _swing_rate(angle: AngleTrace, shank_rate_radps: Floats | None) -> Floats:
    """(n,) forward swing of the shank, finite; zero throughout where nothing is known of it."""
    if shank_rate_radps is not None:
        return _bridge(shank_rate_radps)
    lean_rad = _bridge(angle.shank_lean_rad)
    # The foot swings forward as the shank's top falls back: the lean from vertical shrinks.
    return -np.gradient(np.unwrap(lean_rad)) * angle.rate_hz


def _bridge(values: Floats) -> Floats:
    """Straight lines over what is not finite; zeros where nothing is."""
    finite = np.isfinite(values)
    if finite.all():
        return values
    if not finite.any():
        return np.zeros_like(values)
    at = np.arange(values.size)
    return np.interp(at, at[finite], values[finite])


def _measure(
    angle: AngleTrace, dorsiflexion_rad: Floats, task: Task, span: Span, params: RepetitionParams
) -> Repetition:
    window = slice(span.peak_start, span.peak_end)
    sought = dorsiflexion_rad[window]
    if task in _HELD:
        sought = _running_median(sought, round(params.sustain_s * angle.rate_hz))
    up = span.peak_start + int(np.argmax(sought))
    down = span.peak_start + int(np.argmin(sought))
    lost = _lost_peak(angle, task, span, (up, down), params)
    reason = span.reason or lost
    said = list(zip(span.quality, span.notes, strict=True))
    if task in (Task.SQUAT, Task.LUNGE):
        said += _heel_lift(angle, span, params)
    if lost:
        said.append((RepetitionMark.ANGLE_LOST, f"{lost[0].upper()}{lost[1:]}."))
    return Repetition(
        task=task,
        side=angle.side,
        start_s=float(angle.time_s[span.start]),
        end_s=float(angle.time_s[span.end - 1]),
        peak_dorsiflexion_rad=float(sought[up - span.peak_start]),
        peak_dorsiflexion_sigma_rad=float(angle.sigma_rad[up]),
        peak_plantarflexion_rad=float(sought[down - span.peak_start]),
        peak_plantarflexion_sigma_rad=float(angle.sigma_rad[down]),
        peak_velocity_radps=_fastest(dorsiflexion_rad[span.start : span.end]) * angle.rate_hz,
        counted=not reason,
        reason=reason,
        quality=tuple(mark for mark, _ in said),
        notes=tuple(words for _, words in said),
    )


def _fastest(angle_rad: Floats) -> float:
    """Largest slope a sample, either way: as `np.gradient` has it."""
    ends = max(abs(angle_rad[1] - angle_rad[0]), abs(angle_rad[-1] - angle_rad[-2]))
    inside = 0.5 * np.abs(angle_rad[2:] - angle_rad[:-2])
    return float(max(ends, inside.max(initial=0.0)))


def _heel_lift(
    angle: AngleTrace, span: Span, params: RepetitionParams
) -> list[tuple[RepetitionMark, str]]:
    """Whether the foot pitched toes down under a leaning shank, against how it stood before."""
    pitch_rad = angle.foot_pitch_rad[span.start : span.end]
    if not np.isfinite(pitch_rad).all():
        return []
    ends = max(1, round(0.1 * angle.rate_hz))
    stood_rad = 0.5 * (np.median(pitch_rad[:ends]) + np.median(pitch_rad[-ends:]))
    # Half a second of it: a tap with the heel is none.
    width = min(pitch_rad.size, max(1, round(params.heel_lift_s * angle.rate_hz)))
    lifted_rad = stood_rad - float(_running_median(pitch_rad, width).min())
    if lifted_rad < params.heel_lift_rad:
        return []
    words = f"The heel came up: the foot tipped by {math.degrees(lifted_rad):.0f} deg."
    return [(RepetitionMark.HEEL_LIFT, words)]


def _running_median(values: Floats, width: int) -> Floats:
    from scipy.ndimage import median_filter

    if width <= 1:
        return values
    smooth: Floats = median_filter(values, size=width, mode="nearest")
    return smooth


def _lost_peak(
    angle: AngleTrace, task: Task, span: Span, peaks: tuple[int, int], params: RepetitionParams
) -> str:
    """Why the peaks of this task cannot be trusted; empty where they can."""
    lost_share = 1.0 - float(angle.valid[span.peak_start : span.peak_end].mean())
    if lost_share > params.lost_share:
        return f"the angle is not valid in {math.ceil(100 * lost_share)} % of it"
    guard = round(params.guard_s * angle.rate_hz)
    for direction in DIRECTIONS[task]:
        at = peaks[0] if direction == Direction.DORSIFLEXION else peaks[1]
        if not angle.valid[max(0, at - guard) : at + guard + 1].all():
            return f"the angle is not valid at its peak {direction.value}"
    return ""
