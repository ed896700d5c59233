"""What every page begins and ends with, and what a person reads first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sensor_screen.judgement import Claims, Panel, Urgency
from sensor_screen.model import Origin
from sensor_screen.report.printable import printable
from sensor_screen.report.verdict_words import MOST_PIPS, lead, lead_plainly

if TYPE_CHECKING:
    from sensor_screen.judgement import Concern
    from sensor_screen.report.telling import Telling

Json = dict[str, Any]
_SOURCE_LENGTH = 160


def show_frame(told: Telling, title: str) -> Json:
    """Title, whose ankle, marks, and what stands at the foot of the page."""
    report = told.report
    sides = tuple(leg.side for leg in report.legs)
    marks = told.measured_marks()
    return {
        "lang": report.language.value,
        "title": title,
        "simulated": told.text("simulated") if report.origin is Origin.SIMULATED else "",
        "legs": told.voice.listing(sides, "ankle") if sides else told.text("no_leg"),
        "source": printable(told.foreign(report.source), _SOURCE_LENGTH),
        "date": told.when(),
        "own_marks": list(told.own_marks()),
        "marks_language": told.text("marks_language") if told.any_english(report.marks) else "",
        "marks": list(dict.fromkeys(marks)),
        "foot": told.clinic("not_for_care") if report.claims is Claims.RESEARCH else "",
        "page": told.text("pdf.page"),
        "of": told.text("pdf.of"),
        "made_by": _say_versions(told),
        "disclaimer": list(told.disclaimer()),
    }


def _say_versions(told: Telling) -> str:
    versions = {
        "software": told.report.software_version,
        "rulebook": told.judgement.rulebook_version,
    }
    said = told.text("made_by", **versions)
    if told.plain or told.stopped:
        return said
    return f"{said} {told.clinic('judged_by', **versions)}"


def show_flags(told: Telling) -> Json:
    """What comes before everything, the most pressing first."""
    flags = told.judgement.red_flags
    if told.plain:
        headline = told.say_all(flag.statement for flag in flags)
        return {"headline": headline, "groups": [], "care": [], "kept": ""}
    groups = [
        {
            "when": told.voice.word(urgency, "label"),
            "said": [told.say(flag.statement) for flag in flags if flag.urgency is urgency],
        }
        for urgency in Urgency
    ]
    care = [told.say_all(a.statements) for a in told.judgement.advice if a.kind == "seek_care"]
    return {
        "headline": told.clinic("flags.headline"),
        "groups": [group for group in groups if group["said"]],
        "care": care,
        "kept": told.clinic("flags.kept"),
    }


def show_first(told: Telling) -> Json:
    """One sentence, then a second one where there is one."""
    if told.plain:
        return {"lead": lead_plainly(told), "second": ""}
    first, others = lead(told)
    return {"lead": first, "second": " ".join(others)}


def show_concerns(told: Telling) -> list[list[Json | None]]:
    """A row for each side: the front on the left, the back on the right; None where there is none.

    Each with pips, words and why.
    """
    found = {(c.side, c.panel): _concern(c, told) for c in told.judgement.concerns}
    sides = dict.fromkeys(side for side, _ in found)
    return [[found.get((side, panel)) for panel in Panel] for side in sides]


def _concern(concern: Concern, told: Telling) -> Json:
    level = told.voice.word(concern.level, "label")
    return {
        "place": told.clinic("concern", side=concern.side, panel=concern.panel),
        "level": level if concern.judged else told.clinic("not_judged"),
        "pips": min(int(concern.level), MOST_PIPS) if concern.judged else -1,
        "why": [told.say(reason) for reason in concern.why or (concern.statement,)],
    }
