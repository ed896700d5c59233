"""Red flags: every one is found, the most pressing first, and each says where to go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.judgement import Answers, Language, Urgency
from sensor_screen.model import Side
from sensor_screen.rules.questionnaire import shipped_intake
from sensor_screen.rules.red_flags import find_red_flags
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.voice import Voice
from tests.rules.any_answers import any_answers, mirrored

BOOK = shipped_rulebook()
URGENCY = {
    "chest_or_breath": Urgency.EMERGENCY,
    "deformity_or_cold": Urgency.EMERGENCY,
    "hot_joint": Urgency.EMERGENCY,
    "tense_leg": Urgency.EMERGENCY,
    "foot_drop": Urgency.EMERGENCY,
    "bone_or_steps": Urgency.SAME_DAY,
    "calf_swelling": Urgency.SAME_DAY,
    "calf_snap": Urgency.URGENT,
    "warm_foot_diabetes": Urgency.URGENT,
    "night_or_weight": Urgency.URGENT,
    "growing_heel": Urgency.CLINICIAN_FIRST,
    "not_cleared": Urgency.CLINICIAN_FIRST,
}
WHERE = {
    Urgency.EMERGENCY: ("emergency", "Not"),
    Urgency.SAME_DAY: ("today", "heute"),
    Urgency.URGENT: ("as soon as you can", "so bald wie möglich"),
    Urgency.CLINICIAN_FIRST: ("before", "bevor|vor jedem"),
}


def flagged(*names: str) -> Answers:
    return Answers({(f"red_flags.{name}", Side.NONE): True for name in names})


def test_all_flags_of_the_intake_are_tried_here() -> None:
    asked = [i.name for i in shipped_intake().items if i.section == "red_flags"]
    assert asked == list(URGENCY)


@pytest.mark.parametrize("name", URGENCY)
def test_a_yes_is_a_flag_and_says_where_to_go(name: str) -> None:
    (flag,) = find_red_flags(flagged(name), BOOK)
    assert flag.id == f"red_flags.{name}"
    assert flag.urgency is URGENCY[name]
    for language, words in zip(Language, WHERE[flag.urgency], strict=True):
        said = Voice(language).say(flag.statement)
        assert any(word in said for word in words.split("|")), said
    no = Answers({(f"red_flags.{name}", Side.NONE): False})
    assert find_red_flags(no, BOOK) == ()


def test_nothing_asked_is_no_flag() -> None:
    assert find_red_flags(Answers(), BOOK) == ()


@given(st.lists(st.sampled_from(list(URGENCY)), unique=True))
def test_the_most_pressing_comes_first_in_whatever_order_it_was_answered(names: list[str]) -> None:
    found = find_red_flags(flagged(*names), BOOK)
    assert {flag.id for flag in found} == {f"red_flags.{name}" for name in names}
    ranks = [list(Urgency).index(flag.urgency) for flag in found]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_a_calf_squeeze_without_movement_is_urgent(side: Side) -> None:
    for value, count in (("positive", 1), ("negative", 0), ("not_done", 0)):
        found = find_red_flags(Answers({("entries.calf_squeeze", side): value}), BOOK)
        assert [flag.urgency for flag in found] == [Urgency.URGENT] * count


@given(any_answers())
def test_a_positive_provocation_test_is_no_red_flag_and_sides_do_not_matter(
    answers: Answers,
) -> None:
    found = find_red_flags(answers, BOOK)
    assert found == find_red_flags(mirrored(answers), BOOK)
    assert {flag.id.partition(".")[0] for flag in found} <= {"red_flags", "entries"}
    assert not {f.id for f in found} & {"entries.impingement_sign", "entries.forced_plantarflexion"}
