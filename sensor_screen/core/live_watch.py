"""A cheap watch on the newest movement: whether a repetition may just have ended.

It may be wrong in one direction only: a look too many costs time, a look too few is made up for by
the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.stairs import STRIDE_TASKS
from sensor_screen.model import Task
from sensor_screen.units import RADIANS_PER_DEGREE

if TYPE_CHECKING:
    from sensor_screen.core.live_window import LiveWindow


@dataclass(frozen=True, slots=True)
class WatchParams:
    """When the finders look at the newest movement."""

    still_s: float = 0.2
    """It stood still for so long, as the finder asks of a smoothed angle. With 0.25 s the latest
    simulated squat was announced 0.51 s after its end, now 0.49 s."""
    still_radps: float = 5.0 * RADIANS_PER_DEGREE
    """Still means slower than this, or than `still_share` of the fastest moment: a little wider
    than the finder has it."""
    still_share: float = 0.13
    rise_share: float = 0.15
    """Or it rises again by this share of its height: the next one has begun."""
    least_bend_rad: float = 5.0 * RADIANS_PER_DEGREE
    """Nothing smaller is a bend."""
    bend_s: float = 15.0
    """The height is sought in so much time."""
    bend_again_s: float = 1.5
    """So long after half of the way back, one look in so much time is enough."""
    grain_s: float = 0.05
    """Angles are compared at this grain."""
    swing_radps: float = 55.0 * RADIANS_PER_DEGREE
    """A stride ends in a swing at least this fast."""
    swing_s: float = 0.6
    """Looks are taken for so long after the fastest instant of a swing."""
    swing_after_s: float = 0.19
    """And not before: the low-pass of the swing rate sees so far ahead."""
    past_share: float = 0.8
    """The fastest instant is over where the rate has fallen to this share."""
    kick_radps: float = 450.0 * RADIANS_PER_DEGREE
    """A kick is at least this fast."""
    kick_s: float = 1.0
    """Looks are taken for so long after its fast part."""
    kick_after_s: float = 0.12
    """And not before: the window of its peak ends 0.1 s after the impact."""


def may_have_ended(
    window: LiveWindow, task: Task, known_s: float, newest: int, params: WatchParams
) -> bool:
    """Whether the finder may have something new to say.

    Args:
        window: The newest stretch of the leg.
        task: What is looked for.
        known_s: End of the newest repetition that is known.
        newest: One past the newest sample that may be looked at.
        params: Tuning.
    """
    if task in STRIDE_TASKS:
        return _after_swing(window, known_s, newest, params)
    if task is Task.KICK:
        return _after_kick(window, known_s, newest, params)
    return _after_bend(window, task, known_s, newest, params)


def _after_bend(
    window: LiveWindow, task: Task, known_s: float, newest: int, params: WatchParams
) -> bool:
    """It is back and stands still, or rises again."""
    grain = max(1, round(params.grain_s * window.rate_hz))
    rows = window.rows(newest - round(params.bend_s * window.rate_hz), newest)[::-grain]
    toward = rows["shank_lean_rad" if task is Task.SQUAT else "dorsiflexion_rad"]
    if task is Task.POINT:
        toward = -toward
    base = toward.min()
    # Newest first.
    toward = toward[: int(np.searchsorted(-rows["time_s"], -known_s))]
    still = round(params.still_s / params.grain_s)
    if toward.size < still + 2:
        return False
    top = int(np.argmax(toward))
    height = toward[top] - base
    if height < params.least_bend_rad or top == 0:
        return False
    lowest = toward[:top].min()
    if lowest - base > 0.5 * height:
        return False
    speed = np.abs(np.diff(toward[: top + 1])) / params.grain_s
    limit = max(params.still_radps, params.still_share * float(speed.max()))
    if toward[0] - lowest > params.rise_share * height or speed[:still].max() <= limit:
        back = np.flatnonzero(toward - base > 0.5 * height)[0] * params.grain_s
        again = round(params.bend_again_s * window.rate_hz)
        return bool(back <= params.bend_again_s or newest % again < grain)
    return False


def _after_swing(window: LiveWindow, known_s: float, newest: int, params: WatchParams) -> bool:
    rows = window.rows(newest - round(params.swing_s * window.rate_hz), newest)
    rate = rows["shank_rate_radps"]
    at = int(np.argmax(rate))
    return bool(
        rate[at] >= params.swing_radps
        and rate[-1] <= params.past_share * rate[at]
        and rows["time_s"][-1] - rows["time_s"][at] >= params.swing_after_s
        and rows["time_s"][at] > known_s + 0.3
    )


def _after_kick(window: LiveWindow, known_s: float, newest: int, params: WatchParams) -> bool:
    rows = window.rows(newest - round(params.kick_s * window.rate_hz), newest)
    rate = np.linalg.norm(rows["felt"][:, 0, 3:], axis=1)
    fast = np.flatnonzero(rate >= params.kick_radps)
    return bool(
        fast.size
        and len(rows) - fast[-1] > params.kick_after_s * window.rate_hz
        and rows["time_s"][fast[-1]] > known_s
    )
