"""Single movements of one leg: steps, kicks, leans of the shank and movements of the free foot.

Limits are physical and have wide margins; nothing here was fitted to one person. What lies between
two kinds is told by how far it is from the limit, which becomes the confidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.kicks import strength
from sensor_screen.core.quaternion import unit
from sensor_screen.core.task_features import angle_between, keep_runs, runs_of
from sensor_screen.model import Task
from sensor_screen.units import RADIANS_PER_DEGREE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sensor_screen.core.kicks import KickSwing
    from sensor_screen.core.task_features import LegMotion, SensorMotion
    from sensor_screen.model import Bools, Floats

    Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class EventParams:
    """What makes a movement a step, a kick, a lean, a pump or a point."""

    kick_strength_radps: tuple[float, float] = (92.0, 286.0)
    """Of a blow: the ground gave at most the first, balls at least the second."""
    kick_swing_radps: tuple[float, float] = (490.0 * RADIANS_PER_DEGREE, 800.0 * RADIANS_PER_DEGREE)
    """Of the swing at the blow: strides meet the ground no faster than the first, and are as fast
    as the second in mid-air only."""
    run_radps: float = 700.0 * RADIANS_PER_DEGREE
    run_apart_s: float = 1.3
    """Three swings of one leg this fast and this close together, that meet nothing, are running."""
    kick_before_s: float = 2.0
    """A step and the back-swing; taken where the person does not rest sooner."""
    kick_after_s: float = 1.5
    kick_rest_s: float = 3.0
    """How far from the kick a rest is sought at which it begins or ends."""
    step_swing_radps: float = 80.0 * RADIANS_PER_DEGREE
    """Shank and foot turn faster than this in a step; shifts of weight do not."""
    step_s: tuple[float, float] = (0.2, 3.0)
    """Shortest and longest way between two flat stances."""
    step_tilt_rad: float = 20.0 * RADIANS_PER_DEGREE
    """A stance is this near the standing pose: stairs are taken with the forefoot, and a slope
    tilts the foot as well."""
    step_m: float = 0.2
    """A step leads at least this far, or up or down by `stair_m`."""
    stair_m: float = 0.10
    """One tread is 0.15 to 0.20 m; the height of a level stride is known within 0.05 m."""
    stair_sure_m: float = 0.20
    stair_slope: float = 0.2
    """And this much of the way forward: stairs rise by 0.4 to 0.6 of it, hardly a ramp by 0.1. A
    clipped accelerometer was seen 0.15 m wrong over a level stride of 1.2 m."""
    tallest_m: float = 1.0
    """More in one stride is no stair: the foot was not flat between."""
    lean_rad: float = 10.0 * RADIANS_PER_DEGREE
    """A squat or lunge leans the shank at least this far."""
    lean_sure_rad: float = 18.0 * RADIANS_PER_DEGREE
    lean_s: tuple[float, float] = (0.8, 40.0)
    lean_radps: float = 150.0 * RADIANS_PER_DEGREE
    """A shank that leans faster steps or jumps."""
    lean_foot_share: float = 0.6
    """A heel that comes up may tilt the foot by this share of the lean."""
    lean_foot_radps: float = 70.0 * RADIANS_PER_DEGREE
    """A foot that turns faster has left the floor."""
    lean_alone_radps: float = 120.0 * RADIANS_PER_DEGREE
    """Limit of the shank's rate without a foot sensor, which would show that the foot stood."""
    lean_alone_s: float = 12.0
    """Without a foot sensor a longer lean may be a leg held up."""
    tip_radps: float = 15.0 * RADIANS_PER_DEGREE
    """A free foot moves faster than this."""
    tip_rad: float = 12.0 * RADIANS_PER_DEGREE
    tip_shank_share: float = 0.35
    """In pumps and points the shank turns at most this share of what the foot does."""
    tip_rest_s: float = 0.4
    """A shorter rest of the foot is a turning point."""
    held_s: float = 0.8
    """An end position is held for at least this long."""
    held_rad: float = 15.0 * RADIANS_PER_DEGREE
    both_ways_rad: float = 4.0 * RADIANS_PER_DEGREE
    """A pumping foot goes at least this far to either side of its rest."""


@dataclass(frozen=True, slots=True)
class Event:
    """One movement; `task` is the best guess from this leg alone."""

    start: int
    end: int
    task: Task
    sureness: float
    """0.5 at the limit, 1 far from it."""
    hold_s: float = 0.0
    """How long its end position was held."""
    size: float = 0.0
    """Rate of a kick (rad/s), height of a step (m), lean or tilt (rad)."""
    swing: KickSwing | None = None
    """Of a kick."""


