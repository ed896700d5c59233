"""The best stance on one leg of a session, measured or by a stopwatch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.model import Side, Stance, StanceRole

if TYPE_CHECKING:
    from sensor_screen.judgement import SessionMeasures
    from sensor_screen.rules.rulebook import RuleBook

_OTHER = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}


@dataclass(frozen=True, slots=True)
class Hold:
    """How long one leg was stood on with open eyes."""

    hold_s: float
    """At most the length at which trials end."""
    is_minimum: bool
    """The leg was still held when the recording ended, before that length."""


def best_hold(session: SessionMeasures, side: Side, book: RuleBook) -> Hold | None:
    """The longest stance on one leg; None where none is known.

    A foot that is known to have been raised tells the time of the leg that stood, where that leg
    has no sensors. A stance of which it is not known whether the other foot was up is left out.

    Args:
        session: Legs and entries.
        side: The leg that stands.
        book: With the length at which trials end.
    """
    cap_s = book.value("balance_cap")
    entered_s = session.answers.number("entries.balance_eyes_open_s", side)
    holds = [(entered_s, False)] if math.isfinite(entered_s) else []
    for stance in (s for leg in session.legs for s in leg.sway):
        role = StanceRole.STANDING if stance.side is side else StanceRole.RAISED
        belongs = stance.side in (side, _OTHER.get(side)) and stance.role is role
        # A raised foot without a sensor on it, or a stance that saw no foot, tells no time.
        watched = stance.touch_downs_s is not None
        if belongs and watched and stance.stance is Stance.ONE_LEG and math.isfinite(stance.hold_s):
            holds.append((stance.hold_s, stance.hold_is_minimum))
    if not holds:
        return None
    # Of two of one length, one that ended by itself says more.
    hold_s, is_minimum = max(holds, key=lambda hold: (min(hold[0], cap_s), not hold[1]))
    return Hold(min(hold_s, cap_s), is_minimum and hold_s < cap_s)
