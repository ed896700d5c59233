"""Heading of sensors that have no compass: one direction for all, taken from the flexion axis.

Without a magnetometer each sensor's heading starts anywhere. The flexion axis is known in both
sensors of a leg and points to the person's right in both; in the neutral pose it therefore tells
how the headings go together, and where the person looked. Drift after the neutral pose stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.quaternion import turn

if TYPE_CHECKING:
    from sensor_screen.model import Bools, Floats

LEAST_LEVEL = 0.5
"""Least horizontal part of the axis; a steeper one tells no heading."""


def face_forward(earth_from_sensor: Floats, right_axis: Floats, still: Bools) -> Floats | None:
    """(n, 4) the same orientations with x forward, y to the person's left and z up when still.

    The whole recording is turned about the vertical by one angle, so that the axis, which points to
    the right, lies along -y in the neutral pose.

    Args:
        earth_from_sensor: (n, 4) scalar first, z up.
        right_axis: (3,) flexion axis in the sensor, to the person's right.
        still: (n,) samples of the neutral pose.

    Returns:
        None where the axis is not level enough, or there is no neutral pose.
    """
    if not still.any():
        return None
    poses = earth_from_sensor[still]
    x, y, _ = turn(poses, np.broadcast_to(right_axis, (len(poses), 3))).mean(axis=0)
    if not np.hypot(x, y) >= LEAST_LEVEL:
        return None
    half_rad = 0.5 * (-0.5 * np.pi - np.arctan2(y, x))
    c, s = np.cos(half_rad), np.sin(half_rad)
    q0, q1, q2, q3 = np.moveaxis(earth_from_sensor, -1, 0)
    return np.stack([c * q0 - s * q3, c * q1 - s * q2, c * q2 + s * q1, c * q3 + s * q0], axis=-1)
