"""From the movement of two segments to the ankle angle of a person.

ISB ankle joint coordinate system (Wu et al. 2002, doi:10.1016/S0021-9290(01)00222-6): the foot's
rotation against neutral is split into dorsiflexion about the flexion axis (to the right), inversion
about the floating axis and internal rotation about the long axis (Cardan Z-X-Y). Neither of the
first two depends on the heading of a sensor. Inversion is mirrored on the left, so that both ankles
read alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.quaternion import unit
from sensor_screen.core.uncertainty import ErrorSources, axis_tilt, total_sigma
from sensor_screen.model import (
    AngleMark,
    AngleTrace,
    Placement,
    SampleFlag,
    Side,
    SignOrigin,
)

if TYPE_CHECKING:
    from sensor_screen.core.segments import SegmentMotion
    from sensor_screen.model import Bools, Calibration, CleanLeg, Floats


@dataclass(frozen=True, slots=True)
class AngleParams:
    """What is added to the estimator's own uncertainty, and when an angle is not valid."""

    floor_rad: float = np.radians(0.065)
    """What remains with perfect sensors on a perfect hinge; 0.05 to 0.1 deg in the simulation."""
    misfits_m: tuple[float, ...] = (0.0005, 0.0009, 0.005)
    """How far the two sensors disagree on the joint centre: soft tissue, clipping and axis errors
    show there. Sampling alone brings up to about 0.5 mm; more than 5 mm is never counted."""
    misfit_sigmas_rad: tuple[float, ...] = (0.0, np.radians(0.54), np.radians(1.75))
    """Error that goes with each misfit, straight lines between. Found on rigs (0.9 mm), and on
    simulated walking (2 to 3 mm), stairs (0.3 to 1.3 mm) and kicks (0.7 to 4 mm), with and
    without soft tissue."""
    estimator_share: float = 0.05
    """Share of the estimator's own variance; its noise settings are far larger than what is seen,
    so that shocks pass."""
    usual_sigma_rad: float = np.radians(1.6)
    """The estimator's own sigma while nothing is wrong; what goes beyond it, after gaps and
    clipping, counts in full."""
    short_stand_rad: float = np.radians(0.7)
    """Error of the zero for a stand of no length; it falls to nothing at `full_stand_s`."""
    full_stand_s: float = 1.0
    proportional: float = 0.01
    """Error as a share of the angle: gyroscopes are sold with 1 % of gain."""
    tilt_share: float = np.sqrt(0.5)
    """Share of an axis error that mixes inversion into flexion: one of its two directions."""
    moved_tilt_share: float = 1.2
    """The same where the axis was found from the movement: inversion that goes with flexion pulls
    it in just that direction. 3 to 5 deg in simulated walking where 3.5 deg are stated."""
    hidden_flexion_rad: float = np.radians(20.0)
    """Flexion of a usual movement: seen about a tilted axis, this times the tilt is how much
    inversion may hide in it."""
    plane_proportional: float = 0.02
    """Error of the fall-back as a share of the angle."""
    typical_misfit_m: float = 0.0016
    """Misfit of the joint centres of people with straps; the estimator's variance is for that."""
    stiffest: float = 0.05
    loosest: float = 2.0
    """Least and largest factor on the estimator's variance by the misfit."""
    largest_sigma_rad: float = np.radians(4.0)
    """Above this the angle is marked uncertain."""
    disagreement_rad: float = np.radians(15.0)
    """Largest slow difference to the gravity-plane angle of an independent filter."""
    hinge_share: float = 0.65
    """Below this share of the relative rotation about one axis the joint is no hinge. Rigs with two
    and three axes stay below 0.63, walking people above 0.66."""
    hinge_judged_after_s: float = 10.0
    """A hinge is not judged on less movement: one window of a two-axis joint can look like one."""
    plane_sigma_rad: float = np.radians(3.0)
    """1 sigma of the fall-back angle; 2 to 3 deg on walking people."""
    gap_margin_s: float = 0.1
    """Around a gap longer than 100 ms."""


def anatomical_axes(axis: Floats, up: Floats) -> Floats:
    """(3, 3) columns forward, up, right of a segment, in its sensor's frame."""
    right = unit(axis)
    above = unit(up - right * (up @ right))
    return np.stack([np.cross(above, right), above, right], axis=1)


