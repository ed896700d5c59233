"""Compiled inner loops of the connected-segment estimator; `segments` is their only caller.

Theory of operation
-------------------
Two strapdown sensors, s = 0 shank and s = 1 foot. Between samples their orientation, velocity and
relative position are integrated. Every `block` samples the covariance of the 39 errors below is
carried forward and three things are measured: the two sensors meet in one joint centre, the two
flexion axes point the same way (weakly), and nobody walks away for ever (weakly; strongly while the
foot is flat). All measurements are taken one scalar at a time, so nothing is ever inverted.

    error      at   of each segment / once     meaning
    THETA      0    3 + 3                      orientation, earth frame: true = Exp(theta) R
    VELOCITY   6    3 + 3                      earth frame
    POSITION   12   3                          shank sensor minus foot sensor, earth frame
    GYR_BIAS   15   3 + 3                      sensor frame
    ACC_BIAS   21   3 + 3                      sensor frame
    LEVER      27   3 + 3                      sensor to joint centre, sensor frame
    AXIS       33   3                          flexion axis in the shank sensor
    NEUTRAL    36   3                          stochastic clone of the neutral relative rotation

The smoother is the modified Bryson-Frazier form (Bierman 1977, chapter 10): it runs an adjoint
vector and matrix backwards through the stored scalar updates. Unlike Rauch-Tung-Striebel it inverts
no covariance, which matters because the clone makes the covariance singular, and it uses the same
sparsity as the filter.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

N_ERRORS = 39
THETA, VELOCITY, POSITION, GYR_BIAS, ACC_BIAS, LEVER, AXIS, NEUTRAL = 0, 6, 12, 15, 21, 27, 33, 36
MOVING = 15
"""Errors below this index change between updates; the others only wander."""
MAX_UPDATES = 9
MAX_NONZERO = 11
GRAVITY_MPS2 = 9.81


class Nominal(NamedTuple):
    """Everything the filter carries from sample to sample; plain arrays, changed in place."""

    rotation: Floats  # (2, 3, 3) earth_from_sensor
    velocity: Floats  # (2, 3)
    position: Floats  # (3,)
    gyr_bias: Floats  # (2, 3)
    acc_bias: Floats  # (2, 3)
    lever: Floats  # (2, 3)
    axis: Floats  # (2, 3) flexion axis in each sensor
    neutral: Floats  # (3, 3) shank_from_foot in the neutral pose
    covariance: Floats  # (39, 39)
    spread: Floats  # (3, 3) sum of w w' dt of the relative rate in the foot frame
    last: Floats  # (2, 2, 3) previous sample: acc, gyr of each segment
    impulse: Floats  # (2, 3) specific force integrated since the last update, earth frame
    noise: Floats  # (2, 2) orientation and velocity variance gathered since the last update
    flexion: Floats  # (1,) variance of the flexion after the last update
    tally: Ints  # (5,) samples in block, flat, still, samples since start, neutral cloned (0, 1)


class Tuning(NamedTuple):
    """`SegmentParams` as the kernels take it."""

    dt: float
    block: int
    gyr_previous_share: float
    gyr_noise: float
    gyr_scale_noise: float
    acc_noise: float
    acc_scale_noise: float
    joint_var: float
    axis_var: float
    velocity_var: float
    foot_flat_var: float
    still_var: float
    gyr_bias_walk: float
    acc_bias_walk: float
    lever_walk: float
    axis_forgetting_s: float
    axis_share: float


class Tape(NamedTuple):
    """What the smoother needs of each block of a window; a ring where the window slides."""

    orientation_rows: Floats  # (m, 6, 39) of the covariance after the updates
    flexion_column: Floats  # (m, 39) covariance of all errors with the flexion angle
    flexion_variance: Floats  # (m,)
    rotation: Floats  # (m, 2, 3, 3) at the end of the block, before the updates
    posterior: Floats  # (m, 3, 3) of the shank, after the updates
    impulse: Floats  # (m, 2, 3)
    duration: Floats  # (m,)
    correction: Floats  # (m, 6) of both orientations by the updates
    cloned: NDArray[np.bool_]  # (m,) the neutral was cloned after this block
    count: Ints  # (m,) scalar updates
    index: NDArray[np.int8]  # (m, MAX_UPDATES, MAX_NONZERO) where the row is not zero, then -1
    row: Floats  # (m, MAX_UPDATES, MAX_NONZERO)
    gain: Floats  # (m, MAX_UPDATES, 39)
    innovation: Floats  # (m, MAX_UPDATES, 2) residual, its variance


@njit(cache=True)
def _rotate(rotation: Floats, vector: Floats, out: Floats) -> None:
    for i in range(3):
        out[i] = (
            rotation[i, 0] * vector[0] + rotation[i, 1] * vector[1] + rotation[i, 2] * vector[2]
        )


@njit(cache=True)
def _exp(vector: Floats, out: Floats) -> None:
    """Rotation matrix of a rotation vector (Rodrigues)."""
    x, y, z = vector[0], vector[1], vector[2]
    square = x * x + y * y + z * z
    if square < 1e-12:
        a, b = 1.0 - square / 6.0, 0.5 - square / 24.0
    else:
        angle = math.sqrt(square)
        a, b = math.sin(angle) / angle, (1.0 - math.cos(angle)) / square
    out[0, 0] = 1.0 - b * (y * y + z * z)
    out[0, 1] = b * x * y - a * z
    out[0, 2] = b * x * z + a * y
    out[1, 0] = b * x * y + a * z
    out[1, 1] = 1.0 - b * (x * x + z * z)
    out[1, 2] = b * y * z - a * x
    out[2, 0] = b * x * z - a * y
    out[2, 1] = b * y * z + a * x
    out[2, 2] = 1.0 - b * (x * x + y * y)


@njit(cache=True)
def _multiply(left: Floats, right: Floats, out: Floats) -> None:
    for i in range(3):
        for j in range(3):
            out[i, j] = (
                left[i, 0] * right[0, j] + left[i, 1] * right[1, j] + left[i, 2] * right[2, j]
            )


@njit(cache=True)
def _integrate(
    state: Nominal, acc: Floats, gyr: Floats, acc_extra: Floats, gyr_extra: Floats, tuning: Tuning
) -> None:
    """One sample: trapezoidal specific force, midpoint (or interval mean) angular velocity."""
    dt = tuning.dt
    turn = np.empty(3)
    force = np.empty((2, 3))
    step, rotated = np.empty((3, 3)), np.empty((3, 3))
    before, after = np.empty(3), np.empty(3)
    share = tuning.gyr_previous_share
    for s in range(2):
        rate2 = 0.0
        acc2 = 0.0
        for i in range(3):
            rate = (1.0 - share) * gyr[s, i] + share * state.last[s, 1, i] - state.gyr_bias[s, i]
            rate2 += rate * rate
            acc2 += acc[s, i] * acc[s, i]
            turn[i] = rate * dt
        _rotate(state.rotation[s], state.last[s, 0] - state.acc_bias[s], before)
        _exp(turn, step)
        _multiply(state.rotation[s], step, rotated)
        state.rotation[s] = rotated
        _rotate(rotated, acc[s] - state.acc_bias[s], after)
        for i in range(3):
            force[s, i] = 0.5 * (before[i] + after[i])
            state.impulse[s, i] += force[s, i] * dt
        excess = abs(math.sqrt(acc2) - GRAVITY_MPS2)
        state.noise[s, 0] += dt * (
            tuning.gyr_noise**2 + tuning.gyr_scale_noise**2 * rate2 + gyr_extra[s] ** 2
        )
        state.noise[s, 1] += (
            dt
            * dt
            * (tuning.acc_noise**2 + (tuning.acc_scale_noise * excess) ** 2 + acc_extra[s] ** 2)
        )
    for i in range(3):
        state.position[i] += (state.velocity[0, i] - state.velocity[1, i]) * dt + 0.5 * dt * dt * (
            force[0, i] - force[1, i]
        )
        state.velocity[0, i] += force[0, i] * dt
        state.velocity[1, i] += force[1, i] * dt
    state.velocity[0, 2] -= GRAVITY_MPS2 * dt
    state.velocity[1, 2] -= GRAVITY_MPS2 * dt
    for s in range(2):
        for i in range(3):
            state.last[s, 0, i] = acc[s, i]
            state.last[s, 1, i] = gyr[s, i]


@njit(cache=True)
def _add_cross(matrix: Floats, target: int, vector: Floats, factor: float, source: int) -> None:
    """Rows: matrix[target] += factor * [vector]x matrix[source]."""
    x, y, z = factor * vector[0], factor * vector[1], factor * vector[2]
    for j in range(matrix.shape[1]):
        a, b, c = matrix[source, j], matrix[source + 1, j], matrix[source + 2, j]
        matrix[target, j] += y * c - z * b
        matrix[target + 1, j] += z * a - x * c
        matrix[target + 2, j] += x * b - y * a


@njit(cache=True)
def _add_rotated(matrix: Floats, target: int, rotation: Floats, factor: float, source: int) -> None:
    """Rows: matrix[target] += factor * rotation matrix[source]."""
    for i in range(3):
        a, b, c = factor * rotation[i, 0], factor * rotation[i, 1], factor * rotation[i, 2]
        for j in range(matrix.shape[1]):
            matrix[target + i, j] += (
                a * matrix[source, j] + b * matrix[source + 1, j] + c * matrix[source + 2, j]
            )


@njit(cache=True)
def _add_scaled(matrix: Floats, target: int, factor: float, source: int) -> None:
    for i in range(3):
        for j in range(matrix.shape[1]):
            matrix[target + i, j] += factor * matrix[source + i, j]


@njit(cache=True)
def _transition_rows(matrix: Floats, rotation: Floats, impulse: Floats, time: float) -> None:
    """matrix <- F matrix. Ordered so that every row is read before it is changed."""
    for s in range(2):
        sign = 1.0 - 2.0 * s
        theta, bias = THETA + 3 * s, ACC_BIAS + 3 * s
        _add_scaled(matrix, POSITION, sign * time, VELOCITY + 3 * s)
        _add_cross(matrix, POSITION, impulse[s], -0.5 * sign * time, theta)
        _add_rotated(matrix, POSITION, rotation[s], -0.5 * sign * time * time, bias)
        _add_cross(matrix, VELOCITY + 3 * s, impulse[s], -1.0, theta)
        _add_rotated(matrix, VELOCITY + 3 * s, rotation[s], -time, bias)
        _add_rotated(matrix, theta, rotation[s], -time, GYR_BIAS + 3 * s)


@njit(cache=True)
def _adjoint_rows(matrix: Floats, rotation: Floats, impulse: Floats, time: float) -> None:
    """matrix <- F' matrix, in the reverse order of `_transition_rows`."""
    back = np.empty((3, 3))
    for s in range(2):
        sign = 1.0 - 2.0 * s
        theta, bias = THETA + 3 * s, ACC_BIAS + 3 * s
        for i in range(3):
            for j in range(3):
                back[i, j] = rotation[s, j, i]
        _add_rotated(matrix, GYR_BIAS + 3 * s, back, -time, theta)
        _add_rotated(matrix, bias, back, -time, VELOCITY + 3 * s)
        _add_cross(matrix, theta, impulse[s], 1.0, VELOCITY + 3 * s)
        _add_rotated(matrix, bias, back, -0.5 * sign * time * time, POSITION)
        _add_cross(matrix, theta, impulse[s], 0.5 * sign * time, POSITION)
        _add_scaled(matrix, VELOCITY + 3 * s, sign * time, POSITION)


