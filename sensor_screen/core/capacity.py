"""Capacity and demand: how far this ankle can go, and how much of that a task asks for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.repetitions import DIRECTIONS
from sensor_screen.model import Capacity, Demand, Direction, Side, Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sensor_screen.model import Repetition

RANGE_TESTS: dict[Task, Direction] = {
    Task.LUNGE: Direction.DORSIFLEXION,
    Task.POINT: Direction.PLANTARFLEXION,
}
"""The tasks that measure an end range, and the direction that they measure."""

_LEAST_CAPACITY_RAD = math.radians(1.0)
_MEDIAN_TO_MEAN_ERROR = math.sqrt(math.pi / 2.0)
"""Standard error of a median over that of a mean, for normal errors and large samples."""


def measure_capacities(repetitions: Sequence[Repetition]) -> tuple[Capacity, ...]:
    """The person's own end range per side and direction: the best counted trial.

    Its sigma joins the sensor's error in the best trial with the scatter between trials (standard
    error of their mean): trials that disagree make the end range uncertain. Repetitions must all
    come from one attachment of the sensors. A direction without a trial beyond 1 deg is left out.
    """
    capacities = []
    for side in Side:
        for test, direction in RANGE_TESTS.items():
            trials, sigmas = _peaks(repetitions, side, test, direction)
            if not trials or max(trials) < _LEAST_CAPACITY_RAD:
                continue
            best = int(np.argmax(trials))
            scatter = float(np.std(trials, ddof=1)) if len(trials) > 1 else 0.0
            capacities.append(
                Capacity(
                    side=side,
                    direction=direction,
                    condition=test.value,
                    value_rad=trials[best],
                    sigma_rad=math.hypot(sigmas[best], scatter / math.sqrt(len(trials))),
                    trials_rad=tuple(trials),
                )
            )
    return tuple(capacities)


def measure_demands(
    repetitions: Sequence[Repetition], capacities: Sequence[Capacity]
) -> tuple[Demand, ...]:
    """Typical peak of each task per side and direction, and its share of the end range.

    Typical is the median over the counted repetitions. Its sigma joins the mean sensor error, which
    repetitions share and which therefore does not average out, with the standard error of the
    median. The ratio's sigma takes task and capacity as independent, sqrt((u_task / cap)^2 +
    (ratio u_cap / cap)^2): a zero error that both share makes it smaller than said, not larger.
    """
    demands = []
    for side in Side:
        for task, directions in DIRECTIONS.items():
            for direction in directions:
                peaks, sigmas = _peaks(repetitions, side, task, direction)
                if not peaks or task in RANGE_TESTS:
                    continue
                typical, sigma = _typical(peaks, sigmas)
                ratio, ratio_sigma = _ratio(typical, sigma, _find(capacities, side, direction))
                demands.append(
                    Demand(side, task, direction, tuple(peaks), typical, sigma, ratio, ratio_sigma)
                )
    return tuple(demands)


def _peaks(
    repetitions: Iterable[Repetition], side: Side, task: Task, direction: Direction
) -> tuple[list[float], list[float]]:
    """Peaks of the counted repetitions, positive in their own direction, and their sigmas."""
    counted = [r for r in repetitions if r.counted and r.side == side and r.task == task]
    if direction == Direction.DORSIFLEXION:
        return (
            [r.peak_dorsiflexion_rad for r in counted],
            [r.peak_dorsiflexion_sigma_rad for r in counted],
        )
    return (
        [-r.peak_plantarflexion_rad for r in counted],
        [r.peak_plantarflexion_sigma_rad for r in counted],
    )


def _typical(peaks: Sequence[float], sigmas: Sequence[float]) -> tuple[float, float]:
    scatter = float(np.std(peaks, ddof=1)) if len(peaks) > 1 else 0.0
    error = _MEDIAN_TO_MEAN_ERROR * scatter / math.sqrt(len(peaks))
    return float(np.median(peaks)), math.hypot(float(np.mean(sigmas)), error)


def _ratio(typical: float, sigma: float, capacity: Capacity | None) -> tuple[float, float]:
    if capacity is None:
        return math.nan, math.nan
    ratio = typical / capacity.value_rad
    return ratio, math.hypot(sigma, ratio * capacity.sigma_rad) / capacity.value_rad


def _find(capacities: Iterable[Capacity], side: Side, direction: Direction) -> Capacity | None:
    for capacity in capacities:
        if capacity.side == side and capacity.direction == direction:
            return capacity
    return None
