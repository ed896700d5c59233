"""The sensor's clock, and the person it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Performance:
    """When the person began, which is with the first START of any sensor, and last turned.

    Attributes:
        turned_s: When he began what he does now.
    """

    def __init__(self) -> None:
        self.turned_s = 0.0
        self._zero_s: float | None = None

    def begin(self, now_s: float) -> float:
        """Zero of every index; the first call decides it."""
        if self._zero_s is None:
            self._zero_s = self.turned_s = now_s
        return self._zero_s


@dataclass(frozen=True, slots=True)
class SensorClock:
    """Counts microseconds since power on, a little too fast or too slow, as crystals do."""

    powered_s: float
    ppm: float

    def now_us(self, at_s: float) -> int:
        """What it shows at a time of the event loop."""
        return int((at_s - self.powered_s) * (1e6 + self.ppm))


@dataclass(frozen=True, slots=True)
class SampleGrid:
    """Sampling instants of one measurement: index i lies i periods of its clock after zero.

    Zero is when the person began, so that an index is also a place in what he does.
    """

    clock: SensorClock
    zero_s: float
    nominal_hz: float
    actual_hz: float
    """Differs from the nominal rate where the sensor lies about it."""
    lag_s: float = 0.0
    """From the instant of an index to the middle of what it is the mean of."""

    def at_s(self, index: int) -> float:
        """Time of the event loop at which the sample of this index was measured."""
        past_s = (index / self.actual_hz + self.lag_s) * 1e6 / (1e6 + self.clock.ppm)
        return self.zero_s + past_s

    def at_us(self, index: int) -> int:
        """The same as the sensor's clock shows it."""
        zero_us = (self.zero_s - self.clock.powered_s) * (1e6 + self.clock.ppm)
        return int(zero_us + (index / self.actual_hz + self.lag_s) * 1e6)

    def next_index(self, now_s: float) -> int:
        """Of the first sample that is not yet over."""
        past_s = (now_s - self.zero_s) * (1e6 + self.clock.ppm) / 1e6 - self.lag_s
        return max(0, ceil(past_s * self.actual_hz))

    def content(self, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """Indices of the nominal grid that show what the person does at these (n,)."""
        if self.actual_hz == self.nominal_hz:
            return index
        return np.floor(index / self.actual_hz * self.nominal_hz).astype(np.int64)
