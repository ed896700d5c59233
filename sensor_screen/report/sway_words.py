"""Stances in words that every face shares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.model import Placement, Side, Stance, StanceRole
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from sensor_screen.model import SwayMeasures, TiltSway
    from sensor_screen.report.telling import Telling

_OTHER = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, Side.NONE: Side.NONE}


def describe_norm(placement: Placement | None, told: Telling) -> str:
    """What is known of norms for a sensor there."""
    return told.text("norm.lumbar" if placement is Placement.LUMBAR else "norm.none")


def describe_hold(stance: SwayMeasures, told: Telling) -> str:
    long_s = stance.end_s - stance.start_s
    end = ""
    if stance.hold_is_minimum:
        to_the_end = stance.hold_s > long_s - 0.05
        end = told.text("sway.to_the_end" if to_the_end else "sway.still_held")
    values = {
        "side": stance.side,
        "other": _OTHER[stance.side],
        "long_s": long_s,
        "held": told.text("sway.held", hold_s=stance.hold_s) + end,
        "downs": _count(stance.touch_downs_s, "touch_downs", told),
        "hops": _count(stance.hops_s, "hops", told),
    }
    if stance.role is StanceRole.RAISED:
        return told.text("sway.raised", **values)
    seen = {Stance.ONE_LEG: "one_leg", Stance.TWO_LEGS: "two_legs", Stance.UNKNOWN: "unknown"}
    return told.text(f"sway.{seen[stance.stance]}", **values)


def _count(spans_s: tuple[tuple[float, float], ...] | None, what: str, told: Telling) -> str:
    if spans_s is None:
        return told.text(f"sway.{what}.unseen")
    kind = {0: "none", 1: "one"}.get(len(spans_s), "many")
    return told.text(f"sway.{what}.{kind}", count=len(spans_s))


def describe_tilt(tilt: TiltSway, told: Telling) -> str:
    total = _figure(tilt.total_rms_rad, tilt.total_sigma_rad, told)
    words = f"{told.voice.word(tilt.placement, 'segment')} {total}"
    if math.isnan(tilt.mediolateral_rms_rad):
        return words
    sideways = _figure(tilt.mediolateral_rms_rad, tilt.mediolateral_sigma_rad, told)
    forward = _figure(tilt.anteroposterior_rms_rad, tilt.anteroposterior_sigma_rad, told)
    return f"{words} ({told.text('sway.ways', sideways=sideways, forward=forward)})"


def _figure(rms_rad: float, sigma_rad: float, told: Telling) -> str:
    if not math.isfinite(rms_rad):
        return told.text("sway.not_measured")
    return told.figure(math.degrees(rms_rad), NORMAL_95 * math.degrees(sigma_rad), digits=2)