def ankle_angles(
    relative: Floats, neutral: Floats, axis: Floats, up: Floats, side: Side
) -> tuple[Floats, Floats]:
    """Dorsiflexion and inversion (Cardan Z-X-Y) of relative rotations, rad.

    Both can be read from where the turned foot's long axis points, seen from the shank.

    Args:
        relative: (n, 3, 3) shank_from_foot.
        neutral: (n, 3, 3) the same in the neutral pose.
        axis: (n, 3) flexion axis in the shank sensor.
        up: (3,) vertical in the shank sensor in the neutral pose.
        side: The left is mirrored.
    """
    from sensor_screen.core.angle_kernels import read_angles

    angles = np.empty((len(relative), 2))
    read_angles(relative, neutral, axis, up, angles)
    flexion, inversion = angles[:, 0], angles[:, 1]
    return flexion, -inversion if side is Side.LEFT else inversion


def tilt_about(up: Floats, axis: Floats, start: Floats) -> Floats:
    """(n,) forward lean of a segment about its flexion axis, by gravity alone.

    Args:
        up: (n, 3) vertical in the sensor.
        axis: (3,) flexion axis in the sensor.
        start: (3,) vertical in the neutral pose.
    """
    frame = anatomical_axes(axis, start)
    lean: Floats = -np.arctan2(up @ frame[:, 0], up @ frame[:, 1])
    return lean


def trace_angle(
    leg: CleanLeg,
    calibration: Calibration,
    motion: SegmentMotion,
    neutral: slice,
    plane_rad: Floats,
    params: AngleParams = AngleParams(),
) -> AngleTrace:
    """The ankle over time, with its uncertainty and validity.

    Args:
        leg: Both sensors.
        calibration: Axes and neutral pose.
        motion: By the smoother.
        neutral: Samples of the neutral pose.
        plane_rad: (n,) independent gravity-plane angle, the cross-check.
        params: Tuning.
    """
    up = [unit(motion.up[neutral, s].mean(axis=0)) for s in range(2)]
    flexion, inversion = ankle_angles(motion.relative, motion.neutral, motion.axis, up[0], leg.side)
    sources = ErrorSources(
        variance_rad2=motion.variance_rad2,
        tilt_rad=axis_tilt(motion.axis_sigma_rad, calibration, params),
        inversion_rad=inversion,
        misfit_m=motion.misfit_m,
        foot_rate_radps=_foot_rate(leg, motion.foot_axis),
        stand_s=calibration.neutral_end_s - calibration.neutral_start_s,
        clock_residual_s=leg.clock.residual_s,
    )
    sigma = total_sigma(flexion, sources, params)
    marks = np.zeros(len(flexion), dtype=np.uint16)
    marks[_gaps(leg, params)] |= int(AngleMark.GAP)
    marks[sigma > params.largest_sigma_rad] |= int(AngleMark.UNCERTAIN)
    marks[_not_a_hinge(motion.hinge_share, leg.rate_hz, neutral, params)] |= int(
        AngleMark.NOT_A_HINGE
    )
    marks[_disagrees(flexion, plane_rad, leg.rate_hz, params)] |= int(AngleMark.DISAGREES)
    marks |= calibration_marks(calibration)
    return AngleTrace(
        side=leg.side,
        rate_hz=leg.rate_hz,
        time_s=leg.time_s,
        dorsiflexion_rad=flexion,
        inversion_rad=inversion,
        sigma_rad=sigma,
        valid=marks == 0,
        marks=marks,
        shank_lean_rad=tilt_about(motion.up[:, 0], unit(motion.axis[-1]), up[0]),
        foot_pitch_rad=-tilt_about(motion.up[:, 1], motion.foot_axis, up[1]),
        zero_mode=calibration.zero_mode,
        method="smoother",
        hinge_share=float(np.median(motion.hinge_share[neutral.stop :]))
        if neutral.stop < len(flexion)
        else float("nan"),
    )


def calibration_marks(calibration: Calibration) -> int:
    """Marks that hold for every sample."""
    marks = AngleMark.NONE
    if calibration.sign_origin is SignOrigin.UNKNOWN:
        marks |= AngleMark.SIGN_UNKNOWN
    if not calibration.neutral_verified:
        marks |= AngleMark.ZERO_UNKNOWN
    return int(marks)


def _foot_rate(leg: CleanLeg, axis: Floats) -> Floats:
    """(n,) how fast the foot turns about its flexion axis: a late foot sample errs by that."""
    if leg.foot is None:
        return np.zeros(len(leg.time_s))
    rate: Floats = leg.foot.gyr_radps @ axis
    return rate


def _gaps(leg: CleanLeg, params: AngleParams) -> Bools:
    from scipy.ndimage import maximum_filter1d

    missing = np.zeros(len(leg.time_s), dtype=np.uint8)
    for stream in (leg.shank, leg.foot):
        if stream is not None:
            missing |= ((stream.flags & int(SampleFlag.MISSING)) != 0).astype(np.uint8)
    wide: Bools = maximum_filter1d(missing, 2 * int(params.gap_margin_s * leg.rate_hz) + 1) > 0
    return wide


