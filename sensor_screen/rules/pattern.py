"""What the answers of a leg fit more with, its front or its back.

Each answer counts for the front, the back or both, by the points of the rule book under its code:
`pattern_S2_front`. A code without an entry does not count on that side. The sum is a label, never
a probability.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from sensor_screen.judgement import Panel, Pattern, PatternLabel, Statement
from sensor_screen.rules.complaints import hurts_at
from sensor_screen.rules.items import BOTH_SIDES
from sensor_screen.rules.questionnaire import shipped_intake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.judgement import Answer, Answers, Case
    from sensor_screen.model import Side
    from sensor_screen.rules.rulebook import RuleBook

_WORD = {Panel.ANTERIOR: "front", Panel.POSTERIOR: "back"}
_DENIALS = (None, False, (), "never", "negative", "not_done")


def label_patterns(case: Case, book: RuleBook) -> tuple[PatternLabel, ...]:
    """The pattern of each leg that was measured or asked about, left before right."""
    answers = case.now.answers
    known = {leg.side for leg in case.now.legs} | {side for _, side in answers.values}
    return tuple(_label(answers, side, book) for side in BOTH_SIDES if side in known)


def _label(answers: Answers, side: Side, book: RuleBook) -> PatternLabel:
    codes = tuple(_find_codes(answers, side, book))
    front, back = (_sum(answers, side, codes, panel, book) for panel in Panel)
    pattern = Pattern.UNCLEAR
    if not codes:
        pattern = Pattern.NONE
    elif abs(front - back) >= book.shown("pattern_least_distance"):
        pattern = Pattern.FRONT if front > back else Pattern.BACK
    was_asked = any(
        (item.id, side) in answers.values for item in shipped_intake().items if item.code
    )
    key = pattern.value if was_asked or codes else "not_asked"
    return PatternLabel(
        side, pattern, front, back, codes, Statement(f"pattern.{key}", {"side": side})
    )


def _find_codes(answers: Answers, side: Side, book: RuleBook) -> Iterator[str]:
    """Codes of everything reported, whether it counts on one side, on both or, as S1, on none."""
    for item in shipped_intake().items:
        if item.code and _is_reported(answers, item.id, side, book):
            yield item.code


def _is_reported(answers: Answers, item: str, side: Side, book: RuleBook) -> bool:
    value: Answer | None = answers.values.get((item, side))
    if item == "symptoms.gives_way":
        unsteady = answers.number("entries.cait", side) <= book.shown("pattern_cait")
        return value not in _DENIALS or unsteady
    return value not in _DENIALS


def _sum(
    answers: Answers, side: Side, codes: tuple[str, ...], panel: Panel, book: RuleBook
) -> float:
    is_here = hurts_at(answers, side, panel)
    counted = [code for code in codes if code != "S1" or is_here]
    points = sum(_points(f"pattern_{code}_{_WORD[panel]}", book) for code in counted)
    if panel is Panel.ANTERIOR and "S6" in codes and is_here and _plays_football(answers):
        points += book.shown("pattern_football_kick_front")
    return points


def _points(name: str, book: RuleBook) -> float:
    return book.shown(name) if name in book.thresholds else 0.0


def _plays_football(answers: Answers) -> bool:
    """Whether the sport is one of instep kicks, in any of the languages of the word list."""
    words = shipped_intake().item("person.sport").words["football"]
    sport = _plain(" ".join(answers.choices("person.sport")))
    return any(_plain(word) in sport for word in words)


def _plain(text: str) -> str:
    """Without accents, capitals and the like."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in spread if not unicodedata.combining(c))
