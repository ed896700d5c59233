"""What a person reads first: marks, red flags or one sentence, and how much it matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import ConcernLevel, Pattern, Urgency
from sensor_screen.model import Origin
from sensor_screen.report.basis_words import name_codes
from sensor_screen.report.html.markup import Markup, join, tag
from sensor_screen.report.verdict_words import (
    MOST_PIPS,
    MOST_REASONS,
    lead,
    lead_plainly,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.judgement import Concern
    from sensor_screen.report.telling import Telling


def listed(items: Iterable[str], class_: str = "list") -> Markup:
    """A list; nothing where it would be empty."""
    said = [tag("li", item) for item in items]
    return tag("ul", *said, class_=class_) if said else Markup()


def title_of(told: Telling) -> str:
    """What kind of report it is."""
    return told.text("title_plain") if told.plain else told.clinic("title")


def show_top(told: Telling) -> Markup:
    """Title, legs, source, and whether anybody was measured at all."""
    report = told.report
    sides = tuple(leg.side for leg in report.legs)
    legs = told.voice.listing(sides, "ankle") if sides else told.text("no_leg")
    parts = [tag("span", title_of(told), class_="brand"), tag("span", legs)]
    parts.append(tag("bdi", told.foreign(report.source)))
    parts.append(tag("span", told.when()))
    if report.origin is Origin.SIMULATED:
        parts.append(tag("span", told.text("simulated"), class_="chip"))
    return tag("header", *parts, class_="top")


def show_marks(told: Telling) -> Markup:
    """What a reader must know before any figure."""
    own, measured = told.own_marks(), told.measured_marks()
    about = told.text("marks_language") if told.any_english(told.report.marks) else ""
    items = [*own, *([about] if about else []), *measured]
    if not items:
        return Markup()
    marks = listed(items, "marks")
    return tag("section", marks, aria_label=told.text("page.marks"))


def show_flags(told: Telling) -> Markup:
    """What comes before everything, the most pressing first; it replaces the report."""
    flags = told.judgement.red_flags
    if told.plain:
        said = told.say_all(flag.statement for flag in flags)
        return tag("section", tag("h1", said), class_="say flags alone")
    parts = [tag("h1", told.clinic("flags.headline"))]
    for urgency in Urgency:
        of_urgency = [told.say(f.statement) for f in flags if f.urgency is urgency]
        if of_urgency:
            parts += [tag("h2", told.voice.word(urgency, "label")), listed(of_urgency)]
    care = [a for a in told.judgement.advice if a.kind == "seek_care"]
    parts += [tag("p", told.say_all(a.statements)) for a in care]
    parts.append(tag("p", told.clinic("flags.kept")))
    return tag("section", *parts, class_="say flags alone")


def show_sentence(told: Telling) -> Markup:
    """What was found in one sentence, then the same of the other side of the joint."""
    if told.plain:
        return tag("section", tag("h1", lead_plainly(told)), class_="say alone")
    first, others = lead(told)
    more = [tag("p", sentence) for sentence in others]
    return tag("section", tag("h1", first), *more, class_="say")


def show_room(told: Telling) -> Markup:
    """For a healthy person: what each movement leaves."""
    if not told.judgement.room:
        return Markup()
    head = tag("h2", told.text("heading.room"))
    room = listed(told.say(statement) for statement in told.judgement.room)
    return tag("section", head, room, class_="card alone")


def show_concerns(told: Telling) -> Markup:
    """Each side of each joint: pips and words, and why."""
    shown = [_concern(concern, told) for concern in told.judgement.concerns]
    shown += [
        tag("p", _say_pattern(label.statement, label.rests_on, told), class_="note")
        for label in told.judgement.patterns
        if label.pattern is not Pattern.NONE
    ]
    if not shown:
        return Markup()
    head = tag("h2", told.clinic("page.concern"), class_="vh")
    return tag("section", head, *shown, class_="verdicts")


def _say_pattern(statement: object, rests_on: tuple[str, ...], told: Telling) -> Markup:
    said = told.voice.value(statement)
    return join(said, tag("span", f" ({name_codes(rests_on, told)})") if rests_on else "")


def _concern(concern: Concern, told: Telling) -> Markup:
    count = min(int(concern.level), MOST_PIPS) if concern.judged else 0
    pips = [tag("i", class_="on" if i < count else "") for i in range(MOST_PIPS)]
    marks = tag("span", *pips, class_="pips" if concern.judged else "pips none", aria_hidden="true")
    place = told.clinic("concern", side=concern.side, panel=concern.panel).rstrip(":")
    level = told.voice.word(concern.level, "label")
    level = level if concern.judged else told.clinic("not_judged")
    quiet = concern.judged and concern.level is ConcernLevel.NONE
    why = [told.say(reason) for reason in concern.why or (() if quiet else (concern.statement,))]
    reasons = why[:MOST_REASONS]
    if more := len(why) - len(reasons):
        reasons.append(told.clinic("more_reasons", count=more))
    return tag(
        "div",
        tag("h3", place),
        tag("p", marks, level, class_="v"),
        listed(reasons, "why"),
        class_=f"verdict l{count}",
    )


def show_disclaimer(told: Telling) -> Markup:
    """What this is not, who made it, and by which rules."""
    versions = {
        "software": told.report.software_version,
        "rulebook": told.judgement.rulebook_version,
    }
    made_by = told.text("made_by", **versions)
    if not told.plain and not told.stopped:
        made_by += " " + told.clinic("judged_by", **versions)
    said = [tag("p", text) for text in (*told.disclaimer(), made_by)]
    return tag("footer", *said, class_="disc")


def _missing(told: Telling) -> list[str]:
    report = told.report
    sentences = [*report.missing, *(text for leg in report.legs for text in leg.missing)]
    return list(dict.fromkeys(told.foreign_measured(text) for text in sentences))


def count_missing(told: Telling) -> int:
    """How many sentences `show_missing` has."""
    return len(_missing(told))


def show_missing(told: Telling) -> Markup:
    """What could not be measured, and why."""
    said = _missing(told)
    if not said:
        return Markup()
    return join(tag("h3", told.text("heading.missing")), listed(said))
