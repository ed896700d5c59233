"""Compiled restart of a sensor that was not heard for some time.

Theory of operation
-------------------
A linear update cannot mend an orientation that is wrong by a radian or more. After half a second
without one sensor in the middle of a step the filter could settle upside down, and be sure of it.
So nothing is measured while a sensor is not heard. After a short gap measuring goes on. After a
longer one the sensor is listened to for a second: over a second a leg hardly gains speed, so the
mean of its specific force points up. Then its orientation, the velocities and the position begin
anew; biases, levers, axes and the clone of the neutral pose are kept.
"""

import math

import numpy as np
from numba import njit

from sensor_screen.core.kernel_algebra import multiply, rotate
from sensor_screen.core.segment_state import (
    N_ERRORS,
    POSITION,
    THETA,
    VELOCITY,
    Floats,
    Nominal,
    Tuning,
)


@njit(cache=True)
def watch_gaps(state: Nominal, acc: Floats, gyr_extra: Floats, tuning: Tuning) -> None:
    """Count the samples that are missing, and sum what is felt after them."""
    force, felt = state.scratch[0], state.scratch[1]
    for s in range(2):
        if gyr_extra[s] >= tuning.missing_gyr_noise:
            state.unheard[s] += 1
            state.heard_again[s] = 0
            state.felt[s] = 0.0
        elif state.unheard[s] > tuning.bridged_samples:
            state.heard_again[s] += 1
            for i in range(3):
                force[i] = acc[s, i] - state.acc_bias[s, i]
            rotate(state.rotation[s], force, felt)
            for i in range(3):
                state.felt[s, i] += felt[i]
        else:
            state.unheard[s] = 0


@njit(cache=True)
def is_unheard(state: Nominal) -> bool:
    return bool(state.unheard[0] > 0 or state.unheard[1] > 0)


@njit(cache=True)
def restart_unheard(state: Nominal, tuning: Tuning) -> int:
    """Begin anew once all is heard for long enough.

    Returns:
        Which segments did: 1 shank, 2 foot, 3 both; 0 while it is too early.
    """
    segments = 0
    for s in range(2):
        if state.unheard[s] > 0:
            segments += 1 << s
            if state.heard_again[s] < tuning.listen_samples:
                return 0
    arm, axis = np.empty((2, 3)), np.empty((2, 3))
    for s in range(2):
        if segments >> s & 1:
            _stand_up(state.rotation[s], state.felt[s])
        rotate(state.rotation[s], state.axis[s], axis[s])
    # Of two new headings only the difference matters: that of the axes.
    heading = math.atan2(axis[0, 1], axis[0, 0]) - math.atan2(axis[1, 1], axis[1, 0])
    if segments >> 1 & 1:
        _turn_about_up(state.rotation[1], heading)
    else:
        _turn_about_up(state.rotation[0], -heading)
    for s in range(2):
        rotate(state.rotation[s], state.lever[s], arm[s])
    for i in range(3):
        state.position[i] = arm[1, i] - arm[0, i]
    state.velocity[:, :] = 0.0
    state.unheard[:] = 0
    state.heard_again[:] = 0
    state.felt[:, :] = 0.0
    _forget(state.covariance, segments, tuning)
    return segments


@njit(cache=True)
def is_forgotten(error: int, segments: int) -> bool:
    """Does this error begin anew where these segments do?"""
    if error < VELOCITY:
        return (segments >> ((error - THETA) // 3) & 1) == 1
    return error < POSITION + 3


@njit(cache=True)
def _forget(cov: Floats, segments: int, tuning: Tuning) -> None:
    for i in range(N_ERRORS):
        if not is_forgotten(i, segments):
            continue
        cov[i, :] = 0.0
        cov[:, i] = 0.0
        if i >= POSITION:
            cov[i, i] = tuning.restart_position_var
        elif i >= VELOCITY:
            cov[i, i] = tuning.restart_velocity_var
        else:
            cov[i, i] = tuning.restart_tilt_var
            if i % 3 == 2:
                cov[i, i] += tuning.restart_heading_var


@njit(cache=True)
def _stand_up(rotation: Floats, felt: Floats) -> None:
    """Turn, about a horizontal axis, until what was felt points up."""
    length = math.sqrt(felt[0] ** 2 + felt[1] ** 2 + felt[2] ** 2)
    x, y, z = felt[0] / length, felt[1] / length, felt[2] / length
    if z < -0.9999:  # exactly upside down: any horizontal axis will do
        x, y, z = 0.0141, 0.0, -0.9999
    share = 1.0 / (1.0 + z)
    turn = np.array(
        [
            [1.0 - x * x * share, -x * y * share, -x],
            [-x * y * share, 1.0 - y * y * share, -y],
            [x, y, z],
        ]
    )
    _turn_by(turn, rotation)


@njit(cache=True)
def _turn_about_up(rotation: Floats, angle: float) -> None:
    c, s = math.cos(angle), math.sin(angle)
    _turn_by(np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]), rotation)


@njit(cache=True)
def _turn_by(turn: Floats, rotation: Floats) -> None:
    out = np.empty((3, 3))
    multiply(turn, rotation, out)
    rotation[:, :] = out
