"""Two segments around one joint, from equations: exact samples at any times, in any mounting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.transform import Rotation

from sensor_screen.model import Placement, SensorInfo, SensorStream, Side
from sensor_screen.units import STANDARD_GRAVITY_MPS2

if TYPE_CHECKING:
    from sensor_screen.model import Floats

_STEP_S = 1e-3
"""For derivatives by differences: an error below 1e-4 of their size."""


@dataclass(frozen=True)
class Segment:
    """Euler angles as sums of sines, and the lever from the joint to the sensor."""

    amplitude_rad: Floats  # (3, k)
    frequency_hz: Floats  # (k,)
    phase_rad: Floats  # (3, k)
    lever_m: Floats  # (3,)

    def turn(self, time_s: Floats) -> Rotation:
        """earth_from_segment."""
        waves = np.sin(2 * np.pi * self.frequency_hz * time_s[:, None, None] + self.phase_rad)
        return Rotation.from_euler("zyx", np.sum(self.amplitude_rad * waves, axis=2))


SHANK = Segment(
    amplitude_rad=np.array([[0.2, 0.1], [0.5, 0.2], [0.1, 0.1]]),
    frequency_hz=np.array([0.83, 1.91]),
    phase_rad=np.array([[0.3, 1.1], [2.0, 0.4], [1.5, 2.2]]),
    lever_m=np.array([0.02, -0.01, 0.25]),
)
FOOT = Segment(
    amplitude_rad=np.array([[0.3, 0.1], [0.6, 0.3], [0.2, 0.1]]),
    frequency_hz=np.array([1.07, 2.33]),
    phase_rad=np.array([[1.3, 0.1], [0.2, 1.4], [0.5, 1.2]]),
    lever_m=np.array([0.12, 0.02, 0.06]),
)
RESTING = Segment(np.zeros((3, 1)), np.ones(1), np.zeros((3, 1)), FOOT.lever_m)


def joint_position(time_s: Floats) -> Floats:
    """(n, 3) a joint that is carried about, about as much as an ankle in walking."""
    waves = [
        0.15 * np.sin(2 * np.pi * 0.71 * time_s) + 0.01 * np.sin(2 * np.pi * 2.9 * time_s),
        0.03 * np.sin(2 * np.pi * 1.13 * time_s + 1.0),
        0.06 * np.sin(2 * np.pi * 1.37 * time_s + 0.5),
    ]
    return np.stack(waves, axis=1)


def sense(segment: Segment, time_s: Floats, *, carried: bool = True) -> Floats:
    """(n, 6) what a perfect sensor on the segment shows at the given times."""

    def place(t: Floats) -> Floats:
        joint = joint_position(t) if carried else np.zeros((len(t), 3))
        return joint + segment.turn(t).apply(segment.lever_m)

    before, after = time_s - _STEP_S, time_s + _STEP_S
    acceleration = (place(after) - 2 * place(time_s) + place(before)) / _STEP_S**2
    turned = segment.turn(before).inv() * segment.turn(after)
    up = np.array([0.0, 0.0, STANDARD_GRAVITY_MPS2])
    force = segment.turn(time_s).inv().apply(acceleration + up)
    return np.concatenate([force, turned.as_rotvec() / (2 * _STEP_S)], axis=1)


def stream(placement: Placement, device_time_s: Floats, samples: Floats) -> SensorStream:
    """A stream of floats, its clock unknown."""
    info = SensorInfo(Side.RIGHT, placement)
    return SensorStream(info, device_time_s, samples.astype(np.float32))


def leg(
    seconds: float,
    *,
    foot_offset_s: float = 0.0,
    foot_skew: float = 0.0,
    shank_hz: float = 100.0,
    foot_hz: float = 100.0,
    foot: Segment = FOOT,
    carried: bool = True,
    mountings: tuple[Rotation, Rotation] = (Rotation.identity(), Rotation.identity()),
    noise: float = 0.01,
) -> tuple[SensorStream, SensorStream]:
    """Shank and foot; the foot's clock shows more, by the offset at time zero and the skew."""
    made = []
    for segment, placement, rate_hz, offset_s, skew, mounting in (
        (SHANK, Placement.SHANK, shank_hz, 0.0, 0.0, mountings[0]),
        (foot, Placement.FOOT, foot_hz, foot_offset_s, foot_skew, mountings[1]),
    ):
        device_s = np.arange(round(seconds * rate_hz)) / rate_hz
        true_s = (device_s - offset_s) / (1.0 + skew)
        samples = sense(segment, true_s, carried=carried)
        samples += noise * np.random.default_rng(len(made)).standard_normal(samples.shape)
        turned = np.concatenate([mounting.apply(samples[:, :3]), mounting.apply(samples[:, 3:])], 1)
        made.append(stream(placement, device_s, turned))
    return made[0], made[1]
