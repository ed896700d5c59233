"""Compiled reading of the ankle angles from relative rotations."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@njit(cache=True)
def read_angles(relative: Floats, neutral: Floats, axis: Floats, up: Floats, out: Floats) -> None:
    """Fill (n, 2) flexion and inversion, rad; arguments as in `joint_angle.ankle_angles`."""
    above, ahead = np.empty(3), np.empty(3)
    in_foot, turned = np.empty(3), np.empty(3)
    for k in range(relative.shape[0]):
        x, y, z = axis[k, 0], axis[k, 1], axis[k, 2]
        height = x * up[0] + y * up[1] + z * up[2]
        length = math.sqrt(max(1e-12, 1.0 - height * height))
        for i in range(3):
            above[i] = (up[i] - height * axis[k, i]) / length
        ahead[0] = above[1] * z - above[2] * y
        ahead[1] = above[2] * x - above[0] * z
        ahead[2] = above[0] * y - above[1] * x
        for i in range(3):
            in_foot[i] = 0.0
            for j in range(3):
                in_foot[i] += neutral[k, j, i] * above[j]
        for i in range(3):
            turned[i] = 0.0
            for j in range(3):
                turned[i] += relative[k, i, j] * in_foot[j]
        to_front = ahead[0] * turned[0] + ahead[1] * turned[1] + ahead[2] * turned[2]
        to_top = above[0] * turned[0] + above[1] * turned[1] + above[2] * turned[2]
        to_side = x * turned[0] + y * turned[1] + z * turned[2]
        out[k, 0] = math.atan2(-to_front, to_top)
        out[k, 1] = math.asin(min(1.0, max(-1.0, to_side)))


@njit(cache=True)
def read_leg(
    rotation: Floats,
    neutral: Floats,
    axis: Floats,
    up: Floats,
    frames: Floats,
    gyr: Floats,
    angles: Floats,
    tilts: Floats,
    rates: Floats,
) -> None:
    """Everything that is read from the orientations of a leg, sample by sample.

    Args:
        rotation: (n, 2, 3, 3) earth_from_sensor.
        neutral: (n, 3, 3) shank_from_foot in the neutral pose.
        axis: (n, 3) flexion axis in the shank sensor.
        up: (3,) vertical in the shank sensor in the neutral pose.
        frames: (2, 3, 3) columns forward, up, right of shank and foot, in their sensors.
        gyr: (n, 2, 3) angular velocity.
        angles: (n, 2) to be filled with flexion and inversion.
        tilts: (n, 2) to be filled with the forward lean of both.
        rates: (n, 2) to be filled with their rate about the flexion axis.
    """
    relative = np.empty((rotation.shape[0], 3, 3))
    for k in range(rotation.shape[0]):
        for i in range(3):
            for j in range(3):
                relative[k, i, j] = 0.0
                for m in range(3):
                    relative[k, i, j] += rotation[k, 0, m, i] * rotation[k, 1, m, j]
        for s in range(2):
            to_front, to_top, rate = 0.0, 0.0, 0.0
            for i in range(3):
                to_front += rotation[k, s, 2, i] * frames[s, i, 0]
                to_top += rotation[k, s, 2, i] * frames[s, i, 1]
                rate += gyr[k, s, i] * frames[s, i, 2]
            tilts[k, s] = -math.atan2(to_front, to_top)
            rates[k, s] = rate
    read_angles(relative, neutral, axis, up, angles)


@njit(cache=True)
def read_late(
    lagged: Floats, neutral: Floats, live: Floats, newest: NDArray[np.int64], up: Floats
) -> Floats:
    """(m,) flexion of smoothed orientations (m, 2, 3, 3), by neutral and axis at `newest`."""
    count = len(newest)
    relative, still, axis = np.empty((count, 3, 3)), np.empty((count, 3, 3)), np.empty((count, 3))
    for k in range(count):
        still[k] = neutral[newest[k]]
        axis[k] = live[newest[k], :3]
        for i in range(3):
            for j in range(3):
                relative[k, i, j] = 0.0
                for m in range(3):
                    relative[k, i, j] += lagged[k, 0, m, i] * lagged[k, 1, m, j]
    angles = np.empty((count, 2))
    read_angles(relative, still, axis, up, angles)
    return angles[:, 0].copy()


class SigmaTerms(NamedTuple):
    """`AngleParams` and what holds for every sample, as the kernel takes them."""

    constant_rad2: float
    """Floor and zero, squared."""
    misfits_m: Floats
    misfit_sigmas_rad: Floats
    usual_rad2: float
    estimator_share: float
    typical_misfit_m: float
    stiffest: float
    loosest: float
    proportional: float
    hidden_flexion_rad: float
    clock_residual_s: float


@njit(cache=True)
def add_errors(
    flexion: Floats,
    inversion: Floats,
    tilt: Floats,
    variance: Floats,
    misfit: Floats,
    foot_rate: Floats,
    terms: SigmaTerms,
    out: Floats,
) -> None:
    """Fill (n,) 1 sigma of dorsiflexion; the equation stands in `joint_angle.total_sigma`."""
    for k in range(len(flexion)):
        loose = min(max(misfit[k] / terms.typical_misfit_m, terms.stiffest), terms.loosest)
        soft = np.interp(misfit[k], terms.misfits_m, terms.misfit_sigmas_rad)
        total = terms.constant_rad2 + soft * soft
        total += terms.estimator_share * loose * min(variance[k], terms.usual_rad2)
        total += max(variance[k] - terms.usual_rad2, 0.0)
        total += (terms.proportional * flexion[k]) ** 2
        hidden = tilt[k] * terms.hidden_flexion_rad
        total += tilt[k] ** 2 * (inversion[k] ** 2 + hidden * hidden)
        total += (foot_rate[k] * terms.clock_residual_s) ** 2
        out[k] = math.sqrt(total)
