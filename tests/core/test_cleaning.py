"""Cleaning: every fault found and counted exactly, sound samples untouched, nonsense refused."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor_screen.core.cleaning import CleaningParams, clean_stream, resample, thin
from sensor_screen.errors import RecordingError
from sensor_screen.model import (
    CleaningCounts,
    ClockMap,
    Placement,
    SampleFlag,
    SensorInfo,
    SensorStream,
    Side,
)

RATE_HZ = 100.0
INFO = SensorInfo(Side.LEFT, Placement.SHANK)


def noisy(count: int, seed: int = 0) -> np.ndarray:
    """(n, 6) of a sensor that is waved about; no two rows alike."""
    time_s = np.arange(count) / RATE_HZ
    waves = np.sin(2 * np.pi * np.outer(time_s, [0.5, 0.7, 0.3, 0.6, 0.4, 0.8]))
    rows = waves * [2.0, 2.0, 1.0, 2.0, 3.0, 1.0] + [0.0, 0.0, 9.81, 0.0, 0.0, 0.0]
    return rows + np.random.default_rng(seed).normal(0.0, 0.02, rows.shape)


def stream(rows: np.ndarray, time_s: np.ndarray | None = None, **info: float) -> SensorStream:
    device_s = np.arange(len(rows)) / RATE_HZ if time_s is None else time_s
    return SensorStream(dataclasses.replace(INFO, **info), device_s, rows.astype(np.float32))


def take(source: SensorStream, rows: np.ndarray) -> SensorStream:
    return dataclasses.replace(
        source, device_time_s=source.device_time_s[rows], raw=source.raw[rows]
    )


def has(flags: np.ndarray, flag: SampleFlag) -> np.ndarray:
    return (flags & int(flag)) != 0


# --- what is sound stays -------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", [25.0, 50.0, 100.0, 204.8, 1000.0])
def test_sound_samples_pass_unchanged(rate_hz: float) -> None:
    rows = noisy(3000)
    source = stream(rows, 7.3 + np.arange(3000) / rate_hz)
    clean = clean_stream(source)
    assert clean.rate_hz == rate_hz
    assert clean.counts == CleaningCounts(received=3000)
    assert not clean.flags.any()
    # 1e-6: the grid is a sum of intervals, each rounded to 1e-16 of the time.
    np.testing.assert_allclose(clean.time_s, source.device_time_s, atol=1e-9)
    np.testing.assert_allclose(clean.acc_mps2, source.acc_mps2, atol=1e-6)
    np.testing.assert_allclose(clean.gyr_radps, source.gyr_radps, atol=1e-6)


def test_counts_are_turned_into_units() -> None:
    rows = np.round(noisy(500) / 0.005).astype(np.int16)
    source = SensorStream(INFO, np.arange(500) / 100, rows, 0.005, 0.001)
    clean = clean_stream(source)
    np.testing.assert_allclose(clean.acc_mps2, rows[:, :3] * 0.005, atol=1e-9)
    np.testing.assert_allclose(clean.gyr_radps, rows[:, 3:] * 0.001, atol=1e-9)


def test_time_is_on_the_common_base_where_the_clock_is_known() -> None:
    source = dataclasses.replace(stream(noisy(500)), clock=ClockMap(offset_s=2.5))
    assert clean_stream(source).time_s[0] == pytest.approx(2.5)


@pytest.mark.parametrize(("rate_hz", "digits"), [(60.0, 3), (148.0, 3), (100.0, 2), (120.0, 3)])
def test_rounded_time_stamps_give_the_true_rate(rate_hz: float, digits: int) -> None:
    time_s = np.round(np.arange(2000) / rate_hz, digits)
    assert clean_stream(stream(noisy(2000), time_s)).rate_hz == rate_hz


def test_uneven_times_are_interpolated_and_not_called_gaps() -> None:
    rng = np.random.default_rng(1)
    time_s = np.arange(2000) / RATE_HZ + rng.uniform(-0.003, 0.003, 2000)
    ramp = np.outer(time_s, np.ones(6)) * 0.05 + [0.0, 0.0, 9.81, 0.0, 0.0, 0.0]
    clean = clean_stream(stream(ramp, time_s))
    assert clean.rate_hz == pytest.approx(RATE_HZ, abs=0.1)
    assert not clean.flags.any()
    # float32 samples: 1e-6 of 12.
    np.testing.assert_allclose(clean.acc_mps2[:, 0], clean.time_s * 0.05, atol=2e-6)


def test_an_explicit_rate_is_kept() -> None:
    clean = clean_stream(stream(noisy(1000)), CleaningParams(rate_hz=50.0))
    assert clean.rate_hz == 50.0
    np.testing.assert_allclose(np.diff(clean.time_s), 0.02)
    assert not clean.flags.any()


# --- faults --------------------------------------------------------------------------------------


@given(rows=st.sets(st.integers(5, 990), min_size=1, max_size=40), column=st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_nonfinite_samples_are_dropped_counted_and_filled(rows: set[int], column: int) -> None:
    bad = np.array(sorted(rows))
    spoilt = noisy(1000)
    spoilt[bad, column] = np.resize([math.nan, math.inf, -math.inf], len(bad))
    clean = clean_stream(stream(spoilt))
    whole = clean_stream(stream(noisy(1000)))
    assert clean.counts.nonfinite == len(bad)
    assert clean.counts.filled + clean.counts.missing == len(bad)
    assert np.isfinite(clean.acc_mps2).all()
    assert np.isfinite(clean.gyr_radps).all()
    marked = has(clean.flags, SampleFlag.FILLED | SampleFlag.MISSING)
    assert set(np.flatnonzero(marked)) == rows
    np.testing.assert_allclose(clean.gyr_radps[~marked], whole.gyr_radps[~marked], atol=1e-9)


def test_samples_without_a_time_are_nonfinite() -> None:
    time_s = np.arange(500) / RATE_HZ
    time_s[100] = math.nan
    clean = clean_stream(stream(noisy(500), time_s))
    assert clean.counts.nonfinite == 1
    assert clean.counts.filled == 1


def test_a_resent_sample_is_a_duplicate() -> None:
    source = stream(noisy(1000))
    twice = take(source, np.sort(np.r_[np.arange(1000), [40, 41, 700]]))
    clean, whole = clean_stream(twice), clean_stream(source)
    assert clean.counts == dataclasses.replace(whole.counts, received=1003, duplicate=3)
    np.testing.assert_array_equal(clean.acc_mps2, whole.acc_mps2)


def test_of_two_samples_at_one_time_the_first_received_stays() -> None:
    source = stream(noisy(1000))
    other = dataclasses.replace(
        source,
        device_time_s=np.r_[source.device_time_s, source.device_time_s[500]],
        raw=np.r_[source.raw, [source.raw[20]]],
    )
    clean = clean_stream(other)
    assert clean.counts.duplicate == 1
    np.testing.assert_allclose(clean.acc_mps2[500], source.acc_mps2[500], atol=1e-6)


def test_late_samples_are_counted_and_put_in_their_place() -> None:
    source = stream(noisy(1000))
    order = np.r_[0:300, 310:320, 300:310, 320:1000]  # ten samples come ten samples late
    clean, whole = clean_stream(take(source, order)), clean_stream(source)
    assert clean.counts == dataclasses.replace(whole.counts, late=10)
    np.testing.assert_array_equal(clean.gyr_radps, whole.gyr_radps)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_the_order_of_arrival_changes_nothing_else(seed: int) -> None:
    source = stream(noisy(400))
    shuffled = take(source, np.random.default_rng(seed).permutation(400))
    clean, whole = clean_stream(shuffled), clean_stream(source)
    np.testing.assert_array_equal(clean.acc_mps2, whole.acc_mps2)
    np.testing.assert_array_equal(clean.flags, whole.flags)
    assert dataclasses.replace(clean.counts, late=0) == whole.counts


@given(start=st.integers(10, 800), length=st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_gaps_to_100_ms_are_filled_and_longer_ones_marked(start: int, length: int) -> None:
    source = stream(noisy(1000))
    clean = clean_stream(take(source, np.r_[0:start, start + length : 1000]))
    lost = np.zeros(1000, dtype=bool)
    lost[start : start + length] = True
    filled = lost if length <= 10 else np.zeros(1000, dtype=bool)
    np.testing.assert_array_equal(has(clean.flags, SampleFlag.FILLED), filled)
    np.testing.assert_array_equal(has(clean.flags, SampleFlag.MISSING), lost & ~filled)
    assert (clean.counts.filled, clean.counts.missing) == (
        (length, 0) if length <= 10 else (0, length)
    )
    ends = ((start - 1) / RATE_HZ, (start + length) / RATE_HZ)
    assert clean.counts.gaps_s == (() if length <= 10 else (pytest.approx(ends),))
    np.testing.assert_allclose(clean.acc_mps2[~lost], source.acc_mps2[~lost], atol=1e-6)


def test_a_gap_is_filled_with_a_straight_line() -> None:
    time_s = np.arange(500) / RATE_HZ
    ramp = np.outer(time_s, np.arange(1.0, 7.0)) * 0.1 + [0, 0, 9.81, 0, 0, 0]
    clean = clean_stream(take(stream(ramp), np.r_[0:200, 208:500]))
    # float32 samples: 1e-6 of 13.
    np.testing.assert_allclose(clean.acc_mps2, ramp[:, :3], atol=2e-6)


@given(rows=st.sets(st.integers(5, 990), max_size=30))
@settings(max_examples=30, deadline=None)
def test_held_samples_are_counted_and_replaced(rows: set[int]) -> None:
    held = np.array(sorted(rows), dtype=np.int64)
    frozen = noisy(1000)
    for row in held:
        frozen[row] = frozen[row - 1]
    clean = clean_stream(stream(frozen))
    assert clean.counts.held == len(held)
    assert set(np.flatnonzero(has(clean.flags, SampleFlag.HELD))) == rows
    lost = has(clean.flags, SampleFlag.FILLED | SampleFlag.MISSING)
    assert set(np.flatnonzero(lost)) == rows


def test_a_sensor_that_is_stuck_is_missing() -> None:
    frozen = noisy(1000)
    frozen[400:450] = frozen[399]
    clean = clean_stream(stream(frozen))
    assert clean.counts.held == clean.counts.missing == 50
    assert clean.counts.gaps_s == (pytest.approx((3.99, 4.5)),)
    both = SampleFlag.HELD | SampleFlag.MISSING
    np.testing.assert_array_equal(clean.flags[400:450], int(both))


def still_then_moving(rest: int) -> np.ndarray:
    """Noiseless rest, then a smooth start of movement."""
    rows = np.tile([0.0, 0.0, 9.81, 0.0, 0.0, 0.0], (1000, 1))
    after = np.maximum(0, np.arange(1000) - rest)[:, None] / RATE_HZ
    return rows + np.sin(2 * np.pi * after) ** 2 * np.arange(1.0, 7.0) * 0.3


def test_rest_without_noise_is_no_fault() -> None:
    clean = clean_stream(stream(still_then_moving(400)))
    assert clean.counts == CleaningCounts(received=1000)


def test_rest_in_coarse_counts_is_no_fault() -> None:
    rng = np.random.default_rng(3)
    rows = np.round(rng.normal([0.0, 0.0, 123.0, 0.0, 0.0, 0.0], 0.4, (2000, 6)))
    clean = clean_stream(
        SensorStream(INFO, np.arange(2000) / 100, rows.astype(np.int16), 0.08, 0.01)
    )
    repeats = (np.diff(rows, axis=0) == 0).all(axis=1).sum()
    assert repeats > 10  # or the test shows nothing
    assert clean.counts.held == 0


def test_noiseless_rest_that_ends_in_a_jump_was_a_stuck_sensor() -> None:
    rows = still_then_moving(400)
    rows[400:600] = rows[399]  # the movement has begun, and is well under way at 600
    rows[600:, 3] += 2.0
    clean = clean_stream(stream(rows))
    assert clean.counts.held >= 200
    assert has(clean.flags, SampleFlag.MISSING)[450]


# --- clipping ------------------------------------------------------------------------------------


def swinging(peak_gyr: float, peak_acc: float = 3.0) -> np.ndarray:
    time_s = np.arange(1000) / RATE_HZ
    rows = np.tile([0.0, 0.0, 9.81, 0.0, 0.0, 0.0], (1000, 1))
    rows[:, 4] = peak_gyr * np.sin(2 * np.pi * time_s)
    rows[:, 0] = peak_acc * np.sin(2 * np.pi * 1.3 * time_s)
    rows[:100] = [0.0, 0.0, 9.81, 0.0, 0.0, 0.0]
    return rows + np.random.default_rng(0).normal(0.0, 0.004, rows.shape)


def test_known_full_scale_marks_what_reaches_it() -> None:
    rows = swinging(40.0)
    limit = 34.9
    over = np.abs(rows[:, 4]) > limit
    rows = np.clip(rows, -limit, limit)
    clean = clean_stream(stream(rows, gyr_range_radps=limit, acc_range_mps2=156.9))
    assert clean.counts.clipped == over.sum() > 50
    np.testing.assert_array_equal(has(clean.flags, SampleFlag.CLIPPED), over)
    np.testing.assert_array_equal(has(clean.flags, SampleFlag.CLIPPED_GYR), over)


@pytest.mark.parametrize(("column", "limit"), [(0, 19.4), (0, 39.2), (4, 4.36), (4, 34.9)])
def test_unknown_full_scale_is_found(column: int, limit: float) -> None:
    rows = swinging(1.5 * limit) if column == 4 else swinging(1.0, 1.5 * limit)
    over = np.abs(rows[:, column]) > limit
    rows[:, column] = np.clip(rows[:, column], -limit, limit)
    clean = clean_stream(stream(rows))
    # The tolerance of 0.02 takes in the few samples just below full scale.
    assert over.sum() <= clean.counts.clipped <= over.sum() + 10
    assert has(clean.flags, SampleFlag.CLIPPED)[over].all()
    assert has(clean.flags, SampleFlag.CLIPPED_GYR).any() == (column == 4)


@pytest.mark.parametrize("peak", [4.5, 8.0, 20.0])
def test_even_peaks_are_not_clipping(peak: float) -> None:
    time_s = np.arange(3000) / RATE_HZ
    rows = np.tile([0.0, 0.0, 9.81, 0.0, 0.0, 0.0], (3000, 1))
    rows[:, 4] = peak * np.sin(2 * np.pi * time_s)  # the same peak, thirty times
    rows[:, 0] = 18.0 * np.sin(2 * np.pi * time_s)
    assert clean_stream(stream(rows)).counts.clipped == 0


# --- refused -------------------------------------------------------------------------------------


def at_unit(acc: float, gyr: float) -> SensorStream:
    rows = noisy(1000) * ([acc] * 3 + [gyr] * 3)
    rows[:200] = np.array([0, 0, 9.81 * acc, 0, 0, 0]) + 1e-3 * acc * noisy(200)
    return stream(rows)


GOOD = stream(noisy(1000))
REFUSED = {
    "no samples": (take(GOOD, np.arange(0)), "0 usable samples"),
    "one sample": (take(GOOD, np.arange(1)), "1 usable samples"),
    "nothing finite": (stream(np.full((500, 6), math.nan)), "0 usable samples"),
    "half a second": (take(GOOD, np.arange(50)), "only 0.49 s"),
    "time stands still": (stream(noisy(500), np.zeros(500)), "the same time"),
    "packet times": (stream(noisy(500), np.repeat(np.arange(50) / 10, 10)), "arrival times"),
    "bursts": (
        stream(noisy(600), (np.arange(200)[:, None] * 0.03 + [0, 1e-4, 2e-4]).ravel()),
        "arrival times",
    ),
    "clock restarted": (
        stream(noisy(1000), np.r_[np.arange(500), np.arange(500) + 0.1] / 100),
        "clock was restarted",
    ),
    "slow": (stream(noisy(200), np.arange(200) / 10), "10 samples a second"),
    "milliseconds": (stream(noisy(500), np.arange(500) * 10.0), "samples a second"),
    "microseconds of a fast clock": (stream(noisy(500), np.arange(500) * 1e-5), "samples a second"),
    "days": (stream(noisy(500), np.r_[np.arange(499) / 100, 1e6]), "hours"),
    "mostly lost": (take(GOOD, np.r_[0:60, 940:1000]), "samples are missing for 88 %"),
    "frozen": (stream(np.tile(noisy(1), (500, 1))), "the same values"),
    "no accelerometer": (stream(noisy(500) * [0, 0, 0, 1, 1, 1]), "acceleration is zero"),
    "no gyroscope": (stream(noisy(500) * [1, 1, 1, 0, 0, 0]), "angular velocity is zero"),
    "in g": (at_unit(1 / 9.81, 1.0), "_g"),
    "in mg": (at_unit(1000 / 9.81, 1.0), "_mg"),
    "without gravity": (stream(noisy(500) - [0, 0, 9.81, 0, 0, 0]), "with gravity"),
    "in degrees": (at_unit(1.0, 180 / math.pi), "_dps"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_nonsense_is_refused_with_a_remedy(case: str) -> None:
    source, words = REFUSED[case]
    with pytest.raises(RecordingError) as error:
        clean_stream(source)
    assert words in str(error.value)
    assert "left shank sensor" in str(error.value)
    assert error.value.remedy


def test_an_offset_of_a_worn_accelerometer_is_accepted() -> None:
    assert clean_stream(stream(noisy(500) + np.array([0, 0, 0.6, 0, 0, 0]))).counts.received == 500


# --- other rates ---------------------------------------------------------------------------------


def test_thinning_keeps_the_angle_turned_and_joins_flags() -> None:
    source = stream(noisy(5000), np.arange(5000) / 1000)
    clean = clean_stream(take(source, np.r_[0:1000, 1003:5000]))
    slow = thin(clean, 200.0)
    assert slow.rate_hz == 200.0
    np.testing.assert_allclose(
        slow.gyr_radps.sum(axis=0) / 200.0, clean.gyr_radps.sum(axis=0) / 1000.0, atol=1e-9
    )
    assert slow.counts.filled == 1
    np.testing.assert_allclose(slow.time_s[:2], [0.002, 0.007], atol=1e-9)
    assert thin(slow, 200.0) is slow


def test_resampling_meets_the_samples_both_rates_share() -> None:
    clean = clean_stream(stream(noisy(1000)))
    fast = resample(clean, 200.0)
    np.testing.assert_allclose(fast.acc_mps2[::2], clean.acc_mps2, atol=1e-9)
    assert resample(clean, RATE_HZ) is clean
