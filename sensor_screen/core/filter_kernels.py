"""Compiled filter of the connected-segment estimator; theory in `segment_state`."""

import math

import numpy as np
from numba import njit

from sensor_screen.core.axis_kernels import axis_variance, follow_foot_axis, hinge_share
from sensor_screen.core.gap_kernels import is_unheard, restart_unheard, watch_gaps
from sensor_screen.core.kernel_algebra import (
    add_cross,
    add_rotated,
    add_scaled,
    exp,
    multiply,
    rotate,
)
from sensor_screen.core.measurement_kernels import (
    foot_flat_variance,
    measure_axis,
    measure_direct,
    measure_joint,
    watch_surprise,
)
from sensor_screen.core.segment_state import (
    ACC_BIAS,
    AXIS,
    CLONED,
    FLAT,
    FLAT_FORCE_MPS2,
    FLAT_RATE_RADPS,
    FLAT_RUN,
    GRAVITY_MPS2,
    GYR_BIAS,
    IN_BLOCK,
    LEVER,
    MISFIT_LIMIT_M,
    MOVING,
    N_ERRORS,
    NEUTRAL,
    POSITION,
    SINCE_START,
    STILL,
    STILL_FORCE_MPS2,
    STILL_RATE_RADPS,
    STILL_RUN,
    THETA,
    VELOCITY,
    Floats,
    Nominal,
    Tape,
    Tuning,
)


@njit(cache=True)
def _integrate(
    state: Nominal, acc: Floats, gyr: Floats, acc_extra: Floats, gyr_extra: Floats, tuning: Tuning
) -> None:
    """One sample: trapezoidal specific force, midpoint (or interval mean) angular velocity."""
    dt = tuning.dt
    half = 0.5 * dt
    share = tuning.gyr_previous_share
    for s in range(2):
        turn, sensed = state.scratch[0], state.scratch[1]
        before, after = state.scratch[2], state.scratch[3]
        step, rotated = state.scratch[4:7], state.scratch[7:10]
        rotation, last, impulse = state.rotation[s], state.last[s], state.impulse[s]
        rate2, acc2 = 0.0, 0.0
        for i in range(3):
            rate = (1.0 - share) * gyr[s, i] + share * last[1, i] - state.gyr_bias[s, i]
            rate2 += rate * rate
            acc2 += acc[s, i] * acc[s, i]
            turn[i] = rate * dt
            sensed[i] = last[0, i] - state.acc_bias[s, i]
        rotate(rotation, sensed, before)
        exp(turn, step)
        multiply(rotation, step, rotated)
        for i in range(3):
            sensed[i] = acc[s, i] - state.acc_bias[s, i]
            for j in range(3):
                rotation[i, j] = rotated[i, j]
        rotate(rotation, sensed, after)
        sign = 1.0 - 2.0 * s
        for i in range(3):
            push = half * (before[i] + after[i])
            impulse[i] += push
            if i == 2:
                push -= GRAVITY_MPS2 * dt
            state.position[i] += sign * dt * (state.velocity[s, i] + 0.5 * push)
            state.velocity[s, i] += push
            last[0, i] = acc[s, i]
            last[1, i] = gyr[s, i]
        excess = abs(math.sqrt(acc2) - GRAVITY_MPS2)
        state.noise[s, 0] += dt * (
            tuning.gyr_noise**2 + tuning.gyr_scale_noise**2 * rate2 + gyr_extra[s] ** 2
        )
        state.noise[s, 1] += (
            dt
            * dt
            * (tuning.acc_noise**2 + (tuning.acc_scale_noise * excess) ** 2 + acc_extra[s] ** 2)
        )


@njit(cache=True)
def _transition_rows(matrix: Floats, rotation: Floats, impulse: Floats, time: float) -> None:
    """Rows: matrix <- F matrix. Ordered so that every row is read before it is changed."""
    for s in range(2):
        sign = 1.0 - 2.0 * s
        theta, bias = THETA + 3 * s, ACC_BIAS + 3 * s
        add_scaled(matrix, POSITION, sign * time, VELOCITY + 3 * s)
        add_cross(matrix, POSITION, impulse[s], -0.5 * sign * time, theta)
        add_rotated(matrix, POSITION, rotation[s], -0.5 * sign * time * time, bias)
        add_cross(matrix, VELOCITY + 3 * s, impulse[s], -1.0, theta)
        add_rotated(matrix, VELOCITY + 3 * s, rotation[s], -time, bias)
        add_rotated(matrix, theta, rotation[s], -time, GYR_BIAS + 3 * s)


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
def _apply(state: Nominal, error: Floats) -> None:
    """Move the nominal state by the estimated errors."""
    step, rotated = np.empty((3, 3)), np.empty((3, 3))
    for s in range(2):
        exp(error[THETA + 3 * s : THETA + 3 * s + 3], step)
        multiply(step, state.rotation[s], rotated)
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
    exp(error[NEUTRAL : NEUTRAL + 3], step)
    multiply(step, state.neutral, rotated)
    state.neutral[:, :] = rotated


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
def _watch_rest(state: Nominal, tuning: Tuning) -> None:
    """Is the foot flat, are both sensors still? From the samples up to now, live as afterwards."""
    flat, still = True, True
    for s in range(2):
        rate2, force2 = 0.0, 0.0
        for i in range(3):
            rate2 += state.last[s, 1, i] ** 2
            force2 += state.last[s, 0, i] ** 2
        force = math.sqrt(force2)
        if s == 1:
            flat = rate2 < FLAT_RATE_RADPS**2 and abs(force - GRAVITY_MPS2) < FLAT_FORCE_MPS2
        if state.tally[STILL_RUN] == 0:
            state.rest_force[s] = force
        still = still and rate2 < STILL_RATE_RADPS**2
        still = still and abs(force - state.rest_force[s]) < STILL_FORCE_MPS2
    state.tally[FLAT_RUN] = state.tally[FLAT_RUN] + 1 if flat else 0
    state.tally[STILL_RUN] = state.tally[STILL_RUN] + 1 if still else 0
    state.tally[FLAT] += 1 if state.tally[FLAT_RUN] >= tuning.flat_samples else 0
    state.tally[STILL] += 1 if state.tally[STILL_RUN] >= tuning.still_samples else 0


