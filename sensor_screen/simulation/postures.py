"""What a person does on the spot, standing or seated: stand, balance, squat, lunge, pump, point."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import radians
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Task
from sensor_screen.simulation.curves import bump, ease, grid_s, limit, strokes, sway
from sensor_screen.simulation.pieces import Column, Piece, make_piece
from sensor_screen.simulation.squat_sets import SquatStyle, squat_set

if TYPE_CHECKING:
    from sensor_screen.model import Floats
    from sensor_screen.simulation.person import Ankle, Person

END_SOFTNESS_RAD = radians(1.5)
"""How gradually a loaded ankle meets its end range."""
_HOVER_LEAN_RAD = radians(25.0)
_TOUCH_S = 0.3
_LOWER_S = 0.4
"""How long a raised foot that comes down stays, and how long its way takes."""
_HOP_S = 0.4
_HOP_RISE_M = 0.05
_HOP_POINT_RAD = radians(30.0)
_SEATED_LEAN_RAD = radians(-4.0)
_SEAT_RISE_M = 0.08
_SIT_S = 1.2
_PAUSE_S = 0.4


@dataclass(frozen=True, slots=True)
class Performance:
    """Who performs a task, how much of it, and the dice that make no two repetitions equal."""

    person: Person
    ankle: Ankle
    amount: float
    """Seconds of a stand, repetitions of everything else."""
    timing: np.random.Generator
    """The same for both legs of a person."""
    size: np.random.Generator
    """Each leg's own."""
    style: SquatStyle | None = None
    """How squats are done; None: evenly, as in a clinic."""

    @property
    def repetitions(self) -> int:
        """The amount, of something that is counted."""
        return round(self.amount)

    def duration_s(self, mean_s: float, spread: float = 0.05) -> float:
        """A duration with its share of scatter, never beyond two standard deviations."""
        return mean_s * (1.0 + spread * float(np.clip(self.timing.standard_normal(), -2.0, 2.0)))

    def scatter(self, spread: float = 0.04) -> float:
        """A factor near one."""
        return 1.0 + spread * float(np.clip(self.size.standard_normal(), -2.0, 2.0))


def stand(performance: Performance) -> tuple[Piece, ...]:
    """Quiet standing on both legs."""
    person = performance.person
    return (_sway_over(Task.STAND, performance.amount, person.stand_sway_rad, performance.size),)


def balance(performance: Performance) -> tuple[Piece, ...]:
    """Standing on one leg: the shank sways over a flat foot, sideways almost as much."""
    person = performance.person
    piece = _sway_over(Task.BALANCE, performance.amount, person.balance_sway_rad, performance.size)
    hops_s = spread_s(person.balance_hops, piece.duration_s, offset=0.5)
    if not hops_s:
        return (piece,)
    at_s = grid_s(piece.duration_s)
    columns, support = piece.columns.copy(), piece.support.copy()
    for middle_s in hops_s:
        share = bump((at_s - middle_s) / _HOP_S + 0.5)
        columns[:, Column.DORSIFLEXION] -= share * _HOP_POINT_RAD
        columns[:, Column.UP] += share * _HOP_RISE_M
        support = support * (share == 0.0)
    landings = tuple((middle_s + 0.5 * _HOP_S, 1.0) for middle_s in hops_s)
    return (replace(piece, columns=columns, support=support, impacts=landings),)


def wait(performance: Performance, duration_s: float) -> Piece:
    """The leg that stands while the other one works."""
    return _sway_over(None, duration_s, performance.person.stand_sway_rad, performance.size)


def hover(performance: Performance, duration_s: float) -> Piece:
    """The leg that is held off the ground while the other one balances."""
    at_s = grid_s(duration_s)
    raised = ease(at_s / 1.0) * ease((at_s[-1] - at_s) / 1.0)
    touches_s = spread_s(performance.person.balance_touch_downs, duration_s)
    for middle_s in touches_s:
        raised = raised * ease((np.abs(at_s - middle_s) - 0.5 * _TOUCH_S) / _LOWER_S)
    sway_rad = sway(at_s, performance.person.balance_sway_rad, performance.size)
    piece = make_piece(
        None,
        lean_rad=raised * _HOVER_LEAN_RAD + sway_rad,
        dorsiflexion_rad=-raised * radians(10.0),
        support=1.0 - raised,
    )
    piece.columns[:, Column.FORWARD] = -0.1 * raised
    piece.columns[:, Column.UP] = 0.1 * raised
    return replace(piece, impacts=tuple((t - 0.5 * _TOUCH_S, 0.5) for t in touches_s))


