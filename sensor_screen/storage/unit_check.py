"""Are the units what the header says? Gravity knows: it is 9.81 m/s2 long and turns with the gyro.

A wrong unit gives a plausible-looking wrong report, so it is looked for before anything is
measured. The bounds are wide: real sensors at rest are up to 0.6 m/s2 off, a units error is a
factor of at least 9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.gyro_check import find_gyro_fault
from sensor_screen.units import DEGREES_PER_RADIAN, RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

if TYPE_CHECKING:
    from sensor_screen.model import Floats


@dataclass(frozen=True, slots=True)
class UnitCheckParams:
    """What still passes as the unit of the header. All chosen by us."""

    rest_mps2: tuple[float, float] = (7.0, 12.5)
    """Acceleration at rest. Wider lets in worse sensors; 0.6 m/s2 off is common."""
    restless_mps2: tuple[float, float] = (4.0, 25.0)
    """The same where no second was quiet: 9 to 18 in recordings of single kicks."""
    quiet_share: float = 0.1
    """A second is quiet if acceleration varies by less than this share of its size."""
    max_gyr_radps: float = 70.0
    """4,000 deg/s, the full scale of the fastest body-worn sensors."""
    gyr_factor: float = 8.0
    """How far the turn of gravity and of the gyroscope may differ: less is a wrong range or sign,
    which is no matter of the header and is told when the recording is screened."""
    sampling_interval_s: tuple[float, float] = (1 / 4000, 0.2)
    """Slower than 5 Hz no movement can be seen; faster no such sensor runs."""


@dataclass(frozen=True, slots=True)
class UnitFault:
    """One wrong unit: what was found, and the header ending that would make it right."""

    value: str
    suffix: str | None
    """None where no unit explains it."""
    quantity: str


def find_unit_fault(
    time_s: Floats, acc_mps2: Floats, gyr_radps: Floats, params: UnitCheckParams | None = None
) -> UnitFault | None:
    """The first unit that cannot be right, or None.

    Args:
        time_s: (n,) device time.
        acc_mps2: (n, 3) specific force in what the header calls m/s2.
        gyr_radps: (n, 3) angular velocity in what the header calls rad/s.
        params: What still passes.
    """
    params = params or UnitCheckParams()
    sound = np.isfinite(time_s) & np.isfinite(acc_mps2).all(1) & np.isfinite(gyr_radps).all(1)
    # Rows of nothing but zeros are a logger's filler, not the quietest second.
    sound &= acc_mps2.any(1)
    time_s, acc_mps2, gyr_radps = time_s[sound], acc_mps2[sound], gyr_radps[sound]
    if len(time_s) < 2:
        few = "only one sample" if len(time_s) else "no sample"
        return UnitFault(f"{few} that is finite and not zero", None, "acceleration")
    steps_s = np.diff(time_s)
    if not (steps_s > 0).any():
        return UnitFault("a time that never increases", None, "time")
    interval_s = float(np.median(steps_s[steps_s > 0]))
    return (
        _check_time(interval_s, params)
        or _check_acceleration(acc_mps2, interval_s, params)
        or _check_rotation(time_s, acc_mps2, gyr_radps, params)
    )


def _check_time(interval_s: float, params: UnitCheckParams) -> UnitFault | None:
    low, high = params.sampling_interval_s
    if low <= interval_s <= high:
        return None
    units = {"ms": 1e-3, "us": 1e-6, "s": 1e3}
    suffix = next((s for s, factor in units.items() if low <= interval_s * factor <= high), None)
    return UnitFault(f"one sample every {interval_s:.3g} s", suffix, "time")


def _check_acceleration(
    acc_mps2: Floats, interval_s: float, params: UnitCheckParams
) -> UnitFault | None:
    window = min(len(acc_mps2), max(2, round(1.0 / interval_s)))
    start = _find_quietest(acc_mps2, window)
    rest = acc_mps2[start : start + window]
    size_mps2 = float(np.median(np.linalg.norm(rest, axis=1)))
    is_quiet = np.sqrt(rest.var(0).sum()) < params.quiet_share * size_mps2
    low, high = params.rest_mps2 if is_quiet else params.restless_mps2
    if low <= size_mps2 <= high:
        return None
    g = STANDARD_GRAVITY_MPS2
    units = {"g": g, "mg": g / 1000.0, "mps2": 1.0 / g}
    suffix = next((s for s, factor in units.items() if low <= size_mps2 * factor <= high), None)
    return UnitFault(f"{size_mps2:.3g} m/s2 at rest, where 9.81 belongs", suffix, "acceleration")


def _find_quietest(acc_mps2: Floats, window: int) -> int:
    """Start of the window in which acceleration varies least."""
    starts = np.arange(0, len(acc_mps2) - window + 1, max(1, window // 4))
    centred = acc_mps2 - acc_mps2.mean(0)
    sums = np.vstack([np.zeros(6), np.cumsum(np.hstack([centred, centred**2]), axis=0)])
    means = (sums[starts + window] - sums[starts]) / window
    variance = (means[:, 3:] - means[:, :3] ** 2).sum(1)
    return int(starts[np.argmin(variance)])


def _check_rotation(
    time_s: Floats, acc_mps2: Floats, gyr_radps: Floats, params: UnitCheckParams
) -> UnitFault | None:
    peak_radps = float(np.percentile(np.abs(gyr_radps).max(1), 99.9))
    if peak_radps > params.max_gyr_radps:
        return UnitFault(f"{peak_radps:.0f} rad/s, which no leg and no sensor does", "dps", "gyro")
    time_s, first = np.unique(time_s, return_index=True)
    samples = np.hstack([acc_mps2, gyr_radps])[first]
    fault = find_gyro_fault(time_s, samples, np.ones(len(samples), dtype=np.bool_))
    if fault is None or 1 / params.gyr_factor <= fault.scale <= params.gyr_factor:
        return None
    units = {"dps": RADIANS_PER_DEGREE, "radps": DEGREES_PER_RADIAN}
    close = (1 / params.gyr_factor, params.gyr_factor)
    suffix = next((s for s, f in units.items() if close[0] <= fault.scale / f <= close[1]), None)
    return UnitFault(
        f"turning {1 / fault.scale:.2g} times as fast as gravity shows", suffix, "gyro"
    )
