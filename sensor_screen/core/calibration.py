"""How two sensors, however mounted, become an ankle: neutral pose, flexion axis, and its sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.hinge import HingeEvidence, principal_axis
from sensor_screen.core.quaternion import unit
from sensor_screen.errors import MeasurementError
from sensor_screen.model import AxisOrigin, Calibration, SignOrigin, Task, ZeroMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Bools, Floats, TaskInterval

STEP_TASKS = (Task.WALK, Task.STAIRS_UP, Task.STAIRS_DOWN, Task.KICK)
SQUAT_TASKS = (Task.SQUAT, Task.LUNGE)


@dataclass(frozen=True, slots=True)
class CalibrationParams:
    """Tuning of the calibration."""

    still_gyr_radps: float = 0.15
    """A neutral pose is verified below this angular velocity; a held breath stays under it."""
    still_acc_mps2: float = 0.6
    """And while specific force departs from its mean by less than this."""
    label_share: float = 0.6
    """Share of a labelled stand that must be still; otherwise more sway is allowed first."""
    shortest_neutral_s: float = 0.3
    """A shorter stillness is no neutral pose."""
    good_neutral_s: float = 2.0
    """From here on longer brings no more quality."""
    planar_share: float = 0.7
    """From this share of one gyroscope's principal direction on, the leg moved in one plane and
    that direction is used; below, the axis comes from the relative rotation alone."""
    step_evidence: float = 0.3
    """Least evidence of steps and kicks that tells the sign; walking people show 1.5 to 2."""
    unlabelled_evidence: float = 1.0
    """The same where nothing is labelled, so that steps are only supposed."""
    unseen_axis_rad: float = 0.3
    """1 sigma of the shank's axis where only squats and lunges show it: inversion that goes with
    them cannot be told from flexion."""
    given_error_rad: float = 0.05
    """1 sigma of a flexion axis given by the user."""
    told_by_lean_rad: float = 0.08
    """Squats and lunges must lean the shank this much further one way than the other."""
    pump_start_rad: float = 0.07
    """First movement of a pump that counts as a direction."""


@dataclass(frozen=True, slots=True)
class SegmentView:
    """What calibration reads: both sensors and their 6-axis orientations on one grid."""

    time_s: Floats  # (n,)
    acc_mps2: Floats  # (n, 2, 3) shank, foot
    gyr_radps: Floats  # (n, 2, 3)
    orientation: Floats  # (n, 2, 4) earth_from_sensor, headings unrelated
    doubtful: Bools  # (n,) clipped, filled or missing in either sensor


@dataclass(frozen=True, slots=True)
class Neutral:
    """The neutral pose."""

    part: slice
    verified: bool
    """Both sensors were still; otherwise it is only the quietest moment."""


@dataclass(frozen=True, slots=True)
class SignHint:
    """The user's word on which way is dorsiflexion; the more exact of the two is used."""

    axes: Floats | None = None  # (2, 3) roughly the axis to the person's right, shank and foot
    exact: bool = False
    """The axes are meant as the flexion axes themselves, not only for the sign."""
    flip: bool = False
    """Without `axes`: the sign that was chosen for want of evidence is the wrong one."""


def find_neutral(
    time_s: Floats,
    acc_mps2: Floats,
    gyr_radps: Floats,
    tasks: Sequence[TaskInterval],
    params: CalibrationParams = CalibrationParams(),
) -> Neutral:
    """The neutral pose: the longest verified stillness in the first labelled stand.

    Without a labelled stand, the longest stillness of the recording; without any stillness, the
    quietest moment. Works for any number of sensors: arrays are (n, s, 3).
    """
    shortest = params.shortest_neutral_s / (time_s[1] - time_s[0])
    stands = [
        (time_s >= task.start_s - 1e-9) & (time_s <= task.end_s + 1e-9)
        for task in tasks
        if task.task is Task.STAND
    ]
    for share in (params.label_share, 0.0):
        # A swaying person is still the best zero there is, before any other moment.
        for tolerance in (1.0, 2.0, 4.0):
            still = _still_samples(acc_mps2, gyr_radps, tolerance, params)
            for stand in stands:
                best = _longest_run(still & stand)
                if best.stop - best.start >= max(shortest, share * stand.sum()):
                    return Neutral(best, verified=True)
    best = _longest_run(_still_samples(acc_mps2, gyr_radps, 1.0, params))
    if best.stop - best.start >= shortest:
        return Neutral(best, verified=True)
    return Neutral(_quietest(gyr_radps, round(shortest)), verified=False)


