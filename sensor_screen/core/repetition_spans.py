"""Where each movement begins and ends: squats, lunges and steps as sample ranges.

Theory of operation. A *bend* (squat, lunge, point) is a hill of the ankle angle: it counts when it
stands out by its prominence, so a pause or a wobble at the bottom stays one repetition and nobody
has to return exactly to zero between two. A *stride* runs from mid-swing to mid-swing, the instant
at which the shank swings forward fastest. Kicks have a module of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.units import RADIANS_PER_DEGREE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensor_screen.model import Floats

    Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Span:
    """One movement as half-open sample ranges; `reason` says why it is not to be counted."""

    start: int
    end: int
    peak_start: int
    peak_end: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BendParams:
    """What makes a hill of the ankle angle a squat, a lunge or a point."""

    prominence_rad: float = 15.0 * RADIANS_PER_DEGREE
    """How far a repetition stands out from the angles around it. Larger ignores half repetitions;
    15 deg is half of a parallel squat."""
    prominence_share: float = 0.6
    """The same as a share of the movement in the whole stretch, used where it is smaller: a stiff
    ankle that moves 12 deg in all still has repetitions."""
    least_prominence_rad: float = 5.0 * RADIANS_PER_DEGREE
    """Below this nothing is a repetition: it is the size of the measurement error."""
    start_rise_rad: float = 10.0 * RADIANS_PER_DEGREE
    """A repetition starts this far above neutral (or half-way up, where that is less)."""
    end_rise_rad: float = 7.0 * RADIANS_PER_DEGREE
    """It ends this far above neutral; lower than the start, so that noise cannot split it."""
    shallow_share: float = 0.5
    """A repetition below this share of the median one is kept, and not counted."""
    shortest_s: float = 0.8
    """Quicker movements are stumbles or steps."""
    longest_s: float = 8.0
    """Slower ones are not one repetition."""
    margin_s: float = 2.0
    """How far a repetition may reach over the edge of its label; its peak must lie inside."""


@dataclass(frozen=True, slots=True)
class StrideParams:
    """What makes a forward swing of the shank a stride."""

    cutoff_hz: float = 4.0
    """Low-pass of the swing rate: one hump a stride is left."""
    least_swing_radps: float = 60.0 * RADIANS_PER_DEGREE
    """Slower swings are shifts of weight. Stair swings reach 150 deg/s and more."""
    swing_share: float = 0.4
    """A swing is at least this share of the fastest swings in the stretch."""
    shortest_s: float = 0.5
    """No two swings of one leg follow faster, running included."""
    longest_s: float = 3.0
    """A longer time between two swings is a pause."""


def find_bends(toward_rad: Floats, label: slice, rate_hz: float, params: BendParams) -> list[Span]:
    """Hills of an angle whose tops lie inside the label.

    Args:
        toward_rad: (n,) ankle angle, positive in the direction of interest, finite.
        label: The samples of the label.
        rate_hz: Sampling rate.
        params: Tuning.
    """
    low, high = np.percentile(toward_rad[label], [2.0, 98.0])
    if high - low < params.least_prominence_rad:
        return []
    prominence = np.clip(
        params.prominence_share * (high - low), params.least_prominence_rad, params.prominence_rad
    )
    margin = round(params.margin_s * rate_hz)
    begin, stop = max(0, label.start - margin), min(toward_rad.size, label.stop + margin)
    tops, heights = _find_tops(toward_rad[begin:stop], float(prominence))
    tops = tops + begin
    inside = (tops >= label.start) & (tops < label.stop)
    if not inside.any():
        return []
    usual = float(np.median(heights[inside]))
    spans = []
    for i in np.flatnonzero(inside):
        left = tops[i - 1] if i > 0 else begin
        right = tops[i + 1] if i + 1 < tops.size else stop - 1
        start, end = _bend_bounds(toward_rad, int(left), int(tops[i]), int(right), params)
        reason = _bend_fault(
            heights[i] < params.shallow_share * usual, (end - start) / rate_hz, params
        )
        spans.append(Span(start, end, start, end, reason))
    return spans


def _find_tops(toward_rad: Floats, prominence_rad: float) -> tuple[Ints, Floats]:
    """Samples of the hills that stand out, and by how much each does.

    Prominence alone counts two tops of exactly one height twice, however flat the ground between
    them (a hold against an end stop does that): of such a pair the first is kept.
    """
    from scipy.signal import find_peaks

    tops, found = find_peaks(toward_rad, prominence=prominence_rad)
    kept: list[int] = []
    for i, top in enumerate(tops):
        if kept:
            last = tops[kept[-1]]
            dip = min(toward_rad[last], toward_rad[top]) - toward_rad[last : top + 1].min()
            if dip < prominence_rad:
                continue
        kept.append(i)
    return tops[kept], found["prominences"][kept]


def _bend_bounds(
    toward_rad: Floats, left: int, top: int, right: int, params: BendParams
) -> tuple[int, int]:
    """First and one past the last sample of the hill at `top`, between its neighbours."""
    valley_before = left + int(np.argmin(toward_rad[left : top + 1]))
    valley_after = top + int(np.argmin(toward_rad[top : right + 1]))
    level = _level(toward_rad[valley_before], toward_rad[top], params.start_rise_rad)
    below = np.flatnonzero(toward_rad[valley_before:top] <= level)
    start = valley_before + int(below[-1]) if below.size else valley_before
    level = _level(toward_rad[valley_after], toward_rad[top], params.end_rise_rad)
    below = np.flatnonzero(toward_rad[top : valley_after + 1] <= level)
    end = top + int(below[0]) if below.size else valley_after
    return start, end + 1


def _level(valley_rad: float, top_rad: float, rise_rad: float) -> float:
    """The angle at which a hill begins: a fixed rise above neutral, at most half-way up."""
    foot = max(valley_rad, 0.0) if top_rad > rise_rad else valley_rad
    return float(foot + min(rise_rad, 0.5 * (top_rad - foot)))


def _bend_fault(shallow: bool, duration_s: float, params: BendParams) -> str:
    if shallow:
        return "shallow: less than half as far as the others"
    if duration_s < params.shortest_s:
        return f"too quick: {duration_s:.1f} s"
    if duration_s > params.longest_s:
        return f"too slow: {duration_s:.1f} s"
    return ""


def find_strides(
    swing_radps: Floats, label: slice, rate_hz: float, params: StrideParams
) -> list[Span]:
    """Strides from mid-swing to mid-swing of one leg.

    Args:
        swing_radps: (n,) angular velocity of the shank, positive as the foot swings forward.
        label: The samples of the label.
        rate_hz: Sampling rate.
        params: Tuning.
    """
    from scipy.signal import butter, find_peaks, sosfiltfilt

    swing = swing_radps[label]
    if swing.size < params.shortest_s * rate_hz:
        return []
    sos = butter(2, params.cutoff_hz, fs=rate_hz, output="sos")
    # Padding by more than the stretch is refused by the filter; half a second is enough here.
    smooth = sosfiltfilt(sos, swing, padlen=min(swing.size - 1, round(0.5 * rate_hz)))
    fastest = float(np.percentile(smooth, 98.0))
    height = max(params.least_swing_radps, params.swing_share * fastest)
    distance = max(1, round(params.shortest_s * rate_hz))
    swings, _ = find_peaks(smooth, height=height, distance=distance)
    swings = swings + label.start
    return [
        Span(int(a), int(b), int(a), int(b))
        for a, b in pairwise(swings)
        if b - a <= params.longest_s * rate_hz
    ]
