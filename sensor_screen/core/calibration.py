"""How two sensors, however mounted, become an ankle: neutral pose, flexion axis, and its sign."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.hinge import HingeEvidence, principal_axis
from sensor_screen.core.labels import inside_tasks
from sensor_screen.core.neutral import Neutral, NeutralParams, rest_rate
from sensor_screen.core.quaternion import unit
from sensor_screen.core.sign import (
    SQUAT_TASKS,
    STEP_TASKS,
    SignHint,
    SignParams,
    find_sign,
    lean_of,
    one_way,
)
from sensor_screen.errors import MeasurementError
from sensor_screen.model import AxisOrigin, Calibration, SignOrigin, Task, ZeroMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Bools, Floats, TaskInterval


@dataclass(frozen=True, slots=True)
class CalibrationParams:
    """Tuning of the calibration."""

    neutral: NeutralParams = field(default_factory=NeutralParams)
    sign: SignParams = field(default_factory=SignParams)
    good_neutral_s: float = 2.0
    """From here on longer brings no more quality."""
    planar_share: float = 0.7
    """From this share of one gyroscope's principal direction on, the leg moved in one plane and
    that direction is used; below, the axis comes from the relative rotation alone."""
    unseen_axis_rad: float = 0.3
    """1 sigma of the shank's axis where only squats and lunges show it: inversion that goes with
    them cannot be told from flexion."""
    given_error_rad: float = 0.05
    """1 sigma of a flexion axis given by the user."""


@dataclass(frozen=True, slots=True)
class SegmentView:
    """What calibration reads: both sensors and their 6-axis orientations on one grid."""

    time_s: Floats  # (n,)
    acc_mps2: Floats  # (n, 2, 3) shank, foot
    gyr_radps: Floats  # (n, 2, 3)
    orientation: Floats  # (n, 2, 4) earth_from_sensor, headings unrelated
    doubtful: Bools  # (n,) clipped, filled or missing in either sensor


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
    found = _find_axes(view, rate, up, still, tasks, hinge, params)
    if sign_hint is not None and sign_hint.exact and sign_hint.axes is not None:
        found = _Axes(unit(sign_hint.axes), AxisOrigin.GIVEN, params.given_error_rad, ())
    axes = found.axes
    sign, sign_origin = find_sign(view, rate, axes, still, tasks, sign_hint, params.sign)
    pumped = found.origin is AxisOrigin.PUMPS and sign_origin is SignOrigin.PUMPS
    if pumped and _leans_back(view, sign * axes[0], still, tasks, params):
        axes = axes * np.array([[-1.0], [1.0]])
    length_s = float((still.stop - still.start) * (view.time_s[1] - view.time_s[0]))
    doubts = _doubts(neutral, length_s, float(axes[1] @ up[1]), sign_origin)
    quality = min(1.0, 0.5 + 0.5 * length_s / params.good_neutral_s) * np.exp(
        -2.0 * found.error_rad
    )
    for doubt in (sign_origin is SignOrigin.UNKNOWN, not neutral.verified):
        quality *= 0.5 if doubt else 1.0
    return Calibration(
        neutral_start_s=float(view.time_s[still.start]),
        neutral_end_s=float(view.time_s[still.stop - 1]),
        shank_axis=sign * axes[0],
        foot_axis=sign * axes[1],
        axis_origin=found.origin,
        sign_origin=sign_origin,
        zero_mode=zero_mode,
        axis_error_rad=found.error_rad,
        quality=float(quality),
        reasons=(*found.reasons, *doubts),
        neutral_verified=neutral.verified,
    )


def _leans_back(
    view: SegmentView,
    axis: Floats,
    still: slice,
    tasks: Sequence[TaskInterval],
    params: CalibrationParams,
) -> bool:
    """Does a shank with this axis lean backward in squats and lunges, where no shank can?

    Pumps tell the sign of the foot's axis. The shank's follows from moving together with the foot,
    which over a flat foot it does not: the little that the foot turns may have any sign.
    """
    part = inside_tasks(view.time_s, tasks, SQUAT_TASKS)
    if not part.any():
        return False
    lean = one_way(lean_of(view.orientation[:, 0], axis, still)[part])
    return bool(lean < -params.sign.told_by_lean_rad)


@dataclass(frozen=True, slots=True)
class _Axes:
    axes: Floats  # (2, 3) of common but arbitrary sign
    origin: AxisOrigin
    error_rad: float
    reasons: tuple[str, ...]


def _find_axes(
    view: SegmentView,
    rate: Floats,
    up: Floats,
    still: slice,
    tasks: Sequence[TaskInterval],
    hinge: HingeEvidence | None,
    params: CalibrationParams,
) -> _Axes:
    """From the pumps for the foot, and from the movement for the shank; else both from there."""
    pumps = inside_tasks(view.time_s, tasks, (Task.PUMP,))
    found = _movement_axes(rate, _moving(view, still, pumps), hinge, params)
    pumped = pumps & ~view.doubtful
    if pumped.sum() < 0.5 / (view.time_s[1] - view.time_s[0]):
        return found
    foot, share = principal_axis(rate[pumped, 1])
    foot = foot * (np.sign(foot @ found.axes[1]) or 1.0)
    shank = _level_with(found.axes[0], up[0], float(foot @ up[1]))
    error, reasons = float(np.hypot(0.05, 0.5 * (1.0 - share))), list(found.reasons)
    if not inside_tasks(view.time_s, tasks, STEP_TASKS).any():
        error = params.unseen_axis_rad
        reasons.append("no step shows how the shank's axis lies; add stairs or some walking")
    if share < 0.85:
        reasons.append("the foot did not move in one plane during the pumps")
    return _Axes(np.stack([shank, foot]), AxisOrigin.PUMPS, error, tuple(reasons))


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
    part = inside_tasks(time_s, tasks, SQUAT_TASKS)
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
    lean = one_way(lean_of(orientation, axis, still)[part])
    told = SignOrigin.SQUAT if abs(lean) > params.sign.told_by_lean_rad else SignOrigin.UNKNOWN
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
) -> _Axes:
    """Axes from the movement alone."""
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
        return _Axes(axes, AxisOrigin.MOVEMENT, float(0.02 + 0.1 * (1.0 - hinge.share)), ())
    axes = np.stack([axis for axis, _ in planes])
    together = float(np.mean((rate[moving, 0] @ axes[0]) * (rate[moving, 1] @ axes[1])))
    if together < 0:
        axes[1] = -axes[1]
    share = min(share for _, share in planes)
    guess = () if planar else ("the leg moved in many planes; the flexion axis is a guess",)
    return _Axes(axes, AxisOrigin.MOVEMENT, float(0.05 + 0.2 * (1.0 - share)), guess)


def _level_with(axis: Floats, up: Floats, height: float) -> Floats:
    """The axis, tilted against `up` until it stands as high as its twin on the other sensor."""
    flat = axis - up * (axis @ up)
    if np.linalg.norm(flat) < 0.2 or abs(height) > 0.9:
        return axis
    levelled: Floats = unit(flat) * np.sqrt(1.0 - height**2) + up * height
    return levelled
