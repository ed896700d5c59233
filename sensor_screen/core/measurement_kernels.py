"""Compiled scalar measurements of the connected-segment filter; theory in `segment_state`."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sensor_screen.core.kernel_algebra import rotate
from sensor_screen.core.segment_state import (
    AXIS,
    GRAVITY_MPS2,
    LEVER,
    MAX_NONZERO,
    N_ERRORS,
    POSITION,
    SURPRISE_FLOOR_M,
    SURPRISE_LIMIT,
    SURPRISE_MEMORY_S,
    SURPRISE_MOVE_M,
    SURPRISE_SHARE,
    THETA,
    VELOCITY,
    Floats,
    Nominal,
)


@njit(cache=True)
def _update(
    cov: Floats,
    error: Floats,
    index: NDArray[np.int8],
    row: NDArray[np.float32],
    n: int,
    residual: float,
    variance: float,
    gain: Floats,
    innovation: Floats,
) -> None:
    """One scalar measurement; the optimal-gain form, which for a scalar equals Joseph's."""
    column = np.zeros(N_ERRORS)
    for k in range(n):
        source, weight = index[k], row[k]
        residual -= weight * error[source]
        for j in range(N_ERRORS):
            column[j] += weight * cov[source, j]
    total = variance
    for k in range(n):
        total += row[k] * column[index[k]]
    for j in range(N_ERRORS):
        gain[j] = column[j] / total
        error[j] += gain[j] * residual
    for i in range(N_ERRORS):
        weight = gain[i]
        for j in range(N_ERRORS):
            cov[i, j] -= weight * column[j]
    innovation[0] = residual
    innovation[1] = total
    if n < MAX_NONZERO:
        index[n] = -1


@njit(cache=True)
def _cross_rows(
    vector: Floats,
    sign: float,
    i: int,
    index: NDArray[np.int8],
    row: NDArray[np.float32],
    n: int,
    at: int,
) -> int:
    """Append row i of sign * [vector]x at error `at`."""
    a, b = (i + 1) % 3, (i + 2) % 3
    index[n] = at + b
    row[n] = sign * vector[a]
    index[n + 1] = at + a
    row[n + 1] = -sign * vector[b]
    return n + 2


@njit(cache=True)
def measure_joint(
    state: Nominal,
    error: Floats,
    index: NDArray[np.int8],
    row: NDArray[np.float32],
    gain: Floats,
    innovation: Floats,
    variance: float,
) -> int:
    """The joint centre seen from both sensors is one point: p + R1 r1 - R2 r2 = 0."""
    arm = np.empty((2, 3))
    for s in range(2):
        rotate(state.rotation[s], state.lever[s], arm[s])
    for i in range(3):
        n = _cross_rows(arm[0], -1.0, i, index[i], row[i], 0, THETA)
        n = _cross_rows(arm[1], 1.0, i, index[i], row[i], n, THETA + 3)
        index[i, n] = POSITION + i
        row[i, n] = 1.0
        n += 1
        for j in range(3):
            index[i, n] = LEVER + j
            row[i, n] = state.rotation[0, i, j]
            index[i, n + 1] = LEVER + 3 + j
            row[i, n + 1] = -state.rotation[1, i, j]
            n += 2
        residual = -(state.position[i] + arm[0, i] - arm[1, i])
        _update(
            state.covariance, error, index[i], row[i], n, residual, variance, gain[i], innovation[i]
        )
    return 3


@njit(cache=True)
def watch_surprise(
    misfit: Floats, impulse: Floats, innovation: Floats, joint_var: float, time: float
) -> None:
    """How far the joint centres were apart, squared, against what was to be expected.

    Expected is what the covariance allows, without the softness of the joint, and a share of what
    the pushes of this block move a sensor. One leg stays well below 1 however little is known yet;
    two sensors that have nothing to do with each other reach several.
    """
    apart, expected = 0.0, SURPRISE_FLOOR_M**2
    for i in range(3):
        apart += innovation[i, 0] ** 2
        expected += innovation[i, 1] - joint_var
    moved = 0.0
    for s in range(2):
        for i in range(3):
            push = impulse[s, i] - (GRAVITY_MPS2 * time if i == 2 else 0.0)
            moved += (0.5 * time * push) ** 2
    ratio = min(SURPRISE_LIMIT, apart / (expected + SURPRISE_SHARE * moved))
    share = time / SURPRISE_MEMORY_S * moved / (moved + SURPRISE_MOVE_M**2)
    misfit[1] += min(1.0, share) * (ratio - misfit[1])


@njit(cache=True)
def measure_axis(
    state: Nominal,
    error: Floats,
    index: NDArray[np.int8],
    row: NDArray[np.float32],
    gain: Floats,
    innovation: Floats,
    variance: float,
) -> int:
    """The flexion axis seen from both sensors points one way: R1 j1 - R2 j2 = 0, weakly."""
    axis = np.empty((2, 3))
    for s in range(2):
        rotate(state.rotation[s], state.axis[s], axis[s])
    for i in range(3):
        n = _cross_rows(axis[0], -1.0, i, index[i], row[i], 0, THETA)
        n = _cross_rows(axis[1], 1.0, i, index[i], row[i], n, THETA + 3)
        for j in range(3):
            index[i, n] = AXIS + j
            row[i, n] = state.rotation[0, i, j]
            n += 1
        residual = -(axis[0, i] - axis[1, i])
        _update(
            state.covariance, error, index[i], row[i], n, residual, variance, gain[i], innovation[i]
        )
    return 3


@njit(cache=True)
def measure_direct(
    cov: Floats,
    error: Floats,
    index: NDArray[np.int8],
    row: NDArray[np.float32],
    gain: Floats,
    innovation: Floats,
    at: int,
    residual: Floats,
    variance: float,
) -> int:
    """Three errors measured directly."""
    for i in range(3):
        index[i, 0] = at + i
        row[i, 0] = 1.0
        _update(cov, error, index[i], row[i], 1, residual[i], variance, gain[i], innovation[i])
    return 3


@njit(cache=True)
def foot_flat_variance(state: Nominal, variance: float) -> float:
    """Inflated where the foot, flat by its gyroscope, moves all the same: a lift, a ramp."""
    worst = 0.0
    for i in range(3):
        k = VELOCITY + 3 + i
        worst += state.velocity[1, i] ** 2 / (state.covariance[k, k] + variance)
    return variance * max(1.0, worst / 9.0)
