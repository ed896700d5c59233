"""What to do, in letters: advice with what it rests on, the checklist, the steps of care, cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Readiness
from sensor_screen.report.basis_words import name_basis

if TYPE_CHECKING:
    from sensor_screen.judgement import Advice
    from sensor_screen.report.telling import Telling
    from sensor_screen.report.terminal_page import Page

_BOXES = {Readiness.MET: "[x]", Readiness.NOT_MET: "[ ]", Readiness.UNKNOWN: "[?]"}


def show_advice(told: Telling, page: Page) -> list[str]:
    """Lines that rest on a finding first and numbered, then general prevention."""
    specific = [advice for advice in told.judgement.advice if advice.rests_on]
    general = [advice for advice in told.judgement.advice if not advice.rests_on]
    lines = []
    if specific:
        lines += ["", page.rule(), *page.heading(told.clinic("heading.advice"))]
    for number, advice in enumerate(specific, start=1):
        lines += _one(advice, f"{number:2d}  ", told, page)
    if general:
        lines += ["", *page.heading(told.clinic("heading.prevention"))]
    for advice in general:
        lines += _one(advice, " ·  ", told, page)
    return lines


def _one(advice: Advice, first: str, told: Telling, page: Page) -> list[str]:
    """What to do, the smallest change, and what it rests on: answers, figures and evidence."""
    todo, *more = (told.say(statement) for statement in advice.statements)
    lines = page.paragraph(
        todo, first=first, indent="    ", style="bold" if advice.rests_on else ""
    )
    for sentence in more:
        lines += page.paragraph(sentence, first="    ", indent="    ")
    rests = [name_basis(basis, told) for basis in advice.rests_on]
    text = f"{told.say(advice.reason)} "
    if rests:
        text += told.clinic("rests_on", what="; ".join(dict.fromkeys(rests))) + " "
    text += told.clinic("evidence", grade=told.grade(advice.grade))
    return lines + page.paragraph(text, first="    ", indent="    ", style="dim")


def show_gentle_advice(told: Telling, page: Page) -> list[str]:
    """For a healthy person: each line alone."""
    lines = ["", page.rule(), *page.heading(told.text("heading.gentle"))]
    for advice in told.judgement.advice:
        lines += page.paragraph(told.say_all(advice.statements), first=" ·  ", indent="    ")
    return lines


def show_checklist(told: Telling, page: Page) -> list[str]:
    """What a return to the own activity asks for, and what of it is met."""
    lines = []
    for item in told.judgement.readiness:
        text = f"{told.say(item.statement)} ({told.voice.word(item.state, 'label')})"
        lines += page.paragraph(text, first=f"{_BOXES[item.state]} ", indent="    ")
        evidence = told.clinic("evidence", grade=told.grade(item.grade))
        lines += page.paragraph(evidence, first="    ", indent="    ", style="dim")
    return ["", *page.heading(told.clinic("heading.checklist")), *lines] if lines else []


def show_pathway(told: Telling, page: Page) -> list[str]:
    """The steps of care, and which one is to be taken now."""
    lines = []
    for number, step in enumerate(told.judgement.pathway, start=1):
        text = told.say(step.statement)
        style = "bold" if step.current else ""
        first = f"{'▶' if step.current else ' '}{number}  "
        lines += page.paragraph(text, first=first, indent="    ", style=style)
    return ["", *page.heading(told.clinic("heading.pathway")), *lines] if lines else []


def show_cards(told: Telling, page: Page) -> list[str]:
    """What to know of the joint."""
    lines = []
    for card in told.judgement.cards:
        lines += page.paragraph(told.say(card), first=" ·  ", indent="    ")
    return ["", *page.heading(told.clinic("heading.cards")), *lines] if lines else []
