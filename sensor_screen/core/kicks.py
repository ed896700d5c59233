"""Kicks: found from what shank and foot feel, however they are mounted, with or without labels.

Theory of operation. A leg swings forward in every stride; what makes a swing a kick is that the
foot is *still swinging fast when something strikes it*. In a stride, run-up and turn included, the
foot meets the ground after the swing has slowed or turned back; a fast stride meets nothing while
it is fast. So each burst of rotation of the shank is looked at twice: how fast did it turn just
before the hardest blow, and how hard was the blow? A swing that no stride reaches is a kick without
a blow as well (the ball was missed, or there is none). The axis of each burst is its own: no
mounting, sign or calibration is needed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.blows import (
    BlowParams,
    Blows,
    LegSignals,
    feel_blows,
    find_onset,
    leg_signals,
)
from sensor_screen.core.repetition_spans import second_order
from sensor_screen.units import RADIANS_PER_DEGREE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import CleanLeg, Floats

OTHER_LEG = "the other leg kicks at this moment: the leg that stands"


@dataclass(frozen=True, slots=True)
class KickParams:
    """What makes a forward swing of the shank a kick.

    Tuned on 40 kicks of two players, and on what their other leg did; the figures are of these.
    """

    cutoff_hz: float = 12.0
    """Above it lie ringing and blows, below it the swing: a kick's lasts 0.1 s and more."""
    least_swing_radps: float = 490.0 * RADIANS_PER_DEGREE
    """Slower bursts are not looked at. The gentlest of 40 kicks had 650."""
    before_blow_radps: float = 490.0 * RADIANS_PER_DEGREE
    """A blow to a slower foot is a step. Kicks were struck at 650 and more; the standing leg was
    jerked or met the ground at 250, median, and 490 at most."""
    least_blow: float = 3.0
    """Smallest blow that shows an impact. Balls gave 12 to 38, swings that meet nothing 0 to
    1.2; a simulated strap on soft tissue passes on 3."""
    least_punch_radps: float = 160.0
    """Smallest rate just before the blow times (1 + blow). Balls gave 286 and more, the ground at
    most 92: this is the middle of the gap, by ratio."""
    struck_swing_radps: float = 800.0 * RADIANS_PER_DEGREE
    """Struck at this rate it is a kick however soft the blow: strides are that fast only in
    mid-air."""
    free_swing_radps: float = 1090.0 * RADIANS_PER_DEGREE
    """A swing this fast is a kick without a blow. Strides of the run-up reached 810."""
    blind_swing_radps: float = 700.0 * RADIANS_PER_DEGREE
    """The same where nothing tells of blows, because only the rate of the shank is given."""
    least_travel_rad: float = 30.0 * RADIANS_PER_DEGREE
    """How far the shank has swung forward when it meets the ball. Kicks had 60 to 200; a shank
    that is jerked has not swung at all."""
    swing_share: float = 0.55
    """Slower than this share of the fastest kick of the leg: a stride of the run-up. Real run-up
    strides had 0.3 to 0.4 of it."""
    apart_s: float = 0.8
    """Two kicks of one leg are at least this far apart."""
    turn_s: float = 0.6
    """How far before the burst the turn of the back-swing is sought, and after it the end."""
    back_swing_s: float = 0.8
    """Longest back-swing."""
    blow_before_s: float = 0.10
    blow_after_s: float = 0.10
    """Round the fastest instant of the swing the blow is sought in this window."""
    blow: BlowParams = field(default_factory=BlowParams)
    free_sigma_s: float = 0.015
    """1 sigma of the impact where no blow is felt: the foot is fastest within this of the ball."""
    pair_s: float = 0.5
    """Kicks of two legs closer than this are one kick, of the leg that swings."""


FOOT_ALONE = KickParams(
    least_swing_radps=630.0 * RADIANS_PER_DEGREE,
    before_blow_radps=630.0 * RADIANS_PER_DEGREE,
    struck_swing_radps=1030.0 * RADIANS_PER_DEGREE,
)
"""Where a foot stands in for its shank: it turns faster in strides, so what a blow must meet is 9/7
of the rate of a shank. All of 80 recorded kicks are found so, and none of a standing leg."""


@dataclass(frozen=True, slots=True)
class KickSwing:
    """One burst of forward swing, as samples; kept with its reason where it is no kick."""

    back_swing_start: int
    swing_start: int
    fastest: int
    impact: float
    """Sample, with a fraction: a blow between two samples lies half-way."""
    impact_sigma: float
    """1 sigma of it, in samples."""
    swing_end: int
    swing_radps: float
    """Peak rate of the shank about the axis of this swing, without blows and ringing."""
    peak_shank_radps: float
    peak_foot_radps: float
    """Largest rates as sampled, up to the impact; nan without a foot sensor."""
    before_blow_radps: float
    """Rate of the shank just before the impact."""
    travel_rad: float
    """How far the shank had swung forward at the hardest of the blow."""
    blow: float
    """Its size: change of force and rate within 10 ms, 0 where nothing tells of it."""
    struck: bool
    """A blow shows the impact; else the fastest instant stands for it."""
    reason: str = ""
    """Why it is not a kick; empty where it is."""


