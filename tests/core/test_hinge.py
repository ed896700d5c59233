"""Is it a hinge: joints made from equations, and rigs of which it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.ankle import estimate_ankle
from sensor_screen.core.hinge import HingeEvidence, cross_matrix, find_hinge, principal_axis
from sensor_screen.core.replay import replay
from sensor_screen.core.sign import SignHint
from sensor_screen.model import AngleMark, Placement
from sensor_screen.storage.folder import FolderRecording, read_folder
from tests.core.jointed_leg import RESTING, SHANK, Segment
from tests.core.test_alignment import SHARED

if TYPE_CHECKING:
    from sensor_screen.model import Floats

RATE_HZ = 100.0
LEVERS_M = np.array([[0.03, 0.02, -0.22], [-0.1, 0.03, 0.01]])  # sensor to joint, in the sensor
Z, X = np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])
MOUNTS = Rotation.from_rotvec([[0.3, -1.0, 2.0], [1.5, 0.4, -0.7]])


def rates(turn: Rotation) -> Floats:
    """(n, 3) angular velocity in the body, by central differences."""
    rate = np.zeros((len(turn), 3))
    rate[1:-1] = (turn[:-2].inv() * turn[2:]).as_rotvec() * RATE_HZ / 2.0
    return rate


def second_difference(values: Floats) -> Floats:
    change = np.zeros_like(values)
    change[1:-1] = (values[2:] - 2.0 * values[1:-1] + values[:-2]) * RATE_HZ**2
    return change


def waved_joint(*axes: Floats, carried: Segment = SHANK) -> HingeEvidence | None:
    """What is found on a joint with these axes in 40 s; headings are as a filter leaves them."""
    time_s = np.arange(4_000) / RATE_HZ
    shank = carried.turn(time_s)
    foot = shank
    for axis, frequency_hz in zip(axes, (0.9, 1.3), strict=False):
        angle = 0.6 * np.sin(2.0 * np.pi * frequency_hz * time_s)
        foot = foot * Rotation.from_rotvec(np.multiply.outer(angle, axis))
    centre = 0.2 * np.sin(2.0 * np.pi * np.multiply.outer(time_s, [0.7, 0.5, 0.9]))
    acc, gyr, orientation = [], [], []
    for s, segment in enumerate((shank, foot)):
        sensor = segment * MOUNTS[s]
        place = centre - sensor.apply(LEVERS_M[s])
        force = second_difference(place) + 9.81 * Z
        acc.append(sensor.inv().apply(force))
        gyr.append(rates(sensor))
        heading = Rotation.from_rotvec([0.0, 0.0, 1.1 * s])
        orientation.append(np.roll((heading * sensor).as_quat(), 1, axis=1))
    return find_hinge(
        time_s,
        np.stack(acc, axis=1),
        np.stack(gyr, axis=1),
        np.stack(orientation, axis=1),
        np.zeros(len(time_s), dtype=np.bool_),
    )


@pytest.mark.parametrize("axis", [Z, X, np.array([0.6, 0.0, 0.8])])
def test_a_hinge_is_found_with_its_axis_and_levers(axis: Floats) -> None:
    found = waved_joint(axis)
    assert found is not None
    assert found.share > 0.98
    assert found.window_share.min() > 0.98
    assert found.heading_confidence > 0.9
    wanted = [turn.inv().apply(axis) for turn in MOUNTS]
    signs = [np.sign(found.shank_axis @ wanted[0]), np.sign(found.foot_axis @ wanted[1])]
    assert signs[0] == signs[1]
    # Angular accelerations are smoothed over 50 ms; along the axis a lever cannot be seen.
    for axis_found, truth in zip((found.shank_axis, found.foot_axis), wanted, strict=True):
        assert np.degrees(np.arccos(min(1.0, abs(axis_found @ truth)))) < 1.0
    levers = np.stack([found.shank_lever_m, found.foot_lever_m])
    for off, truth in zip(levers - LEVERS_M, wanted, strict=True):
        assert np.linalg.norm(np.cross(off, truth)) < 0.005


def test_a_joint_with_two_axes_is_no_hinge() -> None:
    found = waved_joint(Z, X)
    assert found is not None
    assert found.share < 0.62
    assert np.median(found.window_share) < 0.65


def test_a_stiff_joint_tells_nothing() -> None:
    assert waved_joint() is None


def test_a_leg_at_rest_tells_nothing() -> None:
    assert waved_joint(carried=RESTING) is None


@given(st.tuples(*[st.floats(-5.0, 5.0)] * 6))
def test_the_cross_matrix_is_the_cross_product(values: tuple[float, ...]) -> None:
    one, other = np.array(values[:3]), np.array(values[3:])
    np.testing.assert_allclose(cross_matrix(one) @ other, np.cross(one, other), atol=1e-12)


def test_the_principal_axis_is_where_most_of_the_rate_is() -> None:
    gyr = np.random.default_rng(0).standard_normal((1000, 3)) * [0.1, 2.0, 0.2]
    axis, share = principal_axis(gyr)
    assert abs(axis[1]) > 0.999
    assert share == pytest.approx((gyr[:, 1] ** 2).sum() / (gyr**2).sum(), abs=1e-3)


def rig(name: str) -> FolderRecording:
    if not SHARED.exists():
        pytest.skip("the public recordings are not here")
    return read_folder(SHARED / name)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["rig2d/01", "rig2d/02", "rig2d/03", "rig3d/01", "rig3d/02"])
def test_rigs_with_more_axes_are_never_called_valid(name: str) -> None:
    folder = rig(name)
    (side,) = folder.recording.sides
    sensors = [folder.recording.stream(side, p) for p in (Placement.SHANK, Placement.FOOT)]
    leg = assemble_leg(*sensors, side)
    # Even where the user gives the sign, so that nothing else speaks against the angle.
    axes = [folder.meta["hinge_axis_shank"], folder.meta["hinge_axis_foot"]]
    hint = SignHint(axes=np.array(axes))
    trace = estimate_ankle(leg, folder.recording.tasks, sign_hint=hint).trace
    assert trace.hinge_share < 0.62
    assert ((trace.marks & int(AngleMark.NOT_A_HINGE)) != 0).all()
    live = replay(leg, folder.recording.tasks, sign_hint=hint)
    assert not live.valid.any()


@pytest.mark.shared
@pytest.mark.parametrize("name", ["rig1d/01", "rig1d/02", "rig1d/03"])
def test_a_rig_with_one_axis_is_a_hinge_whose_sign_is_not_guessed(name: str) -> None:
    folder = rig(name)
    (side,) = folder.recording.sides
    sensors = [folder.recording.stream(side, p) for p in (Placement.SHANK, Placement.FOOT)]
    trace = estimate_ankle(assemble_leg(*sensors, side), folder.recording.tasks).trace
    assert trace.hinge_share > 0.95
    marks = int(AngleMark.NOT_A_HINGE), int(AngleMark.SIGN_UNKNOWN)
    assert not (trace.marks & marks[0]).any()
    assert ((trace.marks & marks[1]) != 0).all()
