"""What one foot did in a stance: stood or was held up, hopped or touched down, and for how long.

A sensor sees its own foot only. Of a raised foot: each time it came down, seen by its tilt (down is
where it is as level as in the neutral pose) or by the jolt of a tap. Of a standing foot: each time
it turned faster than any standing foot does. The thresholds are tuned on simulated stances and on
what is known of feet, not on people who lost their balance.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import StanceRole
from sensor_screen.units import RADIANS_PER_DEGREE

if TYPE_CHECKING:
    from sensor_screen.model import Bools, Calibration, CleanLeg, CleanStream, Floats

Spans = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class StanceParams:
    """Tuning of the events of a stance."""

    raised_rad: float = 15.0 * RADIANS_PER_DEGREE
    """A foot tilted more than this from the neutral pose is up: a hanging foot points down by 20
    deg and more, a standing one follows the floor."""
    lowered_rad: float = 10.0 * RADIANS_PER_DEGREE
    """And down again below this."""
    raised_shank_rad: float = 20.0 * RADIANS_PER_DEGREE
    """The same for a shank without a foot sensor; in a stance it leans up to 15 deg."""
    held_up_s: float = 2.0
    """A foot that is up for longer without a break is held up; in walking it never is."""
    moved_radps: float = 60.0 * RADIANS_PER_DEGREE
    """A standing foot that turns faster is lifted or hops: its wobble stays below 30 deg/s."""
    jolt_mps2: float = 6.0
    """Acceleration against its mean over `jolt_s` at which a raised foot has hit something."""
    jolt_s: float = 0.15
    """Faster than this a leg in the air does not change its acceleration by itself."""
    smooth_s: float = 0.05
    """Tilt and angular velocity are averaged over this."""
    apart_s: float = 0.5
    """Events that follow faster are one."""
    edge_s: float = 2.0
    """What happens so near to the end of a label is the stepping into or out of the stance."""


@dataclass(frozen=True, slots=True)
class StanceEvents:
    """One foot in one stance."""

    role: StanceRole
    start_s: float
    end_s: float
    """Without the stepping into and out of it."""
    events_s: Spans | None
    """Touch-downs of a raised foot, hops of a standing one; None where no sensor is on the foot."""


def find_events(
    leg: CleanLeg,
    calibration: Calibration | None,
    part: slice,
    params: StanceParams = StanceParams(),
) -> StanceEvents:
    """What the foot of this leg did.

    Args:
        leg: The leg.
        calibration: Its neutral pose tells a raised foot; without one every foot stands.
        part: Samples of the stance.
        params: Tuning.
    """
    times_s = leg.time_s[part]
    start_s, end_s = float(times_s[0]), float(times_s[-1])
    stream, raised_rad = leg.foot, params.raised_rad
    if stream is None:
        stream, raised_rad = leg.shank, params.raised_shank_rad
    up = None if stream is None else _neutral_up(leg.time_s, stream, calibration)
    if stream is not None and up is not None:
        tilt_rad = _tilt(_average(stream.acc_mps2[part], stream.rate_hz, params.smooth_s), up)
        raised = _is_up(tilt_rad, raised_rad, params.lowered_rad * raised_rad / params.raised_rad)
        # A leg that walks or swings is often far from the neutral pose, but never for long.
        if any(over - begin > params.held_up_s for begin, over in _spans(raised, times_s, 0.0)):
            return _follow_raised(leg.foot, part, times_s, ~raised, params)
    if leg.foot is None:
        return StanceEvents(StanceRole.STANDING, start_s, end_s, None)
    spans = _spans(_is_moved(leg.foot, part, params), times_s, params.apart_s)
    edge_s = 0.5 * params.edge_s
    begin_s = max([start_s, *(over for _, over in spans if over < start_s + edge_s)])
    over_s = min([end_s, *(begin for begin, _ in spans if begin > end_s - edge_s)])
    return StanceEvents(StanceRole.STANDING, begin_s, over_s, _inside(spans, begin_s, over_s))


def _follow_raised(
    foot: CleanStream | None, part: slice, times_s: Floats, down: Bools, params: StanceParams
) -> StanceEvents:
    """A foot that is held up; it is lifted first and put down last."""
    spans = _spans(down, times_s, params.apart_s)
    start_s, end_s = float(times_s[0]), float(times_s[-1])
    if spans and spans[0][0] <= start_s:
        start_s = spans[0][1]
    if spans and spans[-1][1] >= end_s and end_s - spans[-1][0] <= params.edge_s:
        end_s = spans[-1][0]
    if foot is None:
        return StanceEvents(StanceRole.RAISED, start_s, end_s, None)
    inner = (times_s > start_s + params.apart_s) & (times_s < end_s - params.apart_s)
    jolted = _is_jolted(foot, part, params) & inner
    spans = _spans(down | jolted, times_s, params.apart_s)
    return StanceEvents(StanceRole.RAISED, start_s, end_s, _inside(spans, start_s, end_s))


def longest_hold(start_s: float, end_s: float, events_s: Spans) -> tuple[float, float]:
    """Start and end of the longest stretch between events."""
    merged: list[tuple[float, float]] = [(start_s, start_s)]
    for begin_s, over_s in sorted(events_s):
        merged.append((begin_s, max(over_s, merged[-1][1])))
    merged.append((end_s, end_s))
    stretches = [(before[1], after[0]) for before, after in pairwise(merged)]
    return max(stretches, key=lambda stretch: stretch[1] - stretch[0])


def _neutral_up(
    time_s: Floats, stream: CleanStream, calibration: Calibration | None
) -> Floats | None:
    """(3,) specific force of the neutral pose; None where it is not known or not in this leg."""
    if calibration is None:
        return None
    span_s = [calibration.neutral_start_s, calibration.neutral_end_s]
    neutral = slice(*np.searchsorted(time_s, span_s))
    if neutral.stop <= neutral.start:
        return None
    up: Floats = stream.acc_mps2[neutral].mean(axis=0)
    return up


def _tilt(force: Floats, up: Floats) -> Floats:
    """(...) angle between specific forces (..., 3) and that of the neutral pose."""
    sizes = np.linalg.norm(force, axis=-1) * np.linalg.norm(up)
    angle: Floats = np.arccos(np.clip(force @ up / np.maximum(sizes, 1e-9), -1.0, 1.0))
    return angle


def _is_up(tilt_rad: Floats, raised_rad: float, lowered_rad: float) -> Bools:
    """(n,) up, with a hysteresis: between the two limits a foot stays what it was."""
    told = (tilt_rad > raised_rad) | (tilt_rad < lowered_rad)
    last = np.maximum.accumulate(np.where(told, np.arange(len(told)), -1))
    up: Bools = (tilt_rad > raised_rad)[np.maximum(last, 0)] & (last >= 0)
    return up


def _is_jolted(foot: CleanStream, part: slice, params: StanceParams) -> Bools:
    acc_mps2 = foot.acc_mps2[part]
    slow = _average(acc_mps2, foot.rate_hz, params.jolt_s)
    jolted: Bools = np.linalg.norm(acc_mps2 - slow, axis=1) > params.jolt_mps2
    return jolted


def _is_moved(foot: CleanStream, part: slice, params: StanceParams) -> Bools:
    gyr_radps = foot.gyr_radps[part]
    turning = _average(gyr_radps - np.median(gyr_radps, axis=0), foot.rate_hz, params.smooth_s)
    moved: Bools = np.linalg.norm(turning, axis=1) > params.moved_radps
    return moved


def _average(columns: Floats, rate_hz: float, width_s: float) -> Floats:
    """(n, k) moving mean over an odd number of samples."""
    from scipy.ndimage import uniform_filter1d

    width = 2 * round(0.5 * width_s * rate_hz) + 1
    averaged: Floats = uniform_filter1d(columns, width, axis=0, mode="nearest")
    return averaged


def _spans(mask: Bools, times_s: Floats, apart_s: float) -> Spans:
    """Start and end of what holds; pieces that lie closer than this are one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    found: list[tuple[float, float]] = []
    for first, after in edges.reshape(-1, 2):
        begin_s, over_s = float(times_s[first]), float(times_s[after - 1])
        if found and begin_s - found[-1][1] < apart_s:
            found[-1] = (found[-1][0], over_s)
        else:
            found.append((begin_s, over_s))
    return tuple(found)


def _inside(spans: Spans, start_s: float, end_s: float) -> Spans:
    return tuple((begin, min(over, end_s)) for begin, over in spans if start_s < begin < end_s)
