"""Rotations: unit quaternions scalar first, named by what they turn (`earth_from_shank`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sensor_screen.model import Floats


def unit(vector: Floats) -> Floats:
    """The vector, or each row of (..., n), at length one."""
    scaled: Floats = vector / np.linalg.norm(vector, axis=-1, keepdims=True)
    return scaled


def to_matrix(quaternion: Floats) -> Floats:
    """(..., 3, 3) rotation matrices of (..., 4) unit quaternions."""
    w, x, y, z = np.moveaxis(quaternion, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def turn(quaternion: Floats, vector: Floats) -> Floats:
    """(n, 3) vectors turned by (n, 4) unit quaternions: as `to_matrix(q) @ v`."""
    w, x, y, z = np.moveaxis(quaternion, -1, 0)
    a, b, c = np.moveaxis(vector, -1, 0)
    p, q, r = 2.0 * (y * c - z * b), 2.0 * (z * a - x * c), 2.0 * (x * b - y * a)
    turned: Floats = np.empty_like(vector)
    turned[:, 0] = a + w * p + y * r - z * q
    turned[:, 1] = b + w * q + z * p - x * r
    turned[:, 2] = c + w * r + x * q - y * p
    return turned
