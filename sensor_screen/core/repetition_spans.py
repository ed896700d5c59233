"""Where each step and kick begins and ends, as sample ranges; squats, lunges, points: see `bends`.

Theory of operation. A *stride* runs from mid-swing to mid-swing, the instant
at which the shank swings forward fastest. A *kick* is one burst of that same forward swing, far
faster than a stride.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.units import RADIANS_PER_DEGREE

if TYPE_CHECKING:
    from sensor_screen.model import Floats, RepetitionMark


@dataclass(frozen=True, slots=True)
class Span:
    """One movement as half-open sample ranges; `reason` says why it is not to be counted."""

    start: int
    end: int
    peak_start: int
    peak_end: int
    reason: str = ""
    quality: tuple[RepetitionMark, ...] = ()
    notes: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True)
class KickParams:
    """What makes a forward swing of the shank a kick."""

    least_swing_radps: float = 700.0 * RADIANS_PER_DEGREE
    """Walking stays near 400 deg/s. All of 80 recorded soccer kicks were faster than 750; larger
    misses gentle kicks, smaller takes the run-up of the standing leg for a kick."""
    swing_share: float = 0.6
    """Slower than this share of the fastest swing in the stretch: a stride of the run-up."""
    apart_s: float = 0.8
    """Two kicks of one leg are at least this far apart."""
    before_s: float = 0.150
    """Start of the window, before the burst, in which the largest plantarflexion is sought."""
    after_s: float = 0.100
    """End of that window, after the burst."""
    swing_s: float = 0.6
    """How far from the burst the start and the end of the swing are sought."""


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


def find_kicks(swing_radps: Floats, label: slice, rate_hz: float, params: KickParams) -> list[Span]:
    """Bursts of forward swing, each with the window round its fastest instant.

    Args:
        swing_radps: (n,) angular velocity of the shank, positive as the foot swings forward.
        label: The samples of the label.
        rate_hz: Sampling rate.
        params: Tuning.
    """
    from scipy.signal import find_peaks

    bursts, found = find_peaks(
        swing_radps[label],
        height=params.least_swing_radps,
        distance=max(1, round(params.apart_s * rate_hz)),
    )
    if not bursts.size:
        return []
    fastest = float(found["peak_heights"].max())
    spans = []
    for burst, height in zip(bursts + label.start, found["peak_heights"], strict=True):
        before, after = round(params.before_s * rate_hz), round(params.after_s * rate_hz)
        peak_start, peak_end = int(burst) - before, int(burst) + after + 1
        start, end = _swing_bounds(swing_radps, int(burst), round(params.swing_s * rate_hz))
        reason = ""
        if height < params.swing_share * fastest:
            reason = "slower than the kicks beside it: taken for a stride of the run-up"
        elif peak_start < 0 or peak_end > swing_radps.size:
            reason = "cut off by the end of the recording"
        peak_start, peak_end = max(0, peak_start), min(swing_radps.size, peak_end)
        spans.append(Span(min(start, peak_start), max(end, peak_end), peak_start, peak_end, reason))
    return spans


def _swing_bounds(swing_radps: Floats, burst: int, reach: int) -> tuple[int, int]:
    """From the turn of the back-swing to the turn of the follow-through."""
    begin, stop = max(0, burst - reach), min(swing_radps.size, burst + reach + 1)
    before = np.flatnonzero(swing_radps[begin:burst] <= 0.0)
    after = np.flatnonzero(swing_radps[burst:stop] <= 0.0)
    start = begin + int(before[-1]) if before.size else begin
    end = burst + int(after[0]) if after.size else stop
    return start, end
