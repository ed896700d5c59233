"""From coordinates to the movement of shank and foot: a chain of hinges, differentiated exactly.

Between the grid points the coordinates are a quintic spline, so position, velocity and
acceleration are three views of one smooth curve. The ankle is that of Wu et al. (2002): foot
against shank turns by dorsiflexion about z (to the right), then inversion about x (forward), then
internal rotation about y (up).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Side
from sensor_screen.simulation.curves import GRID_HZ, smooth
from sensor_screen.simulation.pieces import Column

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.model import Floats

_X, _Y, _Z = np.eye(3)
_MARGIN_SAMPLES = 100
"""The first and last pose go on for half a second, so that no sample lies outside the spline."""


@dataclass(frozen=True, slots=True)
class SegmentMotion:
    """One segment in time: how it is turned and how its end at the ankle moves. Earth: x, y up."""

    earth_from_segment: Floats  # (n, 3, 3)
    rate_radps: Floats  # (n, 3) in the earth frame
    acceleration_radps2: Floats  # (n, 3)
    ankle_m: Floats  # (n, 3) position of the ankle centre
    ankle_mps2: Floats  # (n, 3)


@dataclass(frozen=True, slots=True)
class LegMotion:
    """Shank and foot of one leg."""

    time_s: Floats  # (n,)
    shank: SegmentMotion
    foot: SegmentMotion


@dataclass(frozen=True, slots=True)
class _Turning:
    """A frame on its way along the chain."""

    rotation: Floats  # (n, 3, 3)
    rate: Floats  # (n, 3)
    acceleration: Floats  # (n, 3)


_Hinge = tuple["Floats", Column]


def move_leg(columns: Floats, side: Side, pump_axis: Floats, time_s: Floats) -> LegMotion:
    """The movement of shank and foot at the times asked for.

    Args:
        columns: (m, 11) coordinates on the grid, `Column`.
        side: A left leg is the mirror image of a right one.
        pump_axis: (3,) axis of the pumps in the foot, as for a right leg; z is the flexion axis.
        time_s: (n,) within half a second of the movement.
    """
    from scipy.interpolate import make_interp_spline

    margin = ((_MARGIN_SAMPLES, _MARGIN_SAMPLES), (0, 0))
    held = smooth(np.pad(columns, margin, mode="edge"))
    knots_s = (np.arange(len(held)) - _MARGIN_SAMPLES) / GRID_HZ
    spline = make_interp_spline(knots_s, held, k=5)
    states = [spline(time_s), spline.derivative(1)(time_s), spline.derivative(2)(time_s)]
    leg = -1.0 if side == Side.LEFT else 1.0
    mirror = np.array([leg, leg, 1.0])
    shank = _turn(
        _resting(time_s.size),
        [
            (_Y, Column.HEADING),
            (leg * _Y, Column.TURN),
            (leg * _X, Column.ROLL),
            (-_Z, Column.LEAN),
        ],
        states,
    )
    foot = _turn(
        shank,
        [
            (_Z, Column.DORSIFLEXION),
            (leg * _X, Column.INVERSION),
            (leg * _Y, Column.ROTATION),
            (mirror * pump_axis, Column.PUMP),
        ],
        states,
    )
    way = slice(Column.FORWARD, Column.RIGHT + 1)
    position_m, _, acceleration_mps2 = (state[:, way] for state in states)
    return LegMotion(
        time_s,
        *(
            SegmentMotion(s.rotation, s.rate, s.acceleration, position_m, acceleration_mps2)
            for s in (shank, foot)
        ),
    )


def ankle_angles(leg: LegMotion, side: Side) -> tuple[Floats, Floats]:
    """(n,) dorsiflexion and (n,) inversion: first and second Cardan angle of foot in shank."""
    shank_from_foot = np.swapaxes(leg.shank.earth_from_segment, 1, 2) @ leg.foot.earth_from_segment
    dorsiflexion_rad = np.arctan2(-shank_from_foot[:, 0, 1], shank_from_foot[:, 1, 1])
    inversion_rad = np.arcsin(np.clip(shank_from_foot[:, 2, 1], -1.0, 1.0))
    return dorsiflexion_rad, -inversion_rad if side == Side.LEFT else inversion_rad


def shank_lean(leg: LegMotion) -> Floats:
    """(n,) forward lean of the shank from the vertical, in its own sagittal plane."""
    up = leg.shank.earth_from_segment[:, 1, :]
    lean_rad: Floats = np.arctan2(up[:, 0], up[:, 1]) * -1.0
    return lean_rad


def _resting(n: int) -> _Turning:
    return _Turning(np.broadcast_to(np.eye(3), (n, 3, 3)), np.zeros((n, 3)), np.zeros((n, 3)))


def _turn(frame: _Turning, hinges: Iterable[_Hinge], states: list[Floats]) -> _Turning:
    """The frame after further hinges, each about an axis fixed in the frame before it."""
    angles, rates, accelerations = states
    for axis, column in hinges:
        if not angles[:, column].any():
            continue
        axis_in_earth = frame.rotation @ axis
        rate = rates[:, column, None] * axis_in_earth
        acceleration = accelerations[:, column, None] * axis_in_earth
        frame = _Turning(
            frame.rotation @ _about(axis, angles[:, column]),
            frame.rate + rate,
            frame.acceleration + acceleration + np.cross(frame.rate, rate),
        )
    return frame


def _about(axis: Floats, angle_rad: Floats) -> Floats:
    """(n, 3, 3) rotations about one axis (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    sine, versine = np.sin(angle_rad)[:, None, None], (1.0 - np.cos(angle_rad))[:, None, None]
    rotation: Floats = np.eye(3) + sine * cross + versine * (cross @ cross)
    return rotation
