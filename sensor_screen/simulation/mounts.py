"""Sensors on a leg: where each sits, how soft it sits, and what it feels without any error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Placement
from sensor_screen.units import STANDARD_GRAVITY_MPS2

if TYPE_CHECKING:
    from sensor_screen.model import Floats
    from sensor_screen.simulation.imperfections import Imperfections
    from sensor_screen.simulation.legs import SegmentMotion

_UP = np.array([0.0, 1.0, 0.0])
_GRAVITY_MPS2 = -STANDARD_GRAVITY_MPS2 * _UP
_PULSE_S = 0.012
"""A foot meets a ball for 9 to 14 ms."""
_SHOCK_DAMPING = 0.1
_SHANK_SHOCK = 0.4
"""What is left of a foot shock at the shank."""


@dataclass(frozen=True, slots=True)
class Mount:
    """How one sensor sits on its segment."""

    placement: Placement
    segment_from_sensor: Floats  # (3, 3) any rotation
    position_m: Floats  # (3,) from the ankle centre, in the segment

    @property
    def flexion_axis(self) -> Floats:
        """(3,) the flexion axis, to the person's right, in the sensor."""
        axis: Floats = self.segment_from_sensor[2].copy()
        return axis

    @property
    def ankle_m(self) -> Floats:
        """(3,) from the sensor to the ankle centre, in the sensor."""
        lever: Floats = -self.position_m @ self.segment_from_sensor
        return lever


@dataclass(frozen=True, slots=True)
class Sensed:
    """What a perfect sensor feels at every instant."""

    time_s: Floats  # (n,) at a constant rate
    acc_mps2: Floats  # (n, 3) specific force in the sensor
    gyr_radps: Floats  # (n, 3)


def draw_mount(placement: Placement, random: np.random.Generator) -> Mount:
    """A sensor strapped on without any care for its orientation.

    The shank's sits 10 to 25 cm above the ankle, the foot's on the instep 8 to 11 cm before it.
    """
    from scipy.spatial.transform import Rotation

    if placement == Placement.SHANK:
        position_m = random.uniform([0.02, 0.10, -0.05], [0.05, 0.25, 0.05])
    else:
        position_m = random.uniform([0.08, -0.03, -0.02], [0.11, 0.0, 0.02])
    quaternion = random.standard_normal(4)
    return Mount(placement, Rotation.from_quat(quaternion).as_matrix(), position_m)


def sense(
    time_s: Floats,
    motion: SegmentMotion,
    mount: Mount,
    impacts: tuple[tuple[float, float], ...] = (),
    imperfections: Imperfections | None = None,
) -> Sensed:
    """Specific force and angular velocity at the sensor, rigid or on soft tissue.

    Equations of a point in a moving frame: a = A + alpha x r + w x (w x r) + 2 w x r' + r''; the
    specific force is a - g, so at rest it points up.
    """
    earth_from_segment = motion.earth_from_segment
    rate = _into(earth_from_segment, motion.rate_radps)
    alpha = _into(earth_from_segment, motion.acceleration_radps2)
    at_ankle = _into(earth_from_segment, motion.ankle_mps2 - _GRAVITY_MPS2)
    rigid = at_ankle + _lever_force(alpha, rate, mount.position_m)
    if imperfections is None or not (imperfections.wobble_hz or imperfections.shock_mps2):
        return Sensed(time_s, rigid @ mount.segment_from_sensor, rate @ mount.segment_from_sensor)
    shift = _shift(time_s, rigid, earth_from_segment, mount, impacts, imperfections)
    shifted = at_ankle + _lever_force(alpha, rate, mount.position_m + shift[0])
    shifted += 2.0 * np.cross(rate, shift[1]) + shift[2]
    return _tilt(time_s, shifted, rate, mount, shift, imperfections.wobble_rad_per_m)


