"""Shoes: opposite for front and back, as a raised heel eases the one and loads the other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.judgement import Panel, Pattern, Statement, Zone
from sensor_screen.model import Task
from sensor_screen.rules.smallest_change import NEAR, contact_length, heel_tilt_rad

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.judgement import Advice
    from sensor_screen.model import Side
    from sensor_screen.rules.grounds import Grounds

_PATTERN_PANELS: dict[Pattern, tuple[Panel, ...]] = {
    Pattern.FRONT: (Panel.ANTERIOR,),
    Pattern.BACK: (Panel.POSTERIOR,),
    Pattern.UNCLEAR: (Panel.ANTERIOR, Panel.POSTERIOR),
    Pattern.NONE: (),
}
_NO_PLACE = {"S5", "S10", "S11"}
"""Giving way, swelling and earlier injuries: no heel eases them."""
_MM = 1000.0


def advise_footwear(grounds: Grounds) -> Iterator[Advice]:
    """The heel for each leg, then what the shoes that were worn do to the figures."""
    lines = [line for side in grounds.sides for line in _heel(side, grounds)]
    yield from lines or [grounds.general("footwear")]
    if worn := dict(_worn(grounds)):
        said = [Statement("advice.footwear.other_shoes"), *worn.values()]
        yield grounds.line("footwear-worn", said, Statement("advice.reason.worn"), worn)


def loaded_panels(
    side: Side, grounds: Grounds, *, with_kicks: bool = True
) -> dict[Panel, list[str]]:
    """The sides of one joint that come close to their end or hurt, and what tells so.

    A side that only gets close counts where the other is near its end. Kicks are left out where
    only what is done in the same shoes counts.
    """
    counted = [f for f in grounds.findings if f.side == side]
    of_leg = [f for f in counted if with_kicks or f.task != Task.KICK]
    small = [f for f in grounds.small_ranges(side) if f in of_leg]
    near = [finding for finding in of_leg if finding.zone in NEAR]
    close = [f for f in of_leg if f.zone == Zone.AMBER] if near or small else []
    told: dict[Panel, list[str]] = {}
    for finding in (*near, *small, *close):
        told.setdefault(finding.panel, []).append(finding.id)
    for label in grounds.patterns:
        if label.side == side and set(label.rests_on) - _NO_PLACE:
            for panel in _PATTERN_PANELS[label.pattern]:
                told.setdefault(panel, []).extend(label.rests_on)
    return told


def _heel(side: Side, grounds: Grounds) -> Iterator[Advice]:
    told = loaded_panels(side, grounds)
    if not told:
        return
    which = "both" if len(told) == 2 else "front" if Panel.ANTERIOR in told else "back"
    said = [Statement(f"advice.footwear.{which}", {"side": side})]
    if which != "back":
        said.append(Statement("advice.footwear.not_for_kicking"))
    rests_on = [name for panel in Panel for name in told.get(panel, ())]
    yield grounds.line(f"footwear-{side}", said, Statement("advice.reason.pattern"), rests_on)


def _worn(grounds: Grounds) -> Iterator[tuple[str, Statement]]:
    """Answers on shoes that change how far the ankle bends, and what they do."""
    answers, book = grounds.answers, grounds.book
    if "boot" in answers.choices("footwear.kind"):
        yield "footwear.kind", Statement("advice.footwear.boot")
    drop_mm = answers.number("footwear.heel_drop_mm")
    if drop_mm > 0.0:
        tilt = heel_tilt_rad(drop_mm / _MM, contact_length(answers, book))
        figures = {"drop_mm": drop_mm, "degrees": math.degrees(tilt)}
        yield "footwear.heel_drop_mm", Statement("advice.footwear.heel_drop", figures)


def advise_support(grounds: Grounds) -> Iterator[Advice]:
    """Shoes that hold, for ankles that give way or were sprained."""
    for side in grounds.sides:
        told, results = grounds.instability(side), grounds.notable(side, "I1")
        if told or results:
            yield grounds.line(
                f"footwear-{side}-support",
                [
                    Statement("advice.footwear.support", {"side": side}),
                    Statement("advice.footwear.support_for"),
                ],
                Statement("advice.reason.unstable"),
                [*told, *(result.id for result in results)],
                basis="support",
            )
