"""What comes before everything: answers that send a person to care at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import RedFlag, Statement, Urgency
from sensor_screen.rules.questionnaire import shipped_intake

if TYPE_CHECKING:
    from sensor_screen.judgement import Answer, Answers
    from sensor_screen.rules.rulebook import RuleBook

_MOST_PRESSING_FIRST = tuple(Urgency)


def find_red_flags(answers: Answers, book: RuleBook) -> tuple[RedFlag, ...]:
    """Every red flag among the answers, the most pressing first.

    A flag that was not asked is no flag: whether all were asked is for the caller to look at.

    Args:
        answers: Of one session.
        book: Takes no part: no figure decides here, a yes is a yes.
    """
    del book
    found = [
        RedFlag(item.id, item.urgency, Statement(f"red_flags.flag.{item.id}"))
        for item in shipped_intake().items
        if item.urgency and any(_is_flag(answers.values.get((item.id, s))) for s in item.sides)
    ]
    return tuple(sorted(found, key=lambda flag: _MOST_PRESSING_FIRST.index(flag.urgency)))


def _is_flag(value: Answer | None) -> bool:
    return value is True or value == "positive"
