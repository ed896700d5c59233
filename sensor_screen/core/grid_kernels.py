"""Compiled loop of the live grid: samples of one sensor laid on regular times."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sensor_screen.core.segment_state import Floats
from sensor_screen.model import SampleFlag

FILLED = np.uint8(SampleFlag.FILLED)
MISSING = np.uint8(SampleFlag.MISSING)
SAME_S = 1e-9
"""Times this close are one."""


@njit(cache=True)
def lay_sensor(
    heard_s: Floats,  # (m,) in order, at least one
    heard: Floats,  # (m, 6)
    time_s: Floats,  # (n,) in order
    rate_hz: float,
    filled_s: float,
    felt: Floats,  # (n, 6) out
    flags: NDArray[np.uint8],  # (n,) out
) -> int:
    """Interpolate between the two samples around each time; outside, hold the nearest.

    Returns:
        Number of the first heard sample that later times may still need.
    """
    last = len(heard_s) - 1
    after = 0
    for k in range(len(time_s)):
        at_s = time_s[k]
        while after <= last and heard_s[after] < at_s - SAME_S:
            after += 1
        left, right = min(max(after - 1, 0), last), min(after, last)
        span_s = heard_s[right] - heard_s[left]
        share = 0.0
        if span_s > 0.0:
            share = min(max((at_s - heard_s[left]) / span_s, 0.0), 1.0)
        for axis in range(6):
            felt[k, axis] = heard[left, axis] * (1.0 - share) + heard[right, axis] * share
        on_sample = abs(heard_s[right] - at_s) <= SAME_S
        flags[k] = 0
        if span_s > 1.5 / rate_hz and not on_sample:
            flags[k] = FILLED
        outside = at_s > heard_s[last] + SAME_S or at_s < heard_s[0] - SAME_S
        if (span_s > filled_s and not on_sample) or outside:
            flags[k] = MISSING
    keep = 0
    while keep <= last and heard_s[keep] < time_s[-1]:
        keep += 1
    return max(0, keep - 1)
