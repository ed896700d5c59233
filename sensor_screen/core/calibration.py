"""How two sensors, however mounted, become an ankle: neutral pose, flexion axis, and its sign."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.hinge import HingeEvidence, principal_axis
from sensor_screen.core.labels import SQUAT_TASKS, STEP_TASKS, inside_tasks
from sensor_screen.core.neutral import Neutral, NeutralParams, rest_rate
from sensor_screen.core.pumping import PumpParams, PumpStretch, find_pumping
from sensor_screen.core.quaternion import unit
from sensor_screen.core.sign import FoundSign, SignHint, find_sign, lean_of, one_way
from sensor_screen.core.sign_clues import SignParams, find_evidence
from sensor_screen.errors import MeasurementError, StillnessError
from sensor_screen.model import AxisOrigin, Calibration, SignOrigin, ZeroMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import Bools, Floats, TaskInterval


UNTOLD = "nothing in the movement tells toes up from toes down"
UNPAIRED = (
    "the leg never turned as a whole, so it is not sure how the axes of the two sensors go together"
)


@dataclass(frozen=True, slots=True)
class CalibrationParams:
    """Tuning of the calibration."""

    neutral: NeutralParams = field(default_factory=NeutralParams)
    pumps: PumpParams = field(default_factory=PumpParams)
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
    together_radps: float = 0.08
    """Both segments turn at least this fast, one not less than `together_share` of the other, where
    the whole leg turns; then both turn one way. A seated foot moves its shank by a few percent of
    its own turn, and the other way round."""
    together_share: float = 0.4
    together_s: float = 0.5
    """Least time of such turning that tells how the two axes go together."""
    together_agreement: float = 0.5
    """Least agreement of these moments; 0.97 and more in steps, sitting down and standing up."""
    unpaired_error_rad: float = 0.8
    """1 sigma of the axes where nothing tells how they go together: tuned so that the band holds
    the 7 to 11 deg that opposite axes cost in seated pumps and points."""
    contradicted: float = 0.8
    """Factor on the quality where evidence on the sign contradicts the sign."""


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
    all that tells it, weighed: the pumps (toes up first), and what a leg can only do one way: a
    flat-footed squat bends the shank forward, a swing is faster forward than back, and the shank
    passes over a flat foot forwards.

    Args:
        view: Both sensors on one grid.
        neutral: Samples of the neutral pose.
        tasks: Labels, in seconds of the same time base.
        hinge: Axis of the relative rotation over the movement, if there was any.
        sign_hint: The user's word.
        zero_mode: What the neutral pose stands for.
        params: Tuning.

    Raises:
        StillnessError: where nothing moved.
    """
    still = neutral.part
    rate = view.gyr_radps - rest_rate(view.gyr_radps, neutral)
    up = unit(view.acc_mps2[still].mean(axis=0))
    pumps = find_pumping(view.time_s, rate, view.doubtful, tasks, params.pumps)
    found = _find_axes(view, rate, up, still, tasks, pumps, hinge, params)
    if sign_hint is not None and sign_hint.exact and sign_hint.axes is not None:
        given = unit(sign_hint.axes)
        found = _Axes(given, AxisOrigin.GIVEN, params.given_error_rad, (), paired=True)
    evidence = find_evidence(view, rate, found.axes, still, tasks, pumps, params.sign)
    clues = evidence.clues(params.sign)
    sign = find_sign(found.axes, clues, sign_hint, paired=found.paired, params=params.sign)
    axes, error_rad = sign.signs[:, None] * found.axes, found.error_rad
    reasons = found.reasons
    if not sign.paired:
        error_rad = max(error_rad, params.unpaired_error_rad)
        reasons = (*reasons, UNPAIRED)
    length_s = float((still.stop - still.start) * (view.time_s[1] - view.time_s[0]))
    doubts = [*_sign_doubts(sign), *_doubts(neutral, length_s, float(axes[1] @ up[1]))]
    quality = min(1.0, 0.5 + 0.5 * length_s / params.good_neutral_s) * np.exp(-2.0 * error_rad)
    for doubt in (sign.origin is SignOrigin.UNKNOWN, not neutral.verified):
        quality *= 0.5 if doubt else 1.0
    if sign.reasons and sign.origin is not SignOrigin.UNKNOWN:
        quality *= params.contradicted
    return Calibration(
        neutral_start_s=float(view.time_s[still.start]),
        neutral_end_s=float(view.time_s[still.stop - 1]),
        shank_axis=axes[0],
        foot_axis=axes[1],
        axis_origin=found.origin,
        sign_origin=sign.origin,
        zero_mode=zero_mode,
        axis_error_rad=error_rad,
        quality=float(quality),
        reasons=(*reasons, *doubts),
        neutral_verified=neutral.verified,
    )


@dataclass(frozen=True, slots=True)
class _Axes:
    axes: Floats  # (2, 3) of arbitrary sign
    origin: AxisOrigin
    error_rad: float
    reasons: tuple[str, ...]
    paired: bool
    """The sign is common to both."""


