"""What to do, in letters: advice with what it rests on, the checklist, the steps of care, cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Readiness
from sensor_screen.model import Side

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
    rests = [_name_basis(basis, told) for basis in advice.rests_on]
    text = f"{told.say(advice.reason)} "
    if rests:
        text += told.clinic("rests_on", what="; ".join(dict.fromkeys(rests))) + " "
    text += told.clinic("evidence", grade=told.grade(advice.grade))
    return lines + page.paragraph(text, first="    ", indent="    ", style="dim")


def _name_basis(basis: str, told: Telling) -> str:
    """An id in words: a finding with its ratio, a rule result with its figure, else as it is."""
    for finding in told.judgement.findings:
        if finding.id == basis:
            ratio = told.figure(100 * finding.demand.ratio, 196 * finding.demand.ratio_sigma, " %")
            return told.clinic(
                "basis", side=finding.side, task=finding.task, panel=finding.panel, figure=ratio
            )
    for result in told.judgement.results:
        if result.id == basis:
            figure = told.result_figure(result)
            key = "basis_rule" if figure else "basis_rule_alone"
            return told.clinic(key, rule=result.rule, figure=figure)
    return _name_answer(basis, told)


def _name_answer(basis: str, told: Telling) -> str:
    """The question behind the id of an answer, `section.item-side`; else the id as it is."""
    item, _, side = basis.partition("-")
    if not told.voice.has(f"intake.question.{item}"):
        return basis
    whose = Side(side) if side in set(Side) else Side.NONE
    question = told.voice.text(f"intake.question.{item}", side=whose)
    return told.clinic("basis_answer", question=question)


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
