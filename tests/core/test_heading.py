"""Headings of sensors without a compass: brought together by the flexion axis when still."""

from __future__ import annotations

import numpy as np
import pytest

from sensor_screen.core.heading import face_forward
from sensor_screen.core.quaternion import turn, unit

STILL = np.array([True] * 10 + [False] * 10)


def about_z(angle_rad: float, count: int = 20) -> np.ndarray:
    q = [np.cos(angle_rad / 2), 0.0, 0.0, np.sin(angle_rad / 2)]
    return np.tile(q, (count, 1))


@pytest.mark.parametrize("heading_deg", [-170.0, -30.0, 0.0, 95.0])
def test_the_axis_points_right_whatever_the_heading_was(heading_deg: float) -> None:
    axis = unit(np.array([0.9, 0.4, 0.0]))
    faced = face_forward(about_z(np.radians(heading_deg)), axis, STILL)
    assert faced is not None
    right = turn(faced, np.tile(axis, (20, 1)))
    np.testing.assert_allclose(right, np.tile([0.0, -1.0, 0.0], (20, 1)), atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(faced, axis=1), 1.0, atol=1e-12)


def test_tilt_and_turns_of_the_movement_are_kept() -> None:
    rng = np.random.default_rng(1)
    poses = unit(rng.normal(size=(20, 4)))
    poses[STILL] = poses[0]
    axis = np.array([0.0, 1.0, 0.0])
    faced = face_forward(poses, axis, STILL)
    assert faced is not None
    up = np.tile([0.3, -0.4, 0.5], (20, 1))
    np.testing.assert_allclose(turn(faced, up)[:, 2], turn(poses, up)[:, 2], atol=1e-12)
    # One turn for the whole recording: what lies between two samples is unchanged.
    between = np.einsum("ij,ij->i", faced[1:], faced[:-1])
    np.testing.assert_allclose(between, np.einsum("ij,ij->i", poses[1:], poses[:-1]), atol=1e-12)


def test_a_steep_axis_or_no_stand_tells_no_heading() -> None:
    assert face_forward(about_z(0.3), np.array([0.0, 0.2, 0.98]), STILL) is None
    assert face_forward(about_z(0.3), np.array([1.0, 0.0, 0.0]), ~np.ones(20, bool)) is None