def _quietest(gyr: Floats, size: int) -> slice:
    """The window of the least summed angular velocity."""
    from scipy.ndimage import uniform_filter1d

    total = uniform_filter1d(np.linalg.norm(gyr, axis=2).sum(axis=1), size)
    half = size // 2
    middle = half + int(np.argmin(total[half : max(half + 1, len(total) - half)]))
    return slice(middle - half, middle - half + size)


def _still_samples(acc: Floats, gyr: Floats, tolerance: float, params: CalibrationParams) -> Bools:
    """(n,) no sensor turns or shakes; judged against each sensor's slow mean."""
    from scipy.ndimage import uniform_filter1d

    quiet = np.ones(len(acc), dtype=np.bool_)
    for s in range(acc.shape[1]):
        force = np.linalg.norm(acc[:, s] - uniform_filter1d(acc[:, s], 25, axis=0), axis=1)
        rate = np.linalg.norm(gyr[:, s], axis=1)
        quiet &= rate < tolerance * params.still_gyr_radps
        quiet &= force < tolerance * params.still_acc_mps2
    return quiet


def _longest_run(mask: Bools) -> slice:
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(np.int8)))
    if len(edges) == 0:
        return slice(0, 0)
    starts, stops = edges[::2], edges[1::2]
    k = int(np.argmax(stops - starts))
    return slice(int(starts[k]), int(stops[k]))


def calibrate(
    view: SegmentView,
    neutral: Neutral,
    tasks: Sequence[TaskInterval],
    hinge: HingeEvidence | None,
    *,
    sign_hint: SignHint | None = None,
    zero_mode: ZeroMode = ZeroMode.QUIET_STANDING,
    params: CalibrationParams = CalibrationParams(),
) -> Calibration:
    """Flexion axis of both sensors and which way is dorsiflexion.

    The axis comes from labelled pumps; without them from the movement itself. The sign comes from
    the pumps (toes up first), else from what a leg can only do one way: a flat-footed squat bends
    the shank forward, a swing is faster forward than back, and the shank passes over a flat foot
    forwards.

    Args:
        view: Both sensors on one grid.
        neutral: Samples of the neutral pose.
        tasks: Labels, in seconds of the same time base.
        hinge: Axis of the relative rotation over the movement, if there was any.
        sign_hint: The user's word.
        zero_mode: What the neutral pose stands for.
        params: Tuning.

    Raises:
        MeasurementError: where nothing moved.
    """
    still = neutral.part
    rate = view.gyr_radps - rest_rate(view.gyr_radps, neutral)
    up = unit(view.acc_mps2[still].mean(axis=0))
    pumps = _inside(view.time_s, tasks, (Task.PUMP,))
    moving = _moving(view, still, pumps)
    reasons: list[str] = []
    axes, origin, error = _movement_axes(rate, moving, hinge, params, reasons)
    if pumps.sum() > 0.5 / (view.time_s[1] - view.time_s[0]):
        foot_axis, share = principal_axis(rate[pumps & ~view.doubtful, 1])
        axes = np.stack([axes[0], foot_axis * (np.sign(foot_axis @ axes[1]) or 1.0)])
        origin, error = AxisOrigin.PUMPS, float(np.hypot(0.05, 0.5 * (1.0 - share)))
        if not _inside(view.time_s, tasks, STEP_TASKS).any():
            error = params.unseen_axis_rad
            reasons.append("no step shows how the shank's axis lies; add stairs or some walking")
        if share < 0.85:
            reasons.append("the foot did not move in one plane during the pumps")
        axes[0] = _level_with(axes[0], up[0], float(axes[1] @ up[1]))
    if sign_hint is not None and sign_hint.exact and sign_hint.axes is not None:
        axes, origin, error = unit(sign_hint.axes), AxisOrigin.GIVEN, params.given_error_rad
    sign, sign_origin = _find_sign(view, rate, axes, pumps, tasks, still, params, sign_hint)
    length_s = float((still.stop - still.start) * (view.time_s[1] - view.time_s[0]))
    reasons += _doubts(neutral, length_s, float(axes[1] @ up[1]), sign_origin)
    quality = min(1.0, 0.5 + 0.5 * length_s / params.good_neutral_s) * np.exp(-2.0 * error)
    for doubt in (sign_origin is SignOrigin.UNKNOWN, not neutral.verified):
        quality *= 0.5 if doubt else 1.0
    return Calibration(
        neutral_start_s=float(view.time_s[still.start]),
        neutral_end_s=float(view.time_s[still.stop - 1]),
        shank_axis=sign * axes[0],
        foot_axis=sign * axes[1],
        axis_origin=origin,
        sign_origin=sign_origin,
        zero_mode=zero_mode,
        axis_error_rad=error,
        quality=float(quality),
        reasons=tuple(reasons),
        neutral_verified=neutral.verified,
    )


