"""From what a sensor feels to what it sends: averaging, noise, full scale, counts, losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import ClockMap, GyroSampling, SensorInfo, SensorStream, Side

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensor_screen.model import Bools, Floats
    from sensor_screen.simulation.imperfections import Imperfections
    from sensor_screen.simulation.mounts import Mount, Sensed

_COUNTS = 32768


@dataclass(frozen=True, slots=True)
class SensorClock:
    """What a sensor's own clock shows."""

    offset_s: float = 0.0
    skew: float = 0.0

    def true_time_s(self, device_time_s: Floats) -> Floats:
        """Time on the shank's clock, which is the common base."""
        return (device_time_s - self.offset_s) / (1.0 + self.skew)

    @property
    def map(self) -> ClockMap:
        """The same as the recording would say it."""
        rate = 1.0 / (1.0 + self.skew)
        return ClockMap(offset_s=-self.offset_s * rate, skew=rate - 1.0, origin="given")


def sample_times_s(clock: SensorClock, duration_s: float, rate_hz: float) -> Floats:
    """(n,) device times of all samples inside the recording, on the sensor's own regular grid."""
    first = np.ceil(clock.offset_s * rate_hz - 1e-9)
    end = (duration_s * (1.0 + clock.skew) + clock.offset_s) * rate_hz
    return np.arange(first, np.floor(end - 1e-9) + 1.0) / rate_hz


def average(sensed: Sensed, centre_s: Floats, rate_hz: float) -> Floats:
    """(m, 6) means of specific force and angular velocity over one sample interval.

    The interval is centred on the time stamp, so a sample is an instant seen through a low-pass
    without delay: this is the device's anti-aliasing. The integral is a cubic Hermite spline whose
    slopes are the signal.
    """
    from scipy.interpolate import CubicHermiteSpline

    signal = np.concatenate([sensed.acc_mps2, sensed.gyr_radps], axis=1)
    step_s = sensed.time_s[1] - sensed.time_s[0]
    integral = np.zeros_like(signal)
    np.cumsum(0.5 * step_s * (signal[1:] + signal[:-1]), axis=0, out=integral[1:])
    spline = CubicHermiteSpline(sensed.time_s, integral, signal)
    half_s = 0.5 / rate_hz
    means: Floats = (spline(centre_s + half_s) - spline(centre_s - half_s)) * rate_hz
    return means


def send(
    means: Floats,
    device_time_s: Floats,
    side: Side,
    mount: Mount,
    clock: ClockMap | None,
    imperfections: Imperfections,
    random: np.random.Generator,
) -> SensorStream:
    """The stream of one sensor: (m, 6) means with everything that is wrong with the part."""
    flaws = imperfections
    rate_hz = 1.0 / (device_time_s[1] - device_time_s[0])
    biases = np.concatenate(
        [
            flaws.acc_bias_mps2 * _direction(random),
            flaws.gyr_bias_radps * _direction(random),
        ]
    )
    # White noise of density d has d * sqrt(rate / 2) left after the averaging.
    densities = np.repeat([flaws.acc_noise_mps2, flaws.gyr_noise_radps], 3)
    noise = random.standard_normal(means.shape) * densities * np.sqrt(rate_hz / 2.0)
    raw, scales = _digitise(means + biases + noise, flaws)
    held = random.random(len(raw)) < flaws.held_share
    held[0] = False
    raw = raw[np.maximum.accumulate(np.where(held, 0, np.arange(len(raw))))]
    kept = ~_lost(device_time_s, flaws, random)
    return SensorStream(
        info=SensorInfo(
            side=side,
            placement=mount.placement,
            serial=f"SIM-{side}-{mount.placement}",
            model="simulated 6-axis sensor",
            gyro_sampling=GyroSampling.INSTANT,
            acc_range_mps2=flaws.acc_range_mps2,
            gyr_range_radps=flaws.gyr_range_radps,
        ),
        device_time_s=device_time_s[kept],
        raw=raw[kept],
        acc_scale_mps2=scales[0],
        gyr_scale_radps=scales[1],
        sequence=np.flatnonzero(kept).astype(np.int64),
        clock=clock,
    )


def _digitise(
    values: Floats, flaws: Imperfections
) -> tuple[NDArray[np.int16] | NDArray[np.float32], tuple[float, float]]:
    """(m, 6) raw samples, clipped at full scale, and the size of one count of each kind."""
    ranges = np.repeat([flaws.acc_range_mps2, flaws.gyr_range_radps], 3)
    if not flaws.quantised:
        return np.clip(values, -ranges, ranges).astype(np.float32), (1.0, 1.0)
    counts = np.clip(np.rint(values / ranges * _COUNTS), -_COUNTS, _COUNTS - 1).astype(np.int16)
    return counts, (flaws.acc_range_mps2 / _COUNTS, flaws.gyr_range_radps / _COUNTS)


def _lost(device_time_s: Floats, flaws: Imperfections, random: np.random.Generator) -> Bools:
    """(m,) samples that never arrive: single ones and whole packets; never the first."""
    lost = random.random(device_time_s.size) < flaws.loss_share
    duration_s = float(device_time_s[-1] - device_time_s[0])
    packets = random.poisson(flaws.gaps_per_minute * duration_s / 60.0)
    starts_s = device_time_s[0] + random.uniform(0.0, duration_s, packets)
    for start_s, length_s in zip(starts_s, random.uniform(*flaws.gap_s, packets), strict=True):
        lost |= (device_time_s > start_s) & (device_time_s <= start_s + length_s)
    lost[0] = False
    return lost


def _direction(random: np.random.Generator) -> Floats:
    vector = random.standard_normal(3)
    unit: Floats = vector / np.linalg.norm(vector)
    return unit
