"""The report as text: one sentence first, then meaning, geometry, what to change, and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.model import Origin
from sensor_screen.report.telling import tell
from sensor_screen.report.terminal_advice import (
    show_advice,
    show_cards,
    show_checklist,
    show_gentle_advice,
    show_pathway,
)
from sensor_screen.report.terminal_geometry import show_panels, show_range, show_tracks
from sensor_screen.report.terminal_measures import (
    list_comparisons,
    list_exposure,
    list_repetitions,
    show_curve,
)
from sensor_screen.report.terminal_page import Page
from sensor_screen.report.terminal_quality import describe_quality
from sensor_screen.report.terminal_results import list_base_rates, show_changes, show_results
from sensor_screen.report.terminal_sway import list_sway
from sensor_screen.report.terminal_verdict import (
    show_concerns,
    show_flags,
    show_meanings,
    show_room,
    show_verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.judgement import ScreeningReport
    from sensor_screen.model import LegMeasures
    from sensor_screen.report.telling import Telling

NARROWEST, WIDEST = 60, 120


def render_terminal(
    report: ScreeningReport, *, width: int = 80, colour: bool = False, ascii_only: bool = False
) -> str:
    """The report as lines of text, in its language and for whom it is.

    Args:
        report: What one screen found.
        width: Columns; taken as 60 to 120.
        colour: Whether to use ANSI colours. Nothing is said by colour alone.
        ascii_only: For terminals without Unicode.
    """
    page = Page(min(max(width, NARROWEST), WIDEST), colour, ascii_only)
    told = tell(report)
    lines = _open(told, page)
    if told.stopped:
        lines += show_flags(told, page)
    elif told.plain:
        lines += _for_healthy_people(told, page)
    else:
        lines += _for_clinicians(told, page)
    return page.finish([*lines, *_close(told, page)])


def _open(told: Telling, page: Page) -> list[str]:
    report = told.report
    sides = tuple(leg.side for leg in report.legs)
    legs = told.voice.listing(sides, "ankle") if sides else told.text("no_leg")
    title = told.text("title_plain") if told.plain else told.clinic("title")
    if report.origin is Origin.SIMULATED:
        title += f" ({told.text('simulated')})"
    where = (told.foreign(report.source), told.when())
    source = page.paragraph(" · ".join(part for part in where if part))
    lines = [*page.heading(title, legs), *source, page.rule()]
    lines += _list_marks(told.own_marks(), page)
    said, english = _by_language(report.marks, told)
    lines += _list_marks(said, page)
    if english:
        lines += page.paragraph(told.text("marks_language"), style="dim")
    return lines + _list_marks(english, page)


def _by_language(sentences: Iterable[str], told: Telling) -> tuple[list[str], list[str]]:
    """Sentences of the measurement in the language of the report, and those that are English."""
    groups: tuple[list[str], list[str]] = ([], [])
    for sentence in dict.fromkeys(sentences):
        groups[told.stays_english(sentence)].append(told.foreign_measured(sentence))
    said, english = (list(dict.fromkeys(group)) for group in groups)
    return said, english


def _list_marks(marks: Iterable[str], page: Page) -> list[str]:
    return [
        line
        for mark in marks
        for line in page.paragraph(mark, first="! ", indent="  ", style="bold")
    ]


def _for_clinicians(told: Telling, page: Page) -> list[str]:
    lines = [*show_verdict(told, page), "", *show_concerns(told, page)]
    lines += ["", *show_panels(told, page)]
    for leg in told.report.legs:
        lines += show_range(leg, told, page)
    lines += show_meanings(told, page)
    lines += show_advice(told, page)
    lines += _measures(told, page)
    lines += show_changes(told, page)
    lines += show_results(told, page)
    lines += show_checklist(told, page)
    lines += show_pathway(told, page)
    return lines + show_cards(told, page)


def _for_healthy_people(told: Telling, page: Page) -> list[str]:
    lines = show_room(told, page)
    for leg in told.report.legs:
        lines += show_tracks(leg, told, page)
    lines += show_gentle_advice(told, page)
    return lines + _measures(told, page) + show_changes(told, page)


def _measures(told: Telling, page: Page) -> list[str]:
    """What was measured on each leg, then left beside right."""
    lines = []
    for leg in told.report.legs:
        if of_leg := _leg(leg, told, page):
            lines += ["", page.rule(), *page.heading(told.text("measured", side=leg.side)), *of_leg]
    if compared := list_comparisons(told.report.comparisons, page, told):
        lines += ["", page.rule(), *page.heading(told.text("heading.sides")), *compared]
        lines += list_base_rates(told, page)
    return lines


def _leg(leg: LegMeasures, told: Telling, page: Page) -> list[str]:
    lines = list_repetitions(leg, page, told)
    if exposure := list_exposure(leg, page, told):
        heading = told.text("heading.trend") if told.plain else told.clinic("heading.near_end")
        lines += ["", *page.heading(heading), *exposure]
    lines += show_curve(leg, page, told)
    if sway := list_sway(leg, page, told):
        lines += ["", *page.heading(told.text("heading.sway")), *sway]
    return lines


def _missing(told: Telling, page: Page) -> list[str]:
    report = told.report
    sentences = [*report.missing, *(text for leg in report.legs for text in leg.missing)]
    said, english = _by_language(sentences, told)
    lines = [line for text in said for line in _item(text, page)]
    if english:
        lines += page.paragraph(told.text("marks_language"), style="dim")
    lines += [line for text in english for line in _item(text, page)]
    return ["", *page.heading(told.text("heading.missing")), *lines] if lines else []


def _item(text: str, page: Page) -> list[str]:
    return page.paragraph(text, first=" ·  ", indent="    ")


def _close(told: Telling, page: Page) -> list[str]:
    """Quality and notes, unless a red flag stands alone; the disclaimer always."""
    lines = []
    if not told.stopped:
        lines += [*_missing(told, page), "", *page.heading(told.text("heading.quality"))]
        for leg in told.report.legs:
            lines += describe_quality(leg, page, told)
        if told.notes:
            lines += ["", *page.heading(told.text("heading.notes"))]
        for number, note in enumerate(told.notes, start=1):
            lines += page.paragraph(note, first=f"{number:2d}  ", indent="    ")
    versions = {
        "software": told.report.software_version,
        "rulebook": told.judgement.rulebook_version,
    }
    made_by = told.text("made_by", **versions)
    if not told.plain and not told.stopped:
        made_by += " " + told.clinic("judged_by", **versions)
    lines += ["", *page.paragraph(made_by), page.rule()]
    for text in told.disclaimer():
        lines += page.paragraph(text)
    return lines
