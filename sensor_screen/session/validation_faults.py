"""Sensors that do not belong, in simulation: refused, marked, or believed and wrong."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from math import radians
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.ankle import estimate_ankle
from sensor_screen.core.replay import replay
from sensor_screen.errors import ScreenError
from sensor_screen.model import AngleMark, Placement, Side, Task
from sensor_screen.simulation import SCENARIOS, Scenario, Step, simulate
from sensor_screen.simulation.misplaced import (
    borrow_foot,
    drop_sensor,
    misread_gyroscope,
    slip_sensor,
    swap_sensors,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sensor_screen.core.live_blocks import LiveAngles
    from sensor_screen.model import AngleTrace, CleanLeg
    from sensor_screen.simulation import Simulation, Truth

FAULT_AT = 0.45
"""Share of the recording after which a sensor falls or slips."""
SETTLED_S = 2.0
"""Samples count from so long after the fault."""
WRONG_SIGMAS, WRONG_RAD = 3.0, radians(5.0)
"""A valid sample that is off by more than both is believed and wrong."""
FAULT_SCENARIOS: dict[str, Scenario] = {
    "squat": SCENARIOS["squat"],
    "stairs": SCENARIOS["stairs"],
    "kick": SCENARIOS["kick"],
    "walk": SCENARIOS["walk"],
    "whole screen": SCENARIOS["healthy"],
    "kicks alone": Scenario("kicks", "no pumps", (Step(Task.STAND, 2.0), Step(Task.KICK, 20))),
}
_LOST = np.uint16(AngleMark.APART | AngleMark.SLIPPED)
_SIDE = Side.RIGHT


@dataclass(frozen=True, slots=True)
class FaultyPair:
    """Two recordings of one kind: what a fault is made of."""

    made: Simulation
    leg: CleanLeg
    other: CleanLeg
    """Of somebody else who did the same."""

    @property
    def truth(self) -> Truth:
        """About the leg."""
        return self.made.truth[_SIDE]

    @property
    def at_s(self) -> float:
        """When a sensor falls or slips."""
        return FAULT_AT * float(self.leg.time_s[-1])


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that may be wrong with two sensors."""

    name: str
    spoil: Callable[[FaultyPair], CleanLeg]
    """May refuse, as the program would on reading the recording."""
    sudden: bool = False
    """It happens during the recording; else it is wrong from the start."""


def _dropped(placement: Placement) -> Callable[[FaultyPair], CleanLeg]:
    return lambda pair: drop_sensor(pair.leg, placement, pair.at_s)


def _slipped(placement: Placement, degrees: float) -> Callable[[FaultyPair], CleanLeg]:
    def spoil(pair: FaultyPair) -> CleanLeg:
        foot = placement is Placement.FOOT
        axis = pair.truth.flexion_axis_foot if foot else pair.truth.flexion_axis_shank
        return slip_sensor(pair.leg, placement, axis, radians(degrees), pair.at_s)

    return spoil


def _misread(placement: Placement, *factors: float) -> Callable[[FaultyPair], CleanLeg]:
    def spoil(pair: FaultyPair) -> CleanLeg:
        streams = tuple(
            misread_gyroscope(s, factors) if s.info.placement is placement else s
            for s in pair.made.recording.streams
        )
        return clean(replace(pair.made, recording=replace(pair.made.recording, streams=streams)))

    return spoil


FAULTS = (
    Fault("none", lambda pair: pair.leg),
    Fault("swapped", lambda pair: swap_sensors(pair.leg)),
    Fault("foot sensor on the floor", _dropped(Placement.FOOT), sudden=True),
    Fault("shank sensor on the floor", _dropped(Placement.SHANK), sudden=True),
    Fault("foot sensor of another person", lambda pair: borrow_foot(pair.leg, pair.other)),
    Fault("foot sensor 20 s later", lambda pair: borrow_foot(pair.leg, pair.leg, 20.0)),
    Fault("foot sensor 0.5 s late", lambda pair: borrow_foot(pair.leg, pair.leg, -0.5)),
    Fault("foot slips by 25 deg, toes up", _slipped(Placement.FOOT, 25.0), sudden=True),
    Fault("foot slips by 10 deg, toes up", _slipped(Placement.FOOT, 10.0), sudden=True),
    Fault("shank slips by 25 deg forward", _slipped(Placement.SHANK, -25.0), sudden=True),
    Fault("shank slips by 25 deg back", _slipped(Placement.SHANK, 25.0), sudden=True),
    Fault("shank slips by 10 deg forward", _slipped(Placement.SHANK, -10.0), sudden=True),
    Fault("foot gyroscope twice too large", _misread(Placement.FOOT, 2.0, 2.0, 2.0)),
    Fault("foot gyroscope twice too small", _misread(Placement.FOOT, 0.5, 0.5, 0.5)),
    Fault("shank gyroscope twice too large", _misread(Placement.SHANK, 2.0, 2.0, 2.0)),
    Fault("shank gyroscope twice too small", _misread(Placement.SHANK, 0.5, 0.5, 0.5)),
    Fault("foot gyroscope, all signs wrong", _misread(Placement.FOOT, -1.0, -1.0, -1.0)),
    Fault("shank gyroscope, one sign wrong", _misread(Placement.SHANK, 1.0, 1.0, -1.0)),
)


