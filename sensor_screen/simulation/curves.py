"""Curves in time: strokes from pose to pose, cycles through key poses, and the sway of standing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Floats

GRID_HZ = 200.0
"""Rate on which movements are laid down. What lies between is a spline, so it limits only how
sharp a movement can be; the fastest swing here lasts more than 20 steps of it."""

SMOOTHING_S = 0.008
"""Standard deviation of the bell that every movement is smoothed with, so that key poses and joins
leave no kink. Longer blunts the fastest kick (2,074 deg/s) by more than is made good."""

STROKE_PEAK = 1.875
"""Peak over mean speed of a stroke (minimum jerk)."""

_STROKE_WIDTH = 0.189
"""Standard deviation of a stroke's speed over its duration: 1 / sqrt(28)."""


def grid_s(duration_s: float) -> Floats:
    """(n,) times from 0, at least one, on which a movement of this duration is laid down."""
    return np.arange(max(1, round(duration_s * GRID_HZ))) / GRID_HZ


def ease(share: Floats) -> Floats:
    """From 0 at 0 to 1 at 1 with minimum jerk (Flash and Hogan 1985); constant outside."""
    s = np.clip(share, 0.0, 1.0)
    eased: Floats = s * s * s * (10.0 + s * (6.0 * s - 15.0))
    return eased


def strokes(times_s: Sequence[float], values: Sequence[float], at_s: Floats) -> Floats:
    """From value to value with minimum jerk, at rest at each; a hold where two are equal."""
    curve = np.full_like(at_s, values[0])
    steps = zip(times_s[:-1], times_s[1:], np.diff(np.asarray(values, float)), strict=True)
    for start_s, end_s, rise in steps:
        curve += rise * ease((at_s - start_s) / (end_s - start_s))
    return curve


def stroke_duration_s(rise: float, peak_rate: float) -> float:
    """How long a stroke must last to reach this peak rate after the smoothing of the movement."""
    unsmoothed_s = STROKE_PEAK * abs(rise) / peak_rate
    return float(np.sqrt(unsmoothed_s**2 - (SMOOTHING_S / _STROKE_WIDTH) ** 2))


def follow(times_s: Sequence[float] | Floats, values: Floats, at_s: Floats) -> Floats:
    """Through key poses without overshoot (Fritsch and Butland 1984); constant outside them.

    Args:
        times_s: (k,) increasing.
        values: (k,) or (k, m) the key poses.
        at_s: (n,) where the curve is wanted.
    """
    from scipy.interpolate import PchipInterpolator

    times = np.asarray(times_s, float)
    curve: Floats = PchipInterpolator(times, values)(np.clip(at_s, times[0], times[-1]))
    return curve


def sway(at_s: Floats, rms: float, random: np.random.Generator) -> Floats:
    """(n,) slow unsteadiness of 0.1 to 1 Hz, zero at both ends; amplitude falls with frequency."""
    frequencies_hz = np.geomspace(0.1, 1.0, 7)
    phases = random.uniform(0.0, 2.0 * np.pi, frequencies_hz.size)
    waves = np.sin(2.0 * np.pi * np.multiply.outer(at_s, frequencies_hz) + phases)
    weights = frequencies_hz**-0.5
    curve = waves @ (weights * rms * np.sqrt(2.0 / (weights @ weights)))
    end_s = float(at_s[-1])
    ramp_s = max(min(1.0, end_s / 2.0), 1.0 / GRID_HZ)
    tapered: Floats = curve * ease(at_s / ramp_s) * ease((end_s - at_s) / ramp_s)
    return tapered


def limit(demand: Floats, end: float, softness: float) -> Floats:
    """The demand up to an end range that is met softly, not like a wall."""
    met: Floats = end - softness * np.logaddexp(0.0, (end - demand) / softness)
    return met


def bump(share: Floats) -> Floats:
    """From 0 at 0 to 1 in the middle and 0 at 1, smooth at both ends; zero outside."""
    s = np.clip(share, 0.0, 1.0)
    raised: Floats = (4.0 * s * (1.0 - s)) ** 3
    return raised


def smooth(columns: Floats, width_s: float = SMOOTHING_S) -> Floats:
    """(n, m) columns on the grid, smoothed by a bell of this standard deviation; ends are held."""
    from scipy.ndimage import gaussian_filter1d

    smoothed: Floats = gaussian_filter1d(
        columns, width_s * GRID_HZ, axis=0, mode="nearest", truncate=6.0
    )
    return smoothed
