"""Whether symptoms stayed as they were although somebody has tried to settle them for long."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.judgement import Case, Panel
from sensor_screen.rules.complaints import PAIN_TASKS, find_complaints, find_pains
from sensor_screen.rules.end_ranges import find_lunges, find_points

if TYPE_CHECKING:
    from sensor_screen.model import Side
    from sensor_screen.rules.end_ranges import EndRange
    from sensor_screen.rules.rulebook import RuleBook

_FIND = {Panel.ANTERIOR: find_lunges, Panel.POSTERIOR: find_points}


def has_not_improved(case: Case, side: Side, panel: Panel, book: RuleBook) -> bool:
    """Long care, a symptom here, and neither range nor pain better than the first time.

    False where nothing of the first session can be compared: that is not known, not no better.
    """
    answers = case.now.answers
    if not case.earlier or not answers.number("session.weeks_of_care") >= book.shown("trial_most"):
        return False
    if not (find_pains(answers, side, panel, book) or find_complaints(answers, side, panel)):
        return False
    known = [k for k in (_range(case, side, panel, book), _pain(case, side, book)) if k is not None]
    return bool(known) and not any(known)


def _range(case: Case, side: Side, panel: Panel, book: RuleBook) -> bool | None:
    """Whether the end range has grown by more than can be by chance; None: not comparable."""
    find = _FIND[panel]
    before = {end.kind: end for end in find(Case(case.earlier[0]), side, book)}
    gains = [
        end.value - before[end.kind].value > _smallest(end, before[end.kind], book)
        for end in find(Case(case.now), side, book)
        if end.kind in before
    ]
    return any(gains) if gains else None


def _smallest(now: EndRange, before: EndRange, book: RuleBook) -> float:
    name = "smallest_change_static" if now.unit == "deg" else "smallest_change_lunge_cm"
    both = math.hypot(now.difference_error_95, before.difference_error_95)
    return max(book.shown(name), both) if math.isfinite(both) else book.shown(name)


def _pain(case: Case, side: Side, book: RuleBook) -> bool | None:
    """Whether the worst of what hurt has eased by more than can be by chance."""
    before_answers, now_answers = case.earlier[0].answers, case.now.answers
    pairs = [
        (before_answers.number(item, side), now_answers.number(item, side))
        for item in (f"pain.{task.value}" for task in PAIN_TASKS)
    ]
    asked = [(before, now) for before, now in pairs if math.isfinite(before + now)]
    if not any(before >= book.shown("pain_any") for before, _ in asked):
        return None
    eased = max(before for before, _ in asked) - max(now for _, now in asked)
    return eased >= book.shown("pain_smallest_change")