def find_leg_swings(leg: CleanLeg) -> tuple[KickSwing, ...]:
    """Fast swings as by `find_kicks`; the foot stands in for a shank that is not there."""
    signals, foot = leg_signals(leg), leg.foot
    if signals is not None or foot is None:
        return () if signals is None else find_kicks(signals)
    acc, gyr = foot.acc_mps2, foot.gyr_radps
    return find_kicks(
        LegSignals(leg.rate_hz, gyr, gyr, acc, acc, foot.flags, foot.flags), FOOT_ALONE
    )


def find_kicks(signals: LegSignals, params: KickParams | None = None) -> tuple[KickSwing, ...]:
    """Every fast forward swing of one leg, in order; kicks are those without a reason.

    Args:
        signals: Of one leg; the whole recording, so that a label cuts nothing off.
        params: Tuning.
    """
    from scipy.signal import find_peaks

    params = params or KickParams()
    gyr = signals.shank_gyr_radps
    if len(gyr) < 0.3 * signals.rate_hz or not np.isfinite(gyr).all():
        return ()
    # Smoothing adds a few percent at most: a leg that never turned so fast needs none.
    if np.einsum("ni,ni->n", gyr, gyr).max() < (0.7 * params.least_swing_radps) ** 2:
        return ()
    smooth = _without_blows(gyr, signals.rate_hz, params)
    bursts, _ = find_peaks(
        np.linalg.norm(smooth, axis=1),
        height=params.least_swing_radps,
        distance=max(1, round(0.5 * params.turn_s * signals.rate_hz)),
    )
    if not bursts.size:
        return ()
    blows = feel_blows(signals, params.blow)
    swings = [_measure_swing(signals, smooth, blows, int(at), params) for at in bursts]
    blind = signals.shank_acc_mps2 is None
    return _settle([_judge(swing, params, blind=blind) for swing in swings], signals, params)


def _without_blows(gyr_radps: Floats, rate_hz: float, params: KickParams) -> Floats:
    """(n, 3) smoothed without delay; axis by axis, so that ringing cancels."""
    from scipy.signal import sosfiltfilt

    sos = second_order(min(params.cutoff_hz, 0.4 * rate_hz), rate_hz)
    pad = min(len(gyr_radps) - 1, round(0.2 * rate_hz))
    smooth: Floats = sosfiltfilt(sos, gyr_radps, axis=0, padlen=pad)
    return smooth


def _measure_swing(
    signals: LegSignals, smooth: Floats, blows: Blows, fastest: int, params: KickParams
) -> KickSwing:
    rate_hz, last = signals.rate_hz, len(smooth) - 1
    axis = smooth[max(0, fastest - round(0.08 * rate_hz)) : fastest + 1].sum(axis=0)
    axis /= np.linalg.norm(axis)
    forward = smooth @ axis
    start, end = _turns(forward, fastest, round(params.turn_s * rate_hz))
    back = _back_swing_start(forward, start, round(params.back_swing_s * rate_hz))
    raw = signals.shank_gyr_radps @ axis
    hit = _find_blow(raw, blows.size, start, fastest, rate_hz, params)
    struck = hit is not None and bool(blows.size[hit[0]] >= params.least_blow)
    reach = max(1, round(0.05 * rate_hz))
    if hit is not None and struck:
        at, before = hit
        impact, sigma = find_onset(blows, at, rate_hz, params.blow)
    else:
        at, before = fastest, float(np.median(raw[max(0, fastest - reach) : fastest + 1]))
        impact, sigma = float(fastest), params.free_sigma_s * rate_hz
    until = min(last, int(np.ceil(impact))) + 1
    part = slice(min(start, until - 1), until)
    return KickSwing(
        back_swing_start=back,
        swing_start=start,
        fastest=fastest,
        impact=impact,
        impact_sigma=sigma,
        swing_end=max(end, until - 1),
        swing_radps=float(forward[fastest]),
        peak_shank_radps=_largest(signals.shank_gyr_radps, part),
        peak_foot_radps=_largest(signals.foot_gyr_radps, part),
        before_blow_radps=before,
        travel_rad=float(np.clip(forward[start : at + 1], 0.0, None).sum() / rate_hz),
        blow=float(blows.size[at]) if hit is not None else 0.0,
        struck=struck,
    )


