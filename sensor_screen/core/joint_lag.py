"""The lag between two sensors of one joint, from what both must agree on: the joint's own motion.

The force at the joint centre, seen from the shank and from the foot, has the same size at the same
moment, whatever the mounting: | |a1 - b1 + K1 r1| - |a2 - b2 + K2 r2| | is smallest at the true
lag, with K = [dw]x + [w]x[w]x and with the lever arms r and the accelerometer offsets b fitted
along with the lag (residual of Seel et al. 2012, doi:10.1109/CCA.2012.6402423, who know the lag).
The sizes of the two angular velocities do not match, because two segments turn differently: they
mislead by up to 60 ms.

First a linear fit at every lag of a grid (the step from zero levers), which finds the right valley;
then Gauss-Newton with the lag as thirteenth unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.hinge import cross_matrix

if TYPE_CHECKING:
    from sensor_screen.core.lag_windows import LagWindows, SegmentCourse
    from sensor_screen.model import Bools, Floats

_LAG = 12
"""Unknowns: levers of shank and foot, offsets of shank and foot, lag."""


@dataclass(frozen=True, slots=True)
class JointLagParams:
    """Tuning of the fit."""

    steps: int = 6
    """Gauss-Newton steps."""
    lever_sigma_m: float = 0.3
    """Weak prior: holds what the movement does not show."""
    offset_sigma_mps2: float = 0.3
    independent_share: float = 0.1
    """Neighbouring samples err together: this share of them counts as independent."""
    huber: float = 1.5
    """Residuals beyond this many median sizes weigh less: soft tissue and impacts."""
    largest_step_s: float = 0.02
    """The lag moves by at most this much in one step."""
    block_s: float = 1.0
    """Errors are taken as independent from one block of this length to the next."""


@dataclass(frozen=True, slots=True)
class JointLags:
    """Lag of the foot in every window."""

    lag_s: Floats  # (w,)
    sigma_s: Floats  # (w,) 1 sigma, by the scatter of the residual between blocks
    levers: Floats  # (w, 12) to the joint, and offsets: shank and foot each
    shared: Floats  # (w,) how much of the change of force both sensors share, 0 to 1
    cost_mps2: Floats  # (w,) size of what is left


@dataclass(frozen=True, slots=True)
class LagScreen:
    """What a linear fit leaves in every window at every lag of whole samples."""

    first_lag_s: Floats  # (w,)
    rate_hz: float
    log_left: Floats  # (w, k)

    @property
    def depth(self) -> Floats:
        """(w,) how far the best lag stands out."""
        depth: Floats = np.median(self.log_left, axis=1) - self.log_left.min(axis=1)
        return depth

    def left_at(self, lag_s: Floats) -> Floats:
        """(..., w) by straight lines, at lags (..., w)."""
        column = (lag_s - self.first_lag_s) * self.rate_hz
        known = np.arange(self.log_left.shape[1])
        parts = [np.interp(column[..., w], known, row) for w, row in enumerate(self.log_left)]
        return np.stack(parts, axis=-1)


def screen_lags(windows: LagWindows, params: JointLagParams = JointLagParams()) -> LagScreen:
    """The first Gauss-Newton step from zero levers, at every lag within the margin."""
    shank, by_shank = _force(windows.shank.acc, _lever_matrix(windows.shank))
    foot, by_foot = _force(windows.foot.acc, _lever_matrix(windows.foot))
    prior = np.diag(_precision(params)[:_LAG]) / params.independent_share
    left = np.empty((len(shank), 2 * windows.margin + 1))
    count = shank.shape[1]
    for w, lag in np.ndindex(left.shape):
        part = slice(lag, lag + count)
        usable = windows.shank.usable[w] & windows.foot.usable[w, part]
        columns = np.concatenate(
            [by_shank[w], -by_foot[w, part], (shank[w] - foot[w, part])[:, None]], axis=1
        )
        columns *= usable[:, None]
        moments = columns.T @ columns
        slope = moments[:_LAG, _LAG]
        fitted = slope @ np.linalg.solve(moments[:_LAG, :_LAG] + prior, slope)
        left[w, lag] = (moments[_LAG, _LAG] - fitted) / max(1, int(usable.sum()))
    first_lag_s = windows.centre_s - windows.margin / windows.rate_hz
    return LagScreen(first_lag_s, windows.rate_hz, np.log(left + 1e-6))


def fit_lags(
    windows: LagWindows,
    start_s: Floats,
    levers: Floats,
    params: JointLagParams = JointLagParams(),
    *,
    steps: int | None = None,
) -> JointLags:
    """Lag of every window, with levers and offsets, by Gauss-Newton.

    Args:
        windows: What to fit.
        start_s: (w,) lags to start from, within 60 ms of the true ones.
        levers: (12,) levers and offsets to start from.
        params: Tuning.
        steps: Fewer than usual, to compare starts.
    """
    x = np.concatenate([np.tile(levers, (len(start_s), 1)), start_s[:, None]], axis=1)
    precision = _precision(params)
    matrices = (_lever_matrix(windows.shank), _lever_matrix(windows.foot))
    for _ in range(steps or params.steps):
        residual, jacobian, weight = _linearise(windows, matrices, x, params)
        weighted = jacobian * weight[..., None]
        normal = np.swapaxes(jacobian, 1, 2) @ weighted + np.diag(precision)
        slope = np.einsum("wnk,wn->wk", weighted, residual) + precision * x
        slope[:, _LAG] -= precision[_LAG] * x[:, _LAG]
        step = np.linalg.solve(normal, slope[..., None])[..., 0]
        step[:, _LAG] = np.clip(step[:, _LAG], -params.largest_step_s, params.largest_step_s)
        x = x - step
        reach_s = (windows.margin - 3) / windows.rate_hz
        x[:, _LAG] = np.clip(x[:, _LAG], windows.centre_s - reach_s, windows.centre_s + reach_s)
    residual, jacobian, weight = _linearise(windows, matrices, x, params)
    weighted = jacobian * weight[..., None]
    normal = np.swapaxes(jacobian, 1, 2) @ weighted + np.diag(precision)
    pull = np.einsum("wnk,wk->wn", weighted, np.linalg.inv(normal)[:, _LAG]) * residual
    cost = (np.abs(residual) * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9)
    shared = _shared_change(residual, jacobian, weight, windows.rate_hz)
    sigma = _block_sigma(pull, windows.rate_hz, params) / np.maximum(shared, 1e-3)
    return JointLags(x[:, _LAG], sigma, x[:, :_LAG], shared, cost)


def _shared_change(residual: Floats, jacobian: Floats, weight: Floats, rate_hz: float) -> Floats:
    """(w,) change that the two forces have in common, over all change of the livelier.

    A foot that rests shows nothing but noise, and the lag of noise looks precise and means nothing.
    """
    foot = -jacobian[..., _LAG]
    shank = foot + np.gradient(residual, 1 / rate_hz, axis=1)
    common, *own = (
        (weight * a * b).sum(axis=1) for a, b in ((foot, shank), (foot, foot), (shank, shank))
    )
    share: Floats = np.clip(common / (np.maximum(*own) + 1e-12), 0.0, 1.0)
    return share


def _lever_matrix(course: SegmentCourse) -> Floats:
    """(w, n, 3, 3) such that the acceleration at a lever is matrix @ lever."""
    turn = cross_matrix(course.gyr)
    matrix: Floats = cross_matrix(course.angular_acc) + turn @ turn
    return matrix


def _precision(params: JointLagParams) -> Floats:
    """(13,) of the prior; the lag's only keeps the fit solvable where nothing moves."""
    sigma = np.repeat([params.lever_sigma_m, params.offset_sigma_mps2, 1e3], [6, 6, 1])
    return sigma**-2


