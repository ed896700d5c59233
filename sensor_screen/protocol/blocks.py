"""What every sensor family gives: samples as they were sent, and where their time comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Timing(StrEnum):
    """Where the times of samples come from."""

    DEVICE = "device"
    """Each sample carries the sensor's own clock, or its number of a known rate."""
    ESTIMATED = "estimated"
    """The sensor sends no time: a rate was fitted to arrivals, and loss cannot be told from it."""


@dataclass(frozen=True, slots=True)
class SampleBlock:
    """Samples that came together, in the order in which they were measured."""

    arrival_s: float
    """The receiver's monotonic time of the notification that completed the block."""
    acc: NDArray[np.int16] | NDArray[np.float32] | None
    """(n, 3) as sent: counts, or the sensor's own floats; None where it sends the two apart."""
    gyr: NDArray[np.int16] | NDArray[np.float32] | None
    """(n, 3) as sent."""
    sequence: NDArray[np.int64] | None = None
    """(n,) the sensor's number of each sample, as sent (not unwrapped); None: it counts nothing."""
    device_time_us: NDArray[np.int64] | None = None
    """(n,) the sensor's own clock, as sent (not unwrapped); None: it sends no time."""

    def __len__(self) -> int:
        rows = self.gyr if self.acc is None else self.acc
        return 0 if rows is None else len(rows)

    @property
    def timing(self) -> Timing:
        """Whether the samples can be placed in time by themselves."""
        known = self.sequence is not None or self.device_time_us is not None
        return Timing.DEVICE if known else Timing.ESTIMATED
