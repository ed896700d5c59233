"""What each kind of movement says about which way is toes up, and how loudly.

A clue has a weight: positive where the axis it speaks of points to the person's right, and of size
one where it would tell alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.joint_angle import tilt_about
from sensor_screen.core.labels import SQUAT_TASKS, STEP_TASKS, inside_tasks
from sensor_screen.core.orientation import vertical
from sensor_screen.core.quaternion import unit
from sensor_screen.model import SignOrigin, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.core.calibration import SegmentView
    from sensor_screen.core.pumping import PumpStretch
    from sensor_screen.model import Bools, Floats, TaskInterval

OTHER_TASKS = (Task.STAND, Task.PUMP, Task.POINT, Task.BALANCE, *SQUAT_TASKS)
"""In these nobody is supposed to take steps."""
SHANK, FOOT = 0, 1


@dataclass(frozen=True, slots=True)
class SignParams:
    """How much evidence a sign needs."""

    step_evidence: float = 0.3
    """Least evidence of steps and kicks that tells the sign; walking people show 1.5 to 2."""
    unlabelled_evidence: float = 1.0
    """The same where no step is labelled, so that steps are only supposed: rigs that are waved
    about show up to 0.8."""
    supposed_s: float = 5.0
    """Live, supposed steps tell nothing before they last so long: the first step after a seat or a
    stand is half a cycle, whose rate is skewed the other way."""
    swing_radps: float = 1.5
    """Two seconds count as steps where the shank turns this fast; slow steps reach 2, seated feet
    and squats do not."""
    told_by_lean_rad: float = 0.08
    """Squats and lunges must lean the shank this much further one way than the other."""
    flat_foot_radps: float = 0.5
    flat_foot_rad: float = 0.6
    """The lean counts while the foot stands: turning slower, and tilted less than this."""
    lean_travel: float = 1.5
    """Squats lean and come back: total turn of the shank over its lean. Sitting down stays at 1."""
    pump_start_rad: float = 0.07
    """First movement of a pump that counts as a direction."""
    pump_start_share: float = 0.15
    """And at least this share of all the pumping, so that a fidget is no first pump."""
    pump_range_rad: float = 0.1
    """Pumps that go this far to both sides of the stand go further down than up."""
    pump_range_weight: float = 1.5
    most_pump_range: float = 0.6
    """Weight of that, by (up - down) / (up + down), and its largest: it never tells alone."""
    most_movement: float = 3.0
    """Largest weight of movement that a leg can do one way only: three times a first pump."""
    margin: float = 2.0
    """One side must weigh more than the other by this factor, else the sign is not known."""


@dataclass(frozen=True, slots=True)
class Clue:
    """One piece of evidence."""

    origin: SignOrigin
    segment: int
    """Whose axis it speaks of: 0 shank, 1 foot."""
    weight: float
    words: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All clues of a movement; `swings` and `reach` can be added to as it goes on."""

    pumps: tuple[Clue, ...]
    swings: Floats  # (2, 5) see `swing_sums`
    reach: Floats  # (3,) see `lean_reach`

    def clues(self, params: SignParams) -> tuple[Clue, ...]:
        """Those that say anything."""
        found = (*swing_clues(self.swings, params), lean_clue(self.reach, params), *self.pumps)
        return tuple(clue for clue in found if clue.weight != 0.0)


def find_evidence(
    view: SegmentView,
    rate: Floats,
    axes: Floats,
    neutral: slice,
    tasks: Sequence[TaskInterval],
    pumps: Sequence[PumpStretch],
    params: SignParams = SignParams(),
) -> Evidence:
    """Everything in the movement that speaks of the sign of the axes.

    Args:
        view: Both sensors on one grid.
        rate: (n, 2, 3) bias-free angular velocity.
        axes: (2, 3) flexion axis in each sensor.
        neutral: Samples of the neutral pose.
        tasks: Labels in the same time base.
        pumps: Where the foot really pumps.
        params: Tuning.
    """
    up = vertical(view.orientation)
    start = [unit(up[neutral, s].mean(axis=0)) for s in (SHANK, FOOT)]
    lean = [tilt_about(up[:, s], axes[s], start[s]) for s in (SHANK, FOOT)]
    stands = inside_tasks(view.time_s[neutral], tasks, (Task.STAND,)).any()
    reach = lean_reach(
        np.zeros(3),
        lean[SHANK],
        rate[:, SHANK] @ axes[SHANK] / _rate_hz(view.time_s),
        standing(rate[:, FOOT], up[:, FOOT] @ start[FOOT], params)
        & inside_tasks(view.time_s, tasks, SQUAT_TASKS)
        & ~view.doubtful,
    )
    turn, flat = rate[:, SHANK] @ axes[SHANK], foot_flat(view.acc_mps2[:, FOOT], rate[:, FOOT])
    swings = swing_sums(turn, flat, step_kind(view, tasks), _rate_hz(view.time_s), params)
    clues = []
    for pump in pumps:
        clues.append(_first_pump(rate[pump.part, FOOT] @ axes[FOOT], pump, view, params))
        if stands:
            clues.append(_pump_range((lean[SHANK] - lean[FOOT])[pump.part], params))
    return Evidence(tuple(clues), swings, reach)


def _rate_hz(time_s: Floats) -> float:
    return 1.0 / float(time_s[1] - time_s[0])


