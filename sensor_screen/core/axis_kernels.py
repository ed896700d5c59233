"""Compiled: the foot's flexion axis as the filter follows it, and how much of a hinge it is."""

import math

import numpy as np
from numba import njit

from sensor_screen.core.kernel_algebra import rotate
from sensor_screen.core.segment_state import AXIS, Nominal, Tuning


@njit(cache=True)
def follow_foot_axis(state: Nominal, tuning: Tuning) -> None:
    """Leading direction of the relative angular velocity, forgetting slowly (power iteration)."""
    relative = np.empty(3)
    shank_rate, earth_rate = np.empty(3), np.empty(3)
    for i in range(3):
        shank_rate[i] = state.last[0, 1, i] - state.gyr_bias[0, i]
    rotate(state.rotation[0], shank_rate, earth_rate)
    for i in range(3):
        relative[i] = state.last[1, 1, i] - state.gyr_bias[1, i]
        for j in range(3):
            relative[i] -= state.rotation[1, j, i] * earth_rate[j]
    time = tuning.dt * tuning.block
    keep = 1.0 - time / tuning.axis_forgetting_s
    for i in range(3):
        for j in range(3):
            state.spread[i, j] = keep * state.spread[i, j] + time * relative[i] * relative[j]
    if hinge_share(state) < tuning.axis_share:
        return
    axis = np.empty(3)
    length, prior = 0.0, 0.0
    for i in range(3):
        prior += tuning.axis_weight * state.start_axis[i] * state.axis[1, i]
    for i in range(3):
        axis[i] = prior * state.start_axis[i]
        for j in range(3):
            axis[i] += state.spread[i, j] * state.axis[1, j]
        length += axis[i] ** 2
    length = math.sqrt(length)
    for i in range(3):
        state.axis[1, i] = axis[i] / length


@njit(cache=True)
def hinge_share(state: Nominal) -> float:
    """Share of the remembered relative rate about one axis: its largest eigenvalue over the sum.

    1 while nearly nothing was seen. Closed form of a symmetric 3 x 3 matrix (Smith 1961).
    """
    m = state.spread
    mean = (m[0, 0] + m[1, 1] + m[2, 2]) / 3.0
    if mean < 0.3:
        return 1.0
    off = m[0, 1] ** 2 + m[0, 2] ** 2 + m[1, 2] ** 2
    square = (m[0, 0] - mean) ** 2 + (m[1, 1] - mean) ** 2 + (m[2, 2] - mean) ** 2 + 2.0 * off
    size = math.sqrt(square / 6.0)
    if size < 1e-12:
        return 1.0 / 3.0
    a, b, c = (m[0, 0] - mean) / size, (m[1, 1] - mean) / size, (m[2, 2] - mean) / size
    d, e, f = m[0, 1] / size, m[0, 2] / size, m[1, 2] / size
    half = 0.5 * (a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e))
    largest = mean + 2.0 * size * math.cos(math.acos(min(1.0, max(-1.0, half))) / 3.0)
    return float(largest / (3.0 * mean))


@njit(cache=True)
def axis_variance(state: Nominal) -> float:
    total = 0.0
    for i in range(3):
        total += state.covariance[AXIS + i, AXIS + i]
    return max(total, 0.0)