def _find_axes(
    view: SegmentView,
    rate: Floats,
    up: Floats,
    still: slice,
    tasks: Sequence[TaskInterval],
    pumps: Sequence[PumpStretch],
    hinge: HingeEvidence | None,
    params: CalibrationParams,
) -> _Axes:
    """From the pumps for the foot, and from the movement for the shank; else both from there."""
    pumping = np.zeros(len(view.time_s), dtype=np.bool_)
    for pump in pumps:
        pumping[pump.part] = True
    dt = float(view.time_s[1] - view.time_s[0])
    moving = _moving(view, still, pumping)
    if not _moves(rate[moving]):  # nothing but pumps: they show what there is of the shank, too
        moving = _moving(view, still, np.zeros_like(pumping))
    found = _movement_axes(rate, moving, hinge, params)
    if not found.paired:
        found = _pair_axes(found, rate[_moving(view, still, np.zeros_like(pumping))], dt, params)
    pumped = pumping & ~view.doubtful
    if pumped.sum() < 0.5 / dt:
        return found
    stepped = bool(inside_tasks(view.time_s, tasks, STEP_TASKS).any())
    return _pump_axes(found, rate[pumped, 1], up, params, stepped=stepped)


def _pump_axes(
    found: _Axes, foot_rate: Floats, up: Floats, params: CalibrationParams, *, stepped: bool
) -> _Axes:
    """The foot's axis from its pumps, and the shank's from the movement, as high as the foot's."""
    foot, share = principal_axis(foot_rate)
    foot = foot * (np.sign(foot @ found.axes[1]) or 1.0)
    shank = found.axes[0]
    if found.paired:  # else nothing says which of two tilts
        shank = _level_with(shank, up[0], float(foot @ up[1]))
    error, reasons = float(np.hypot(0.05, 0.5 * (1.0 - share))), list(found.reasons)
    if not stepped:
        error = params.unseen_axis_rad
        reasons.append("no step shows how the shank's axis lies; add stairs or some walking")
    if share < 0.85:
        reasons.append("the foot did not move in one plane during the pumps")
    axes = np.stack([shank, foot])
    return _Axes(axes, AxisOrigin.PUMPS, error, tuple(reasons), found.paired)


def _pair_axes(found: _Axes, rate: Floats, dt: float, params: CalibrationParams) -> _Axes:
    """One common sign for both axes, from moments in which the whole leg turns.

    All turning together would not do: a foot that pumps moves its shank a little the other way.
    """
    turn = np.einsum("nsi,si->ns", rate, found.axes)
    size = np.abs(turn)
    whole = size.min(axis=1) > params.together_share * size.max(axis=1)
    whole &= size.max(axis=1) > params.together_radps
    weight = size[whole].min(axis=1) ** 2
    way = float(weight @ np.sign(turn[whole].prod(axis=1)))
    paired = whole.sum() * dt >= params.together_s
    paired = bool(paired and abs(way) >= params.together_agreement * weight.sum())
    if not paired:
        way = float(np.mean(turn.prod(axis=1)))
    axes = found.axes * np.array([[1.0], [-1.0 if way < 0.0 else 1.0]])
    return replace(found, axes=axes, paired=paired)


def _sign_doubts(sign: FoundSign) -> tuple[str, ...]:
    if sign.origin is SignOrigin.UNKNOWN and not sign.reasons:
        return (UNTOLD,)
    return sign.reasons


def _doubts(neutral: Neutral, length_s: float, height: float) -> list[str]:
    doubts = []
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
    reasons += [UNTOLD] if told is SignOrigin.UNKNOWN else []
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
        reasons=tuple(reasons + _doubts(neutral, length_s, 0.0)),
        neutral_verified=neutral.verified,
    )


def _moving(view: SegmentView, neutral: slice, pumps: Bools) -> Bools:
    """Usable samples outside the neutral pose and the pumps."""
    moving = ~view.doubtful & ~pumps
    moving[neutral] = False
    return moving


def _moves(rate: Floats) -> bool:
    return len(rate) >= 20 and bool(np.sqrt(np.mean(np.sum(rate**2, axis=2))) >= 0.05)


def _movement_axes(
    rate: Floats,
    moving: Bools,
    hinge: HingeEvidence | None,
    params: CalibrationParams,
) -> _Axes:
    """Axes from the movement alone."""
    if not _moves(rate[moving]):
        raise StillnessError(
            "movement",
            "the leg hardly moves after the still stand",
            "record the movement itself, or check that the sensors are running",
        )
    planes = [principal_axis(rate[moving, s]) for s in range(2)]
    planar = min(share for _, share in planes) >= params.planar_share
    if hinge is not None and not planar:
        axes = np.stack([hinge.shank_axis, hinge.foot_axis])
        error = float(0.02 + 0.1 * (1.0 - hinge.share))
        return _Axes(axes, AxisOrigin.MOVEMENT, error, (), paired=True)
    axes = np.stack([axis for axis, _ in planes])
    share = min(share for _, share in planes)
    guess = () if planar else ("the leg moved in many planes; the flexion axis is a guess",)
    error = float(0.05 + 0.2 * (1.0 - share))
    return _Axes(axes, AxisOrigin.MOVEMENT, error, guess, paired=False)


def _level_with(axis: Floats, up: Floats, height: float) -> Floats:
    """The axis, tilted against `up` until it stands as high as its twin on the other sensor."""
    flat = axis - up * (axis @ up)
    if np.linalg.norm(flat) < 0.2 or abs(height) > 0.9:
        return axis
    levelled: Floats = unit(flat) * np.sqrt(1.0 - height**2) + up * height
    return levelled
