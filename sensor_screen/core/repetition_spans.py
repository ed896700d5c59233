"""Where each step begins and ends, as sample ranges; see `bends` and `kicks` for the others.

Theory of operation. A *stride* runs from mid-swing to mid-swing, the instant at which the shank
swings forward fastest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
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
    from scipy.signal import find_peaks, sosfiltfilt

    swing = swing_radps[label]
    if swing.size < params.shortest_s * rate_hz:
        return []
    sos = second_order(params.cutoff_hz, rate_hz)
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


@cache
def second_order(cutoff_hz: float, rate_hz: float) -> Floats:
    """(1, 6) Butterworth low-pass as the filters of `scipy.signal` take it; not to be changed."""
    from scipy.signal import butter

    sections: Floats = butter(2, cutoff_hz, fs=rate_hz, output="sos")
    return sections
