"""Blows: what a leg feels when something strikes it, and when that began.

A blow is what departs from a straight line within the 10 ms of a contact. An axis at full scale
tells nothing of what comes after it, so an onset lies between the last sample that surely shows
none and the first that shows the blow; what full scale hides between the two is in its error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import SampleFlag

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensor_screen.model import Bools, Bytes, CleanLeg, Floats

_NOT_FRESH = SampleFlag.HELD | SampleFlag.FILLED | SampleFlag.MISSING


@dataclass(frozen=True, slots=True)
class BlowParams:
    """What counts as a blow, and as its beginning."""

    step_s: float = 0.010
    """The contact with a ball lasts about 10 ms: a blow is what changes within that."""
    acc_mps2: float = 30.0
    gyr_radps: float = 5.0
    """Departures of specific force and angular velocity from a straight line, within a step, that
    count as 1 each. A smooth swing has little of either."""
    onset_share: float = 0.2
    onset_blow: float = 1.0
    onset_rise: float = 1.5
    """The blow begins where it has this share of its largest size, this size, and this many times
    what was felt in the swing before. Less takes the swing for the blow, more is late."""
    longest_s: float = 0.080
    """From its beginning to its largest at most: a contact of 10 ms, and the ringing behind it,
    which was largest 75 ms after the first touch in one of 80 real kicks."""
    sigma_s: float = 0.008
    """1 sigma of the impact beside the half sample: straps and soft tissue pass on a blow late, and
    ring before it in simulation."""


@dataclass(frozen=True, slots=True)
class LegSignals:
    """What the sensors of one leg felt, in their own axes; any rotation of them is as good."""

    rate_hz: float
    shank_gyr_radps: Floats  # (n, 3)
    foot_gyr_radps: Floats | None = None  # (n, 3)
    shank_acc_mps2: Floats | None = None  # (n, 3)
    foot_acc_mps2: Floats | None = None  # (n, 3)
    shank_flags: Bytes | None = None  # (n,) SampleFlag bits
    foot_flags: Bytes | None = None  # (n,)

    @property
    def flags(self) -> Bytes | None:
        """(n,) `SampleFlag` bits of both sensors together."""
        if self.shank_flags is None or self.foot_flags is None:
            return self.shank_flags if self.foot_flags is None else self.foot_flags
        return self.shank_flags | self.foot_flags


def leg_signals(leg: CleanLeg) -> LegSignals | None:
    """What the finder needs of a cleaned leg; None without a shank sensor."""
    if leg.shank is None:
        return None
    foot = leg.foot
    return LegSignals(
        rate_hz=leg.rate_hz,
        shank_gyr_radps=leg.shank.gyr_radps,
        foot_gyr_radps=None if foot is None else foot.gyr_radps,
        shank_acc_mps2=leg.shank.acc_mps2,
        foot_acc_mps2=None if foot is None else foot.acc_mps2,
        shank_flags=leg.shank.flags,
        foot_flags=None if foot is None else foot.flags,
    )


@dataclass(frozen=True, slots=True)
class Blows:
    """What tells of blows, sample by sample."""

    size: Floats  # (n,) how far force and rate depart from a straight line in a step that ends here
    fresh: Bools  # (n,) sampled then, not filled in
    told: Bools  # (n,) enough axes of some sensor were within their range to feel one
    sure: Bools  # (n,) and of the foot's: the silence of a shank, which feels less, proves little


def feel_blows(signals: LegSignals, params: BlowParams) -> Blows:
    """Of the foot; of the shank, which feels less, where the foot's is at full scale or missing."""
    step = max(1, round(params.step_s * signals.rate_hz))
    foot, shank = signals.foot_flags, signals.shank_flags
    count = len(signals.shank_gyr_radps)
    size, told, sure = (
        np.zeros(count),
        np.ones(count, dtype=np.bool_),
        np.ones(count, dtype=np.bool_),
    )
    if signals.shank_acc_mps2 is None:
        return Blows(size, told, told, told)  # A rate alone does not tell a blow from the swing.
    for sensors, unit in (
        (((signals.foot_acc_mps2, foot), (signals.shank_acc_mps2, shank)), params.acc_mps2),
        (((signals.foot_gyr_radps, foot), (signals.shank_gyr_radps, shank)), params.gyr_radps),
    ):
        largest, most = np.zeros(count), np.zeros(count, dtype=np.int64)
        for values, flags in sensors:
            if values is None:
                continue
            away, axes = _departures(values, flags, step, gyr=unit == params.gyr_radps)
            if not most.any():
                sure &= axes >= 2
            use = most < 3
            largest[use] = np.maximum(largest[use], away[use])
            most = np.maximum(most, axes)
        size += largest / unit
        told &= most >= 2
    fresh = ~_has(shank if foot is None else foot, _NOT_FRESH, count)
    return Blows(size, fresh, told, told & sure)


