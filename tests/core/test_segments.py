"""The filter: against its dense form, in any room, at any rate, and against known geometry."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sensor_screen.core.segments import (
    SegmentParams,
    SegmentSamples,
    SegmentStart,
    advance,
    extra_noise,
    filter_segments,
    make_tape,
    prepare_samples,
    start_state,
    tune,
)
from sensor_screen.core.smoothing import smooth_segments
from sensor_screen.model import SampleFlag, Side
from sensor_screen.simulation import simulate
from tests.core.simulated_legs import (
    FLAWLESS,
    PUMPS_AND_STAIRS,
    received,
    rmse_deg,
    simulated_leg,
    turned_deg,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sensor_screen.core.segments import SegmentMotion
    from sensor_screen.model import Floats
    from tests.core.conftest import Twice
    from tests.core.simulated_legs import SimulatedLeg

PARAMS = SegmentParams()


def relative(rotations: Floats) -> Floats:
    """(n, 3, 3) shank_from_foot of (n, 2, 3, 3)."""
    found: Floats = np.matmul(rotations[:, 0].transpose(0, 2, 1), rotations[:, 1])
    return found


def flexion_rad(motion: SegmentMotion) -> Floats:
    """(n,) twist about the axis against neutral; enough where the leg is a hinge."""
    turned = np.matmul(motion.relative, motion.neutral.transpose(0, 2, 1))
    vector = Rotation.from_matrix(turned).as_rotvec()
    angle: Floats = np.einsum("ni,ni->n", vector, motion.axis)
    return angle


def test_orientations_agree_with_the_dense_form_at_every_sample(twice: Twice) -> None:
    known = twice.known
    motion = filter_segments(known.samples, known.start, twice.clone_at)
    rotations = np.array(twice.dense.rotations)
    # Both do the same arithmetic but for rows kept in single precision: 1e-6 deg was seen.
    assert turned_deg(relative(rotations), motion.relative).max() < 1e-4
    np.testing.assert_allclose(motion.up, rotations[:, :, 2], atol=1e-6)
    assert turned_deg(twice.dense.neutral, motion.neutral[-1]) < 1e-4


def test_variance_and_hinge_share_agree_with_the_dense_form(twice: Twice) -> None:
    known = twice.known
    motion = filter_segments(known.samples, known.start, twice.clone_at)
    ends = twice.dense.ends
    np.testing.assert_allclose(motion.variance_rad2[ends], twice.dense.flexion_variances, rtol=1e-5)
    np.testing.assert_allclose(motion.hinge_share, twice.dense.shares, atol=1e-6)


def test_all_that_is_learnt_agrees_with_the_dense_form(twice: Twice) -> None:
    known, dense = twice.known, twice.dense
    motion = filter_segments(known.samples, known.start, twice.clone_at)
    np.testing.assert_allclose(motion.gyr_bias_radps, dense.gyr_bias, atol=1e-7)
    np.testing.assert_allclose(motion.acc_bias_mps2, dense.acc_bias, atol=1e-5)
    np.testing.assert_allclose(motion.lever_m, dense.lever, atol=1e-6)
    np.testing.assert_allclose(motion.axis[-1], dense.axis[0], atol=1e-6)
    np.testing.assert_allclose(motion.foot_axis, dense.axis[1], atol=1e-6)
    # Something was learnt at all, or agreement would be cheap.
    assert np.abs(motion.lever_m).max() > 0.05


@pytest.mark.parametrize("heading_rad", [0.7, 2.5])
def test_turning_the_room_changes_nothing(
    legs: Mapping[str, SimulatedLeg], heading_rad: float
) -> None:
    known = legs["stairs"]
    room = Rotation.from_euler("z", heading_rad).as_matrix()
    found = []
    for turn in (np.eye(3), room):
        state = start_state(known.start, PARAMS)
        state.rotation[:] = turn @ state.rotation
        state.position[:] = turn @ state.position
        tuning, tape = tune(known.samples, PARAMS), make_tape(1)
        found.append(advance(state, known.samples, slice(None), known.stand.stop - 1, tuning, tape))
    one, other = found
    # Measurement rows are rounded to single precision in the room's axes.
    assert turned_deg(relative(one.rotation), relative(other.rotation)).max() < 1e-4
    np.testing.assert_allclose(one.live[:, :6], other.live[:, :6], rtol=1e-4, atol=1e-7)
    # Only the misfit is a mean over the axes of the room.
    np.testing.assert_allclose(one.live[:, 6], other.live[:, 6], rtol=0.05)
    assert turned_deg(room @ one.rotation, other.rotation).max() < 1e-3


def test_a_perfect_leg_with_known_axes_is_followed_closely() -> None:
    known = simulated_leg(PUMPS_AND_STAIRS, seed=2, imperfections=FLAWLESS)
    exact = replace(PARAMS, axis_start_sigma_rad=0.01)
    live = filter_segments(known.samples, known.start, known.stand.stop - 1, exact)
    smoothed = smooth_segments(known.samples, known.start, known.stand, exact)
    # What is left: sway in the stand is part of the zero, and rates are taken as linear between
    # samples.
    assert rmse_deg(flexion_rad(live), known.dorsiflexion_rad) < 0.3
    assert rmse_deg(flexion_rad(smoothed), known.dorsiflexion_rad) < 0.2


def test_the_lever_arms_of_a_perfect_leg_are_found() -> None:
    known = simulated_leg(PUMPS_AND_STAIRS, seed=2, imperfections=FLAWLESS)
    motion = filter_segments(known.samples, known.start, known.stand.stop - 1)
    wanted = np.stack([known.truth.shank_lever_m, known.truth.foot_lever_m])
    axes = known.start.axis
    # Along the axis of a hinge nothing tells where the joint centre is.
    across = [np.eye(3) - np.outer(axis, axis) for axis in axes]
    off = [turn @ (motion.lever_m[s] - wanted[s]) for s, turn in enumerate(across)]
    assert np.linalg.norm(off, axis=1).max() < 0.005


@pytest.mark.parametrize("segment", [0, 1])
def test_a_wrong_accelerometer_hardly_moves_the_angle(segment: int) -> None:
    known = simulated_leg(PUMPS_AND_STAIRS, seed=3, imperfections=FLAWLESS)
    bias = np.zeros((2, 3))
    bias[segment] = [0.3, -0.2, 0.3]
    worn = replace(known.samples, acc_mps2=known.samples.acc_mps2 + bias)
    motion = smooth_segments(worn, known.start, known.stand)
    # 0.47 m/s2 tilt a plain accelerometer by up to 2.7 deg; less than a fifth of it may stay.
    assert rmse_deg(flexion_rad(motion), known.dorsiflexion_rad) < 0.5
    learnt = np.linalg.norm(motion.acc_bias_mps2 - bias, axis=1)
    assert learnt[segment] < 0.75 * np.linalg.norm(bias[segment])


def test_the_rate_of_the_samples_hardly_matters() -> None:
    angles = []
    for rate_hz in (50.0, 100.0, 200.0):
        known = received(simulate(PUMPS_AND_STAIRS, seed=4, rate_hz=rate_hz, sides=(Side.RIGHT,)))
        motion = smooth_segments(known.samples, known.start, known.stand)
        step = round(rate_hz / 50.0)
        angles.append(flexion_rad(motion)[::step][:2000])
    # Stairs turn the foot by up to 7 deg between two samples at 50 Hz.
    assert rmse_deg(angles[0], angles[1]) < 0.3
    assert rmse_deg(angles[1], angles[2]) < 0.1


def test_means_over_the_past_interval_are_taken_as_such() -> None:
    fine = received(simulate(PUMPS_AND_STAIRS, seed=4, rate_hz=200.0, sides=(Side.RIGHT,)))
    samples = fine.samples
    gyr = samples.gyr_radps
    past = gyr.copy()
    past[2:] = 0.25 * gyr[:-2] + 0.5 * gyr[1:-1] + 0.25 * gyr[2:]
    thinned = [
        np.ascontiguousarray(values[::2])
        for values in (samples.acc_mps2, past, samples.extra_noise)
    ]
    coarse = SegmentSamples(100.0, thinned[0], thinned[1], thinned[2], interval_mean=True)
    stand = slice(0, fine.stand.stop // 2)
    truth = fine.dorsiflexion_rad[::2]
    meant = flexion_rad(smooth_segments(coarse, fine.start, stand))
    instant = replace(coarse, interval_mean=False)
    mistaken = flexion_rad(smooth_segments(instant, fine.start, stand))
    # Taken as instants they come half a sample late: 5 ms at up to 360 deg/s.
    assert rmse_deg(meant, truth) < 0.3
    assert rmse_deg(meant, truth) < 0.7 * rmse_deg(mistaken, truth)


def test_noise_of_a_flag_counts_for_the_steps_before_and_after_the_sample() -> None:
    flags = np.zeros((5, 2), dtype=np.uint8)
    flags[2, 0] = SampleFlag.MISSING
    flags[2, 1] = SampleFlag.CLIPPED | SampleFlag.HELD
    noise = extra_noise(flags, np.zeros(2, dtype=np.uint8), PARAMS)
    none = [0.0, 0.0]
    missing = [PARAMS.missing_acc_mps2, PARAMS.missing_gyr_radps]
    clipped_and_held = [PARAMS.clipped_acc_mps2, PARAMS.filled_gyr_radps]
    assert noise[:, 0].tolist() == [none, none, missing, missing, none]
    assert noise[:, 1].tolist() == [none, none, clipped_and_held, clipped_and_held, none]


def test_a_flag_of_the_sample_before_a_block_is_not_forgotten() -> None:
    flags = np.zeros((2, 2), dtype=np.uint8)
    noise = extra_noise(flags, np.array([0, SampleFlag.MISSING], dtype=np.uint8), PARAMS)
    assert noise[0, 1].tolist() == [PARAMS.missing_acc_mps2, PARAMS.missing_gyr_radps]
    assert not noise[1].any()
    assert not noise[0, 0].any()


def test_one_sensor_is_not_enough(legs: Mapping[str, SimulatedLeg]) -> None:
    with pytest.raises(ValueError, match="both sensors"):
        prepare_samples(replace(legs["stairs"].leg, foot=None))


def test_the_first_headings_make_the_axes_agree(legs: Mapping[str, SimulatedLeg]) -> None:
    start: SegmentStart = legs["walk"].start
    state = start_state(start, PARAMS)
    up = np.einsum("sij,sj->si", state.rotation, start.up)
    np.testing.assert_allclose(up, [[0, 0, 1], [0, 0, 1]], atol=1e-12)
    axes = np.einsum("sij,sj->si", state.rotation, start.axis)
    np.testing.assert_allclose(axes[:, 1], 0.0, atol=1e-12)
    assert (axes[:, 0] > 0).all()
