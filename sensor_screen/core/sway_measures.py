"""Sway of one stance from plain arrays: horizontal acceleration, or centre of pressure.

Columns are mediolateral, anteroposterior. The mean is removed, nothing else; there is no window and
no detrending. T is the time from the first to the last sample, sums run over all samples, and
slopes are forward differences. In the table a is the (filtered) acceleration without its mean and
r = sqrt(a_ML^2 + a_AP^2); of a direction alone, take that component for r.

| field | Mancini 2012 | formula | unit |
|---|---|---|---|
| `jerk_m2ps5` | JERK | 1/2 int (a_ML'^2 + a_AP'^2) dt; grows with T | m2/s5 |
| `jerk_rate_m2ps6` | | JERK / T | m2/s6 |
| `jerk_30s_m2ps5` | | 30 s JERK / T | m2/s5 |
| `distance_mps2` | DIST | mean r | m/s2 |
| `rms_mps2` | RMS | sqrt(mean r^2) | m/s2 |
| `range_mps2` | RANGE | largest distance of two samples; of a direction: max - min | m/s2 |
| `path_mps2` | PATH | sum of the steps from sample to sample; grows with T | m/s2 |
| `path_30s_mps2` | | 30 s PATH / T | m/s2 |
| `mean_velocity_mps` | MV | mean of sqrt((int a_ML)^2 + (int a_AP)^2), zero at the start | m/s |
| `mean_frequency_hz` | MF | PATH / (2 pi DIST T) | Hz |
| `area_rate_m2ps5` | AREA | 1/(2 T) sum abs(a_ML[i+1] a_AP[i] - a_ML[i] a_AP[i+1]) | m2/s5 |
| `power_m2ps4` | PWR | sum of the periodogram, both directions; equals RMS^2 | m2/s4 |
| `frequency_50_hz`, `.._95_hz` | F50, F95 | line at which that share of PWR is reached | Hz |
| `centroid_frequency_hz` | CF | sqrt(m2 / m0), m_k = sum f^k P | Hz |
| `frequency_dispersion` | FD | sqrt(1 - m1^2 / (m0 m2)) | 1 |
| `ellipse_area_m2ps4` | 95 % ellipse | pi 5.991 sqrt(det C), C divided by n - 1 | m2/s4 |

RANGE grows slowly with T, and MV depends on where the stance begins (its integral starts at zero):
neither can be scaled, and neither has an error here. `_sigma` is 1 sigma of the finite length of
the stance and of the sensor's noise; see `sway_figures`.

Mancini et al. 2012, J NeuroEng Rehabil 9:59, table 2 (a sensor on the lower back); area and centre
of pressure after Prieto et al. 1996, IEEE Trans Biomed Eng 43:956. One degree of tilt shows as
0.17 m/s2: these are mostly tilt, and no displacement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.low_pass import SWAY_CUTOFF_HZ, LowPassState, low_pass
from sensor_screen.core.sway_figures import measure_line, measure_plane, noise_density
from sensor_screen.errors import MeasurementError, UsageError
from sensor_screen.model import AccelerationSway, AxisSway

if TYPE_CHECKING:
    from sensor_screen.core.sway_figures import LineFigures, PlaneFigures, SpectrumFigures
    from sensor_screen.model import Floats, Placement

__all__ = [
    "AccelerationSway",
    "AxisSway",
    "CopAxisSway",
    "CopSway",
    "SwayState",
    "horizontal_axes",
    "level_acceleration",
    "low_pass",
    "measure_acceleration_sway",
    "measure_cop_sway",
]

NORMAL_DURATION_S = 30.0
"""Duration to which jerk and path are scaled, that of the published measures."""
_LEVEL_ENOUGH = 0.5
"""An axis within 30 deg of the vertical has no horizontal direction worth the name."""
_FEWEST = 16


@dataclass(frozen=True, slots=True)
class CopAxisSway:
    """Centre of pressure in one direction; formulas as above, of positions."""

    rms_m: float
    rms_sigma_m: float
    range_m: float
    path_m: float
    mean_velocity_mps: float
    """path / T"""
    power_m2: float
    frequency_50_hz: float
    frequency_95_hz: float
    centroid_frequency_hz: float
    frequency_dispersion: float


@dataclass(frozen=True, slots=True)
class CopSway:
    """Centre of pressure in one stance; planar unless it is under a direction."""

    duration_s: float
    rms_m: float
    rms_sigma_m: float
    distance_m: float
    range_m: float
    path_m: float
    path_sigma_m: float
    mean_velocity_mps: float
    """path / T"""
    mean_frequency_hz: float
    area_rate_m2ps: float
    ellipse_area_m2: float
    ellipse_area_sigma_m2: float
    power_m2: float
    frequency_50_hz: float
    frequency_95_hz: float
    centroid_frequency_hz: float
    frequency_dispersion: float
    swings: float
    mediolateral: CopAxisSway
    anteroposterior: CopAxisSway


class SwayState:
    """Acceleration sway of a stance that comes block by block.

    The filter's forward pass is done as samples come, its state carried from block to block; how
    they are cut into blocks changes no figure by a bit. `measure` may be asked at any time.

    Args:
        rate_hz: Samples per second.
        cutoff_hz: -3 dB point of the low-pass; None for samples that are filtered already.

    Raises:
        UsageError: The rate is too low for the filter, or no number.
    """

    def __init__(self, rate_hz: float, *, cutoff_hz: float | None = SWAY_CUTOFF_HZ) -> None:
        if not (math.isfinite(rate_hz) and rate_hz > 0.0):
            raise UsageError(f"{rate_hz:g} Hz", "is no sampling rate", "give samples per second")
        self.rate_hz = rate_hz
        self.cutoff_hz = cutoff_hz
        self._filter = None if cutoff_hz is None else LowPassState(rate_hz, cutoff_hz)
        self._blocks: list[Floats] = []
        self._columns = 0

    def add(self, acc_mps2: Floats) -> None:
        """Further samples: (n, 2) horizontal, or (n, 3) specific force in the sensor's axes.

        Raises:
            UsageError: Another shape, or values that are no numbers.
        """
        block = np.array(acc_mps2, dtype=np.float64)
        columns = block.shape[-1] if block.ndim == 2 else 0
        if columns not in {2, 3} or (self._columns and columns != self._columns):
            raise UsageError(
                f"samples of shape {block.shape}", "are not (n, 2) or (n, 3)", "give two columns"
            )
        if not np.isfinite(block).all():
            raise UsageError("samples", "hold values that are no numbers", "leave them out first")
        self._columns = columns
        if len(block):
            self._blocks.append(block)
            if self._filter is not None:
                self._filter.add(block)

    def measure(
        self, *, axis: Floats | None = None, placement: Placement | None = None
    ) -> AccelerationSway:
        """The figures of everything so far.

        Args:
            axis: Of samples with three columns: (3,) to the person's right (or left), in the
                sensor; None where it is not known, and with it no direction.
            placement: Where the sensor is.

        Raises:
            MeasurementError: Hardly any samples.
        """
        count = sum(map(len, self._blocks))
        if count < _FEWEST:
            raise MeasurementError(f"{count} samples", "are no stance", "give 30 s of standing")
        raw = np.concatenate(self._blocks)
        values = raw if self._filter is None else self._filter.filtered()
        known = True
        if raw.shape[1] == 3:
            basis, known = horizontal_axes(raw.mean(axis=0), axis)
            values = values @ basis.T
        noise = noise_slope = 0.0
        if self.cutoff_hz is not None:
            noise = noise_density(raw, self.rate_hz) * math.sqrt(self.cutoff_hz)
            noise_slope = 2.0 * math.pi * self.cutoff_hz * noise / math.sqrt(3.0)
        return _name_acceleration(
            measure_plane(values, self.rate_hz, noise, noise_slope),
            [measure_line(one, self.rate_hz, noise) for one in values.T] if known else [],
            self.cutoff_hz,
            placement,
        )


def measure_acceleration_sway(
    acc_mps2: Floats,
    rate_hz: float,
    *,
    cutoff_hz: float | None = SWAY_CUTOFF_HZ,
    axis: Floats | None = None,
    placement: Placement | None = None,
) -> AccelerationSway:
    """The acceleration measures of Mancini 2012, by the formulas above.

    Args:
        acc_mps2: (n, 2) horizontal acceleration, mediolateral and anteroposterior; or (n, 3)
            specific force in the sensor's axes, which is levelled first (`level_acceleration`).
        rate_hz: Samples per second.
        cutoff_hz: -3 dB point of `low_pass`, which is applied first; None for no filter.
        axis: Of (n, 3) samples: (3,) to the person's right, in the sensor; None where not known.
        placement: Where the sensor is. Figures of different placements cannot be compared; the
            published ones are of the lower back.

    Raises:
        UsageError: A shape, rate or value that cannot be.
        MeasurementError: Hardly any samples.
    """
    state = SwayState(rate_hz, cutoff_hz=cutoff_hz)
    state.add(acc_mps2)
    return state.measure(axis=axis, placement=placement)


def level_acceleration(acc_mps2: Floats, axis: Floats | None = None) -> Floats:
    """Specific force without the tilt of the sensor: turned until its mean is vertical.

    The full rotation, exact for any mounting; a sine of each angle is only right about one axis.

    Args:
        acc_mps2: (n, 3) in the sensor's axes.
        axis: (3,) to the person's right, in the sensor, however far from level; None: any.

    Returns:
        (n, 2) horizontal, m/s2: right and forward; without an axis two directions at right angles.
    """
    acc = np.asarray(acc_mps2, dtype=np.float64)
    basis, _ = horizontal_axes(acc.mean(axis=0), axis)
    levelled: Floats = acc @ basis.T
    return levelled


def horizontal_axes(up: Floats, axis: Floats | None) -> tuple[Floats, bool]:
    """(2, 3) right and forward in the sensor, both level, and whether that is what they are.

    Args:
        up: (3,) mean specific force.
        axis: (3,) to the person's right; None or not finite where it is not known.
    """
    up = up / np.linalg.norm(up)
    if axis is not None and np.isfinite(axis).all():
        forward = np.cross(up, axis)
        size = float(np.linalg.norm(forward))
        if size > _LEVEL_ENOUGH * float(np.linalg.norm(axis)):
            forward = forward / size
            return np.stack([np.cross(forward, up), forward]), True
    forward = np.cross(up, np.eye(3)[np.argmin(np.abs(up))])
    forward = forward / np.linalg.norm(forward)
    return np.stack([np.cross(forward, up), forward]), False


def measure_cop_sway(cop_m: Floats, rate_hz: float, *, cutoff_hz: float | None = None) -> CopSway:
    """Sway of the centre of pressure (Prieto 1996), for a force plate beside the sensors.

    Args:
        cop_m: (n, 2) mediolateral, anteroposterior.
        rate_hz: Samples per second.
        cutoff_hz: -3 dB point of `low_pass`; None, as given: plates differ in what they need
            (10 Hz is usual).

    Raises:
        UsageError: A shape, rate or value that cannot be.
        MeasurementError: Hardly any samples.
    """
    cop = np.asarray(cop_m, dtype=np.float64)
    if cop.ndim != 2 or cop.shape[1] != 2 or not np.isfinite(cop).all():
        raise UsageError(
            f"positions of shape {cop.shape}", "are not (n, 2) numbers", "give two columns"
        )
    if not (math.isfinite(rate_hz) and rate_hz > 0.0):
        raise UsageError(f"{rate_hz:g} Hz", "is no sampling rate", "give samples per second")
    if len(cop) < _FEWEST:
        raise MeasurementError(f"{len(cop)} samples", "are no stance", "give 30 s of standing")
    if cutoff_hz is not None:
        cop = low_pass(cop, rate_hz, cutoff_hz)
    plane = measure_plane(cop, rate_hz)
    directions = [_name_cop_axis(measure_line(one, rate_hz), plane.duration_s) for one in cop.T]
    return CopSway(
        **_name_plane(plane, _POSITION),
        mean_velocity_mps=plane.path / plane.duration_s,
        mediolateral=directions[0],
        anteroposterior=directions[1],
    )


def _name_cop_axis(line: LineFigures, duration_s: float) -> CopAxisSway:
    return CopAxisSway(
        **_name_line(line, _POSITION),
        mean_velocity_mps=line.path / duration_s,
    )


def _name_acceleration(
    plane: PlaneFigures,
    lines: list[LineFigures],
    cutoff_hz: float | None,
    placement: Placement | None,
) -> AccelerationSway:
    directions = [_name_axis(line) for line in lines] or [AxisSway(), AxisSway()]
    return AccelerationSway(
        **_name_plane(plane, _ACCELERATION),
        placement=placement,
        low_pass_hz=math.nan if cutoff_hz is None else cutoff_hz,
        jerk_m2ps5=plane.slope_energy,
        jerk_sigma_m2ps5=plane.slope_energy_sigma,
        jerk_rate_m2ps6=plane.slope_energy / plane.duration_s,
        jerk_30s_m2ps5=plane.slope_energy * NORMAL_DURATION_S / plane.duration_s,
        path_30s_mps2=plane.path * NORMAL_DURATION_S / plane.duration_s,
        mean_velocity_mps=plane.mean_integral,
        mediolateral=directions[0],
        anteroposterior=directions[1],
    )


def _name_axis(line: LineFigures) -> AxisSway:
    return AxisSway(
        **_name_line(line, _ACCELERATION),
        jerk_m2ps5=line.slope_energy,
        mean_velocity_mps=line.mean_integral,
    )


@dataclass(frozen=True, slots=True)
class _Units:
    """How the names of figures end."""

    value: str
    square: str
    area_rate: str


_ACCELERATION = _Units("mps2", "m2ps4", "m2ps5")
_POSITION = _Units("m", "m2", "m2ps")


def _name_plane(plane: PlaneFigures, units: _Units) -> dict[str, float]:
    """What acceleration and position have alike, under its name."""
    return {
        "duration_s": plane.duration_s,
        f"distance_{units.value}": plane.mean_distance,
        f"rms_{units.value}": plane.rms,
        f"rms_sigma_{units.value}": plane.rms_sigma,
        f"range_{units.value}": plane.range,
        f"path_{units.value}": plane.path,
        f"path_sigma_{units.value}": plane.path_sigma,
        "mean_frequency_hz": plane.mean_frequency_hz,
        f"area_rate_{units.area_rate}": plane.area_rate,
        f"ellipse_area_{units.square}": plane.ellipse_area,
        f"ellipse_area_sigma_{units.square}": plane.ellipse_area_sigma,
        "swings": plane.swings,
        **_name_spectrum(plane.spectrum, units),
    }


def _name_line(line: LineFigures, units: _Units) -> dict[str, float]:
    return {
        f"rms_{units.value}": line.rms,
        f"rms_sigma_{units.value}": line.rms_sigma,
        f"range_{units.value}": line.range,
        f"path_{units.value}": line.path,
        **_name_spectrum(line.spectrum, units),
    }


def _name_spectrum(spectrum: SpectrumFigures, units: _Units) -> dict[str, float]:
    return {
        f"power_{units.square}": spectrum.power,
        "frequency_50_hz": spectrum.frequency_50_hz,
        "frequency_95_hz": spectrum.frequency_95_hz,
        "centroid_frequency_hz": spectrum.centroid_hz,
        "frequency_dispersion": spectrum.dispersion,
    }
