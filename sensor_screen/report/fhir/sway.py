"""Stances: how long each was held, and tilt and acceleration of every segment in it.

No norm is known for sensors worn on shank and foot; every figure here says so in its notes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.model import Placement, Stance, StanceRole, Task
from sensor_screen.report.fhir import codes
from sensor_screen.report.fhir.content import Measure, Part, Quantity, Word
from sensor_screen.report.fhir.figures import describe_method, own_code, part, quantity
from sensor_screen.report.fhir.judging import find_result, judge
from sensor_screen.report.sway_words import describe_norm
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.model import AccelerationSway, LegMeasures, SwayMeasures, TiltSway
    from sensor_screen.report.telling import Telling

_DIGITS = 4
"""Significant digits of an acceleration: the figures differ by powers of ten."""


def sway_measures(leg: LegMeasures, told: Telling) -> Iterator[Measure]:
    """Hold time, tilt and acceleration of each stance of one leg."""
    for number, stance in enumerate(leg.sway, start=1):
        if stance.role is StanceRole.STANDING and stance.stance is not Stance.TWO_LEGS:
            yield _hold(stance, number, told)
        for tilt in stance.tilt:
            if math.isfinite(tilt.total_rms_rad):
                yield _tilt(tilt, stance, number, told)
        for acceleration in stance.acceleration:
            yield _acceleration(acceleration, stance, number, told)


def _hold(stance: SwayMeasures, number: int, told: Telling) -> Measure:
    known = stance.stance is Stance.ONE_LEG
    value = quantity(stance.hold_s, "s", 1)
    judged = find_result(told, stance.side, Task.BALANCE, value, "s")
    if value is not None:
        value = Quantity(value.value, "s", stance.hold_is_minimum)
    parts = [part(told, "error-95", None)]
    for code, spans_s in (("touch-downs", stance.touch_downs_s), ("hops", stance.hops_s)):
        count = None if spans_s is None else quantity(len(spans_s), "1")
        parts.append(part(told, code, count))
    return Measure(
        f"hold-{stance.side}-{number}",
        own_code(told, "sls-time" if known else "stance-time"),
        stance.side,
        value,
        tuple(parts),
        method=describe_method(told, told.voice.word(Task.BALANCE), stance.side),
        notes=tuple(told.foreign_measured(reason) for reason in stance.reasons),
        judged=judge(judged, told),
    )


def _tilt(tilt: TiltSway, stance: SwayMeasures, number: int, told: Telling) -> Measure:
    """RMS tilt about its mean, all directions together, then sideways and forward."""
    figures = (
        ("error-95", NORMAL_95 * tilt.total_sigma_rad),
        ("mediolateral", tilt.mediolateral_rms_rad),
        ("mediolateral-error-95", NORMAL_95 * tilt.mediolateral_sigma_rad),
        ("anteroposterior", tilt.anteroposterior_rms_rad),
        ("anteroposterior-error-95", NORMAL_95 * tilt.anteroposterior_sigma_rad),
    )
    return Measure(
        f"sway-tilt-{tilt.placement}-{stance.side}-{number}",
        own_code(told, f"sway-tilt-{tilt.placement}"),
        stance.side,
        quantity(math.degrees(tilt.total_rms_rad), "deg", 3),
        (
            _feet(stance, told),
            *(part(told, code, quantity(math.degrees(v), "deg", 3)) for code, v in figures),
        ),
        method=told.voice.word(Task.BALANCE),
        notes=_notes(tilt.placement, stance, told),
    )


def _acceleration(
    sway: AccelerationSway, stance: SwayMeasures, number: int, told: Telling
) -> Measure:
    """RMS of the horizontal acceleration, then the other measures with their errors."""
    side, along = sway.mediolateral, sway.anteroposterior
    figures = (
        ("error-95", NORMAL_95 * sway.rms_sigma_mps2, "m/s2"),
        ("mediolateral", side.rms_mps2, "m/s2"),
        ("mediolateral-error-95", NORMAL_95 * side.rms_sigma_mps2, "m/s2"),
        ("anteroposterior", along.rms_mps2, "m/s2"),
        ("anteroposterior-error-95", NORMAL_95 * along.rms_sigma_mps2, "m/s2"),
        ("sway-path", sway.path_mps2, "m/s2"),
        ("sway-path-error-95", NORMAL_95 * sway.path_sigma_mps2, "m/s2"),
        ("sway-jerk", sway.jerk_m2ps5, "m2/s5"),
        ("sway-jerk-error-95", NORMAL_95 * sway.jerk_sigma_m2ps5, "m2/s5"),
        ("sway-ellipse", sway.ellipse_area_m2ps4, "m2/s4"),
        ("sway-ellipse-error-95", NORMAL_95 * sway.ellipse_area_sigma_m2ps4, "m2/s4"),
        ("sway-frequency", sway.mean_frequency_hz, "Hz"),
        ("sway-duration", sway.duration_s, "s"),
    )
    where = "unplaced" if sway.placement is None else sway.placement
    return Measure(
        f"sway-acceleration-{where}-{stance.side}-{number}",
        own_code(told, f"sway-acceleration-{where}"),
        stance.side,
        _significant(sway.rms_mps2, "m/s2"),
        (
            _feet(stance, told),
            *(part(told, code, _significant(value, unit)) for code, value, unit in figures),
        ),
        method=told.voice.word(Task.BALANCE),
        notes=_notes(sway.placement, stance, told),
    )


def _feet(stance: SwayMeasures, told: Telling) -> Part:
    """How many feet stood, or that this one was held up."""
    raised = stance.role is StanceRole.RAISED
    code = f"feet-{'raised' if raised else stance.stance.value.replace('_', '-')}"
    return part(told, "feet", Word(codes.MEASURES, code, own_code(told, code).display))


def _notes(placement: Placement | None, stance: SwayMeasures, told: Telling) -> tuple[str, ...]:
    reasons = (told.foreign_measured(reason) for reason in stance.reasons)
    return (describe_norm(placement, told), *reasons)


def _significant(value: float, unit: str) -> Quantity | None:
    return Quantity(float(f"{value:.{_DIGITS}g}"), unit) if math.isfinite(value) else None
