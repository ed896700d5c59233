"""A simulated person who waits to be asked: the same movement as in a recording, at any moment.

A whole session is simulated once, with a quiet stand before each task. Played back, the quiet stand
lasts until the next task is asked for: single still samples, drawn at random, stand for it. A task
can be asked for twice. Nothing else of the movement is changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import ClockMap, Recording, Side, Task, TaskInterval
from sensor_screen.simulation.imperfections import BENCHMARK, Imperfections
from sensor_screen.simulation.person import HEALTHY, Person
from sensor_screen.simulation.scenarios import Scenario, Step
from sensor_screen.simulation.simulator import simulate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sensor_screen.model import SensorStream

_QUIET_S = 1.5
_LEAD_S = {Task.PUMP: 1.3, Task.POINT: 1.3}
"""Seated tasks begin with sitting down, before their label."""
_CLEAR_S = 0.25
"""So far from a task the quiet stand is still: its ends are smoothed."""
_WINDOW_S = 0.25


@dataclass(frozen=True, slots=True)
class Order:
    """One task that can be asked for."""

    task: Task
    amount: float
    """Seconds of a stand or balance, repetitions of everything else."""


@dataclass(frozen=True, slots=True)
class _Act:
    """One leg's or both legs' turn at one task, in samples of the simulated session."""

    task: Task
    quiet: int
    """First of the still samples before it."""
    start: int
    stop: int


class Wearer:
    """A person with two sensors on each leg.

    Args:
        orders: Tasks in the order of the session, the still stand first; what legs do in turn is
            one order and becomes one act a leg, the left one first.
        person: Who moves.
        sides: Which legs carry sensors.
        rate_hz: Samples per second and sensor.
        seed: Another number, another session.
        imperfections: What is wrong with the sensors; clocks and losses belong to the link.
    """

    def __init__(
        self,
        orders: Sequence[Order],
        *,
        person: Person = HEALTHY,
        sides: tuple[Side, ...] = (Side.RIGHT,),
        rate_hz: float = 100.0,
        seed: int = 0,
        imperfections: Imperfections = BENCHMARK,
    ) -> None:
        before = Order(Task.STAND, 1.0)
        steps = tuple(Step(o.task, o.amount, rest_s=_QUIET_S) for o in (before, *orders))
        scenario = Scenario("wearer", "asked step by step", steps, person, sides, imperfections)
        self._made = simulate(scenario, seed=seed, rate_hz=rate_hz).recording
        self._rate_hz, self._dice = rate_hz, np.random.default_rng([seed, 7])
        self._acts = tuple(self._cut(label) for label in self._made.tasks[1:])
        self._quiet = self._acts[0].quiet
        self._doing: list[int] = []  # samples still to come of the act at hand
        self._last = -1

    @property
    def streams(self) -> tuple[SensorStream, ...]:
        """Of the simulated session: what is known of each sensor, and every sample."""
        return self._made.streams

    @property
    def acts(self) -> tuple[Task, ...]:
        """What can be asked for, by number."""
        return tuple(act.task for act in self._acts)

    @property
    def is_quiet(self) -> bool:
        """Nothing that was asked for is left to do."""
        return not self._doing

    def perform(self, *numbers: int) -> None:
        """Begin one or more acts, one after the other; what was being done is broken off."""
        acts = [self._acts[number] for number in numbers]
        if acts:
            self._quiet = acts[0].quiet
            self._doing = [k for act in acts for k in range(act.start, act.stop)][::-1]

    def take(self, count: int) -> NDArray[np.int64]:
        """Numbers of the next samples, the same for all sensors."""
        return np.array([self._step() for _ in range(count)], dtype=np.int64)

    def recording(self, numbers: NDArray[np.int64], start_s: float = 0.0) -> Recording:
        """What was sent so far, as the recording of a session without labels.

        Args:
            numbers: Of the samples, in the order in which they were sent.
            start_s: Time of the first.
        """
        at_s = start_s + np.arange(len(numbers)) / self._rate_hz
        streams = tuple(
            replace(
                stream,
                device_time_s=at_s,
                raw=stream.raw[numbers],
                sequence=np.arange(len(numbers), dtype=np.int64),
                clock=ClockMap(origin="shared"),
            )
            for stream in self.streams
        )
        return replace(self._made, streams=streams, tasks=())

    def _step(self) -> int:
        if self._doing:
            self._last = self._doing.pop()
            if not self._doing:  # the stand after it
                self._quiet = self._last + round(_CLEAR_S * self._rate_hz)
            return self._last
        size = round(_WINDOW_S * self._rate_hz)
        number = self._quiet + int(self._dice.integers(size))
        if number == self._last:  # an exact repeat would look like a sensor that is stuck
            number = self._quiet + (number - self._quiet + 1) % size
        self._last = number
        return number

    def _cut(self, label: TaskInterval) -> _Act:
        rate_hz = self._rate_hz
        lead_s = _LEAD_S.get(label.task, 0.1)
        quiet_s = label.start_s - lead_s - _CLEAR_S - _WINDOW_S
        start, stop = label.start_s - lead_s - _CLEAR_S, label.end_s + _LEAD_S.get(label.task, 0.1)
        return _Act(label.task, *(round(t * rate_hz) for t in (quiet_s, start, stop)))