@dataclass(frozen=True, slots=True)
class FaultOutcome:
    """What became of one fault in one recording; shares of the samples after the fault."""

    refused: bool
    """With a sentence, as a whole recording."""
    live_refused: bool
    valid: float
    live_valid: float
    wrong: float
    """Valid and wrong; 0 where it was refused."""
    live_wrong: float
    noticed_s: float
    """Live, from the fault to the first mark *apart* or *slipped*; nan where there is none, or
    the fault was there from the start."""


@dataclass(frozen=True, slots=True)
class FaultCell:
    """One fault in one kind of recording."""

    fault: str
    scenario: str
    outcomes: tuple[FaultOutcome, ...]

    def share(self, name: str) -> float:
        """Mean of one figure over all recordings."""
        return float(np.mean([getattr(one, name) for one in self.outcomes]))


def suffer_faults(scenario: str, seeds: Sequence[int]) -> tuple[FaultCell, ...]:
    """Every fault in recordings of one kind, with right labels.

    Args:
        scenario: A name of `FAULT_SCENARIOS`.
        seeds: One person each.
    """
    outcomes: dict[str, list[FaultOutcome]] = {fault.name: [] for fault in FAULTS}
    for seed in seeds:
        pair = make_pair(FAULT_SCENARIOS[scenario], seed)
        for fault in FAULTS:
            outcomes[fault.name].append(suffer(fault, pair))
    return tuple(FaultCell(name, scenario, tuple(found)) for name, found in outcomes.items())


def make_pair(scenario: Scenario, seed: int) -> FaultyPair:
    """A recording of one leg, and the same by somebody else."""
    made, other = (simulate(scenario, seed=s, sides=(_SIDE,)) for s in (seed, seed + 50))
    return FaultyPair(made, clean(made), clean(other))


def clean(made: Simulation) -> CleanLeg:
    """The right leg as it is measured."""
    recording = made.recording
    shank, foot = (recording.stream(_SIDE, p) for p in (Placement.SHANK, Placement.FOOT))
    return assemble_leg(shank, foot, _SIDE)


def suffer(fault: Fault, pair: FaultyPair) -> FaultOutcome:
    """What the program says of one fault, as a whole and live."""
    tasks, whole, live = pair.made.recording.tasks, None, None
    try:
        leg = fault.spoil(pair)
    except ScreenError:
        leg = None
    if leg is not None:
        with suppress(ScreenError):
            whole = estimate_ankle(leg, tasks).trace
        with suppress(ScreenError):
            live = replay(leg, tasks, block_samples=100)
    since_s = pair.at_s if fault.sudden else float(pair.leg.time_s[0])
    return FaultOutcome(
        refused=whole is None,
        live_refused=live is None,
        valid=_valid(whole, since_s),
        live_valid=_valid(live, since_s),
        wrong=_wrong(whole, pair.truth, since_s),
        live_wrong=_wrong(live, pair.truth, since_s),
        noticed_s=_noticed_s(live, since_s) if fault.sudden else float("nan"),
    )


def _valid(trace: AngleTrace | LiveAngles | None, since_s: float) -> float:
    if trace is None:
        return 0.0
    return float(trace.valid[trace.time_s > since_s + SETTLED_S].mean())


def _wrong(trace: AngleTrace | LiveAngles | None, truth: Truth, since_s: float) -> float:
    if trace is None:
        return 0.0
    after = trace.time_s > since_s + SETTLED_S
    exact_rad = np.interp(trace.time_s[after], truth.time_s, truth.dorsiflexion_rad)
    off_rad = np.abs(trace.dorsiflexion_rad[after] - exact_rad)
    far = off_rad > np.maximum(WRONG_SIGMAS * trace.sigma_rad[after], WRONG_RAD)
    return float((far & trace.valid[after]).mean())


def _noticed_s(live: LiveAngles | None, since_s: float) -> float:
    if live is None:
        return float("nan")
    marked = live.time_s[(live.time_s > since_s) & ((live.marks & _LOST) != 0)]
    return float(marked[0]) - since_s if marked.size else float("nan")