def _departures(
    values: Floats, flags: Bytes | None, step: int, *, gyr: bool
) -> tuple[Floats, NDArray[np.int64]]:
    """(n,) how far a sample lies from the line through the two steps before; (n,) axes that tell.

    An axis at full scale tells nothing to the samples after; itself it tells a lower bound,
    unless the line leads out of the range anyway.
    """
    full = _at_full_scale(values, flags, gyr=gyr)
    lost = _has(flags, SampleFlag.MISSING, len(values))[:, None]
    now, line = values[2 * step :], 2.0 * values[step:-step] - values[: -2 * step]
    away = now - line
    spoilt = full | lost
    known = ~(spoilt[step:-step] | spoilt[: -2 * step] | lost[2 * step :])
    known &= ~full[2 * step :] | (away * now > 0.0)
    size, axes = np.zeros(len(values)), np.zeros(len(values), dtype=np.int64)
    size[2 * step :] = np.linalg.norm(np.where(known, away, 0.0), axis=1)
    axes[2 * step :] = known.sum(axis=1)
    return size, axes


def _at_full_scale(values: Floats, flags: Bytes | None, *, gyr: bool) -> Bools:
    """(n, 3) which axes are at full scale: the largest value of flagged samples; else all three."""
    clipped = _has(flags, SampleFlag.CLIPPED, len(values))
    of_gyr = _has(flags, SampleFlag.CLIPPED_GYR, len(values))
    if gyr:
        clipped = of_gyr
    full = np.zeros(values.shape, dtype=np.bool_)
    if clipped.any():
        size = np.abs(values)
        full[clipped] = size[clipped] > 0.97 * size[clipped].max()
        full |= (clipped & ~full.any(axis=1) & (gyr | ~of_gyr))[:, None]
    return full


def _has(flags: Bytes | None, bits: SampleFlag, count: int) -> Bools:
    if flags is None:
        return np.zeros(count, dtype=np.bool_)
    has: Bools = (flags & np.uint8(int(bits))) != 0
    return has


def find_onset(blows: Blows, at: int, rate_hz: float, params: BlowParams) -> tuple[float, float]:
    """The instant at which the blow began, in samples, and its 1 sigma.

    Between the last sample that tells of none and the first that shows it: as likely anywhere
    there, be it half a sample or all that full scale hides.
    """
    step = max(1, round(params.step_s * rate_hz))
    size = blows.size
    calm = size[max(0, at - 12 * step) : max(1, at - 5 * step)]
    least = max(
        params.onset_share * size[at],
        params.onset_blow,
        params.onset_rise * float(np.median(calm)),
    )
    begin = max(0, at - round(params.longest_s * rate_hz))
    # Ringing may dip for a sample, but not for a whole step. What is filled in, and the sample that
    # it leans on, lie on a line by themselves: they tell of no dip.
    first, calm_samples = at, 0
    for k in reversed(range(begin, at)):
        if size[k] >= least:
            first, calm_samples = k, 0
        elif blows.fresh[max(0, k - 1) : k + 1].all():
            calm_samples += 1
            if calm_samples > step:
                break
    before = _last_calm(blows.fresh, blows.told, first, step)
    hidden = _last_calm(blows.fresh, blows.sure, first, step)
    # A value that is filled in leans on the next sample: that one shows the blow.
    while first < at and not blows.fresh[first]:
        first += 1
    impact = 0.5 * (first + before)
    # Anywhere from there on with the same right: the rms distance from the instant given.
    spread = np.hypot((first - hidden) / np.sqrt(12.0), impact - 0.5 * (first + hidden))
    return impact, float(np.hypot(spread, params.sigma_s * rate_hz))


def _last_calm(fresh: Bools, told: Bools, first: int, step: int) -> int:
    """The last sample before the first of a blow that was calm for a whole step."""
    calmed = np.convolve(told, np.ones(step + 1), "full")[: len(told)] > step + 0.5
    before = first - 1
    while before > max(0, first - 12 * step) and not (fresh[before] and calmed[before]):
        before -= 1
    return before
