"""One leg during a guided capture: live angle, repetitions, own end ranges, and place on them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.core.capacity import RANGE_TESTS, measure_capacities
from sensor_screen.core.live import LiveAnkle, LiveParams
from sensor_screen.core.live_repetitions import EventKind, LiveRepetitions, RepetitionEvent
from sensor_screen.judgement import Claims
from sensor_screen.model import Demand, Direction, Side, Task, ZeroMode
from sensor_screen.rules.zones import place, zone_bands
from sensor_screen.session.capture_view import LiveBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.core.live_blocks import LegBlock
    from sensor_screen.model import Repetition, TaskInterval
    from sensor_screen.rules.rulebook import RuleBook

POINTING = (Task.POINT, Task.KICK)
"""Tasks that are watched on the way down; all others on the way up."""
MOVED_S = 8.0
"""Calibration waits until the leg has moved for so long after the pumps, one slow lunge: the axis
of the shank is read from it. Sitting down and getting up do not show it."""
GATHER_S = 600.0
"""A person may take minutes from the stand to the first task. 34 bytes a sample are kept."""


class LiveLeg:
    """One leg, fed block by block from its still stand on.

    Args:
        side: The leg.
        rate_hz: Of the regular grid of the samples.
        interval_mean: The gyroscopes send means over the past interval.
        book: Holds where zones begin.
        claims: Wellness has no zones.
        zero_mode: What the neutral pose stands for.
    """

    def __init__(
        self,
        side: Side,
        rate_hz: float,
        *,
        interval_mean: bool,
        book: RuleBook,
        claims: Claims,
        zero_mode: ZeroMode = ZeroMode.QUIET_STANDING,
    ) -> None:
        self.side = side
        self._book, self._claims = book, claims
        self._ankle = LiveAnkle(
            side,
            rate_hz,
            zero_mode=zero_mode,
            interval_mean=interval_mean,
            params=LiveParams(gather_s=GATHER_S, give_up_s=GATHER_S),
        )
        self._repetitions = LiveRepetitions(side, rate_hz, zero_mode=zero_mode)
        self._final: list[Repetition] = []
        self._newest = (math.nan, math.nan, math.nan)  # time, dorsiflexion, sigma

    @property
    def is_known(self) -> bool:
        """The angle is known: calibration is over."""
        return self._ankle.calibration is not None

    def feed(self, block: LegBlock, tasks: Sequence[TaskInterval]) -> tuple[RepetitionEvent, ...]:
        """Take some samples under the labels that hold now.

        Raises:
            PlacementError: The sensors are swapped, or one was forgotten.
        """
        self._repetitions.tasks = tuple(tasks)
        self._ankle.tasks = tuple(tasks)
        self._ankle.not_before_s = first_moves_s(tasks) + MOVED_S
        answers = self._ankle.feed(block)
        events = self._repetitions.feed(block, answers)
        if len(answers.time_s):
            valid = bool(answers.valid[-1])
            angle, sigma = answers.dorsiflexion_rad[-1], answers.sigma_rad[-1]
            known = (float(angle), float(sigma)) if valid else (math.nan, math.nan)
            self._newest = (float(answers.time_s[-1]), *known)
        self._final += [
            e.repetition for e in events if e.kind is EventKind.FINAL and e.repetition.counted
        ]
        return events

    def bar(self, task: Task, tasks: Sequence[TaskInterval], done: Sequence[Repetition]) -> LiveBar:
        """Where the ankle is now.

        Args:
            task: At hand.
            tasks: Labels that hold: what was done again does not count.
            done: Repetitions of the task at hand so far.
        """
        direction = Direction.PLANTARFLEXION if task in POINTING else Direction.DORSIFLEXION
        toward = -1.0 if task in POINTING else 1.0
        time_s, angle, sigma = self._newest
        peaks = [
            toward * (r.peak_plantarflexion_rad if toward < 0 else r.peak_dorsiflexion_rad)
            for r in done
        ]
        end, zone, bands = math.nan, None, None
        valid = [r for r in self._final if is_inside(r, tasks) and r.task in RANGE_TESTS]
        for capacity in measure_capacities(valid):
            if capacity.direction is direction and task not in RANGE_TESTS:
                end = capacity.value_rad
                demand = Demand(
                    self.side, task, direction, (), toward * angle, sigma, math.nan, math.nan
                )
                if self._claims is not Claims.WELLNESS and math.isfinite(angle):
                    bands = zone_bands(demand, capacity, self._book)
                    zone = place(toward * angle, bands)
        return LiveBar(
            side=self.side,
            direction=direction,
            time_s=time_s,
            angle_rad=toward * angle,
            sigma_rad=sigma,
            best_rad=max(peaks, default=math.nan),
            end_range_rad=end,
            zone=zone,
            bands=bands,
        )


def first_moves_s(tasks: Sequence[TaskInterval]) -> float:
    """Start of the first task that moves the whole leg; infinite where none has begun."""
    moves = [t.start_s for t in tasks if t.task not in (Task.STAND, Task.PUMP, Task.POINT)]
    return min(moves, default=math.inf)


def is_inside(repetition: Repetition, tasks: Sequence[TaskInterval]) -> bool:
    """Whether the middle of a repetition lies in a label of its task."""
    middle_s = 0.5 * (repetition.start_s + repetition.end_s)
    return any(t.task is repetition.task and t.start_s <= middle_s <= t.end_s for t in tasks)
