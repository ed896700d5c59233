"""What a sensor sends: means, clocks, clipping, counts, repeats and losses, as asked for."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.model import GyroSampling, Placement, SensorStream, Side
from sensor_screen.simulation import IDEAL, Imperfections
from sensor_screen.simulation.mounts import Mount, Sensed
from sensor_screen.simulation.sampling import SensorClock, average, sample_times_s, send
from sensor_screen.units import STANDARD_GRAVITY_MPS2

MOUNT = Mount(Placement.FOOT, np.eye(3), np.zeros(3))
TIME_S = np.arange(30000) / 100.0


def sent(imperfections: Imperfections, means: np.ndarray | None = None) -> SensorStream:
    """Five minutes of one sensor, at rest if nothing else is said."""
    if means is None:
        means = np.tile([0.0, STANDARD_GRAVITY_MPS2, 0.0, 0.0, 0.0, 0.0], (TIME_S.size, 1))
    random = np.random.default_rng(1)
    return send(means, TIME_S, Side.RIGHT, MOUNT, None, imperfections, random)


def test_a_sample_is_the_mean_over_its_interval_without_delay() -> None:
    rate_hz, wave_hz = 100.0, 7.0
    fine_s = np.arange(-100, 2100) / 1000.0
    wave = np.sin(2 * np.pi * wave_hz * fine_s)[:, None] * np.ones(3)
    centre_s = np.arange(0.003, 1.9, 1 / rate_hz)
    means = average(Sensed(fine_s, wave, -2 * wave), centre_s, rate_hz)
    # The mean of a sine over an interval is the sine at its middle times sinc.
    expected = np.sinc(wave_hz / rate_hz) * np.sin(2 * np.pi * wave_hz * centre_s)
    # 1e-3: the trapezoidal integral at 1 kHz, (2 pi 7 / 1000)^2 / 12, and its spline.
    np.testing.assert_allclose(means[:, 0], expected, atol=1e-3)
    np.testing.assert_allclose(means[:, 5], -2 * expected, atol=2e-3)


@given(offset_s=st.floats(-0.2, 0.2), skew_ppm=st.floats(-100, 100), duration_s=st.floats(10, 4000))
def test_the_clock_map_undoes_offset_and_skew(
    offset_s: float, skew_ppm: float, duration_s: float
) -> None:
    clock = SensorClock(offset_s, skew_ppm * 1e-6)
    device_s = sample_times_s(clock, duration_s, 100.0)
    true_s = clock.true_time_s(device_s)
    np.testing.assert_allclose(clock.map.common_time_s(device_s), true_s, atol=1e-9)
    assert true_s[0] >= -1e-9
    assert true_s[-1] < duration_s + 1e-9
    # A clock that is fast counts more samples in the same time.
    assert device_s.size == pytest.approx(duration_s * 100.0 * (1 + skew_ppm * 1e-6), abs=1.01)


def test_a_perfect_part_sends_the_means_and_says_what_they_are() -> None:
    stream = sent(IDEAL)
    assert stream.raw.dtype == np.float32
    np.testing.assert_allclose(stream.acc_mps2[:, 1], STANDARD_GRAVITY_MPS2, rtol=1e-7)
    assert stream.info.gyro_sampling == GyroSampling.INSTANT
    np.testing.assert_array_equal(stream.sequence, np.arange(TIME_S.size))


def test_counts_have_the_size_of_the_full_scale_and_stop_there() -> None:
    means = np.linspace(-300.0, 300.0, TIME_S.size)[:, None] * np.ones(6)
    flaws = replace(IDEAL, quantised=True, acc_range_mps2=160.0, gyr_range_radps=35.0)
    stream = sent(flaws, means)
    assert stream.raw.dtype == np.int16
    inside = np.abs(means[:, 0]) < 159.9
    np.testing.assert_allclose(
        stream.acc_mps2[inside], means[inside, :3], atol=0.5 * 160.0 / 32768 + 1e-9
    )
    clipped = (np.abs(stream.raw[:, 0].astype(int)) >= 32767).sum()
    assert clipped == pytest.approx(TIME_S.size * (1 - 160 / 300), abs=3)
    assert stream.acc_mps2.min() == -160.0
    assert stream.gyr_radps.max() == pytest.approx(35.0, rel=1e-4)


def test_float_samples_are_clipped_too() -> None:
    stream = sent(replace(IDEAL, acc_range_mps2=5.0))
    assert np.unique(stream.raw[:, 1]).tolist() == [5.0]


def test_noise_has_its_density_and_biases_their_length() -> None:
    flaws = replace(
        IDEAL, acc_noise_mps2=0.01, gyr_noise_radps=1e-3, acc_bias_mps2=0.5, gyr_bias_radps=0.02
    )
    stream = sent(flaws)
    # 3 %: 30,000 samples know a standard deviation to 0.4 %; three axes, and some margin.
    np.testing.assert_allclose(stream.acc_mps2.std(axis=0), 0.01 * np.sqrt(50.0), rtol=0.03)
    np.testing.assert_allclose(stream.gyr_radps.std(axis=0), 1e-3 * np.sqrt(50.0), rtol=0.03)
    bias = stream.acc_mps2.mean(axis=0) - [0.0, STANDARD_GRAVITY_MPS2, 0.0]
    assert np.linalg.norm(bias) == pytest.approx(0.5, abs=0.002)
    assert np.linalg.norm(stream.gyr_radps.mean(axis=0)) == pytest.approx(0.02, abs=2e-4)


def test_single_losses_are_as_frequent_as_asked_and_leave_gaps_in_the_sequence() -> None:
    stream = sent(replace(IDEAL, loss_share=0.05))
    # 30,000 trials at 5 %: standard deviation 38.
    assert TIME_S.size - len(stream.raw) == pytest.approx(1500, abs=150)
    np.testing.assert_array_equal(TIME_S[stream.sequence], stream.device_time_s)


def test_lost_packets_have_their_number_and_length() -> None:
    flaws = replace(IDEAL, gaps_per_minute=12.0, gap_s=(0.02, 0.05))
    steps_s = np.diff(sent(flaws).device_time_s)
    gaps_s = steps_s[steps_s > 0.015]
    # Poisson of 60 in five minutes; two may touch.
    assert 35 <= gaps_s.size <= 85
    assert gaps_s.min() >= 0.03 - 1e-9
    assert np.sort(gaps_s)[-4] <= 0.06 + 1e-9


def test_held_samples_repeat_the_one_before_and_only_they_do() -> None:
    stream = sent(replace(IDEAL, held_share=0.25, acc_noise_mps2=0.01, gyr_noise_radps=1e-3))
    repeats = (stream.raw[1:] == stream.raw[:-1]).all(axis=1)
    # Standard deviation of the share: 0.25 %.
    assert repeats.mean() == pytest.approx(0.25, abs=0.01)