def _turns(forward: Floats, fastest: int, reach: int) -> tuple[int, int]:
    """From the turn of the back-swing to the turn of the follow-through."""
    begin, stop = max(0, fastest - reach), min(len(forward), fastest + reach + 1)
    before = np.flatnonzero(forward[begin:fastest] <= 0.0)
    after = np.flatnonzero(forward[fastest:stop] <= 0.0)
    start = begin + int(before[-1]) + 1 if before.size else begin
    return start, (fastest + int(after[0]) if after.size else stop - 1)


def _back_swing_start(forward: Floats, swing_start: int, reach: int) -> int:
    """The first sample of the backward rotation that ends where the swing starts."""
    begin = max(0, swing_start - reach)
    before = np.flatnonzero(forward[begin : max(begin, swing_start - 1)] > 0.0)
    return begin + int(before[-1]) + 1 if before.size else begin


def _find_blow(
    raw: Floats, blows: Floats, start: int, fastest: int, rate_hz: float, params: KickParams
) -> tuple[int, float] | None:
    """Where a blow met the fastest swing, and how fast that was; None where nothing tells.

    The product of both is sought: after the ball the foot rings as hard, but swings no more.
    """
    reach = max(1, round(0.05 * rate_hz))
    begin = max(start + 1, fastest - round(params.blow_before_s * rate_hz), 1)
    stop = min(len(raw), fastest + round(params.blow_after_s * rate_hz) + 1)
    if begin >= stop or not blows[begin:stop].any():
        return None
    samples = range(begin, stop)
    before = [float(np.median(raw[max(0, k - reach - 1) : max(1, k - 1)])) for k in samples]
    at = int(np.argmax(blows[begin:stop] * np.clip(before, 0.0, None)))
    return begin + at, before[at]


def _largest(gyr_radps: Floats | None, part: slice) -> float:
    if gyr_radps is None:
        return float("nan")
    return float(np.linalg.norm(gyr_radps[part], axis=1).max())


def _judge(swing: KickSwing, params: KickParams, *, blind: bool) -> KickSwing:
    """The swing with the reason why it is no kick, by itself."""
    free = params.blind_swing_radps if blind else params.free_swing_radps
    reason = ""
    if swing.travel_rad < params.least_travel_rad:
        reason = "a jerk, not a swing: the shank had hardly swung forward"
    elif swing.swing_radps >= free and swing.before_blow_radps >= params.before_blow_radps:
        reason = ""
    elif not swing.struck:
        reason = "no faster than a stride, and the foot met nothing while it swung"
    elif not _is_struck_hard(swing, params):
        reason = "the foot met the ground softly or after the swing had slowed: a step"
    return replace(swing, reason=reason)


def _is_struck_hard(swing: KickSwing, params: KickParams) -> bool:
    if swing.before_blow_radps >= params.struck_swing_radps:
        return True
    fast = swing.before_blow_radps >= params.before_blow_radps
    return fast and strength(swing) >= params.least_punch_radps


def _settle(
    swings: list[KickSwing], signals: LegSignals, params: KickParams
) -> tuple[KickSwing, ...]:
    """Kicks of one leg against each other: run-up, follow-through and landing are no kicks."""
    kicks = sorted((s for s in swings if not s.reason), key=strength, reverse=True)
    kept: list[KickSwing] = []
    reasons: dict[int, str] = {}
    for swing in kicks:
        if swing.swing_radps < params.swing_share * kicks[0].swing_radps:
            reasons[swing.fastest] = "slower than the kicks beside it: taken for a run-up stride"
        elif any(abs(swing.impact - k.impact) < params.apart_s * signals.rate_hz for k in kept):
            reasons[swing.fastest] = "too close to a stronger kick: its run-up or its landing"
        else:
            kept.append(swing)
    return tuple(replace(s, reason=reasons.get(s.fastest, s.reason)) for s in swings)


def strength(swing: KickSwing) -> float:
    """How much a swing is a kick: its rate, and more so if it was struck."""
    return max(swing.before_blow_radps, 0.0) * (1.0 + swing.blow)


def find_standing(
    first: Sequence[tuple[float, float]],
    second: Sequence[tuple[float, float]],
    params: KickParams | None = None,
) -> tuple[frozenset[int], frozenset[int]]:
    """Both legs against each other: one leg kicks at a time, and the other stands.

    Args:
        first: Impact, s, and strength of each kick of one leg.
        second: Of the other leg, on the same clock.
        params: Tuning.

    Returns:
        Which of each leg's kicks are none, because the other leg kicks at that moment.
    """
    params = params or KickParams()

    def weaker(
        own: Sequence[tuple[float, float]], other: Sequence[tuple[float, float]]
    ) -> set[int]:
        return {
            i
            for i, (at_s, own_strength) in enumerate(own)
            if any(abs(at_s - t) < params.pair_s and own_strength < most for t, most in other)
        }

    return frozenset(weaker(first, second)), frozenset(weaker(second, first))
