"""A stretch of a sensor's numbers without a jump of either clock."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.protocol.arrival_clock import ArrivalClockParams, ArrivalPiece

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensor_screen.model import Floats


@dataclass(frozen=True, slots=True)
class ClockParams:
    """Tuning of the clock."""

    arrivals: ArrivalClockParams = field(default_factory=ArrivalClockParams)
    step_us: float = 1500.0
    """A device time so far from what its number says is a step of the clock, or samples were lost
    inside the sensor: ten times what rounding to 100 us does."""
    rate_error: float = 3e-4
    """By which the rate of samples against the sensor's clock may be off, once measured."""
    unmeasured_rate_error: float = 0.05
    """The same before: by what rates of sensors differ from their names."""
    anchor_s: float = 2.0
    """Without a status for so long, packets tell the device time."""
    baseline_s: float = 60.0
    """Over which the rate is measured."""
    most_pieces: int = 256
    """Jumps that are believed; a clock that jumps all the time is none."""


class ClockPiece:
    """Numbers from one on, without a jump of either clock."""

    def __init__(self, first: int, params: ClockParams) -> None:
        self.first = first
        """Number of its first sample."""
        self.last_heard = first
        """Of its newest sample that was heard live."""
        self.arrivals = ArrivalPiece(params.arrivals)
        self._params = params
        self.guessed = False
        """Its device times may be off by whole wraps: a packet began it, and no status came yet."""
        self._sequence: list[int] = []
        self._us: list[int] = []

    def expect_us(self, sequence: int, interval_us: float) -> tuple[float, int]:
        """Device time of a sample, and how many samples the nearest known one is away."""
        at = bisect_left(self._sequence, sequence)
        near = [k for k in (at - 1, at) if 0 <= k < len(self._sequence)]
        best = min(near, key=lambda k: abs(self._sequence[k] - sequence))
        away = sequence - self._sequence[best]
        return self._us[best] + away * interval_us, abs(away)

    @property
    def anchored(self) -> bool:
        """Some device time is known."""
        return bool(self._us)

    def anchor(self, sequence: int, device_us: int) -> None:
        """Note the device time of one sample."""
        at = bisect_left(self._sequence, sequence)
        if at == len(self._sequence) or self._sequence[at] != sequence:
            self._sequence.insert(at, sequence)
            self._us.insert(at, device_us)

    def shift(self, by_us: int) -> None:
        """All device times turned out to be later by so much."""
        self._us = [us + by_us for us in self._us]
        self.arrivals.shift(by_us * 1e-6)

    def measure_interval_us(self, default_us: float) -> tuple[float, float]:
        """Device time from sample to sample, and the time over which it was measured, s."""
        if len(self._us) < 2:
            return default_us, 0.0
        start = bisect_right(self._us, self._us[-1] - int(self._params.baseline_s * 1e6))
        start = min(start, len(self._us) - 2)
        span_us = self._us[-1] - self._us[start]
        return span_us / (self._sequence[-1] - self._sequence[start]), span_us * 1e-6

    def device_s(self, sequence: NDArray[np.int64], interval_us: float) -> Floats:
        """(n,) device times."""
        known, us = np.array(self._sequence), np.array(self._us, dtype=np.float64)
        times = np.interp(sequence, known, us)
        times += np.minimum(sequence - known[0], 0) * interval_us
        times += np.maximum(sequence - known[-1], 0) * interval_us
        seconds: Floats = times * 1e-6
        return seconds