def _lever_force(alpha: Floats, rate: Floats, place: Floats) -> Floats:
    """(n, 3) what the rotation of a segment adds at a place in it."""
    arm = np.broadcast_to(place, rate.shape)
    added: Floats = np.cross(alpha, arm) + np.cross(rate, np.cross(rate, arm))
    return added


def _tilt(
    time_s: Floats,
    force: Floats,
    rate: Floats,
    mount: Mount,
    shift: tuple[Floats, Floats, Floats],
    rad_per_m: float,
) -> Sensed:
    """Force and rate of the segment seen by a sensor that tilts as it shifts."""
    from scipy.spatial.transform import Rotation

    tilt, tilt_rate = (rad_per_m * np.cross(_UP, moved) for moved in shift[:2])
    # Second order of the exponential map's derivative is left out: the tilt is a few degrees.
    rate = rate + tilt_rate + 0.5 * np.cross(tilt, tilt_rate)
    segment_from_sensor = Rotation.from_rotvec(tilt).as_matrix() @ mount.segment_from_sensor
    return Sensed(time_s, _into(segment_from_sensor, force), _into(segment_from_sensor, rate))


def _shift(
    time_s: Floats,
    rigid: Floats,
    earth_from_segment: Floats,
    mount: Mount,
    impacts: tuple[tuple[float, float], ...],
    imperfections: Imperfections,
) -> tuple[Floats, Floats, Floats]:
    """(n, 3) each: displacement of the sensor in the segment, its velocity and acceleration."""
    up = earth_from_segment[:, 1, :]
    shaken = rigid - STANDARD_GRAVITY_MPS2 * up
    pulses = _pulses(time_s, mount, impacts, imperfections.shock_mps2)[:, None] * up
    total = [np.zeros_like(rigid) for _ in range(3)]
    if imperfections.shock_mps2:
        ringing = _resonate(pulses, imperfections.shock_hz, _SHOCK_DAMPING, time_s)
        total = [a + b for a, b in zip(total, ringing, strict=True)]
    if imperfections.wobble_hz:
        most = imperfections.wobble_limit_mps2
        given = most * np.tanh((shaken + pulses) / most)
        soft = _resonate(given, imperfections.wobble_hz, imperfections.wobble_damping, time_s)
        total = [a + b for a, b in zip(total, soft, strict=True)]
    return total[0], total[1], total[2]


def _pulses(
    time_s: Floats, mount: Mount, impacts: tuple[tuple[float, float], ...], height_mps2: float
) -> Floats:
    """(n,) half sines at the impacts."""
    share = _SHANK_SHOCK if mount.placement == Placement.SHANK else 1.0
    pulses = np.zeros_like(time_s)
    for impact_s, strength in impacts:
        part = slice(*np.searchsorted(time_s, [impact_s, impact_s + _PULSE_S]))
        wave = np.sin(np.pi * (time_s[part] - impact_s) / _PULSE_S)
        pulses[part] += share * strength * height_mps2 * wave
    return pulses


def _resonate(
    drive_mps2: Floats, frequency_hz: float, damping: float, time_s: Floats
) -> tuple[Floats, Floats, Floats]:
    """(n, 3) each: x, x', x'' of x'' + 2 d w x' + w^2 x = -drive, by the trapezoidal rule."""
    from scipy.signal import bilinear, lfilter

    rate_hz = 1.0 / (time_s[1] - time_s[0])
    w = 2.0 * np.pi * frequency_hz
    poles = [1.0, 2.0 * damping * w, w * w]
    orders = ([-1.0], [-1.0, 0.0], [-1.0, 0.0, 0.0])
    x, v, a = (lfilter(*bilinear(zeros, poles, rate_hz), drive_mps2, axis=0) for zeros in orders)
    return x, v, a


def _into(outer_from_inner: Floats, vectors: Floats) -> Floats:
    """(n, 3) vectors of the outer frame seen in the inner."""
    seen: Floats = np.einsum("nji,nj->ni", outer_from_inner, vectors)
    return seen
