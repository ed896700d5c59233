"""The chain of hinges: its rates and accelerations are the derivatives of its positions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from sensor_screen.model import Placement, Side
from sensor_screen.simulation.curves import GRID_HZ
from sensor_screen.simulation.legs import LegMotion, SegmentMotion, ankle_angles, move_leg
from sensor_screen.simulation.mounts import Mount, draw_mount, sense
from sensor_screen.simulation.pieces import Column
from sensor_screen.units import STANDARD_GRAVITY_MPS2

DURATION_S = 4.0
STEP_S = 2e-4
STENCIL_S = STEP_S * np.arange(-2, 3)
FIRST = np.array([1, -8, 0, 8, -1]) / (12 * STEP_S)
SECOND = np.array([-1, 16, -30, 16, -1]) / (12 * STEP_S**2)
GRAVITY_MPS2 = np.array([0.0, -STANDARD_GRAVITY_MPS2, 0.0])
TILTED = np.array([0.03, -0.04, 1.0]) / np.linalg.norm([0.03, -0.04, 1.0])


def anything(seed: int) -> np.ndarray:
    """All coordinates moving at once, up to about 2 Hz and half a radian or half a metre."""
    random = np.random.default_rng(seed)
    at_s = np.arange(round(DURATION_S * GRID_HZ)) / GRID_HZ
    shape = (3, len(Column))
    frequency_hz, phase = random.uniform(0.2, 2.0, shape), random.uniform(0, 2 * np.pi, shape)
    size = random.uniform(-0.3, 0.3, shape)
    waves = np.sin(2 * np.pi * frequency_hz * at_s[:, None, None] + phase)
    return (size * waves).sum(axis=1)


def leg_at(seed: int, side: Side, time_s: np.ndarray) -> LegMotion:
    return move_leg(anything(seed), side, TILTED, time_s)


def segments(leg: LegMotion) -> list[tuple[Placement, SegmentMotion]]:
    return [(Placement.SHANK, leg.shank), (Placement.FOOT, leg.foot)]


def position_m(motion: SegmentMotion, mount: Mount) -> np.ndarray:
    return motion.ankle_m + motion.earth_from_segment @ mount.position_m


some_moment = st.floats(0.1, DURATION_S - 0.1)
some_seed = st.integers(0, 1000)
some_side = st.sampled_from([Side.LEFT, Side.RIGHT])


@settings(deadline=None)  # the first call imports scipy
@given(seed=some_seed, side=some_side, moment_s=some_moment)
def test_specific_force_is_the_second_derivative_of_position_minus_gravity(
    seed: int, side: Side, moment_s: float
) -> None:
    time_s = moment_s + STENCIL_S
    for placement, motion in segments(leg_at(seed, side, time_s)):
        mount = draw_mount(placement, np.random.default_rng(seed))
        felt = sense(time_s, motion, mount).acc_mps2[2]
        acceleration = SECOND @ position_m(motion, mount)
        in_earth = acceleration - GRAVITY_MPS2
        expected = (motion.earth_from_segment[2] @ mount.segment_from_sensor).T @ in_earth
        # 1e-5: rounding of positions over the square of the step.
        np.testing.assert_allclose(felt, expected, atol=1e-5)


@settings(deadline=None)
@given(seed=some_seed, side=some_side, moment_s=some_moment)
def test_angular_velocity_is_the_derivative_of_orientation(
    seed: int, side: Side, moment_s: float
) -> None:
    time_s = moment_s + STENCIL_S
    for placement, motion in segments(leg_at(seed, side, time_s)):
        mount = draw_mount(placement, np.random.default_rng(seed))
        turned = motion.earth_from_segment @ mount.segment_from_sensor
        spin = turned[2].T @ np.einsum("k,kij->ij", FIRST, turned)
        felt = sense(time_s, motion, mount).gyr_radps[2]
        # 1e-8: rounding of the orientation over the step.
        np.testing.assert_allclose(felt, [spin[2, 1], spin[0, 2], spin[1, 0]], atol=1e-8)
        angular = np.einsum("k,ki->i", FIRST, motion.rate_radps)
        np.testing.assert_allclose(motion.acceleration_radps2[2], angular, atol=1e-6)


@pytest.mark.parametrize("placement", [Placement.SHANK, Placement.FOOT])
def test_angular_velocity_integrates_to_the_orientation(placement: Placement) -> None:
    time_s = np.arange(4000) / 1000.0
    motion = dict(segments(leg_at(7, Side.RIGHT, time_s)))[placement]
    mount = draw_mount(placement, np.random.default_rng(7))
    gyr = sense(time_s, motion, mount).gyr_radps
    turned = Rotation.from_matrix(motion.earth_from_segment @ mount.segment_from_sensor)
    now = turned[0]
    for step in 0.5 * (gyr[1:] + gyr[:-1]) / 1000.0:
        now = now * Rotation.from_rotvec(step)
    # 1e-4 rad: steps of 1 ms taken as turns about one axis each.
    assert (turned[-1].inv() * now).magnitude() < 1e-4


@settings(deadline=None)
@given(seed=some_seed, side=some_side)
def test_both_sensors_agree_on_place_and_force_of_the_ankle(seed: int, side: Side) -> None:
    time_s = np.linspace(0.5, 3.5, 50)
    random = np.random.default_rng(seed)
    places, forces = [], []
    for placement, motion in segments(leg_at(seed, side, time_s)):
        mount = draw_mount(placement, random)
        felt = sense(time_s, motion, mount)
        turned = motion.earth_from_segment @ mount.segment_from_sensor
        places.append(position_m(motion, mount) + turned @ mount.ankle_m)
        alpha = np.einsum("nji,nj->ni", turned, motion.acceleration_radps2)
        lever, rate = np.broadcast_to(mount.ankle_m, alpha.shape), felt.gyr_radps
        at_ankle = felt.acc_mps2 + np.cross(alpha, lever) + np.cross(rate, np.cross(rate, lever))
        forces.append(np.einsum("nij,nj->ni", turned, at_ankle))
    np.testing.assert_allclose(places[0], places[1], atol=1e-12)
    np.testing.assert_allclose(forces[0], forces[1], atol=1e-9)


@settings(deadline=None)
@given(seed=some_seed)
def test_a_left_leg_is_the_mirror_image_of_a_right_one(seed: int) -> None:
    columns = anything(seed)
    # The way through the room and its heading belong to the person, not to the leg.
    columns[:, [Column.HEADING, Column.RIGHT]] = 0.0
    time_s = np.linspace(0.0, DURATION_S, 40)
    left, right = (move_leg(columns, side, TILTED, time_s) for side in (Side.LEFT, Side.RIGHT))
    mirror = np.diag([1.0, 1.0, -1.0])
    for one, other in zip(segments(left), segments(right), strict=True):
        reflected = mirror @ other[1].earth_from_segment @ mirror
        np.testing.assert_allclose(one[1].earth_from_segment, reflected, atol=1e-12)
    np.testing.assert_allclose(
        ankle_angles(left, Side.LEFT), ankle_angles(right, Side.RIGHT), atol=1e-12
    )


def test_angles_are_those_the_joint_was_given() -> None:
    columns = anything(3)
    columns[:, Column.PUMP] = 0.0
    time_s = np.arange(1, 3 * round(GRID_HZ)) / GRID_HZ
    leg = move_leg(columns, Side.RIGHT, TILTED, time_s)
    joint = Rotation.from_matrix(
        np.swapaxes(leg.shank.earth_from_segment, 1, 2) @ leg.foot.earth_from_segment
    )
    # An independent reading of the same convention: intrinsic z, x, y.
    expected = joint.as_euler("ZXY")
    np.testing.assert_allclose(
        np.stack(ankle_angles(leg, Side.RIGHT), 1), expected[:, :2], atol=1e-12
    )
    asked = columns[1 : time_s.size + 1, [Column.DORSIFLEXION, Column.INVERSION]]
    # 0.005 rad: the smoothing takes half of (8 ms)^2 times the angular acceleration.
    np.testing.assert_allclose(expected[:, :2], asked, atol=5e-3)


def test_dorsiflexion_lifts_the_toes_and_inversion_turns_the_sole_inwards() -> None:
    def foot_axes(column: Column, side: Side) -> np.ndarray:
        columns = np.zeros((100, len(Column)))
        columns[:, column] = 0.3
        return move_leg(columns, side, TILTED, np.array([0.25])).foot.earth_from_segment[0]

    for side in (Side.LEFT, Side.RIGHT):
        assert foot_axes(Column.DORSIFLEXION, side)[1, 0] == pytest.approx(np.sin(0.3))
        sole = -foot_axes(Column.INVERSION, side)[:, 1]
        inwards = -1.0 if side == Side.RIGHT else 1.0
        assert sole[2] * inwards == pytest.approx(np.sin(0.3))