def rest_rate(gyr_radps: Floats, neutral: Neutral) -> Floats:
    """(s, 3) gyroscope bias from the neutral pose; zero where nobody stood still."""
    mean: Floats = gyr_radps[neutral.part].mean(axis=0)
    return mean if neutral.verified else np.zeros_like(mean)


def _doubts(neutral: Neutral, length_s: float, height: float, sign_origin: SignOrigin) -> list[str]:
    doubts = []
    if sign_origin is SignOrigin.UNKNOWN:
        doubts.append("nothing in the movement tells toes up from toes down")
    if not neutral.verified:
        doubts.append("nobody stood still, so the zero is a guess")
    elif length_s < 1.0:
        doubts.append(f"the still stand was only {length_s:.1f} s long")
    if abs(height) > np.sin(np.radians(35)):
        doubts.append("the flexion axis is far from horizontal in the neutral pose")
    return doubts


def calibrate_shank(
    time_s: Floats,
    acc_mps2: Floats,
    gyr_radps: Floats,
    orientation: Floats,
    neutral: Neutral,
    tasks: Sequence[TaskInterval],
    zero_mode: ZeroMode,
    params: CalibrationParams = CalibrationParams(),
) -> Calibration:
    """Flexion axis of a lone shank sensor: the main direction of its lunges and squats.

    Args:
        time_s: (n,) regular.
        acc_mps2: (n, 3) specific force.
        gyr_radps: (n, 3) angular velocity.
        orientation: (n, 4) earth_from_sensor.
        neutral: Samples of the neutral pose.
        tasks: Labels; lunges and squats are needed.
        zero_mode: What the neutral pose stands for.
        params: Tuning.

    Raises:
        MeasurementError: where no lunge or squat is labelled.
    """
    part = _inside(time_s, tasks, SQUAT_TASKS)
    if not part.any():
        raise MeasurementError(
            "shank sensor alone",
            "no lunge or squat is labelled, and one sensor can measure nothing else",
            "label one, or add the foot sensor",
        )
    still = neutral.part
    rate = gyr_radps - rest_rate(gyr_radps, neutral)
    axis, share = principal_axis(rate[part])
    axis = _level_with(axis, unit(acc_mps2[still].mean(axis=0)), 0.0)
    lean = _one_way(_lean(orientation, axis, still)[part])
    told = SignOrigin.SQUAT if abs(lean) > params.told_by_lean_rad else SignOrigin.UNKNOWN
    length_s = float((still.stop - still.start) * (time_s[1] - time_s[0]))
    reasons = [] if share > 0.85 else ["the shank did not move in one plane"]
    return Calibration(
        neutral_start_s=float(time_s[still.start]),
        neutral_end_s=float(time_s[still.stop - 1]),
        shank_axis=axis * (np.sign(lean) or 1.0),
        foot_axis=np.full(3, np.nan),
        axis_origin=AxisOrigin.MOVEMENT,
        sign_origin=told,
        zero_mode=zero_mode,
        axis_error_rad=float(0.05 + 0.3 * (1.0 - share)),
        quality=0.7 * share,
        reasons=tuple(reasons + _doubts(neutral, length_s, 0.0, told)),
        neutral_verified=neutral.verified,
    )


def _inside(time_s: Floats, tasks: Sequence[TaskInterval], wanted: tuple[Task, ...]) -> Bools:
    inside = np.zeros(len(time_s), dtype=np.bool_)
    for task in tasks:
        if task.task in wanted:
            inside |= (time_s >= task.start_s) & (time_s <= task.end_s)
    return inside


