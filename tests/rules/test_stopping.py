"""Stop rules: at, just under and just over each limit, and without an answer."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.judgement import Answers, Language
from sensor_screen.model import Side, Task
from sensor_screen.rules.rulebook import parse_rulebook, shipped_rulebook
from sensor_screen.rules.stopping import stop_reasons
from sensor_screen.rules.voice import Voice
from tests.rules.any_answers import MIRRORED, answers, any_answers, joined, mirrored

BOOK = shipped_rulebook()
PAINFUL = [
    Task.LUNGE, Task.POINT, Task.SQUAT, Task.STAIRS_UP, Task.STAIRS_DOWN, Task.KICK, Task.BALANCE,
    Task.WALK,
]  # fmt: skip


def ids(given_answers: Answers, task: Task = Task.SQUAT) -> list[str]:
    return [reason.id for reason in stop_reasons(given_answers, task, BOOK)]


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
@pytest.mark.parametrize("task", PAINFUL)
def test_pain_stops_from_five_on(task: Task, side: Side) -> None:
    for pain, stops in ((4.9, []), (5.0, [f"pain-{side}"]), (5.1, [f"pain-{side}"])):
        assert ids(Answers({(f"pain.{task}", side): pain}), task) == stops


@pytest.mark.parametrize(
    ("before", "pain", "stops"),
    [(1.0, 3.9, False), (1.0, 4.0, True), (1.0, 4.1, True), (2.0, 4.9, False), (0.0, 3.0, True)],
)
def test_a_rise_stops_from_three_on(before: float, pain: float, stops: bool) -> None:
    assert ids(answers(pain__before=before, pain__squat=pain)) == ["pain_rise-left"] * stops


def test_a_pain_that_was_there_before_stops_by_its_height_alone() -> None:
    assert ids(answers(pain__before=5.0, pain__squat=5.0)) == ["pain-left"]
    assert ids(answers(pain__before=7.0, pain__squat=4.0)) == []


def test_the_ankle_is_compared_with_itself() -> None:
    other = answers(Side.RIGHT, pain__before=0.0)
    assert ids(joined(other, answers(Side.LEFT, pain__squat=4.0))) == []


def test_only_the_pain_of_the_task_that_ended_counts() -> None:
    assert ids(answers(pain__kick=9.0), Task.SQUAT) == []
    assert ids(answers(pain__before=9.0), Task.SQUAT) == []


@pytest.mark.parametrize("task", list(Task))
def test_no_answer_is_no_reason(task: Task) -> None:
    assert ids(Answers(), task) == []


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
@pytest.mark.parametrize("event", ["gave_way", "locked", "new_swelling"])
def test_each_event_stops(event: str, side: Side) -> None:
    assert ids(Answers({("events.seen", side): (event,)})) == [f"{event}-{side}"]


def test_dizziness_and_red_flags_stop() -> None:
    assert ids(answers(events__dizzy=True)) == ["dizzy"]
    assert ids(answers(events__dizzy=False)) == []
    assert ids(answers(red_flags__hot_joint=True)) == ["red_flags.hot_joint"]


def test_the_most_pressing_comes_first() -> None:
    every = answers(
        pain__squat=8.0,
        events__seen=("gave_way", "locked"),
        events__dizzy=True,
        red_flags__hot_joint=True,
    )
    assert ids(every) == [
        "red_flags.hot_joint", "dizzy", "locked-left", "gave_way-left", "pain-left",
    ]  # fmt: skip


@given(any_answers(), st.sampled_from(PAINFUL))
def test_reasons_are_sentences_without_figures_and_mirror_with_the_answers(
    given_answers: Answers, task: Task
) -> None:
    found = stop_reasons(given_answers, task, BOOK)
    for language in Language:
        for reason in found:
            said = Voice(language).say(reason.statement)
            assert not re.search(r"\d|[{}]", said)
    swap = {f"-{side}": f"-{other}" for side, other in MIRRORED.items()}
    turned = {re.sub(r"-(left|right)$", lambda m: swap[m[0]], reason.id) for reason in found}
    assert turned == set(ids(mirrored(given_answers), task))


def test_the_limits_stand_in_the_rule_book() -> None:
    overlay = """
    [book]
    schema = "sensor-screen-rules/2"
    version = "strict"
    base = "1.0.0"
    [threshold.stop_pain]
    value = 2.0
    unit = "points"
    source = "this clinic"
    grade = "D"
    verified = false
    default = true
    note = "default, not a diagnostic cut-off"
    """
    strict = parse_rulebook(overlay, "strict.toml")
    assert stop_reasons(answers(pain__squat=2.0), Task.SQUAT, strict)
    assert not stop_reasons(answers(pain__squat=2.0), Task.SQUAT, BOOK)
