"""A simulated person who does what a guided capture asks for, and the sensors on the legs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Side, Task
from sensor_screen.session.capture_view import Happening
from sensor_screen.session.live_sensors import SampleBlock, Slot
from sensor_screen.session.plan import Wait
from sensor_screen.simulation.person import HEALTHY, Person
from sensor_screen.simulation.wearer import Order, Wearer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sensor_screen.model import Recording
    from sensor_screen.session.capture_view import CaptureEvent, LinkReport
    from sensor_screen.session.plan import Plan, PlanStep

_MORE_S = 3.0
"""A person stays in a pose until told that it is over, and a little longer."""
_MORE_STEPS = 2
"""A stride is over when the next one has begun."""
_STEPPING = (Task.STAIRS_UP, Task.STAIRS_DOWN, Task.WALK)
_IN_TURN = (Task.LUNGE, Task.KICK, Task.BALANCE)
"""What simulated legs do one after the other."""


class SimulatedSource:
    """Sensors without a radio: every sample arrives at once, in packets.

    Args:
        plan: What will be asked for, so that it can be simulated.
        sides: Which legs carry sensors.
        person: Who moves.
        seed: Another number, another session.
        rate_hz: Samples per second and sensor.
        packet: Samples that arrive together.
    """

    def __init__(
        self,
        plan: Plan,
        sides: tuple[Side, ...],
        *,
        person: Person = HEALTHY,
        seed: int = 0,
        rate_hz: float = 100.0,
        packet: int = 4,
    ) -> None:
        plan.turns(sides)  # refuses what it is not for, before anything is simulated
        orders = orders_of(plan.steps)
        self._wearer = Wearer(orders, person=person, sides=sides, rate_hz=rate_hz, seed=seed)
        self._acts_of = acts_of(plan.steps, sides)
        self._rate_hz, self._packet = rate_hz, packet
        self._sent: list[NDArray[np.int64]] = []
        self._first: int | None = None  # number of the first sample, counted from time 0
        self._count = 0

    @property
    def slots(self) -> Mapping[int, Slot]:
        """Who takes part."""
        infos = [stream.info for stream in self._wearer.streams]
        return {number: Slot(info, self._rate_hz) for number, info in enumerate(infos)}

    @property
    def is_simulated(self) -> bool:
        """No person is measured."""
        return True

    @property
    def links(self) -> Mapping[int, LinkReport]:
        """There is no radio that could break."""
        return {}

    def receive(self, now_s: float) -> Sequence[SampleBlock]:
        """Whole packets up to now."""
        due = int(now_s * self._rate_hz + 1e-9) + 1
        if self._first is None:
            self._first = due - 1
        sent = self._first + self._count
        count = (due - sent) // self._packet * self._packet
        if count <= 0:
            return ()
        numbers = self._wearer.take(count)
        time_s = np.arange(sent, sent + count) / self._rate_hz
        self._sent.append(numbers)
        self._count += count
        return [
            SampleBlock(slot, time_s, acc_mps2=felt[:, :3], gyr_radps=felt[:, 3:])
            for slot, stream in enumerate(self._wearer.streams)
            for felt in [
                stream.raw[numbers] * np.repeat([stream.acc_scale_mps2, stream.gyr_scale_radps], 3)
            ]
        ]

    def hear(self, event: CaptureEvent) -> None:
        """A task that begins is done."""
        if event.kind is Happening.BEGUN:
            self._wearer.perform(*self._acts_of[event.turn])

    def finish(self) -> Recording:
        """Everything that was sent."""
        empty = np.empty(0, dtype=np.int64)
        start_s = (self._first or 0) / self._rate_hz
        return self._wearer.recording(np.concatenate([empty, *self._sent]), start_s)


def orders_of(steps: Sequence[PlanStep]) -> list[Order]:
    """What a plan will ask for, in its order."""
    orders = []
    for step in steps:
        more = _MORE_S if step.wait in (Wait.STILL, Wait.SECONDS) else 0.0
        more += _MORE_STEPS if step.task in _STEPPING else 0
        if step.task is not None:
            orders.append(Order(step.task, step.amount + more))
    return orders


def acts_of(steps: Sequence[PlanStep], sides: tuple[Side, ...]) -> dict[int, tuple[int, ...]]:
    """Acts of a `Wearer` for each turn of a plan: one leg after the other may be two of either."""
    found: dict[int, tuple[int, ...]] = {}
    turn = act = 0
    for step in steps:
        turns = len(sides) if step.each_leg and step.task else 1
        acts = (len(sides) if step.task in _IN_TURN else 1) if step.task else 0
        own = tuple(range(act, act + acts))
        for k in range(turns):
            found[turn + k] = (own[k],) if turns == acts else own
        turn, act = turn + turns, act + acts
    return found
