"""Orientation of one sensor by VQF (Laidig & Seel 2022, doi:10.1016/j.inffus.2022.10.014).

It gives the start value, the cross-check and the fall-back of the connected-segment estimator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sensor_screen.model import CleanLeg, Floats


def estimate_orientation(acc_mps2: Floats, gyr_radps: Floats, rate_hz: float) -> Floats:
    """(n, 4) earth_from_sensor from the whole recording; heading starts anywhere and drifts.

    Args:
        acc_mps2: (n, 3) finite specific force.
        gyr_radps: (n, 3) finite angular velocity.
        rate_hz: Of both.
    """
    from vqf import offlineVQF

    found = offlineVQF(
        np.ascontiguousarray(gyr_radps, dtype=np.float64),
        np.ascontiguousarray(acc_mps2, dtype=np.float64),
        None,
        1.0 / rate_hz,
    )
    orientation: Floats = found["quat6D"]
    return orientation


def orient_leg(leg: CleanLeg) -> Floats:
    """(n, s, 4) earth_from_sensor of the sensors of a leg that are there, shank first."""
    streams = [stream for stream in (leg.shank, leg.foot) if stream is not None]
    return np.stack(
        [estimate_orientation(s.acc_mps2, s.gyr_radps, leg.rate_hz) for s in streams], axis=1
    )


def vertical(orientation: Floats) -> Floats:
    """(..., 3) the vertical in the sensor's frame."""
    w, x, y, z = np.moveaxis(orientation, -1, 0)
    return np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=-1)
