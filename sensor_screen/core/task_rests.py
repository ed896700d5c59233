"""What is left between movements: standing on two legs or one, and what nobody can name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.quaternion import unit
from sensor_screen.core.task_events import Event, sureness
from sensor_screen.core.task_features import LegMotion, keep_runs, runs_of
from sensor_screen.model import Task
from sensor_screen.units import RADIANS_PER_DEGREE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Bools

NO_KNOWN_KIND = "movement of no known kind"


@dataclass(frozen=True, slots=True)
class RestParams:
    """What makes a rest a stand, and a stand a balance."""

    standing_tilt_rad: float = 10.0 * RADIANS_PER_DEGREE
    """Who stands, stays this close to the standing pose, on one leg too."""
    standing_foot_radps: float = 25.0 * RADIANS_PER_DEGREE
    standing_shank_radps: float = 40.0 * RADIANS_PER_DEGREE
    pose_rad: float = 1.5 * RADIANS_PER_DEGREE
    """A stand keeps its pose this well; sitting down begins more slowly than rest ends."""
    stand_s: float = 1.0
    """A shorter stand is a pause; where there is no longer one, the longest."""
    shortest_stand_s: float = 0.3
    balance_radps: float = 1.0 * RADIANS_PER_DEGREE
    """RMS angular velocity of the shank: standing on two legs about 0.3, on one 2 and more."""
    balance_window_s: float = 1.0
    calm_s: float = 1.5
    """On one leg nobody is calm for longer."""
    balance_s: float = 5.0
    air_rad: float = 8.0 * RADIANS_PER_DEGREE
    """A foot so far from standing, and quiet, is held in the air."""
    air_s: float = 4.0
    air_edge_s: float = 0.6
    """It is lifted and put down in about this time."""
    other_s: float = 1.0
    """Movement of no known kind is named from this length on."""


@dataclass(frozen=True, slots=True)
class SeenLeg:
    """A leg and the movements seen in it."""

    motion: LegMotion
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Samples in which a leg did one task."""

    start: int
    end: int
    task: Task
    confidence: float
    sentence: str


def _standing(motion: LegMotion, params: RestParams) -> Bools:
    """(n,) the foot is down and the leg near its standing pose; sways, but does not move."""
    mask = np.ones(len(motion.time_s), dtype=np.bool_)
    for sensor, limit in (
        (motion.shank, params.standing_shank_radps),
        (motion.foot, params.standing_foot_radps),
    ):
        if sensor is not None:
            mask &= (sensor.slow_radps < limit) & (sensor.tilt_rad < params.standing_tilt_rad)
    return mask


def find_balances(
    motion: LegMotion, others: Sequence[SeenLeg], free: Bools, params: RestParams
) -> list[Stretch]:
    """Standing while the other foot hangs in the air; by sway where there is no other leg."""
    standing = _standing(motion, params) & free
    if not others:
        return _by_sway(motion, standing, params)
    stretches = []
    for other in others:
        for start_s, end_s in _in_air(other, params):
            edge_s = params.air_edge_s
            inside = (motion.time_s >= start_s - edge_s) & (motion.time_s <= end_s + edge_s)
            for run in runs_of(
                keep_runs(standing & inside, round(params.balance_s * motion.rate_hz))
            ):
                words = "stood while the other foot hung in the air"
                stretches.append(Stretch(run.start, run.stop, Task.BALANCE, 0.95, words))
    return stretches


def _in_air(leg: SeenLeg, params: RestParams) -> list[tuple[float, float]]:
    """When this leg was held up, quietly, in a pose that is none of standing."""
    motion = leg.motion
    # A shank leans over a standing foot as well: where there is a foot sensor, it decides.
    tilted = motion.foot or motion.shank
    if tilted is None:
        return []
    mask = tilted.tilt_rad > params.air_rad
    for sensor in motion.sensors:
        mask &= sensor.slow_radps < 2.0 * params.standing_shank_radps
    for event in leg.events:
        if event.task is not Task.MOVE:
            mask[event.start : event.end] = False
    runs = runs_of(keep_runs(mask, round(params.air_s * motion.rate_hz)))
    return [(float(motion.time_s[r.start]), float(motion.time_s[r.stop - 1])) for r in runs]


