"""Sway: how steadily a person stands, for how long, and what interrupts it.

Two directions, by the flexion axis: *anteroposterior* is tilt about the axis (forward and back),
*mediolateral* tilt across it (to the sides). No published norm applies to sensors on shank and
foot: the figures compare a person with themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.stance import StanceParams, find_events, longest_hold
from sensor_screen.core.sway_measures import NORMAL_DURATION_S, measure_acceleration_sway
from sensor_screen.core.tilt_sway import follow_tilt, measure_tilt
from sensor_screen.errors import MeasurementError
from sensor_screen.model import Placement, SampleFlag, Stance, StanceRole, SwayMeasures
from sensor_screen.units import RADIANS_PER_DEGREE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.core.stance import StanceEvents
    from sensor_screen.model import (
        AccelerationSway,
        Calibration,
        CleanLeg,
        CleanStream,
        Floats,
        LegMeasures,
        TaskInterval,
        TiltSway,
    )


@dataclass(frozen=True, slots=True)
class SwayParams:
    """Tuning of the stance measures."""

    shortest_s: float = 10.0
    """Shorter holds have no sway figures: slow sway of about 0.1 Hz is not in them."""
    shortest_hold_s: float = 2.0
    """Shorter holds are no stance."""
    settle_s: float = 0.5
    """Left out of the figures before and after a hop."""
    acceleration_s: float = NORMAL_DURATION_S
    """The acceleration is measured over the middle of a longer hold, no more than this."""
    lost_share: float = 0.02
    """Largest share of missing samples."""
    largest_tilt_rad: float = 20.0 * RADIANS_PER_DEGREE
    """A segment that tilts further from its mean is stepping, not standing."""
    stance: StanceParams = field(default_factory=StanceParams)


def measure_sway(
    leg: CleanLeg,
    calibration: Calibration | None,
    task: TaskInterval,
    *,
    lumbar: CleanStream | None = None,
    params: SwayParams | None = None,
) -> SwayMeasures:
    """One stance: who stood how long, and how steadily.

    Of a raised foot only its touch-downs are told. Tilt and acceleration are those of the longest
    stretch without a hop.

    Args:
        leg: Shank and foot; one may be missing.
        calibration: For the directions and the neutral pose. Without one, or where its axes are not
            finite, directions are nan and every foot is taken for a standing one.
        task: The stance.
        lumbar: The sensor on the lower back, if one is worn.
        params: Tuning.

    Raises:
        MeasurementError: Stance too short, samples missing, or the leg was not standing.
    """
    params = params or SwayParams()
    part = slice(*np.searchsorted(leg.time_s, [task.start_s, task.end_s]))
    duration_s = (part.stop - part.start) / leg.rate_hz
    name = f"{task.task.value} on the {leg.side.value} leg, {duration_s:.0f} s"
    if duration_s < params.shortest_hold_s:
        raise MeasurementError(
            name,
            "too short for a stance",
            f"stand for at least {params.shortest_s:.0f} s, better 30 s",
        )
    worn = [stream for stream in (leg.shank, leg.foot) if stream is not None]
    for stream in worn:
        _refuse_lost(stream, part, name, params)
    events = find_events(leg, calibration, part, params.stance)
    found = _describe_hold(leg, events)
    if events.role is StanceRole.RAISED:
        return found
    if found.hold_s < params.shortest_hold_s:
        raise _not_standing(name, "leg")
    found = _settle(found, params)
    axes = _axes(calibration)
    error_rad = math.nan if calibration is None else calibration.axis_error_rad
    measured = [
        _measure_segment(one, axes.get(one.info.placement), error_rad, found, name, params)
        for one in worn
    ]
    reasons = _reasons(found, [tilt for tilt, _ in measured], params)
    if lumbar is not None:
        try:
            # No calibration knows how a sensor lies on the back.
            measured.append(_measure_segment(lumbar, None, math.nan, found, name, params))
        except MeasurementError as error:
            reasons += (str(error),)
    if _is_short(found, params):
        return replace(found, measured_start_s=math.nan, measured_end_s=math.nan, reasons=reasons)
    return replace(
        found,
        tilt=tuple(tilt for tilt, _ in measured),
        acceleration=tuple(acceleration for _, acceleration in measured),
        reasons=reasons,
    )


def _measure_segment(
    stream: CleanStream,
    axis: Floats | None,
    axis_error_rad: float,
    found: SwayMeasures,
    name: str,
    params: SwayParams,
) -> tuple[TiltSway, AccelerationSway]:
    """Tilt and acceleration of one sensor over the hold."""
    # A sample on the end belongs to the hold.
    ends_s = [found.measured_start_s - 1e-9, found.measured_end_s + 1e-9]
    hold = slice(*np.searchsorted(stream.time_s, ends_s))
    if (hold.stop - hold.start) / stream.rate_hz < 0.98 * _measured_s(found):
        raise MeasurementError(
            name,
            f"the {stream.info.placement.value} sensor was not recording all the time",
            "start all sensors before the stance and stop them after it",
        )
    _refuse_lost(stream, hold, name, params)
    tilt = follow_tilt(stream, hold, axis)
    if float(np.abs(tilt.tilt_rad).max()) > params.largest_tilt_rad:
        raise _not_standing(name, stream.info.placement.value)
    most = round(params.acceleration_s * stream.rate_hz)
    first = hold.start + max(0, (hold.stop - hold.start - most) // 2)
    acceleration = measure_acceleration_sway(
        stream.acc_mps2[first : min(hold.stop, first + most)],
        stream.rate_hz,
        axis=axis,
        placement=stream.info.placement,
    )
    return measure_tilt(tilt, stream, axis_error_rad), acceleration


def pair_stances(legs: Sequence[LegMeasures]) -> tuple[LegMeasures, ...]:
    """The stances of both legs brought together: what the raised foot did belongs to the stance.

    The touch-downs of a raised foot end the hold of the leg that stands, whose stance is then known
    to be on one leg. What is told of the raised foot is kept only where no other leg stands.
    """
    paired = []
    for leg in legs:
        others = [s for other in legs if other is not leg for s in other.sway]
        stances = [_pair(stance, others) for stance in leg.sway]
        paired.append(replace(leg, sway=tuple(s for s in stances if s is not None)))
    return tuple(paired)


def _pair(stance: SwayMeasures, others: list[SwayMeasures]) -> SwayMeasures | None:
    """This stance with what the other leg did in it; None where it is told there."""
    middle_s = 0.5 * (stance.start_s + stance.end_s)
    other = next((s for s in others if s.start_s <= middle_s <= s.end_s), None)
    if other is None:
        return stance
    if stance.role is StanceRole.RAISED:
        return None if other.role is StanceRole.STANDING else stance
    if other.role is StanceRole.STANDING:
        return replace(stance, stance=Stance.TWO_LEGS)
    start_s = max(stance.start_s, other.start_s)
    end_s = min(stance.end_s, other.end_s)
    touch_downs_s = other.touch_downs_s
    begin_s, over_s = longest_hold(start_s, end_s, (stance.hops_s or ()) + (touch_downs_s or ()))
    within = sum(
        stance.measured_start_s < middle < stance.measured_end_s
        for middle in (0.5 * (down + up) for down, up in touch_downs_s or ())
    )
    touched = f"The other foot touched down in the measured stretch, {_times(within)}."
    return replace(
        stance,
        stance=Stance.ONE_LEG,
        touch_downs_s=touch_downs_s,
        hold_start_s=begin_s,
        hold_s=over_s - begin_s,
        hold_is_minimum=over_s >= end_s,
        reasons=(*stance.reasons, touched) if within else stance.reasons,
    )


def _describe_hold(leg: CleanLeg, events: StanceEvents) -> SwayMeasures:
    begin_s, over_s = longest_hold(events.start_s, events.end_s, events.events_s or ())
    standing = events.role is StanceRole.STANDING
    return SwayMeasures(
        side=leg.side,
        start_s=events.start_s,
        end_s=events.end_s,
        role=events.role,
        stance=Stance.UNKNOWN if standing else Stance.ONE_LEG,
        hold_start_s=begin_s,
        hold_s=over_s - begin_s,
        hold_is_minimum=over_s >= events.end_s,
        hops_s=events.events_s if standing else None,
        touch_downs_s=None if standing else events.events_s,
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _axes(calibration: Calibration | None) -> dict[Placement, Floats]:
    """The flexion axis in each sensor."""
    if calibration is None:
        return {}
    return {Placement.SHANK: calibration.shank_axis, Placement.FOOT: calibration.foot_axis}


def _reasons(found: SwayMeasures, tilts: list[TiltSway], params: SwayParams) -> tuple[str, ...]:
    reasons = []
    if _is_short(found, params):
        reasons.append(
            f"Steady for {_measured_s(found):.0f} s: too short for sway figures, which need "
            f"{params.shortest_s:.0f} s, better 30 s."
        )
    elif _measured_s(found) < 0.95 * NORMAL_DURATION_S:
        reasons.append(
            f"Measured over {_measured_s(found):.0f} s instead of 30 s: slow sway is not all in "
            "it, and the errors are larger. Compare stances of equal length."
        )
    unknown = [t.placement.value for t in tilts if math.isnan(t.mediolateral_rms_rad)]
    if unknown and not _is_short(found, params):
        reasons.append(
            f"Sideways and forward are not told apart at the {' and '.join(unknown)}: the flexion "
            "axis is not known."
        )
    return tuple(reasons)


def _is_short(found: SwayMeasures, params: SwayParams) -> bool:
    """Too short for sway; the time between first and last sample is a sample too short."""
    return _measured_s(found) < params.shortest_s - 0.05


def _measured_s(found: SwayMeasures) -> float:
    return found.measured_end_s - found.measured_start_s


def _settle(found: SwayMeasures, params: SwayParams) -> SwayMeasures:
    """The hold with the stretch that is measured: a hop is swung out of, and begins slowly."""
    begin_s, over_s = found.hold_start_s, found.hold_start_s + found.hold_s
    after_hop, before_hop = begin_s > found.start_s, over_s < found.end_s
    settle_s = min(params.settle_s, 0.25 * found.hold_s)
    return replace(
        found,
        measured_start_s=begin_s + settle_s * after_hop,
        measured_end_s=over_s - settle_s * before_hop,
    )


def _refuse_lost(stream: CleanStream, part: slice, name: str, params: SwayParams) -> None:
    share = float(((stream.flags[part] & SampleFlag.MISSING) != 0).mean())
    if share > params.lost_share:
        raise MeasurementError(
            name,
            f"{100 * share:.0f} % of the {stream.info.placement.value} samples are missing",
            "repeat the stance nearer to the receiver",
        )


def _not_standing(name: str, part: str) -> MeasurementError:
    return MeasurementError(
        name,
        f"the {part} moved more than in standing",
        "label only the part in which the person stood still",
    )
