"""Squats as people do them on their own: any tempo and depth, pauses, and fidgets in between."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import radians
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Task
from sensor_screen.simulation.curves import ease, grid_s, strokes
from sensor_screen.simulation.pieces import Column, Piece, make_piece

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.model import Floats
    from sensor_screen.simulation.person import Ankle

Range = tuple[float, float]
"""Least and largest; drawn evenly between them."""


@dataclass(frozen=True, slots=True)
class SquatStyle:
    """How a set of squats is done."""

    way_s: Range = (0.7, 2.0)
    """Down, and again up."""
    hold_s: Range = (0.0, 0.4)
    """At the bottom."""
    stand_s: Range = (0.3, 1.5)
    """Upright between two squats."""
    depth: Range = (0.85, 1.15)
    """As a share of the person's own squat."""
    half_share: float = 0.0
    """Share of squats that go half as far."""
    pause_share: float = 0.0
    """Share of squats that are held still somewhere on the way: at the bottom, or half-way."""
    pause_s: Range = (0.5, 5.0)
    wobble_rad: float = 0.0
    """Unsteadiness at the bottom, up and down."""
    fidget_share: float = 0.0
    """Share of the stands that are filled with a fidget, see `FIDGETS`."""
    standing_rad: Range = (0.0, 0.0)
    """Lean of the shank while standing, new after each fidget."""


@dataclass(slots=True)
class _Keys:
    """Key poses of the shank in the making."""

    times_s: list[float] = field(default_factory=lambda: [0.0, 0.4])
    leans_rad: list[float] = field(default_factory=lambda: [0.0, 0.0])
    rolls: list[tuple[float, float, float]] = field(default_factory=list)
    """Start, duration and size of each sideways shift."""
    lifts: list[tuple[float, float]] = field(default_factory=list)
    """Start and end of each time that the foot is off the ground."""

    def go(self, duration_s: float, lean_rad: float) -> None:
        """One stroke more."""
        self.times_s.append(self.times_s[-1] + max(duration_s, 0.01))
        self.leans_rad.append(lean_rad)


def shift_weight(keys: _Keys, standing_rad: float, random: np.random.Generator) -> None:
    """From one leg to the other and back."""
    duration_s = random.uniform(1.0, 3.0)
    keys.rolls.append((keys.times_s[-1], duration_s, radians(random.uniform(-6.0, 6.0))))
    keys.go(0.5 * duration_s, standing_rad + radians(random.uniform(-4.0, 4.0)))
    keys.go(0.5 * duration_s, standing_rad)


def step_about(keys: _Keys, standing_rad: float, random: np.random.Generator) -> None:
    """One to four steps on the spot: heel off, swing, flat again."""
    for _ in range(random.integers(1, 5)):
        start_s = keys.times_s[-1]
        keys.go(random.uniform(0.25, 0.4), radians(random.uniform(20.0, 50.0)))
        keys.go(random.uniform(0.25, 0.4), radians(random.uniform(-15.0, -3.0)))
        keys.go(random.uniform(0.15, 0.3), standing_rad)
        keys.lifts.append((start_s + 0.2, keys.times_s[-1] - 0.05))
        keys.go(random.uniform(0.2, 0.8), standing_rad)


def sit_and_rise(keys: _Keys, standing_rad: float, random: np.random.Generator) -> None:
    """Sit down on a chair, rest, get up: the shank leans forward on the way down and up."""
    lean_rad = radians(random.uniform(8.0, 16.0))
    seat_rad = radians(random.uniform(-10.0, 3.0))
    keys.go(random.uniform(0.6, 1.0), standing_rad + lean_rad)
    keys.go(random.uniform(0.4, 0.8), seat_rad)
    keys.go(random.uniform(3.0, 12.0), seat_rad)
    keys.go(random.uniform(0.4, 0.7), standing_rad + lean_rad)
    keys.go(random.uniform(0.6, 1.0), standing_rad)


FIDGETS: tuple[Callable[[_Keys, float, np.random.Generator], None], ...] = (
    shift_weight,
    step_about,
    sit_and_rise,
)
"""What people do between two squats."""


