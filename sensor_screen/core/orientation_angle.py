"""The ankle angle where only the orientations of shank and foot are known.

Theory of operation
-------------------
The rotation of the foot against the shank, taken against a neutral stretch, is written about the
one axis about which it turned most: the principal axis of its vector parts. The angle is the twist
about that axis. Neither the mounting of a sensor nor the room matters, as long as both orientations
are given in the same room: a heading that drifts apart is not noticed, there is nothing to hold it
against.

Which way is dorsiflexion cannot be seen: gravity and the direction of walking are not in it. A time
at which the foot is pulled up is asked for. There are no samples, so no error is known, and
inversion is left open: its axis is not known either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import MeasurementError, StillnessError, UsageError
from sensor_screen.model import AngleMark, AngleTrace, Side, ZeroMode

if TYPE_CHECKING:
    from sensor_screen.model import Floats


@dataclass(frozen=True, slots=True)
class OrientationAngleParams:
    """What a neutral stretch and a hinge are. All chosen by us."""

    fewest_neutral: int = 10
    """Orientations in the neutral stretch."""
    still_rad: float = np.radians(3.0)
    """Largest turn within the neutral stretch, 95th percentile; standing sways by 1 deg."""
    least_bend_rad: float = np.radians(10.0)
    """An ankle that bends less shows no axis."""
    least_pull_rad: float = np.radians(3.0)
    """Angle at the time at which the foot is said to be pulled up: less tells no sign."""
    hinge_share: float = 0.65
    """Least share of the turning about the one axis, as for angles from samples. Simulated screens
    reach 0.93 to 0.95, simulated walking with its small flexion 0.67."""


def angle_of_orientations(
    side: Side,
    time_s: Floats,
    room_from_shank: Floats,
    room_from_foot: Floats,
    *,
    neutral_s: tuple[float, float],
    dorsiflexed_at_s: float,
    params: OrientationAngleParams = OrientationAngleParams(),
) -> AngleTrace:
    """Dorsiflexion of one leg; inversion, lean, pitch and error are nan.

    Args:
        side: The leg.
        time_s: (n,) increasing.
        room_from_shank: (n, 4) scalar first, unit length or nan.
        room_from_foot: (n, 4) the same.
        neutral_s: Start and end of the stretch that is zero.
        dorsiflexed_at_s: A time at which the foot is pulled up against neutral.
        params: Tuning.

    Raises:
        UsageError: A time is not in the table.
        StillnessError: The ankle does not bend.
        MeasurementError: The neutral stretch moves, or the sign is not told.
    """
    if not time_s[0] <= dorsiflexed_at_s <= time_s[-1]:
        raise UsageError(
            f"{dorsiflexed_at_s:g} s",
            f"the orientations are from {time_s[0]:g} to {time_s[-1]:g} s",
            "name a time in them at which the foot is pulled up",
        )
    turned = _turn_from_neutral(time_s, room_from_shank, room_from_foot, neutral_s, params)
    known = np.isfinite(turned).all(axis=1)
    axis, share = _main_axis(turned[known, 1:])
    angle_rad = 2.0 * np.arctan2(turned[:, 1:] @ axis, turned[:, 0])
    if np.nanmax(np.abs(angle_rad)) < params.least_bend_rad:
        raise StillnessError(
            "ankle angle",
            f"the ankle bends by no more than {np.degrees(params.least_bend_rad):.0f} degrees",
            "give orientations of a movement",
        )
    angle_rad *= _sign(time_s, angle_rad, dorsiflexed_at_s, params)
    marks = np.zeros(len(time_s), dtype=np.uint16)
    marks[~known] |= np.uint16(AngleMark.GAP)
    if share < params.hinge_share:
        marks |= np.uint16(AngleMark.NOT_A_HINGE)
    unknown = np.full(len(time_s), np.nan)
    return AngleTrace(
        side=side,
        rate_hz=float(1.0 / np.median(np.diff(time_s))),
        time_s=time_s,
        dorsiflexion_rad=angle_rad,
        inversion_rad=unknown,
        sigma_rad=unknown,
        valid=marks == 0,
        marks=marks,
        shank_lean_rad=unknown,
        foot_pitch_rad=unknown,
        zero_mode=ZeroMode.QUIET_STANDING,
        method="orientations",
        hinge_share=share,
    )


def _turn_from_neutral(
    time_s: Floats,
    room_from_shank: Floats,
    room_from_foot: Floats,
    neutral_s: tuple[float, float],
    params: OrientationAngleParams,
) -> Floats:
    """(n, 4) turn of the foot since neutral, in the shank's axes; scalar part not negative."""
    shank_from_foot = _product(_inverse(room_from_shank), room_from_foot)
    inside = (time_s >= neutral_s[0]) & (time_s <= neutral_s[1])
    inside &= np.isfinite(shank_from_foot).all(axis=1)
    if inside.sum() < params.fewest_neutral:
        raise UsageError(
            f"neutral from {neutral_s[0]:g} to {neutral_s[1]:g} s",
            f"it holds {inside.sum()} orientations, and {params.fewest_neutral} are needed",
            f"name a still stretch between {time_s[0]:g} and {time_s[-1]:g} s",
        )
    neutral = _mean(shank_from_foot[inside])
    turned = _product(shank_from_foot, _inverse(neutral[None, :]))
    turned *= np.where(turned[:, :1] < 0.0, -1.0, 1.0)
    sizes_rad = 2.0 * np.arcsin(np.minimum(np.linalg.norm(turned[inside, 1:], axis=1), 1.0))
    moved_rad = float(np.percentile(sizes_rad, 95))
    if moved_rad > params.still_rad:
        raise MeasurementError(
            f"neutral from {neutral_s[0]:g} to {neutral_s[1]:g} s",
            f"the ankle moves by {np.degrees(moved_rad):.1f} degrees in it",
            "name a stretch in which the person stands still",
        )
    return turned


