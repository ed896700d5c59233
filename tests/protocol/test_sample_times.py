"""Times of samples from numbers, `t100us` and the status: to the microsecond, breaks and all."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.open_sensor_status import (
    ROUND_US,
    SampleTimes,
    sample_times,
    unwrap_numbers,
)

PERIOD_US = 1e6 / 208.0
Ints = NDArray[np.int64]


def sensor_clock(
    samples: int, breaks: dict[int, float] | None = None, rate_error: float = 0.0
) -> NDArray[np.float64]:
    """(n,) true times of samples of a sensor that was started an hour ago."""
    step_us = np.full(samples, PERIOD_US * (1.0 + rate_error))
    for at, extra_us in (breaks or {}).items():
        step_us[at] += extra_us
    return 3.6e9 + np.cumsum(step_us)


def times_of(
    time_us: NDArray[np.float64],
    starts: Ints,
    pairs: Ints,
    first_number: int = 0,
    period_us: float = PERIOD_US,
) -> SampleTimes:
    """What a client finds that gets packets which begin at `starts`, and statuses at `pairs`."""
    return sample_times(
        starts + first_number,
        np.floor(time_us[starts] / 100.0).astype(np.int64) % 65_536,
        pairs + first_number,
        np.floor(time_us[pairs]).astype(np.int64),
        period_us,
    )


def every(samples: int, step: int, begin: int = 0) -> Ints:
    return np.arange(begin, samples, step, dtype=np.int64)


def test_unbroken_streams_are_timed_to_the_microsecond() -> None:
    time_us = sensor_clock(20_000)
    starts = every(20_000, 19)
    found = times_of(time_us, starts, every(20_000, 208, 100))
    assert np.abs(found.first_us - time_us[starts]).max() < 2.0
    assert not found.after_break.any()
    assert not found.uncertain.any()


def test_every_sample_of_a_packet() -> None:
    time_us = sensor_clock(1900)
    found = times_of(time_us, every(1900, 19), every(1900, 208, 100))
    of_samples = found.of_samples(np.full(100, 19))
    assert np.abs(of_samples - time_us).max() < 3.0


@pytest.mark.parametrize("rate_error", [-0.05, -1e-4, 1e-4, 0.05])
def test_a_rate_that_is_not_the_nominal_one(rate_error: float) -> None:
    """Inertial sensors keep their rate to some percent; beyond the pairs it is extended."""
    time_us = sensor_clock(20_000, rate_error=rate_error)
    starts = every(20_000, 8)
    found = times_of(time_us, starts, every(19_900, 208, 100))
    assert np.abs(found.first_us - time_us[starts]).max() < 3.0
    assert not found.after_break.any()


@pytest.mark.parametrize("gap_us", [0.6 * PERIOD_US, 50_000.0, 600_000.0, 5_000_000.0, 1e9])
def test_one_break_between_two_pairs(gap_us: float) -> None:
    """Whatever lies on one side of it hangs on the pair of that side: nothing is uncertain."""
    time_us = sensor_clock(4000, {2005: gap_us})
    starts = np.union1d(every(4000, 15), [2005])
    found = times_of(time_us, starts, every(4000, 208, 100))
    assert np.abs(found.first_us - time_us[starts]).max() < 100.0
    assert not found.uncertain.any()


def test_two_breaks_between_two_pairs() -> None:
    """What lies between them hangs on nothing but its own t100us: 50 us, and only if it is sure."""
    time_us = sensor_clock(4000, {1990: 400_000.0, 2010: 300_000.0})
    starts = np.array([1970, 1980, 1990, 2000, 2010, 2020])
    found = times_of(time_us, starts, np.array([1800, 1900, 2050, 2200]))
    assert np.abs(found.first_us - time_us[starts]).max() <= 100.0
    assert found.after_break.tolist() == [False, False, True, True, False, False]
    assert not found.uncertain.any()


def test_two_breaks_that_last_longer_than_t100us_can_tell() -> None:
    time_us = sensor_clock(4000, {1990: 4e6, 2010: 8e6})
    found = times_of(time_us, np.array([1980, 2000, 2020]), np.array([1800, 1900, 2050, 2200]))
    assert found.after_break.tolist() == [False, True, False]
    assert found.uncertain.tolist() == [False, True, False]


@pytest.mark.parametrize("rounds", [1, 2, 7])
def test_a_break_of_just_a_round_of_t100us(rounds: int) -> None:
    """It cannot be seen from `t100us` on which side of it a packet lies: so it is said."""
    time_us = sensor_clock(4000, {2005: rounds * float(ROUND_US)})
    starts = np.union1d(every(4000, 15), [2005])
    found = times_of(time_us, starts, every(4000, 208, 100))
    assert np.abs(found.first_us - time_us[starts])[~found.uncertain].max() < 100.0
    assert 0 < found.uncertain.sum() <= 16


@pytest.mark.parametrize("gap_us", [0.0, 30_000.0, 2_000_000.0, 5_500_000.0])
def test_after_the_last_pair(gap_us: float) -> None:
    """Live packets come before the status that follows them; a break there is marked."""
    time_us = sensor_clock(1200, {1050: gap_us})
    starts = np.array([1020, 1040, 1050, 1060])
    found = times_of(time_us, starts, np.array([600, 800, 1000]))
    assert np.abs(found.first_us - time_us[starts]).max() <= 100.0
    broken = [False, False, gap_us > 0, gap_us > 0]
    assert found.after_break.tolist() == found.uncertain.tolist() == broken


def test_before_the_first_pair_and_with_one_alone() -> None:
    time_us = sensor_clock(1000)
    starts = every(1000, 10)
    found = times_of(time_us, starts, np.array([500]))
    assert np.abs(found.first_us - time_us[starts]).max() < 2.0


def test_across_the_wraps_of_numbers_and_of_t100us() -> None:
    time_us = sensor_clock(3000)
    starts, pairs = every(3000, 19), every(3000, 208, 100)
    first = 2**32 - 1500
    sent = (starts + first) % 2**32
    assert times_of(time_us, starts, pairs)
    unwrapped = unwrap_numbers(sent, first)
    assert (unwrapped == starts + first).all()
    found = times_of(time_us, unwrapped - first, pairs, first)
    assert np.abs(found.first_us - time_us[starts]).max() < 2.0
    assert time_us[-1] - time_us[0] > 2 * ROUND_US


def test_unwrapping_goes_both_ways() -> None:
    assert unwrap_numbers(np.array([5, 2**32 - 5]), 2**32).tolist() == [2**32 + 5, 2**32 - 5]
    assert unwrap_numbers(np.array([7]), 3 * 2**32 + 1).tolist() == [3 * 2**32 + 7]
    assert unwrap_numbers(np.array([2**32 - 1]), 0).tolist() == [-1]


def test_random_breaks_are_found() -> None:
    """1,000 sensors, each with one break of any length at any place, statuses every second."""
    rng = np.random.default_rng(6)
    for _ in range(1000):
        at, gap_us = int(rng.integers(300, 700)), float(10 ** rng.uniform(3.6, 8))
        time_us = sensor_clock(1000, {at: gap_us}, rng.uniform(-0.03, 0.03))
        starts = np.union1d(every(1000, int(rng.integers(1, 20))), [at])
        found = times_of(time_us, starts, every(1000, 208, int(rng.integers(0, 90))))
        error_us = np.abs(found.first_us - time_us[starts])
        assert error_us[~found.uncertain].max() <= 100.0
        assert found.uncertain.mean() < 0.05


@pytest.mark.parametrize(
    ("numbers", "times"),
    [([], []), ([1, 1], [10, 20]), ([2, 1], [10, 20]), ([1, 2], [20, 10]), ([1, 2], [10])],
)
def test_pairs_that_contradict_themselves(numbers: list[int], times: list[int]) -> None:
    one = np.zeros(1, np.int64)
    with pytest.raises(ProtocolError, match="do not rise, or there is none"):
        sample_times(one, one, np.array(numbers, int), np.array(times, int), PERIOD_US)


def test_a_period_must_be_above_0() -> None:
    one = np.zeros(1, np.int64)
    with pytest.raises(ProtocolError, match="give that of the rate"):
        sample_times(one, one, one, one, 0.0)
