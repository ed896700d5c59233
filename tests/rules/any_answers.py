"""Answers of random people, and answers written down in one line."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from sensor_screen.judgement import Answers
from sensor_screen.model import Side
from sensor_screen.rules.items import Item, Kind
from sensor_screen.rules.questionnaire import shipped_intake

if TYPE_CHECKING:
    from sensor_screen.judgement import Answer

MIRRORED = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, Side.NONE: Side.NONE}

_LETTERS = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf"))
_TEXTS = st.text(_LETTERS, max_size=40).map(str.strip)


def answers(side: Side = Side.LEFT, /, **values: Answer) -> Answers:
    """`answers(symptoms__squat_pain=True)`: sided items on that side."""
    return Answers(
        {
            (item, side if shipped_intake().item(item).sided else Side.NONE): value
            for item, value in ((key.replace("__", "."), v) for key, v in values.items())
        }
    )


def joined(*parts: Answers) -> Answers:
    return Answers({place: value for part in parts for place, value in part.values.items()})


def mirrored(given: Answers) -> Answers:
    return Answers({(item, MIRRORED[side]): v for (item, side), v in given.values.items()})


def any_value(item: Item) -> st.SearchStrategy[Answer]:
    """Whatever may be answered to one item."""
    if item.kind is Kind.NUMBER and item.whole:
        return st.integers(int(item.least), int(item.most)).map(float)
    if item.kind is Kind.NUMBER:
        return st.floats(item.least, item.most)
    if item.kind in (Kind.CHOICE, Kind.SEVERAL):
        one = st.sampled_from(item.choices)
        several = st.sets(one).map(lambda these: tuple(c for c in item.choices if c in these))
        return one if item.kind is Kind.CHOICE else several
    return {
        Kind.YES_NO: st.booleans(),
        Kind.TEXT: _TEXTS,
        Kind.TEXTS: st.lists(_TEXTS.filter(bool), max_size=5).map(tuple),
        Kind.DATE: st.dates(date(1900, 1, 1)).map(str),
    }[item.kind]  # type: ignore[return-value]


def any_answers() -> st.SearchStrategy[Answers]:
    """Any part of the intake answered, contradictions included."""
    places = [(item, side) for item in shipped_intake().items for side in item.sides]
    return (
        st.lists(st.sampled_from(places), unique=True, max_size=25)
        .flatmap(
            lambda chosen: st.tuples(
                *(any_value(i).map(lambda v, i=i, s=s: ((i.id, s), v)) for i, s in chosen)
            )
        )
        .map(lambda pairs: Answers(dict(pairs)))
    )
