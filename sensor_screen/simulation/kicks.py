"""Kicks: an approach step, the back-swing, the swing through the ball, and the follow-through."""

from __future__ import annotations

from math import radians
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Task
from sensor_screen.simulation.curves import bump, ease, follow, grid_s, stroke_duration_s, strokes
from sensor_screen.simulation.pieces import Column, Piece, ankle_over_ground_m, join, make_piece

if TYPE_CHECKING:
    from sensor_screen.model import Floats
    from sensor_screen.simulation.postures import Performance

_BACK_LEAN_RAD = radians(85.0)
_FRONT_LEAN_RAD = radians(-55.0)
_STEP_END_S = 0.75
"""The approach step is over and the kicking foot stands."""
_BACK_S = 1.35
"""The back-swing turns round."""
_FOLLOW_S = 0.12
_RETURN_S = 0.9
_STRENGTH = 2.0
"""Ball contact against a foot strike."""
_BALL_MPS, _BALL_S = 4.0, 0.06
"""What the ball takes from the speed of the foot, and how long the leg needs to make it good. A
ball of 0.43 kg that leaves at 15 m/s, from a foot of 1.6 kg with what moves behind it."""
_CONTACT_S = 0.016
"""From first contact to its middle: half of the 10 ms that it lasts, and the smoothing of the
movement, which would spread it to before the contact."""
_APPROACH_M, _LANDING_M = 0.7, 1.5
"""Where the foot stands before, and after the kick."""


def kick(performance: Performance) -> tuple[Piece, ...]:
    """Instep kicks from one approach step; the toes point until after ball contact."""
    pieces = [_kick_once(performance) for _ in range(performance.repetitions)]
    movement = join(pieces)
    spans = tuple((start_s, end_s) for _, start_s, end_s in movement.repetitions)
    support = np.concatenate([piece.support for piece in pieces])
    return (Piece(Task.KICK, movement.columns, support, spans, movement.impacts),)


def _kick_once(performance: Performance) -> Piece:
    person = performance.person
    rate_radps = person.kick_rate_radps * performance.scatter(0.02)
    swing_s = stroke_duration_s(_BACK_LEAN_RAD - _FRONT_LEAN_RAD, rate_radps)
    impact_s = _BACK_S + 0.55 * swing_s
    through_s = _BACK_S + swing_s + _FOLLOW_S
    stand_s = through_s + _RETURN_S
    at_s = grid_s(stand_s + performance.duration_s(1.3, 0.2))
    point_rad = person.kick_plantarflexion_rad + person.kick_spread_rad * float(
        np.clip(performance.size.standard_normal(), -2.0, 2.0)
    )
    lean_rad = _shank_lean(at_s, swing_s, through_s, stand_s)
    bend_rad = _ankle_bend(at_s, impact_s, point_rad, stand_s, performance.scatter(0.1))
    airborne = ease((at_s - 1.15) / 0.15) * ease((stand_s - 0.05 - at_s) / 0.15)
    stepping = ease((at_s - 0.25) / 0.1) * ease((_STEP_END_S - at_s) / 0.12)
    piece = make_piece(
        Task.KICK,
        lean_rad=lean_rad,
        dorsiflexion_rad=bend_rad,
        support=1.0 - np.maximum(airborne, stepping),
        repetitions=[(_STEP_END_S, stand_s)],
        impacts=[(_STEP_END_S - 0.05, 1.0), (impact_s, _STRENGTH), (stand_s - 0.05, 1.0)],
    )
    piece.columns[:, Column.FORWARD : Column.RIGHT] = _ankle_way(
        at_s, lean_rad, bend_rad, (impact_s, swing_s, through_s, stand_s), person.shank_length_m
    )
    return piece


def _shank_lean(at_s: Floats, swing_s: float, through_s: float, stand_s: float) -> Floats:
    """(n,) the step, the back-swing as a pose curve, then the swing as one stroke."""
    step_rad = np.radians([0, 0, 38, -12, 0, 10, 85, 85])
    before = follow([-1, 0.05, 0.30, 0.62, 0.78, 0.95, _BACK_S, _BACK_S + 1], step_rad, at_s)
    after = strokes(
        [_BACK_S, _BACK_S + swing_s, through_s, stand_s],
        [0.0, _FRONT_LEAN_RAD - _BACK_LEAN_RAD, _FRONT_LEAN_RAD - _BACK_LEAN_RAD, -_BACK_LEAN_RAD],
        at_s,
    )
    return before + after


def _ankle_bend(
    at_s: Floats, impact_s: float, point_rad: float, stand_s: float, size: float
) -> Floats:
    """(n,) with the shank over the foot, off the toes, and pointed through the ball."""
    times_s = [-1, 0.05, 0.30, 0.62, 0.78, 0.95, 1.20, impact_s - 0.15, impact_s]
    angles_rad = [*(size * np.radians([0, 0, -14, 2, 0, 10, -18, -14])), -point_rad]
    times_s += [impact_s + 0.06, stand_s - 0.35, stand_s, stand_s + 1]
    return follow(times_s, np.array([*angles_rad, -point_rad, -radians(5.0), 0.0, 0.0]), at_s)


def _ankle_way(
    at_s: Floats,
    lean_rad: Floats,
    bend_rad: Floats,
    times_s: tuple[float, float, float, float],
    shank_length_m: float,
) -> Floats:
    """(n, 2) forward and up: on the ground while the foot stands, under the knee in the kick."""
    impact_s, swing_s, through_s, stand_s = times_s
    ground_m = _APPROACH_M * ease((at_s - 0.2) / 0.53)
    ground_m += ease((at_s - through_s) / (stand_s - 0.05 - through_s)) * (_LANDING_M - _APPROACH_M)
    stand = np.stack([ground_m, 0.04 * bump((at_s - 0.2) / 0.53)], axis=1)
    stand += ankle_over_ground_m(bend_rad - lean_rad)
    keys_s = [1.0, _BACK_S, _BACK_S + 0.6 * swing_s, through_s, stand_s]
    knee_m = follow(
        keys_s,
        np.array([[0.75, 0.40], [1.10, 0.46], [1.42, 0.52], [1.56, 0.62], [_LANDING_M, 0.40]]),
        at_s,
    )
    hang = shank_length_m * np.stack([np.sin(lean_rad), np.cos(lean_rad)], axis=1)
    lost_s = _BALL_S * -np.expm1(-np.clip(at_s - impact_s - _CONTACT_S, 0.0, None) / _BALL_S)
    knee_m[:, 0] -= _BALL_MPS * lost_s
    hanging = (ease((at_s - 1.0) / 0.3) * ease((stand_s - at_s) / 0.6))[:, None]
    way: Floats = stand + hanging * (knee_m - hang - stand)
    return way
