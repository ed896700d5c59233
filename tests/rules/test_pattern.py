"""The pattern of a leg: the points of every answer, the distance, and what is never said."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from sensor_screen.judgement import Answers, Case, Language, Pattern, PatternLabel, SessionMeasures
from sensor_screen.model import Side
from sensor_screen.rules.pattern import label_patterns
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.voice import Voice
from tests.hand_made import ankle, leg_measures
from tests.rules.any_answers import MIRRORED, answers, any_answers, joined, mirrored

BOOK = shipped_rulebook()


def labels(given_answers: Answers) -> tuple[PatternLabel, ...]:
    return label_patterns(Case(SessionMeasures((), given_answers)), BOOK)


def label(side: Side = Side.LEFT, /, **values: object) -> PatternLabel:
    (found,) = labels(answers(side, **values))  # type: ignore[arg-type]
    assert found.side is side
    return found


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
@pytest.mark.parametrize(
    ("values", "front", "back", "codes"),
    [
        ({"symptoms__where": ("front",)}, 3, 0, ["S1"]),
        ({"symptoms__where": ("front_inner", "front_outer")}, 3, 0, ["S1"]),
        ({"symptoms__where": ("back",)}, 0, 3, ["S1"]),
        ({"symptoms__where": ("back_outer", "back_inner")}, 0, 3, ["S1"]),
        ({"symptoms__where": ("front", "back")}, 3, 3, ["S1"]),
        ({"symptoms__where": ("diffuse",)}, 0, 0, ["S1"]),
        ({"symptoms__squat_pain": True}, 2, 0, ["S2"]),
        ({"symptoms__uphill_pain": True}, 2, 0, ["S3"]),
        ({"symptoms__sprint_pain": True}, 1, 0, ["S4"]),
        ({"symptoms__gives_way": "sometimes"}, 1, 0, ["S5"]),
        ({"symptoms__gives_way": "repeatedly"}, 1, 0, ["S5"]),
        ({"symptoms__gives_way": "never"}, 0, 0, []),
        ({"entries__cait": 24.0}, 1, 0, ["S5"]),
        ({"entries__cait": 25.0}, 0, 0, []),
        ({"symptoms__gives_way": "sometimes", "entries__cait": 10.0}, 1, 0, ["S5"]),
        ({"symptoms__kick_pain": True}, 0, 2, ["S6"]),
        ({"symptoms__downhill_pain": True}, 0, 2, ["S7"]),
        ({"symptoms__pointing_pain": True}, 0, 3, ["S8"]),
        ({"symptoms__big_toe_pain": True}, 0, 1, ["S9"]),
        ({"symptoms__course": ("swelling",)}, 1, 1, ["S10"]),
        ({"symptoms__course": ("swelling", "long_bouts")}, 1, 1, ["S10"]),
        ({"symptoms__earlier_injury": ("sprain", "surgery")}, 1, 1, ["S11"]),
        ({"symptoms__course": (), "symptoms__earlier_injury": ()}, 0, 0, []),
        ({"entries__impingement_sign": "positive"}, 3, 0, ["C1"]),
        ({"entries__impingement_sign": "negative"}, 0, 0, []),
        ({"entries__forced_plantarflexion": "positive"}, 0, 3, ["C2"]),
        ({"entries__forced_plantarflexion": "not_done"}, 0, 0, []),
        ({"symptoms__locks": True, "symptoms__squat_pain": False}, 0, 0, []),
    ],
    ids=str,
)
def test_points_of_each_answer(
    values: dict[str, object], front: float, back: float, codes: list[str], side: Side
) -> None:
    found = label(side, **values)
    assert (found.front_points, found.back_points) == (front, back)
    assert list(found.rests_on) == codes


@pytest.mark.parametrize(
    ("values", "pattern"),
    [
        ({"symptoms__squat_pain": True}, Pattern.UNCLEAR),
        ({"symptoms__squat_pain": True, "symptoms__sprint_pain": True}, Pattern.FRONT),
        ({"symptoms__kick_pain": True}, Pattern.UNCLEAR),
        ({"symptoms__kick_pain": True, "symptoms__big_toe_pain": True}, Pattern.BACK),
        ({"symptoms__where": ("front",), "symptoms__big_toe_pain": True}, Pattern.UNCLEAR),
        ({"symptoms__where": ("front", "back")}, Pattern.UNCLEAR),
        ({"symptoms__course": ("swelling",)}, Pattern.UNCLEAR),
        ({"symptoms__squat_pain": False}, Pattern.NONE),
    ],
    ids=str,
)
def test_a_label_needs_three_points_apart(values: dict[str, object], pattern: Pattern) -> None:
    assert label(**values).pattern is pattern


@pytest.mark.parametrize(
    "sport", ["Soccer", "football", "Fußball", "FUSSBALL", "Frauenfußball", "fútbol", "calcio",
              "Futsal", "voetbal", "足球", "サッカー"],
)  # fmt: skip
def test_kicks_of_footballers_count_for_a_painful_front_too(sport: str) -> None:
    kick = {"symptoms__kick_pain": True, "person__sport": sport}
    assert label_of(Side.LEFT, **kick, symptoms__where=("front_inner",)).front_points == 3 + 1
    assert label_of(Side.LEFT, **kick, symptoms__where=("back",)).front_points == 0
    assert label_of(Side.LEFT, **kick).front_points == 0
    kick["person__sport"] = "ballet"
    assert label_of(Side.LEFT, **kick, symptoms__where=("front",)).front_points == 3
    del kick["person__sport"]
    assert label_of(Side.LEFT, **kick, symptoms__where=("front",)).front_points == 3


def label_of(side: Side, **values: object) -> PatternLabel:
    return next(found for found in labels(answers(side, **values)) if found.side is side)  # type: ignore[arg-type]


def test_nobody_asked_is_not_nothing_reported() -> None:
    legs = tuple(leg_measures(ankle(side)) for side in (Side.RIGHT, Side.LEFT))
    case = Case(SessionMeasures(legs, answers(Side.LEFT, symptoms__squat_pain=False)))
    left, right = label_patterns(case, BOOK)
    assert (left.side, right.side) == (Side.LEFT, Side.RIGHT)
    assert left.pattern is right.pattern is Pattern.NONE
    assert left.statement.key == "pattern.none"
    assert right.statement.key == "pattern.not_asked"


def test_a_leg_that_is_neither_measured_nor_asked_about_has_no_label() -> None:
    assert labels(Answers()) == ()
    assert labels(answers(person__sport="football")) == ()


def test_each_leg_is_labelled_alone() -> None:
    found = labels(
        joined(
            answers(Side.LEFT, symptoms__where=("front",)),
            answers(Side.RIGHT, symptoms__where=("back",)),
        )
    )
    assert [(f.side, f.pattern) for f in found] == [
        (Side.LEFT, Pattern.FRONT),
        (Side.RIGHT, Pattern.BACK),
    ]


@given(any_answers())
def test_mirrored_answers_give_mirrored_labels(given_answers: Answers) -> None:
    def facts(found: tuple[PatternLabel, ...], turn: bool) -> set[tuple[object, ...]]:
        return {
            (MIRRORED[f.side] if turn else f.side, f.pattern, f.front_points, f.back_points,
             f.rests_on, f.statement.key)
            for f in found
        }  # fmt: skip

    assert facts(labels(given_answers), True) == facts(labels(mirrored(given_answers)), False)


@given(any_answers())
def test_a_label_is_a_sentence_without_figures_and_without_a_diagnosis(
    given_answers: Answers,
) -> None:
    for found in labels(given_answers):
        for language in Language:
            said = Voice(language).say(found.statement)
            assert not re.search(r"\d|%|[{}]|impinge|diagnos|probab|wahrschein", said.lower())
        apart = abs(found.front_points - found.back_points)
        assert (found.pattern in (Pattern.FRONT, Pattern.BACK)) == (apart >= 3)
        assert (found.pattern is Pattern.NONE) == (not found.rests_on)


def test_every_entry_of_the_rule_book_belongs_to_a_code() -> None:
    names = {n for n in BOOK.thresholds if re.fullmatch(r"pattern_[SC]\d+_(front|back)", n)}
    assert len(names) == 16
    assert all(BOOK.thresholds[name].unit == "points" for name in names)
