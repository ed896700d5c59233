"""Where it hurts, as front or back of the ankle.

A place that is not clear (`diffuse`) speaks for neither side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Panel

if TYPE_CHECKING:
    from sensor_screen.judgement import Answers
    from sensor_screen.model import Side

SITES: dict[Panel, frozenset[str]] = {
    Panel.ANTERIOR: frozenset({"front", "front_inner", "front_outer"}),
    Panel.POSTERIOR: frozenset({"back", "back_inner", "back_outer"}),
}
"""Answers to `symptoms.where`, by the side of the joint that they name."""


def hurts_at(answers: Answers, side: Side, panel: Panel) -> bool:
    """Whether a place was named that belongs to this side of the joint."""
    return bool(SITES[panel] & set(answers.choices("symptoms.where", side)))


def is_place_known(answers: Answers, side: Side) -> bool:
    """Whether any place was named that tells front from back."""
    return any(hurts_at(answers, side, panel) for panel in Panel)