def _by_sway(motion: LegMotion, standing: Bools, params: RestParams) -> list[Stretch]:
    from scipy.ndimage import uniform_filter1d

    if motion.shank is None or motion.foot is None:
        # A seated shank that answers to pumps sways as much; the foot would show them.
        return []
    width = max(1, round(params.balance_window_s * motion.rate_hz))
    turn = motion.shank.turn_radps
    spread = uniform_filter1d(turn**2, width, axis=0) - uniform_filter1d(turn, width, axis=0) ** 2
    rms = np.sqrt(np.maximum(spread.sum(axis=1), 0.0))
    uneasy = standing & (rms > params.balance_radps)
    joined = standing & ~keep_runs(standing & ~uneasy, round(params.calm_s * motion.rate_hz))
    stretches = []
    for part in runs_of(joined):
        swaying = part.start + np.flatnonzero(uneasy[part])
        if swaying.size < params.balance_s * motion.rate_hz / 2:
            continue
        run = slice(int(swaying[0]), int(swaying[-1]) + 1)
        if run.stop - run.start < params.balance_s * motion.rate_hz:
            continue
        level = float(np.median(rms[run]))
        if level < params.balance_radps:
            continue
        sure = sureness(np.log(level / params.balance_radps), 0.0, 1.0)
        words = f"stood with {np.degrees(level):.1f} deg/s of sway; the other leg is not known"
        stretches.append(Stretch(run.start, run.stop, Task.BALANCE, min(sure, 0.8), words))
    return stretches


def find_stands(motion: LegMotion, free: Bools, params: RestParams) -> list[Stretch]:
    """Quiet stretches in one pose near the standing one."""
    standing = _standing(motion, params) & motion.quiet & free
    least = round(params.shortest_stand_s * motion.rate_hz)
    kept = [_one_pose(motion, run, params) for run in runs_of(keep_runs(standing, least))]
    lengths_s = [(run.stop - run.start) / motion.rate_hz for run in kept]
    enough_s = min(params.stand_s, max(lengths_s, default=0.0))
    alone = len(motion.sensors) < 2
    words = "the one sensor was at rest" if alone else "stood quietly"
    most = 0.6 if alone else 1.0
    return [
        Stretch(run.start, run.stop, Task.STAND, min(most, sureness(length_s, 0.0, 2.0)), words)
        for run, length_s in zip(kept, lengths_s, strict=True)
        if length_s >= max(enough_s, params.shortest_stand_s)
    ]


def _one_pose(motion: LegMotion, run: slice, params: RestParams) -> slice:
    """The longest part of a rest that keeps near the pose it has most of the time."""
    mask = np.ones(run.stop - run.start, dtype=np.bool_)
    for sensor in motion.sensors:
        up = sensor.up[run]
        middle = unit(np.median(up, axis=0))
        mask &= np.arccos(np.clip(up @ middle, -1.0, 1.0)) < params.pose_rad
    longest = max(runs_of(mask), key=lambda r: r.stop - r.start, default=slice(0, 0))
    return slice(run.start + longest.start, run.start + longest.stop)


def find_others(motion: LegMotion, free: Bools, params: RestParams) -> list[Stretch]:
    """What moves, and is nothing that is known."""
    moving = free & ~(_standing(motion, params) & motion.quiet)
    least = round(params.other_s * motion.rate_hz)
    return [
        Stretch(run.start, run.stop, Task.MOVE, 0.3, NO_KNOWN_KIND)
        for run in runs_of(keep_runs(moving, least))
    ]
