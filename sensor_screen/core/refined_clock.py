"""Clocks known from arrivals, made sharper by the movement of the leg that carries both sensors.

Arrivals bring two clocks within a few milliseconds of each other and say how far they may be off;
the movement does better where there is enough of it, but can take one step for another. So it is
believed where it agrees with the arrivals, and the arrivals are kept where it does not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.alignment import AlignmentParams, align_clocks
from sensor_screen.core.cleaning import clean_stream
from sensor_screen.model import ClockMap

if TYPE_CHECKING:
    from sensor_screen.core.alignment import ClockAlignment
    from sensor_screen.model import SensorStream

_AGREE_S = 3e-3
"""Beyond both residuals: what soft tissue does to the movement's answer, twice its usual 1.5 ms."""
_LEAST_SIGMA_S = 1e-3
"""Soft tissue delays one sensor against the other by as much, whatever the movement says."""


@dataclass(frozen=True, slots=True)
class RefinedClocks:
    """The two sensors of one leg on the time base of the shank."""

    shank: SensorStream
    """Its clock is the base: its residual against the foot is in the foot's."""
    foot: SensorStream
    by_movement: bool
    """False: the arrivals were kept."""
    lag_s: float
    """How much more the foot's clock showed than the shank's after the arrivals, by the movement,
    in the middle of the recording."""
    sentence: str


def refine_clocks(
    shank: SensorStream, foot: SensorStream, params: AlignmentParams | None = None
) -> RefinedClocks:
    """The clock of the foot against that of the shank: from arrivals, then from the movement.

    Args:
        shank: With a clock map whose residual is a bound, as the clock from arrivals gives it.
        foot: The same of the foot.
        params: Tuning of the alignment; None for the defaults.
    """
    first, second = shank.clock or ClockMap(), foot.clock or ClockMap()
    bound_s = first.residual_s + second.residual_s
    clean = [clean_stream(_on_common_time(one)) for one in (shank, foot)]
    found = align_clocks(clean[0], clean[1], params or AlignmentParams())
    agrees = found.confident and abs(found.lag_s) <= bound_s + _AGREE_S
    turn = _turn(found) if agrees else ClockMap(residual_s=bound_s, origin="arrivals")
    rate = 1.0 + turn.skew
    joined = ClockMap(
        offset_s=second.offset_s * rate + turn.offset_s,
        skew=(1.0 + second.skew) * rate - 1.0,
        residual_s=turn.residual_s,
        origin=turn.origin,
    )
    if agrees:
        sentence = (
            f"The movement put the clock of the foot right by {-1e3 * found.lag_s:+.1f} ms, within "
            f"{1e3 * turn.residual_s:.1f} ms (1 sigma); arrivals knew it within "
            f"{1e3 * bound_s:.1f} ms."
        )
    elif found.confident:
        sentence = (
            f"The movement says that the foot's clock is {1e3 * found.lag_s:+.1f} ms off, more "
            f"than arrivals allow ({1e3 * bound_s:.1f} ms); the arrivals were kept."
        )
    else:
        sentence = (
            "The movement does not tell how the clocks of shank and foot relate; they are known "
            f"within {1e3 * bound_s:.1f} ms from when their packets arrived."
        )
    return RefinedClocks(
        shank=replace(shank, clock=replace(first, residual_s=0.0, origin=turn.origin)),
        foot=replace(foot, clock=joined),
        by_movement=agrees,
        lag_s=found.lag_s,
        sentence=sentence,
    )


def _turn(found: ClockAlignment) -> ClockMap:
    """What the movement says, also where it is too little to be put right without a reason.

    Alignment leaves alone clocks that agree within its error, because they may well be the same
    clock. These are not, and arrivals know them less well than the movement does.
    """
    clock = found.clock
    if clock.offset_s or clock.skew:
        return clock
    sigma_s = float(np.sqrt(max(clock.residual_s**2 - found.lag_s**2, _LEAST_SIGMA_S**2)))
    return ClockMap(offset_s=-found.lag_s, residual_s=sigma_s, origin="movement")


def _on_common_time(stream: SensorStream) -> SensorStream:
    return replace(stream, device_time_s=stream.time_s, clock=None)
