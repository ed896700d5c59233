"""One attempt at one task of a plan: its labels, and how much of it is done."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sensor_screen.core.live_repetitions import EventKind
from sensor_screen.model import Task, TaskInterval
from sensor_screen.session.capture_view import Count
from sensor_screen.session.plan import Wait
from sensor_screen.session.step_watch import PumpWatch, StillWatch

if TYPE_CHECKING:
    from sensor_screen.core.live_blocks import LegBlock
    from sensor_screen.core.live_repetitions import RepetitionEvent
    from sensor_screen.model import Repetition, Side
    from sensor_screen.session.plan import PlanStep

AFTER_PUMPS_S = 0.8
"""The foot must have come to rest before the pumps are over: one more may be on its way."""
_EARLY_S = 1.0
"""Who begins before the countdown is over is not sent back."""


@dataclass(slots=True)
class Attempt:
    """From the first start of a task to its end, with all its pauses."""

    step: PlanStep
    rates_hz: dict[Side, float]
    """Of the legs that act and can be watched live."""
    labels: list[TaskInterval] = field(default_factory=list)
    """Closed ones: it was paused."""
    open_s: float = math.nan
    """Start of the label that is open; nan in a pause."""
    first_s: float = math.nan
    repetitions: dict[Side, list[Repetition]] = field(default_factory=dict)
    enough_s: float = math.nan
    """When everything that it waits for was there."""
    still: dict[Side, StillWatch] = field(default_factory=dict)
    pumps: dict[Side, PumpWatch] = field(default_factory=dict)

    def begin(self, now_s: float) -> None:
        """It starts, or goes on after a pause."""
        self.open_s = now_s
        if math.isnan(self.first_s):
            self.first_s = now_s
        self.still = {side: StillWatch(rate) for side, rate in self.rates_hz.items()}
        if not self.pumps:
            self.pumps = {side: PumpWatch(rate) for side, rate in self.rates_hz.items()}

    def pause(self, now_s: float) -> None:
        """Repetitions stay; what must be held without a break starts anew."""
        if math.isnan(self.open_s):
            return
        if self.step.wait in (Wait.REPETITIONS, Wait.PUMPS) and now_s > self.open_s:
            self.labels.append(self._label(self.open_s, now_s))
        self.open_s = math.nan

    def close(self, now_s: float) -> list[TaskInterval]:
        """Its labels; of a stand only the stillness itself, where there was enough."""
        if math.isnan(self.open_s):
            return self.labels
        start_s = self.open_s
        if self.step.wait is Wait.STILL and self.done(now_s) >= self.step.amount:
            start_s = max([start_s, *(w.since_s for w in self.still.values())])
        return [*self.labels, self._label(start_s, now_s)]

    def running(self) -> list[TaskInterval]:
        """Its labels as they are known while it runs: the last one is open."""
        if math.isnan(self.open_s):
            return self.labels
        return [*self.labels, self._label(self.open_s, math.inf)]

    def take(self, side: Side, block: LegBlock) -> None:
        """Samples of one leg."""
        if math.isnan(self.open_s) or side not in self.rates_hz:
            return
        if self.step.wait is Wait.STILL:
            self.still[side].take(block)
        elif self.step.wait is Wait.PUMPS:
            self.pumps[side].take(block)

    def hear(self, side: Side, event: RepetitionEvent) -> bool:
        """What the live finder says of one repetition; False where it is none of this attempt."""
        new = event.repetition
        mine = new.task is self.step.task and side in self.rates_hz
        if not mine or new.start_s < self.first_s - _EARLY_S:
            return False
        listed = self.repetitions.setdefault(side, [])
        same = next((k for k, old in enumerate(listed) if _overlap(old, new)), None)
        if event.kind is EventKind.WITHDRAWN or not new.counted:
            if same is not None:
                del listed[same]
        elif same is None:
            listed.append(new)
        else:
            listed[same] = new
        return True

    def done(self, now_s: float) -> float:
        """How much: seconds, pumps or repetitions, of the leg that has done least."""
        wait = self.step.wait
        if wait is Wait.SECONDS:
            return 0.0 if math.isnan(self.open_s) else now_s - self.open_s
        if wait is Wait.STILL:
            return min((watch.still_s for watch in self.still.values()), default=0.0)
        if wait is Wait.PUMPS:
            return float(min((watch.pumps for watch in self.pumps.values()), default=0))
        return float(min((len(self.repetitions.get(s, ())) for s in self.rates_hz), default=0))

    def count(self, now_s: float) -> Count:
        """The same beside what is wanted."""
        return Count(self.step.wait, min(self.done(now_s), self.step.amount), self.step.amount)

    def is_enough(self, now_s: float) -> bool:
        """All of it is there; of pumps, once the foot rests."""
        if self.done(now_s) < self.step.amount:
            return False
        if self.step.wait is not Wait.PUMPS:
            return True
        return all(now_s - w.last_way_s > AFTER_PUMPS_S for w in self.pumps.values())

    def is_over(self, now_s: float) -> bool:
        """It may end: enough, and its end was seen; or it lasted too long."""
        if math.isnan(self.open_s):
            return False
        if math.isnan(self.enough_s) and self.is_enough(now_s):
            self.enough_s = now_s
        held = self.step.wait in (Wait.STILL, Wait.SECONDS)
        settle_s = 0.0 if held else self.step.settle_s
        return now_s - self.enough_s >= settle_s or now_s - self.first_s >= self.step.most_s

    def _label(self, start_s: float, end_s: float) -> TaskInterval:
        return TaskInterval(start_s, end_s, self.step.task or Task.MOVE)


def _overlap(one: Repetition, other: Repetition) -> bool:
    together_s = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    return together_s > 0.5 * min(one.end_s - one.start_s, other.end_s - other.start_s)
