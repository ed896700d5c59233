"""Times of samples whose sensor sends none: a rate fitted to when they arrived.

Samples are taken at even steps; the radio can only delay them. So all arrivals lie on or above the
straight line of an undelayed arrival against the number of the sample, and the highest such line
(the edge of the lower convex hull over the middle) tells rate and phase; one constant delay stays
in it, unknown.

A lost sample moves all later arrivals up by one period for good, a stall moves some for a while:
where the lowest delay of a second steps up and stays, loss is *suspected*. It cannot be known: a
sensor that pauses looks the same, and losses spread evenly look like a slower clock. A single
packet cannot even be suspected, for where the connection interval is nearly a multiple of the
packets' period, their beat steps by one packet as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.blocks import Timing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


_MOST_ROUNDS = 100
_ROUNDS_OF_PERIOD = 3
_LEAST_WIDTH = 8
_MOST_APART = 10
_LONGEST_S = 1e7
_SHORTEST_PERIOD_S = 1e-6


@dataclass(frozen=True, slots=True)
class FrameTimingParams:
    """How rate and loss are told from arrivals."""

    nominal_rate_hz: float | None = None
    """The rate that was set, if known: what fell short of it is stated, nothing else."""
    shortest_s: float = 3.0
    """Less says too little: at a connection interval of 30 ms the rate is then known to 1 %."""
    window_s: float = 1.0
    """Over which the lowest delay is taken: some thirty connection intervals, so that one of them
    met a sample that had just been taken."""
    together: int = 1
    """Samples that the sensor sends in one packet: they can only be lost together, and a beat
    steps by as many."""
    steady_windows: int = 3
    """Windows on either side over which a step must hold: longer than common stalls. Loss in the
    last of them is not seen."""
    least_lost: float = 1.5
    """Packets by which the lowest delay must step: between the one of a beat and two."""
    noise_factor: float = 4.0
    """Times the usual change between windows that a step must exceed."""
    residual_percentile: float = 95.0
    """Of delays against the fitted line, in the residual that is stated."""


@dataclass(frozen=True, slots=True)
class SuspectedLoss:
    """A place where samples seem to be missing."""

    before: int
    """Index of the sample before which they seem to be missing; true to about a window."""
    samples: int


@dataclass(frozen=True, slots=True)
class FrameTiming:
    """Estimated times; every use of them says so."""

    time_s: Floats
    """(n,) when each sample was taken, on the receiver's clock and late by one unknown delay."""
    rate_hz: float
    residual_s: float
    """How late arrivals were against the line, at the stated percentile: how far one sample's
    arrival is from its time. The fit itself is much better."""
    rate_error_hz: float
    """Bound of the error of the rate, if the two arrivals that the line touches were late by no
    more than the residual."""
    suspected: tuple[SuspectedLoss, ...]
    shortfall: float | None
    """Samples fewer than the nominal rate would have given; None: none was named."""
    timing: Timing = Timing.ESTIMATED

    @property
    def suspected_lost(self) -> int:
        """Samples that seem to be missing in all."""
        return sum(loss.samples for loss in self.suspected)


def fit_frame_times(
    arrival_s: Floats, params: FrameTimingParams = FrameTimingParams()
) -> FrameTiming:
    """Estimate when samples were taken from when they arrived.

    Args:
        arrival_s: (n,) monotonic arrival of each sample; those of one notification have the same.
        params: How rate and loss are told.

    Raises:
        ProtocolError: Too few or too short, not in order, or no numbers.
    """
    arrivals = np.asarray(arrival_s, np.float64)
    _require_usable(arrivals, params)
    begin_s = float(arrivals[0])
    since = arrivals - begin_s
    number = np.arange(len(since), dtype=np.float64)
    suspected = _find_losses(since, params)
    for loss in suspected:
        number[loss.before :] += loss.samples
    line = lowest_line(number, since)
    if not line.slope >= _SHORTEST_PERIOD_S:
        raise ProtocolError(
            f"{len(since)} samples", "arrived nearly all at once", "record for some seconds"
        )
    time_s = line.intercept + line.slope * number
    residual_s = float(np.percentile(since - time_s, params.residual_percentile))
    span_s = float(time_s[-1] - time_s[0])
    shortfall = None
    if params.nominal_rate_hz is not None:
        shortfall = span_s * params.nominal_rate_hz - (len(since) - 1)
    rate_hz = 1.0 / line.slope
    edge_s = line.slope * (number[line.right] - number[line.left])
    return FrameTiming(
        time_s=begin_s + time_s,
        rate_hz=rate_hz,
        residual_s=residual_s,
        rate_error_hz=float(rate_hz * residual_s / edge_s),
        suspected=suspected,
        shortfall=shortfall,
    )


