"""A piece of movement: the coordinates of one leg on a time grid, and how pieces become one.

Frames are those of the International Society of Biomechanics: x forward, y up, z to the person's
right. Coordinates are written as for a right leg; `legs` mirrors what belongs to the leg itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.simulation.curves import GRID_HZ, ease, grid_s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Floats, Task

BALL_FORWARD_M = 0.12
"""From the ankle forward to the ball of the foot, about which the heel lifts."""
HEEL_BACK_M = 0.05
"""From the ankle back to the point of the heel, on which the foot lands."""
ANKLE_HEIGHT_M = 0.08
"""Ankle over the sole."""
_PIVOT_BLEND_RAD = np.radians(10.0)
"""Foot pitch within which the pivot goes over from ball to heel."""


class Column(IntEnum):
    """The coordinates of a leg, in radians and metres."""

    HEADING = 0
    """Direction of walking about the vertical, left positive, the same for both legs."""
    TURN = 1
    """Own rotation of the leg about the vertical, internal positive."""
    ROLL = 2
    """Tilt of the shank in the frontal plane, knee outward positive."""
    LEAN = 3
    """Forward lean of the shank."""
    DORSIFLEXION = 4
    INVERSION = 5
    ROTATION = 6
    """Internal rotation of the foot against the shank."""
    PUMP = 7
    """Dorsiflexion about the tilted axis of the pumps."""
    FORWARD = 8
    UP = 9
    RIGHT = 10
    """The way of the ankle centre since the beginning of the piece, m."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of movement that begins and ends in a quiet stand."""

    task: Task | None
    columns: Floats  # (n, 11) `Column`
    support: Floats  # (n,) 1 where the foot stands flat, 0 where it is free
    repetitions: tuple[tuple[float, float], ...] = ()
    """Start and end of each, in seconds from the beginning of the piece."""
    impacts: tuple[tuple[float, float], ...] = ()
    """Time and strength (1: a foot strike) of each."""

    @property
    def duration_s(self) -> float:
        """How long it lasts."""
        return len(self.support) / GRID_HZ


def make_piece(
    task: Task | None,
    *,
    lean_rad: Floats,
    dorsiflexion_rad: Floats,
    support: Floats | float = 1.0,
    repetitions: Sequence[tuple[float, float]] = (),
    impacts: Sequence[tuple[float, float]] = (),
) -> Piece:
    """A piece in the sagittal plane whose foot pivots where it is; (n,) each."""
    columns = np.zeros((lean_rad.size, len(Column)))
    columns[:, Column.LEAN] = lean_rad
    columns[:, Column.DORSIFLEXION] = dorsiflexion_rad
    columns[:, Column.FORWARD : Column.RIGHT] = ankle_over_ground_m(dorsiflexion_rad - lean_rad)
    free = np.broadcast_to(np.asarray(support, float), lean_rad.shape)
    return Piece(task, columns, free, tuple(repetitions), tuple(impacts))


def ankle_over_ground_m(pitch_rad: Floats) -> Floats:
    """(n, 2) forward and up: where the ankle is when the foot pitches on the ground.

    Toes down it turns about the ball, toes up about the heel; zero where the foot is flat.
    """
    heel = ease(0.5 + pitch_rad / (2.0 * _PIVOT_BLEND_RAD))
    back_m = BALL_FORWARD_M - heel * (BALL_FORWARD_M + HEEL_BACK_M)
    sine, cosine = np.sin(pitch_rad), np.cos(pitch_rad)
    forward_m = back_m * (1.0 - cosine) - ANKLE_HEIGHT_M * sine
    up_m = -back_m * sine - ANKLE_HEIGHT_M * (1.0 - cosine)
    return np.stack([forward_m, up_m], axis=1)


def add_second_freedoms(
    piece: Piece, inversion_rad: float, play_rad: float, random: np.random.Generator
) -> Piece:
    """The piece with inversion and a rotation of the leg that go with its repetitions.

    A foot that stands flat stays flat: its inversion tilts the shank instead, and the leg turns
    over it.
    """
    phases = random.uniform(0.0, 2.0 * np.pi, 3)
    if not piece.repetitions:
        return piece
    at_s = grid_s(piece.duration_s)
    starts_s = np.array([start for start, _ in piece.repetitions] + [piece.repetitions[-1][1]])
    cycle = 2.0 * np.pi * np.interp(at_s, starts_s, np.arange(starts_s.size))
    ramp = ease(at_s / 0.5) * ease((at_s[-1] - at_s) / 0.5)
    inversion, turn, tilt = (
        size * ramp * np.sin(cycle + phase)
        for size, phase in zip((inversion_rad, play_rad, play_rad), phases, strict=True)
    )
    columns = piece.columns.copy()
    columns[:, Column.INVERSION] += inversion
    columns[:, Column.ROLL] += tilt * (1.0 - piece.support) - inversion * piece.support
    columns[:, Column.TURN] += turn
    columns[:, Column.ROTATION] -= turn * piece.support
    return replace(piece, columns=columns)


@dataclass(frozen=True, slots=True)
class Movement:
    """The whole movement of one leg."""

    columns: Floats  # (n, 11) at `GRID_HZ`, from time 0, not yet smoothed
    tasks: tuple[tuple[Task, float, float], ...]
    repetitions: tuple[tuple[Task, float, float], ...]
    impacts: tuple[tuple[float, float], ...]


def join(pieces: Sequence[Piece]) -> Movement:
    """The pieces one after the other: each goes on from the place and heading of the last."""
    blocks: list[Floats] = []
    tasks: list[tuple[Task, float, float]] = []
    repetitions: list[tuple[Task, float, float]] = []
    impacts: list[tuple[float, float]] = []
    place, heading, now_s = np.zeros(3), 0.0, 0.0
    way = slice(Column.FORWARD, Column.RIGHT + 1)
    for piece in pieces:
        block = piece.columns.copy()
        block[:, way] = place + piece.columns[:, way] @ _turned(heading)
        block[:, Column.HEADING] += heading
        blocks.append(block)
        place, heading = block[-1, way].copy(), float(block[-1, Column.HEADING])
        if piece.task is not None:
            tasks.append((piece.task, now_s, now_s + piece.duration_s))
            spans = piece.repetitions
            repetitions += [(piece.task, now_s + start, now_s + end) for start, end in spans]
        impacts += [(now_s + time_s, strength) for time_s, strength in piece.impacts]
        now_s += piece.duration_s
    return Movement(np.concatenate(blocks), tuple(tasks), tuple(repetitions), tuple(impacts))


def _turned(heading_rad: float) -> Floats:
    """(3, 3) to be multiplied from the right: forward, up, right turned left about the vertical."""
    sine, cosine = np.sin(heading_rad), np.cos(heading_rad)
    return np.array([[cosine, 0.0, -sine], [0.0, 1.0, 0.0], [sine, 0.0, cosine]])
