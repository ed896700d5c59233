"""What goes into the live estimator and what comes out of it, a few samples at a time."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

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
)
