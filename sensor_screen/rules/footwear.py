"""What was on the foot in a session, and whether two sessions are alike in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensor_screen.judgement import SessionMeasures


def footwear_of(session: SessionMeasures) -> str:
    """`barefoot`, `shoe`, `boot` or `other`; empty where nobody said."""
    return next(iter(session.answers.choices("footwear.kind")), "")


def differ_in_footwear(one: SessionMeasures, other: SessionMeasures) -> bool:
    """Whether both were said and are not the same."""
    kinds = footwear_of(one), footwear_of(other)
    return all(kinds) and kinds[0] != kinds[1]
