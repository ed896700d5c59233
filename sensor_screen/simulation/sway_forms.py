"""Horizontal accelerations whose sway figures are known in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sensor_screen.model import Floats

FORM_RATE_HZ = 100.0
_TIME_S = np.arange(3000) / FORM_RATE_HZ
_SIZE_MPS2 = 0.1
_CHI_SQUARED_95 = -2.0 * np.log(0.05)
"""Of two degrees of freedom: the 95 % ellipse."""


@dataclass(frozen=True, slots=True)
class SwayForm:
    """Samples, and what their figures must be."""

    name: str
    acc_mps2: Floats  # (n, 2) sideways, forward, at `FORM_RATE_HZ`
    figures: dict[str, float]
    """By their names in `AccelerationSway`; zero where nothing is left."""
    filtered: bool = True
    """They hold behind the low-pass as well."""


def sway_forms() -> tuple[SwayForm, ...]:
    """Two sinusoids, a circle, two tones, and white noise."""
    return (_sinusoid(0.5), _sinusoid(1.0), _circle(0.5), _two_tones(), _white_noise())


def _wave(frequency_hz: float) -> Floats:
    wave: Floats = np.sin(2.0 * np.pi * frequency_hz * _TIME_S)
    return wave


def _sinusoid(frequency_hz: float) -> SwayForm:
    omega, size = 2.0 * np.pi * frequency_hz, _SIZE_MPS2
    figures = {
        "jerk_30s_m2ps5": size**2 * omega**2 * 30.0 / 4.0,
        "jerk_rate_m2ps6": size**2 * omega**2 / 4.0,
        "rms_mps2": size / np.sqrt(2.0),
        "distance_mps2": 2.0 * size / np.pi,
        "range_mps2": 2.0 * size,
        "path_30s_mps2": 4.0 * size * frequency_hz * 30.0,
        "mean_velocity_mps": size / omega,
        "mean_frequency_hz": frequency_hz,
        "area_rate_m2ps5": 0.0,
        "ellipse_area_m2ps4": 0.0,
        "power_m2ps4": size**2 / 2.0,
        "frequency_50_hz": frequency_hz,
        "frequency_95_hz": frequency_hz,
        "centroid_frequency_hz": frequency_hz,
    }
    values = np.column_stack([np.zeros(_TIME_S.size), size * _wave(frequency_hz)])
    return SwayForm(f"sinusoid of {frequency_hz:g} Hz", values, figures)


def _circle(frequency_hz: float) -> SwayForm:
    omega, size = 2.0 * np.pi * frequency_hz, _SIZE_MPS2
    figures = {
        "jerk_30s_m2ps5": size**2 * omega**2 * 30.0 / 2.0,
        "rms_mps2": size,
        "distance_mps2": size,
        "range_mps2": 2.0 * size,
        "path_30s_mps2": size * omega * 30.0,
        "mean_velocity_mps": 4.0 * size / (np.pi * omega),
        "mean_frequency_hz": frequency_hz,
        "area_rate_m2ps5": size**2 * omega / 2.0,
        "ellipse_area_m2ps4": np.pi * _CHI_SQUARED_95 * size**2 / 2.0,
        "power_m2ps4": size**2,
        "frequency_50_hz": frequency_hz,
        "frequency_95_hz": frequency_hz,
        "centroid_frequency_hz": frequency_hz,
    }
    values = size * np.column_stack([np.cos(omega * _TIME_S), np.sin(omega * _TIME_S)])
    return SwayForm(f"circle at {frequency_hz:g} Hz", values, figures)


def _two_tones() -> SwayForm:
    sizes, tones_hz = np.array([0.1, 0.05]), np.array([0.4, 1.2])
    powers = sizes**2 / 2.0
    m0, m1, m2 = (float(powers @ tones_hz**k) for k in range(3))
    figures = {
        "jerk_30s_m2ps5": 15.0 * (2.0 * np.pi) ** 2 * m2,
        "power_m2ps4": m0,
        "rms_mps2": np.sqrt(m0),
        "frequency_50_hz": tones_hz[0],
        "frequency_95_hz": tones_hz[1],
        "centroid_frequency_hz": np.sqrt(m2 / m0),
        "frequency_dispersion": np.sqrt(1.0 - m1**2 / (m0 * m2)),
        "ellipse_area_m2ps4": np.pi * _CHI_SQUARED_95 * np.sqrt(powers.prod()),
    }
    values = np.column_stack([a * _wave(f) for a, f in zip(sizes, tones_hz, strict=True)])
    return SwayForm("two tones", values, {k: float(v) for k, v in figures.items()})


def _white_noise(sigma_mps2: float = 0.02) -> SwayForm:
    """So long that every expectation is met to 0.5 % (300,000 values)."""
    rate_hz = FORM_RATE_HZ
    figures = {
        "rms_mps2": sigma_mps2 * np.sqrt(2.0),
        "distance_mps2": sigma_mps2 * np.sqrt(np.pi / 2.0),
        "jerk_rate_m2ps6": 2.0 * sigma_mps2**2 * rate_hz**2,
        "path_30s_mps2": 30.0 * rate_hz * sigma_mps2 * np.sqrt(np.pi),
        "ellipse_area_m2ps4": np.pi * _CHI_SQUARED_95 * sigma_mps2**2,
        "power_m2ps4": 2.0 * sigma_mps2**2,
        "frequency_50_hz": rate_hz / 4.0,
        "frequency_95_hz": 0.95 * rate_hz / 2.0,
        "centroid_frequency_hz": rate_hz / 2.0 / np.sqrt(3.0),
        "frequency_dispersion": 0.5,
    }
    values = sigma_mps2 * np.random.default_rng(1).normal(size=(150_000, 2))
    return SwayForm("white noise", values, figures, filtered=False)
