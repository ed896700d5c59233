"""One stance as JSON: hold, touch-downs and hops, tilt, and the acceleration measures."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sensor_screen.model import Placement
from sensor_screen.report.sway_words import describe_norm

if TYPE_CHECKING:
    from sensor_screen.model import AccelerationSway, SwayMeasures
    from sensor_screen.report.telling import Telling

Json = dict[str, Any]

_DIGITS = 6
"""Significant digits: the figures differ by powers of ten."""


def sway_to_json(stance: SwayMeasures, told: Telling) -> Json:
    """One stance; angles in degrees, what is not known is null."""
    return {
        "start_s": _s(stance.start_s),
        "end_s": _s(stance.end_s),
        "role": stance.role.value,
        "stance": stance.stance.value,
        "hold_start_s": _s(stance.hold_start_s),
        "hold_s": _s(stance.hold_s),
        "hold_is_minimum": stance.hold_is_minimum,
        "touch_downs": None if stance.touch_downs_s is None else len(stance.touch_downs_s),
        "touch_downs_s": _spans(stance.touch_downs_s),
        "hops": None if stance.hops_s is None else len(stance.hops_s),
        "hops_s": _spans(stance.hops_s),
        "measured_start_s": _s(stance.measured_start_s),
        "measured_end_s": _s(stance.measured_end_s),
        **_tilts(stance),
        "norm": told.text("sway.own_only"),
        "acceleration": [_acceleration(one, told) for one in stance.acceleration],
        "reasons": [told.foreign_measured(reason) for reason in stance.reasons],
    }


def _tilts(stance: SwayMeasures) -> Json:
    """RMS and its sigma by segment and direction, under the names of the schema."""
    figures: Json = {}
    for placement in Placement:
        tilt = stance.tilt_of(placement)
        for direction, rms_rad, sigma_rad in (
            ("mediolateral", tilt.mediolateral_rms_rad, tilt.mediolateral_sigma_rad),
            ("anteroposterior", tilt.anteroposterior_rms_rad, tilt.anteroposterior_sigma_rad),
            ("total", tilt.total_rms_rad, tilt.total_sigma_rad),
        ):
            name = f"{placement.value}_{direction}"
            figures[f"{name}_rms_deg"] = _number(math.degrees(rms_rad))
            figures[f"{name}_rms_sigma_deg"] = _number(math.degrees(sigma_rad))
    return figures


def _acceleration(measures: AccelerationSway, told: Telling) -> Json:
    """Every figure under its own name, those of one direction inside it."""
    content = asdict(measures)
    for direction in ("mediolateral", "anteroposterior"):
        content[direction] = _numbers(content[direction])
    del content["placement"]
    known = measures.placement
    placement = None if known is None else known.value
    return {
        "placement": placement,
        "norm": describe_norm(known, told),
        **_numbers(content),
    }


def _numbers(figures: Json) -> Json:
    return {k: _number(v) if isinstance(v, float) else v for k, v in figures.items()}


def _number(value: float) -> float | None:
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None


def _s(time_s: float) -> float | None:
    return round(float(time_s), 6) if math.isfinite(time_s) else None


def _spans(spans_s: tuple[tuple[float, float], ...] | None) -> list[list[float | None]] | None:
    if spans_s is None:
        return None
    return [[_s(begin_s), _s(over_s)] for begin_s, over_s in spans_s]
