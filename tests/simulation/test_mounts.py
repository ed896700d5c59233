"""Sensors on a leg: at rest they read up, on soft tissue they stay what physics allows."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sensor_screen.model import Placement, Side, Task
from sensor_screen.simulation import HARSH, HEALTHY, IDEAL, Scenario, Step
from sensor_screen.simulation.curves import GRID_HZ, bump
from sensor_screen.simulation.legs import move_leg
from sensor_screen.simulation.mounts import Mount, draw_mount, sense
from sensor_screen.simulation.pieces import Column
from sensor_screen.simulation.scenarios import perform
from sensor_screen.units import STANDARD_GRAVITY_MPS2

PLAIN = Mount(Placement.FOOT, np.eye(3), np.array([0.1, 0.0, 0.0]))
FINE_S = np.arange(3000) / 1000.0


def leg(**columns: np.ndarray) -> np.ndarray:
    """Coordinates of a leg of which only the named coordinates move, over 3 s."""
    values = np.zeros((round(3 * GRID_HZ), len(Column)))
    for name, column in columns.items():
        values[:, Column[name.upper()]] = column
    return values


def shoved() -> np.ndarray:
    """A foot that is pushed forward by half a metre and back, within 0.6 s."""
    at_s = np.arange(round(3 * GRID_HZ)) / GRID_HZ
    return leg(forward=0.5 * bump((at_s - 1.0) / 0.6))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("placement", [Placement.SHANK, Placement.FOOT])
def test_a_still_sensor_reads_one_g_upwards_and_no_rotation(
    placement: Placement, seed: int
) -> None:
    mount = draw_mount(placement, np.random.default_rng(seed))
    motion = move_leg(leg(), Side.RIGHT, np.array([0.0, 0.0, 1.0]), FINE_S).shank
    felt = sense(FINE_S, motion, mount)
    up = mount.segment_from_sensor[1]
    np.testing.assert_allclose(felt.acc_mps2, np.tile(up * STANDARD_GRAVITY_MPS2, (3000, 1)))
    assert not felt.gyr_radps.any()


def test_mountings_point_anywhere_and_sit_where_straps_do() -> None:
    random = np.random.default_rng(0)
    shanks = [draw_mount(Placement.SHANK, random) for _ in range(200)]
    heights_m = [mount.position_m[1] for mount in shanks]
    assert 0.10 <= min(heights_m) < 0.12
    assert 0.23 < max(heights_m) <= 0.25
    axes = np.array([mount.flexion_axis for mount in shanks])
    np.testing.assert_allclose(np.linalg.norm(axes, axis=1), 1.0)
    # No direction is preferred: the mean of 200 unit vectors is within 0.2 of zero (3 sigma).
    assert np.linalg.norm(axes.mean(axis=0)) < 0.2


def test_soft_tissue_moves_by_millimetres_and_comes_to_rest() -> None:
    motion = move_leg(shoved(), Side.RIGHT, np.array([0.0, 0.0, 1.0]), FINE_S).foot
    flaws = replace(IDEAL, wobble_hz=10.0)
    extra = sense(FINE_S, motion, PLAIN, (), flaws).acc_mps2 - sense(FINE_S, motion, PLAIN).acc_mps2
    turned = sense(FINE_S, motion, PLAIN, (), flaws).gyr_radps
    # 30 m/s2 at 10 Hz are 8 mm, or 3 deg with 7 rad/m; resonance may double it.
    tilt_rad = np.cumsum(turned[:, 2]) / 1000.0
    assert np.radians(0.5) < np.abs(tilt_rad).max() < np.radians(6.0)
    assert abs(tilt_rad[-1]) < 1e-4
    assert np.abs(extra[-500:]).max() < 1e-3
    # The spline through the movement answers ten grid steps ahead, by less than a billionth.
    assert np.abs(extra[:900]).max() < 1e-9


def test_a_wobbling_gyroscope_still_integrates_to_where_the_sensor_points() -> None:
    motion = move_leg(shoved(), Side.RIGHT, np.array([0.0, 0.0, 1.0]), FINE_S).foot
    felt = sense(FINE_S, motion, PLAIN, ((1.2, 1.0),), HARSH)
    now = Rotation.identity()
    for step in 0.5 * (felt.gyr_radps[1:] + felt.gyr_radps[:-1]) / 1000.0:
        now = now * Rotation.from_rotvec(step)
    # It ends where it began: the foot only slides. 0.1 deg: the tilt's rate is a first-order one.
    assert now.magnitude() < np.radians(0.1)


def test_an_impact_rings_at_its_frequency_and_gives_no_speed() -> None:
    motion = move_leg(leg(), Side.RIGHT, np.array([0.0, 0.0, 1.0]), FINE_S)
    flaws = replace(IDEAL, shock_mps2=100.0)
    foot = sense(FINE_S, motion.foot, PLAIN, ((1.0, 1.0),), flaws)
    ringing = foot.acc_mps2[:, 1] - STANDARD_GRAVITY_MPS2
    assert 30.0 < np.abs(ringing).max() < 200.0
    assert not ringing[:1000].any()
    spectrum = np.abs(np.fft.rfft(ringing[1015:]))
    peak_hz = np.fft.rfftfreq(ringing[1015:].size, 1e-3)[spectrum.argmax()]
    # Damping lowers the frequency by half a percent; the bin is 0.5 Hz wide.
    assert peak_hz == pytest.approx(45.0, abs=2.0)
    assert abs(ringing.sum() / 1000.0) < 1e-3
    shank = Mount(Placement.SHANK, np.eye(3), np.array([0.0, 0.2, 0.0]))
    softer = sense(FINE_S, motion.shank, shank, ((1.0, 1.0),), flaws).acc_mps2[:, 1]
    np.testing.assert_allclose(softer - STANDARD_GRAVITY_MPS2, 0.4 * ringing, atol=1e-9)


def test_dead_reckoning_on_soft_tissue_ends_where_the_kick_ends() -> None:
    """Both sensors are inertial navigators: nothing may be missing from force or rotation."""
    scenario = Scenario("kick", "one kick", (Step(Task.STAND, 1.0), Step(Task.KICK, 1)))
    still = replace(HEALTHY, stand_sway_rad=0.0)
    movement = perform(scenario, still, (Side.RIGHT,), HARSH, 0)[Side.RIGHT]
    time_s = np.arange(round(len(movement.columns) / GRID_HZ * 1000)) / 1000.0
    motion = move_leg(movement.columns, Side.RIGHT, np.array([0.0, 0.0, 1.0]), time_s)
    for placement, segment in ((Placement.SHANK, motion.shank), (Placement.FOOT, motion.foot)):
        mount = draw_mount(placement, np.random.default_rng(0))
        felt = sense(time_s, segment, mount, movement.impacts, HARSH)
        turned = [Rotation.from_matrix(segment.earth_from_segment[0] @ mount.segment_from_sensor)]
        for step in 0.5 * (felt.gyr_radps[1:] + felt.gyr_radps[:-1]) / 1000.0:
            turned.append(turned[-1] * Rotation.from_rotvec(step))
        force = np.array([r.apply(f) for r, f in zip(turned, felt.acc_mps2, strict=True)])
        speed_mps = np.cumsum(force - [0.0, STANDARD_GRAVITY_MPS2, 0.0], axis=0) / 1000.0
        # 2 cm/s and 2 cm after 4 s of up to 200 m/s2: steps of 1 ms. The way is 1.5 m.
        assert np.linalg.norm(speed_mps[-1]) < 0.02
        way_m = speed_mps.sum(axis=0) / 1000.0
        np.testing.assert_allclose(way_m, segment.ankle_m[-1] - segment.ankle_m[0], atol=0.02)