def sureness(value: float, limit: float, sure: float) -> float:
    """0.5 at the limit, 0.95 where it is sure, up to 0.99."""
    return float(min(max(0.5 + 0.45 * (value - limit) / (sure - limit), 0.0), 0.99))


# --- kicks ---------------------------------------------------------------------------------------


def find_swings(motion: LegMotion, params: EventParams) -> list[Event]:
    """Kicks, each from the step before it until the leg stands again; and running, as movement."""
    fast = [s for s in motion.swings if s.swing_radps >= params.run_radps and not s.struck]
    at_s = np.array([s.fastest / motion.samples / motion.rate_hz for s in fast])
    running = {
        s.fastest for s, run in zip(fast, _running(at_s, params.run_apart_s), strict=True) if run
    }
    events = []
    for swing in motion.swings:
        ran = swing.fastest in running
        if swing.reason and not ran:
            continue
        start, end = _kick_bounds(motion, swing.fastest // motion.samples, params)
        if ran:
            events.append(Event(start, end, Task.MOVE, 0.4, size=swing.swing_radps))
            continue
        sure = max(
            sureness(strength(swing), *params.kick_strength_radps),
            sureness(swing.before_blow_radps, *params.kick_swing_radps),
        )
        events.append(Event(start, end, Task.KICK, sure, size=swing.swing_radps, swing=swing))
    return events


def _running(times_s: Floats, apart_s: float) -> Bools:
    """(k,) True for swings that are one of three in quick succession."""
    run = np.zeros(len(times_s), dtype=np.bool_)
    for k in range(len(times_s) - 2):
        if np.diff(times_s[k : k + 3]).max() < apart_s:
            run[k : k + 3] = True
    return run


def _kick_bounds(motion: LegMotion, burst: int, params: EventParams) -> tuple[int, int]:
    reach = round(params.kick_rest_s * motion.rate_hz)
    first, last = max(0, burst - reach), min(len(motion.quiet), burst + reach)
    before = np.flatnonzero(motion.quiet[first:burst])
    after = np.flatnonzero(motion.quiet[burst:last])
    start = burst - round(params.kick_before_s * motion.rate_hz)
    end = burst + round(params.kick_after_s * motion.rate_hz)
    start = first + int(before[-1]) + 1 if before.size else max(0, start)
    return start, burst + int(after[0]) if after.size else min(len(motion.quiet), end)


# --- steps ---------------------------------------------------------------------------------------


def find_steps(motion: LegMotion, free: Bools, params: EventParams) -> list[Event]:
    """Steps between flat stances, up, down or level; of a lone shank, its swings."""
    if motion.foot is None:
        return _find_shank_steps(motion, free, params)
    spans = np.array([(s.before.end, s.after.start) for s in motion.steps]).reshape(-1, 2)
    spans = np.minimum(spans // motion.samples, len(motion.time_s) - 1)
    leads = _lead_on(motion, spans, params)
    events = []
    for step, (start, end), leading in zip(motion.steps, spans.tolist(), leads, strict=True):
        if not leading or free[start:end].mean() < 0.5:
            continue
        up = step.height_change_m
        task = Task.WALK
        least_m = max(params.stair_m, params.stair_slope * step.distance_m)
        if abs(up) > least_m:
            task = Task.STAIRS_UP if up > 0 else Task.STAIRS_DOWN
        sure_m = least_m * params.stair_sure_m / params.stair_m
        sure = sureness(abs(up), least_m, sure_m)
        if task is Task.WALK:
            sure = sureness(least_m - abs(up), 0.0, least_m / 2)
        events.append(Event(start, end, task, sure, size=up))
    return events


def _lead_on(motion: LegMotion, spans: Ints, params: EventParams) -> Bools:
    """(k,) whether the way between two stances, cells from and to, is a step."""
    lasts_s = (spans[:, 1] - spans[:, 0]) / motion.rate_hz
    leads = (lasts_s >= params.step_s[0]) & (lasts_s <= params.step_s[1])
    if not leads.any():
        return leads
    for sensor in motion.sensors:
        fastest = np.maximum.reduceat(sensor.slow_radps, spans.ravel())[::2]
        leads &= fastest >= params.step_swing_radps
    if motion.foot is not None:
        # The stillest moment of a long stance may be of another pose: its edge counts.
        leads &= (motion.foot.tilt_rad[spans] < params.step_tilt_rad).all(axis=1)
    up_m = np.abs([step.height_change_m for step in motion.steps])
    way_m = np.array([step.distance_m for step in motion.steps])
    leads &= up_m <= params.tallest_m
    return leads & ((way_m > params.step_m) | (up_m > params.stair_m))


def _find_shank_steps(motion: LegMotion, free: Bools, params: EventParams) -> list[Event]:
    """Forward swings of a lone shank: the faster of its two ways. Stairs cannot be told from it."""
    from scipy.signal import find_peaks

    if motion.shank is None:
        return []
    turn = motion.shank.turn_radps
    moving = free & (motion.shank.slow_radps > params.step_swing_radps)
    if moving.sum() < motion.rate_hz:
        return []
    axis = np.linalg.eigh(turn[moving].T @ turn[moving])[1][:, -1]
    rate = turn @ axis
    rate = rate * (np.sign(np.mean(rate[moving] ** 3)) or 1.0)
    rate = np.where(free, rate, 0.0)
    apart = round(0.5 * motion.rate_hz)
    swings, _ = find_peaks(rate, height=1.2 * params.step_swing_radps, distance=apart)
    reach = round(0.4 * motion.rate_hz)
    return [
        Event(max(0, int(s) - reach), min(len(rate), int(s) + reach), Task.WALK, 0.6)
        for s in swings
    ]


# --- leans ---------------------------------------------------------------------------------------


def find_leans(motion: LegMotion, free: Bools, params: EventParams) -> list[Event]:
    """Leans of the shank over a standing foot: squats and lunges, told apart later."""
    from scipy.signal import find_peaks

    if motion.shank is None:
        return []
    tilt = motion.shank.tilt_rad
    tops, found = find_peaks(tilt, prominence=params.lean_rad)
    edges = np.r_[0, tops, len(tilt) - 1]
    events: list[Event] = []
    for k, top in enumerate(tops):
        if not free[top]:
            continue
        start, end = _hill(tilt, int(edges[k]), int(top), int(edges[k + 2]))
        size = float(found["prominences"][k])
        if not free[start:end].all() or not _is_lean(motion, slice(start, end), size, params):
            continue
        high = tilt[start:end] > tilt[top] - 0.3 * size
        hold_s = float((high & motion.quiet[start:end]).sum()) / motion.rate_hz
        sure = sureness(size, params.lean_rad, params.lean_sure_rad)
        events.append(Event(start, end, Task.SQUAT, sure, hold_s, size))
    return events


def _hill(tilt: Floats, left: int, top: int, right: int) -> tuple[int, int]:
    """From a tenth of the way up to a tenth of the way down, between the neighbouring tops."""
    before = left + int(np.argmin(tilt[left : top + 1]))
    after = top + int(np.argmin(tilt[top : right + 1]))
    low_before = tilt[before : top + 1] <= tilt[before] + 0.1 * (tilt[top] - tilt[before])
    low_after = tilt[top : after + 1] <= tilt[after] + 0.1 * (tilt[top] - tilt[after])
    return before + int(np.flatnonzero(low_before)[-1]), top + int(np.argmax(low_after)) + 1


def _is_lean(motion: LegMotion, part: slice, size: float, params: EventParams) -> bool:
    lasts_s = (part.stop - part.start) / motion.rate_hz
    if not params.lean_s[0] <= lasts_s <= params.lean_s[1] or motion.shank is None:
        return False
    fastest = float(np.percentile(motion.shank.slow_radps[part], 98))
    if motion.foot is None:
        return fastest < params.lean_alone_radps and lasts_s < params.lean_alone_s
    low, high = np.percentile(motion.foot.tilt_rad[part], (2, 98))
    foot_radps = float(np.percentile(motion.foot.slow_radps[part], 98))
    return bool(
        fastest < params.lean_radps
        and high - low < params.lean_foot_share * size
        and foot_radps < params.lean_foot_radps
    )


# --- the free foot -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Move:
    """The foot from one rest to the next."""

    start: int
    end: int


def find_tips(motion: LegMotion, free: Bools, params: EventParams) -> list[Event]:
    """The foot moves under a quiet shank: pumps, which return, and points, which are held."""
    if motion.shank is None or motion.foot is None:
        return []
    foot = motion.foot
    rest = keep_runs(foot.slow_radps < params.tip_radps, round(params.tip_rest_s * motion.rate_hz))
    moves = [
        _Move(run.start, run.stop) for run in runs_of(~rest & free) if _is_tip(motion, run, params)
    ]
    events: list[Event] = []
    for series in _in_series(moves, 4.0 * motion.rate_hz):
        events += _read_series(motion, foot, series, params)
    return events


def _is_tip(motion: LegMotion, part: slice, params: EventParams) -> bool:
    if motion.shank is None or motion.foot is None or part.stop - part.start < 3:
        return False
    share = params.tip_shank_share
    slow, fast = motion.shank.slow_radps[part], motion.foot.slow_radps[part]
    if slow @ slow >= share**2 * (fast @ fast):
        return False
    foot, shank = motion.foot.up[part], motion.shank.up[part]
    span = float(angle_between(foot, unit(foot[0])).max())
    if span < params.tip_rad:
        return False
    return float(angle_between(shank, unit(shank[0])).max()) < share * span


def _in_series(moves: Sequence[_Move], apart: float) -> list[list[_Move]]:
    series: list[list[_Move]] = []
    for move in moves:
        if series and move.start - series[-1][-1].end <= apart:
            series[-1].append(move)
        else:
            series.append([move])
    return series


def _read_series(
    motion: LegMotion, foot: SensorMotion, moves: list[_Move], params: EventParams
) -> list[Event]:
    """Each move as part of a point (next to a held end position) or of pumps."""
    home = unit(foot.up[max(0, moves[0].start - 3) : moves[0].start + 1].mean(axis=0))
    away = angle_between(foot.up, home)
    events: list[Event] = []
    held_before = False
    for k, move in enumerate(moves):
        rest_end = moves[k + 1].start if k + 1 < len(moves) else move.end
        resting_s = (rest_end - move.end) / motion.rate_hz
        held = resting_s >= params.held_s and away[move.end : rest_end].min() > params.held_rad
        if held or held_before:
            size = float(away[move.start : move.end].max())
            end = rest_end if held else move.end
            events.append(Event(move.start, end, Task.POINT, 0.9, resting_s * held, size))
        else:
            events.append(_read_pumps(foot, move, away, motion.rate_hz, params))
        held_before = held
    return events


def _read_pumps(
    foot: SensorMotion, move: _Move, away: Floats, rate_hz: float, params: EventParams
) -> Event:
    """Cycles of a foot that goes both ways and rests nowhere between."""
    from scipy.signal import find_peaks

    up = foot.up[move.start : move.end]
    along = up @ principal_tilt(up, unit(foot.up[move.start]))
    span = float(np.ptp(along))
    cycles = max(len(find_peaks(sign * along, prominence=0.4 * span)[0]) for sign in (1.0, -1.0))
    lasts_s = (move.end - move.start) / rate_hz
    # Heels that are raised go one way from where they stood; the first rest may not be recorded.
    ways = [min(along.max() - rest, rest - along.min()) for rest in (along[0], along[-1])]
    both_ways = max(ways) > params.both_ways_rad
    quick = 0.25 <= cycles / lasts_s <= 2.5
    size = float(away[move.start : move.end].max())
    if cycles < 2 or not quick or not both_ways:
        return Event(move.start, move.end, Task.MOVE, 0.4, size=size)
    return Event(move.start, move.end, Task.PUMP, sureness(cycles, 1.5, 3.0), size=size)


def principal_tilt(up: Floats, home: Floats) -> Floats:
    """(3,) way, across the home vertical, in which the vertical moves most; sign arbitrary."""
    across = up - np.outer(up @ home, home)
    return np.asarray(np.linalg.eigh(across.T @ across)[1][:, -1])


def toes_down(motion: LegMotion, steps: Sequence[Event]) -> Floats | None:
    """(3,) way of the vertical in the foot as its toes go down; None where no step shows it.

    At push-off a foot tilts toes down further than it ever tilts the other way.
    """
    if motion.foot is None or len(steps) < 2:
        return None
    pushes = []
    for step in steps:
        part = slice(step.start, step.end)
        far = step.start + int(np.argmax(motion.foot.tilt_rad[part]))
        pushes.append(motion.foot.up[far])
    home = motion.foot.up[int(np.argmin(motion.foot.tilt_rad))]
    way = np.mean(pushes, axis=0)
    return unit(way - (way @ home) * home)