def _not_a_hinge(share: Floats, rate_hz: float, neutral: slice, params: AngleParams) -> Bools:
    """Judged from the minute around each sample."""
    ahead = int(30 * rate_hz)
    first = neutral.stop + int(params.hinge_judged_after_s * rate_hz)
    n = len(share)
    if first >= n:
        return np.zeros(n, dtype=np.bool_)
    # The first samples wait for the first judgement, as they do when they are sent live.
    low: Bools = share[np.clip(np.arange(n) + ahead, first, n - 1)] < params.hinge_share
    return low


def _disagrees(flexion: Floats, plane: Floats, rate_hz: float, params: AngleParams) -> Bools:
    """Slow difference to the independent angle: it drifts apart only when one of them is wrong."""
    from scipy.ndimage import uniform_filter1d

    difference = np.angle(np.exp(1j * (flexion - plane)))
    slow = uniform_filter1d(difference, max(1, int(2.0 * rate_hz)))
    wide: Bools = np.abs(slow) > params.disagreement_rad
    return wide


def plane_angle(up: Floats, axes: Floats, neutral: slice) -> Floats:
    """(n,) dorsiflexion as the difference of two tilts; needs no heading, drifts with neither.

    Exact while the flexion axis is horizontal; used as cross-check and fall-back.
    """
    lean = [tilt_about(up[:, s], axes[s], unit(up[neutral, s].mean(axis=0))) for s in range(2)]
    angle: Floats = lean[0] - lean[1]
    return angle


def plane_trace(
    leg: CleanLeg,
    calibration: Calibration,
    up: Floats,
    neutral: slice,
    params: AngleParams = AngleParams(),
) -> AngleTrace:
    """The fall-back where the estimator fails: two tilts, with the error that they had in tests.

    Args:
        leg: Both sensors.
        calibration: Axes and neutral pose.
        up: (n, 2, 3) vertical in both sensors.
        neutral: Samples of the neutral pose.
        params: Tuning.
    """
    axes = np.stack([calibration.shank_axis, calibration.foot_axis])
    angle = plane_angle(up, axes, neutral)
    lean = [tilt_about(up[:, s], axes[s], unit(up[neutral, s].mean(axis=0))) for s in range(2)]
    sigma = np.hypot(params.plane_sigma_rad, params.plane_proportional * angle)
    marks = np.full(len(angle), calibration_marks(calibration), dtype=np.uint16)
    marks[_gaps(leg, params)] |= int(AngleMark.GAP)
    return AngleTrace(
        side=leg.side,
        rate_hz=leg.rate_hz,
        time_s=leg.time_s,
        dorsiflexion_rad=angle,
        inversion_rad=np.full(len(angle), np.nan),
        sigma_rad=sigma,
        valid=marks == 0,
        marks=marks,
        shank_lean_rad=lean[0],
        foot_pitch_rad=-lean[1],
        zero_mode=calibration.zero_mode,
        method="gravity plane",
        hinge_share=float("nan"),
    )


def shank_only_trace(
    leg: CleanLeg,
    calibration: Calibration,
    up: Floats,
    neutral: slice,
    flat_tasks: Bools,
    params: AngleParams = AngleParams(),
) -> AngleTrace:
    """Dorsiflexion from the shank's inclination: true only while the foot stays flat.

    Args:
        leg: With a shank sensor.
        calibration: Axis of the shank.
        up: (n, 3) vertical in the shank sensor.
        neutral: Samples of the neutral pose.
        flat_tasks: (n,) inside lunges and flat-foot squats and stands; elsewhere not valid.
        params: Tuning.
    """
    start = unit(up[neutral].mean(axis=0))
    lean = tilt_about(up, calibration.shank_axis, start)
    sigma = np.sqrt(np.radians(1.5) ** 2 + (2 * params.plane_proportional * lean) ** 2)
    marks = np.full(len(lean), int(AngleMark.SINGLE_SENSOR), dtype=np.uint16)
    marks[_gaps(leg, params)] |= int(AngleMark.GAP)
    marks |= calibration_marks(calibration)
    blank = np.full(len(lean), np.nan)
    return AngleTrace(
        side=leg.side,
        rate_hz=leg.rate_hz,
        time_s=leg.time_s,
        dorsiflexion_rad=np.where(flat_tasks, lean, np.nan),
        inversion_rad=blank,
        sigma_rad=sigma,
        valid=(marks == int(AngleMark.SINGLE_SENSOR)) & flat_tasks,
        marks=marks,
        shank_lean_rad=lean,
        foot_pitch_rad=blank,
        zero_mode=calibration.zero_mode,
        method=f"{Placement.SHANK} inclination",
        hinge_share=float("nan"),
    )
