"""When the foot really pumps: it turns, the shank hardly does. A label only says about when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.labels import merge_tasks
from sensor_screen.model import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Bools, Floats, TaskInterval


@dataclass(frozen=True, slots=True)
class PumpParams:
    """What counts as pumping, and how far from its label it is looked for."""

    window_s: float = 0.5
    """Angular velocities are judged by their RMS over this time: longer than a turning point."""
    moving_radps: float = 0.25
    """The foot pumps from here on; a hurried pump reaches 3, a slow one 0.7."""
    shank_share: float = 0.5
    """The shank turns less than this share of the foot; in steps it turns about as much."""
    pause_s: float = 1.0
    """Pumps this close together are one stretch: an end position may be held."""
    shortest_s: float = 1.0
    """A shorter stretch is a fidget."""
    look_back_s: float = 5.0
    """How long before its label pumping may have begun. Longer finds other movements."""
    quiet_s: float = 0.3
    """The first pump begins from rest: this long before it neither sensor turns."""
    quiet_radps: float = 0.3
    """Mean angular velocity of that rest."""


@dataclass(frozen=True, slots=True)
class PumpStretch:
    """One stretch of pumps."""

    part: slice
    from_rest: bool
    """Its first movement was seen, out of rest; else the stretch begins somewhere in the middle."""


def find_pumping(
    time_s: Floats,
    rate_radps: Floats,
    doubtful: Bools,
    tasks: Sequence[TaskInterval],
    params: PumpParams = PumpParams(),
) -> tuple[PumpStretch, ...]:
    """The stretch of pumps that each label means: the longest that it touches.

    Args:
        time_s: (n,) regular.
        rate_radps: (n, 2, 3) bias-free angular velocity of shank and foot.
        doubtful: (n,) clipped or missing samples; no pumping there.
        tasks: Labels in the same time base.
        params: Tuning.
    """
    labels = merge_tasks([task for task in tasks if task.task is Task.PUMP])
    if not labels:
        return ()
    rate_hz = 1.0 / float(time_s[1] - time_s[0])
    norm = np.linalg.norm(rate_radps, axis=2)
    runs = _runs(norm, doubtful, rate_hz, params)
    found: dict[int, PumpStretch] = {}
    for label in labels:
        first, last = np.searchsorted(time_s, [label.start_s, label.end_s])
        touched = [(min(b, last) - max(a, first), a, b) for a, b in runs if a < last and b > first]
        if not touched:
            continue
        _, start, stop = max(touched)
        early = first - round(params.look_back_s * rate_hz)
        # A hint may be early or late by seconds; what lies further away is not what it means.
        begin = max(start, early)
        late = last + round(params.look_back_s * rate_hz)
        seen = start > early and _rests_before(norm, start, rate_hz, params)
        found.setdefault(start, PumpStretch(slice(int(begin), int(min(stop, late))), seen))
    return tuple(found[start] for start in sorted(found))


def _runs(
    norm: Floats, doubtful: Bools, rate_hz: float, params: PumpParams
) -> list[tuple[int, int]]:
    """First and one past the last sample of every stretch of pumps in the recording."""
    from scipy.ndimage import uniform_filter1d

    rms = np.sqrt(uniform_filter1d(norm**2, max(1, round(params.window_s * rate_hz)), axis=0))
    busy = rms[:, 0] > np.maximum(params.moving_radps, params.shank_share * rms[:, 1])
    pumping = (rms[:, 1] > params.moving_radps) & (rms[:, 0] < params.shank_share * rms[:, 1])
    pumping &= ~doubtful
    edges = np.flatnonzero(np.diff(np.r_[False, pumping, False].astype(np.int8)))
    runs: list[tuple[int, int]] = []
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        near = bool(runs) and start - runs[-1][1] <= params.pause_s * rate_hz
        if near and not busy[runs[-1][1] : start].any():
            runs[-1] = (runs[-1][0], stop)
        else:
            runs.append((start, stop))
    return [(a, b) for a, b in runs if b - a >= params.shortest_s * rate_hz]


def _rests_before(norm: Floats, start: int, rate_hz: float, params: PumpParams) -> bool:
    """Both sensors rest before the stretch. Its RMS window begins half a window too early."""
    quiet = norm[max(0, start - round(params.quiet_s * rate_hz)) : start]
    long_enough = len(quiet) >= 0.5 * params.quiet_s * rate_hz
    return bool(long_enough and quiet.mean(axis=0).max() < params.quiet_radps)
