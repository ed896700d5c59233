"""How much one segment tilts about its mean: the gyroscope's tilt, held level by gravity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.sway_figures import (
    line_variance,
    measure_spread,
    noise_density,
    rms_error,
    spectral_lines,
)
from sensor_screen.core.sway_measures import horizontal_axes
from sensor_screen.model import TiltSway

if TYPE_CHECKING:
    from sensor_screen.model import CleanStream, Floats

_SLOW_LINES = 6
"""Lines of the spectrum, from the lowest, that tell how badly gravity fixes a straight line."""


@dataclass(frozen=True, slots=True)
class Tilt:
    """Tilt of one segment in one stance."""

    tilt_rad: Floats  # (n, 2) to the side and forward or back, or any two directions; mean removed
    directed: bool
    """The two columns are what they are called; False where the flexion axis is not known."""
    noise_rad: float
    """RMS in each direction of what the sensor's noise puts into it, 1 sigma."""


def follow_tilt(stream: CleanStream, part: slice, axis: Floats | None) -> Tilt:
    """The tilt of one segment in one stance.

    The integral of the gyroscope drifts along a straight line (unknown start, constant bias). That
    line is taken from the accelerometer's tilt by least squares. The accelerometer itself is not
    used any faster: h above the floor it reads sway of angular frequency w too large by
    1 + h w^2 / g, twice too large at 1 Hz on a shank.

    Args:
        stream: One sensor.
        part: Samples of the stance.
        axis: (3,) flexion axis in the sensor; None where it is not known.
    """
    acc_mps2 = stream.acc_mps2[part]
    (right, forward), directed = horizontal_axes(acc_mps2.mean(axis=0), axis)
    rates_radps = stream.gyr_radps[part] @ np.stack([forward, right], axis=1)
    # To the right the right axis sinks; leaning back (about `right`) the forward axis rises.
    level = acc_mps2 @ np.stack([right, -forward], axis=1)
    level = level / np.linalg.norm(acc_mps2, axis=1, keepdims=True)
    gravity_rad = -np.arcsin(np.clip(level, -1.0, 1.0))
    steps_rad = 0.5 * (rates_radps[1:] + rates_radps[:-1]) / stream.rate_hz
    integral_rad = np.concatenate([np.zeros((1, 2)), np.cumsum(steps_rad, axis=0)])
    at = np.linspace(-1.0, 1.0, len(integral_rad))
    line = np.polyfit(at, gravity_rad - integral_rad, 1)
    tilt_rad = integral_rad + at[:, None] * line[0] + line[1]
    return Tilt(
        tilt_rad=tilt_rad - tilt_rad.mean(axis=0),
        directed=directed,
        noise_rad=_noise_rad(rates_radps, gravity_rad - tilt_rad, stream.rate_hz),
    )


def measure_tilt(tilt: Tilt, stream: CleanStream, axis_error_rad: float = math.nan) -> TiltSway:
    """RMS of a tilt with its errors.

    The error is that of the finite stance (`sway_figures`), of the sensor's noise and, of a single
    direction, of the flexion axis: turned by e, a direction takes up `2 e` times the covariance of
    both and `e^2` times the difference of their squares. A scale error of the gyroscope (1 % or
    less) is not in it.

    Args:
        tilt: As of `follow_tilt`.
        stream: The sensor.
        axis_error_rad: 1 sigma of the flexion axis.
    """
    plane = measure_spread(tilt.tilt_rad, tilt.noise_rad)
    placement = stream.info.placement
    if not tilt.directed:
        return TiltSway(
            placement,
            total_rms_rad=plane.rms,
            total_sigma_rad=plane.rms_sigma,
            swings=plane.swings,
        )
    squares = np.mean(tilt.tilt_rad**2, axis=0)
    shared = abs(float(np.mean(tilt.tilt_rad[:, 0] * tilt.tilt_rad[:, 1])))
    error_rad = axis_error_rad if math.isfinite(axis_error_rad) else 0.0
    moved = 2.0 * error_rad * shared + error_rad**2 * abs(float(squares[1] - squares[0]))
    rms_rad = np.sqrt(squares).tolist()
    sigma_rad = []
    for one, rms in zip(tilt.tilt_rad.T, rms_rad, strict=True):
        finite = rms_error(rms, line_variance(spectral_lines(one)), tilt.noise_rad)
        turned = moved / (2.0 * rms) if rms > 0.0 else 0.0
        sigma_rad.append(math.hypot(finite, turned))
    return TiltSway(
        placement,
        mediolateral_rms_rad=rms_rad[0],
        anteroposterior_rms_rad=rms_rad[1],
        total_rms_rad=plane.rms,
        mediolateral_sigma_rad=sigma_rad[0],
        anteroposterior_sigma_rad=sigma_rad[1],
        total_sigma_rad=plane.rms_sigma,
        swings=plane.swings,
    )


def _noise_rad(rates_radps: Floats, misfit_rad: Floats, rate_hz: float) -> float:
    """RMS of the error of a tilt in one direction.

    White gyroscope noise of density N becomes a random walk; what a straight line leaves of it has
    the mean square `N^2 T / 30`. The line itself is as wrong as the accelerometer's tilt wanders at
    the lowest frequencies: with its density D there, the mean square is `D^2 / (2 T)`.

    Args:
        rates_radps: (n, 2) angular velocity.
        misfit_rad: (n, 2) tilt by the accelerometer against the result.
        rate_hz: Samples per second.
    """
    duration_s = len(rates_radps) / rate_hz
    walk = noise_density(rates_radps, rate_hz) ** 2 * duration_s / 30.0
    slow = np.mean([spectral_lines(one)[:_SLOW_LINES].mean() for one in misfit_rad.T])
    # The power in one line is D^2 / T.
    return math.sqrt(walk + 0.5 * float(slow))
