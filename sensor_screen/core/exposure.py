"""Exposure: how long, how often and how fast a task goes beyond a share of the own end range.

Time spent near the end of the range is what prevention wants to change, but no study gives a dose:
figures are for comparing a person with themselves. An excursion begins where the angle passes the
threshold, ends where it has come back by the hysteresis, and counts if it lasted for the dwell
time, so that noise about the line is neither many entries nor none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.capacity import reference_capacity
from sensor_screen.model import Direction, Exposure, Task
from sensor_screen.units import NORMAL_95, RADIANS_PER_DEGREE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import AngleTrace, Bools, Capacity, Demand, Floats, TaskInterval


@dataclass(frozen=True, slots=True)
class ExposureParams:
    """What counts as an excursion."""

    share: float = 0.9
    """Of the capacity: the last tenth of the range, our default."""
    hysteresis_rad: float = 2.0 * RADIANS_PER_DEGREE
    """So far below the threshold it is over; about the noise of the angle."""
    dwell_s: float = 0.05
    """Shorter excursions are not counted."""
    kick_dwell_s: float = 0.008
    """A kick is past its peak in a few hundredths of a second: two samples up to 200 Hz."""


def expose_demands(
    demands: Sequence[Demand],
    capacities: Sequence[Capacity],
    angle: AngleTrace,
    tasks: Sequence[TaskInterval],
    params: ExposureParams = ExposureParams(),
) -> tuple[Demand, ...]:
    """The demands with the exposure of their task, where there is a capacity to compare with.

    Args:
        demands: Of the leg that the angle belongs to.
        capacities: Of the same attachment of the sensors.
        angle: Of that leg.
        tasks: Where each task was done; overlapping intervals count once.
        params: What counts.
    """
    done = []
    for demand in demands:
        capacity = reference_capacity(capacities, demand.side, demand.direction)
        inside = np.zeros(len(angle.time_s), dtype=np.bool_)
        for task in tasks:
            if task.task is demand.task:
                inside[slice(*np.searchsorted(angle.time_s, [task.start_s, task.end_s]))] = True
        if capacity is None or not inside.any():
            done.append(demand)
            continue
        exposure = measure_exposure(angle, inside, demand.task, capacity, params)
        done.append(replace(demand, exposure=exposure))
    return tuple(done)


def measure_exposure(
    angle: AngleTrace,
    inside: Bools,
    task: Task,
    capacity: Capacity,
    params: ExposureParams = ExposureParams(),
) -> Exposure:
    """Time, entries, angle-time and entry velocity beyond a share of one capacity.

    Args:
        angle: The ankle of one leg.
        inside: (n,) samples of the task.
        task: Kicks have their own dwell time.
        capacity: Own end range; gives the direction, the threshold and a part of its error.
        params: What counts.
    """
    toward = 1.0 if capacity.direction is Direction.DORSIFLEXION else -1.0
    towards_rad = toward * angle.dorsiflexion_rad
    seen = inside & angle.valid & np.isfinite(towards_rad)
    threshold = params.share * capacity.value_rad
    dwell_s = params.kick_dwell_s if task is Task.KICK else params.dwell_s
    least = max(1 if angle.rate_hz >= 200.0 else 2, math.ceil(dwell_s * angle.rate_hz - 1e-9))
    sigma = math.hypot(
        float(np.median(angle.sigma_rad[seen])) if seen.any() else 0.0,
        params.share * capacity.sigma_rad,
    )
    low, middle, high = (
        _excursions(towards_rad, seen, threshold + k * NORMAL_95 * sigma, least, params)
        for k in (1.0, 0.0, -1.0)
    )
    velocities = _entry_velocities(towards_rad, seen, middle, angle.rate_hz)
    beyond = sum(float(np.sum(np.maximum(towards_rad[s:e] - threshold, 0.0))) for s, e in middle)
    return Exposure(
        share=params.share,
        threshold_rad=threshold,
        watched_s=float(seen.sum() / angle.rate_hz),
        unseen_s=float((inside & ~seen).sum() / angle.rate_hz),
        time_s=_length(middle) / angle.rate_hz,
        time_low_s=_length(low) / angle.rate_hz,
        time_high_s=_length(high) / angle.rate_hz,
        entries=len(middle),
        angle_time_rads=beyond / angle.rate_hz,
        entry_velocity_radps=float(np.median(velocities)) if velocities else math.nan,
        fastest_entry_radps=max(velocities, default=math.nan),
    )


def _excursions(
    towards_rad: Floats, seen: Bools, threshold_rad: float, least: int, params: ExposureParams
) -> list[tuple[int, int]]:
    """Sample ranges beyond the threshold, with hysteresis; what is not seen ends them."""
    above = seen & (towards_rad >= threshold_rad)
    held = seen & (towards_rad >= threshold_rad - params.hysteresis_rad)
    edges = np.flatnonzero(np.diff(np.r_[False, held, False].astype(np.int8)))
    found = []
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        hits = np.flatnonzero(above[start:stop])
        # From the first crossing to the last: on its way back below the line it is no longer there.
        if hits.size and hits[-1] - hits[0] + 1 >= least:
            found.append((start + int(hits[0]), start + int(hits[-1]) + 1))
    return found


def _length(excursions: Sequence[tuple[int, int]]) -> int:
    return sum(stop - start for start, stop in excursions)


def _entry_velocities(
    towards_rad: Floats, seen: Bools, excursions: Sequence[tuple[int, int]], rate_hz: float
) -> list[float]:
    """Speed over the two samples about each crossing, where both sides of it were seen."""
    return [
        float((towards_rad[start + 1] - towards_rad[start - 1]) * rate_hz / 2.0)
        for start, _ in excursions
        if 0 < start < len(seen) - 1 and seen[start - 1] and seen[start + 1]
    ]
