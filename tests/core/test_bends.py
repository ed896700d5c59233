"""Bends: one hill is one repetition, however it is paused, and wherever its zero is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor_screen.core.bends import find_bends
from sensor_screen.core.repetitions import find_repetitions
from sensor_screen.model import RepetitionMark, Task, TaskInterval
from sensor_screen.simulation.curves import grid_s, strokes
from tests.hand_made import RATE_HZ, hill, hills, trace, whole

if TYPE_CHECKING:
    from sensor_screen.core.bends import Bend
    from sensor_screen.model import Floats


def keyed(*steps: tuple[float, float]) -> Floats:
    """Strokes of minimum jerk: (duration in seconds, angle to go to in degrees), from a stand."""
    times_s, angles = [0.0, 1.0], [0.0, 0.0]
    for duration_s, angle_deg in steps:
        times_s.append(times_s[-1] + duration_s)
        angles.append(angle_deg)
    curve: Floats = strokes(times_s, angles, grid_s(times_s[-1] + 1.0)[::2])
    return curve


def bends(curve_deg: Floats) -> list[Bend]:
    return find_bends(np.radians(curve_deg), slice(0, curve_deg.size), RATE_HZ)


def counted(curve_deg: Floats) -> int:
    return sum(not bend.reason for bend in bends(curve_deg))


@settings(deadline=None, max_examples=40)
@given(
    pause_s=st.floats(0.5, 5.0),
    height=st.floats(0.3, 0.7),
    way=st.sampled_from(["bottom", "down", "up"]),
)
def test_a_pause_anywhere_is_one_repetition(pause_s: float, height: float, way: str) -> None:
    held = {
        "bottom": [(1.0, 32.0), (pause_s, 32.0), (1.0, 0.0)],
        "down": [(0.6, 32.0 * height), (pause_s, 32.0 * height), (0.6, 32.0), (1.0, 0.0)],
        "up": [(1.0, 32.0), (0.6, 32.0 * height), (pause_s, 32.0 * height), (0.6, 0.0)],
    }[way]
    curve = keyed((1.0, 32.0), (1.0, 0.0), (1.0, 0.0), *held, (1.0, 0.0), (1.0, 32.0), (1.0, 0.0))
    assert [bend.reason for bend in bends(curve)] == [""] * 3


def test_bounds_include_a_pause_half_way() -> None:
    curve = keyed((0.6, 15.0), (3.0, 15.0), (0.6, 32.0), (1.0, 0.0))
    (bend,) = bends(curve)
    # The stroke begins at 1.0 s and passes 7 % of 32 deg (15 % of its 15) after 0.30 of its 0.6 s.
    assert bend.start / RATE_HZ == pytest.approx(1.18, abs=0.04)
    assert RepetitionMark.PAUSED in bend.quality
    assert "one repetition" in bend.notes[bend.quality.index(RepetitionMark.PAUSED)]


def test_a_phone_call_at_the_bottom_is_one_squat() -> None:
    curve = keyed((1.0, 32.0), (40.0, 32.0), (1.0, 0.0), (1.0, 0.0), (1.0, 32.0), (1.0, 0.0))
    wobble = np.sin(2 * np.pi * 0.3 * np.arange(curve.size) / RATE_HZ)
    held = slice(round(2.5 * RATE_HZ), round(41.0 * RATE_HZ))
    curve[held] += 2.5 * wobble[held]
    assert counted(curve) == 2


def test_a_wobble_of_a_third_of_the_depth_is_one_squat() -> None:
    curve = keyed((1.0, 32.0), (0.5, 22.0), (0.5, 31.0), (0.5, 22.0), (0.5, 32.0), (1.0, 0.0))
    assert counted(curve) == 1


@pytest.mark.parametrize("way_s", [0.5, 1.0, 4.0])
def test_any_tempo(way_s: float) -> None:
    curve = keyed(*[(way_s, 32.0), (way_s, 0.0)] * 8)
    assert counted(curve) == 8


def test_half_repetitions_are_counted_and_marked() -> None:
    found = bends(hills([34.0, 17.0, 34.0, 34.0]))
    assert [bend.reason for bend in found] == [""] * 4
    assert [RepetitionMark.HALF in bend.quality for bend in found] == [False, True, False, False]


@settings(deadline=None, max_examples=25)
@given(zero_deg=st.floats(-60.0, 60.0), drift_degps=st.floats(-0.15, 0.15))
def test_neither_zero_nor_drift_matters(zero_deg: float, drift_degps: float) -> None:
    curve = hills([32.0, 28.0, 35.0, 30.0])
    exact = bends(curve)
    drifting = bends(curve + zero_deg + drift_degps * np.arange(curve.size) / RATE_HZ)
    assert len(drifting) == len(exact)
    for one, other in zip(exact, drifting, strict=True):
        assert not other.reason
        # 0.15 deg/s moves the 7 % edge of 30 deg by less than 0.1 s.
        assert abs(one.start - other.start) <= 0.1 * RATE_HZ
        assert abs(one.end - other.end) <= 0.1 * RATE_HZ


@pytest.mark.parametrize("cut_s", [2.0, 8.0])
def test_what_the_recording_cuts_off_is_kept_and_not_counted(cut_s: float) -> None:
    curve = hills([32.0, 32.0, 32.0])
    at = round(cut_s * RATE_HZ)
    part = curve[at:] if cut_s < 5.0 else curve[:at]
    found = bends(part)
    assert sum(not bend.reason for bend in found) == 2
    (cut,) = [bend for bend in found if bend.reason]
    assert "cut off" in cut.reason
    assert cut.quality == (RepetitionMark.CUT_OFF,)
    assert "recording" in cut.notes[0]


def test_sitting_down_and_a_step_are_no_squats() -> None:
    sit = [(0.8, 18.0), (0.6, -12.0), (6.0, -12.0), (0.6, 18.0), (0.8, 0.0), (1.0, 0.0)]
    step = [(0.3, 40.0), (0.3, -12.0), (0.2, 0.0), (1.0, 0.0)]
    squat = [(1.0, 32.0), (1.0, 0.0), (1.0, 0.0)]
    found = bends(keyed(*squat, *squat, *sit, *squat, *step, *squat))
    assert sum(not bend.reason for bend in found) == 4
    assert all(bend.reason for bend in found if bend.depth_rad < np.radians(25.0))


def test_squats_end_where_another_posture_begins() -> None:
    step = [(0.3, 40.0), (0.3, -12.0), (0.2, 0.0), (0.8, 0.0)]
    curve = keyed(*step, (1.0, 32.0), (1.0, 0.0), (1.0, 0.0))
    squat = [bend for bend in bends(curve) if not bend.reason]
    # It begins at 2.6 s; 7 % are passed after 0.2 of the second that it takes.
    assert [round(bend.start / RATE_HZ, 1) for bend in squat] == [2.8]


def test_a_label_with_nothing_in_it_has_no_repetition() -> None:
    angle = trace(hills([30.0, 30.0]))
    assert find_repetitions(angle, TaskInterval(0.0, 0.5, Task.SQUAT)) == ()


def test_a_heel_that_comes_up_is_marked() -> None:
    lean = hills([30.0, 30.0])
    bend = lean.copy()
    bend[400:] = np.minimum(lean[400:], 20.0)  # The second one: the ankle ends, the shank goes on.
    angle = trace(bend, shank_lean_deg=lean)
    first, second = find_repetitions(angle, whole(angle, Task.SQUAT))
    assert RepetitionMark.HEEL_LIFT not in first.quality
    assert RepetitionMark.HEEL_LIFT in second.quality
    assert "10 deg" in second.notes[second.quality.index(RepetitionMark.HEEL_LIFT)]
    assert np.degrees(second.peak_dorsiflexion_rad) == pytest.approx(20.0)


def test_a_lost_angle_is_marked() -> None:
    curve = hills([30.0, 30.0])
    valid = np.ones(curve.size, dtype=np.bool_)
    valid[180:230] = False
    angle = trace(curve, valid=valid)
    lost, sound = find_repetitions(angle, whole(angle, Task.SQUAT))
    assert RepetitionMark.ANGLE_LOST in lost.quality
    assert sound.quality == ()


@pytest.mark.parametrize("task", [Task.LUNGE, Task.POINT])
def test_three_plateaus_with_slips_are_three_trials(task: Task) -> None:
    peaks = [38.0, 40.0, 39.0]
    curve = np.concatenate([np.zeros(100), *(hill(p, hold_s=4.0) for p in peaks)])
    for k in range(3):
        slip = 100 + k * 702 + 300
        curve[slip : slip + 50] -= 12.0 * np.hanning(50)
    angle = trace(-curve if task is Task.POINT else curve)
    found = find_repetitions(angle, whole(angle, task))
    assert [r.counted for r in found] == [True] * 3
    ends = [
        -r.peak_plantarflexion_rad if task is Task.POINT else r.peak_dorsiflexion_rad for r in found
    ]
    np.testing.assert_allclose(np.degrees(ends), peaks, atol=1e-6)
