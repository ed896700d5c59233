"""Figures of a curve that wanders about its mean, on a line or in a plane, in whatever unit.

`sway_measures` gives them their names and units. Sources: Mancini et al. 2012 (J NeuroEng Rehabil
9:59, table 2) and Prieto et al. 1996 (IEEE Trans Biomed Eng 43:956) for the definitions.

*Error of finite length.* A stance is a short piece of an endless sway: another piece of the same
sway has another RMS. For a Gaussian signal with power `S_k` in line k of its spectrum, the mean
square of one piece has the variance `sum S_k^2`; its root over the mean square is the relative
error. `swings` is how many independent values the piece is worth: `(sum S_k)^2 / sum S_k^2`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sensor_screen.model import Floats

CHI_SQUARE_95 = -2.0 * math.log(0.05)
"""95 % quantile of chi-square with two degrees of freedom, 5.991."""
_NEIGHBOURS = 3
"""Lines of the spectrum that are averaged before they are squared: a single line of a periodogram
scatters by 100 %, which would make the error estimate itself unsteady."""


@dataclass(frozen=True, slots=True)
class SpectrumFigures:
    """Where in frequency the wandering takes place; nan where there is none."""

    power: float
    """All of it: the variance (Parseval), mean removed, no window."""
    frequency_50_hz: float
    frequency_95_hz: float
    """Lowest line of the spectrum at and below which 50 and 95 % of the power are."""
    centroid_hz: float
    """sqrt(m2 / m0), with m_k = sum f^k S."""
    dispersion: float
    """sqrt(1 - m1^2 / (m0 m2)): 0 for a sinusoid, 0.5 for white noise."""


@dataclass(frozen=True, slots=True)
class LineFigures:
    """A curve on a line."""

    rms: float
    rms_sigma: float
    range: float
    path: float
    slope_energy: float
    """Half the integral of the squared slope; JERK of an acceleration."""
    mean_integral: float
    """Mean size of the integral from the start."""
    spectrum: SpectrumFigures


@dataclass(frozen=True, slots=True)
class PlaneFigures:
    """A curve in a plane; nothing here depends on the directions of its axes."""

    duration_s: float
    rms: float
    rms_sigma: float
    swings: float
    mean_distance: float
    range: float
    path: float
    path_sigma: float
    slope_energy: float
    slope_energy_sigma: float
    mean_integral: float
    mean_frequency_hz: float
    area_rate: float
    ellipse_area: float
    ellipse_area_sigma: float
    spectrum: SpectrumFigures
    """Of both directions together: the sum of their spectra."""


def measure_line(values: Floats, rate_hz: float, noise: float = 0.0) -> LineFigures:
    """Figures of a curve on a line.

    Args:
        values: (n,)
        rate_hz: Samples per second.
        noise: RMS of sensor noise in the values, for the error.
    """
    centred = _centre(values)
    steps = np.diff(centred)
    lines = spectral_lines(centred)
    rms = math.sqrt(float(np.mean(centred**2)))
    return LineFigures(
        rms=rms,
        rms_sigma=rms_error(rms, line_variance(lines), noise),
        range=float(np.ptp(centred)),
        path=float(np.abs(steps).sum()),
        slope_energy=0.5 * rate_hz * float(np.sum(steps**2)),
        mean_integral=float(np.abs(_integral(centred, rate_hz)).mean()),
        spectrum=describe_spectrum(lines, len(values), rate_hz),
    )


def measure_plane(
    values: Floats, rate_hz: float, noise: float = 0.0, noise_slope: float = 0.0
) -> PlaneFigures:
    """Figures of a curve in a plane.

    Args:
        values: (n, 2)
        rate_hz: Samples per second.
        noise: RMS of sensor noise in each direction, for the errors.
        noise_slope: RMS of the noise's slope in each direction.
    """
    centred = _centre(values)
    steps = np.diff(centred, axis=0)
    duration_s = len(steps) / rate_hz
    distance = np.hypot(*centred.T)
    path = float(np.hypot(*steps.T).sum())
    mean_distance = float(distance.mean())
    swept = centred[1:, 0] * centred[:-1, 1] - centred[:-1, 0] * centred[1:, 1]
    spread = measure_spread(centred, noise)
    ellipse_area = math.pi * CHI_SQUARE_95 * math.sqrt(max(0.0, _determinant(centred)))
    slope_energy = 0.5 * rate_hz * float(np.sum(steps**2))
    slope_noise = _share(noise_slope**2 * duration_s, slope_energy) if noise_slope else 0.0
    slope_error = math.hypot(_slope_error(centred), slope_noise)
    return PlaneFigures(
        duration_s=duration_s,
        rms=spread.rms,
        rms_sigma=spread.rms_sigma,
        swings=spread.swings,
        mean_distance=mean_distance,
        range=_widest(centred),
        path=path,
        path_sigma=0.5 * slope_error * path,
        slope_energy=slope_energy,
        slope_energy_sigma=slope_error * slope_energy,
        mean_integral=float(np.hypot(*_integral(centred, rate_hz).T).mean()),
        mean_frequency_hz=_share(path, 2.0 * math.pi * mean_distance * duration_s),
        area_rate=0.5 * float(np.abs(swept).sum()) / duration_s,
        ellipse_area=ellipse_area,
        ellipse_area_sigma=spread.ellipse_error * ellipse_area,
        spectrum=describe_spectrum(spread.lines, len(values), rate_hz),
    )


@dataclass(frozen=True, slots=True)
class Spread:
    """How far a curve in a plane wanders, and how well that is known."""

    rms: float
    rms_sigma: float
    swings: float
    ellipse_error: float
    """Relative error of the area of its ellipse, 1 sigma."""
    lines: Floats  # (n // 2,) spectrum of both directions together


def measure_spread(values: Floats, noise: float = 0.0) -> Spread:
    """RMS of a curve in a plane with its error, the two principal axes taken as independent.

    Args:
        values: (n, 2)
        noise: RMS of sensor noise in each direction.
    """
    principal = _principal(_centre(values))
    each = [spectral_lines(one) for one in principal.T]
    variances = [line_variance(lines) for lines in each]
    squares = [float(np.mean(one**2)) for one in principal.T]
    errors = [
        math.sqrt(variance) / square if square > 0.0 else 0.0
        for variance, square in zip(variances, squares, strict=True)
    ]
    rms, variance = math.sqrt(sum(squares)), sum(variances)
    return Spread(
        rms=rms,
        rms_sigma=rms_error(rms, variance, math.sqrt(2.0) * noise),
        swings=_share(rms**4, variance),
        ellipse_error=0.5 * math.hypot(*errors),
        lines=each[0] + each[1],
    )


def spectral_lines(centred: Floats) -> Floats:
    """(n // 2,) mean square in each line of the spectrum above zero; their sum is the variance."""
    count = len(centred)
    lines: Floats = 2.0 * np.abs(np.fft.rfft(centred)[1:]) ** 2 / count**2
    if count % 2 == 0:
        lines[-1] *= 0.5  # the highest line has no negative twin
    return lines


def describe_spectrum(lines: Floats, count: int, rate_hz: float) -> SpectrumFigures:
    """Moments and quantiles of a spectrum.

    Args:
        lines: As of `spectral_lines`.
        count: Samples that it was made from.
        rate_hz: Their rate.
    """
    frequency_hz = np.arange(1, len(lines) + 1) * rate_hz / count
    m0, m1, m2 = (float(frequency_hz**k @ lines) for k in range(3))
    if m0 <= 0.0:
        return SpectrumFigures(0.0, math.nan, math.nan, math.nan, math.nan)
    reached = np.cumsum(lines) / lines.sum()
    half, most = (
        float(frequency_hz[np.searchsorted(reached, share - 1e-12)]) for share in (0.5, 0.95)
    )
    dispersion = math.sqrt(max(0.0, 1.0 - m1**2 / (m0 * m2)))
    return SpectrumFigures(m0, half, most, math.sqrt(m2 / m0), dispersion)


def line_variance(lines: Floats) -> float:
    """Variance of the mean square of a piece with this spectrum, had it been another piece.

    The mean of m neighbouring lines, each scattering like chi-square with two degrees of freedom,
    has `E[mean^2] = S^2 (1 + 1/m)`, hence the factor.
    """
    smooth = np.convolve(lines, np.full(_NEIGHBOURS, 1.0 / _NEIGHBOURS))
    return float(np.sum(smooth**2)) * _NEIGHBOURS / (_NEIGHBOURS + 1.0)


def rms_error(rms: float, variance: float, noise: float = 0.0) -> float:
    """1 sigma of an RMS: finite length, and noise of the sensor.

    Args:
        rms: The figure.
        variance: Of its square, see `line_variance`.
        noise: RMS of what the sensor adds: it raises the square by `noise^2`, and agrees with the
            swings by chance, the less the more swings there are.
    """
    if rms <= 0.0:
        return noise
    raised = min(noise**2 / (2.0 * rms), noise)
    by_chance = noise * min(1.0, math.sqrt(variance) / rms**2)
    return math.sqrt(variance / (4.0 * rms**2) + raised**2 + by_chance**2)


def noise_density(values: Floats, rate_hz: float) -> float:
    """Amplitude density of white noise (unit per root hertz), from the top of the spectrum.

    Between 0.6 and 0.95 of half the rate a standing leg does not move; a sensor that averages or
    filters itself shows less noise there than it has below, and is taken for better than it is.

    Args:
        values: (n,) or (n, k), not low-passed.
        rate_hz: Samples per second.
    """
    columns = values.reshape(len(values), -1)
    power = np.abs(np.fft.rfft(columns - columns.mean(axis=0), axis=0)) ** 2
    top = power[round(0.6 * len(power)) : round(0.95 * len(power)) + 1]
    # The median of a chi-square of two degrees of freedom is ln 2 of its mean.
    median = float(np.median(top)) / math.log(2.0)
    return math.sqrt(2.0 * median / (rate_hz * len(columns)))


def _centre(values: Floats) -> Floats:
    """The values without their mean; exactly zero where they differ by rounding only."""
    centred = values - values.mean(axis=0)
    rounding = 1e-12 * float(np.abs(values).max())
    return np.where(np.ptp(values, axis=0) > rounding, centred, 0.0)


def _integral(centred: Floats, rate_hz: float) -> Floats:
    """The integral from the first sample (trapezium rule), zero there."""
    steps = 0.5 * (centred[1:] + centred[:-1]) / rate_hz
    summed: Floats = np.concatenate([np.zeros_like(centred[:1]), np.cumsum(steps, axis=0)])
    return summed


def _principal(centred: Floats) -> Floats:
    """(n, 2) the curve along its two principal axes, in which it is uncorrelated."""
    _, axes = np.linalg.eigh(centred.T @ centred)
    turned: Floats = centred @ axes
    return turned


def _slope_error(curve: Floats) -> float:
    """Relative error of the mean squared slope.

    From the spectrum of the steps: that of the curve times f^2 would be filled up at high
    frequencies by its jump from the last sample to the first.
    """
    each = [spectral_lines(one) for one in _principal(_centre(np.diff(curve, axis=0))).T]
    variance = sum(line_variance(one) for one in each)
    return _share(math.sqrt(variance), float(sum(one.sum() for one in each)))


def _determinant(centred: Floats) -> float:
    """Of the covariance matrix (divided by n - 1)."""
    (xx, xy), (_, yy) = centred.T @ centred / (len(centred) - 1)
    return float(xx * yy - xy**2)


def _widest(points: Floats) -> float:
    """Largest distance between any two points: between corners of the hull that face each other."""
    from scipy.spatial import ConvexHull, QhullError

    try:
        corners = points[ConvexHull(points).vertices]  # counter-clockwise
    except QhullError:
        return float(np.ptp(_principal(points)[:, 1]))  # all on one line
    edges = np.roll(corners, -1, axis=0) - corners
    angle = np.unwrap(np.arctan2(edges[:, 1], edges[:, 0]))
    across = angle[0] + np.mod(angle + math.pi - angle[0], 2.0 * math.pi)
    facing = np.searchsorted(angle, across)
    opposite = [corners[(facing + k) % len(corners)] for k in (-1, 0, 1)]
    ends = corners, np.roll(corners, -1, axis=0)
    return max(float(np.hypot(*(end - far).T).max()) for end in ends for far in opposite)


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else math.nan