def _moving(view: SegmentView, neutral: slice, pumps: Bools) -> Bools:
    """Usable samples outside the neutral pose and the pumps."""
    moving = ~view.doubtful & ~pumps
    moving[neutral] = False
    return moving


def _movement_axes(
    rate: Floats,
    moving: Bools,
    hinge: HingeEvidence | None,
    params: CalibrationParams,
    reasons: list[str],
) -> tuple[Floats, AxisOrigin, float]:
    """(2, 3) axes from the movement, with their 1 sigma in rad; common but arbitrary sign."""
    if moving.sum() < 20 or np.sqrt(np.mean(np.sum(rate[moving] ** 2, axis=2))) < 0.05:
        raise MeasurementError(
            "movement",
            "the leg hardly moves after the still stand",
            "record the movement itself, or check that the sensors are running",
        )
    planes = [principal_axis(rate[moving, s]) for s in range(2)]
    planar = min(share for _, share in planes) >= params.planar_share
    if hinge is not None and not planar:
        axes = np.stack([hinge.shank_axis, hinge.foot_axis])
        return axes, AxisOrigin.MOVEMENT, float(0.02 + 0.1 * (1.0 - hinge.share))
    axes = np.stack([axis for axis, _ in planes])
    together = float(np.mean((rate[moving, 0] @ axes[0]) * (rate[moving, 1] @ axes[1])))
    if together < 0:
        axes[1] = -axes[1]
    share = min(share for _, share in planes)
    if not planar:
        reasons.append("the leg moved in many planes; the flexion axis is a guess")
    return axes, AxisOrigin.MOVEMENT, float(0.05 + 0.2 * (1.0 - share))


def _level_with(axis: Floats, up: Floats, height: float) -> Floats:
    """The axis, tilted against `up` until it stands as high as its twin on the other sensor."""
    flat = axis - up * (axis @ up)
    if np.linalg.norm(flat) < 0.2 or abs(height) > 0.9:
        return axis
    levelled: Floats = unit(flat) * np.sqrt(1.0 - height**2) + up * height
    return levelled


def _find_sign(
    view: SegmentView,
    rate: Floats,
    axes: Floats,
    pumps: Bools,
    tasks: Sequence[TaskInterval],
    neutral: slice,
    params: CalibrationParams,
    hint: SignHint | None,
) -> tuple[float, SignOrigin]:
    if hint is not None and hint.axes is not None:
        return float(np.sign(np.sum(axes * hint.axes)) or 1.0), SignOrigin.USER
    dt = float(view.time_s[1] - view.time_s[0])
    if pumps.any():
        angle = np.cumsum(rate[pumps, 1] @ axes[1]) * dt
        far = np.flatnonzero(np.abs(angle) > max(params.pump_start_rad, 0.15 * np.ptp(angle)))
        if len(far):
            return float(np.sign(angle[far[0]])), SignOrigin.PUMPS
    squats = _inside(view.time_s, tasks, SQUAT_TASKS)
    if squats.any():
        lean = _one_way(_lean(view.orientation[:, 0], axes[0], neutral)[squats])
        if abs(lean) > params.told_by_lean_rad:
            return float(np.sign(lean)), SignOrigin.SQUAT
    steps = _inside(view.time_s, tasks, STEP_TASKS)
    least = params.step_evidence
    if not tasks:
        steps, least = _moving(view, neutral, pumps), params.unlabelled_evidence
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


def _one_way(lean: Floats) -> float:
    """How much further a segment leans forward than back; the rest between is at zero."""
    low, high = np.percentile(lean, (2, 98))
    return float(high + low)


def _lean(orientation: Floats, axis: Floats, neutral: slice) -> Floats:
    """(n,) how far the segment leans forward about the axis since the neutral pose, by gravity.

    Positive where the top of the segment moves to the front, if the axis points to the right.
    """
    w, x, y, z = orientation.T
    up = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=1)
    start = unit(up[neutral].mean(axis=0))
    flat = unit(start - axis * (start @ axis))
    front = np.cross(flat, axis)
    # Leaning forward turns the segment by -lean about the axis, so the vertical by +lean in it.
    turned: Floats = -np.arctan2(up @ front, up @ flat)
    return turned
