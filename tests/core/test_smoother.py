"""The smoother: against Rauch, Tung and Striebel, cut into windows, on very short recordings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from sensor_screen.core.segments import SegmentParams, filter_segments
from sensor_screen.core.smoothing import mean_rotation, smooth_segments
from tests.core.dense_estimator import smooth_densely
from tests.core.simulated_legs import SimulatedLeg, turned_deg
from tests.core.test_segments import relative

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.core.conftest import Twice

PARAMS = SegmentParams()


def test_it_agrees_with_rauch_tung_and_striebel(twice: Twice) -> None:
    known = twice.known
    motion = smooth_segments(known.samples, known.start, known.stand)
    rotation, variance = smooth_densely(twice.dense)
    ends = twice.dense.ends
    # The two forms are equal on paper; 2e-7 deg was seen, from rows in single precision.
    assert turned_deg(relative(rotation), motion.relative[ends]).max() < 1e-4
    np.testing.assert_allclose(motion.up[ends], rotation[:, :, 2], atol=1e-6)
    after = slice(np.searchsorted(ends, twice.clone_at) + 1, None)
    np.testing.assert_allclose(motion.variance_rad2[ends[after]], variance[after], rtol=1e-4)


def test_before_its_clone_the_neutral_pose_is_as_sure_as_just_after_it(twice: Twice) -> None:
    known = twice.known
    for stop in range(twice.clone_at - 2, twice.clone_at + 3):
        motion = smooth_segments(known.samples, known.start, slice(0, stop))
        stand = motion.variance_rad2[: stop + 1]
        assert (stand == stand[0]).all()
        # A tenth of a degree; without the clone the tilt would be unsure by half a degree.
        assert np.degrees(np.sqrt(stand[0])) < 0.1


@pytest.mark.parametrize("window_s", [5.0, 7.3, 1e4])
def test_the_length_of_the_windows_changes_nothing(twice: Twice, window_s: float) -> None:
    known = twice.known
    whole = smooth_segments(known.samples, known.start, known.stand)
    cut = smooth_segments(
        known.samples, known.start, known.stand, replace(PARAMS, window_s=window_s)
    )
    assert turned_deg(whole.relative, cut.relative).max() < 1e-6
    np.testing.assert_allclose(whole.variance_rad2, cut.variance_rad2, rtol=1e-9)
    np.testing.assert_allclose(whole.up, cut.up, atol=1e-8)  # rows kept as float32
    np.testing.assert_array_equal(whole.hinge_share, cut.hinge_share)
    np.testing.assert_allclose(whole.misfit_m, cut.misfit_m, rtol=1e-12)


def test_knowing_the_future_never_makes_it_less_sure(twice: Twice) -> None:
    known = twice.known
    live = filter_segments(known.samples, known.start, twice.clone_at)
    smoothed = smooth_segments(known.samples, known.start, known.stand)
    ends = twice.dense.ends
    ends = ends[ends > twice.clone_at]
    assert (smoothed.variance_rad2[ends] <= live.variance_rad2[ends] * (1 + 1e-9)).all()
    assert np.median(smoothed.variance_rad2[ends] / live.variance_rad2[ends]) < 0.5


def test_between_updates_it_moves_as_the_gyroscopes_say(twice: Twice) -> None:
    known = twice.known
    motion = smooth_segments(known.samples, known.start, known.stand)
    rate = known.samples.gyr_radps - motion.gyr_bias_radps
    turn = 0.5 * (rate[1:] + rate[:-1]) / known.leg.rate_hz
    shank, foot = (Rotation.from_rotvec(turn[:, s]) for s in range(2))
    relative_now = Rotation.from_matrix(motion.relative)
    jump = ((shank.inv() * relative_now[:-1] * foot).inv() * relative_now[1:]).magnitude()
    sure = motion.variance_rad2 < np.radians(4.0) ** 2  # not where a lost sensor begins anew
    # The filter jumps by up to 0.8 deg at its updates; smoothed, 0.02 deg a sample were seen.
    assert np.degrees(jump[sure[1:] & sure[:-1]].max()) < 0.05
    by_place = np.median(jump[: len(jump) // 4 * 4].reshape(-1, 4), axis=0)
    assert by_place.max() < 1.1 * by_place.min()


def test_the_last_update_has_no_future(twice: Twice) -> None:
    known = twice.known
    live = filter_segments(known.samples, known.start, twice.clone_at)
    smoothed = smooth_segments(known.samples, known.start, known.stand)
    last = twice.dense.blocks[-1].sample
    assert turned_deg(live.relative[last], smoothed.relative[last]) < 1e-9
    assert smoothed.variance_rad2[last] == pytest.approx(live.variance_rad2[last], rel=1e-9)


@settings(deadline=None, max_examples=30)
@given(
    count=st.integers(1, 60), stand=st.integers(1, 60), window=st.sampled_from([0.04, 0.2, 60.0])
)
def test_short_recordings_have_an_answer_for_every_sample(
    legs: Mapping[str, SimulatedLeg], count: int, stand: int, window: float
) -> None:
    known = legs["stairs"]
    motion = smooth_segments(
        known.samples.part(slice(0, count)),
        known.start,
        slice(0, min(stand, count)),
        replace(PARAMS, window_s=window),
    )
    assert motion.relative.shape == (count, 3, 3)
    for values in (motion.relative, motion.up, motion.variance_rad2, motion.misfit_m):
        assert np.isfinite(values).all()
    np.testing.assert_allclose(np.linalg.det(motion.relative), 1.0, atol=1e-9)


@given(
    centre=st.tuples(*[st.floats(-3.0, 3.0)] * 3),
    off=st.tuples(*[st.floats(-0.5, 0.5)] * 3),
)
def test_the_mean_of_two_rotations_lies_half_way(
    centre: tuple[float, float, float], off: tuple[float, float, float]
) -> None:
    middle, away = Rotation.from_rotvec(centre), Rotation.from_rotvec(off)
    pair = np.stack([(middle * away).as_matrix(), (middle * away.inv()).as_matrix()])
    np.testing.assert_allclose(mean_rotation(pair), middle.as_matrix(), atol=1e-9)


def test_the_misfit_of_a_recording_does_not_rest_on_what_was_expected(twice: Twice) -> None:
    known = twice.known
    misfits_mm = [
        1000.0
        * smooth_segments(
            known.samples, known.start, known.stand, replace(PARAMS, misfit_start_m=expected_m)
        ).misfit_m
        for expected_m in (0.0, 0.0016, 0.005)
    ]
    # What was expected differs by 5 mm. Long gaps, in which nothing is learnt, leave a little.
    assert np.ptp(misfits_mm) < 0.25
    assert misfits_mm[0][0] > 0.05