def spread_s(count: int, duration_s: float, offset: float = 0.0) -> tuple[float, ...]:
    """So many times, evenly spread; with an offset of half a step, between those without."""
    step_s = duration_s / (count + 1 + offset)
    return tuple((k + 1 + offset) * step_s for k in range(count))


def rest(duration_s: float) -> Piece:
    """Nothing at all, between two tasks."""
    still = np.zeros_like(grid_s(duration_s))
    return make_piece(None, lean_rad=still, dorsiflexion_rad=still)


def _sway_over(
    task: Task | None, duration_s: float, sway_rad: float, random: np.random.Generator
) -> Piece:
    """A shank that sways over a flat foot, sideways a little less than forward."""
    at_s = grid_s(duration_s)
    lean_rad, inversion_rad = (sway(at_s, rms, random) for rms in (sway_rad, 0.8 * sway_rad))
    piece = make_piece(task, lean_rad=lean_rad, dorsiflexion_rad=lean_rad)
    piece.columns[:, Column.INVERSION] = inversion_rad
    piece.columns[:, Column.ROLL] = -inversion_rad
    return piece


def squat(performance: Performance) -> tuple[Piece, ...]:
    """Squats of 0.25 to 0.5 Hz with pauses; where the ankle ends, the heel comes up."""
    if performance.style is not None:
        person, style = performance.person, performance.style
        count, lean_rad = performance.repetitions, person.squat_lean_rad
        dice = performance.timing
        return (squat_set(count, lean_rad, performance.ankle, style, dice, bend_under_load),)
    times_s, leans_rad, spans = [0.0, _PAUSE_S], [0.0, 0.0], []
    for _ in range(performance.repetitions):
        start_s = times_s[-1]
        way_s = 0.5 / performance.timing.uniform(0.25, 0.5)
        depth_rad = performance.person.squat_lean_rad * performance.scatter(0.06)
        hold_s, pause_s = performance.duration_s(0.3), performance.timing.uniform(0.8, 1.6)
        steps_s = np.cumsum([way_s, hold_s, way_s, pause_s])
        times_s += list(start_s + steps_s)
        leans_rad += [depth_rad, depth_rad, 0.0, 0.0]
        spans.append((start_s, float(start_s + steps_s[2])))
    return (_loaded(Task.SQUAT, performance, times_s, leans_rad, spans),)


def lunge(performance: Performance) -> tuple[Piece, ...]:
    """Knee over toes as far as the heel stays down, held for 3 s."""
    times_s, leans_rad, spans = [0.0, _PAUSE_S], [0.0, 0.0], []
    for _ in range(performance.repetitions):
        start_s = times_s[-1]
        # He tries up to 4 % beyond the end range; the ankle stops him less than a degree short.
        end_rad = performance.ankle.dorsiflexion_end_rad * (1.0 + performance.size.uniform(0, 0.04))
        steps_s = np.cumsum([performance.duration_s(1.4), 3.0, performance.duration_s(1.2), 1.0])
        times_s += list(start_s + steps_s)
        leans_rad += [end_rad, end_rad, 0.0, 0.0]
        spans.append((start_s, float(start_s + steps_s[2])))
    piece = _loaded(Task.LUNGE, performance, times_s, leans_rad, spans)
    # The heel is kept down: the shank leans no further than the ankle bends.
    bend_rad = piece.columns[:, Column.DORSIFLEXION]
    flat = make_piece(
        Task.LUNGE, lean_rad=bend_rad, dorsiflexion_rad=bend_rad, repetitions=piece.repetitions
    )
    return (flat,)