def _main_axis(vectors: Floats) -> tuple[Floats, float]:
    """(3,) the axis of most turning, and its share of all turning."""
    sizes, axes = np.linalg.eigh(vectors.T @ vectors)
    total = float(sizes.sum())
    return axes[:, -1], float(sizes[-1]) / total if total > 0.0 else 0.0


def _sign(
    time_s: Floats, angle_rad: Floats, dorsiflexed_at_s: float, params: OrientationAngleParams
) -> float:
    known = np.isfinite(angle_rad)
    there_rad = float(np.interp(dorsiflexed_at_s, time_s[known], angle_rad[known]))
    if abs(there_rad) < params.least_pull_rad:
        raise MeasurementError(
            f"{dorsiflexed_at_s:g} s",
            f"the ankle is {abs(np.degrees(there_rad)):.1f} degrees from neutral there, too near "
            "to tell which way is up",
            "name a time at which the foot is clearly pulled up, as in the depth of a lunge",
        )
    return 1.0 if there_rad > 0.0 else -1.0


def _mean(quaternions: Floats) -> Floats:
    """(4,) the mean rotation (Markley et al. 2007, doi:10.2514/1.28949)."""
    mean: Floats = np.linalg.eigh(quaternions.T @ quaternions)[1][:, -1]
    return mean


def _inverse(quaternions: Floats) -> Floats:
    inverse: Floats = quaternions * np.array([1.0, -1.0, -1.0, -1.0])
    return inverse


def _product(first: Floats, second: Floats) -> Floats:
    """(n, 4) first after second."""
    w, v = first[:, :1], first[:, 1:]
    p, u = second[:, :1], second[:, 1:]
    scalar = w * p - (v * u).sum(axis=1, keepdims=True)
    return np.hstack([scalar, w * u + p * v + np.cross(v, np.broadcast_to(u, v.shape))])
