"""What a leg does, in figures that depend on no mounting and no axis: for finding tasks.

Rates are sizes of angular velocities, and tilts are measured against the pose in which the leg
stood most; the way of the foot and its kicks are those that are measured later (`foot_path`,
`kicks`). So all of it is known before calibration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.foot_path import trace_foot
from sensor_screen.core.kicks import find_leg_swings
from sensor_screen.core.orientation import orient_leg, vertical
from sensor_screen.core.quaternion import unit
from sensor_screen.core.repetition_spans import second_order
from sensor_screen.model import SampleFlag
from sensor_screen.units import RADIANS_PER_DEGREE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensor_screen.core.foot_path import FootPath, FootStep
    from sensor_screen.core.kicks import KickSwing
    from sensor_screen.model import Bools, CleanLeg, CleanStream, Floats, Side

    Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class FeatureParams:
    """Tuning of the features."""

    rate_hz: float = 50.0
    """Faster samples are averaged to about this: rests, leans and movements of the free foot are
    slow, and what is fast (kicks, the way of the foot) is found in all samples."""
    slow_hz: float = 5.0
    """Low-pass of rates that tell rest from movement: soft tissue rings at 8 to 12 Hz."""
    quiet_radps: float = 8.0 * RADIANS_PER_DEGREE
    """A segment below this is at rest. Standing people stay under 3 deg/s, a slow squat turns the
    shank at 15 deg/s and more."""
    quiet_s: float = 0.3
    """A shorter rest is a turning point."""
    pose_rad: float = 8.0 * RADIANS_PER_DEGREE
    """Two rests whose tilts differ by less are one pose."""
    pose_share: float = 0.25
    """The standing pose is the first that has this share of the time of the longest held one: a
    screen begins with a stand."""


@dataclass(frozen=True, slots=True)
class SensorMotion:
    """One sensor."""

    slow_radps: Floats  # (n,) size of the angular velocity, low-passed
    turn_radps: Floats  # (n, 3) low-passed angular velocity, in the sensor
    up: Floats  # (n, 3) vertical in the sensor
    tilt_rad: Floats  # (n,) angle of the vertical against that of the standing pose
    missing: Bools  # (n,) some sample of the cell is missing


@dataclass(frozen=True, slots=True)
class LegMotion:
    """One leg, in cells of some samples; one of its sensors may be missing."""

    side: Side
    rate_hz: float
    """Of the cells."""
    samples: int
    """That are one cell."""
    time_s: Floats  # (n,)
    shank: SensorMotion | None
    foot: SensorMotion | None
    quiet: Bools  # (n,) every sensor at rest for some time
    steps: tuple[FootStep, ...]
    """Between flat stances, in samples, not cells; empty without a foot sensor."""
    swings: tuple[KickSwing, ...]
    """Fast swings, kicks or not, in samples."""

    @property
    def sensors(self) -> tuple[SensorMotion, ...]:
        """Those that are there, shank first."""
        return tuple(s for s in (self.shank, self.foot) if s is not None)


def describe_leg(
    leg: CleanLeg,
    params: FeatureParams = FeatureParams(),
    orientation: Floats | None = None,
    path: FootPath | None = None,
) -> LegMotion:
    """Rates, tilts, steps and swings of one leg.

    Args:
        leg: Shank, foot or both on one grid.
        params: Tuning.
        orientation: (n, s, 4) of the sensors that are there, shank first, where it is known.
        path: Of the foot, where it is known.
    """
    streams = [s for s in (leg.shank, leg.foot) if s is not None]
    samples = max(1, int(leg.rate_hz / params.rate_hz))
    rate_hz = leg.rate_hz / samples
    count = len(leg.time_s) // samples
    turns = [
        _low_pass(_unbiased(_average(s.gyr_radps, samples), params), params.slow_hz, rate_hz)
        for s in streams
    ]
    rates = [_size(turn) for turn in turns]
    quiet = keep_runs(np.max(rates, axis=0) < params.quiet_radps, round(params.quiet_s * rate_hz))
    orientation = orient_leg(leg) if orientation is None else orientation
    middle = slice(samples // 2, count * samples, samples)
    ups = [vertical(known) for known in np.moveaxis(orientation[middle], 1, 0)]
    stands = _standing_pose(ups, quiet, params)
    motions = [
        SensorMotion(rate, turn, up, angle_between(up, stand), _missing(stream, samples))
        for rate, turn, up, stand, stream in zip(rates, turns, ups, stands, streams, strict=True)
    ]
    return LegMotion(
        side=leg.side,
        rate_hz=rate_hz,
        samples=samples,
        time_s=leg.time_s[middle],
        shank=None if leg.shank is None else motions[0],
        foot=None if leg.foot is None else motions[-1],
        quiet=quiet,
        steps=_list_steps(leg.foot, orientation[:, -1], path),
        swings=find_leg_swings(leg),
    )


def _list_steps(
    foot: CleanStream | None, orientation: Floats, path: FootPath | None
) -> tuple[FootStep, ...]:
    """The steps on which no sample of the foot is missing."""
    if foot is None:
        return ()
    path = trace_foot(foot, orientation=orientation) if path is None else path
    lost = np.cumsum((foot.flags & int(SampleFlag.MISSING)) != 0)
    return tuple(step for step in path.steps if lost[step.after.start] == lost[step.before.end - 1])


def _missing(stream: CleanStream, samples: int) -> Bools:
    """(n // samples,) cells that are not whole."""
    count = len(stream.flags) // samples
    lost = (stream.flags[: count * samples] & int(SampleFlag.MISSING)) != 0
    missing: Bools = lost.reshape(count, samples).any(axis=1)
    return missing


def _average(values: Floats, samples: int) -> Floats:
    """(n // samples, m) means of columns over each cell."""
    count = len(values) // samples
    if samples == 1:
        return values
    cells = values[: count * samples].reshape(count, samples, -1)
    total = cells[:, 0].copy()
    for k in range(1, samples):
        total += cells[:, k]
    total /= samples
    return total


def _size(vectors: Floats) -> Floats:
    """(n,) lengths of (n, 3) vectors."""
    size: Floats = np.sqrt(np.einsum("ni,ni->n", vectors, vectors))
    return size


def _unbiased(turn_radps: Floats, params: FeatureParams) -> Floats:
    """(n, 3) angular velocity less its median at rest."""
    still = _size(turn_radps) < params.quiet_radps
    if still.mean() < 0.01:
        return turn_radps
    unbiased: Floats = turn_radps - np.median(turn_radps[still], axis=0)
    return unbiased


def _low_pass(values: Floats, cutoff_hz: float, rate_hz: float) -> Floats:
    """(n, m) columns, without delay."""
    from scipy.signal import sosfiltfilt

    if cutoff_hz > 0.45 * rate_hz:
        return values
    sos = second_order(cutoff_hz, rate_hz)
    smooth: Floats = sosfiltfilt(sos, values, axis=0, padlen=min(len(values) - 1, round(rate_hz)))
    return smooth


def _standing_pose(ups: list[Floats], quiet: Bools, params: FeatureParams) -> list[Floats]:
    """(3,) vertical in each sensor as the leg stands: the first pose of those held longest."""
    runs = [run for run in runs_of(quiet) if run.stop > run.start]
    if not runs:
        return [unit(np.median(up, axis=0)) for up in ups]
    means = [np.array([unit(up[run].mean(axis=0)) for run in runs]) for up in ups]
    lengths = np.array([run.stop - run.start for run in runs])
    held = np.array([lengths[_alike(means, k, params)].sum() for k in range(len(runs))])
    first = int(np.flatnonzero(held >= params.pose_share * held.max())[0])
    near = _alike(means, first, params)
    weights = lengths[near].astype(float)
    return [unit(np.average(mean[near], axis=0, weights=weights)) for mean in means]


def _alike(means: list[Floats], which: int, params: FeatureParams) -> Bools:
    """(k,) the poses that are the same as one of them, in every sensor; `means` are (k, 3) each."""
    alike: Bools = np.logical_and.reduce(
        [angle_between(mean, mean[which]) < params.pose_rad for mean in means]
    )
    return alike


def angle_between(vectors: Floats, reference: Floats) -> Floats:
    """(n,) angle of (n, 3) unit vectors to one, rad."""
    angle: Floats = np.arccos(np.clip(vectors @ reference, -1.0, 1.0))
    return angle


def runs_of(mask: Bools) -> list[slice]:
    """The stretches in which a mask holds."""
    starts, stops = _bounds(mask)
    return [slice(a, b) for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]


def keep_runs(mask: Bools, least: int) -> Bools:
    """The mask without its stretches shorter than `least` samples."""
    starts, stops = _bounds(mask)
    long = stops - starts >= least
    steps = np.zeros(len(mask) + 1, dtype=np.int8)
    steps[starts[long]], steps[stops[long]] = 1, -1
    kept: Bools = np.cumsum(steps[:-1], dtype=np.int8) > 0
    return kept


def _bounds(mask: Bools) -> tuple[Ints, Ints]:
    """First and one past the last sample of every stretch of a mask."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(np.int8)))
    return edges[::2], edges[1::2]
