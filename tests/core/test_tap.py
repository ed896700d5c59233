"""Knocks of two sensors: the difference put in comes out, and what cannot be told is not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sensor_screen.core.tap import compare_taps, find_taps
from sensor_screen.errors import MeasurementError
from sensor_screen.model import ClockMap, Placement, SensorInfo, SensorStream, Side

KNOCKS_S = (2.03, 2.71, 3.66, 4.12, 5.304)


def knocked(
    shown_later_s: float = 0.0,
    *,
    at_s: tuple[float, ...] = KNOCKS_S,
    rate_hz: float = 200.0,
    width_s: float = 0.0025,
    size_mps2: float = 150.0,
    noise_mps2: float = 0.1,
    seed: int = 0,
) -> SensorStream:
    """A slowly turning sensor with Gaussian blows, averaged over each sample interval."""
    random = np.random.default_rng(seed)
    device_s = np.arange(0.0, 8.0, 1.0 / rate_hz)
    true_s = device_s - shown_later_s
    fine_s = true_s[:, None] + (np.arange(20) - 9.5) / 20 / rate_hz
    tilt = 0.5 * np.sin(2 * np.pi * 0.4 * true_s)
    acc = 9.81 * np.stack([np.sin(tilt), np.zeros_like(tilt), np.cos(tilt)], axis=1)
    for blow_s in at_s:
        direction = random.standard_normal(3)
        pulse = np.exp(-0.5 * ((fine_s - blow_s) / width_s) ** 2).mean(axis=1)
        acc += size_mps2 * pulse[:, None] * direction / np.linalg.norm(direction)
    acc += noise_mps2 * random.standard_normal(acc.shape)
    raw = np.concatenate([acc, np.zeros_like(acc)], axis=1).astype(np.float32)
    return SensorStream(SensorInfo(Side.RIGHT, Placement.FOOT), device_s, raw)


def test_every_knock_is_found_where_it_was() -> None:
    # A blow of 6 ms falls into several samples: their centroid is that of the blow.
    np.testing.assert_allclose(find_taps(knocked()), KNOCKS_S, atol=3e-4)


@pytest.mark.parametrize("later_s", [0.0, 0.0123, -0.0371, 0.2])
@pytest.mark.parametrize("rates_hz", [(200.0, 200.0), (100.0, 208.0)])
def test_the_difference_put_in_comes_out(later_s: float, rates_hz: tuple[float, float]) -> None:
    one = knocked(rate_hz=rates_hz[0], seed=1)
    other = knocked(later_s, rate_hz=rates_hz[1], seed=2)
    found = compare_taps(one, other)
    assert found.taps == len(KNOCKS_S)
    assert found.difference_s == pytest.approx(later_s, abs=1.5e-3)
    assert 1e-3 <= found.sigma_s < 2.5e-3
    np.testing.assert_allclose(found.at_s, KNOCKS_S, atol=1.5e-3)
    assert f"{1e3 * found.difference_s:+.1f} ms" in found.sentence
    assert compare_taps(other, one).difference_s == pytest.approx(-found.difference_s, abs=1e-12)


def test_the_error_is_as_large_as_it_is_said_to_be() -> None:
    # Blows shorter than a sample, knocked at any instant: nothing but the sampling is in the error.
    random = np.random.default_rng(3)
    off = []
    for seed in range(60):
        at_s = tuple(1.0 + np.cumsum(random.uniform(0.4, 1.2, 5)))
        later_s = float(random.uniform(-0.05, 0.05))
        one = knocked(at_s=at_s, width_s=0.0004, size_mps2=900.0, seed=seed)
        other = knocked(later_s, at_s=at_s, width_s=0.0004, size_mps2=900.0, seed=seed + 1000)
        found = compare_taps(one, other)
        off.append((found.difference_s - later_s) / found.sigma_s)
    # 95 % within two sigmas; three of sixty outside are no surprise, seven are.
    assert np.mean(np.abs(off) < 2.0) > 0.88
    assert np.std(off) > 0.2


def test_a_known_clock_is_used() -> None:
    one, other = knocked(seed=1), knocked(0.5, seed=2)
    mapped = dataclasses.replace(other, clock=ClockMap(offset_s=-0.5))
    assert compare_taps(one, mapped).difference_s == pytest.approx(0.0, abs=1e-3)


def test_an_independent_word_on_a_residual() -> None:
    found = compare_taps(knocked(seed=1), knocked(0.02, seed=2))
    assert found.contradicts(0.005)
    assert not found.contradicts(0.02)


def test_blows_to_one_sensor_alone_are_left_out() -> None:
    other = knocked(0.01, at_s=(0.52, 1.31, *KNOCKS_S, 6.6), seed=2)
    found = compare_taps(knocked(seed=1), other)
    assert found.taps == len(KNOCKS_S)
    assert found.difference_s == pytest.approx(0.01, abs=1e-3)


@pytest.mark.parametrize("at_s", [(), (2.0, 3.1)])
def test_too_few_knocks_say_nothing(at_s: tuple[float, ...]) -> None:
    with pytest.raises(MeasurementError, match="fewer than 3"):
        compare_taps(knocked(seed=1), knocked(at_s=at_s, seed=2))


def test_an_even_rhythm_can_be_paired_in_more_than_one_way() -> None:
    even = tuple(np.arange(1.0, 6.0, 0.2))
    with pytest.raises(MeasurementError, match="more than one way"):
        compare_taps(knocked(at_s=even, seed=1), knocked(0.02, at_s=even, seed=2))
