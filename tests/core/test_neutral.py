"""The neutral pose: the longest stillness in the labelled stand, else the best there is."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor_screen.core.neutral import Neutral, find_neutral, rest_rate
from sensor_screen.model import Task, TaskInterval

RATE_HZ = 100.0


def moving_but_for(*stills_s: tuple[float, float], shake: float = 0.0) -> tuple[np.ndarray, ...]:
    """20 s of two sensors that turn at 1 rad/s, but for these times."""
    time_s = np.arange(2_000) / RATE_HZ
    still = np.zeros(len(time_s), dtype=bool)
    for start_s, end_s in stills_s:
        still[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)] = True
    gyr = np.zeros((len(time_s), 2, 3))
    gyr[:, :, 1] = np.where(still, shake, 1.0)[:, None]
    acc = np.zeros((len(time_s), 2, 3))
    acc[:, :, 1] = 9.81
    return time_s, acc, gyr


def stand(start_s: float, end_s: float) -> TaskInterval:
    return TaskInterval(start_s, end_s, Task.STAND)


@settings(deadline=None)
@given(start=st.integers(0, 1_500), length=st.integers(101, 400), other=st.integers(101, 400))
def test_the_longest_stillness_is_found_exactly(start: int, length: int, other: int) -> None:
    far = (start + length + 100) / RATE_HZ
    stills = [(start / RATE_HZ, (start + length) / RATE_HZ), (far, far + other / RATE_HZ)]
    found = find_neutral(*moving_but_for(*stills), tasks=())
    inside = min(other, 2_000 - (start + length + 100))
    first = slice(start, start + length)
    second = slice(start + length + 100, start + length + 100 + inside)
    assert found.verified
    assert found.part == (first if length >= inside else second)


def test_the_labelled_stand_comes_before_a_longer_rest_elsewhere() -> None:
    signals = moving_but_for((1.0, 2.5), (10.0, 18.0))
    assert find_neutral(*signals, (stand(0.9, 2.6),)) == Neutral(slice(100, 250), verified=True)
    assert find_neutral(*signals, ()) == Neutral(slice(1_000, 1_800), verified=True)


def test_the_first_of_two_stands_is_the_neutral_pose() -> None:
    signals = moving_but_for((1.0, 2.0), (10.0, 13.0))
    assert find_neutral(*signals, (stand(1.0, 2.0), stand(10.0, 13.0))).part == slice(100, 200)


def test_a_stand_of_four_tenths_of_a_second_will_do() -> None:
    found = find_neutral(*moving_but_for((3.0, 3.4)), (stand(3.0, 3.4),))
    assert found == Neutral(slice(300, 340), verified=True)


def test_a_person_who_sways_still_stands() -> None:
    """0.4 rad/s is beyond the first tolerance and inside the last."""
    found = find_neutral(*moving_but_for((3.0, 5.0), shake=0.4), (stand(3.0, 5.0),))
    assert found == Neutral(slice(300, 500), verified=True)


def test_a_shock_ends_a_stillness_although_nothing_turns() -> None:
    time_s, acc, gyr = moving_but_for((3.0, 6.0))
    acc[400, 1] += [3.0, 0.0, 0.0]
    found = find_neutral(time_s, acc, gyr, (stand(3.0, 6.0),))
    assert found.verified
    assert found.part.start >= 400
    assert found.part.stop == 600


def test_without_any_stillness_the_quietest_moment_is_a_guess() -> None:
    time_s, acc, gyr = moving_but_for()
    gyr[700:760] *= 0.7
    found = find_neutral(time_s, acc, gyr, (stand(2.0, 4.0),))
    assert not found.verified
    assert 700 <= found.part.start < found.part.stop <= 760


def test_half_a_second_of_rest_that_nobody_labelled_is_no_neutral_pose() -> None:
    signals = moving_but_for((3.0, 3.5))
    assert find_neutral(*signals, (stand(3.0, 3.5),)).verified
    assert not find_neutral(*signals, ()).verified


def test_one_sensor_can_stand_as_well() -> None:
    time_s, acc, gyr = moving_but_for((3.0, 5.0))
    assert find_neutral(time_s, acc[:, :1], gyr[:, :1], ()).part == slice(300, 500)


def test_the_bias_of_the_gyroscopes_is_read_only_from_a_verified_stand() -> None:
    gyr = np.full((100, 2, 3), 0.02)
    np.testing.assert_allclose(rest_rate(gyr, Neutral(slice(10, 40), verified=True)), 0.02)
    np.testing.assert_array_equal(rest_rate(gyr, Neutral(slice(10, 40), verified=False)), 0.0)
