"""Compiled smoother of the connected-segment estimator; theory in `segment_state`."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sensor_screen.core.gap_kernels import is_forgotten
from sensor_screen.core.kernel_algebra import (
    add_cross,
    add_rotated,
    add_scaled,
    exp,
    log,
    multiply,
)
from sensor_screen.core.segment_state import (
    ACC_BIAS,
    GYR_BIAS,
    MAX_NONZERO,
    N_ERRORS,
    NEUTRAL,
    POSITION,
    THETA,
    VELOCITY,
    Floats,
    Tape,
)


@njit(cache=True)
def _adjoint_rows(matrix: Floats, rotation: Floats, impulse: Floats, time: float) -> None:
    """Rows: matrix <- F' matrix, in the reverse order of `_transition_rows`."""
    back = np.empty((3, 3))
    for s in range(2):
        sign = 1.0 - 2.0 * s
        theta, bias = THETA + 3 * s, ACC_BIAS + 3 * s
        for i in range(3):
            for j in range(3):
                back[i, j] = rotation[s, j, i]
        add_rotated(matrix, GYR_BIAS + 3 * s, back, -time, theta)
        add_rotated(matrix, bias, back, -time, VELOCITY + 3 * s)
        add_cross(matrix, theta, impulse[s], 1.0, VELOCITY + 3 * s)
        add_rotated(matrix, bias, back, -0.5 * sign * time * time, POSITION)
        add_cross(matrix, theta, impulse[s], 0.5 * sign * time, POSITION)
        add_scaled(matrix, VELOCITY + 3 * s, sign * time, POSITION)


@njit(cache=True)
def _nonzero(index: NDArray[np.int8]) -> int:
    n = 0
    while n < MAX_NONZERO and index[n] >= 0:
        n += 1
    return n


@njit(cache=True)
def _adjoint_vector(
    vector: Floats,
    index: NDArray[np.int8],
    row: NDArray[np.float32],
    gain: Floats,
    innovation: Floats,
) -> None:
    """Take the adjoint vector back through one scalar measurement (Bierman 1977, chapter 10)."""
    shift = innovation[0] / innovation[1]
    for j in range(N_ERRORS):
        shift += gain[j] * vector[j]
    for k in range(_nonzero(index)):
        vector[index[k]] -= row[k] * shift


@njit(cache=True)
def _adjoint_matrix(
    matrix: Floats, index: NDArray[np.int8], row: NDArray[np.float32], gain: Floats, variance: float
) -> None:
    """The same for the adjoint matrix: (I - K h)' M (I - K h) + h' h / S."""
    n = _nonzero(index)
    product = np.zeros(N_ERRORS)
    for j in range(N_ERRORS):
        weight = gain[j]
        for i in range(N_ERRORS):
            product[i] += weight * matrix[j, i]
    twice = 1.0 / variance
    for j in range(N_ERRORS):
        twice += gain[j] * product[j]
    for k in range(n):
        i, weight = index[k], row[k]
        for j in range(N_ERRORS):
            matrix[i, j] -= weight * product[j]
    for k in range(n):
        i, weight = index[k], row[k]
        for j in range(N_ERRORS):
            matrix[j, i] -= weight * product[j]
    for k in range(n):
        for m in range(n):
            matrix[index[k], index[m]] += row[k] * row[m] * twice


@njit(cache=True)
def _adjoint_clone(matrix: Floats, rotation: Floats) -> None:
    """Rows: take the adjoint back through `clone_neutral`; the clone did not exist before it."""
    for k in range(3):
        for j in range(matrix.shape[1]):
            value = 0.0
            for i in range(3):
                value += rotation[k, i] * matrix[NEUTRAL + i, j]
            matrix[THETA + k, j] -= value
            matrix[THETA + 3 + k, j] += value
    matrix[NEUTRAL : NEUTRAL + 3] = 0.0


@njit(cache=True)
def _shift_orientation(rows: Floats, vector: Floats, shift: Floats) -> None:
    for i in range(6):
        total = 0.0
        for j in range(N_ERRORS):
            total -= rows[i, j] * vector[j]
        shift[i] = total


