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

_MOST_PHASES = 1024
"""Of more points some are left out, which can only widen the gap."""
_STRETCH = 64
_STRETCH_S = 3.0
"""Arrivals whose grid is looked for together, and over how long at least."""
_MOST_STRETCHES = 8


@dataclass(frozen=True, slots=True)
class FloorParams:
    """Tuning of the line."""

    largest_skew: float = 1.5e-4
    """Of the sensor's clock against the receiver's: 100 ppm of a poor crystal and 50 ppm of a warm
    computer."""
    connection_interval_s: float | None = None
    """Where the program knows it; most do not. None: the one on whose grid arrivals lie best."""
    unit_s: float = 0.00125
    shortest_interval_s: float = 0.0075
    longest_interval_s: float = 0.050
    """Which are tried: multiples of the unit of Bluetooth, up to what phones choose."""
    usual_interval_s: float = 0.030
    """Where none is found: what the protocol asks for at most."""
    on_grid: float = 0.2
    """Least share of arrivals (mean length of their phases) that is a grid: 4 ms of jitter leave
    0.77 at 30 ms and 0.28 at 7.5 ms, chance 0.12."""
    nearly: float = 0.75
    """Intervals with this part of the best share are as likely: the residual takes the worst."""
    grid_skew: float = 1e-4
    """By which the crystal of the radio may differ from the sensor's: decides how far phases of
    the grid may have drifted."""
    least_delay_s: float = 0.0025
    """From a connection event to the time stamp of the receiver, at least: 2 ms on the air for a
    full packet without the fast radio mode, and the stack. Common to all sensors, so that it is in
    no difference of two."""
    least_delay_error_s: float = 0.002
    """How far that may be off."""
    touching: int = 6
    sharp_factor: float = 1.5
    """So many of the lowest points say how sharp the floor is: the line rests on two of them, and
    how far the sixth lies above it, times this, is what chance may have added to those. Tuned on
    800 simulated traces until 99 of 100 were within."""


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
    sharp_s = params.sharp_factor * float(np.partition(above_s, rank)[rank])
    intervals_s = likely_intervals_s(device_s + delay_s, params)
    if len(above_s) < params.touching:
        sharp_s += max(intervals_s)
    gap_s = max(_largest_gap(device_s, one, params.grid_skew) for one in intervals_s)
    span_s = max(float(device_s[-1] - device_s[0]), 1e-3)
    # The two points on which the line rests are half the span apart, or more.
    known_skew = 4.0 * (gap_s + sharp_s) / span_s
    return FloorFit(
        middle_s=middle_s,
        offset_s=height_s - params.least_delay_s - gap_s / 2,
        skew=skew,
        residual_s=gap_s / 2 + sharp_s + params.least_delay_error_s,
        skew_error=min(known_skew, params.largest_skew + abs(skew)),
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


def likely_intervals_s(arrival_s: Floats, params: FloorParams) -> list[float]:
    """Connection intervals on whose grid arrivals lie best, one or several.

    Arrivals lie shortly after events. Stretches are looked at by themselves, because the grid of
    another link lies elsewhere and the crystal of the radio is not that of the computer.
    """
    if params.connection_interval_s is not None:
        return [params.connection_interval_s]
    if len(arrival_s) < _STRETCH:
        return [params.usual_interval_s]
    # Packets in quick succession are thinned until a stretch is long enough to tell intervals.
    stretch_s = float(arrival_s[-1] - arrival_s[0]) * _STRETCH / len(arrival_s)
    thinner = int(np.ceil(_STRETCH_S / max(stretch_s, 0.1)))
    arrival_s = arrival_s[::thinner]
    count = len(arrival_s) // _STRETCH * _STRETCH
    if not count:
        return [params.usual_interval_s]
    first = round(params.shortest_interval_s / params.unit_s)
    last = round(params.longest_interval_s / params.unit_s)
    tried_s = params.unit_s * np.arange(first, last + 1)
    stretches_s = arrival_s[:count][-_MOST_STRETCHES * _STRETCH :].reshape(-1, _STRETCH)
    since_s = stretches_s - stretches_s[:, :1]
    turns = np.exp(2j * np.pi * since_s / tried_s[:, None, None])
    share = np.sqrt(np.mean(np.abs(turns.mean(axis=2)) ** 2, axis=1))
    if share.max() < params.on_grid:
        return [params.usual_interval_s]
    likely: list[float] = tried_s[share > params.nearly * share.max()].tolist()
    return likely


def _largest_gap(device_s: Floats, interval_s: float, grid_skew: float) -> float:
    """Longest wait of the luckiest packet, s, for the worst rate of the two crystals."""
    device_s = device_s[:: 1 + len(device_s) // _MOST_PHASES]
    rates = 1.0 + np.linspace(-1.0, 1.0, 9) * grid_skew
    phases = np.sort((device_s - device_s[0]) * rates[:, None] % interval_s, axis=1)
    around = np.concatenate([phases, phases[:, :1] + interval_s], axis=1)
    return float(np.diff(around, axis=1).max())
