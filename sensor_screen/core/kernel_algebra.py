"""Compiled 3-vector and row-block operations of the segment kernels."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@njit(cache=True)
def rotate(rotation: Floats, vector: Floats, out: Floats) -> None:
    for i in range(3):
        out[i] = (
            rotation[i, 0] * vector[0] + rotation[i, 1] * vector[1] + rotation[i, 2] * vector[2]
        )


@njit(cache=True)
def exp(vector: Floats, out: Floats) -> None:
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
def log(rotation: Floats, out: Floats) -> None:
    """Rotation vector of a small rotation matrix."""
    cosine = 0.5 * (rotation[0, 0] + rotation[1, 1] + rotation[2, 2] - 1.0)
    angle = math.acos(min(1.0, max(-1.0, cosine)))
    factor = 0.5 if angle < 1e-6 else 0.5 * angle / math.sin(angle)
    out[0] = factor * (rotation[2, 1] - rotation[1, 2])
    out[1] = factor * (rotation[0, 2] - rotation[2, 0])
    out[2] = factor * (rotation[1, 0] - rotation[0, 1])


@njit(cache=True)
def multiply(left: Floats, right: Floats, out: Floats) -> None:
    for i in range(3):
        for j in range(3):
            out[i, j] = (
                left[i, 0] * right[0, j] + left[i, 1] * right[1, j] + left[i, 2] * right[2, j]
            )


@njit(cache=True)
def add_cross(matrix: Floats, target: int, vector: Floats, factor: float, source: int) -> None:
    """Rows: matrix[target] += factor * [vector]x matrix[source]."""
    x, y, z = factor * vector[0], factor * vector[1], factor * vector[2]
    for j in range(matrix.shape[1]):
        a, b, c = matrix[source, j], matrix[source + 1, j], matrix[source + 2, j]
        matrix[target, j] += y * c - z * b
        matrix[target + 1, j] += z * a - x * c
        matrix[target + 2, j] += x * b - y * a


@njit(cache=True)
def add_rotated(matrix: Floats, target: int, rotation: Floats, factor: float, source: int) -> None:
    """Rows: matrix[target] += factor * rotation matrix[source]."""
    for i in range(3):
        a, b, c = factor * rotation[i, 0], factor * rotation[i, 1], factor * rotation[i, 2]
        for j in range(matrix.shape[1]):
            matrix[target + i, j] += (
                a * matrix[source, j] + b * matrix[source + 1, j] + c * matrix[source + 2, j]
            )


@njit(cache=True)
def add_scaled(matrix: Floats, target: int, factor: float, source: int) -> None:
    for i in range(3):
        for j in range(matrix.shape[1]):
            matrix[target + i, j] += factor * matrix[source + i, j]
