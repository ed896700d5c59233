"""Scenarios by name: which tasks a simulated person goes through, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Side, Task
from sensor_screen.simulation.imperfections import BENCHMARK, WORN_WALK, Imperfections
from sensor_screen.simulation.kicks import kick
from sensor_screen.simulation.person import ANTERIOR_RESTRICTED, HEALTHY, KICK_HEAVY, Person
from sensor_screen.simulation.pieces import Movement, Piece, add_second_freedoms, join
from sensor_screen.simulation.postures import (
    Performance,
    balance,
    hover,
    lunge,
    point,
    pump,
    rest,
    squat,
    stand,
    wait,
)
from sensor_screen.simulation.strides import climb_stairs, descend_stairs, walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.simulation.squat_sets import SquatStyle

PERFORM: dict[Task, Callable[[Performance], tuple[Piece, ...]]] = {
    Task.STAND: stand,
    Task.PUMP: pump,
    Task.LUNGE: lunge,
    Task.POINT: point,
    Task.SQUAT: squat,
    Task.STAIRS_UP: climb_stairs,
    Task.STAIRS_DOWN: descend_stairs,
    Task.KICK: kick,
    Task.BALANCE: balance,
    Task.WALK: walk,
}
"""Who knows how each task is done."""

_IN_TURN = (Task.LUNGE, Task.KICK, Task.BALANCE)
"""Tasks of one leg after the other; the other leg waits meanwhile."""
_ALTERNATING = (Task.STAIRS_UP, Task.STAIRS_DOWN, Task.WALK)
"""Tasks in which the right leg follows half a cycle after the left."""
_HALF_CYCLE_S = 0.6
_REST_S = 0.8
_COUPLED = (Task.SQUAT, Task.LUNGE, Task.STAIRS_UP, Task.STAIRS_DOWN, Task.KICK, Task.WALK)


@dataclass(frozen=True, slots=True)
class Step:
    """One task of a scenario."""

    task: Task
    amount: float
    """Seconds of a stand or balance, repetitions of everything else."""
    most: float | None = None
    """With it, the amount is drawn between the two."""
    rest_s: float = _REST_S
    """Quiet stand after it, not labelled."""
    style: SquatStyle | None = None
    """Squats only: how they are done; None: evenly, as in a clinic."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A person and a list of tasks."""

    name: str
    description: str
    steps: tuple[Step, ...]
    person: Person = HEALTHY
    sides: tuple[Side, ...] = (Side.RIGHT,)
    imperfections: Imperfections = BENCHMARK


def perform(
    scenario: Scenario,
    person: Person,
    sides: tuple[Side, ...],
    imperfections: Imperfections,
    seed: int,
) -> dict[Side, Movement]:
    """The movement of each leg, all of one length."""
    pieces: dict[Side, list[Piece]] = {side: [] for side in sides}
    for index, step in enumerate(scenario.steps):
        for side, added in _perform_step(step, person, sides, imperfections, (seed, index)).items():
            pieces[side] += [*added, rest(step.rest_s)] if step.rest_s else added
    return {side: join(parts) for side, parts in pieces.items()}


def _perform_step(
    step: Step,
    person: Person,
    sides: tuple[Side, ...],
    imperfections: Imperfections,
    seed: tuple[int, int],
) -> dict[Side, list[Piece]]:
    """One step of every leg: at once, half a cycle apart, or one leg after the other."""
    done: dict[Side, list[Piece]] = {side: [] for side in sides}
    for order, side in enumerate(sides):
        acting = _cast(step, person, side, seed)
        pieces = [
            _couple(piece, imperfections, acting.size) for piece in PERFORM[step.task](acting)
        ]
        if step.task in _IN_TURN:
            duration_s = sum(piece.duration_s for piece in pieces)
            for other in sides:
                idle = wait if step.task != Task.BALANCE else hover
                own = pieces if other == side else [idle(acting, duration_s)]
                done[other] += [*own, rest(_REST_S)]
        elif step.task in _ALTERNATING and len(sides) > 1:
            lead, tail = (rest(_HALF_CYCLE_S * k) for k in (order, len(sides) - 1 - order))
            done[side] += [lead, *pieces, tail]
        else:
            done[side] += pieces
    return done


def _cast(step: Step, person: Person, side: Side, seed: tuple[int, int]) -> Performance:
    timing = np.random.default_rng([*seed, 0])
    size = np.random.default_rng([*seed, 1, list(Side).index(side)])
    amount = step.amount if step.most is None else timing.uniform(step.amount, step.most)
    return Performance(person, person.ankle(side), amount, timing, size, step.style)


def _couple(piece: Piece, imperfections: Imperfections, size: np.random.Generator) -> Piece:
    """The piece with its second degrees of freedom, where the person stands or walks."""
    if piece.task not in _COUPLED:
        return piece
    return add_second_freedoms(
        piece, imperfections.inversion_amplitude_rad, imperfections.play_rad, size
    )


def _screen(name: str, description: str, person: Person, kicks: int = 4) -> Scenario:
    """A whole clinic screen of both legs."""
    steps = (
        Step(Task.STAND, 3.0),
        Step(Task.PUMP, 8),
        Step(Task.LUNGE, 3),
        Step(Task.POINT, 3),
        Step(Task.SQUAT, 6),
        Step(Task.STAIRS_UP, 8),
        Step(Task.STAIRS_DOWN, 8),
        Step(Task.KICK, kicks),
        Step(Task.BALANCE, 20.0),
    )
    return Scenario(name, description, steps, person, (Side.LEFT, Side.RIGHT))


def _benchmark(name: str, description: str, *tasks: Step) -> Scenario:
    """One leg: 3 s of standing, about 10 s of pumps, then about 120 s of one kind of movement."""
    return Scenario(name, description, (Step(Task.STAND, 3.0), Step(Task.PUMP, 8), *tasks))


SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        _screen("healthy", "whole screen of both legs, nothing restricted", HEALTHY),
        _screen(
            "anterior-restricted",
            "whole screen of both legs, right ankle ends at 20 deg of dorsiflexion",
            ANTERIOR_RESTRICTED,
        ),
        _screen(
            "kick-heavy",
            "whole screen of both legs, many kicks beyond active plantarflexion",
            KICK_HEAVY,
            kicks=10,
        ),
        _benchmark("squat", "stand, pumps, 120 s of squats", Step(Task.SQUAT, 28)),
        _benchmark(
            "stairs",
            "stand, pumps, 120 s of stairs up and down",
            *(Step(task, 15) for _ in range(3) for task in (Task.STAIRS_UP, Task.STAIRS_DOWN)),
        ),
        _benchmark("kick", "stand, pumps, 120 s of kicks", Step(Task.KICK, 32)),
        Scenario(
            "walk",
            "0.4 to 2.6 s of standing, then 180 s of walking with turns, no pumps, a worn logger",
            (Step(Task.STAND, 0.4, 2.6, rest_s=0.0), Step(Task.WALK, 162)),
            imperfections=WORN_WALK,
        ),
    )
}
"""Every scenario by its name."""
