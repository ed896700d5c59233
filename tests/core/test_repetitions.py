"""Repetitions: counts are the counts and peaks are the peaks."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor_screen.core.repetitions import find_repetitions
from sensor_screen.model import AngleTrace, Repetition, Side, Task, TaskInterval
from tests.hand_made import RATE_HZ, hill, hills, trace, whole


def bends_deg(repetitions: tuple[Repetition, ...]) -> list[float]:
    return [float(np.degrees(r.peak_dorsiflexion_rad)) for r in repetitions]


def points_deg(repetitions: tuple[Repetition, ...]) -> list[float]:
    return [float(np.degrees(-r.peak_plantarflexion_rad)) for r in repetitions]


def gait(strides: int, *, bend_deg: float = 12.0, point_deg: float = 25.0) -> AngleTrace:
    """Strides of 1.2 s whose shank swings forward once and whose ankle bends, then points."""
    phase = (0.5 + np.arange(round(strides * 1.2 * RATE_HZ)) / (1.2 * RATE_HZ)) % 1.0
    # Lean falls fast (swing) for a quarter of the cycle and grows slowly for the rest.
    lean = np.interp(phase, [0.0, 0.25, 1.0], [45.0, -20.0, 45.0])
    bend = bend_deg * np.exp(-(((phase - 0.65) / 0.08) ** 2))
    point = point_deg * np.exp(-(((phase - 0.95) / 0.03) ** 2))
    return trace(bend - point, shank_lean_deg=lean)


def kick_trace(
    burst_degps: list[float], point_deg: float = 48.0
) -> tuple[AngleTrace, np.ndarray, list[float]]:
    """Kicks 3 s apart: swing rate bursts of the given height, plantarflexion 40 ms after each."""
    time_s = np.arange(round((3.0 * len(burst_degps) + 1.0) * RATE_HZ)) / RATE_HZ
    at_s = [2.0 + 3.0 * i for i in range(len(burst_degps))]
    swing, angle = np.zeros_like(time_s), np.zeros_like(time_s)
    for at, height in zip(at_s, burst_degps, strict=True):
        swing += height * np.exp(-(((time_s - at) / 0.06) ** 2))
        swing -= 0.4 * height * np.exp(-(((time_s - at + 0.3) / 0.08) ** 2))
        angle -= point_deg * np.exp(-(((time_s - at - 0.04) / 0.05) ** 2))
        # Larger plantarflexion long after the kick, which is not the kick's.
        angle -= (point_deg + 20.0) * np.exp(-(((time_s - at - 0.6) / 0.05) ** 2))
    return trace(angle), np.radians(swing), at_s


@settings(deadline=None)  # the first call imports scipy
@given(peaks=st.lists(st.floats(18.0, 45.0), min_size=1, max_size=6))
def test_squats_are_counted_and_their_peaks_are_exact(peaks: list[float]) -> None:
    angle = trace(hills(peaks))
    found = find_repetitions(angle, whole(angle, Task.SQUAT))
    # 18 of 45 deg is not yet shallow, whatever the others are.
    assert all(r.counted for r in found)
    # The top of each hill is itself a sample: nothing but rounding is lost.
    np.testing.assert_allclose(bends_deg(found), peaks, atol=1e-9)


def test_bounds_are_where_the_angle_leaves_the_stand_and_returns_to_it() -> None:
    angle = trace(hills([30.0]))
    (squat,) = find_repetitions(angle, whole(angle, Task.SQUAT))
    # A raised cosine over 1 s passes 7 % of its height after acos(0.86)/pi = 0.171 s; a sample
    # either way, and one or two more for the bell that the angle is smoothed with.
    assert squat.start_s == pytest.approx(1.171, abs=0.025)
    assert squat.end_s == pytest.approx(2.829, abs=0.025)


def test_a_pause_at_the_bottom_is_one_repetition() -> None:
    curve = np.concatenate([np.zeros(100), hill(35.0, hold_s=3.0), hill(35.0)])
    wobble = 3.0 * np.sin(2 * np.pi * 1.5 * np.arange(300) / RATE_HZ)
    curve[201:501] += wobble
    angle = trace(curve)
    found = find_repetitions(angle, whole(angle, Task.SQUAT))
    assert [r.counted for r in found] == [True, True]


def test_tops_of_exactly_one_height_are_one_repetition() -> None:
    # A hold against an end stop: the same highest value before and after a small dip.
    curve = hills([30.0, 30.0], hold_s=1.0)
    curve[240:260] -= 1.0
    curve[270:280] -= 1.0
    angle = trace(curve)
    assert [r.counted for r in find_repetitions(angle, whole(angle, Task.SQUAT))] == [True, True]


def test_half_a_return_still_separates_two_squats() -> None:
    # Back to 12 deg only: above "neutral", and yet two squats.
    curve = np.maximum(hills([34.0, 34.0, 34.0], rest_s=0.2), 12.0)
    angle = trace(curve)
    assert len(find_repetitions(angle, whole(angle, Task.SQUAT))) == 3


def test_a_shallow_repetition_is_kept_with_its_reason() -> None:
    angle = trace(hills([36.0, 12.0, 36.0, 36.0]))
    found = find_repetitions(angle, whole(angle, Task.SQUAT))
    assert [r.counted for r in found] == [True, False, True, True]
    assert "shallow" in found[1].reason


def test_a_stiff_ankle_still_has_squats() -> None:
    angle = trace(hills([9.0, 9.0, 9.0]))
    found = find_repetitions(angle, whole(angle, Task.SQUAT))
    np.testing.assert_allclose(bends_deg(found), 9.0, atol=1e-9)


@pytest.mark.parametrize("task", [Task.SQUAT, Task.LUNGE, Task.POINT, Task.STAIRS_UP, Task.KICK])
def test_nothing_is_found_in_standing_still(task: Task) -> None:
    sway = 1.5 * np.sin(2 * np.pi * 0.4 * np.arange(1500) / RATE_HZ)
    angle = trace(sway)
    assert find_repetitions(angle, whole(angle, task)) == ()


def test_movement_outside_the_label_is_not_counted_but_may_finish_there() -> None:
    angle = trace(hills([30.0, 30.0, 30.0], rest_s=2.0))
    # The second squat rises from 5 to 6 s; the label ends right after its top.
    (squat,) = find_repetitions(angle, TaskInterval(4.6, 6.1, Task.SQUAT))
    assert squat.counted
    assert squat.end_s > 6.1


@pytest.mark.parametrize("duration_s", [0.5, 16.0])
def test_too_quick_and_too_slow_are_kept_with_their_reason(duration_s: float) -> None:
    angle = trace(hills([30.0], rise_s=duration_s / 2))
    (found,) = find_repetitions(angle, whole(angle, Task.SQUAT))
    assert not found.counted
    assert found.reason.startswith("too ")


def test_a_lunge_is_its_plateau_and_not_a_twitch_on_it() -> None:
    curve = hills([38.0, 40.0], hold_s=2.0)
    curve[300:305] += 8.0
    angle = trace(curve)
    found = find_repetitions(angle, whole(angle, Task.LUNGE))
    np.testing.assert_allclose(bends_deg(found), [38.0, 40.0], atol=1e-9)


def test_a_point_is_found_from_a_relaxed_foot() -> None:
    angle = trace(-(20.0 + hills([35.0, 33.0, 36.0], hold_s=1.0)))
    found = find_repetitions(angle, whole(angle, Task.POINT))
    assert all(r.counted for r in found)
    np.testing.assert_allclose(points_deg(found), [55.0, 53.0, 56.0], atol=1e-9)


@pytest.mark.parametrize("task", [Task.STAIRS_UP, Task.STAIRS_DOWN, Task.WALK])
def test_strides_run_from_swing_to_swing_with_both_peaks(task: Task) -> None:
    angle = gait(8)
    found = find_repetitions(angle, whole(angle, task))
    assert len(found) == 7
    # The end is the last sample before the next mid-swing.
    assert [r.end_s - r.start_s for r in found] == pytest.approx([1.19] * 7, abs=0.011)
    # The hand-drawn peaks fall between samples: 1.2 s x 100 Hz puts a sample within 0.004 cycles.
    np.testing.assert_allclose(bends_deg(found), 12.0, atol=0.1)
    np.testing.assert_allclose(points_deg(found), 25.0, atol=0.3)


def test_a_pause_on_the_stairs_is_no_stride() -> None:
    walk = gait(4)
    rest = np.full(500, walk.dorsiflexion_rad[-1])
    lean = np.degrees(np.concatenate([walk.shank_lean_rad, rest * 0 + walk.shank_lean_rad[-1]]))
    curve = np.degrees(np.concatenate([walk.dorsiflexion_rad, rest]))
    angle = trace(np.tile(curve, 2), shank_lean_deg=np.tile(lean, 2))
    assert len(find_repetitions(angle, whole(angle, Task.STAIRS_UP))) == 6


def test_kicks_are_bursts_and_their_peak_is_near_the_burst() -> None:
    angle, swing_radps, at_s = kick_trace([1500.0, 1700.0, 1600.0])
    found = find_repetitions(angle, whole(angle, Task.KICK), shank_rate_radps=swing_radps)
    assert [r.counted for r in found] == [True] * 3
    assert all(r.start_s < at < r.end_s for r, at in zip(found, at_s, strict=True))
    np.testing.assert_allclose(points_deg(found), 48.0, atol=1e-3)


def test_the_run_up_is_kept_but_is_no_kick() -> None:
    angle, swing_radps, _ = kick_trace([800.0, 1700.0])
    found = find_repetitions(angle, whole(angle, Task.KICK), shank_rate_radps=swing_radps)
    assert [r.counted for r in found] == [False, True]
    assert "run-up" in found[0].reason


def test_the_slope_of_the_lean_stands_in_for_the_gyroscope() -> None:
    angle, swing_radps, _ = kick_trace([1500.0, 1700.0])
    lean_rad = -np.cumsum(swing_radps) / RATE_HZ
    wrapped = np.arctan2(np.sin(lean_rad), np.cos(lean_rad))
    alone = find_repetitions(
        dataclasses.replace(angle, shank_lean_rad=wrapped), whole(angle, Task.KICK)
    )
    given_rate = find_repetitions(angle, whole(angle, Task.KICK), shank_rate_radps=swing_radps)
    assert [r.peak_plantarflexion_rad for r in alone] == [
        r.peak_plantarflexion_rad for r in given_rate
    ]


def test_a_peak_on_invalid_samples_is_kept_and_not_counted() -> None:
    curve = hills([30.0, 30.0, 30.0])
    valid = np.ones(curve.size, dtype=np.bool_)
    valid[498:503] = False  # the top of the second squat is at 5 s
    angle = trace(curve, valid=valid)
    found = find_repetitions(angle, whole(angle, Task.SQUAT))
    assert [r.counted for r in found] == [True, False, True]
    assert "not valid at its peak" in found[1].reason
    np.testing.assert_allclose(bends_deg(found), 30.0, atol=1e-9)


def test_a_peak_hidden_in_a_gap_is_not_counted() -> None:
    curve = hills([30.0, 30.0, 30.0])
    valid = np.ones(curve.size, dtype=np.bool_)
    valid[485:515] = False
    angle = trace(np.where(valid, curve, np.nan), valid=valid)
    found = find_repetitions(angle, whole(angle, Task.SQUAT))
    assert [r.counted for r in found] == [True, False, True]


def test_a_gap_far_from_the_peak_does_no_harm() -> None:
    curve = hills([30.0, 30.0])
    valid = np.ones(curve.size, dtype=np.bool_)
    valid[160:165] = False
    angle = trace(curve, valid=valid)
    assert all(r.counted for r in find_repetitions(angle, whole(angle, Task.SQUAT)))


def test_mostly_lost_is_not_counted() -> None:
    curve = hills([30.0])
    valid = np.ones(curve.size, dtype=np.bool_)
    valid[150:180] = False
    valid[220:260] = False
    angle = trace(curve, valid=valid)
    (found,) = find_repetitions(angle, whole(angle, Task.SQUAT))
    assert not found.counted
    assert "%" in found.reason


def test_no_angle_no_repetition() -> None:
    angle = trace(np.full(1000, np.nan), valid=np.zeros(1000, dtype=np.bool_))
    for task in Task:
        assert find_repetitions(angle, whole(angle, task)) == ()


def test_an_empty_label_is_no_error() -> None:
    angle = trace(hills([30.0]))
    assert find_repetitions(angle, TaskInterval(90.0, 99.0, Task.SQUAT)) == ()
    assert find_repetitions(angle, TaskInterval(1.0, 1.0, Task.WALK)) == ()


@pytest.mark.parametrize("task", list(Task))
def test_left_and_right_are_alike(task: Task) -> None:
    left = gait(6)
    right = dataclasses.replace(left, side=Side.RIGHT)
    mirrored = tuple(
        dataclasses.replace(r, side=Side.RIGHT) for r in find_repetitions(left, whole(left, task))
    )
    assert find_repetitions(right, whole(right, task)) == mirrored


@settings(deadline=None)
@given(offset_deg=st.floats(-5.0, 5.0))
def test_a_wrong_zero_changes_neither_count_nor_excursion(offset_deg: float) -> None:
    curve = hills([30.0, 36.0, 33.0])
    right, wrong = trace(curve), trace(curve + offset_deg)
    found = find_repetitions(wrong, whole(wrong, Task.SQUAT))
    assert len(found) == len(find_repetitions(right, whole(right, Task.SQUAT)))
    np.testing.assert_allclose(bends_deg(found), np.array([30.0, 36.0, 33.0]) + offset_deg)


def test_sigma_is_that_of_the_peak() -> None:
    angle = trace(hills([30.0]))
    sigma = np.linspace(0.01, 0.05, angle.time_s.size)
    (found,) = find_repetitions(
        dataclasses.replace(angle, sigma_rad=sigma), whole(angle, Task.SQUAT)
    )
    assert found.peak_dorsiflexion_sigma_rad == sigma[200]
