"""What a leg does, in figures that depend on no mounting and no axis: for finding tasks.

Rates are sizes of angular velocities, tilts are measured against the pose in which the leg stood
most, and the way of the foot is integrated from one flat stance to the next, at both of which it
is at rest. So all of it is known before calibration.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.orientation import orient_leg, vertical
from sensor_screen.core.quaternion import to_matrix, unit
from sensor_screen.model import SampleFlag
from sensor_screen.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensor_screen.model import Bools, CleanLeg, CleanStream, Floats, Side

    Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class FeatureParams:
    """Tuning of the features."""

    slow_hz: float = 5.0
    """Low-pass of rates that tell rest from movement: soft tissue rings at 8 to 12 Hz."""
    fast_hz: float = 12.0
    """Low-pass of rates that tell a kick: its swing lasts a fifth of a second."""
    quiet_radps: float = 8.0 * RADIANS_PER_DEGREE
    """A segment below this is at rest. Standing people stay under 3 deg/s, a slow squat turns the
    shank at 15 deg/s and more."""
    quiet_s: float = 0.3
    """A shorter rest is a turning point."""
    flat_radps: float = 40.0 * RADIANS_PER_DEGREE
    """A foot below this, unaccelerated and near its standing pose, stands flat."""
    flat_mps2: float = 1.5
    flat_tilt_rad: float = 20.0 * RADIANS_PER_DEGREE
    """Stairs are often taken with the forefoot; a slope tilts the foot as well."""
    flat_s: float = 0.08
    pose_rad: float = 8.0 * RADIANS_PER_DEGREE
    """Two rests whose tilts differ by less are one pose."""
    pose_share: float = 0.25
    """The standing pose is the first that has this share of the time of the longest held one: a
    screen begins with a stand."""


@dataclass(frozen=True, slots=True)
class SensorMotion:
    """One sensor."""

    slow_radps: Floats  # (n,) size of the angular velocity, low-passed
    fast_radps: Floats  # (n,) the same, less low-passed
    turn_radps: Floats  # (n, 3) low-passed angular velocity, in the sensor
    up: Floats  # (n, 3) vertical in the sensor
    tilt_rad: Floats  # (n,) angle of the vertical against that of the standing pose
    missing: Bools  # (n,)


@dataclass(frozen=True, slots=True)
class Stride:
    """The way of a foot from one flat stance to the next, as half-open sample range."""

    start: int
    end: int
    forward_m: float
    """Horizontal distance; nan where it cannot be integrated."""
    up_m: float


@dataclass(frozen=True, slots=True)
class LegMotion:
    """One leg; one of its sensors may be missing."""

    side: Side
    rate_hz: float
    time_s: Floats  # (n,)
    shank: SensorMotion | None
    foot: SensorMotion | None
    quiet: Bools  # (n,) every sensor at rest for some time
    strides: tuple[Stride, ...]
    """Between flat stances; empty without a foot sensor."""

    @property
    def sensors(self) -> tuple[SensorMotion, ...]:
        """Those that are there, shank first."""
        return tuple(s for s in (self.shank, self.foot) if s is not None)


def describe_leg(
    leg: CleanLeg,
    params: FeatureParams = FeatureParams(),
    orientation: Floats | None = None,
) -> LegMotion:
    """Rates, tilts and strides of one leg.

    Args:
        leg: Shank, foot or both on one grid.
        params: Tuning.
        orientation: (n, s, 4) of the sensors that are there, shank first, where it is known.
    """
    streams = [s for s in (leg.shank, leg.foot) if s is not None]
    turns = [_unbiased(s, params) for s in streams]
    slow = [_low_pass(turn, params.slow_hz, leg.rate_hz) for turn in turns]
    rates = [np.linalg.norm(turn, axis=1) for turn in slow]
    least = round(params.quiet_s * leg.rate_hz)
    quiet = keep_runs(np.max(rates, axis=0) < params.quiet_radps, least)
    orientations = np.moveaxis(orient_leg(leg) if orientation is None else orientation, 1, 0)
    ups = [vertical(orientation) for orientation in orientations]
    stands = _standing_pose(ups, quiet, params)
    motions = {
        stream.info.placement: SensorMotion(
            slow_radps=rates[i],
            fast_radps=np.linalg.norm(_low_pass(turns[i], params.fast_hz, leg.rate_hz), axis=1),
            turn_radps=slow[i],
            up=ups[i],
            tilt_rad=angle_between(ups[i], stands[i]),
            missing=(stream.flags & int(SampleFlag.MISSING)) != 0,
        )
        for i, stream in enumerate(streams)
    }
    foot = None if leg.foot is None else motions[leg.foot.info.placement]
    strides: tuple[Stride, ...] = ()
    if leg.foot is not None and foot is not None:
        strides = _find_strides(leg.foot, foot, orientations[-1], params)
    return LegMotion(
        side=leg.side,
        rate_hz=leg.rate_hz,
        time_s=leg.time_s,
        shank=None if leg.shank is None else motions[leg.shank.info.placement],
        foot=foot,
        quiet=quiet,
        strides=strides,
    )


def _unbiased(stream: CleanStream, params: FeatureParams) -> Floats:
    """(n, 3) angular velocity less its median at rest."""
    rate = np.linalg.norm(stream.gyr_radps, axis=1)
    still = rate < params.quiet_radps
    if still.mean() < 0.01:
        return stream.gyr_radps
    unbiased: Floats = stream.gyr_radps - np.median(stream.gyr_radps[still], axis=0)
    return unbiased


def _low_pass(values: Floats, cutoff_hz: float, rate_hz: float) -> Floats:
    """(n, m) columns, without delay."""
    from scipy.signal import butter, sosfiltfilt

    if cutoff_hz > 0.45 * rate_hz:
        return values
    sos = butter(2, cutoff_hz, fs=rate_hz, output="sos")
    smooth: Floats = sosfiltfilt(sos, values, axis=0, padlen=min(len(values) - 1, round(rate_hz)))
    return smooth


def _standing_pose(ups: list[Floats], quiet: Bools, params: FeatureParams) -> list[Floats]:
    """(3,) vertical in each sensor as the leg stands: the first pose of those held longest."""
    runs = [run for run in runs_of(quiet) if run.stop > run.start]
    if not runs:
        return [unit(np.median(up, axis=0)) for up in ups]
    means = [[unit(up[run].mean(axis=0)) for up in ups] for run in runs]
    lengths = np.array([run.stop - run.start for run in runs])
    held = np.array(
        [
            sum(
                length
                for other, length in zip(means, lengths, strict=True)
                if all(_apart(a, b) < params.pose_rad for a, b in zip(mine, other, strict=True))
            )
            for mine in means
        ]
    )
    first = int(np.flatnonzero(held >= params.pose_share * held.max())[0])
    near = [
        k
        for k, other in enumerate(means)
        if all(_apart(a, b) < params.pose_rad for a, b in zip(means[first], other, strict=True))
    ]
    weights = lengths[near].astype(float)
    return [
        unit(np.average([means[k][s] for k in near], axis=0, weights=weights))
        for s in range(len(ups))
    ]


def _apart(one: Floats, other: Floats) -> float:
    return float(np.arccos(np.clip(one @ other, -1.0, 1.0)))


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


def _find_strides(
    stream: CleanStream, foot: SensorMotion, orientation: Floats, params: FeatureParams
) -> tuple[Stride, ...]:
    """The way of the foot between the middles of neighbouring flat stances."""
    rate_hz = stream.rate_hz
    size = _low_pass(stream.acc_mps2, params.slow_hz, rate_hz)
    force = np.linalg.norm(size, axis=1)
    # A worn accelerometer does not show 9.81 at rest.
    rest = foot.slow_radps < params.quiet_radps
    gravity = float(np.median(force[rest])) if rest.any() else STANDARD_GRAVITY_MPS2
    flat = foot.slow_radps < params.flat_radps
    flat &= np.abs(force - gravity) < params.flat_mps2
    flat &= foot.tilt_rad < params.flat_tilt_rad
    stances = runs_of(keep_runs(flat & ~foot.missing, round(params.flat_s * rate_hz)))
    earth = np.einsum("nij,nj->ni", to_matrix(orientation), stream.acc_mps2)
    earth[:, 2] -= gravity
    strides = []
    for before, after in pairwise(stances):
        start = _middle(before, rate_hz, last=True)
        end = _middle(after, rate_hz, last=False)
        way = _travel(earth[start : end + 1], rate_hz)
        if foot.missing[start:end].any():
            way = np.full(3, np.nan)
        strides.append(
            Stride(before.stop, after.start, float(np.hypot(way[0], way[1])), float(way[2]))
        )
    return tuple(strides)


def _middle(stance: slice, rate_hz: float, *, last: bool) -> int:
    """A sample well inside a flat stance, at most 0.15 s from the stride."""
    reach = min((stance.stop - stance.start) // 2, round(0.15 * rate_hz))
    return int(stance.stop - 1 - reach if last else stance.start + reach)


def _travel(acc_mps2: Floats, rate_hz: float) -> Floats:
    """(3,) way between two instants of rest; what velocity is left at the end is a slow error."""
    steps = 0.5 * (acc_mps2[1:] + acc_mps2[:-1]) / rate_hz
    velocity = np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)])
    velocity -= np.linspace(0.0, 1.0, len(velocity))[:, None] * velocity[-1]
    way: Floats = velocity.sum(axis=0) / rate_hz
    return way
