"""What the same samples give with a plain orientation filter: the measure our estimator is held to.

VQF (Laidig & Seel 2022) on each sensor, then one of two well-known ways to an angle. The axes and
the neutral pose are those of our own calibration, so that only the estimator differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.joint_angle import plane_angle
from sensor_screen.core.orientation import estimate_orientation, vertical
from sensor_screen.core.quaternion import to_matrix

if TYPE_CHECKING:
    from sensor_screen.model import Floats

HEADING_MEMORY_S = 5.0
"""Time constant of the closed-form heading, as published comparisons use it."""


def vqf_angles(
    acc_mps2: Floats, gyr_radps: Floats, rate_hz: float, axes: Floats, neutral: slice, *, live: bool
) -> dict[str, Floats]:
    """Dorsiflexion by `plane` (difference of two tilts) and `heading` (axes made to agree), rad.

    Args:
        acc_mps2: (n, 2, 3) shank and foot.
        gyr_radps: (n, 2, 3).
        rate_hz: Of both.
        axes: (2, 3) flexion axis in each sensor.
        neutral: Samples of the neutral pose.
        live: The causal filter instead of the offline one.
    """
    orientation = np.stack(
        [_orientation(acc_mps2[:, s], gyr_radps[:, s], rate_hz, live=live) for s in range(2)],
        axis=1,
    )
    return {
        "plane": plane_angle(vertical(orientation), axes, neutral),
        "heading": _heading_angle(orientation, axes, neutral, rate_hz),
    }


def _orientation(acc: Floats, gyr: Floats, rate_hz: float, *, live: bool) -> Floats:
    if not live:
        return estimate_orientation(acc, gyr, rate_hz)
    from vqf import VQF

    found = VQF(1.0 / rate_hz).updateBatch(np.ascontiguousarray(gyr), np.ascontiguousarray(acc))
    orientation: Floats = found["quat6D"]
    return orientation


def _heading_angle(orientation: Floats, axes: Floats, neutral: slice, rate_hz: float) -> Floats:
    """Twist about the shank's axis after the foot is turned until both axes agree."""
    turn = to_matrix(orientation)
    axis = np.einsum("nsij,sj->nsi", turn, axes)
    flat = axis[..., 0] + 1j * axis[..., 1]
    heading = np.angle(_smooth(flat[:, 0] * np.conj(flat[:, 1]), HEADING_MEMORY_S * rate_hz))
    c, s = np.cos(heading), np.sin(heading)
    zero, one = np.zeros_like(c), np.ones_like(c)
    yaw = np.stack([c, -s, zero, s, c, zero, zero, zero, one], axis=1).reshape(-1, 3, 3)
    relative = np.einsum("nji,njk,nkl->nil", turn[:, 0], yaw, turn[:, 1])
    left, _, right = np.linalg.svd(relative[neutral].mean(axis=0))
    turned = relative @ (left @ right).T
    across = np.stack(
        [
            turned[:, 2, 1] - turned[:, 1, 2],
            turned[:, 0, 2] - turned[:, 2, 0],
            turned[:, 1, 0] - turned[:, 0, 1],
        ],
        axis=1,
    )
    trace = np.trace(turned, axis1=1, axis2=2)
    twist: Floats = 2.0 * np.arctan2(across @ axes[0], 1.0 + trace)
    return twist


def _smooth(values: Floats, memory_samples: float) -> Floats:
    """Exponential mean that starts as a plain mean, so that it settles at once."""
    out = np.empty_like(values)
    mean = values[:5].mean()
    for k, value in enumerate(values):
        mean += max(1.0 / memory_samples, 1.0 / (k + 1)) * (value - mean)
        out[k] = mean
    return out
