"""Sway: how much shank and foot tilt while a person stands still.

Two directions, by the flexion axis: *anteroposterior* is tilt about the axis (forward and back),
*mediolateral* tilt across it (to the sides). The sensors sit on shank and foot, not on the lower
back, so no published norm applies: the figures compare a person with themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import MeasurementError
from sensor_screen.model import SampleFlag, SwayMeasures
from sensor_screen.units import RADIANS_PER_DEGREE

if TYPE_CHECKING:
    from sensor_screen.model import Calibration, CleanLeg, CleanStream, Floats, TaskInterval


@dataclass(frozen=True, slots=True)
class SwayParams:
    """Tuning of the stance measures."""

    shortest_s: float = 10.0
    """Shorter stances are refused: slow sway of about 0.1 Hz is not in them."""
    lost_share: float = 0.02
    """Largest share of missing samples."""
    largest_tilt_rad: float = 20.0 * RADIANS_PER_DEGREE
    """A segment that tilts further from its mean is stepping, not standing."""


def measure_sway(
    leg: CleanLeg,
    calibration: Calibration | None,
    task: TaskInterval,
    *,
    params: SwayParams | None = None,
) -> SwayMeasures:
    """Angular RMS of shank and foot over one stance, mean removed; nan for a sensor not worn.

    Without a calibration nothing tells forward from sideways: both are nan, the total is not.

    Raises:
        MeasurementError: Stance too short, samples missing, or the leg was not standing.
    """
    params = params or SwayParams()
    stretch = slice(*np.searchsorted(leg.time_s, [task.start_s, task.end_s]))
    duration_s = (stretch.stop - stretch.start) / leg.rate_hz
    name = f"{task.task.value} on the {leg.side.value} leg, {duration_s:.0f} s"
    if duration_s < params.shortest_s:
        raise MeasurementError(
            name,
            "too short for sway",
            f"stand for at least {params.shortest_s:.0f} s, better 30 s",
        )
    axes = (None, None) if calibration is None else (calibration.shank_axis, calibration.foot_axis)
    shank = _rms_rad(leg.shank, axes[0], stretch, name, params)
    foot = _rms_rad(leg.foot, axes[1], stretch, name, params)
    return SwayMeasures(
        side=leg.side,
        start_s=float(leg.time_s[stretch.start]),
        end_s=float(leg.time_s[stretch.stop - 1]),
        shank_mediolateral_rms_rad=shank[0],
        shank_anteroposterior_rms_rad=shank[1],
        foot_mediolateral_rms_rad=foot[0],
        foot_anteroposterior_rms_rad=foot[1],
        shank_total_rms_rad=shank[2],
        foot_total_rms_rad=foot[2],
    )


def _rms_rad(
    stream: CleanStream | None, axis: Floats | None, stretch: slice, name: str, params: SwayParams
) -> tuple[float, float, float]:
    """Mediolateral, anteroposterior and total RMS of one segment."""
    if stream is None:
        return math.nan, math.nan, math.nan
    placement = stream.info.placement.value
    missing = (stream.flags[stretch] & SampleFlag.MISSING) != 0
    if missing.mean() > params.lost_share:
        raise MeasurementError(
            name,
            f"{100 * missing.mean():.0f} % of the {placement} samples are missing",
            "repeat the stance nearer to the receiver",
        )
    acc_mps2 = stream.acc_mps2[stretch]
    any_axis = np.eye(3)[np.argmin(np.abs(acc_mps2.mean(axis=0)))]
    forward, right = _horizontal_axes(acc_mps2, any_axis if axis is None else axis)
    across = _tilt_rad(stream, stretch, about=forward, along=right)
    along = _tilt_rad(stream, stretch, about=right, along=-forward)
    if max(np.abs(across).max(), np.abs(along).max()) > params.largest_tilt_rad:
        raise MeasurementError(
            name,
            f"the {placement} moved more than in standing",
            "label only the part in which the person stood still",
        )
    sideways, forward_rad = (float(np.sqrt(np.mean(tilt**2))) for tilt in (across, along))
    total = math.hypot(sideways, forward_rad)
    return (math.nan, math.nan, total) if axis is None else (sideways, forward_rad, total)


def _horizontal_axes(acc_mps2: Floats, axis: Floats) -> tuple[Floats, Floats]:
    """Forward and right in the sensor, both level in the mean posture."""
    up = acc_mps2.mean(axis=0)
    up = up / np.linalg.norm(up)
    forward = np.cross(up, axis)
    forward = forward / np.linalg.norm(forward)
    return forward, np.cross(forward, up)


def _tilt_rad(stream: CleanStream, stretch: slice, *, about: Floats, along: Floats) -> Floats:
    """Tilt about one axis with its mean removed: the gyroscope's, held level by gravity.

    The integral of the gyroscope drifts along a straight line (unknown start, constant bias). That
    line is taken from the accelerometer's tilt by least squares. The accelerometer itself is not
    used any faster: h above the floor it reads sway of angular frequency w too large by
    1 + h w^2 / g, twice too large at 1 Hz on a shank.

    Args:
        stream: One sensor.
        stretch: Samples of the stance.
        about: Axis of the tilt.
        along: Level axis that sinks as the tilt grows.
    """
    acc_mps2 = stream.acc_mps2[stretch]
    rate_radps = stream.gyr_radps[stretch] @ about
    steps_rad = 0.5 * (rate_radps[1:] + rate_radps[:-1]) / stream.rate_hz
    integral_rad = np.concatenate([[0.0], np.cumsum(steps_rad)])
    level = acc_mps2 @ along / np.linalg.norm(acc_mps2, axis=1)
    gravity_rad = -np.arcsin(np.clip(level, -1.0, 1.0))
    at = np.linspace(-1.0, 1.0, integral_rad.size)
    slope, offset = np.polyfit(at, gravity_rad - integral_rad, 1)
    tilt_rad: Floats = integral_rad + slope * at + offset
    tilt_rad -= tilt_rad.mean()
    return tilt_rad
