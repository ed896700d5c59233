"""Which questions of the intake are open at a step of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Answers
from sensor_screen.model import Side
from sensor_screen.rules.answer_check import Problem, check_value
from sensor_screen.rules.questionnaire import shipped_intake
from sensor_screen.session.capture_view import Question

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.judgement import Answer
    from sensor_screen.model import Task


def open_questions(
    asked: Iterable[str], sides: tuple[Side, ...], answers: Answers, task: Task | None = None
) -> list[Question]:
    """The questions that have no answer yet, in the order of the intake.

    Args:
        asked: Sections or items.
        sides: Legs that are asked about.
        answers: So far.
        task: After which they are asked.
    """
    wanted = set(asked)
    return [
        Question(item, side, task, needed=bool(item.urgency) and not item.clinician_only)
        for section in shipped_intake().sections
        for item in section.items
        for side in (sides if item.sided else (Side.NONE,))
        if {section.id, item.id} & wanted
        and not answers.has(item.id, side)
        and (item.asked_when is None or item.asked_when.holds(answers, side))
    ]


def give(answers: Answers, question: Question, value: object) -> Answers | Problem:
    """The answers with one more, or what is wrong with it."""
    checked = check_value(question.item, value)
    if isinstance(checked, Problem):
        return checked
    values: dict[tuple[str, Side], Answer] = {
        **answers.values,
        (question.item.id, question.side): checked,
    }
    problems = shipped_intake().contradictions_of(Answers(values))
    return problems[0] if problems else Answers(values)