@njit(cache=True)
def _measure(state: Nominal, error: Floats, tuning: Tuning, tape: Tape, slot: int) -> int:
    """Take all scalar measurements of a block; returns their number."""
    index, row = tape.places[slot], tape.row[slot]
    gain, seen = tape.gain[slot], tape.innovation[slot]
    n = measure_joint(state, error, index, row, gain, seen, tuning.joint_var)
    share = min(1.0, state.tally[IN_BLOCK] * tuning.dt / tuning.misfit_memory_s)
    apart = min(MISFIT_LIMIT_M, (abs(seen[0, 0]) + abs(seen[1, 0]) + abs(seen[2, 0])) / 3.0)
    state.misfit[0] += share * (apart - state.misfit[0])
    watch_surprise(state.misfit, state.impulse, seen, tuning.joint_var, tuning.dt * tuning.block)
    if (
        state.tally[STILL] == state.tally[IN_BLOCK]
    ):  # at rest: no axis to see, but the bias of one sensor
        s = (state.tally[SINCE_START] // tuning.block) % 2
        n += measure_direct(
            state.covariance,
            error,
            index[n:],
            row[n:],
            gain[n:],
            seen[n:],
            GYR_BIAS + 3 * s,
            state.last[s, 1] - state.gyr_bias[s],
            tuning.still_var,
        )
    else:
        n += measure_axis(state, error, index[n:], row[n:], gain[n:], seen[n:], tuning.axis_var)
    variance = tuning.velocity_var
    if 2 * state.tally[FLAT] >= state.tally[IN_BLOCK]:
        variance = foot_flat_variance(state, tuning.foot_flat_var)
    n += measure_direct(
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
    return n


@njit(cache=True)
def _close_block(state: Nominal, tuning: Tuning, tape: Tape, slot: int, follow: bool) -> None:
    """Carry the covariance, measure, correct; write it all down at `slot` of the tape."""
    time = state.tally[IN_BLOCK] * tuning.dt
    _carry_covariance(state, time, tuning)
    tape.rotation[slot] = state.rotation
    tape.impulse[slot] = state.impulse
    tape.duration[slot] = time
    error = np.zeros(N_ERRORS)
    tape.updates[slot] = 0
    tape.restarted[slot] = 0
    if is_unheard(state):
        tape.restarted[slot] = restart_unheard(state, tuning)
    else:
        tape.updates[slot] = _measure(state, error, tuning, tape, slot)
        _apply(state, error)
        if follow:
            follow_foot_axis(state, tuning)
    tape.correction[slot] = error[:6]
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
    rotate(state.rotation[0], axis, world)
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
    clone_at: int,
    tuning: Tuning,
    tape: Tape,
    slot: int,
    rotation: Floats,  # (n, 2, 3, 3) out
    live: Floats,  # (n, 8) out: shank axis, flexion variance, hinge share, axis sigma, misfits
    neutral: Floats,  # (n, 3, 3) out
) -> int:
    """Run the filter over samples; returns the number of blocks closed.

    `clone_at` is the sample number since the start at whose block end the neutral pose is cloned.
    Blocks are written to the tape from `slot` on, and from its beginning again when it is full.
    """
    closed = 0
    room = tape.updates.shape[0]
    for k in range(acc.shape[0]):
        if state.tally[SINCE_START] == 0:
            for s in range(2):
                state.last[s, 0] = acc[k, s]
                state.last[s, 1] = gyr[k, s]
        else:
            _integrate(state, acc[k], gyr[k], extra[k, :, 0], extra[k, :, 1], tuning)
            state.tally[IN_BLOCK] += 1
            _watch_rest(state, tuning)
            watch_gaps(state, acc[k], extra[k, :, 1], tuning)
        now = state.tally[SINCE_START]
        state.tally[SINCE_START] += 1
        if state.tally[IN_BLOCK] == tuning.block:
            at = (slot + closed) % room
            _close_block(state, tuning, tape, at, now > clone_at)
            closed += 1
            tape.cloned[at] = now >= clone_at and state.tally[CLONED] == 0
            if tape.cloned[at]:
                clone_neutral(state)
                state.tally[CLONED] = 1
            state.told[0] = tape.flexion_variance[at]
            state.told[1] = hinge_share(state)
            state.told[2] = math.sqrt(axis_variance(state))
        rotation[k] = state.rotation
        neutral[k] = state.neutral
        live[k, :3] = state.axis[0]
        for i in range(3):
            live[k, 3 + i] = state.told[i]
        live[k, 6] = state.misfit[0]
        live[k, 7] = state.misfit[1]
    return closed
