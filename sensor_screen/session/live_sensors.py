"""The sensors of a guided capture: how each is heard, and the live view of each leg."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import GyroSampling, Placement, Side, Task
from sensor_screen.session.capture_view import Light, LinkReport
from sensor_screen.session.leg_grid import LegGrid
from sensor_screen.session.live_leg import LiveLeg
from sensor_screen.session.sensor_lights import SensorWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sensor_screen.core.live_blocks import LegBlock
    from sensor_screen.judgement import Claims
    from sensor_screen.model import Floats, SensorInfo, TaskInterval
    from sensor_screen.rules.rulebook import RuleBook
    from sensor_screen.session.attempt import Attempt
    from sensor_screen.session.capture_view import LiveBar, SensorLight
    from sensor_screen.session.plan import PlanStep


@dataclass(frozen=True, slots=True)
class Slot:
    """One sensor that takes part."""

    info: SensorInfo
    rate_hz: float


@dataclass(frozen=True, slots=True)
class SampleBlock:
    """Samples of one sensor, in order, on the time base of all."""

    slot: int
    time_s: Floats  # (n,)
    acc_mps2: Floats  # (n, 3)
    gyr_radps: Floats  # (n, 3)


class LiveSensors:
    """All of them.

    Args:
        slots: By the number that their blocks carry.
        book: Holds where zones begin.
        claims: Wellness has no zones.
    """

    def __init__(self, slots: Mapping[int, Slot], book: RuleBook, claims: Claims) -> None:
        self._slots, self._book, self._claims = dict(slots), book, claims
        self._watches = {
            number: SensorWatch(slot.info.side, slot.info.placement, slot.rate_hz)
            for number, slot in slots.items()
        }
        whole = [
            side for side in self.sides if {Placement.SHANK, Placement.FOOT} <= {*self._on(side)}
        ]
        self._grids = {
            s: LegGrid(min(slot.rate_hz for slot in self._on(s).values())) for s in whole
        }
        self.legs: dict[Side, LiveLeg] = {}
        """Since the last still stand began; empty before."""
        self.links: Mapping[int, LinkReport] = {}
        """Slot -> what the source knows of its link."""
        self.lights = tuple(watch.light(0.0) for watch in self._watches.values())

    @property
    def sides(self) -> tuple[Side, ...]:
        """Legs that carry sensors, left first."""
        found = {slot.info.side for slot in self._slots.values()}
        return tuple(side for side in (Side.LEFT, Side.RIGHT) if side in found)

    @property
    def rates_hz(self) -> dict[Side, float]:
        """Of the legs that can be watched live: those with both sensors."""
        return {side: grid.rate_hz for side, grid in self._grids.items()}

    @property
    def are_silent(self) -> bool:
        """At least one is not heard."""
        return any(light.light in (Light.LOST, Light.WAITING) for light in self.lights)

    @property
    def angles_are_known(self) -> bool:
        """Of every leg that is watched."""
        return bool(self.legs) and all(leg.is_known for leg in self.legs.values())

    def feed(self, block: SampleBlock) -> None:
        """Samples as they arrived."""
        if not len(block.time_s):
            return
        info = self._slots[block.slot].info
        self._watches[block.slot].take(float(block.time_s[-1]), len(block.time_s))
        if info.side in self._grids and info.placement is not Placement.LUMBAR:
            felt = np.concatenate([block.acc_mps2, block.gyr_radps], axis=1)
            self._grids[info.side].take(info.placement, block.time_s, felt)

    def look(self, now_s: float) -> list[SensorLight]:
        """How each is heard now; gives those that changed."""
        before = self.lights
        self.lights = tuple(
            replace(watch.light(now_s), link=self.links.get(number, LinkReport()))
            for number, watch in self._watches.items()
        )
        pairs = zip(before, self.lights, strict=True)
        return [new for old, new in pairs if old.light is not new.light]

    def give(self, now_s: float) -> Iterator[tuple[LiveLeg, LegBlock]]:
        """What is new of every leg that is watched; before the stand it is let go."""
        for side, grid in self._grids.items():
            block = grid.give(now_s)
            if block is not None and side in self.legs:
                yield self.legs[side], block

    def bars(
        self,
        step: PlanStep,
        attempt: Attempt | None,
        tasks_of: Callable[[Side], Sequence[TaskInterval]],
    ) -> tuple[LiveBar, ...]:
        """Where each leg that acts is on its own range, as far as its angle is known."""
        if step.task in (None, Task.STAND, Task.PUMP):
            return ()
        done = attempt.repetitions if attempt else {}
        return tuple(
            leg.bar(step.task, tasks_of(side), done.get(side, ()))
            for side, leg in self.legs.items()
            if step.side in (side, Side.NONE) and leg.is_known
        )

    def begin(self) -> None:
        """A still stand begins: everything is learnt from here on."""
        self.legs = {side: self._leg(side) for side in self._grids}

    def _leg(self, side: Side) -> LiveLeg:
        foot = self._on(side)[Placement.FOOT].info
        return LiveLeg(
            side,
            self._grids[side].rate_hz,
            interval_mean=foot.gyro_sampling is GyroSampling.INTERVAL_MEAN,
            book=self._book,
            claims=self._claims,
        )

    def _on(self, side: Side) -> dict[Placement, Slot]:
        return {s.info.placement: s for s in self._slots.values() if s.info.side is side}