def _loaded(
    task: Task,
    performance: Performance,
    times_s: list[float],
    leans_rad: list[float],
    spans: list[tuple[float, float]],
) -> Piece:
    """A lean of the shank over a standing foot, as far as the ankle follows."""
    lean_rad = strokes(times_s, leans_rad, grid_s(times_s[-1]))
    bend_rad = bend_under_load(lean_rad, performance.ankle)
    return make_piece(task, lean_rad=lean_rad, dorsiflexion_rad=bend_rad, repetitions=spans)


def bend_under_load(demand_rad: Floats, ankle: Ankle) -> Floats:
    """(n,) dorsiflexion that the ankle gives to a demand; zero for zero."""
    end_rad = ankle.dorsiflexion_end_rad
    at_zero_rad = limit(np.zeros(1), end_rad, END_SOFTNESS_RAD)
    bend_rad: Floats = limit(demand_rad, end_rad, END_SOFTNESS_RAD) - at_zero_rad
    return bend_rad


def pump(performance: Performance) -> tuple[Piece, ...]:
    """Seated, foot free: toes up first, then down and up again, to +15 and -35 deg."""
    ankle = performance.ankle
    up_rad = min(radians(15.0), 0.6 * ankle.dorsiflexion_end_rad)
    down_rad = -min(radians(35.0), 0.7 * ankle.plantarflexion_end_rad)
    times_s, angles_rad, spans = [0.0, _PAUSE_S], [0.0, 0.0], []
    for _ in range(performance.repetitions):
        start_s = times_s[-1]
        period_s = performance.duration_s(1.2)
        times_s += [start_s + 0.35 * period_s, start_s + period_s]
        angles_rad += [up_rad * performance.scatter(), down_rad * performance.scatter()]
        spans.append((start_s, start_s + period_s))
    times_s += [times_s[-1] + 0.5, times_s[-1] + 0.5 + _PAUSE_S]
    pumped_rad = strokes(times_s, [*angles_rad, 0.0, 0.0], grid_s(times_s[-1]))
    return _seated(Task.PUMP, Column.PUMP, pumped_rad, spans)


def point(performance: Performance) -> tuple[Piece, ...]:
    """Seated, foot free: toes down as far as they go, held for 2 s."""
    times_s, angles_rad, spans = [0.0, _PAUSE_S], [0.0, 0.0], []
    for _ in range(performance.repetitions):
        start_s = times_s[-1]
        down_rad = -performance.ankle.plantarflexion_end_rad * performance.size.uniform(0.97, 1.0)
        steps_s = np.cumsum([performance.duration_s(0.8), 2.0, performance.duration_s(0.8), 0.8])
        times_s += list(start_s + steps_s)
        angles_rad += [down_rad, down_rad, 0.0, 0.0]
        spans.append((start_s, float(start_s + steps_s[2])))
    pointed_rad = strokes(times_s, angles_rad, grid_s(times_s[-1]))
    return _seated(Task.POINT, Column.DORSIFLEXION, pointed_rad, spans)


def _seated(
    task: Task, column: Column, angle_rad: Floats, spans: list[tuple[float, float]]
) -> tuple[Piece, ...]:
    """Sit down, move the free foot, stand up; the shank answers a little."""
    still = np.zeros_like(angle_rad)
    piece = make_piece(task, lean_rad=still, dorsiflexion_rad=still, support=0.0, repetitions=spans)
    piece.columns[:, Column.LEAN] = _SEATED_LEAN_RAD + 0.03 * angle_rad
    piece.columns[:, column] = angle_rad
    sit = _change_seat()
    return (sit, piece, _backwards(sit))


def _change_seat() -> Piece:
    at_s = grid_s(_SIT_S)
    seated = ease(at_s / (_SIT_S - 0.2))
    piece = rest(_SIT_S)
    piece.columns[:, Column.LEAN] = _SEATED_LEAN_RAD * seated
    piece.columns[:, Column.UP] = _SEAT_RISE_M * seated
    return replace(piece, support=1.0 - seated)


def _backwards(piece: Piece) -> Piece:
    """The same way back: the path starts from where it ended."""
    columns = piece.columns[::-1].copy()
    way = slice(Column.FORWARD, Column.RIGHT + 1)
    columns[:, way] -= columns[0, way]
    return replace(piece, columns=columns, support=piece.support[::-1])
