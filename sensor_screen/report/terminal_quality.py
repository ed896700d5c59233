"""How far the figures of a leg can be trusted, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.report.quality_words import describe_leg

if TYPE_CHECKING:
    from sensor_screen.model import LegMeasures
    from sensor_screen.report.telling import Telling
    from sensor_screen.report.terminal_page import Page


def describe_quality(leg: LegMeasures, page: Page, told: Telling) -> list[str]:
    """How far this leg's figures can be trusted, and why."""
    words = [told.text("quality.head", side=leg.side), *describe_leg(leg, told)]
    lines = page.paragraph(" ".join(words))
    for reason in () if leg.calibration is None else leg.calibration.reasons:
        lines += page.paragraph(told.measured(reason), first="  ! ", indent="    ")
    return lines
