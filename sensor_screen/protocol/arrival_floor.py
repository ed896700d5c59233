"""The line under all delays: a sensor's clock against the receiver's, from arrivals alone.

Theory of operation. A notification arrives after it was ready, never before. Against device time,
arrival minus device time is the difference of the clocks plus a delay that is sometimes nearly the
least there is; so the highest line that runs under all points is the difference of the clocks, late
by the least delay. Of all such lines that one is taken which is highest in the middle: it is the
edge of the lower convex hull there. Delays only push points up, so stalls and losses cost nothing,
where a mean or a least-squares line is dragged along.

What remains is the grid of connection events. Where packets become ready at few phases of it, even
the luckiest waits; how long, at most, is the largest gap between the phases that occurred. Half of
that is taken off, and half of it stays in the residual. A slow drift through the phases cannot be
told from a drift of the clock, so phases count as for the worst rate of both crystals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sensor_screen.model import Floats

_MOST_PHASES = 2000
"""Of more points some are left out, which can only widen the gap."""


@dataclass(frozen=True, slots=True)
class FloorParams:
    """Tuning of the line."""

    largest_skew: float = 2.5e-4
    """Of the sensor's clock against the receiver's: 100 ppm of a poor crystal, 50 ppm of a warm
    computer, and as much again."""
    connection_interval_s: float = 0.030
    """Longest interval that is asked for. Unknown to most programs; a shorter one does better than
    the residual says."""
    grid_skew: float = 1e-4
    """By which the crystal of the radio may differ from the sensor's: decides how far phases of
    the grid may have drifted."""
    least_delay_s: float = 0.0025
    """From a connection event to the time stamp of the receiver, at least: 2 ms on the air for a
    full packet without the fast radio mode, and the stack. Common to all sensors, so that it is in
    no difference of two."""
    least_delay_error_s: float = 0.0015
    """How far that may be off."""
    touching: int = 6
    """So many of the lowest points say how sharp the floor is: the line rests on two of them, and
    how far the sixth lies above it is what chance may have added to those."""


@dataclass(frozen=True, slots=True)
class FloorFit:
    """Host time = device time + `offset_s` + `skew` (device time - `middle_s`)."""

    middle_s: float
    """Device time of the middle of the points."""
    offset_s: float
    """In the middle, without the least delay."""
    skew: float
    residual_s: float
    """The true offset in the middle lies within this: 95 % or better."""
    skew_error: float
    """So does the true skew within this."""

    def offset_at_s(self, device_s: Floats) -> Floats:
        """Host time minus device time."""
        return self.offset_s + self.skew * (device_s - self.middle_s)

    def residual_at_s(self, device_s: Floats) -> Floats:
        """Residual away from the middle."""
        return self.residual_s + self.skew_error * np.abs(device_s - self.middle_s)


def fit_floor(device_s: Floats, delay_s: Floats, params: FloorParams) -> FloorFit:
    """The line under the points.

    Args:
        device_s: (n,) sorted, at least one.
        delay_s: (n,) arrival minus device time of each.
        params: Tuning.
    """
    middle_s = float(device_s[0] + device_s[-1]) / 2
    from_middle_s = device_s - middle_s
    skew, height_s = _highest(from_middle_s, delay_s, params.largest_skew)
    above_s = delay_s - (height_s + skew * from_middle_s)
    rank = min(params.touching, len(above_s)) - 1
    sharp_s = float(np.partition(above_s, rank)[rank])
    if len(above_s) < params.touching:
        sharp_s += params.connection_interval_s
    gap_s = _largest_gap(device_s, params)
    span_s = max(float(device_s[-1] - device_s[0]), 1e-3)
    known_skew = 2.0 * (gap_s + sharp_s) / span_s
    return FloorFit(
        middle_s=middle_s,
        offset_s=height_s - params.least_delay_s - gap_s / 2,
        skew=skew,
        residual_s=gap_s / 2 + sharp_s + params.least_delay_error_s,
        skew_error=min(known_skew, 2.0 * params.largest_skew),
    )


def _highest(from_middle_s: Floats, delay_s: Floats, largest_skew: float) -> tuple[float, float]:
    """Slope and height in the middle of the highest line under all points.

    The height is a concave function of the slope, made of one straight line a point: two lines on
    both sides of its top are followed to their crossing until no point lies lower there.
    """
    low = int(np.argmin(delay_s + largest_skew * from_middle_s))
    high = int(np.argmin(delay_s - largest_skew * from_middle_s))
    if from_middle_s[low] >= 0:
        return -largest_skew, float(delay_s[low] + largest_skew * from_middle_s[low])
    if from_middle_s[high] <= 0:
        return largest_skew, float(delay_s[high] - largest_skew * from_middle_s[high])
    while True:
        run_s = from_middle_s[high] - from_middle_s[low]
        slope = float((delay_s[high] - delay_s[low]) / run_s)
        heights = delay_s - slope * from_middle_s
        lowest = int(np.argmin(heights))
        if heights[lowest] >= min(heights[low], heights[high]):
            return slope, float(heights[lowest])
        if from_middle_s[lowest] < 0:
            low = lowest
        else:
            high = lowest


def _largest_gap(device_s: Floats, params: FloorParams) -> float:
    """Longest wait of the luckiest packet, s, for the worst rate of the two crystals."""
    interval_s = params.connection_interval_s
    device_s = device_s[:: 1 + len(device_s) // _MOST_PHASES]
    rates = 1.0 + np.linspace(-1.0, 1.0, 9) * params.grid_skew
    phases = np.sort((device_s - device_s[0]) * rates[:, None] % interval_s, axis=1)
    around = np.concatenate([phases, phases[:, :1] + interval_s], axis=1)
    return float(np.diff(around, axis=1).max())
