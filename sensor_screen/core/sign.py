"""Which way is dorsiflexion: by the pumps, or by what a leg can only do one way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.joint_angle import tilt_about
from sensor_screen.core.labels import inside_tasks
from sensor_screen.core.orientation import vertical
from sensor_screen.core.quaternion import unit
from sensor_screen.model import SignOrigin, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.core.calibration import SegmentView
    from sensor_screen.model import Bools, Floats, TaskInterval

STEP_TASKS = (Task.WALK, Task.STAIRS_UP, Task.STAIRS_DOWN, Task.KICK)
SQUAT_TASKS = (Task.SQUAT, Task.LUNGE)


@dataclass(frozen=True, slots=True)
class SignParams:
    """How much evidence a sign needs."""

    step_evidence: float = 0.3
    """Least evidence of steps and kicks that tells the sign; walking people show 1.5 to 2."""
    unlabelled_evidence: float = 1.0
    """The same where nothing is labelled, so that steps are only supposed."""
    told_by_lean_rad: float = 0.08
    """Squats and lunges must lean the shank this much further one way than the other."""
    pump_start_rad: float = 0.07
    """First movement of a pump that counts as a direction."""


@dataclass(frozen=True, slots=True)
class SignHint:
    """The user's word on which way is dorsiflexion; the more exact of the two is used."""

    axes: Floats | None = None  # (2, 3) roughly the axis to the person's right, shank and foot
    exact: bool = False
    """The axes are meant as the flexion axes themselves, not only for the sign."""
    flip: bool = False
    """Without `axes`: the sign that was chosen for want of evidence is the wrong one."""


def find_sign(
    view: SegmentView,
    rate: Floats,
    axes: Floats,
    neutral: slice,
    tasks: Sequence[TaskInterval],
    hint: SignHint | None,
    params: SignParams = SignParams(),
) -> tuple[float, SignOrigin]:
    """+1 where the axes point to the person's right, -1 where to the left, and how that is known.

    Args:
        view: Both sensors on one grid.
        rate: (n, 2, 3) bias-free angular velocity.
        axes: (2, 3) flexion axis in each sensor, of common but arbitrary sign.
        neutral: Samples of the neutral pose.
        tasks: Labels in the same time base.
        hint: The user's word.
        params: Tuning.
    """
    if hint is not None and hint.axes is not None:
        return float(np.sign(np.sum(axes * hint.axes)) or 1.0), SignOrigin.USER
    dt = float(view.time_s[1] - view.time_s[0])
    pumps = inside_tasks(view.time_s, tasks, (Task.PUMP,))
    if pumps.any():
        angle = np.cumsum(rate[pumps, 1] @ axes[1]) * dt
        far = np.flatnonzero(np.abs(angle) > max(params.pump_start_rad, 0.15 * np.ptp(angle)))
        if len(far):
            return float(np.sign(angle[far[0]])), SignOrigin.PUMPS
    squats = inside_tasks(view.time_s, tasks, SQUAT_TASKS)
    if squats.any():
        lean = one_way(lean_of(view.orientation[:, 0], axes[0], neutral)[squats])
        if abs(lean) > params.told_by_lean_rad:
            return float(np.sign(lean)), SignOrigin.SQUAT
    steps = inside_tasks(view.time_s, tasks, STEP_TASKS)
    least = params.step_evidence
    if not tasks:
        steps, least = ~view.doubtful, params.unlabelled_evidence
    evidence = _step_evidence(view, rate, axes[0], steps) if steps.any() else 0.0
    if abs(evidence) > least:
        return float(np.sign(evidence)), SignOrigin.SWING
    if hint is not None:
        return (-1.0 if hint.flip else 1.0), SignOrigin.USER
    return 1.0, SignOrigin.UNKNOWN


def _step_evidence(view: SegmentView, rate: Floats, axis: Floats, steps: Bools) -> float:
    """Positive where the axis points to the person's right; what a leg does one way only.

    The shank swings forward faster than it came back (skewness of its rate), and while the foot is
    flat on the ground it goes over it forwards.
    """
    turn = rate[steps, 0] @ axis
    skewness = float(np.mean(turn**3) / max(float(np.mean(turn**2)), 1e-9) ** 1.5)
    force = np.linalg.norm(view.acc_mps2[steps, 1], axis=1)
    foot = np.linalg.norm(rate[steps, 1], axis=1)
    over = turn[(foot < 0.7) & (np.abs(force - 9.81) < 1.5) & (np.abs(turn) > 0.15)]
    stance = -float(np.mean(np.sign(over))) if len(over) > 20 else 0.0
    return skewness + stance


def one_way(lean: Floats) -> float:
    """How much further a segment leans forward than back; the rest between is at zero."""
    low, high = np.percentile(lean, (2, 98))
    return float(high + low)


def lean_of(orientation: Floats, axis: Floats, neutral: slice) -> Floats:
    """(n,) forward lean of a segment about the axis since the neutral pose, rad."""
    up = vertical(orientation)
    return tilt_about(up, axis, unit(up[neutral].mean(axis=0)))
