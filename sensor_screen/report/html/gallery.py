"""The index of a gallery of reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.judgement import Language
from sensor_screen.report.html.lens import draw_lens
from sensor_screen.report.html.lenses import lenses_of
from sensor_screen.report.html.markup import tag
from sensor_screen.report.html.page import HATCHES, document, leading_first, style_sheet
from sensor_screen.report.telling import tell
from sensor_screen.report.verdict_words import lead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.judgement import ScreeningReport

_LENS = (372.0, 300.0)
_EDGE, _ABOVE = 24.0, 76.0
_LETTERS = "system-ui,Segoe UI,Helvetica,Arial,sans-serif"
_KINDS = {
    "wellness.html": "for healthy people",
    "de.html": "in German",
    ".svg": "as a picture",
    ".pdf": "on paper",
    "handout.pdf": "on paper, to take home",
}


@dataclass(frozen=True, slots=True)
class GalleryEntry:
    """One person, and the files of the reports beside the index."""

    name: str
    description: str
    files: tuple[str, ...]


def render_index(entries: Sequence[GalleryEntry]) -> str:
    """A page with a link to every report."""
    items = [
        tag(
            "li",
            tag("h2", entry.name),
            tag("p", entry.description, class_="note"),
            tag("p", *(_link(file, entry.name) for file in entry.files)),
            class_="card",
        )
        for entry in entries
    ]
    title = "Sample people: simulated, none of them exists"
    head = tag("header", tag("h1", title), class_="say")
    return document(title, Language.ENGLISH, [head, tag("ul", *items, class_="pair")])


def render_picture(report: ScreeningReport) -> str:
    """What the first sentence is about, as one SVG that needs nothing else: light and dark.

    The sentence stands above front and back of the leg that matters more.
    """
    told = tell(report)
    leg = leading_first(told)[0]
    lenses = lenses_of(leg, told)
    wide, tall = _LENS
    across = wide * len(lenses) + _EDGE * (len(lenses) + 1)
    high = _ABOVE + tall + _EDGE
    words = [lead(told)[0], f"{told.text('leg', side=leg.side)}, {told.text('simulated')}"]
    placed = [
        tag(
            "svg",
            draw_lens(lens),
            x=_EDGE + (wide + _EDGE) * number,
            y=_ABOVE,
            width=wide,
            height=tall,
        )
        for number, lens in enumerate(lenses)
    ]
    said = tag(
        "svg",
        tag("title", words[0]),
        tag("style", style_sheet()),
        HATCHES,
        tag("rect", width=across, height=high, rx="12", style="fill:var(--surface)"),
        tag("text", words[0], x=_EDGE, y=36.0, class_="b", style="font-size:19px"),
        tag("text", words[1], x=_EDGE, y=58.0),
        *placed,
        xmlns="http://www.w3.org/2000/svg",
        viewbox=f"0 0 {across:g} {high:g}",
        role="img",
        style=f"font-family:{_LETTERS}",
    )
    return f"{said}\n"


def _link(file: str, name: str) -> str:
    ending = file.removeprefix(name).removeprefix("-")
    kind = _KINDS.get(ending, "for clinicians")
    said = tag("span", f"{name}: ", class_="vh")
    return tag("a", said, kind, href=file, class_="file")