@dataclass(frozen=True, slots=True)
class LowestLine:
    """A line under points, and the two that it touches."""

    intercept: float
    slope: float
    left: int
    right: int


def lowest_line(number: Floats, value: Floats) -> LowestLine:
    """The line under all points that is nearest to them in the mean.

    It is the edge of the lower convex hull over the mean of `number`, closed in on from both sides:
    each round goes to the point furthest below the line so far. Rounds are bounded; the line is
    under all points whenever it stops.

    Args:
        number: (n,) rising, n >= 2.
        value: (n,)
    """
    middle = float(number.mean())
    left, right = 0, len(number) - 1
    nothing = 4.0 * float(np.spacing(np.abs(value).max() + 1.0))
    for _ in range(_MOST_ROUNDS):
        slope = float((value[right] - value[left]) / (number[right] - number[left]))
        heights = value - slope * number
        lowest = int(np.argmin(heights))
        if heights[lowest] >= heights[left] - nothing:
            break
        if number[lowest] <= middle:
            left = lowest
        else:
            right = lowest
    return LowestLine(float(heights[lowest]), slope, left, right)


def _require_usable(arrivals: Floats, params: FrameTimingParams) -> None:
    if arrivals.ndim != 1 or len(arrivals) < 3:
        raise ProtocolError(f"{arrivals.size} samples", "are too few to fit", "record for longer")
    if not np.isfinite(arrivals).all() or np.any(np.diff(arrivals) < 0.0):
        raise ProtocolError(
            f"{len(arrivals)} arrivals", "are not in order", "use the receiver's monotonic clock"
        )
    length_s = float(arrivals[-1] - arrivals[0])
    if not params.shortest_s <= length_s < _LONGEST_S:
        raise ProtocolError(
            f"arrivals over {length_s:.3g} s",
            f"are not enough to fit a rate, which takes {params.shortest_s:g} s",
            "record for longer",
        )


def _find_losses(since: Floats, params: FrameTimingParams) -> tuple[SuspectedLoss, ...]:
    """Where the lowest delay steps up and stays; what steps down again was a stall."""
    period, lows, width = _lowest_delays(since, params)
    steady = params.steady_windows
    if len(lows) < 2 * steady:
        return ()
    noise = 1.4826 * float(np.median(np.abs(np.diff(lows))))
    least = max(params.least_lost * params.together * period, params.noise_factor * noise)
    found: list[SuspectedLoss] = []
    lost_s = 0.0
    for window in range(1, len(lows) - steady + 1):
        # Windows behind are already without the steps before them, those ahead are not.
        before = float(lows[max(0, window - steady) : window].min())
        step = float(lows[window : window + steady].min()) - lost_s - before
        if abs(step) >= least:
            lost_s += step
            if step > 0.0:
                first = (window - 1) * width
                gaps = np.diff(since[first : window * width + 1])
                missing = max(1, round(step / period))
                found.append(SuspectedLoss(first + int(np.argmax(gaps)) + 1, missing))
            elif found:
                found.pop()
        lows[window] -= lost_s
    return tuple(found)


def _lowest_delays(since: Floats, params: FrameTimingParams) -> tuple[float, Floats, int]:
    """Period, the lowest delay of each window against it, and the samples of a window.

    The period is the middle of those between windows some apart, so that neither a few losses nor
    stalls move it, and beats of less than ten seconds are averaged.
    """
    period = float(since[-1]) / (len(since) - 1)
    width = max(_LEAST_WIDTH, round(params.window_s / period))
    count = len(since) // width
    table = since[: count * width].reshape(count, width)
    number = np.arange(count * width, dtype=np.float64).reshape(count, width)
    lows = (table - period * number).min(axis=1) if count else np.empty(0)
    apart = max(1, min(_MOST_APART, count // 3))
    for _ in range(_ROUNDS_OF_PERIOD if count > 1 else 0):
        period += float(np.median(lows[apart:] - lows[:-apart])) / (apart * width)
        lows = (table - period * number).min(axis=1)
    return max(period, float(np.spacing(since[-1]))), lows, width