def _force(
    acc: Floats, matrix: Floats, lever: Floats | None = None, offset: Floats | None = None
) -> tuple[Floats, Floats]:
    """Size (w, n) of the force at the joint, and its derivatives (w, n, 6) to lever and offset."""
    force = acc
    if lever is not None and offset is not None:
        force = acc - offset[:, None] + (matrix @ lever[:, None, :, None])[..., 0]
    size = np.sqrt(np.einsum("wni,wni->wn", force, force))
    along = force / np.maximum(size, 1e-6)[..., None]
    by_lever = (along[..., None, :] @ matrix)[..., 0, :]
    return size, np.concatenate([by_lever, -along], axis=2)


def _linearise(
    windows: LagWindows, matrices: tuple[Floats, ...], x: Floats, params: JointLagParams
) -> tuple[Floats, Floats, Floats]:
    """Residual (w, m), its derivatives (w, m, 13) and weights (w, m)."""
    shank, by_shank = _force(windows.shank.acc, matrices[0], x[:, 0:3], x[:, 6:9])
    foot, by_foot = _force(windows.foot.acc, matrices[1], x[:, 3:6], x[:, 9:12])
    at = (x[:, _LAG] - windows.centre_s) * windows.rate_hz + windows.margin
    count = shank.shape[1]
    foot, by_foot, speed = _interpolate(foot, by_foot, at, count)
    residual = shank - foot
    jacobian = np.empty((*residual.shape, 13))
    jacobian[..., 0:3], jacobian[..., 3:6] = by_shank[..., :3], -by_foot[..., :3]
    jacobian[..., 6:9], jacobian[..., 9:12] = by_shank[..., 3:], -by_foot[..., 3:]
    jacobian[..., _LAG] = -speed * windows.rate_hz
    nearest = np.rint(at).astype(np.int64)[:, None] + np.arange(count)
    usable = windows.shank.usable & np.take_along_axis(windows.foot.usable, nearest, axis=1)
    size = np.abs(residual)
    scale = params.huber * _masked_median(size, usable)[:, None] + 1e-6
    weight = usable * (params.independent_share / scale / np.maximum(scale, size))
    return residual, jacobian, weight