def _first_pump(turn: Floats, pump: PumpStretch, view: SegmentView, params: SignParams) -> Clue:
    """Toes up first."""
    angle = np.cumsum(turn) / _rate_hz(view.time_s)
    least = max(params.pump_start_rad, params.pump_start_share * float(np.ptp(angle)))
    far = np.flatnonzero(np.abs(angle) > least)
    told = pump.from_rest and len(far) > 0
    weight = float(np.sign(angle[far[0]])) if told else 0.0
    return Clue(SignOrigin.PUMPS, FOOT, weight, "the first pump")


def _pump_range(bend: Floats, params: SignParams) -> Clue:
    """From the stand, an ankle goes further down than up."""
    down, up = np.percentile(bend, (5, 95))
    weight = 0.0
    if down < -params.pump_range_rad and up > params.pump_range_rad:
        share = -(up + down) / (up - down)
        weight = float(
            np.clip(
                params.pump_range_weight * share, -params.most_pump_range, params.most_pump_range
            )
        )
    return Clue(SignOrigin.PUMPS, FOOT, weight, "the range of the pumps")


def standing(foot_rate: Floats, foot_upright: Floats, params: SignParams) -> Bools:
    """(n,) the foot stands: it hardly turns and is tilted about as in the neutral pose."""
    slow = np.linalg.norm(foot_rate, axis=1) < params.flat_foot_radps
    level: Bools = slow & (foot_upright > np.cos(params.flat_foot_rad))
    return level


def lean_reach(before: Floats, lean: Floats, turned: Floats, counts: Bools) -> Floats:
    """(3,) furthest lean back and forward, and all turning of the shank meanwhile, rad.

    Args:
        before: (3,) the same of earlier samples; zeros for none.
        lean: (n,) of the shank since the neutral pose, forward positive.
        turned: (n,) turn of the shank in each sample.
        counts: (n,) the samples of labelled squats and lunges on a standing foot.
    """
    if not counts.any():
        return before
    # One after the other, so that blocks of any size give the same sum.
    travel = np.add.accumulate(np.r_[before[2], np.abs(turned[counts])])[-1]
    return np.array(
        [min(before[0], lean[counts].min()), max(before[1], lean[counts].max()), travel]
    )


def lean_clue(reach: Floats, params: SignParams) -> Clue:
    """A flat-footed squat or lunge leans the shank forward."""
    lean = float(reach[0] + reach[1])
    weight = lean / params.told_by_lean_rad if reach[2] > params.lean_travel * abs(lean) else 0.0
    weight = float(np.clip(weight, -params.most_movement, params.most_movement))
    return Clue(SignOrigin.SQUAT, SHANK, weight, "the squats and lunges")


SWING_WINDOW_S = 2.0
"""Steps are looked for in windows of this length: each holds a swing of its own."""
LABELLED, SUPPOSED, NO_STEPS = 0, 1, 2


def step_kind(view: SegmentView, tasks: Sequence[TaskInterval]) -> Floats:
    """(n,) LABELLED where steps or kicks are labelled, SUPPOSED where there may be some."""
    return np.where(view.doubtful, NO_STEPS, label_kind(view.time_s, tasks))


def label_kind(time_s: Floats, tasks: Sequence[TaskInterval]) -> Floats:
    """(n,) the same by the labels alone."""
    kind = np.where(inside_tasks(time_s, tasks, OTHER_TASKS), NO_STEPS, SUPPOSED)
    return np.where(inside_tasks(time_s, tasks, STEP_TASKS), LABELLED, kind)


def foot_flat(foot_acc: Floats, foot_rate: Floats) -> Bools:
    """(n,) the foot rests on something."""
    force = np.linalg.norm(foot_acc, axis=1)
    flat: Bools = (np.linalg.norm(foot_rate, axis=1) < 0.7) & (np.abs(force - 9.81) < 1.5)
    return flat


def swing_terms(turn: Floats, flat: Bools) -> Floats:
    """(n, 5) summed up over samples: 1, turn^2, turn^3, passing over a flat foot, which way."""
    over = flat & (np.abs(turn) > 0.15)
    terms = [np.ones_like(turn), turn**2, turn**3, over, -np.sign(turn) * over]
    return np.stack(terms, axis=1).astype(np.float64)


def swing_sums(
    turn: Floats, flat: Bools, kind: Floats, rate_hz: float, params: SignParams
) -> Floats:
    """(2, 5) sums of `swing_terms` over all windows with steps; labelled, and supposed ones."""
    edges = np.arange(0, len(turn), round(SWING_WINDOW_S * rate_hz))
    terms, sums = swing_terms(turn, flat), np.zeros((2, 5))
    for k in (LABELLED, SUPPOSED):
        mine = kind == k
        fastest = np.maximum.reduceat(np.abs(turn) * mine, edges)
        windows = np.add.reduceat(terms * mine[:, None], edges, axis=0)
        sums[k] = windows[fastest > params.swing_radps].sum(axis=0)
    return sums


def swing_clues(sums: Floats, params: SignParams) -> tuple[Clue, ...]:
    """What a leg does one way only in steps and kicks.

    The shank swings forward faster than it came back (skewness of its rate), and while the foot is
    flat on the ground it goes over it forwards.
    """
    clues = []
    least = (params.step_evidence, params.unlabelled_evidence)
    names = ("the swing of the leg in labelled steps", "the swing of the leg in other movement")
    for (count, squares, cubes, over, way), enough, name in zip(sums, least, names, strict=True):
        if count < 1.0:
            continue
        skewness = cubes / count / max(squares / count, 1e-9) ** 1.5
        stance = way / over if over > 20 else 0.0
        weight = np.clip((skewness + stance) / enough, -params.most_movement, params.most_movement)
        clues.append(Clue(SignOrigin.SWING, SHANK, float(weight), name))
    return tuple(clues)
