"""One page in plain words for the person who was measured: no rule, no limit, no grade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sensor_screen.report.pdf.opening import show_first, show_flags, show_frame
from sensor_screen.report.pdf.panels import show_leading_lens, show_legend
from sensor_screen.report.pdf.typesetting import set_pdf
from sensor_screen.report.telling import tell

if TYPE_CHECKING:
    from sensor_screen.judgement import ScreeningReport
    from sensor_screen.report.telling import Telling

Json = dict[str, Any]
_MOST_ADVICE = 5


def render_handout(report: ScreeningReport) -> bytes:
    """The hand-out as PDF; a red flag stands alone.

    Raises:
        sensor_screen.errors.UsageError: typst is not installed.
    """
    told = tell(report)
    content = show_frame(told, told.text("handout.title"))
    # Of the versions only the software: rule books and grades are for clinicians.
    content["made_by"] = told.text("made_by", software=report.software_version)
    if told.stopped:
        flags = show_flags(told)
        return set_pdf("stopped.typ", content | {"flags": {**flags, "kept": ""}})
    lens = show_leading_lens(told)
    missing = (*report.missing, *(text for leg in report.legs for text in leg.missing))
    more = len(told.judgement.advice) - _MOST_ADVICE
    first = show_first(told)
    said = [text for text in _say_others(told) if text not in first.values()]
    content |= {
        **first,
        "said": said,
        "lens": lens,
        "lens_words": told.text("handout.lens"),
        "legend": show_legend((lens,), told),
        "advice_title": told.text("handout.advice"),
        "advice": _advise(told),
        "more": told.text("handout.more", count=more) if more > 0 else "",
        "next_title": told.text("handout.next"),
        "next": _say_next(told),
        "missing_title": told.text("heading.missing"),
        "missing": list(dict.fromkeys(told.foreign_measured(text) for text in missing)),
    }
    return set_pdf("handout.typ", content)


def _say_others(told: Telling) -> list[str]:
    """What was left of each range, or what was seen on each side of each joint."""
    if told.plain:
        return [told.say(statement) for statement in told.judgement.room]
    return list(dict.fromkeys(told.say(concern.statement) for concern in told.judgement.concerns))


def _advise(told: Telling) -> list[Json]:
    """What rests on a finding first, then what helps everybody."""
    ordered = sorted(told.judgement.advice, key=lambda advice: not advice.rests_on)
    lines = [[told.say(s) for s in advice.statements] for advice in ordered[:_MOST_ADVICE]]
    return [{"todo": line[0], "more": line[1:]} for line in lines]


def _say_next(told: Telling) -> list[str]:
    return [told.say(step.statement) for step in told.judgement.pathway if step.current]
