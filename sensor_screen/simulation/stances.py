"""Stances of a person who sways at random, as one sensor on the shank hears them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import CleaningCounts, CleanStream, Placement, SensorInfo, Side
from sensor_screen.units import STANDARD_GRAVITY_MPS2

if TYPE_CHECKING:
    from sensor_screen.model import Floats

STANCE_RATE_HZ = 100.0
SIDEWAYS_RAD, FORWARD_RAD = np.radians(0.6), np.radians(0.9)
"""RMS tilt in a stance without end."""
_SWING_HZ = 0.4


def random_stance(random: np.random.Generator, seconds: float) -> CleanStream:
    """Gaussian sway about both axes, slower than 1 Hz, heard by a usual sensor.

    The sensor's axes are the segment's (forward, up, right), and it has no acceleration of its own.
    """
    count = round(seconds * STANCE_RATE_HZ)
    tilts = np.array([[SIDEWAYS_RAD], [FORWARD_RAD]]) * _swings(random, count)
    rates = np.gradient(tilts, 1.0 / STANCE_RATE_HZ, axis=1)[:, :count]
    across, along = tilts[:, :count]
    acc = STANDARD_GRAVITY_MPS2 * np.column_stack([along, np.ones(count), -across])
    gyr = np.column_stack([rates[0], np.zeros(count), rates[1]]) + np.radians(0.3)
    spread = np.sqrt(STANCE_RATE_HZ / 2.0)
    acc += 110e-6 * STANDARD_GRAVITY_MPS2 * spread * random.normal(size=acc.shape)
    gyr += np.radians(0.0038) * spread * random.normal(size=gyr.shape)
    return CleanStream(
        info=SensorInfo(Side.LEFT, Placement.SHANK),
        rate_hz=STANCE_RATE_HZ,
        time_s=np.arange(count) / STANCE_RATE_HZ,
        acc_mps2=acc,
        gyr_radps=gyr,
        flags=np.zeros(count, dtype=np.uint8),
        counts=CleaningCounts(received=count),
    )


def _swings(random: np.random.Generator, count: int) -> Floats:
    """(2, 4 count) damped swings of 0.4 Hz with RMS 1; a quarter of it is not periodic."""
    frequency_hz = np.fft.rfftfreq(4 * count, 1.0 / STANCE_RATE_HZ)
    ratio = frequency_hz / _SWING_HZ
    shape = 1.0 / ((1.0 - ratio**2) ** 2 + ratio**2)
    shape[0] = 0.0
    lines = np.sqrt(shape) * (random.normal(size=(2, 2, shape.size)).T @ [1.0, 1.0j]).T
    swings: Floats = np.fft.irfft(lines, 4 * count) * 2 * count / np.sqrt(shape.sum())
    return swings