def _masked_median(values: Floats, usable: Bools) -> Floats:
    """(w,) median of the usable of each row."""
    ordered = np.sort(np.where(usable, values, np.inf), axis=1)
    middle = np.maximum(usable.sum(axis=1) - 1, 0) // 2
    median: Floats = ordered[np.arange(len(values)), middle]
    return np.where(np.isfinite(median), median, 1.0)


def _interpolate(
    size: Floats, slope: Floats, at: Floats, count: int
) -> tuple[Floats, Floats, Floats]:
    """`count` samples of each window from its fractional sample `at` on.

    Six-point Lagrange interpolation of `size` (w, n), with its derivative per sample; `slope`
    (w, n, 6) is taken linearly.
    """
    first = np.floor(at).astype(np.int64)
    share = at - first
    values, speeds = _lagrange(share)
    moved, speed = np.zeros((2, len(at), count))
    along = np.empty((len(at), count, 6))
    for w, start in enumerate(first):
        for tap in range(6):
            part = size[w, start - 2 + tap : start - 2 + tap + count]
            moved[w] += values[w, tap] * part
            speed[w] += speeds[w, tap] * part
        along[w] = (1 - share[w]) * slope[w, start : start + count]
        along[w] += share[w] * slope[w, start + 1 : start + 1 + count]
    return moved, along, speed


def _lagrange(share: Floats) -> tuple[Floats, Floats]:
    """(w, 6) weights of the samples -2 to 3 at a position of 0 to 1, and their derivatives."""
    to_weights = np.linalg.inv(np.vander(np.arange(-2.0, 4.0), increasing=True))
    power = np.arange(6)
    slope = power * share[:, None] ** np.maximum(power - 1, 0)
    return share[:, None] ** power @ to_weights, slope @ to_weights


def _block_sigma(pull: Floats, rate_hz: float, params: JointLagParams) -> Floats:
    """(w,) standard error of a sum (w, m) from the scatter of its blocks.

    Unlike the inverse of the normal matrix this is honest about errors that last.
    """
    size = max(1, round(params.block_s * rate_hz))
    edges = np.arange(0, max(1, pull.shape[1] - size // 2), size)
    sigma: Floats = np.sqrt((np.add.reduceat(pull, edges, axis=1) ** 2).sum(axis=1))
    return sigma
