"""A sensor's clock against the receiver's over time, in pieces without a jump.

The line of `arrival_floor` is fitted in a window that slides over device time; its middles are the
knots of the map, straight lines lie between them. Nothing depends on how arrivals are cut into
calls. Points that are too early for the line, or all late for long, begin a new piece: one of the
two clocks jumped, or the receiver slept.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import ClockMap
from sensor_screen.protocol.arrival_floor import FloorFit, FloorParams, fit_floor

if TYPE_CHECKING:
    from sensor_screen.model import Floats


@dataclass(frozen=True, slots=True)
class ArrivalClockParams:
    """Tuning of the map."""

    floor: FloorParams = field(default_factory=FloorParams)
    window_s: float = 60.0
    """Of the line. Shorter ones are less sharp, longer ones do not follow the temperature."""
    step_s: float = 5.0
    """From knot to knot."""
    shorter: tuple[float, ...] = (0.25, 0.5)
    """Parts of the window that make further knots at both ends of a piece: the sharpest line is of
    little use half a minute away from its middle."""
    least_points: int = 10
    """Fewer in a window are no line, unless it is all there is."""
    early_s: float = 0.02
    """A point so much under the line, beyond its residual, is no luck."""
    early_unknown_s: float = 1.0
    """The same before there are enough points for a line: stalls are shorter."""
    early_points: int = 3
    """So many of them running are a jump; fewer are ignored and counted."""
    late_s: float = 0.06
    """Two connection intervals above the line, and..."""
    late_for_s: float = 10.0
    late_points: int = 30
    """...all points so for so long are a jump; stalls end sooner."""
    drift_per_s: float = 2e-8
    """Change of the skew with temperature, 1.2 ppm in a minute: what a straight line over a break
    may hide grows with the square of its length."""
    most_points: int = 20_000
    """In a window; of more, every other one is dropped. 330 packets a second for a minute."""


class ArrivalPiece:
    """Arrivals without a jump, and the map that they give."""

    def __init__(self, params: ArrivalClockParams) -> None:
        self._params = params
        self._points: list[tuple[float, float]] = []  # device time, arrival minus device time
        self.knots: list[FloorFit] = []
        self._next_s: float | None = None
        self._begin: list[float] = []
        self._edge: FloorFit | None = None
        self._ending: list[FloorFit] | None = None
        self._watch: FloorFit | None = None
        self._watch_heard = 0
        self._heard = 0

    def __len__(self) -> int:
        return self._heard

    def hear(self, device_s: float, arrival_s: float) -> None:
        """Take in one point."""
        point = (device_s, arrival_s - device_s)
        self._heard += 1
        self._edge = self._ending = None
        if not self._points or point >= self._points[-1]:
            self._points.append(point)
        else:
            self._points.insert(bisect_left(self._points, point), point)
        if len(self._points) > self._params.most_points:
            del self._points[1::2]
        self._advance()

    def drop_since(self, device_s: float) -> None:
        """Forget the points that turned out to belong to the next piece."""
        del self._points[bisect_left(self._points, (device_s, -np.inf)) :]
        self._edge = self._ending = self._watch = None

    def shift(self, by_s: float) -> None:
        """All device times turned out to be later by so much."""
        self._points = [(at_s + by_s, delay_s - by_s) for at_s, delay_s in self._points]
        self.knots = [
            replace(fit, middle_s=fit.middle_s + by_s, offset_s=fit.offset_s - by_s)
            for fit in self.knots
        ]
        self._begin = [at_s + by_s for at_s in self._begin]
        self._next_s = None if self._next_s is None else self._next_s + by_s
        self._edge = self._ending = self._watch = None

    def _advance(self) -> None:
        """Fix the knots whose window is complete."""
        window_s, step_s = self._params.window_s, self._params.step_s
        if self._next_s is None:
            self._next_s = self._points[0][0] + window_s / 2
            self._begin = [self._points[0][0] + part * window_s for part in self._params.shorter]
        while self._begin and self._points[-1][0] > self._begin[0]:
            self._keep(self._fit(-np.inf, self._begin.pop(0)))
        while self._points[-1][0] > self._next_s + window_s / 2:
            self._keep(self._fit(self._next_s - window_s / 2, self._next_s + window_s / 2))
            self._next_s += step_s
            old = bisect_left(self._points, (self._next_s - window_s / 2, -np.inf))
            old = min(old, len(self._points) - 1)
            # Over a break there is nothing to fit: go on where the points do.
            ahead_s = self._points[old][0] - self._next_s - window_s / 2
            self._next_s += step_s * max(0.0, np.ceil(ahead_s / step_s))
            del self._points[:old]

    def _fit(self, low_s: float, high_s: float) -> FloorFit | None:
        inside = slice(
            bisect_left(self._points, (low_s, -np.inf)),
            bisect_left(self._points, (high_s, np.inf)),
        )
        points = self._points[inside]
        if len(points) < self._params.least_points:
            return None
        device_s, delay_s = np.array(points).T
        return fit_floor(device_s, delay_s, self._params.floor)

    def _keep(self, fit: FloorFit | None) -> None:
        if fit is None:
            return
        if self.knots and fit.middle_s < self.knots[-1].middle_s + self._params.step_s / 2:
            return
        self.knots.append(fit)

    def edge(self) -> FloorFit | None:
        """The line through the newest window; None before there are points."""
        if self._edge is None and self._points:
            self._edge = self._fit_last(self._params.window_s) or self._fit_all()
        return self._edge

    def shown(self) -> FloorFit | None:
        """The line of the newest window or one a tenth of it older, which costs nothing."""
        if self._watch is not None:
            return self._watch
        return self.edge()

    def _fit_last(self, window_s: float) -> FloorFit | None:
        return self._fit(self._points[-1][0] - window_s, np.inf)

    def _fit_all(self) -> FloorFit:
        device_s, delay_s = np.array(self._points).T
        return fit_floor(device_s, delay_s, self._params.floor)

    def fits(self) -> list[FloorFit]:
        """All knots, with those of the newest windows behind them."""
        edge = self.edge()
        if edge is None:
            return list(self.knots)
        if self._ending is None:
            parts = [part * self._params.window_s for part in reversed(self._params.shorter)]
            self._ending = [edge]
            if self._points[-1][0] - self._points[0][0] > parts[0]:
                self._ending += [fit for part in parts if (fit := self._fit_last(part))]
        found = list(self.knots)
        for fit in self._ending:
            if not found or fit.middle_s > found[-1].middle_s + self._params.step_s / 2:
                found.append(fit)
        return found

    def offset_s(self, device_s: Floats) -> tuple[Floats, Floats]:
        """(n,) host time minus device time, and the residual within which it is true."""
        fits = self.fits()
        middles = np.array([fit.middle_s for fit in fits])
        right = np.searchsorted(middles, device_s)
        first, last = fits[0], fits[-1]
        offset = np.interp(device_s, middles, [fit.offset_s for fit in fits])
        residual = np.interp(device_s, middles, [fit.residual_s for fit in fits])
        for fit, outside in ((first, right == 0), (last, right == len(fits))):
            beyond_s = device_s[outside]
            drift = 0.5 * self._params.drift_per_s * (beyond_s - fit.middle_s) ** 2
            offset[outside] = fit.offset_at_s(beyond_s)
            residual[outside] = fit.residual_at_s(beyond_s) + drift
        if len(fits) > 1:
            at = np.clip(right, 1, len(fits) - 1)
            before_s, after_s = device_s - middles[at - 1], middles[at] - device_s
            sag = 0.5 * self._params.drift_per_s * before_s * after_s
            residual += np.where((right > 0) & (right < len(fits)), sag, 0.0)
        return offset, residual

    def clock_map(self, device_s: float) -> ClockMap | None:
        """The map near one device time; its residual holds there."""
        fits = self.fits()
        if not fits:
            return None
        nearest = min(fits, key=lambda fit: abs(fit.middle_s - device_s))
        return ClockMap(
            offset_s=nearest.offset_s - nearest.skew * nearest.middle_s,
            skew=nearest.skew,
            residual_s=float(nearest.residual_at_s(np.array(device_s))),
            origin="arrivals",
        )

    def lines_up(self, device_s: float, arrival_s: float) -> tuple[bool, bool]:
        """Whether a point is too early for this piece, and whether it is late."""
        if self._heard < self._params.least_points:
            near = min((delay for _, delay in self._points), default=-np.inf)
            return bool(arrival_s - device_s < near - self._params.early_unknown_s), False
        # A line that is a tenth of the window old will do.
        if self._watch is None or self._heard - self._watch_heard > 0.1 * len(self._points):
            self._watch, self._watch_heard = self.edge(), self._heard
        edge = self._watch
        if edge is None:
            return False, False
        # As `FloorFit` has it, for one number.
        from_middle_s = device_s - edge.middle_s
        above_s = arrival_s - device_s - (edge.offset_s + edge.skew * from_middle_s)
        allowed_s = edge.residual_s + edge.skew_error * abs(from_middle_s)
        early = above_s < -allowed_s - self._params.early_s
        return early, above_s > allowed_s + self._params.late_s
