"""Two figures beside each other: left and right, and now and before.

A grey band is what cannot be told apart from no difference. A mark is filled outside it, hollow
inside.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.judgement import PANELS, Verdict
from sensor_screen.model import Condition, Direction
from sensor_screen.report.html.markup import Markup, join, tag
from sensor_screen.report.html.tables import table
from sensor_screen.report.range_lens import number
from sensor_screen.report.result_words import base_rates_beside_sides
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from sensor_screen.judgement import Change
    from sensor_screen.model import SideComparison
    from sensor_screen.report.telling import Telling

_WIDTH, _HEIGHT, _MIDDLE = 180.0, 22.0, 90.0


def show_sides(told: Telling) -> Markup:
    """A row for each end range and typical peak of both legs."""
    compared = [one for one in told.report.comparisons if _is_shown(one)]
    largest = max((_reach(one) for one in compared), default=1.0)
    rows = [_side_row(one, largest, told) for one in compared]
    if not rows:
        return Markup()
    heads = [
        told.text("page.head.what"),
        *(told.text(f"sides.{k}") for k in ("left", "right", "gap")),
    ]
    heads += [told.text("page.head.picture"), told.text("page.head.found")]
    caption = told.text("page.sides_note")
    shown = table(caption, heads, rows, numeric=(1, 2, 3), wide=True)
    rates = [] if told.plain else base_rates_beside_sides(told)
    notes = [tag("p", rate, class_="note") for rate in rates]
    head = tag("h2", told.text("heading.sides"))
    return tag("section", head, shown, *notes, class_="card alone stack")


def _is_shown(one: SideComparison) -> bool:
    test = one.what.partition(", ")[0]
    return one.measure in ("end range", "typical peak") and test != Condition.SEATED


def _reach(one: SideComparison) -> float:
    error = NORMAL_95 * one.sigma if math.isfinite(one.sigma) else 0.0
    return max(abs(one.difference), error, 1e-6)


def _side_row(one: SideComparison, largest: float, told: Telling) -> list[str]:
    test, _, direction = one.what.partition(", ")
    name = f"{told.what(test.replace(' ', '_'))}, {told.voice.word(PANELS[Direction(direction)])}"
    left, right = (f"{told.number(math.degrees(v))}°" for v in (one.left, one.right))
    error = NORMAL_95 * one.sigma
    gap = told.figure(abs(math.degrees(one.difference)), math.degrees(error))
    real = abs(one.difference) > error
    larger = "left_larger" if one.difference > 0 else "right_larger"
    verdict = told.text(f"sides.{larger if real else 'alike'}")
    # To the left where the left ankle has more.
    shape = "left" if one.difference > 0 else "right"
    mark = draw_difference(-one.difference / largest, error / largest, real=real, shape=shape)
    return [f"{name[:1].upper()}{name[1:]}", left, right, gap, mark, verdict]


def show_changes(told: Telling) -> Markup:
    """Each measure that was there before: then, now, and whether that is real; real ones first.

    On paper the others are counted.
    """
    ordered = sorted(told.judgement.changes, key=lambda change: change.verdict is Verdict.SAME)
    rows = [_change_row(change, told) for change in ordered]
    if not rows:
        return Markup()
    heads = [told.text(f"page.head.{name}") for name in ("change", "picture")]
    head = tag("h2", told.text("heading.changes"))
    kinds = {i: "quiet" for i, change in enumerate(ordered) if change.verdict is Verdict.SAME}
    shown = table(told.text("page.change_note"), heads, rows, wide=True, flows=True, kinds=kinds)
    others = told.voice.text("progress.unchanged", count=len(kinds)) if kinds else ""
    return tag(
        "section", head, shown, tag("p", others, class_="paper note"), class_="card alone changes"
    )


def _change_row(change: Change, told: Telling) -> list[str]:
    real = change.verdict is not Verdict.SAME
    size = change.difference / change.smallest if change.smallest > 0 else 0.0
    scale = max(2.0, abs(size))
    mark = draw_difference(size / scale, 1.0 / scale, real=real, shape="right")
    return [told.say_change(change), mark]


def draw_difference(at: float, band: float, *, real: bool, shape: str) -> Markup:
    """A mark beside the band round no difference; for the eye only, the table holds the figures.

    Args:
        at: -1 to 1.
        band: Half its width, in the same unit.
        real: Outside the band, and so filled.
        shape: `left` is a square, anything else round.
    """
    room, y = _MIDDLE - 8.0, 0.5 * _HEIGHT
    half = min(max(band, 0.0), 1.0) * room if math.isfinite(band) else 0.0
    x = _MIDDLE + min(max(at, -1.0), 1.0) * room
    edges = f"M{number(_MIDDLE - half)} 2V20M{number(_MIDDLE + half)} 2V20"
    kind = ("left" if shape == "left" else "dot") if real else "hollow"
    if shape == "left":
        kind = "left" if real else "left hollow"
        mark = tag("rect", x=x - 5.0, y=y - 5.0, width=10.0, height=10.0, class_=kind,
                   stroke_width="2")  # fmt: skip
    else:
        mark = tag("circle", cx=x, cy=y, r="5", class_=kind, stroke_width="2")
    drawn = join(
        tag("rect", x=_MIDDLE - half, y=2.0, width=2.0 * half, height=18.0, class_="sunk"),
        tag("path", d=edges, class_="edge"),
        tag("path", d=f"M{number(_MIDDLE)} 0V22", class_="edge dash"),
        mark,
    )
    box = f"0 0 {number(_WIDTH)} {number(_HEIGHT)}"
    return tag("svg", drawn, viewbox=box, aria_hidden="true")
