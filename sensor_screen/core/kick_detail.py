"""What may be said of one kick: its instants, its angles, and what rate and range hide of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.kicks import strength
from sensor_screen.model import AngleMark, KickDetail, SampleFlag

if TYPE_CHECKING:
    from sensor_screen.core.kicks import KickSwing
    from sensor_screen.model import AngleTrace, Bools, Bytes


@dataclass(frozen=True, slots=True)
class KickDetailParams:
    """Tuning of what is said of a kick."""

    before_s: float = 0.150
    """Start of the window, before the impact, in which the largest plantarflexion is sought."""
    after_s: float = 0.100
    """End of that window, after the impact."""
    rise_rate_hz: float = 190.0
    """Least rate at which the push of the ball is measured: the contact of 10 ms must hold two
    samples."""
    rise_guard_s: float = 0.020
    """Before the impact, and after it to the end of the window, no sample may be clipped, held or
    lost: the rise is a difference of single samples."""
    lost_share: float = 0.2
    """Largest share of invalid angles in the window."""


_ABSOLUTE = int(AngleMark.ZERO_UNKNOWN | AngleMark.SIGN_UNKNOWN)
"""Marks that spoil an angle, but not an excursion."""


def describe_kick(
    swing: KickSwing,
    angle: AngleTrace,
    flags: Bytes | None = None,
    params: KickDetailParams | None = None,
) -> KickDetail:
    """The detail of one swing.

    Args:
        swing: As found, in samples of `angle`.
        angle: The ankle of the leg.
        flags: (n,) `SampleFlag` bits of both sensors together; None: nothing is known against them.
        params: Tuning.
    """
    params = params or KickDetailParams()
    rate_hz = angle.rate_hz
    window = kick_window(swing, len(angle.time_s), rate_hz, params)
    before = math.floor(swing.impact)
    swung = slice(min(swing.swing_start, before), window.stop)
    note, excursion_rad = _judge_angle(angle, window, swung, params)
    at = window.start + _lowest(angle, window)
    given = not note
    clipped, clipping_note = _describe_clipping(flags, window, swing)
    rise_note = _rise_fault(swing, angle, flags, window, params) or note
    rise_rad = math.nan
    if not rise_note:
        after_rad = angle.dorsiflexion_rad[before + 1 : window.stop]
        rise_rad = float(angle.dorsiflexion_rad[before] - after_rad.min())
    return KickDetail(
        found=not swing.reason,
        back_swing_start_s=float(angle.time_s[swing.back_swing_start]),
        swing_start_s=float(angle.time_s[swing.swing_start]),
        impact_s=float(angle.time_s[0]) + swing.impact / rate_hz,
        impact_sigma_s=swing.impact_sigma / rate_hz,
        struck=swing.struck,
        peak_shank_rate_radps=swing.peak_shank_radps,
        peak_foot_rate_radps=swing.peak_foot_radps,
        strength_radps=strength(swing),
        plantarflexion_before_impact_rad=_value(angle, before, given=given),
        plantarflexion_before_impact_sigma_rad=(
            _impact_sigma_rad(angle, before, swing.impact_sigma) if given else math.nan
        ),
        largest_plantarflexion_rad=_value(angle, at, given=given),
        largest_plantarflexion_sigma_rad=float(angle.sigma_rad[at]) if given else math.nan,
        excursion_rad=excursion_rad,
        rise_after_impact_rad=rise_rad,
        rise_note=rise_note,
        angle_note=note,
        clipped=clipped,
        clipping_note=clipping_note,
        sampling_note=_describe_sampling(swing, rate_hz, flags, window),
    )


def kick_window(swing: KickSwing, count: int, rate_hz: float, params: KickDetailParams) -> slice:
    """Samples from 150 ms before the impact to 100 ms after, as far as there are any."""
    start = math.floor(swing.impact - params.before_s * rate_hz + 0.5)
    stop = math.floor(swing.impact + params.after_s * rate_hz + 0.5) + 1
    return slice(max(0, start), min(count, stop))


def _lowest(angle: AngleTrace, window: slice) -> int:
    values = angle.dorsiflexion_rad[window]
    return int(np.nanargmin(values)) if np.isfinite(values).any() else 0


def _value(angle: AngleTrace, at: int, *, given: bool) -> float:
    return float(angle.dorsiflexion_rad[at]) if given else math.nan


def _judge_angle(
    angle: AngleTrace, window: slice, swung: slice, params: KickDetailParams
) -> tuple[str, float]:
    """Why there is no angle, and the excursion, which may be known all the same."""
    finite = np.isfinite(angle.dorsiflexion_rad)
    spoilt = (angle.marks & ~np.uint16(_ABSOLUTE | int(AngleMark.SINGLE_SENSOR))) != 0
    # Invalid without a mark, or with one that spoils excursions as well.
    lost = ~finite | (~angle.valid & (spoilt | ((angle.marks & np.uint16(_ABSOLUTE)) == 0)))
    excursion_rad = math.nan
    if lost[window].mean() <= params.lost_share and finite[swung].any():
        bends = angle.dorsiflexion_rad[swung]
        excursion_rad = float(np.nanmax(bends) - np.nanmin(angle.dorsiflexion_rad[window]))
    if (angle.marks[window] & np.uint16(int(AngleMark.SIGN_UNKNOWN))).any():
        return "it is not known which way is plantarflexion", excursion_rad
    if lost[window].mean() > params.lost_share:
        return "the angle is not valid round the impact", excursion_rad
    if (angle.marks[window] & np.uint16(int(AngleMark.ZERO_UNKNOWN))).any():
        return "nobody stood still, so the zero is unknown: excursion only", excursion_rad
    if not angle.valid[window].all():
        return "the angle is not valid in part of the window round the impact", excursion_rad
    return "", excursion_rad


def _impact_sigma_rad(angle: AngleTrace, before: int, impact_sigma: float) -> float:
    """1 sigma of the angle before the impact: that of the angle, and what it turns meanwhile."""
    part = angle.dorsiflexion_rad[max(0, before - 2) : before + 1]
    slope = abs(float(part[-1] - part[0])) / max(1, part.size - 1)
    # An ankle that points and then holds has turned more within a long error than its last slope.
    course = angle.dorsiflexion_rad[max(0, before - math.floor(impact_sigma)) : before + 1]
    turned = max(slope * impact_sigma, float(np.nanmax(np.abs(course - course[-1]))))
    return math.hypot(float(angle.sigma_rad[before]), turned)


def _rise_fault(
    swing: KickSwing,
    angle: AngleTrace,
    flags: Bytes | None,
    window: slice,
    params: KickDetailParams,
) -> str:
    """Why the push of the ball cannot be told, apart from the angle itself."""
    if not swing.struck:
        return "no blow was felt"
    if angle.rate_hz < params.rise_rate_hz:
        return f"{angle.rate_hz:.0f} Hz is too slow: the contact lasts about one sample"
    guard = math.floor(swing.impact) - round(params.rise_guard_s * angle.rate_hz)
    part = slice(max(0, guard), window.stop)
    if flags is not None and flags[part].any():
        return "samples next to the impact are clipped, repeated or lost"
    if math.floor(swing.impact) + 1 >= window.stop:
        return "the recording ends at the impact"
    return ""


def _describe_clipping(flags: Bytes | None, window: slice, swing: KickSwing) -> tuple[bool, str]:
    if flags is None:
        return False, ""
    clipped = _has(flags[window], SampleFlag.CLIPPED)
    if not clipped.any():
        return False, ""
    until = max(0, math.floor(swing.impact) + 1 - window.start)
    early = _has(flags[window], SampleFlag.CLIPPED_GYR)[:until].any()
    count = int(clipped.sum())
    bound = "the peak rates are at least what is shown" if early else "the peak rates are not"
    return True, (
        f"{count} {'sample is' if count == 1 else 'samples are'} at full scale round the impact: "
        + (bound if early else f"{bound} affected, the angle after the impact is less sure")
    )


def _describe_sampling(swing: KickSwing, rate_hz: float, flags: Bytes | None, window: slice) -> str:
    sigma_ms = 1e3 * swing.impact_sigma / rate_hz
    what = "the blow" if swing.struck else "no blow was felt, the fastest instant"
    words = f"{rate_hz:.0f} Hz: {what} is known to {sigma_ms:.0f} ms; a ball is touched for 10 ms"
    if flags is None:
        return words
    doubtful = int(
        _has(flags[window], SampleFlag.HELD | SampleFlag.FILLED | SampleFlag.MISSING).sum()
    )
    total = window.stop - window.start
    return words + (f"; {doubtful} of {total} samples repeated or lost" if doubtful else "")


def _has(flags: Bytes, bits: SampleFlag) -> Bools:
    has: Bools = (flags & np.uint8(int(bits))) != 0
    return has
