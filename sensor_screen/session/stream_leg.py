"""One leg of a live stream: samples on a grid in, angles, repetitions and zones out.

It is fed from the first sample that both sensors share, under the labels that marks gave so far;
there may be none. With labels it calibrates as in a guided capture: not before the leg has moved as
a whole. Without them it tries as soon as there is movement after a still stand, and ever more
rarely where that fails.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sensor_screen.core.capacity import RANGE_TESTS, measure_capacities
from sensor_screen.core.live import LiveAnkle, LiveParams
from sensor_screen.core.live_repetitions import EventKind, LiveRepetitionParams, LiveRepetitions
from sensor_screen.judgement import Claims
from sensor_screen.model import Demand, Direction, Task
from sensor_screen.rules.zones import place, zone_bands
from sensor_screen.session.live_events import (
    Angle,
    Calibrated,
    Leg,
    LegPicture,
    LegState,
    Repetition,
    Zones,
)
from sensor_screen.session.live_leg import GATHER_S, MOVED_S, POINTING, first_moves_s, is_inside
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.core.live_blocks import LegBlock, LiveAngles
    from sensor_screen.core.live_repetitions import RepetitionEvent
    from sensor_screen.judgement import Zone, ZoneBands
    from sensor_screen.model import Calibration, Capacity, Side, TaskInterval
    from sensor_screen.model import Repetition as CountedRepetition
    from sensor_screen.rules.rulebook import RuleBook
    from sensor_screen.session.live_events import LiveEvent

_SAYS = {
    LegState.STAND: "Stand still for three seconds, then move the ankle.",
    LegState.MOVEMENT: "Move the whole leg: the axis of the ankle is read from it.",
    LegState.RUNNING: "The angle is known.",
}
_ZONELESS = (Task.STAND, Task.PUMP, *RANGE_TESTS)
"""Tasks that are not judged against the end range."""


@dataclass(frozen=True, slots=True)
class StreamLegParams:
    """Tuning of the live view of one leg."""

    angles_hz: float = 20.0
    """At most so many angles are told a second: as many as an eye follows."""
    shown_s: float = 30.0
    """The picture holds so much of the angle."""
    most_repetitions: int = 2000
    """The picture holds so many: six hours of one every ten seconds."""
    most_tasks: int = 64
    """Newest labels that a running leg listens to; a guided session has about ten."""
    patience_s: float = 60.0
    """So long after the newest label, movement that has no label will do to calibrate."""
    guided: LiveParams = field(
        default_factory=lambda: LiveParams(gather_s=GATHER_S, give_up_s=GATHER_S, retry_share=0.25)
    )
    finder: LiveRepetitionParams = field(default_factory=lambda: LiveRepetitionParams(step_s=0.1))
    """Samples come in groups of a tenth of a second: more looks in one would find the same."""
    free: LiveParams = field(default_factory=lambda: LiveParams(retry_share=0.25))
    """Without labels. Where it fails it is tried again after a quarter of the time since the first
    sample: a sensor on a table must not cost more than one on a leg."""


class StreamLeg:
    """One leg, fed block by block.

    Args:
        side: The leg.
        rate_hz: Of the regular grid of the samples.
        interval_mean: The gyroscopes send means over the past interval.
        book: Holds where zones begin.
        claims: Wellness has no zones.
        params: Tuning.
    """

    def __init__(
        self,
        side: Side,
        rate_hz: float,
        *,
        interval_mean: bool,
        book: RuleBook,
        claims: Claims,
        params: StreamLegParams,
    ) -> None:
        self.side = side
        self.said = Leg(side, math.nan, LegState.STAND, "")
        self._params, self._book, self._claims = params, book, claims
        self._ankle = LiveAnkle(side, rate_hz, interval_mean=interval_mean, params=params.free)
        self._finder = LiveRepetitions(side, rate_hz, params=params.finder)
        self._rate_hz = rate_hz
        self._every = max(1, math.ceil(rate_hz / params.angles_hz - 1e-9))
        self._tasks: tuple[TaskInterval, ...] = ()
        self._heard: tuple[TaskInterval, ...] | None = None
        self._told: Calibration | None = None
        self._calibrated: Calibrated | None = None
        self._angles: deque[Angle] = deque(maxlen=round(params.shown_s * params.angles_hz))
        self._listed: deque[Repetition] = deque(maxlen=params.most_repetitions)
        self._left_out = self._next_number = 0
        self._final: deque[CountedRepetition] = deque(maxlen=params.most_repetitions)
        self._capacities: dict[Direction, Capacity] | None = None
        self._zones: Zones | None = None

    @property
    def is_known(self) -> bool:
        """The angle is known."""
        return self._ankle.calibration is not None

    # --- in ---------------------------------------------------------------------------------------

    def feed(self, block: LegBlock, tasks: tuple[TaskInterval, ...]) -> list[LiveEvent]:
        """Take some samples under the labels that hold now.

        Args:
            block: Samples.
            tasks: All labels; the same object as long as they are the same.

        Raises:
            PlacementError: The sensors are swapped, or one was forgotten.
        """
        if tasks is not self._heard:
            self._hear_tasks(tasks)
        answers = self._ankle.feed(block)
        said = self._finder.feed(block, answers)
        now_s = float(block.time_s[-1])
        events: list[LiveEvent] = []
        if self._ankle.calibration is not self._told and self._ankle.calibration is not None:
            self._told = self._ankle.calibration
            self._calibrated = Calibrated(self.side, now_s, self._told)
            events.append(self._calibrated)
        events += self._state(now_s)
        if len(answers.time_s):
            events += self._tell_angles(answers, len(block.time_s))
        events += [event for one in said for event in self._tell_repetition(one)]
        return events

    def finish(self) -> list[LiveEvent]:
        """No more samples come: what has ended is final now."""
        said = self._finder.finish()
        return [event for one in said for event in self._tell_repetition(one)]

    def _hear_tasks(self, tasks: tuple[TaskInterval, ...]) -> None:
        self._heard, self._tasks = tasks, tasks
        self._capacities = None
        near = tasks[-self._params.most_tasks :] if self.is_known else tasks
        self._finder.tasks = self._ankle.tasks = near
        if self.is_known:
            return
        self._ankle.params = self._params.guided if tasks else self._params.free
        ends_s = max((task.end_s for task in tasks), default=-math.inf)
        moved_s = first_moves_s(tasks) + MOVED_S if tasks else -math.inf
        self._ankle.not_before_s = min(moved_s, ends_s + self._params.patience_s)

    # --- out --------------------------------------------------------------------------------------

    def _state(self, now_s: float) -> list[LiveEvent]:
        state = LegState.RUNNING
        if not self.is_known:
            waits = now_s < self._ankle.not_before_s
            still = [task for task in self._tasks if task.task is Task.STAND]
            moves = waits and still and still[-1].end_s <= now_s
            state = LegState.MOVEMENT if moves else LegState.STAND
        text = _SAYS[state]
        if state is LegState.STAND and self._ankle.refused:
            text = f"{text} So far: {self._ankle.refused}"
        if (state, text) == (self.said.state, self.said.text):
            return []
        self.said = Leg(self.side, now_s, state, text)
        return [self.said]

    def _tell_angles(self, answers: LiveAngles, count: int) -> list[LiveEvent]:
        """Every few of the answers; what was caught up is for the picture alone."""
        total = len(answers.time_s)
        first = -round(float(answers.time_s[0]) * self._rate_hz) % self._every
        shown = round(self._params.shown_s * self._rate_hz)
        if total > shown:
            first += -(-(total - shown) // self._every) * self._every
        events: list[LiveEvent] = []
        columns = (
            answers.time_s,
            answers.dorsiflexion_rad,
            answers.sigma_rad,
            answers.valid,
            answers.marks,
        )
        picked = zip(*(column[first :: self._every].tolist() for column in columns), strict=True)
        for at, (time_s, angle, sigma, valid, marks) in enumerate(picked):
            sound = valid and math.isfinite(angle) and math.isfinite(sigma)
            live = first + at * self._every >= total - count
            if not sound:
                one = Angle(self.side, time_s, math.nan, math.nan, valid=False, marks=marks)
            else:
                zone = self._zone(time_s, angle, sigma, events) if live else None
                one = Angle(
                    self.side, time_s, angle, NORMAL_95 * sigma, valid=True, marks=marks, zone=zone
                )
            self._angles.append(one)
            if live:
                events.append(one)
        return events

    def _tell_repetition(self, said: RepetitionEvent) -> list[LiveEvent]:
        new = said.repetition
        if said.kind is EventKind.FINAL and new.counted:
            self._final.append(new)
            self._capacities = None
        number = next((k for k, old in self._newest() if _overlap(old.repetition, new)), None)
        zone = None
        if new.counted and new.task not in _ZONELESS:
            down = new.task in POINTING
            peak = -new.peak_plantarflexion_rad if down else new.peak_dorsiflexion_rad
            sigma = new.peak_plantarflexion_sigma_rad if down else new.peak_dorsiflexion_sigma_rad
            bands = self._bands(new.task, peak, sigma)
            zone = None if bands is None else place(peak, bands)
        if number is None:
            one = Repetition(self._next_number, said.kind, said.at_s, new, zone)
            self._next_number += 1
            self._left_out += len(self._listed) == self._listed.maxlen
            self._listed.append(one)
        else:
            one = Repetition(self._listed[number].number, said.kind, said.at_s, new, zone)
            self._listed[number] = one
        return [one]

    def _newest(self) -> Sequence[tuple[int, Repetition]]:
        """The last few, newest first, with their places."""
        size = len(self._listed)
        return [(k, self._listed[k]) for k in range(size - 1, max(-1, size - 9), -1)]

    # --- zones ------------------------------------------------------------------------------------

    def _zone(
        self, time_s: float, angle: float, sigma: float, events: list[LiveEvent]
    ) -> Zone | None:
        """Of one angle; where the bands changed, they are told first."""
        task = self._tasks[-1] if self._tasks else None
        if task is None or task.task in _ZONELESS or not task.start_s <= time_s <= task.end_s:
            return None
        toward = -angle if task.task in POINTING else angle
        bands = self._bands(task.task, toward, sigma)
        if bands is None:
            return None
        before = self._zones
        if (
            before is None
            or before.task is not task.task
            or before.bands.end_range_rad != bands.end_range_rad
        ):
            capacity = self._capacity(task.task)
            if capacity is not None:
                self._zones = Zones(
                    self.side, time_s, task.task, capacity.direction, capacity.condition, bands
                )
                events.append(self._zones)
        return place(toward, bands)

    def _bands(self, task: Task, toward: float, sigma: float) -> ZoneBands | None:
        capacity = self._capacity(task)
        if capacity is None or self._claims is Claims.WELLNESS or not math.isfinite(toward):
            return None
        demand = Demand(self.side, task, capacity.direction, (), toward, sigma, math.nan, math.nan)
        return zone_bands(demand, capacity, self._book)

    def _capacity(self, task: Task) -> Capacity | None:
        if self._capacities is None:
            tests = [r for r in self._final if r.task in RANGE_TESTS and is_inside(r, self._tasks)]
            self._capacities = {one.direction: one for one in measure_capacities(tests)}
        pointing = task in POINTING
        return self._capacities.get(
            Direction.PLANTARFLEXION if pointing else Direction.DORSIFLEXION
        )

    # --- everything so far ------------------------------------------------------------------------

    def picture(self) -> LegPicture:
        """Everything so far."""
        return LegPicture(
            self.said,
            self._calibrated,
            self._zones,
            tuple(self._listed),
            self._left_out,
            tuple(self._angles),
        )

    def go_on_from(self, before: LegPicture) -> None:
        """Keep what was said of a leg whose sensors begin anew."""
        self._listed.extend(before.repetitions)
        self._left_out = before.left_out
        numbers = [one.number for one in before.repetitions]
        self._next_number = max(numbers, default=-1) + 1


def _overlap(one: CountedRepetition, other: CountedRepetition) -> bool:
    together_s = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    same = one.task is other.task
    return same and together_s > 0.5 * min(one.end_s - one.start_s, other.end_s - other.start_s)
