"""Capacity and demand: how far this ankle can go, and how much of that a task asks for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.labels import inside_tasks
from sensor_screen.core.repetitions import DIRECTIONS
from sensor_screen.errors import UsageError
from sensor_screen.model import Capacity, Condition, Demand, Direction, Side, Task, Trend

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sensor_screen.model import AngleTrace, Repetition, TaskInterval

RANGE_TESTS: dict[Task, Direction] = {
    Task.LUNGE: Direction.DORSIFLEXION,
    Task.POINT: Direction.PLANTARFLEXION,
}
"""The tasks that measure an end range, and the direction that they measure."""

_LEAST_CAPACITY_RAD = math.radians(1.0)
_LARGEST_ENTRY_RAD = math.radians(90.0)
_MEDIAN_TO_MEAN_ERROR = math.sqrt(math.pi / 2.0)
"""Standard error of a median over that of a mean, for normal errors and large samples."""
_BEST_TRIALS = 3
_REFERENCES = (Condition.LUNGE, Condition.POINT, Condition.PASSIVE)
"""What a task may be compared with, best first. A seated active end range is never one: under the
weight of the body the ankle bends further, and every squat would seem to pass it."""


@dataclass(frozen=True, slots=True)
class CapacityEntry:
    """An end range that a clinician measured by hand.

    Raises:
        UsageError: No ankle reaches it, or it has no error.
    """

    side: Side
    direction: Direction
    value_rad: float
    sigma_rad: float
    """Of the instrument and the hand: 2 to 3 deg for a goniometer."""
    limited_by_pain: bool = False

    def __post_init__(self) -> None:
        if not _LEAST_CAPACITY_RAD <= self.value_rad <= _LARGEST_ENTRY_RAD:
            raise UsageError(
                f"passive {self.direction} of {math.degrees(self.value_rad):g} deg",
                "no ankle ends there",
                "enter 1 to 90 deg, positive in its own direction",
            )
        if not self.sigma_rad > 0.0:
            raise UsageError(
                f"error of {math.degrees(self.sigma_rad):g} deg",
                "every measurement has an error",
                "enter its standard deviation, 2 to 3 deg for a goniometer",
            )


def measure_capacities(
    repetitions: Sequence[Repetition],
    *,
    painful: Iterable[tuple[Side, Task]] = (),
    entries: Iterable[CapacityEntry] = (),
) -> tuple[Capacity, ...]:
    """The person's own end range per side, direction and condition: the best counted trial.

    Its sigma joins the sensor's error in the best trial with the scatter between trials (standard
    error of their mean): trials that disagree make the end range uncertain. Repetitions must all
    come from one attachment of the sensors. A direction without a trial beyond 1 deg is left out.

    Args:
        repetitions: Of one leg or two; lunges and points are the range tests.
        painful: Range tests that pain ended.
        entries: What a clinician measured by hand.
    """
    hurt = set(painful)
    found = [
        _best_trial(trials, sigmas, side, test, limited_by_pain=(side, test) in hurt)
        for side in Side
        for test, direction in RANGE_TESTS.items()
        for trials, sigmas in [_peaks(repetitions, side, test, direction)]
        if trials and max(trials) >= _LEAST_CAPACITY_RAD
    ]
    return (*found, *(_enter(entry) for entry in entries))


def _best_trial(
    trials: list[float], sigmas: list[float], side: Side, test: Task, *, limited_by_pain: bool
) -> Capacity:
    best = int(np.argmax(trials))
    scatter = float(np.std(trials, ddof=1)) if len(trials) > 1 else 0.0
    return Capacity(
        side=side,
        direction=RANGE_TESTS[test],
        condition=Condition(test.value),
        value_rad=trials[best],
        sigma_rad=math.hypot(sigmas[best], scatter / math.sqrt(len(trials))),
        trials_rad=tuple(trials),
        mean_of_best_rad=float(np.mean(sorted(trials)[-_BEST_TRIALS:])),
        limited_by_pain=limited_by_pain,
    )


def _enter(entry: CapacityEntry) -> Capacity:
    return Capacity(
        side=entry.side,
        direction=entry.direction,
        condition=Condition.PASSIVE,
        value_rad=entry.value_rad,
        sigma_rad=entry.sigma_rad,
        trials_rad=(entry.value_rad,),
        mean_of_best_rad=entry.value_rad,
        limited_by_pain=entry.limited_by_pain,
        entered=True,
    )


def measure_seated_range(
    angle: AngleTrace, tasks: Iterable[TaskInterval], sustain_s: float = 0.15
) -> tuple[Capacity, ...]:
    """The furthest of the seated pumps, either way: active, foot free, knee bent.

    Pumps are done for calibration and nobody is asked for the very end, so this is a lower limit of
    the active range. The largest running median is taken, so that a twitch is no end range.

    Args:
        angle: The ankle of one leg.
        tasks: Labels; pumps are used.
        sustain_s: Time of the running median; a pump turns round in about a third of a second.
    """
    from scipy.ndimage import median_filter

    pumped = inside_tasks(angle.time_s, list(tasks), (Task.PUMP,)) & angle.valid
    if pumped.sum() < angle.rate_hz:
        return ()
    kept = angle.dorsiflexion_rad[pumped]
    sigma_rad = float(np.median(angle.sigma_rad[pumped]))
    smooth = median_filter(kept, size=max(1, round(sustain_s * angle.rate_hz)), mode="nearest")
    ends = {Direction.DORSIFLEXION: smooth.max(), Direction.PLANTARFLEXION: -smooth.min()}
    return tuple(
        Capacity(
            side=angle.side,
            direction=direction,
            condition=Condition.SEATED,
            value_rad=float(end),
            sigma_rad=sigma_rad,
            trials_rad=(float(end),),
            mean_of_best_rad=float(end),
        )
        for direction, end in ends.items()
        if end >= _LEAST_CAPACITY_RAD
    )


def reference_capacity(
    capacities: Iterable[Capacity], side: Side, direction: Direction
) -> Capacity | None:
    """The end range that tasks of this side and direction are compared with, if there is one."""
    own = [c for c in capacities if (c.side, c.direction) == (side, direction)]
    for condition in _REFERENCES:
        for capacity in own:
            if capacity.condition is condition:
                return capacity
    return None


def measure_demands(
    repetitions: Sequence[Repetition], capacities: Sequence[Capacity]
) -> tuple[Demand, ...]:
    """Typical peak of each task per side and direction, and its share of the end range.

    Typical is the median over the counted repetitions. Its sigma joins the mean sensor error, which
    repetitions share and which therefore does not average out, with the standard error of the
    median. The ratio's sigma takes task and capacity as independent, sqrt((u_task / cap)^2 +
    (ratio u_cap / cap)^2): a zero error that both share makes it smaller than said, not larger.
    """
    return tuple(
        _measure_demand(peaks, sigmas, side, task, direction, capacities)
        for side in Side
        for task, directions in DIRECTIONS.items()
        for direction in directions
        for peaks, sigmas in [_peaks(repetitions, side, task, direction)]
        if peaks and task not in RANGE_TESTS
    )


def _measure_demand(
    peaks: list[float],
    sigmas: list[float],
    side: Side,
    task: Task,
    direction: Direction,
    capacities: Sequence[Capacity],
) -> Demand:
    capacity = reference_capacity(capacities, side, direction)
    typical, sigma = _typical(peaks, sigmas)
    ratio, ratio_sigma = _ratio(typical, sigma, capacity)
    single = [_ratio(p, s, capacity) for p, s in zip(peaks, sigmas, strict=True)]
    return Demand(
        side=side,
        task=task,
        direction=direction,
        peaks_rad=tuple(peaks),
        typical_rad=typical,
        sigma_rad=sigma,
        ratio=ratio,
        ratio_sigma=ratio_sigma,
        condition=None if capacity is None else capacity.condition,
        ratios=() if capacity is None else tuple(one for one, _ in single),
        ratio_sigmas=() if capacity is None else tuple(one for _, one in single),
        trend=measure_trend(peaks),
    )


def measure_trend(peaks_rad: Sequence[float]) -> Trend | None:
    """Last third minus first third of repetitions in their order; None for fewer than six.

    Thirds are compared by their means; sigma is the standard error of that difference.
    """
    third = len(peaks_rad) // 3
    if third < 2:
        return None
    first, last = np.array(peaks_rad[:third]), np.array(peaks_rad[-third:])
    variance = (first.var(ddof=1) + last.var(ddof=1)) / third
    return Trend(float(last.mean() - first.mean()), float(np.sqrt(variance)), third)


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