@njit(cache=True)
def _carry_covariance(state: Nominal, time: float, tuning: Tuning) -> None:
    """P <- F P F' + Q, touching only what F touches."""
    cov = state.covariance
    full = cov.copy()
    _transition_rows(full, state.rotation, state.impulse, time)
    mirrored = np.ascontiguousarray(full[:MOVING].T)
    _transition_rows(mirrored, state.rotation, state.impulse, time)
    for i in range(MOVING):
        for j in range(N_ERRORS):
            cov[i, j] = mirrored[j, i]
    for i in range(MOVING):
        for j in range(MOVING, N_ERRORS):
            cov[j, i] = cov[i, j]
        for j in range(i):
            mean = 0.5 * (cov[i, j] + cov[j, i])
            cov[i, j] = mean
            cov[j, i] = mean
    for s in range(2):
        for i in range(3):
            k = 3 * s + i
            cov[THETA + k, THETA + k] += state.noise[s, 0]
            cov[VELOCITY + k, VELOCITY + k] += state.noise[s, 1]
            cov[GYR_BIAS + k, GYR_BIAS + k] += time * tuning.gyr_bias_walk**2
            cov[ACC_BIAS + k, ACC_BIAS + k] += time * tuning.acc_bias_walk**2
            cov[LEVER + k, LEVER + k] += time * tuning.lever_walk**2


