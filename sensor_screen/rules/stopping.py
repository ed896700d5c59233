"""When a guided screen ends: asked after each task, before the next one is offered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Statement, StopReason
from sensor_screen.model import Task
from sensor_screen.rules.items import BOTH_SIDES
from sensor_screen.rules.red_flags import find_red_flags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.judgement import Answers
    from sensor_screen.model import Side
    from sensor_screen.rules.rulebook import RuleBook

_EVENTS = ("locked", "gave_way", "new_swelling")


def stop_reasons(answers: Answers, task: Task, book: RuleBook) -> tuple[StopReason, ...]:
    """Every reason to stop after a task, the most pressing first; empty to go on.

    A pain that nobody asked for is no reason.

    Args:
        answers: Of the session so far.
        task: The one that has just ended; its pain counts, that of others was looked at then.
        book: Holds the limits of pain and of its rise.
    """
    return tuple(_find(answers, task, book))


def _find(answers: Answers, task: Task, book: RuleBook) -> Iterator[StopReason]:
    for flag in find_red_flags(answers, book):
        yield StopReason(flag.id, Statement("stopping.red_flag", {"flag": flag.statement}))
    if answers.says("events.dizzy"):
        yield StopReason("dizzy", Statement("stopping.dizzy"))
    for event in _EVENTS:
        for side in BOTH_SIDES:
            if event in answers.choices("events.seen", side):
                yield StopReason(f"{event}-{side}", Statement(f"stopping.{event}", {"side": side}))
    for side in BOTH_SIDES:
        if name := _find_pain(answers, task, side, book):
            said = Statement(f"stopping.{name}", {"side": side, "task": task})
            yield StopReason(f"{name}-{side}", said)


def _find_pain(answers: Answers, task: Task, side: Side, book: RuleBook) -> str:
    """`pain`, `pain_rise`, or nothing; where nobody asked, no comparison with nan holds."""
    pain = answers.number(f"pain.{task}", side)
    if pain >= book.shown("stop_pain"):
        return "pain"
    rise = pain - answers.number("pain.before", side)
    return "pain_rise" if rise >= book.shown("stop_pain_rise") else ""
