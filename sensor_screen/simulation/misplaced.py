"""Sensors that do not belong: the same leg, heard by one that fell off, slipped, or is another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Placement
from sensor_screen.units import STANDARD_GRAVITY_MPS2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import CleanLeg, CleanStream, Floats, SensorStream

_SLIP_S = 0.3
"""How long a slip takes."""


def sensor_of(leg: CleanLeg, placement: Placement) -> CleanStream:
    """The sensor at this place of a leg that has one there."""
    stream = leg.shank if placement is Placement.SHANK else leg.foot
    if stream is None:
        raise ValueError(f"this leg has no {placement} sensor")
    return stream


def hear(leg: CleanLeg, placement: Placement, acc_mps2: Floats, gyr_radps: Floats) -> CleanLeg:
    """The leg, with other samples at this place.

    Args:
        leg: As it is.
        placement: Whose samples.
        acc_mps2: (n, 3).
        gyr_radps: (n, 3).
    """
    stream = replace(sensor_of(leg, placement), acc_mps2=acc_mps2, gyr_radps=gyr_radps)
    return replace(leg, shank=stream) if placement is Placement.SHANK else replace(leg, foot=stream)


def swap_sensors(leg: CleanLeg) -> CleanLeg:
    """The foot sensor is called shank, and the other way round."""
    return replace(leg, shank=leg.foot, foot=leg.shank)


def drop_sensor(leg: CleanLeg, placement: Placement, since_s: float, seed: int = 4) -> CleanLeg:
    """From then on the sensor lies still on the floor, in an attitude of its own."""
    stream, random = sensor_of(leg, placement), np.random.default_rng(seed)
    acc, gyr = stream.acc_mps2.copy(), stream.gyr_radps.copy()
    lies = leg.time_s >= since_s
    shape = (int(lies.sum()), 3)
    up = random.standard_normal(3)
    acc[lies] = STANDARD_GRAVITY_MPS2 * up / np.linalg.norm(up)
    acc[lies] += 0.03 * random.standard_normal(shape)
    gyr[lies] = 0.003 * random.standard_normal(shape)
    return hear(leg, placement, acc, gyr)


def slip_sensor(
    leg: CleanLeg, placement: Placement, flexion_axis: Floats, angle_rad: float, at_s: float
) -> CleanLeg:
    """Within 0.3 s the sensor turns on its segment about the flexion axis; it feels that too.

    Args:
        leg: As it is.
        placement: Which sensor.
        flexion_axis: (3,) to the person's right, in the sensor.
        angle_rad: Positive where its front goes up: a shank sensor then leans back.
        at_s: When it begins.
    """
    from scipy.spatial.transform import Rotation

    stream, time_s = sensor_of(leg, placement), leg.time_s
    share = np.clip((time_s - at_s) / _SLIP_S, 0.0, 1.0)
    turned_rad = angle_rad * (3.0 - 2.0 * share) * share**2
    back = Rotation.from_rotvec(turned_rad[:, None] * flexion_axis).inv()
    rate = np.gradient(turned_rad, time_s)[:, None] * flexion_axis
    return hear(leg, placement, back.apply(stream.acc_mps2), back.apply(stream.gyr_radps) + rate)


def borrow_foot(leg: CleanLeg, other: CleanLeg, later_s: float = 0.0) -> CleanLeg:
    """The shank of one leg with the foot of another, as long as both were recorded.

    Args:
        leg: Whose shank.
        other: Whose foot; the same leg, where its foot is only late.
        later_s: The foot's samples are those of so much later (earlier, where negative).
    """
    foot, shift = sensor_of(other, Placement.FOOT), round(later_s * leg.rate_hz)
    begin, end = max(0, -shift), min(len(leg.time_s), len(foot.time_s) - shift)
    there = slice(begin + shift, end + shift)
    kept = cut_leg(leg, slice(begin, end))
    return hear(kept, Placement.FOOT, foot.acc_mps2[there], foot.gyr_radps[there])


def cut_leg(leg: CleanLeg, where: slice) -> CleanLeg:
    """Some of the samples of a leg."""

    def cut(stream: CleanStream | None) -> CleanStream | None:
        if stream is None:
            return None
        return replace(
            stream,
            time_s=stream.time_s[where],
            acc_mps2=stream.acc_mps2[where],
            gyr_radps=stream.gyr_radps[where],
            flags=stream.flags[where],
        )

    return replace(leg, time_s=leg.time_s[where], shank=cut(leg.shank), foot=cut(leg.foot))


def misread_gyroscope(stream: SensorStream, factors: Sequence[float]) -> SensorStream:
    """What is received where the gyroscope's unit, full scale or axes were taken wrongly.

    Args:
        stream: As it was sent.
        factors: Of its three axes.
    """
    values = np.concatenate([stream.acc_mps2, stream.gyr_radps * factors], axis=1)
    largest = max(abs(factor) for factor in factors)
    range_radps = stream.info.gyr_range_radps
    return replace(
        stream,
        info=replace(
            stream.info, gyr_range_radps=None if range_radps is None else range_radps * largest
        ),
        raw=values.astype(np.float32),
        acc_scale_mps2=1.0,
        gyr_scale_radps=1.0,
    )