@njit(cache=True)
def _update(
    cov: Floats,
    error: Floats,
    index: NDArray[np.int8],
    row: Floats,
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
    vector: Floats, sign: float, i: int, index: NDArray[np.int8], row: Floats, n: int, at: int
) -> int:
    """Append row i of sign * [vector]x at error `at`."""
    a, b = (i + 1) % 3, (i + 2) % 3
    index[n] = at + b
    row[n] = sign * vector[a]
    index[n + 1] = at + a
    row[n + 1] = -sign * vector[b]
    return n + 2


@njit(cache=True)
def _measure_joint(
    state: Nominal,
    error: Floats,
    index: NDArray[np.int8],
    row: Floats,
    gain: Floats,
    innovation: Floats,
    variance: float,
) -> int:
    """The joint centre seen from both sensors is one point: p + R1 r1 - R2 r2 = 0."""
    arm = np.empty((2, 3))
    for s in range(2):
        _rotate(state.rotation[s], state.lever[s], arm[s])
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
def _measure_axis(
    state: Nominal,
    error: Floats,
    index: NDArray[np.int8],
    row: Floats,
    gain: Floats,
    innovation: Floats,
    variance: float,
) -> int:
    """The flexion axis seen from both sensors points one way: R1 j1 - R2 j2 = 0, weakly."""
    axis = np.empty((2, 3))
    for s in range(2):
        _rotate(state.rotation[s], state.axis[s], axis[s])
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
def _measure_direct(
    cov: Floats,
    error: Floats,
    index: NDArray[np.int8],
    row: Floats,
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
def _foot_flat_variance(state: Nominal, variance: float) -> float:
    """Inflated where the foot, flat by its gyroscope, moves all the same (a lift, a moving floor)."""
    worst = 0.0
    for i in range(3):
        k = VELOCITY + 3 + i
        worst += state.velocity[1, i] ** 2 / (state.covariance[k, k] + variance)
    return variance * max(1.0, worst / 9.0)


@njit(cache=True)
def _apply(state: Nominal, error: Floats) -> None:
    """Move the nominal state by the estimated errors."""
    step, rotated = np.empty((3, 3)), np.empty((3, 3))
    for s in range(2):
        _exp(error[THETA + 3 * s : THETA + 3 * s + 3], step)
        _multiply(step, state.rotation[s], rotated)
        state.rotation[s] = rotated
        for i in range(3):
            k = 3 * s + i
            state.velocity[s, i] += error[VELOCITY + k]
            state.gyr_bias[s, i] += error[GYR_BIAS + k]
            state.acc_bias[s, i] += error[ACC_BIAS + k]
            state.lever[s, i] += error[LEVER + k]
    length = 0.0
    for i in range(3):
        state.position[i] += error[POSITION + i]
        state.axis[0, i] += error[AXIS + i]
        length += state.axis[0, i] ** 2
    length = math.sqrt(length)
    for i in range(3):
        state.axis[0, i] /= length
    _exp(error[NEUTRAL : NEUTRAL + 3], step)
    _multiply(step, state.neutral, rotated)
    state.neutral[:, :] = rotated


@njit(cache=True)
def _follow_foot_axis(state: Nominal, tuning: Tuning) -> None:
    """Leading direction of the relative angular velocity, forgetting slowly (power iteration)."""
    relative = np.empty(3)
    shank_rate, earth_rate = np.empty(3), np.empty(3)
    for i in range(3):
        shank_rate[i] = state.last[0, 1, i] - state.gyr_bias[0, i]
    _rotate(state.rotation[0], shank_rate, earth_rate)
    for i in range(3):
        relative[i] = state.last[1, 1, i] - state.gyr_bias[1, i]
        for j in range(3):
            relative[i] -= state.rotation[1, j, i] * earth_rate[j]
    time = tuning.dt * tuning.block
    keep = 1.0 - time / tuning.axis_forgetting_s
    axis = np.empty(3)
    length = 0.0
    for i in range(3):
        for j in range(3):
            state.spread[i, j] = keep * state.spread[i, j] + time * relative[i] * relative[j]
    for i in range(3):
        axis[i] = 0.0
        for j in range(3):
            axis[i] += state.spread[i, j] * state.axis[1, j]
        length += axis[i] ** 2
    if hinge_share(state) < tuning.axis_share:
        return
    length = math.sqrt(length)
    for i in range(3):
        state.axis[1, i] = axis[i] / length


@njit(cache=True)
def hinge_share(state: Nominal) -> float:
    """Share of the remembered relative rate that is about the foot axis."""
    along, total = 0.0, 0.0
    for i in range(3):
        total += state.spread[i, i]
        for j in range(3):
            along += state.axis[1, i] * state.spread[i, j] * state.axis[1, j]
    return along / total


@njit(cache=True)
def clone_neutral(state: Nominal) -> None:
    """From now on the present relative rotation is the neutral one; its error is remembered."""
    for i in range(3):
        for j in range(3):
            value = 0.0
            for k in range(3):
                value += state.rotation[0, k, i] * state.rotation[1, k, j]
            state.neutral[i, j] = value
    cov = state.covariance
    rows = np.zeros((3, N_ERRORS))
    for i in range(3):
        for k in range(3):
            turn = state.rotation[0, k, i]
            for j in range(NEUTRAL):
                rows[i, j] += turn * (cov[THETA + 3 + k, j] - cov[THETA + k, j])
    for i in range(3):
        for j in range(NEUTRAL):
            cov[NEUTRAL + i, j] = rows[i, j]
            cov[j, NEUTRAL + i] = rows[i, j]
    for i in range(3):
        for j in range(3):
            value = 0.0
            for k in range(3):
                value += state.rotation[0, k, j] * (rows[i, THETA + 3 + k] - rows[i, THETA + k])
            cov[NEUTRAL + i, NEUTRAL + j] = value


@njit(cache=True)
def _close_block(state: Nominal, tuning: Tuning, tape: Tape, slot: int, follow: bool) -> None:
    """Carry the covariance, measure, correct; write it all down at `slot` of the tape."""
    time = state.tally[0] * tuning.dt
    _carry_covariance(state, time, tuning)
    tape.rotation[slot] = state.rotation
    tape.impulse[slot] = state.impulse
    tape.duration[slot] = time
    error = np.zeros(N_ERRORS)
    index, row = tape.index[slot], tape.row[slot]
    gain, seen = tape.gain[slot], tape.innovation[slot]
    n = _measure_joint(state, error, index, row, gain, seen, tuning.joint_var)
    if state.tally[2] == state.tally[0]:  # at rest: no axis to see, but the bias of one sensor
        s = (state.tally[3] // tuning.block) % 2
        n += _measure_direct(
            state.covariance, error, index[n:], row[n:], gain[n:], seen[n:],
            GYR_BIAS + 3 * s, state.last[s, 1] - state.gyr_bias[s], tuning.still_var,
        )
    else:
        n += _measure_axis(state, error, index[n:], row[n:], gain[n:], seen[n:], tuning.axis_var)
    variance = tuning.velocity_var
    if 2 * state.tally[1] >= state.tally[0]:
        variance = _foot_flat_variance(state, tuning.foot_flat_var)
    n += _measure_direct(
        state.covariance,
        error,
        index[n:],
        row[n:],
        gain[n:],
        seen[n:],
        VELOCITY + 3,
        -state.velocity[1],
        variance,
    )
    tape.count[slot] = n
    tape.correction[slot] = error[:6]
    _apply(state, error)
    if follow:
        _follow_foot_axis(state, tuning)
    tape.orientation_rows[slot] = state.covariance[:6]
    tape.posterior[slot] = state.rotation[0]
    tape.flexion_variance[slot] = _correlate_flexion(state, tape.flexion_column[slot])
    state.impulse[:, :] = 0.0
    state.noise[:, :] = 0.0
    state.tally[:3] = 0


@njit(cache=True)
def _correlate_flexion(state: Nominal, column: Floats) -> float:
    """Covariance of all errors with the flexion about the shank axis; returns its variance."""
    axis = state.axis[0]
    world = np.empty(3)
    _rotate(state.rotation[0], axis, world)
    for j in range(N_ERRORS):
        value = 0.0
        for i in range(3):
            value += world[i] * (
                state.covariance[THETA + 3 + i, j] - state.covariance[THETA + i, j]
            )
            value -= axis[i] * state.covariance[NEUTRAL + i, j]
        column[j] = value
    total = 0.0
    for i in range(3):
        total += world[i] * (column[THETA + 3 + i] - column[THETA + i])
        total -= axis[i] * column[NEUTRAL + i]
    return max(total, 0.0)


@njit(cache=True)
def filter_samples(
    state: Nominal,
    acc: Floats,  # (n, 2, 3)
    gyr: Floats,  # (n, 2, 3)
    extra: Floats,  # (n, 2, 2) additional noise: acc, gyr of each segment
    flat: NDArray[np.bool_],
    still: NDArray[np.bool_],
    clone_at: int,
    tuning: Tuning,
    tape: Tape,
    slot: int,
    rotation: Floats,  # (n, 2, 3, 3) out
    live: Floats,  # (n, 5) out: shank axis, variance of the flexion, hinge share
    neutral: Floats,  # (n, 3, 3) out
) -> int:
    """Run the filter over samples; returns the number of blocks closed.

    `clone_at` is the sample number since the start at whose block end the neutral pose is cloned.
    Blocks are written to the tape from `slot` on, and from its beginning again when it is full.
    """
    closed = 0
    room = tape.count.shape[0]
    for k in range(acc.shape[0]):
        if state.tally[3] == 0:
            for s in range(2):
                state.last[s, 0] = acc[k, s]
                state.last[s, 1] = gyr[k, s]
        else:
            _integrate(state, acc[k], gyr[k], extra[k, :, 0], extra[k, :, 1], tuning)
            state.tally[0] += 1
            state.tally[1] += 1 if flat[k] else 0
            state.tally[2] += 1 if still[k] else 0
        now = state.tally[3]
        state.tally[3] += 1
        if state.tally[0] == tuning.block:
            at = (slot + closed) % room
            _close_block(state, tuning, tape, at, now > clone_at)
            closed += 1
            tape.cloned[at] = now >= clone_at and state.tally[4] == 0
            if tape.cloned[at]:
                clone_neutral(state)
                state.tally[4] = 1
            state.flexion[0] = tape.flexion_variance[at]
        rotation[k] = state.rotation
        neutral[k] = state.neutral
        live[k, :3] = state.axis[0]
        live[k, 3] = state.flexion[0]
        live[k, 4] = hinge_share(state)
    return closed


@njit(cache=True)
def _log(rotation: Floats, out: Floats) -> None:
    """Rotation vector of a small rotation matrix."""
    cosine = 0.5 * (rotation[0, 0] + rotation[1, 1] + rotation[2, 2] - 1.0)
    angle = math.acos(min(1.0, max(-1.0, cosine)))
    factor = 0.5 if angle < 1e-6 else 0.5 * angle / math.sin(angle)
    out[0] = factor * (rotation[2, 1] - rotation[1, 2])
    out[1] = factor * (rotation[0, 2] - rotation[2, 0])
    out[2] = factor * (rotation[1, 0] - rotation[0, 1])


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
                    _exp(after, one)
                    _exp(tape.correction[b, lo:hi], two)
                    _multiply(one, two, both)
                    _log(both, after)
                for i in range(3):
                    mixed[i] = (1.0 - share) * before[i] + share * after[i]
            _exp(mixed, one)
            _multiply(one, rotation[k, s], turned[s])
            for i in range(3):
                up[k, s, i] = turned[s, 2, i]
        for i in range(3):
            for j in range(3):
                value = 0.0
                for q in range(3):
                    value += turned[0, q, i] * turned[1, q, j]
                relative[k, i, j] = value


@njit(cache=True)
def _nonzero(index: NDArray[np.int8]) -> int:
    n = 0
    while n < MAX_NONZERO and index[n] >= 0:
        n += 1
    return n


@njit(cache=True)
def _adjoint_vector(
    vector: Floats, index: NDArray[np.int8], row: Floats, gain: Floats, innovation: Floats
) -> None:
    """Take the adjoint vector back through one scalar measurement (Bierman 1977, chapter 10)."""
    shift = innovation[0] / innovation[1]
    for j in range(N_ERRORS):
        shift += gain[j] * vector[j]
    for k in range(_nonzero(index)):
        vector[index[k]] -= row[k] * shift


@njit(cache=True)
def _adjoint_matrix(
    matrix: Floats, index: NDArray[np.int8], row: Floats, gain: Floats, variance: float
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
        for k in range(tape.count[m] - 1, -1, -1):
            index, row, gain = tape.index[m, k], tape.row[m, k], tape.gain[m, k]
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
    room = tape.count.shape[0]
    vector = np.zeros(N_ERRORS)
    column = np.empty((N_ERRORS, 1))
    for back in range(lag):
        m = (newest - back) % room
        column[:, 0] = vector
        if tape.cloned[m]:
            _adjoint_clone(column, tape.posterior[m])
        vector[:] = column[:, 0]
        for k in range(tape.count[m] - 1, -1, -1):
            _adjoint_vector(
                vector, tape.index[m, k], tape.row[m, k], tape.gain[m, k], tape.innovation[m, k]
            )
        column[:, 0] = vector
        _adjoint_rows(column, tape.rotation[m], tape.impulse[m], tape.duration[m])
        vector[:] = column[:, 0]
    _shift_orientation(tape.orientation_rows[(newest - lag) % room], vector, shift)
