"""What a person sees first: red flags, or one sentence, how much it matters, and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Pattern, Urgency, Zone
from sensor_screen.report.basis_words import name_codes
from sensor_screen.report.verdict_words import MOST_PIPS, MOST_REASONS, lead, lead_plainly

if TYPE_CHECKING:
    from sensor_screen.report.telling import Telling
    from sensor_screen.report.terminal_page import Page


def show_flags(told: Telling, page: Page) -> list[str]:
    """What comes before everything, the most pressing first; it replaces the report."""
    flags = told.judgement.red_flags
    if told.plain:
        return page.paragraph(told.say_all(flag.statement for flag in flags), style="bold")
    lines = page.paragraph(told.clinic("flags.headline"), style="bold")
    for urgency in Urgency:
        of_urgency = [flag for flag in flags if flag.urgency is urgency]
        if of_urgency:
            lines += ["", *page.paragraph(told.voice.word(urgency, "label"), style="bold")]
        for flag in of_urgency:
            lines += page.paragraph(told.say(flag.statement), first=" ·  ", indent="    ")
    for advice in told.judgement.advice:
        if advice.kind == "seek_care":
            lines += ["", *page.paragraph(told.say_all(advice.statements))]
    return [*lines, "", *page.paragraph(told.clinic("flags.kept"))]


def show_verdict(told: Telling, page: Page) -> list[str]:
    """What was found in one sentence, then the same of the other side of the joint.

    Where something is worth discussing, that is the sentence, and its first reason the second.
    Else the first reason of a note leads, as what is felt counts more than a position. Where all
    was judged and nothing is to be noted, that is said before the position closest to its end.
    """
    leading, others = lead(told)
    lines = page.paragraph(leading, style="bold")
    for sentence in others:
        lines += page.paragraph(sentence)
    return lines


def show_concerns(told: Telling, page: Page) -> list[str]:
    """Each side of each joint: pips and words, and why."""
    lines = []
    for concern in told.judgement.concerns:
        pips = min(int(concern.level), MOST_PIPS)
        marks = "●" * pips + "○" * (MOST_PIPS - pips) if concern.judged else "–" * MOST_PIPS
        place = told.clinic("concern", side=concern.side, panel=concern.panel)
        level = told.voice.word(concern.level, "label")
        level = level if concern.judged else told.clinic("not_judged")
        head = f"{marks}  {place} "
        lines += page.paragraph(head + level, indent="     ", style="bold")
        why = concern.why or (concern.statement,)
        for reason in why[:MOST_REASONS]:
            lines += page.paragraph(told.say(reason), first="     ", indent="     ")
        if (more := len(why) - MOST_REASONS) > 0:
            text = told.clinic("more_reasons", count=more)
            lines += page.paragraph(text, first="     ", indent="     ")
    for label in told.judgement.patterns:
        if label.pattern is Pattern.NONE:
            continue
        text = told.say(label.statement)
        if label.rests_on:
            text += f" ({name_codes(label.rests_on, told)})"
        lines += page.paragraph(text, first=" ·   ", indent="     ")
    return lines


def show_meanings(told: Telling, page: Page) -> list[str]:
    """What each position that comes close means, with its limits."""
    findings = told.judgement.findings
    close = [f for f in findings if f.zone != Zone.GREEN]
    lines = ["", page.rule(), *page.heading(told.clinic("heading.meaning"))]
    if not close:
        return lines + page.paragraph(
            told.clinic("meaning.none" if findings else "meaning.nothing")
        )
    for finding in close:
        head = told.clinic(
            "meaning.head",
            task=finding.task,
            side=finding.side,
            zone=finding.zone,
            panel=finding.panel,
        )
        text = f"{head[:1].upper()}{head[1:]} {told.say_all(finding.meaning)}"
        lines += page.paragraph(text, first="· ", indent="  ")
        note = told.say(finding.threshold_note)
        lines += page.paragraph(note, first="  ", indent="  ", style="dim")
    return lines


def show_room(told: Telling, page: Page) -> list[str]:
    """For a healthy person: one sentence, then what each movement leaves."""
    room = told.judgement.room
    lines = page.paragraph(lead_plainly(told), style="bold")
    if room:
        lines += ["", *page.heading(told.text("heading.room"))]
    for statement in room:
        lines += page.paragraph(told.say(statement), first=" ·  ", indent="    ")
    return lines
