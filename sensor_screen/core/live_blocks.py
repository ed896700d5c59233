"""What goes into the live estimator and what comes out of it, a few samples at a time."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sensor_screen.model import Bools, Bytes, Floats, Marks


@dataclass(frozen=True, slots=True)
class LegBlock:
    """A few clean samples of shank and foot on one regular grid."""

    time_s: Floats  # (n,)
    acc_mps2: Floats  # (n, 2, 3)
    gyr_radps: Floats  # (n, 2, 3)
    flags: Bytes  # (n, 2) SampleFlag bits

    def part(self, where: slice) -> LegBlock:
        """Some of the samples."""
        return LegBlock(
            self.time_s[where], self.acc_mps2[where], self.gyr_radps[where], self.flags[where]
        )


@dataclass(frozen=True, slots=True)
class LiveAngles:
    """The answer to one block; longer than the block where the filter caught up, else as long."""

    time_s: Floats  # (n,)
    dorsiflexion_rad: Floats  # (n,)
    inversion_rad: Floats  # (n,)
    sigma_rad: Floats  # (n,)
    valid: Bools  # (n,)
    marks: Marks  # (n,) AngleMark bits
    shank_lean_rad: Floats  # (n,) forward, by gravity
    foot_pitch_rad: Floats  # (n,) toes up
    shank_rate_radps: Floats  # (n,) about the flexion axis, positive as the foot swings forward
    lagged_time_s: Floats  # (m,) at most 25 a second
    lagged_dorsiflexion_rad: Floats  # (m,)


_Part = TypeVar("_Part", LegBlock, LiveAngles)


def join(parts: Sequence[_Part]) -> _Part:
    """One after the other as one."""
    if len(parts) == 1:
        return parts[0]
    kind = type(parts[0])
    return kind(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(kind)))


_EMPTY = np.empty(0)
NOTHING = LiveAngles(
    _EMPTY,
    _EMPTY,
    _EMPTY,
    _EMPTY,
    np.empty(0, dtype=np.bool_),
    np.empty(0, dtype=np.uint16),
    _EMPTY,
    _EMPTY,
    _EMPTY,
    _EMPTY,
    _EMPTY,
)


@dataclass(slots=True)
class GatheredSamples:
    """Samples that wait for calibration, in half precision: 34 bytes each instead of 106.

    Half precision keeps 11 bits. Forces are kept as differences to the first sample, so a leg at
    rest, which the vertical is read from, loses nothing; moving, it is 0.05 % of a sample's size,
    below the noise of the sensors.
    """

    start_acc_mps2: Floats  # (2, 3)
    time_s: Floats  # (n,)
    change: NDArray[np.float16]  # (n, 2, 6) force since the start, angular velocity
    flags: Bytes  # (n, 2)

    @classmethod
    def of(cls, block: LegBlock) -> GatheredSamples:
        """The first samples."""
        empty = np.empty((0, 2, 6), dtype=np.float16)
        first = cls(block.acc_mps2[0].copy(), block.time_s[:0], empty, block.flags[:0])
        first.add(block, 0)
        return first

    def add(self, block: LegBlock, before: int) -> None:
        """Newer samples; of the older ones only the last `before` stay."""
        force = block.acc_mps2 - self.start_acc_mps2
        change = np.concatenate([force, block.gyr_radps], axis=2).astype(np.float16)
        keep = max(0, len(self.time_s) - before)
        self.time_s = np.concatenate([self.time_s[keep:], block.time_s])
        self.change = np.concatenate([self.change[keep:], change])
        self.flags = np.concatenate([self.flags[keep:], block.flags])

    def part(self, where: slice) -> LegBlock:
        """Some of the samples, in double precision again."""
        change = self.change[where].astype(np.float64)
        acc = change[..., :3] + self.start_acc_mps2
        return LegBlock(self.time_s[where], acc, change[..., 3:], self.flags[where])
