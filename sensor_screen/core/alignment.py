"""Two clocks brought together from the movement itself, and the two sensors of a leg on one grid.

Where a recording does not say how the clocks of shank and foot relate, the lag between them is
estimated in windows with movement, and a line through the windows gives offset and skew. A wrong
correction is worse than none: clocks that agree within the error of the estimate are left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.cleaning import (
    CleaningParams,
    clean_stream,
    lay_on_grid,
    nominal_rate_hz,
    order_samples,
    regular_grid,
    resample,
    thin,
)
from sensor_screen.core.coarse_lag import CoarseLagParams, find_coarse_lag
from sensor_screen.core.joint_lag import JointLagParams, fit_lags, screen_lags
from sensor_screen.core.lag_line import LagLine, LagLineParams, fit_line, propose_lines
from sensor_screen.core.lag_windows import WindowParams, cut_windows
from sensor_screen.core.plausibility import refuse_motionless
from sensor_screen.errors import RecordingError, UsageError
from sensor_screen.model import CleanLeg, ClockMap, Placement

if TYPE_CHECKING:
    from sensor_screen.core.lag_windows import LagWindows
    from sensor_screen.core.sample_faults import OrderedSamples
    from sensor_screen.model import CleanStream, Floats, SensorStream, Side


@dataclass(frozen=True, slots=True)
class AlignmentParams:
    """Tuning of the alignment."""

    cleaning: CleaningParams = field(default_factory=CleaningParams)
    windows: WindowParams = field(default_factory=WindowParams)
    coarse: CoarseLagParams = field(default_factory=CoarseLagParams)
    joint: JointLagParams = field(default_factory=JointLagParams)
    line: LagLineParams = field(default_factory=LagLineParams)
    valley_windows: int = 3
    """So many windows, the most telling, decide which of several coarse lags is right."""
    valley_steps: int = 8
    """Steps of the fine fit from each."""
    valley_depth: float = 0.2
    """A lag far off that leaves less than this more (logarithm of the residual) casts doubt on the
    best: wrong valleys were that close in simulation, right ones hardly ever."""
    soft_tissue_s: float = 1e-3
    """1 sigma of what soft tissue delays one sensor against the other: it cannot be told from a
    lag, and more windows do not average it out (0.5 to 3 ms in simulation)."""
    negligible_s: float = 1.5e-3
    """A lag below this is not corrected: it costs less than a wrong correction."""
    trusted_s: float = 7e-3
    """An estimate with a larger error, 1 sigma, is not applied, and a residual above it is called
    doubtful."""
    unknown_s: float = 0.1
    """1 sigma of a lag of which nothing is known: offsets to 200 ms are usual."""
    highest_rate_hz: float = 200.0
    """Faster legs are thinned to a whole fraction of their rate by averaging: no movement of a leg
    needs more, and averaging keeps the integral of the angular velocity."""


@dataclass(frozen=True, slots=True)
class WindowLag:
    """The lag found in one window."""

    start_s: float
    end_s: float
    lag_s: float
    """How much the foot's clock shows more than the shank's."""
    sigma_s: float
    rejected: str
    """Why it was not used; empty where it was."""


@dataclass(frozen=True, slots=True)
class ClockAlignment:
    """How the foot's clock relates to the shank's."""

    clock: ClockMap
    """Foot time to shank time, to be applied; the identity where nothing is to be done. Its
    residual is 1 sigma of the lag that remains, over the whole recording."""
    windows: tuple[WindowLag, ...]
    lag_s: float
    """Lag in the middle of the recording as estimated, also where it is not applied."""
    skew: float
    confident: bool
    """False: the movement hardly tells how the clocks relate."""
    sentence: str


def align_clocks(
    shank: CleanStream, foot: CleanStream, params: AlignmentParams = AlignmentParams()
) -> ClockAlignment:
    """Clock of the foot against that of the shank, from the movement of the joint between them.

    Clocks seconds apart are first brought near each other (`coarse_lag`). Turning a sensor on its
    segment changes nothing. The fine search costs the same for recordings of any length.
    """
    foot = resample(foot, shank.rate_hz)
    far_s = find_coarse_lag(shank, foot, params.coarse)
    if abs(far_s) <= params.coarse.near_s:
        return _align_near(shank, foot, params)
    found = _align_near(shank, replace(foot, time_s=foot.time_s - far_s), params)
    lag_s = found.lag_s + far_s
    clock = replace(found.clock, offset_s=found.clock.offset_s - far_s * (1 + found.clock.skew))
    return replace(
        found,
        clock=clock,
        lag_s=lag_s,
        sentence=_describe(lag_s, found.skew, applied=True, residual_s=clock.residual_s),
    )


def _align_near(shank: CleanStream, foot: CleanStream, params: AlignmentParams) -> ClockAlignment:
    """The same for clocks within a quarter second of each other."""
    middle_s = float(shank.time_s[0] + shank.time_s[-1]) / 2
    span_s = float(shank.time_s[-1] - shank.time_s[0])
    windows = cut_windows(shank, foot, params.windows)
    if windows is None:
        return _judge(None, (), middle_s, span_s, params)
    from_middle_s = windows.start_s + windows.length_s / 2 - middle_s
    valley = _find_valley(windows, from_middle_s, span_s, params)
    found = fit_lags(windows, valley.lag_s, valley.levers, params.joint)
    line = fit_line(
        from_middle_s, found.lag_s, found.sigma_s, found.shared, windows.length_s, params.line
    )
    line = replace(line, known=line.known and valley.clear)
    lags = tuple(
        WindowLag(float(start), float(start + windows.length_s), float(lag), float(sigma), why)
        for start, lag, sigma, why in zip(
            windows.start_s, found.lag_s, found.sigma_s, line.rejected, strict=True
        )
    )
    return _judge(line, lags, middle_s, span_s, params)


@dataclass(frozen=True, slots=True)
class _Valley:
    """Where the fine fit starts."""

    lag_s: Floats  # (w,)
    levers: Floats  # (12,)
    clear: bool
    """No other valley, or one outside the search, fits nearly as well."""


def _find_valley(
    windows: LagWindows, from_middle_s: Floats, span_s: float, params: AlignmentParams
) -> _Valley:
    """Of several proposals the one from which the fine fit leaves least."""
    largest_skew = params.windows.largest_skew
    search_s = params.windows.search_s + largest_skew * span_s / 2
    screen = screen_lags(windows, params.joint)
    lines = propose_lines(screen.left_at, from_middle_s, search_s, largest_skew, params.line)
    few = np.sort(np.argsort(-screen.depth)[: params.valley_windows])
    picked = windows.pick(few)
    fits = [
        fit_lags(picked, line[few], np.zeros(12), params.joint, steps=params.valley_steps)
        for line in lines
    ]
    telling = np.max([fit.shared for fit in fits], axis=0) > params.line.shared
    if not telling.any():
        return _Valley(lines[0], np.zeros(12), clear=False)
    left = np.array([np.log(fit.cost_mps2[telling]).sum() for fit in fits])
    lag_s = np.array([np.median(fit.lag_s[telling]) for fit in fits])
    moved_s = lag_s - np.median(lines[:, few[telling]], axis=1)
    best = int(np.argmin(left))
    apart = np.abs(lag_s - lag_s[best]) > params.line.apart_s / 2
    rivals = apart & (left < left[best] + params.valley_depth)
    inside = abs(lag_s[best]) < search_s + params.line.apart_s / 2
    return _Valley(
        lag_s=lines[best] + moved_s[best],
        levers=fits[best].levers[np.argmax(fits[best].shared)],
        clear=bool(inside and not rivals.any()),
    )


def _judge(
    line: LagLine | None,
    windows: tuple[WindowLag, ...],
    middle_s: float,
    span_s: float,
    params: AlignmentParams,
) -> ClockAlignment:
    """What to apply, and what remains."""
    if line is None or not line.known:
        return ClockAlignment(
            clock=ClockMap(residual_s=params.unknown_s, origin="movement"),
            windows=windows,
            lag_s=0.0,
            skew=0.0,
            confident=False,
            sentence="The movement does not tell how the clocks of shank and foot relate; "
            "they were left as they are.",
        )
    ramp_s = span_s / np.sqrt(12.0)  # rms distance from the middle
    skew = line.skew if abs(line.skew) > 2 * line.skew_sigma else 0.0
    lag_sigma_s = np.hypot(line.lag_sigma_s, params.soft_tissue_s)
    drift_sigma = np.hypot(line.skew_sigma, line.skew - skew)
    sigma_s = float(np.hypot(lag_sigma_s, drift_sigma * ramp_s))
    largest_s = abs(line.lag_s) + abs(skew) * span_s / 2
    applied = lag_sigma_s < params.trusted_s
    applied &= largest_s > max(2 * lag_sigma_s, params.negligible_s)
    if applied:
        clock = _map_clock(line.lag_s, skew, middle_s, sigma_s)
    else:
        left_s = float(np.hypot(sigma_s, line.lag_s))
        clock = ClockMap(residual_s=min(left_s, params.unknown_s), origin="movement")
    return ClockAlignment(
        clock=clock,
        windows=windows,
        lag_s=line.lag_s,
        skew=skew,
        confident=clock.residual_s < params.trusted_s,
        sentence=_describe(line.lag_s, skew, applied=applied, residual_s=clock.residual_s),
    )


def _map_clock(lag_s: float, skew: float, middle_s: float, residual_s: float) -> ClockMap:
    """Foot time = shank time + lag + skew (shank time - middle), turned round."""
    return ClockMap(
        offset_s=(skew * middle_s - lag_s) / (1 + skew),
        skew=1 / (1 + skew) - 1,
        residual_s=residual_s,
        origin="movement",
    )


def _describe(lag_s: float, skew: float, *, applied: bool, residual_s: float) -> str:
    known = f"within {1e3 * residual_s:.1f} ms, 1 sigma"
    if not applied:
        return (
            f"The clocks of shank and foot agree {known}, by the movement; "
            "they were left as they are."
        )
    ahead = "ahead of" if lag_s > 0 else "behind"
    drift = f", with a drift of {1e6 * skew:+.0f} ppm" if skew else ""
    return (
        f"The clock of the foot was {1e3 * abs(lag_s):.1f} ms {ahead} that of the shank{drift}; "
        f"put right from the movement {known}."
    )


def assemble_leg(
    shank: SensorStream | None,
    foot: SensorStream | None,
    side: Side,
    params: AlignmentParams = AlignmentParams(),
) -> CleanLeg:
    """The sensors of one leg, cleaned, on one time base and one grid.

    The grid has the higher of the two rates and covers the time that both have in common. Clocks
    that the recording knows are used as they are; otherwise they are aligned from the movement.

    Raises:
        RecordingError: a stream that cannot be screened, or no time in common.
        UsageError: neither sensor was given.
    """
    if shank is None or foot is None:
        only = shank or foot
        if only is None:
            raise UsageError(f"{side} leg", "it has no sensor", "give a shank or a foot recording")
        return _single(only, side, params)
    samples = order_samples(shank, params.cleaning), order_samples(foot, params.cleaning)
    rate_hz = params.cleaning.rate_hz or max(nominal_rate_hz(one) for one in samples)
    if shank.clock is not None and foot.clock is not None:
        clock = _relate(shank.clock, foot.clock)
    else:
        own = [
            lay_on_grid(one, regular_grid(one, rate_hz), rate_hz, params.cleaning)
            for one in samples
        ]
        clock = align_clocks(own[0], own[1], params).clock
        moved = replace(samples[1], time_s=clock.common_time_s(samples[1].time_s))
        samples = samples[0], moved
    grid_s = _common_grid(*samples, rate_hz, side, params)
    shank_clean, foot_clean = (
        thin(lay_on_grid(one, grid_s, rate_hz, params.cleaning), params.highest_rate_hz)
        for one in samples
    )
    refuse_motionless(shank_clean, foot_clean, params.cleaning.plausibility)
    return CleanLeg(side, shank_clean.rate_hz, shank_clean.time_s, shank_clean, foot_clean, clock)


def _single(stream: SensorStream, side: Side, params: AlignmentParams) -> CleanLeg:
    only = thin(clean_stream(stream, params.cleaning), params.highest_rate_hz)
    is_shank = stream.info.placement is Placement.SHANK
    shank, foot = (only, None) if is_shank else (None, only)
    refuse_motionless(shank, foot, params.cleaning.plausibility)
    return CleanLeg(side, only.rate_hz, only.time_s, shank, foot, ClockMap(origin="shared"))


def _relate(shank: ClockMap, foot: ClockMap) -> ClockMap:
    """Foot clock against shank clock, where each is known against the common base."""
    return ClockMap(
        offset_s=(foot.offset_s - shank.offset_s) / (1 + shank.skew),
        skew=(1 + foot.skew) / (1 + shank.skew) - 1,
        residual_s=float(np.hypot(shank.residual_s, foot.residual_s)),
        origin=foot.origin if foot.origin == shank.origin else "given",
    )


def _common_grid(
    shank: OrderedSamples,
    foot: OrderedSamples,
    rate_hz: float,
    side: Side,
    params: AlignmentParams,
) -> Floats:
    """The shank's grid, as far as the foot has samples too."""
    grid: Floats = regular_grid(shank, rate_hz)
    foot_s = foot.time_s[~foot.held]
    reach_s = 1e-6 / rate_hz
    grid = grid[(grid >= foot_s[0] - reach_s) & (grid <= foot_s[-1] + reach_s)]
    if len(grid) < params.cleaning.shortest_s * rate_hz:
        raise RecordingError(
            f"{side} leg",
            "shank and foot sensor have no time in common",
            "record both at once, and give their times from the same start",
        )
    return grid
