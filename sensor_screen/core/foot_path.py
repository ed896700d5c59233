"""The way of one foot from step to step, by its own sensor alone and however that is mounted.

A foot that stands flat neither turns nor moves. Between two such instants its acceleration, turned
into the frame of the earth by the sensor's own 6-axis orientation, is integrated twice; what is
left of the velocity at the second one is error, and is taken out as a straight line (the
zero-velocity update of pedestrian dead reckoning: Foxlin 2005, doi:10.1109/MCG.2005.140; Mariani
et al. 2010, doi:10.1016/j.jbiomech.2010.07.003).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.orientation import estimate_orientation
from sensor_screen.core.quaternion import turn
from sensor_screen.model import SampleFlag
from sensor_screen.units import STANDARD_GRAVITY_MPS2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensor_screen.model import Bools, CleanStream, Floats

    Ints = NDArray[np.intp]

_START, _END, _MIDDLE = range(3)
"""Columns of stances as rows of an array; in the order of the fields of `FootFlat`."""


@dataclass(frozen=True, slots=True)
class FootPathParams:
    """When a foot is flat, and how well its way is known."""

    window_s: float = 0.1
    """Stillness is judged over this time. Shorter takes the turn of the foot in mid-swing for a
    stance; longer blurs the short stances of quick steps."""
    acc_unit_mps2: float = 2.5
    """This much specific force beside the usual counts like one rad/s of turning."""
    flat_score: float = 0.9
    """Below this (rad/s) the foot may stand at the middle of a stance. Staircases and level walking
    showed 0.02 to 0.5; mid-swing stays above 2."""
    edge_score: float = 0.9
    """The foot is flat around that middle as long as it stays below this."""
    apart_s: float = 0.4
    """Two stances of one foot are at least this far apart, running included."""
    least_way_m: float = 0.10
    """A foot that went less far shifted its weight, it took no step."""
    settle_s: float = 0.25
    """Integration begins this long before the foot leaves and ends this long after it has landed,
    inside the stance: a long stand adds only drift, and the very edge is not yet still."""
    longest_way_s: float = 2.5
    """Longer on the way, the integral is worth nothing: the foot was not seen flat between."""
    height_floor_m: float = 0.01
    """1 sigma of a height change that nothing else is wrong with."""
    height_per_drift: float = 0.1
    """Share of (velocity left at the end times duration) that stays in the height: the straight
    line takes out most of it. A worn accelerometer leaves 0.02 of it in simulation, and up to 0.1
    on the noisier of two recorded feet."""
    height_per_lost_drift: float = 0.3
    """The same where samples on the way were clipped or missing: velocity is lost at one instant,
    and no straight line fits that."""


@dataclass(frozen=True, slots=True)
class FootFlat:
    """One stance of the foot: half-open samples, and the stillest one in them."""

    start: int
    end: int
    middle: int


@dataclass(frozen=True, slots=True)
class FootStep:
    """The way of the foot from one stance to the next."""

    before: FootFlat
    after: FootFlat
    fastest: int
    """Sample at which the foot is fastest: mid-swing."""
    height_change_m: float
    height_sigma_m: float
    distance_m: float
    """Along the floor."""
    interrupted: bool
    """Samples on the way were missing or clipped: the height is not to be trusted."""


@dataclass(frozen=True, slots=True)
class FootPath:
    """All stances of a foot, and the steps between those that follow each other."""

    flats: tuple[FootFlat, ...]
    steps: tuple[FootStep, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    """The whole recording integrated once; any stretch is the difference of its two ends."""

    dt: float
    velocity: Floats  # (n, 3) from the first sample on, errors and all
    position: Floats  # (n, 3)
    bad: Ints  # (n,) samples so far that are missing or clipped


def trace_foot(
    foot: CleanStream,
    params: FootPathParams = FootPathParams(),
    *,
    orientation: Floats | None = None,
) -> FootPath:
    """Stances and steps of one foot; neither its mounting nor its side matters.

    Args:
        foot: Samples on a regular grid.
        params: Tuning.
        orientation: (n, 4) by `estimate_orientation`, where it is already known.
    """
    score = _stillness(foot, params)
    middles = _find_middles(score, foot.rate_hz, params)
    if not middles.size:
        return FootPath((), ())
    if orientation is None:
        orientation = estimate_orientation(foot.acc_mps2, foot.gyr_radps, foot.rate_hz)
    way = _integrate(foot, orientation)
    rows = _join(way, _surround(score, middles, params), score, params)
    flats = [FootFlat(*row) for row in rows.tolist()]
    gone = rows[1:, _START] - rows[:-1, _END] <= params.longest_way_s * foot.rate_hz
    pairs = [pair for pair, near in zip(pairwise(flats), gone, strict=True) if near]
    steps = _go(way, rows[:-1][gone], rows[1:][gone], pairs, params) if pairs else ()
    return FootPath(tuple(flats), steps)


def _stillness(foot: CleanStream, params: FootPathParams) -> Floats:
    """(n,) how far from standing still, as angular velocity: turning, and force beside gravity."""
    from scipy.ndimage import uniform_filter1d

    width = max(3, round(params.window_s * foot.rate_hz))
    size = np.sqrt(np.einsum("ni,ni->n", foot.acc_mps2, foot.acc_mps2))
    # A worn accelerometer does not read 9.81 at rest: what it reads while it hardly turns is its
    # own gravity.
    turning = uniform_filter1d(np.einsum("ni,ni->n", foot.gyr_radps, foot.gyr_radps), width)
    quiet = turning <= np.percentile(turning, 20.0)
    gravity = float(np.median(size[quiet])) if quiet.any() else STANDARD_GRAVITY_MPS2
    beside = uniform_filter1d((size - gravity) ** 2, width) / params.acc_unit_mps2**2
    score: Floats = np.sqrt(turning + beside)
    return score


def _find_middles(score: Floats, rate_hz: float, params: FootPathParams) -> Ints:
    """The stillest sample of each stance."""
    from scipy.signal import find_peaks

    # Ends count: a recording may begin or end with a stand.
    padded = np.concatenate([[np.inf], score, [np.inf]])
    lows, _ = find_peaks(
        -padded,
        height=-params.flat_score,
        distance=max(1, round(params.apart_s * rate_hz)),
    )
    middles: Ints = lows - 1
    return middles


def _surround(score: Floats, middles: Ints, params: FootPathParams) -> Ints:
    """(k, 3) from the last moving sample before each middle to the first one after it."""
    moving = np.flatnonzero(score > params.edge_score)
    edges = np.concatenate([[-1], moving, [score.size]])
    after = np.searchsorted(moving, middles) + 1
    rows: Ints = np.stack([edges[after - 1] + 1, edges[after], middles], axis=1)
    return rows


def _join(way: _Way, rows: Ints, score: Floats, params: FootPathParams) -> Ints:
    """The stances, still stretches that belong to one as one."""
    alike = _are_one(way, rows[:-1], rows[1:], params).tolist()
    if not any(alike):
        return rows
    joined, grown = [rows[0]], False
    for row, is_one in zip(rows[1:], alike, strict=True):
        last = joined[-1]
        grown = bool(_are_one(way, last[None], row[None], params)[0]) if grown else is_one
        if grown:
            stillest = min(last[_MIDDLE], row[_MIDDLE], key=lambda i: float(score[i]))
            joined[-1] = np.array([last[_START], row[_END], stillest])
        else:
            joined.append(row)
    return np.array(joined)


def _integrate(foot: CleanStream, orientation: Floats) -> _Way:
    force = turn(orientation, foot.acc_mps2)
    dt = 1.0 / foot.rate_hz
    bad = int(SampleFlag.MISSING | SampleFlag.CLIPPED | SampleFlag.CLIPPED_GYR)
    return _Way(
        dt=dt,
        velocity=(velocity := _sum_up(force - np.array([0.0, 0.0, STANDARD_GRAVITY_MPS2]), dt)),
        position=_sum_up(velocity, dt),
        bad=np.cumsum((foot.flags & bad) != 0),
    )


def _sum_up(values: Floats, dt: float) -> Floats:
    """(n, 3) integral by the trapezoidal rule, zero at the first sample."""
    total = np.zeros_like(values)
    np.cumsum(0.5 * dt * (values[1:] + values[:-1]), axis=0, out=total[1:])
    return total


def _are_one(way: _Way, before: Ints, after: Ints, params: FootPathParams) -> Bools:
    """(k,) whether two still stretches are one stance: the foot went nowhere between them."""
    apart = after[:, _START] - before[:, _END]
    moved, _ = _displace(way, *_between(way, before, after, params))
    near = np.linalg.norm(moved, axis=1) < params.least_way_m
    one: Bools = (apart <= 0) | (near & (apart * way.dt <= params.longest_way_s))
    return one


def _between(way: _Way, before: Ints, after: Ints, params: FootPathParams) -> tuple[Ints, Ints]:
    """First and last sample of each way: the foot is taken at rest a little inside both stances."""
    settle = round(params.settle_s / way.dt)
    return (
        np.maximum(before[:, _MIDDLE], before[:, _END] - settle),
        np.minimum(after[:, _MIDDLE], after[:, _START] + settle),
    )


def _displace(way: _Way, begin: Ints, end: Ints) -> tuple[Floats, Floats]:
    """(k, 3) how far it went if it rested at both ends, and the velocity that was left over."""
    drift = way.velocity[end] - way.velocity[begin]
    time_s = ((end - begin) * way.dt)[:, None]
    moved = way.position[end] - way.position[begin] - time_s * way.velocity[begin]
    return moved - 0.5 * time_s * drift, drift


def _go(
    way: _Way,
    before: Ints,
    after: Ints,
    pairs: list[tuple[FootFlat, FootFlat]],
    params: FootPathParams,
) -> tuple[FootStep, ...]:
    """From the one stance to the other, for each pair of them."""
    begin, end = _between(way, before, after, params)
    moved, drift = _displace(way, begin, end)
    fastest = _find_fastest(way, begin, end, drift)
    interrupted = way.bad[end] > np.where(begin > 0, way.bad[begin - 1], 0)
    share = np.where(interrupted, params.height_per_lost_drift, params.height_per_drift)
    drifted_m = np.linalg.norm(drift, axis=1) * (end - begin) * way.dt
    columns = (
        fastest,
        moved[:, 2],
        np.hypot(params.height_floor_m, share * drifted_m),
        np.hypot(moved[:, 0], moved[:, 1]),
        interrupted,
    )
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return tuple(FootStep(*pair, *row) for pair, row in zip(pairs, rows, strict=True))


def _find_fastest(way: _Way, begin: Ints, end: Ints, drift: Floats) -> Ints:
    """(k,) sample of each way at which the foot is fastest, the drift taken out as a line."""
    count = end - begin + 1
    first = np.cumsum(count) - count
    inside = np.arange(count.sum()) - np.repeat(first, count)
    part = inside / np.repeat(end - begin, count)
    velocity = way.velocity[inside + np.repeat(begin, count)]
    velocity -= np.repeat(way.velocity[begin], count, axis=0)
    velocity -= part[:, None] * np.repeat(drift, count, axis=0)
    size = np.einsum("ni,ni->n", velocity, velocity)
    tops = [int(np.argmax(size[a : a + n])) for a, n in zip(first, count, strict=True)]
    fastest: Ints = begin + np.array(tops)
    return fastest