def squat_set(
    repetitions: int,
    lean_rad: float,
    ankle: Ankle,
    style: SquatStyle,
    random: np.random.Generator,
    bend: Callable[[Floats, Ankle], Floats],
) -> Piece:
    """So many squats in this style; fidgets are part of the piece, and no repetitions.

    Args:
        repetitions: Squats.
        lean_rad: Of the shank in this person's own squat.
        ankle: What it gives; the heel lifts for the rest.
        style: How.
        random: The dice.
        bend: What the ankle gives to a demand.
    """
    keys, spans, bottoms = _Keys(), [], []
    standing_rad = 0.0
    for _ in range(repetitions):
        start_s = keys.times_s[-1]
        depth_rad = lean_rad * random.uniform(*style.depth)
        if random.random() < style.half_share:
            depth_rad *= 0.5
        low_rad = standing_rad + depth_rad
        pause_s = random.uniform(*style.pause_s) if random.random() < style.pause_share else 0.0
        where = random.integers(0, 3) if pause_s else 0
        down_s, up_s = random.uniform(*style.way_s) * random.uniform(0.8, 1.2, 2)
        half_rad = standing_rad + random.uniform(0.4, 0.7) * depth_rad
        if where == 1:
            _pause_on_the_way(keys, down_s, pause_s, half_rad, low_rad)
        else:
            keys.go(down_s, low_rad)
        bottom_s = keys.times_s[-1]
        keys.go(random.uniform(*style.hold_s) + (pause_s if where == 0 else 0.0), low_rad)
        bottoms.append((bottom_s, keys.times_s[-1]))
        if where == 2:
            _pause_on_the_way(keys, up_s, pause_s, half_rad, standing_rad)
        else:
            keys.go(up_s, standing_rad)
        spans.append((start_s, keys.times_s[-1]))
        keys.go(random.uniform(*style.stand_s), standing_rad)
        if random.random() < style.fidget_share:
            FIDGETS[random.integers(0, len(FIDGETS))](keys, standing_rad, random)
            standing_rad = radians(random.uniform(*np.degrees(style.standing_rad)))
            keys.go(0.6, standing_rad)
            keys.go(random.uniform(*style.stand_s), standing_rad)
    keys.go(0.5, 0.0)
    return _piece(keys, spans, bottoms, ankle, style, bend)


def _pause_on_the_way(
    keys: _Keys, way_s: float, pause_s: float, half_rad: float, end_rad: float
) -> None:
    keys.go(0.5 * way_s, half_rad)
    keys.go(pause_s, half_rad)
    keys.go(0.5 * way_s, end_rad)


def _piece(
    keys: _Keys,
    spans: list[tuple[float, float]],
    bottoms: list[tuple[float, float]],
    ankle: Ankle,
    style: SquatStyle,
    bend: Callable[[Floats, Ankle], Floats],
) -> Piece:
    at_s = grid_s(keys.times_s[-1])
    lean_rad = strokes(keys.times_s, keys.leans_rad, at_s)
    for start_s, end_s in bottoms:
        inside = ease((at_s - start_s) / 0.2) * ease((end_s - at_s) / 0.2)
        lean_rad -= style.wobble_rad * inside * np.sin(2.0 * np.pi * 1.3 * (at_s - start_s)) ** 2
    airborne = np.zeros_like(at_s)
    for start_s, end_s in keys.lifts:
        airborne += ease((at_s - start_s) / 0.1) * ease((end_s - at_s) / 0.1)
    bend_rad = bend(lean_rad, ankle) * (1.0 - 0.8 * airborne)
    piece = make_piece(
        Task.SQUAT,
        lean_rad=lean_rad,
        dorsiflexion_rad=bend_rad,
        support=1.0 - airborne,
        repetitions=spans,
    )
    for start_s, duration_s, size_rad in keys.rolls:
        shift = ease((at_s - start_s) / (0.4 * duration_s))
        piece.columns[:, Column.ROLL] += (
            size_rad * shift * ease((start_s + duration_s - at_s) / (0.4 * duration_s))
        )
    piece.columns[:, Column.UP] += 0.06 * airborne
    return piece
