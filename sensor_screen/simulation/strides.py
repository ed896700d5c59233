"""Cycles of gait: level walking, stairs up and stairs down.

A cycle begins and ends at mid-stance, shank upright over a flat foot, so that it joins a stand.
Key poses were chosen by us to meet the peaks of Protopapadaki (2007, stairs) and of textbook gait;
they are nobody's recording.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Task
from sensor_screen.simulation.curves import bump, ease, follow, grid_s, smooth
from sensor_screen.simulation.pieces import Column, Piece, ankle_over_ground_m, make_piece
from sensor_screen.simulation.postures import bend_under_load

if TYPE_CHECKING:
    from sensor_screen.model import Floats
    from sensor_screen.simulation.postures import Performance

_LEAD_S = 0.4
_CORRIDOR_STRIDES = 8
_TURN_STRIDES = 6
_CLEARANCE_M = 0.05
_SMOOTHING_S = 0.02
"""Gait is rounder than its key poses."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One stride, drawn in key poses."""

    task: Task
    period_s: float
    spread: float
    """Scatter of the period and of the size from stride to stride, as a share."""
    poses: Floats  # (k, 3) share of the cycle, shank lean deg, foot pitch deg (toes up positive)
    step_m: tuple[float, float]
    """Forward and up in one stride."""
    forward: tuple[float, float]
    up: tuple[float, float]
    """Share of the cycle in which the foot travels: upstairs it rises first, downstairs last."""
    strike: tuple[float, float]
    """Share of the cycle at which the foot meets the ground, and how hard."""


# fmt: off
WALK = Cycle(
    Task.WALK, 1.10, 0.03,
    np.array([
        [0.00, 0, 0], [0.12, 6.3, 0], [0.18, 9.5, 0], [0.23, 14.5, -4.2], [0.30, 27, -27],
        [0.37, 44, -65], [0.43, 58, -67], [0.72, -18, 18], [0.75, -17, 17], [0.83, -7, 0],
        [0.87, -5, 0],
    ]),
    (1.30, 0.0), (0.34, 0.77), (0.34, 0.77), (0.75, 1.0),
)
STAIRS_UP = Cycle(
    Task.STAIRS_UP, 1.30, 0.04,
    np.array([
        [0.00, 0, 0], [0.20, 9.5, 0], [0.28, 11.2, 0], [0.40, 20, -20], [0.52, 40, -72],
        [0.60, 58, -66], [0.787, -3, 6], [0.88, 0, 0],
    ]),
    (0.57, 0.36), (0.52, 0.88), (0.46, 0.82), (0.86, 0.6),
)
STAIRS_DOWN = Cycle(
    Task.STAIRS_DOWN, 1.30, 0.04,
    np.array([
        [0.00, 0, 0], [0.22, 16, 0], [0.32, 21.3, 0], [0.42, 38, -26], [0.54, 63, -68],
        [0.763, -8.5, -31.2], [0.83, -6, -33.4], [0.93, 0, 0],
    ]),
    (0.57, -0.36), (0.46, 0.82), (0.52, 0.86), (0.84, 1.2),
)
# fmt: on


def walk(performance: Performance) -> tuple[Piece, ...]:
    """Level walking up and down a corridor: straight strides, then a slow turn."""
    side = 1.0 if performance.timing.random() < 0.5 else -1.0
    turns = np.zeros(performance.repetitions)
    for stride in range(turns.size):
        lap, at = divmod(stride, _CORRIDOR_STRIDES + _TURN_STRIDES)
        if at >= _CORRIDOR_STRIDES:
            turns[stride] = side * (-1.0) ** lap * np.pi / _TURN_STRIDES
    return (_stride(WALK, performance, turns),)


def climb_stairs(performance: Performance) -> tuple[Piece, ...]:
    """Stairs up, every other step."""
    return (_stride(STAIRS_UP, performance, np.zeros(performance.repetitions)),)


def descend_stairs(performance: Performance) -> tuple[Piece, ...]:
    """Stairs down, every other step."""
    return (_stride(STAIRS_DOWN, performance, np.zeros(performance.repetitions)),)


