"""Stances in letters: how long each was held, what interrupted it, and the tilt in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.report.sway_words import describe_hold, describe_tilt

if TYPE_CHECKING:
    from sensor_screen.model import LegMeasures
    from sensor_screen.report.telling import Telling
    from sensor_screen.report.terminal_page import Page


def list_sway(leg: LegMeasures, page: Page, told: Telling) -> list[str]:
    """Each stance: hold time, touch-downs and hops, then the tilt with its 95 % error."""
    lines = []
    for stance in leg.sway:
        lines += page.paragraph(describe_hold(stance, told), indent="  ")
        if stance.tilt:
            tilts = "; ".join(describe_tilt(tilt, told) for tilt in stance.tilt)
            lines += page.paragraph(told.text("sway.tilt", tilts=tilts), first="  ", indent="  ")
        for reason in stance.reasons:
            lines += page.paragraph(told.measured(reason), first="  ! ", indent="    ")
    if lines:
        lines += page.paragraph(told.text("sway.own_only"), style="dim")
    return lines
