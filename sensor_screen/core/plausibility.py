"""Is this the recording of a sensor on a leg at all? Refused here, before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.gyro_check import GyroCheckParams, find_gyro_fault
from sensor_screen.core.sample_faults import row_length, sensor_name
from sensor_screen.errors import RecordingError
from sensor_screen.units import STANDARD_GRAVITY_MPS2

if TYPE_CHECKING:
    from sensor_screen.core.gyro_check import GyroFault
    from sensor_screen.core.sample_faults import OrderedSamples
    from sensor_screen.model import CleanStream, Floats


@dataclass(frozen=True, slots=True)
class PlausibilityParams:
    """Limits of what a sensor on a leg can report."""

    rest_tolerance: float = 0.2
    """Share by which acceleration at rest may differ from one g: offsets of a cheap sensor reach
    0.5 m/s2 an axis, wrong units are off by ten and more."""
    rest_spread: float = 0.03
    """A block whose acceleration spreads less than this share of its mean is at rest."""
    moving_low_mps2: float = 5.0
    """Median of a recording without any rest: lowest and highest that a leg can produce."""
    moving_high_mps2: float = 25.0
    fastest_gyr_radps: float = 75.0
    """The widest usual range is 4000 deg/s, 69.8 rad/s; more is degrees under the name radians."""
    motionless_gyr_radps: float = 0.015
    """Largest angular velocity of a sensor that lies on a table; a standing person sways more."""
    motionless_acc_mps2: float = 0.15
    foot_must_move_radps: float = 4.0
    """With the shank this fast no foot stays flat: faster than any squat, slower than a step."""
    gyro: GyroCheckParams = field(default_factory=GyroCheckParams)


def refuse_implausible(
    samples: OrderedSamples, params: PlausibilityParams = PlausibilityParams()
) -> None:
    """Raise a RecordingError where one sensor's values cannot come from a working sensor."""
    _refuse_dead(samples)
    _refuse_wrong_units(samples, params)
    _refuse_wrong_gyro(samples, params)


def refuse_motionless(
    shank: CleanStream | None,
    foot: CleanStream | None,
    params: PlausibilityParams = PlausibilityParams(),
) -> None:
    """Raise a RecordingError where a sensor does not move although the leg must have.

    A foot may rest on the ground for a whole recording of squats, so it is judged by the shank.
    """
    if shank is not None and _lies_still(shank, params):
        raise _motionless(shank)
    if foot is None or not _lies_still(foot, params):
        return
    if shank is None or _largest_rate(shank) > params.foot_must_move_radps:
        raise _motionless(foot)


def _motionless(stream: CleanStream) -> RecordingError:
    return RecordingError(
        sensor_name(stream.info),
        "it never moves",
        "fasten it to the leg, switch it on, and record a movement",
    )


def _lies_still(stream: CleanStream, params: PlausibilityParams) -> bool:
    spread = np.abs(stream.acc_mps2 - np.median(stream.acc_mps2, axis=0)).max(axis=1)
    return (
        _largest_rate(stream) < params.motionless_gyr_radps
        and float(np.quantile(spread, 0.999)) < params.motionless_acc_mps2
    )


def _largest_rate(stream: CleanStream) -> float:
    """Largest angular velocity beside the zero-rate offset; a thousandth may be glitches."""
    turn = np.linalg.norm(stream.gyr_radps - np.median(stream.gyr_radps, axis=0), axis=1)
    return float(np.quantile(turn, 0.999))


def _refuse_dead(samples: OrderedSamples) -> None:
    constant = (samples.values == samples.values[0]).all(axis=0)
    if constant.all():
        raise RecordingError(
            samples.name,
            "it sends the same values all the time",
            "restart the sensor and record again",
        )
    for part, quantity in ((slice(0, 3), "acceleration"), (slice(3, 6), "angular velocity")):
        if constant[part].all() and not samples.values[0, part].any():
            raise RecordingError(
                samples.name,
                f"its {quantity} is zero throughout",
                "switch that part of the sensor on and record again",
            )


def _refuse_wrong_units(samples: OrderedSamples, params: PlausibilityParams) -> None:
    rest_mps2, at_rest = _force_at_rest(samples, params)
    low, high = params.moving_low_mps2, params.moving_high_mps2
    if at_rest:
        low = STANDARD_GRAVITY_MPS2 * (1 - params.rest_tolerance)
        high = STANDARD_GRAVITY_MPS2 * (1 + params.rest_tolerance)
    if not low <= rest_mps2 <= high:
        when = "at rest" if at_rest else "in the middle"
        raise RecordingError(
            samples.name,
            f"its acceleration {when} is {rest_mps2:.3g} m/s2 instead of 9.81",
            _unit_remedy(rest_mps2),
        )
    fastest = float(np.quantile(row_length(samples.values[:, 3:]), 0.995))
    if fastest > params.fastest_gyr_radps:
        raise RecordingError(
            samples.name,
            f"its angular velocity reaches {fastest:.0f} rad/s, more than any such sensor can show",
            "name the columns with the suffix _dps if they are in degrees per second",
        )


def _unit_remedy(rest_mps2: float) -> str:
    if 0.9 < rest_mps2 < 1.1:
        return "name the columns with the suffix _g if they are in g"
    if 700 < rest_mps2 < 1400:
        return "name the columns with the suffix _mg if they are in thousandths of g"
    if rest_mps2 < 5:
        return "export the acceleration with gravity, and with the suffix _g if it is in g"
    return "check the units and the scale of the acceleration"


def _refuse_wrong_gyro(samples: OrderedSamples, params: PlausibilityParams) -> None:
    sound = ~samples.held
    fault = find_gyro_fault(
        samples.time_s[sound], samples.values[sound], ~samples.clipped_gyr[sound], params.gyro
    )
    if fault is not None:
        raise RecordingError(samples.name, *_describe_gyro(fault))


def _describe_gyro(fault: GyroFault) -> tuple[str, str]:
    """Problem and remedy; the likely cause, by the size of the fault."""
    wrong = [axis for axis, sign in zip("xyz", fault.signs, strict=True) if sign < 0]
    if wrong:
        axes = f"axis {wrong[0]}" if len(wrong) == 1 else f"axes {', '.join(wrong)}"
        return (
            f"its gyroscope contradicts gravity, as if {axes} had the wrong sign",
            "give gyroscope and accelerometer in the same right-handed axes",
        )
    size = max(fault.scale, 1.0 / fault.scale)
    way = "slow" if fault.scale > 1.0 else "fast"
    problem = f"its gyroscope turns about {size:.2g} times too {way} for what gravity shows"
    if size < 30.0:
        return problem, "check the range and the scale of the gyroscope, and its unit"
    suffix, unit = ("radps", "radians") if fault.scale > 1.0 else ("dps", "degrees")
    return problem, f"name the columns with the suffix _{suffix} if they are in {unit} per second"


def _force_at_rest(samples: OrderedSamples, params: PlausibilityParams) -> tuple[float, bool]:
    """Size of the acceleration in still half seconds (median), and whether there are any.

    Where no half second is still: the median of everything. Independent of the unit.
    """
    acc = samples.values[:, :3]
    size = max(4, round(0.5 / samples.interval_s))
    blocks = acc[: len(acc) // size * size].reshape(-1, size, 3)
    mean: Floats = np.linalg.norm(blocks.mean(axis=1), axis=1)
    still = np.linalg.norm(blocks.std(axis=1), axis=1) < params.rest_spread * mean
    if still.any():
        return float(np.median(mean[still])), True
    return float(np.median(row_length(acc))), False