def _stride(cycle: Cycle, performance: Performance, turns_rad: Floats) -> Piece:
    """The cycles of a performance, with the heading turned by so much in each swing."""
    periods_s = [performance.duration_s(cycle.period_s, cycle.spread) for _ in turns_rad]
    sizes = [performance.scatter(cycle.spread) for _ in turns_rad]
    starts_s = _LEAD_S + np.concatenate([[0.0], np.cumsum(periods_s)])
    at_s = grid_s(float(starts_s[-1]) + _LEAD_S)
    lean_rad, pitch_rad = _angles(cycle, starts_s, sizes, at_s)
    bend_rad = bend_under_load(lean_rad + pitch_rad, performance.ankle)
    pitch_rad = bend_rad - lean_rad
    swing = _swing(cycle, starts_s, at_s)
    piece = make_piece(
        cycle.task,
        lean_rad=lean_rad,
        dorsiflexion_rad=bend_rad,
        support=1.0 - swing.airborne,
        repetitions=list(zip(starts_s[:-1].tolist(), starts_s[1:].tolist(), strict=True)),
        impacts=[
            (float(start_s + cycle.strike[0] * period_s), cycle.strike[1])
            for start_s, period_s in zip(starts_s[:-1], periods_s, strict=True)
        ],
    )
    turned_rad = np.concatenate([[0.0], np.cumsum(turns_rad)])
    heading_rad = np.interp(swing.forward, np.arange(starts_s.size), turned_rad)
    _travel(piece, cycle, swing, heading_rad, ankle_over_ground_m(pitch_rad))
    return replace(piece, columns=smooth(piece.columns, _SMOOTHING_S))


def _angles(
    cycle: Cycle, starts_s: Floats, sizes: list[float], at_s: Floats
) -> tuple[Floats, Floats]:
    """(n,) shank lean and foot pitch of all cycles, upright before and after."""
    times_s, poses = [starts_s[:1] - 0.2], [np.zeros((1, 2))]
    for start_s, end_s, size in zip(starts_s[:-1], starts_s[1:], sizes, strict=True):
        times_s.append(start_s + cycle.poses[:, 0] * (end_s - start_s))
        poses.append(np.radians(cycle.poses[:, 1:]) * size)
    times_s += [starts_s[-1:], starts_s[-1:] + 0.2]
    poses += [np.zeros((1, 2)), np.zeros((1, 2))]
    curves = follow(np.concatenate(times_s), np.concatenate(poses), at_s)
    return curves[:, 0], curves[:, 1]


@dataclass(frozen=True, slots=True)
class _Swing:
    forward: Floats  # (n,) strides travelled so far
    up: Floats  # (n,) the same upwards
    airborne: Floats  # (n,) 0 on the ground, 1 in mid-swing
    lift_m: Floats  # (n,) of the sole


def _swing(cycle: Cycle, starts_s: Floats, at_s: Floats) -> _Swing:
    """When the foot is off the ground, and how far it has come."""
    strides = np.interp(at_s, starts_s, np.arange(starts_s.size))
    whole = np.minimum(np.floor(strides), starts_s.size - 2)
    share = strides - whole
    (off, on), (rising, risen) = cycle.forward, cycle.up
    return _Swing(
        forward=whole + ease((share - off) / (on - off)),
        up=whole + ease((share - rising) / (risen - rising)),
        airborne=ease((share - off) / 0.1) * ease((on - share) / 0.1),
        lift_m=_CLEARANCE_M * bump((share - off) / (on - off)),
    )


def _travel(
    piece: Piece, cycle: Cycle, swing: _Swing, heading_rad: Floats, pivot_m: Floats
) -> None:
    """Write the way of the ankle along its heading into the piece."""
    forward_m, up_m = cycle.step_m
    steps_m = np.diff(swing.forward, prepend=0.0) * forward_m
    piece.columns[:, Column.HEADING] = heading_rad
    along, across = np.cos(heading_rad), -np.sin(heading_rad)
    piece.columns[:, Column.FORWARD] = np.cumsum(steps_m * along) + pivot_m[:, 0] * along
    piece.columns[:, Column.RIGHT] = np.cumsum(steps_m * across) + pivot_m[:, 0] * across
    piece.columns[:, Column.UP] = up_m * swing.up + swing.lift_m + pivot_m[:, 1]
