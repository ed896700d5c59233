"""From the clean samples of one leg to its ankle angle: calibrate, estimate, trace.

For whole recordings, by the smoother; `live` does the same with the filter. Where the estimator
fails, the difference of two single-sensor tilts stands in; one sensor says what it can.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.attachment import (
    AttachmentParams,
    is_missing,
    judge_attachment,
    with_attachment,
)
from sensor_screen.core.calibration import (
    CalibrationParams,
    SegmentView,
    calibrate,
    calibrate_shank,
)
from sensor_screen.core.earlier_hinge import is_no_hinge_before
from sensor_screen.core.hinge import HingeParams, find_hinge
from sensor_screen.core.joint_angle import (
    AngleParams,
    plane_angle,
    plane_trace,
    shank_only_trace,
    trace_angle,
)
from sensor_screen.core.labels import inside_tasks
from sensor_screen.core.neutral import Neutral, NeutralParams, find_neutral, rest_rate
from sensor_screen.core.orientation import estimate_orientation, vertical
from sensor_screen.core.placement import check_placement
from sensor_screen.core.quaternion import unit
from sensor_screen.core.segments import (
    SegmentMotion,
    SegmentParams,
    SegmentSamples,
    SegmentStart,
    filter_segments,
    prepare_samples,
)
from sensor_screen.core.sign import SignHint
from sensor_screen.core.smoothing import smooth_segments
from sensor_screen.errors import MeasurementError
from sensor_screen.model import AngleMark, AxisOrigin, SampleFlag, Task, ZeroMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import (
        AngleTrace,
        Bools,
        Bytes,
        Calibration,
        CleanLeg,
        Floats,
        TaskInterval,
    )

FLAT_FOOT_TASKS = (Task.STAND, Task.LUNGE, Task.SQUAT)
KNOWN_ROTATION_RAD2 = 0.1
"""After a long gap the relative rotation is less sure than this for a while: no axis to see."""


@dataclass(frozen=True, slots=True)
class AnkleParams:
    """Tuning of all stages between samples and angle."""

    calibration: CalibrationParams = field(default_factory=CalibrationParams)
    hinge: HingeParams = field(default_factory=HingeParams)
    segments: SegmentParams = field(default_factory=SegmentParams)
    angle: AngleParams = field(default_factory=AngleParams)
    attachment: AttachmentParams = field(default_factory=AttachmentParams)
    axis_movement_s: float = 180.0
    """Movement from which the axes are refined before smoothing; more changes nothing."""
    short_movement_s: float = 25.0
    """Below this much movement the axes are held tighter: inversion is correlated in time, and a
    short movement would pass it off as flexion."""
    short_axis_sigma_rad: float = 2.2
    short_axis_start_sigma_rad: float = 0.1
    short_axis_weight_rad2ps: float = 30.0
    moving_tilt_sigma_rad: float = 0.2
    """Uncertainty of the first orientation where the recording starts in motion."""
    moving_velocity_sigma_mps: float = 2.0
    moving_gyr_bias_sigma_radps: float = 0.02
    pump_axis_weight_rad2ps: float = 1000.0
    """Weight of an axis from pumps: it defines flexion, movement hardly moves it."""


@dataclass(frozen=True, slots=True)
class AnkleEstimate:
    """The ankle of one leg and what it rests on."""

    trace: AngleTrace
    calibration: Calibration
    neutral: slice


def estimate_ankle(
    leg: CleanLeg,
    tasks: Sequence[TaskInterval] = (),
    *,
    sign_hint: SignHint | None = None,
    zero_mode: ZeroMode = ZeroMode.QUIET_STANDING,
    params: AnkleParams = AnkleParams(),
    orientation: Floats | None = None,
) -> AnkleEstimate:
    """Ankle angle of one leg.

    Args:
        leg: Shank and foot on one grid; with the shank alone, only its inclination is used.
        tasks: Labels in the same time base; hints for calibration.
        sign_hint: The user's word.
        zero_mode: What the neutral pose stands for.
        params: Tuning.
        orientation: Of the sensors as by `orient_leg`, where it is known.

    Raises:
        MeasurementError: no movement, or only a foot sensor.
    """
    if leg.shank is None:
        raise MeasurementError(
            f"{leg.side} leg",
            "only a foot sensor is there, and an angle needs two segments",
            "add the shank sensor; it alone would already give lunge and squat",
        )
    if leg.foot is None:
        return _estimate_from_shank(leg, tasks, zero_mode, params)
    samples = prepare_samples(leg, params.segments)
    found = calibrate_segments(
        leg.time_s,
        samples,
        _doubtful(leg),
        tasks,
        sign_hint=sign_hint,
        zero_mode=zero_mode,
        params=params,
        orientation=orientation,
    )
    view, neutral, calibration = found.view, found.neutral, found.calibration
    still = neutral.part
    moved_s = float(leg.time_s[-1] - leg.time_s[still.stop - 1])
    chosen = choose_segment_params(moved_s, calibration, params)
    start = start_at_first_sample(view, neutral, calibration)
    first = samples.part(slice(0, still.stop + int(params.axis_movement_s * leg.rate_hz)))
    seen = filter_segments(first, start, still.stop - 1, chosen)
    refined = refine_axes(first, seen, start.axis, still, chosen)
    motion = smooth_segments(samples, replace(start, axis=refined), still, chosen)
    up = vertical(view.orientation)
    trace = trace_angle(
        leg, calibration, motion, still, plane_angle(up, _axes(calibration), still), params.angle
    )
    if not np.isfinite(trace.dorsiflexion_rad).all():
        trace = plane_trace(leg, calibration, up, still, params.angle)
        return AnkleEstimate(trace, calibration, still)
    attached = judge_attachment(
        samples,
        is_missing(np.stack([leg.shank.flags, leg.foot.flags], axis=1)),
        leg.time_s,
        tasks,
        motion,
        calibration,
        still,
        params.attachment,
    )
    attached.marks[is_no_hinge_before(samples, motion, still, params.angle)] |= int(
        AngleMark.NOT_A_HINGE
    )
    trace = with_attachment(trace, attached, params.angle.largest_sigma_rad)
    return AnkleEstimate(trace, calibration, still)


@dataclass(frozen=True, slots=True)
class CalibratedSegments:
    """Both sensors with their own orientations, and what calibration made of them."""

    view: SegmentView
    neutral: Neutral
    calibration: Calibration


def calibrate_segments(
    time_s: Floats,
    samples: SegmentSamples,
    doubtful: Bools,
    tasks: Sequence[TaskInterval],
    *,
    sign_hint: SignHint | None = None,
    zero_mode: ZeroMode = ZeroMode.QUIET_STANDING,
    params: AnkleParams = AnkleParams(),
    orientation: Floats | None = None,
) -> CalibratedSegments:
    """Neutral pose, axes and sign of two sensors.

    Args:
        time_s: (n,) regular.
        samples: Both sensors on that grid.
        doubtful: (n,) clipped or missing in either sensor.
        tasks: Labels in the same time base.
        sign_hint: The user's word.
        zero_mode: What the neutral pose stands for.
        params: Tuning.
        orientation: (n, 2, 4) earth_from_sensor of both, where it is known.

    Raises:
        PlacementError: the sensors are not where they are said to be.
        MeasurementError: no movement.
    """
    neutral = find_neutral(
        time_s, samples.acc_mps2, samples.gyr_radps, tasks, params.calibration.neutral
    )
    if orientation is None:
        pairs = zip(samples.acc_mps2.swapaxes(0, 1), samples.gyr_radps.swapaxes(0, 1), strict=True)
        orientation = np.stack(
            [estimate_orientation(acc, gyr, samples.rate_hz) for acc, gyr in pairs], axis=1
        )
    view = SegmentView(time_s, samples.acc_mps2, samples.gyr_radps, orientation, doubtful)
    check_placement(time_s, samples.acc_mps2, samples.gyr_radps, doubtful, tasks)
    rate = view.gyr_radps - rest_rate(view.gyr_radps, neutral)
    hinge = find_hinge(time_s, view.acc_mps2, rate, orientation, doubtful, params.hinge)
    calibration = calibrate(
        view,
        neutral,
        tasks,
        hinge,
        sign_hint=sign_hint,
        zero_mode=zero_mode,
        params=params.calibration,
    )
    return CalibratedSegments(view, neutral, calibration)


def no_neutral(params: NeutralParams) -> MeasurementError:
    """What to say where a neutral pose is needed and nobody stood still."""
    return MeasurementError(
        "neutral pose",
        f"no {params.shortest_neutral_s:g} s in which both sensors are still",
        "stand quietly with the foot flat for 2 s at the start of the recording",
    )


def _doubtful(leg: CleanLeg) -> Bools:
    streams = [s for s in (leg.shank, leg.foot) if s is not None]
    flags = np.bitwise_or.reduce([s.flags for s in streams])
    return is_doubtful(flags)


def is_doubtful(flags: Bytes) -> Bools:
    """True where a sample is clipped or missing: nothing to calibrate on."""
    bad = SampleFlag.CLIPPED | SampleFlag.CLIPPED_GYR | SampleFlag.MISSING
    doubtful: Bools = (flags & int(bad)) != 0
    return doubtful


def _axes(calibration: Calibration) -> Floats:
    return np.stack([calibration.shank_axis, calibration.foot_axis])


def choose_segment_params(
    moved_s: float, calibration: Calibration, params: AnkleParams
) -> SegmentParams:
    """How tightly the axes are held: by pumps, and by how much movement there is to learn from."""
    chosen = params.segments
    if not calibration.neutral_verified:
        chosen = replace(
            chosen,
            tilt_start_sigma_rad=params.moving_tilt_sigma_rad,
            velocity_start_sigma_mps=params.moving_velocity_sigma_mps,
            gyr_bias_start_sigma_radps=params.moving_gyr_bias_sigma_radps,
        )
    if calibration.axis_origin is AxisOrigin.GIVEN:
        chosen = replace(chosen, axis_start_sigma_rad=calibration.axis_error_rad)
    if calibration.axis_origin is not AxisOrigin.MOVEMENT:
        return replace(
            chosen,
            axis_sigma_rad=params.short_axis_sigma_rad,
            axis_weight_rad2ps=params.pump_axis_weight_rad2ps,
        )
    if moved_s < params.short_movement_s:
        return replace(
            chosen,
            axis_sigma_rad=params.short_axis_sigma_rad,
            axis_start_sigma_rad=params.short_axis_start_sigma_rad,
            axis_weight_rad2ps=params.short_axis_weight_rad2ps,
        )
    return chosen


def start_at_first_sample(
    view: SegmentView, neutral: Neutral, calibration: Calibration
) -> SegmentStart:
    """Vertical at the first sample: at rest by gravity, else by the single-sensor orientation."""
    rate_hz = 1.0 / (view.time_s[1] - view.time_s[0])
    if neutral.verified and neutral.part.start <= rate_hz:
        up = unit(view.acc_mps2[neutral.part].mean(axis=0))
    else:
        up = vertical(view.orientation[0])
    return SegmentStart(
        up=up,
        axis=_axes(calibration),
        gyr_bias_radps=rest_rate(view.gyr_radps, neutral),
        acc_bias_mps2=np.zeros((2, 3)),
        lever_m=np.zeros((2, 3)),
    )


def refine_axes(
    samples: SegmentSamples,
    motion: SegmentMotion,
    axes: Floats,
    neutral: slice,
    params: SegmentParams,
) -> Floats:
    """(2, 3) axes by the relative rotation over the whole movement; unchanged where it is no hinge.

    Args:
        samples: Both sensors.
        motion: A first estimate, for the relative rotation.
        axes: (2, 3) start axes; they count with `params.axis_weight_rad2ps`.
        neutral: Samples of the neutral pose; movement begins after it.
        params: Tuning.
    """
    part = slice(neutral.stop, None)
    relative = motion.relative[part]
    rate = samples.gyr_radps[part] - motion.gyr_bias_radps
    in_foot = rate[:, 1] - np.einsum("nji,nj->ni", relative, rate[:, 0])
    usable = samples.extra_noise[part].max(axis=(1, 2)) == 0.0
    usable &= motion.variance_rad2[part] < KNOWN_ROTATION_RAD2
    in_foot = in_foot[usable]
    spread = in_foot.T @ in_foot / samples.rate_hz
    values = np.linalg.eigvalsh(spread)
    if values[-1] < params.axis_share * values.sum():
        return axes
    spread = spread + params.axis_weight_rad2ps * np.outer(axes[1], axes[1])
    foot = np.linalg.eigh(spread)[1][:, -1]
    foot = foot * np.sign(foot @ axes[1])
    return np.stack([motion.axis[-1], foot])


def _estimate_from_shank(
    leg: CleanLeg, tasks: Sequence[TaskInterval], zero_mode: ZeroMode, params: AnkleParams
) -> AnkleEstimate:
    if leg.shank is None:
        raise ValueError("a shank sensor is needed")
    acc, gyr = leg.shank.acc_mps2[:, None], leg.shank.gyr_radps[:, None]
    neutral = find_neutral(leg.time_s, acc, gyr, tasks, params.calibration.neutral)
    orientation = estimate_orientation(acc[:, 0], gyr[:, 0], leg.rate_hz)
    calibration = calibrate_shank(
        leg.time_s, acc[:, 0], gyr[:, 0], orientation, neutral, tasks, zero_mode, params.calibration
    )
    flat = inside_tasks(leg.time_s, tasks, FLAT_FOOT_TASKS)
    trace = shank_only_trace(
        leg, calibration, vertical(orientation), neutral.part, flat, params.angle
    )
    return AnkleEstimate(trace, calibration, neutral.part)
