"""Stances in letters: how long each was held, what interrupted it, and the tilt in it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.model import Placement, Side, Stance, StanceRole

if TYPE_CHECKING:
    from sensor_screen.model import LegMeasures, SwayMeasures, TiltSway
    from sensor_screen.report.terminal_page import Page

_SEGMENTS = {Placement.SHANK: "shin", Placement.FOOT: "foot", Placement.LUMBAR: "lower back"}
_TOUCH_DOWNS = "touch-down", "touch-downs"
_HOPS = "hop or step", "hops or steps"
_OTHER = {Side.LEFT: "right", Side.RIGHT: "left", Side.NONE: "other"}


def list_sway(leg: LegMeasures, page: Page) -> list[str]:
    """Each stance: hold time, touch-downs and hops, then the tilt with its 95 % error."""
    lines = []
    for stance in leg.sway:
        lines += page.paragraph(_describe_hold(stance), indent="  ")
        if stance.tilt:
            tilts = "; ".join(_describe_tilt(tilt) for tilt in stance.tilt)
            lines += page.paragraph(f"Tilt (RMS): {tilts}.", first="  ", indent="  ")
        for reason in stance.reasons:
            lines += page.paragraph(reason, first="  ! ", indent="    ")
    if lines:
        lines += page.paragraph(
            "Compare with yourself only, in stances of equal length: no norm for this placement of "
            "the sensors is known.",
            style="dim",
        )
    return lines


def _describe_hold(stance: SwayMeasures) -> str:
    own = "" if stance.side is Side.NONE else f"{stance.side.value} "
    other = _OTHER[stance.side]
    long_s = stance.end_s - stance.start_s
    held = f"held {stance.hold_s:.1f} s"
    if stance.hold_is_minimum:
        held += " to the end" if stance.hold_s > long_s - 0.05 else ", still held at the end"
    if stance.role is StanceRole.RAISED:
        downs = _count(stance.touch_downs_s, *_TOUCH_DOWNS)
        foot = f"{own}foot".capitalize()
        return (
            f"{foot} held up, {long_s:.0f} s: {held}; {downs}. No sensor measured the leg that "
            "stood."
        )
    hops = _count(stance.hops_s, *_HOPS)
    where = {
        Stance.ONE_LEG: f"One stance on the {own}leg alone",
        Stance.TWO_LEGS: f"One stance on both legs, {own}leg",
        Stance.UNKNOWN: f"One stance on the {own}leg",
    }[stance.stance]
    seen = {
        Stance.ONE_LEG: f"{other} foot: {_count(stance.touch_downs_s, *_TOUCH_DOWNS)}",
        Stance.TWO_LEGS: "both feet on the ground",
        Stance.UNKNOWN: f"touch-downs of the {other} foot not seen, no sensor on it measured them",
    }[stance.stance]
    return f"{where}, {long_s:.0f} s: {held}; {own}foot: {hops}; {seen}."


def _count(spans_s: tuple[tuple[float, float], ...] | None, one: str, many: str) -> str:
    if spans_s is None:
        return f"{many} not seen, no sensor on it"
    return {0: f"no {one}", 1: f"1 {one}"}.get(len(spans_s), f"{len(spans_s)} {many}")


def _describe_tilt(tilt: TiltSway) -> str:
    total = _figure(tilt.total_rms_rad, tilt.total_sigma_rad)
    words = f"{_SEGMENTS[tilt.placement]} {total}"
    if math.isnan(tilt.mediolateral_rms_rad):
        return words
    sideways = _figure(tilt.mediolateral_rms_rad, tilt.mediolateral_sigma_rad)
    forward = _figure(tilt.anteroposterior_rms_rad, tilt.anteroposterior_sigma_rad)
    return f"{words} ({sideways} sideways, {forward} forward and back)"


def _figure(rms_rad: float, sigma_rad: float) -> str:
    if not math.isfinite(rms_rad):
        return "not measured"
    return f"{math.degrees(rms_rad):.2f}° ± {1.96 * math.degrees(sigma_rad):.2f}"