@njit(cache=True)
def smooth_blocks(
    tape: Tape, blocks: int, vector: Floats, matrix: Floats, shift: Floats, variance: Floats
) -> None:
    """Run the adjoint backwards over a window.

    On entry `vector` (39,) and `matrix` (39, 39) are the adjoint after the last block (zero at the
    end of a recording); on return, before the first. Out, per block: `shift` (m, 6) smoothed minus
    filtered orientation errors after the updates, `variance` (m,) of the smoothed flexion.
    """
    column = np.empty((N_ERRORS, 1))
    for m in range(blocks - 1, -1, -1):
        if tape.cloned[m]:
            column[:, 0] = vector
            _adjoint_clone(column, tape.posterior[m])
            vector[:] = column[:, 0]
            _adjoint_clone(matrix, tape.posterior[m])
            turned = np.ascontiguousarray(matrix.T)
            _adjoint_clone(turned, tape.posterior[m])
            matrix[:, :] = turned
        _shift_orientation(tape.orientation_rows[m], vector, shift[m])
        spread = tape.flexion_column[m]
        total = tape.flexion_variance[m]
        for i in range(N_ERRORS):
            inner = 0.0
            for j in range(N_ERRORS):
                inner += matrix[i, j] * spread[j]
            total -= spread[i] * inner
        variance[m] = max(total, 0.0)
        if tape.restarted[m] != 0:
            for i in range(N_ERRORS):
                if is_forgotten(i, tape.restarted[m]):
                    vector[i] = 0.0
                    matrix[i, :] = 0.0
                    matrix[:, i] = 0.0
        for k in range(tape.updates[m] - 1, -1, -1):
            index, row, gain = tape.places[m, k], tape.row[m, k], tape.gain[m, k]
            _adjoint_vector(vector, index, row, gain, tape.innovation[m, k])
            _adjoint_matrix(matrix, index, row, gain, tape.innovation[m, k, 1])
        column[:, 0] = vector
        _adjoint_rows(column, tape.rotation[m], tape.impulse[m], tape.duration[m])
        vector[:] = column[:, 0]
        _adjoint_rows(matrix, tape.rotation[m], tape.impulse[m], tape.duration[m])
        mirrored = np.ascontiguousarray(matrix.T)
        _adjoint_rows(mirrored, tape.rotation[m], tape.impulse[m], tape.duration[m])
        for i in range(N_ERRORS):
            for j in range(N_ERRORS):
                matrix[i, j] = 0.5 * (mirrored[i, j] + mirrored[j, i])


@njit(cache=True)
def smooth_slot(tape: Tape, newest: int, lag: int, shift: Floats) -> None:
    """Fixed lag: smoothed minus filtered orientation of the block `lag` slots before `newest`.

    The tape is used as a ring. Only the adjoint vector is run, over `lag` blocks.
    """
    room = tape.updates.shape[0]
    vector = np.zeros(N_ERRORS)
    column = np.empty((N_ERRORS, 1))
    for back in range(lag):
        m = (newest - back) % room
        column[:, 0] = vector
        if tape.cloned[m]:
            _adjoint_clone(column, tape.posterior[m])
        vector[:] = column[:, 0]
        if tape.restarted[m] != 0:
            for i in range(N_ERRORS):
                if is_forgotten(i, tape.restarted[m]):
                    vector[i] = 0.0
        for k in range(tape.updates[m] - 1, -1, -1):
            _adjoint_vector(
                vector, tape.places[m, k], tape.row[m, k], tape.gain[m, k], tape.innovation[m, k]
            )
        column[:, 0] = vector
        _adjoint_rows(column, tape.rotation[m], tape.impulse[m], tape.duration[m])
        vector[:] = column[:, 0]
    _shift_orientation(tape.orientation_rows[(newest - lag) % room], vector, shift)


@njit(cache=True)
def spread_corrections(
    rotation: Floats,  # (n, 2, 3, 3) filtered, first sample is the one before block 0
    tape: Tape,
    first: Floats,  # (6,) smoothed minus filtered at sample 0
    shift: Floats,  # (m, 6) the same after the updates of each block
    block: int,
    relative: Floats,  # (n, 3, 3) out: shank_from_foot
    up: Floats,  # (n, 2, 3) out: vertical in each sensor
) -> None:
    """Smoothed orientations at every sample: corrections known at block ends, linear between."""
    before, after, mixed = np.empty(3), np.empty(3), np.empty(3)
    one, two, both = np.empty((3, 3)), np.empty((3, 3)), np.empty((3, 3))
    turned = np.empty((2, 3, 3))
    for k in range(rotation.shape[0]):
        b = (k - 1) // block if k > 0 else -1
        share = (k - b * block) / block
        for s in range(2):
            lo, hi = 3 * s, 3 * s + 3
            before[:] = first[lo:hi] if b < 1 else shift[b - 1, lo:hi]
            mixed[:] = before
            if k > 0 and b < shift.shape[0]:
                after[:] = shift[b, lo:hi]
                if share < 1.0:
                    exp(after, one)
                    exp(tape.correction[b, lo:hi], two)
                    multiply(one, two, both)
                    log(both, after)
                for i in range(3):
                    mixed[i] = (1.0 - share) * before[i] + share * after[i]
            exp(mixed, one)
            multiply(one, rotation[k, s], turned[s])
            for i in range(3):
                up[k, s, i] = turned[s, 2, i]
        for i in range(3):
            for j in range(3):
                value = 0.0
                for q in range(3):
                    value += turned[0, q, i] * turned[1, q, j]
                relative[k, i, j] = value


@njit(cache=True)
def turn_by(shift: Floats, rotation: Floats, out: Floats) -> None:
    """Both orientations (2, 3, 3), turned by the errors (6,) in the earth frame."""
    step = np.empty((3, 3))
    for s in range(2):
        exp(shift[3 * s : 3 * s + 3], step)
        multiply(step, rotation[s], out[s])
