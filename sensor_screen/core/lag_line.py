"""A straight line through the lags of several windows: offset, skew, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.model import Bools, Floats


@dataclass(frozen=True, slots=True)
class LagLineParams:
    """Tuning of the line."""

    grid_s: float = 0.01
    """Step of the offsets tried; a third of what the fine fit bridges."""
    candidates: int = 4
    """So many lines are followed up."""
    apart_s: float = 0.05
    """Smallest distance between them: nearer starts end in the same valley."""
    window_error_s2: float = 0.024
    """1 sigma of one window times its length: what soft tissue and held samples do to the lag and
    its own scatter does not show. Real kicks of 4 s differ by 6 ms with the cut-off of the filter,
    6 s of walking by 4 ms, 15 s of stairs were 0.6 to 1.8 ms off."""
    skew_sigma: float = 5e-5
    """1 sigma of the difference of two crystals before anything is measured: 20 to 50 ppm each."""
    off_line_s: float = 0.005
    """A window this far off the line is rejected, unless it says itself that it is uncertain."""
    off_line_sigmas: float = 4.0
    useless_s: float = 0.03
    """A window with a larger error than this is rejected."""
    shared: float = 0.5
    """So is one in which the two sensors share less than this of the change of the joint's force:
    0.7 to 1 in pumps, steps and kicks, 0.1 to 0.3 in squats on a flat foot."""


@dataclass(frozen=True, slots=True)
class LagLine:
    """Lag over time: `lag_s + skew * (time - middle)`."""

    known: bool
    """False where no window is of use, or where most contradict the line."""
    lag_s: float
    """In the middle of the recording."""
    lag_sigma_s: float
    skew: float
    skew_sigma: float
    rejected: tuple[str, ...]
    """For every window why it was not used; empty where it was."""


def propose_lines(
    left: Callable[[Floats], Floats],
    from_middle_s: Floats,
    search_s: float,
    largest_skew: float,
    params: LagLineParams = LagLineParams(),
) -> Floats:
    """(c, w) the few lines of lags that leave least in all windows together, best first.

    One window alone can be taken in, by steps that look alike or by seated pumps.

    Args:
        left: What is left (..., w) in each window at lags (..., w).
        from_middle_s: (w,) time of each window, from the middle of the recording.
        search_s: Largest offset in the middle.
        largest_skew: Largest skew.
        params: Tuning.
    """
    offset_s = np.arange(-search_s, search_s + params.grid_s / 2, params.grid_s)
    reach_s = largest_skew * float(np.abs(from_middle_s).max())
    turns = int(np.ceil(reach_s / params.grid_s)) if reach_s > params.grid_s else 0
    skew = largest_skew * np.linspace(-1.0, 1.0, 2 * turns + 1) if turns else np.zeros(1)
    lines = offset_s[:, None] + (skew[:, None] * from_middle_s)[:, None]  # (skew, offset, w)
    total = left(lines).sum(axis=-1)
    best_skew = total.argmin(axis=0)
    chosen: list[int] = []
    for at in np.argsort(total.min(axis=0)):
        if all(abs(offset_s[at] - offset_s[other]) >= params.apart_s for other in chosen):
            chosen.append(int(at))
    chosen = chosen[: params.candidates]
    proposed: Floats = lines[best_skew[chosen], chosen]
    return proposed


def fit_line(
    from_middle_s: Floats,
    lag_s: Floats,
    sigma_s: Floats,
    shared: Floats,
    length_s: float,
    params: LagLineParams = LagLineParams(),
) -> LagLine:
    """Robust weighted line through the lags of the windows.

    Args:
        from_middle_s: (w,) time of each window, from the middle of the recording.
        lag_s: (w,)
        sigma_s: (w,) 1 sigma of each.
        shared: (w,) of the change of force, how much both sensors share.
        length_s: Of a window.
        params: Tuning.
    """
    error_s = np.hypot(sigma_s, params.window_error_s2 / length_s)
    useful = (error_s < params.useless_s) & (shared > params.shared)
    why = np.full(len(lag_s), "the movement in it does not tell", dtype=object)
    if not useful.any():
        return LagLine(False, 0.0, np.inf, 0.0, params.skew_sigma, tuple(why))
    time, lag, error = from_middle_s[useful], lag_s[useful], error_s[useful]
    near = _find_near(time, lag, error, params)
    why[np.flatnonzero(useful)] = np.where(near, "", "it disagrees with the others")
    line, covariance = _solve(time[near], lag[near], error[near] ** -2.0, params)
    off = (lag - line[0] - line[1] * time)[near] / error[near]
    spread = max(1.0, float(off @ off) / max(1, int(near.sum()) - 1))
    return LagLine(
        known=bool(2 * near.sum() > len(near)),
        lag_s=float(line[0]),
        lag_sigma_s=float(np.sqrt(covariance[0, 0] * spread)),
        skew=float(line[1]),
        skew_sigma=float(np.sqrt(covariance[1, 1] * spread)),
        rejected=tuple(why),
    )


def _find_near(time: Floats, lag: Floats, error: Floats, params: LagLineParams) -> Bools:
    """(w,) which windows lie near the line that most agree on (least absolute deviations)."""
    weight = 1.0 / error**2
    off = np.zeros_like(lag)
    for _ in range(20):
        line, _ = _solve(time, lag, weight, params)
        off = np.abs(lag - line[0] - line[1] * time)
        weight = 1.0 / (error * np.maximum(off, 0.5 * error))
    near: Bools = off < np.maximum(params.off_line_s, params.off_line_sigmas * error)
    return near


def _solve(
    time: Floats, lag: Floats, weight: Floats, params: LagLineParams
) -> tuple[Floats, Floats]:
    """Lag and skew with their covariance; the prior holds the skew where time is short."""
    columns = np.stack([np.ones_like(time), time], axis=1)
    normal = columns.T @ (columns * weight[:, None]) + np.diag([0.0, params.skew_sigma**-2])
    covariance = np.linalg.inv(normal).astype(np.float64)
    return covariance @ (columns.T @ (weight * lag)), covariance
