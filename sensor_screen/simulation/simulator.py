"""A recording of somebody who does not exist, and the exact truth behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import UsageError
from sensor_screen.model import ClockMap, Origin, Placement, Recording, Side, Task, TaskInterval
from sensor_screen.simulation.curves import GRID_HZ
from sensor_screen.simulation.legs import ankle_angles, move_leg, shank_lean
from sensor_screen.simulation.mounts import Mount, draw_mount, sense
from sensor_screen.simulation.sampling import SensorClock, average, sample_times_s, send
from sensor_screen.simulation.scenarios import SCENARIOS, Scenario, perform

if TYPE_CHECKING:
    from sensor_screen.model import Floats, SensorStream
    from sensor_screen.simulation.imperfections import Imperfections
    from sensor_screen.simulation.legs import LegMotion
    from sensor_screen.simulation.person import Person
    from sensor_screen.simulation.pieces import Movement

FINE_HZ = 1000.0
"""Rate at which the equations of motion are evaluated before a sensor averages them."""
_MARGIN_S = 0.1


@dataclass(frozen=True, slots=True)
class TrueRepetition:
    """One repetition as it was performed."""

    task: Task
    start_s: float
    end_s: float
    peak_dorsiflexion_rad: float
    peak_plantarflexion_rad: float
    """The (negative) angle, as everywhere."""
    impact_s: float | None = None
    """When the foot first touched the ball; None for all but kicks."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What one leg really did, on the shank's clock; zero is a vertical shank over a flat foot."""

    side: Side
    time_s: Floats  # (n,) every sample of the shank, also those that were lost
    dorsiflexion_rad: Floats  # (n,)
    inversion_rad: Floats  # (n,)
    shank_lean_rad: Floats  # (n,) forward, from the vertical
    repetitions: tuple[TrueRepetition, ...]
    """Peaks are those of the movement, not of its samples."""
    flexion_axis_shank: Floats  # (3,) to the person's right, in the shank sensor
    flexion_axis_foot: Floats  # (3,) the same at neutral, in the foot sensor
    shank_lever_m: Floats  # (3,) from the shank sensor to the ankle centre, in the sensor
    foot_lever_m: Floats  # (3,)
    foot_clock: ClockMap
    """From the foot's clock to the shank's."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """A recording and the truth about each of its legs."""

    recording: Recording
    truth: dict[Side, Truth]


def simulate(
    scenario: str | Scenario,
    *,
    person: Person | None = None,
    imperfections: Imperfections | None = None,
    seed: int = 0,
    rate_hz: float = 100.0,
    sides: tuple[Side, ...] | None = None,
) -> Simulation:
    """What two sensors on each leg would have sent, and what the legs really did.

    Equal arguments give equal bytes. The seed decides movement, mounting, noise and losses; what is
    wrong with the sensors changes nothing of the movement.

    Args:
        scenario: A name of `SCENARIOS`, or a scenario of your own.
        person: Who moves; the scenario's own person if not given.
        imperfections: What is wrong; the scenario's own if not given.
        seed: Any whole number from 0.
        rate_hz: Samples per second and sensor, 20 to 500.
        sides: Which legs carry sensors; the scenario's own if not given.

    Raises:
        UsageError: an unknown scenario, a negative seed, or a rate that no such sensor has.
    """
    chosen = _find(scenario)
    if seed < 0:
        raise UsageError(f"Seed {seed}", "is negative", "choose a whole number from 0")
    if not 20.0 <= rate_hz <= FINE_HZ / 2.0:
        raise UsageError(
            f"{rate_hz:g} Hz", "is no rate that can be simulated", "choose 20 to 500 Hz"
        )
    person = person or chosen.person
    flaws = imperfections or chosen.imperfections
    sides = sides or chosen.sides
    movements = perform(chosen, person, sides, flaws, seed)
    legs = [_simulate_leg(movements[side], side, flaws, seed, rate_hz) for side in sides]
    recording = Recording(
        streams=tuple(stream for streams, _ in legs for stream in streams),
        tasks=_labels(movements, sides),
        origin=Origin.SIMULATED,
        source=f"simulation: {_called(chosen, person)}, seed {seed}",
        notes={"scenario": chosen.name, "person": person.name, "seed": str(seed)},
    )
    return Simulation(recording, {truth.side: truth for _, truth in legs})


def _find(scenario: str | Scenario) -> Scenario:
    if isinstance(scenario, Scenario):
        return scenario
    if scenario not in SCENARIOS:
        raise UsageError(
            scenario, "is not a scenario", f"choose one of {', '.join(sorted(SCENARIOS))}"
        )
    return SCENARIOS[scenario]


def _called(scenario: Scenario, person: Person) -> str:
    """What was simulated; a person of one scenario has its name."""
    return scenario.name if person.name == scenario.name else f"{scenario.name}, {person.name}"


def _labels(movements: dict[Side, Movement], sides: tuple[Side, ...]) -> tuple[TaskInterval, ...]:
    """The labels of all legs; two legs that do the same at the same time share one."""
    spans: list[tuple[float, float, Task]] = []
    for task, start_s, end_s in sorted(
        (label for side in sides for label in movements[side].tasks), key=lambda label: label[1]
    ):
        if spans and spans[-1][2] == task and start_s < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end_s, spans[-1][1]), task)
        else:
            spans.append((start_s, end_s, task))
    return tuple(TaskInterval(*span) for span in spans)


def _simulate_leg(
    movement: Movement, side: Side, flaws: Imperfections, seed: int, rate_hz: float
) -> tuple[tuple[SensorStream, ...], Truth]:
    random = np.random.default_rng([seed, 2, list(Side).index(side)])
    mounts = [draw_mount(placement, random) for placement in (Placement.SHANK, Placement.FOOT)]
    duration_s = len(movement.columns) / GRID_HZ
    fine_s = (
        np.arange(round(-_MARGIN_S * FINE_HZ), round((duration_s + _MARGIN_S) * FINE_HZ)) / FINE_HZ
    )
    leg = move_leg(movement.columns, side, _pump_axis(flaws, random), fine_s)
    clocks = (
        SensorClock(),
        SensorClock(flaws.foot_clock_offset_s, flaws.foot_clock_skew_ppm * 1e-6),
    )
    shared = clocks[0] == clocks[1]
    streams = []
    for mount, clock, motion in zip(mounts, clocks, (leg.shank, leg.foot), strict=True):
        sensed = sense(fine_s, motion, mount, movement.impacts, flaws)
        device_s = sample_times_s(clock, duration_s, rate_hz)
        means = average(sensed, clock.true_time_s(device_s), rate_hz)
        known = ClockMap(origin="shared") if shared else None
        streams.append(send(means, device_s, side, mount, known, flaws, random))
    common_s = sample_times_s(clocks[0], duration_s, rate_hz)
    return tuple(streams), _truth(movement, leg, side, mounts, clocks[1].map, common_s)


def _pump_axis(flaws: Imperfections, random: np.random.Generator) -> Floats:
    """(3,) the flexion axis z, tilted by the pump axis error into any direction."""
    around = random.uniform(0.0, 2.0 * np.pi)
    sine, cosine = np.sin(flaws.pump_axis_error_rad), np.cos(flaws.pump_axis_error_rad)
    return np.array([sine * np.cos(around), sine * np.sin(around), cosine])


def _truth(
    movement: Movement,
    leg: LegMotion,
    side: Side,
    mounts: list[Mount],
    foot_clock: ClockMap,
    common_s: Floats,
) -> Truth:
    dorsiflexion_rad, inversion_rad = ankle_angles(leg, side)
    repetitions = []
    for task, start_s, end_s in movement.repetitions:
        part = dorsiflexion_rad[slice(*np.searchsorted(leg.time_s, [start_s, end_s]))]
        peaks_rad = float(part.max()), float(part.min())
        impact_s = _ball_contact_s(movement, task, start_s, end_s)
        repetitions.append(TrueRepetition(task, start_s, end_s, *peaks_rad, impact_s))
    dorsiflexion_rad, inversion_rad, lean_rad = (
        np.interp(common_s, leg.time_s, values)
        for values in (dorsiflexion_rad, inversion_rad, shank_lean(leg))
    )
    return Truth(
        side=side,
        time_s=common_s,
        dorsiflexion_rad=dorsiflexion_rad,
        inversion_rad=inversion_rad,
        shank_lean_rad=lean_rad,
        repetitions=tuple(repetitions),
        flexion_axis_shank=mounts[0].flexion_axis,
        flexion_axis_foot=mounts[1].flexion_axis,
        shank_lever_m=mounts[0].ankle_m,
        foot_lever_m=mounts[1].ankle_m,
        foot_clock=foot_clock,
    )


def _ball_contact_s(movement: Movement, task: Task, start_s: float, end_s: float) -> float | None:
    """The hardest impact of a kick: the ball gives twice a foot strike."""
    inside = [(strength, at_s) for at_s, strength in movement.impacts if start_s <= at_s <= end_s]
    return max(inside)[1] if task is Task.KICK and inside else None
