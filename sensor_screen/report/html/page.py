"""One report as one HTML file: no script, nothing from elsewhere, readable as it is.

The order is that of the reader: what to know first, one sentence, how much it matters, what to
change, then the geometry, the measures, and how far all of it can be trusted. On paper the first
sheet is the whole message, with short advice and the disclaimer at its foot; the rest is appendix.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from sensor_screen.report.html.advice import (
    show_advice,
    show_advice_again,
    show_cards,
    show_checklist,
    show_gentle_advice,
    show_meanings,
    show_pathway,
)
from sensor_screen.report.html.differences import show_changes, show_sides
from sensor_screen.report.html.lenses import show_lenses
from sensor_screen.report.html.markup import Markup, join, tag
from sensor_screen.report.html.measures import show_measures, show_notes, show_quality
from sensor_screen.report.html.results import show_results
from sensor_screen.report.html.tokens import DARK, LIGHT, PAPER, as_css
from sensor_screen.report.html.verdict import (
    count_missing,
    show_concerns,
    show_disclaimer,
    show_flags,
    show_marks,
    show_missing,
    show_room,
    show_sentence,
    show_top,
    title_of,
)
from sensor_screen.report.telling import tell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sensor_screen.judgement import Language, ScreeningReport
    from sensor_screen.model import LegMeasures
    from sensor_screen.report.telling import Telling

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""What a browser may fetch or run for this page: nothing."""

HATCHES = tag(
    "svg",
    tag(
        "defs",
        *(
            tag(
                "pattern",
                tag("rect", width="6", height="6", style=f"fill:{ground}"),
                tag("rect", width=width, height="6", style=f"fill:var(--near);opacity:{opacity}"),
                id=name,
                width="6",
                height="6",
                patternunits="userSpaceOnUse",
                patterntransform="rotate(45)",
            )
            for name, ground, width, opacity in (
                ("hatch", "var(--surface)", "2.4", "1"),
                ("hatch-light", "none", "1.4", ".45"),
            )
        ),
    ),
    width="0",
    height="0",
    style="position:absolute;width:0;height:0",
    aria_hidden="true",
)


def render_html(report: ScreeningReport) -> str:
    """The report as one HTML page, in its language and for whom it is."""
    told = tell(report)
    parts = [*_front(told), *_appendix(told), show_disclaimer(told)]
    title = title_of(told)
    if sides := tuple(leg.side for leg in report.legs):
        title += f", {told.voice.listing(sides, 'ankle')}"
    return document(title, report.language, parts, skip=told.text("page.skip"))


def document(title: str, language: Language, parts: Iterable[str], *, skip: str = "") -> str:
    """A whole page of these parts.

    Args:
        title: Of the window.
        language: Of the words in it.
        parts: Sections in their order; those that are empty leave nothing behind.
        skip: Words of the link to `#advice`, where there is such a place.
    """
    inside = join(*parts)
    links = skip and 'id="advice"' in inside
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", style_sheet()),
    )
    body = tag(
        "body",
        HATCHES,
        tag("a", skip, class_="skip", href="#advice") if links else "",
        tag("main", inside, class_="sheet"),
    )
    page = tag("html", head, body, lang=language.value, dir="ltr")
    return f"<!doctype html>\n{page}\n"


@cache
def style_sheet() -> Markup:
    """The style sheet with its colours."""
    sheet = resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    light = f":root{{color-scheme:light;{as_css(LIGHT)}}}"
    dark = f"@media (prefers-color-scheme:dark){{:root{{color-scheme:dark;{as_css(DARK)}}}}}"
    paper = f"@media print{{:root{{color-scheme:light;{as_css(PAPER)}}}}}"
    return Markup(f"{light}{dark}{paper}{sheet}")


def _front(told: Telling) -> Iterator[Markup]:
    """What a reader must know; one sheet of paper, where anything follows it."""
    opening = [show_top(told), show_marks(told)]
    if told.stopped:
        yield from (*opening, show_flags(told))
    elif told.plain:
        shown = [show_sentence(told), show_room(told), show_gentle_advice(told)]
        lenses = [show_lenses(leg, told) for leg in told.report.legs]
        yield tag("div", *opening, *shown, *lenses, _foot(told), class_="front")
    else:
        shown = [show_sentence(told), show_concerns(told), show_advice(told)]
        lenses = [show_lenses(leg, told) for leg in leading_first(told)]
        yield tag("div", *opening, *shown, *lenses, _foot(told), class_="front")


def _foot(told: Telling) -> Markup:
    """The end of the first sheet; a screen does not need it."""
    said = [told.text("pdf.see_appendix")]
    if missing := count_missing(told):
        said.insert(0, told.text("pdf.missing", count=missing))
    note = tag("p", " ".join(said), class_="note")
    disclaimer = [tag("p", text) for text in told.disclaimer()]
    return tag("div", note, *disclaimer, class_="foot paper disc")


def _appendix(told: Telling) -> Iterator[Markup]:
    if told.stopped:
        return
    yield tag("p", told.text("pdf.appendix"), class_="paper appendix")
    if not told.plain:
        yield show_advice_again(told)
        yield show_meanings(told)
    yield from (show_measures(leg, told) for leg in told.report.legs)
    yield show_sides(told)
    yield show_changes(told)
    if not told.plain:
        yield show_results(told)
        pair = [show_checklist(told), show_pathway(told)]
        yield tag("div", *pair, class_="two") if any(pair) else Markup()
        yield show_cards(told)
    yield _trust(told)


def leading_first(told: Telling) -> list[LegMeasures]:
    """The leg that matters more first."""
    most = {c.side: 0 for c in told.judgement.concerns}
    for concern in told.judgement.concerns:
        most[concern.side] = max(most[concern.side], int(concern.level))
    return sorted(told.report.legs, key=lambda leg: -most.get(leg.side, 0))


def _trust(told: Telling) -> Markup:
    """Last of all, because it also lists the notes that everything above pointed at."""
    inside = [show_missing(told), show_quality(told), show_notes(told)]
    return tag("section", *inside, class_="card alone stack")
