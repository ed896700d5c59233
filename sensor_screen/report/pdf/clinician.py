"""The report for a clinician on paper: one page, then an appendix with every figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.report.pdf.advice import show_advice
from sensor_screen.report.pdf.appendix import show_appendix
from sensor_screen.report.pdf.opening import show_concerns, show_first, show_flags, show_frame
from sensor_screen.report.pdf.panels import show_legend, show_lenses
from sensor_screen.report.pdf.typesetting import set_pdf
from sensor_screen.report.telling import tell

if TYPE_CHECKING:
    from sensor_screen.judgement import ScreeningReport


def render_pdf(report: ScreeningReport) -> bytes:
    """One page and an appendix as PDF; a red flag stands alone.

    Raises:
        sensor_screen.errors.UsageError: typst is not installed.
    """
    told = tell(report)
    title = told.text("title_plain") if told.plain else told.clinic("title")
    content = show_frame(told, title)
    if told.stopped:
        return set_pdf("stopped.typ", content | {"flags": show_flags(told)})
    lenses = show_lenses(told)
    content |= {
        **show_first(told),
        "concerns": show_concerns(told),
        "lenses": lenses,
        "lens_title": told.text("pdf.lens_title"),
        "legend": show_legend((cell for row in lenses for cell in row["cells"]), told),
        "room_title": told.text("heading.room"),
        "room": [told.say(statement) for statement in told.judgement.room],
        "advice_title": told.text("heading.gentle")
        if told.plain
        else told.clinic("heading.advice"),
        "advice": show_advice(told, specific=not told.plain),
        "more_advice": told.text("pdf.more_advice"),
        "more_reasons": told.text("pdf.more_reasons"),
        "see_appendix": told.text("pdf.see_appendix"),
        "missing": told.text("pdf.missing", count=_count_missing(report)),
        "missing_count": _count_missing(report),
        "appendix_title": told.text("pdf.appendix"),
        "appendix": show_appendix(told),
    }
    return set_pdf("clinician.typ", content)


def _count_missing(report: ScreeningReport) -> int:
    every = (*report.missing, *(text for leg in report.legs for text in leg.missing))
    return len(set(every))
