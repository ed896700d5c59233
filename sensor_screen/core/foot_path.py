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
from sensor_screen.core.quaternion import to_matrix
from sensor_screen.model import SampleFlag
from sensor_screen.units import STANDARD_GRAVITY_MPS2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensor_screen.model import CleanStream, Floats

    Ints = NDArray[np.intp]


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
    if not middles:
        return FootPath((), ())
    if orientation is None:
        orientation = estimate_orientation(foot.acc_mps2, foot.gyr_radps, foot.rate_hz)
    way = _integrate(foot, orientation)
    flats: list[FootFlat] = []
    moving = np.flatnonzero(score > params.edge_score)
    for middle in middles:
        flat = _flat_around(moving, middle, score.size)
        if flats and _is_one(way, flats[-1], flat, params):
            last = flats.pop()
            stillest = min(last.middle, middle, key=lambda i: float(score[i]))
            flat = FootFlat(last.start, flat.end, stillest)
        flats.append(flat)
    longest = params.longest_way_s * foot.rate_hz
    steps = [
        _go(way, before, after, params)
        for before, after in pairwise(flats)
        if after.start - before.end <= longest
    ]
    return FootPath(tuple(flats), tuple(steps))


def _stillness(foot: CleanStream, params: FootPathParams) -> Floats:
    """(n,) how far from standing still, as angular velocity: turning, and force beside gravity."""
    from scipy.ndimage import uniform_filter1d

    width = max(3, round(params.window_s * foot.rate_hz))
    size = np.linalg.norm(foot.acc_mps2, axis=1)
    # A worn accelerometer does not read 9.81 at rest: what it reads while it hardly turns is its
    # own gravity.
    turning = uniform_filter1d(np.sum(foot.gyr_radps**2, axis=1), width)
    quiet = turning <= np.percentile(turning, 20.0)
    gravity = float(np.median(size[quiet])) if quiet.any() else STANDARD_GRAVITY_MPS2
    beside = uniform_filter1d((size - gravity) ** 2, width) / params.acc_unit_mps2**2
    score: Floats = np.sqrt(turning + beside)
    return score


def _find_middles(score: Floats, rate_hz: float, params: FootPathParams) -> list[int]:
    """The stillest sample of each stance."""
    from scipy.signal import find_peaks

    # Ends count: a recording may begin or end with a stand.
    padded = np.concatenate([[np.inf], score, [np.inf]])
    lows, _ = find_peaks(
        -padded,
        height=-params.flat_score,
        distance=max(1, round(params.apart_s * rate_hz)),
    )
    return [int(low) - 1 for low in lows]


def _flat_around(moving: Ints, middle: int, count: int) -> FootFlat:
    """From the last moving sample before the middle to the first one after it."""
    after = int(np.searchsorted(moving, middle))
    start = int(moving[after - 1]) + 1 if after else 0
    end = int(moving[after]) if after < moving.size else count
    return FootFlat(start, end, middle)


def _integrate(foot: CleanStream, orientation: Floats) -> _Way:
    force = np.einsum("nij,nj->ni", to_matrix(orientation), foot.acc_mps2)
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


def _is_one(way: _Way, before: FootFlat, after: FootFlat, params: FootPathParams) -> bool:
    """Whether two still stretches belong to one stance: the foot went nowhere between them."""
    if after.start <= before.end:
        return True
    if (after.start - before.end) * way.dt > params.longest_way_s:
        return False
    begin, end = _between(way, before, after, params)
    moved, _ = _displace(way, begin, end)
    return float(np.linalg.norm(moved)) < params.least_way_m


def _between(
    way: _Way, before: FootFlat, after: FootFlat, params: FootPathParams
) -> tuple[int, int]:
    """First and last sample of the way: the foot is taken at rest a little inside both stances."""
    settle = round(params.settle_s / way.dt)
    return max(before.middle, before.end - settle), min(after.middle, after.start + settle)


def _displace(way: _Way, begin: int, end: int) -> tuple[Floats, Floats]:
    """(3,) how far it went if it rested at both ends, and the velocity (3,) that was left over."""
    drift = way.velocity[end] - way.velocity[begin]
    time_s = (end - begin) * way.dt
    moved = way.position[end] - way.position[begin] - time_s * way.velocity[begin]
    return moved - 0.5 * time_s * drift, drift


def _go(way: _Way, before: FootFlat, after: FootFlat, params: FootPathParams) -> FootStep:
    """From the one stance to the other."""
    begin, end = _between(way, before, after, params)
    moved, drift = _displace(way, begin, end)
    velocity = way.velocity[begin : end + 1] - way.velocity[begin]
    velocity -= np.linspace(0.0, 1.0, len(velocity))[:, None] * drift
    interrupted = bool(way.bad[end] > (way.bad[begin - 1] if begin else 0))
    share = params.height_per_lost_drift if interrupted else params.height_per_drift
    drifted_m = float(np.linalg.norm(drift)) * (end - begin) * way.dt
    return FootStep(
        before=before,
        after=after,
        fastest=begin + int(np.argmax(np.sum(velocity**2, axis=1))),
        height_change_m=float(moved[2]),
        height_sigma_m=float(np.hypot(params.height_floor_m, share * drifted_m)),
        distance_m=float(np.hypot(moved[0], moved[1])),
        interrupted=interrupted,
    )
