"""Screen plans: the shipped ones can be done safely, and a bad one is refused in a sentence."""

from __future__ import annotations

import pytest

from sensor_screen.errors import UsageError
from sensor_screen.judgement import Language
from sensor_screen.model import Side, Task
from sensor_screen.rules.voice import Voice
from sensor_screen.session.capture_view import Phase
from sensor_screen.session.capture_words import big_words, sentence
from sensor_screen.session.plan import PLANS, parse_plan, shipped_plan

BOTH = (Side.LEFT, Side.RIGHT)
GOOD = """
[plan]
schema = "sensor-screen-plan/1"
legs = 1
[[step]]
ask = ["red_flags"]
[[step]]
wear = true
[[step]]
task = "stand"
still_s = 2
"""


def sides_of(name: str) -> tuple[Side, ...]:
    return BOTH if shipped_plan(name).legs == 2 else (Side.LEFT,)


@pytest.mark.parametrize("name", PLANS)
def test_a_shipped_plan_asks_red_flags_first_and_pain_after_every_load(name: str) -> None:
    steps = shipped_plan(name).steps
    first = next(k for k, step in enumerate(steps) if step.task)
    assert "red_flags" in steps[0].ask
    assert any(step.wear for step in steps[:first])
    assert [step.task for step in steps if step.task][:2] == [Task.STAND, Task.PUMP]
    for step in steps:
        if step.task not in (None, Task.STAND, Task.PUMP):
            assert f"pain.{step.task}" in step.ask


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", PLANS)
def test_every_step_has_two_big_words_and_a_sentence(name: str, language: Language) -> None:
    voice = Voice(language)
    for step in shipped_plan(name).turns(sides_of(name)):
        own = (Phase.READY, Phase.DOING) if step.task else (Phase.ASKING, Phase.WEARING)
        for phase in (*own, Phase.PAUSED):
            big = voice.say(big_words(phase, step, None))
            # The side comes beside the task where the legs take turns.
            assert len(big.split()) <= 2 + (step.each_leg and step.task is not None), big
            assert voice.say(sentence(phase, step, None)).endswith(".")


def test_what_is_done_in_turn_is_done_by_the_left_leg_first() -> None:
    turns = shipped_plan("clinic").turns(BOTH)
    assert [t.side for t in turns if t.task is Task.LUNGE] == [Side.LEFT, Side.RIGHT]
    assert [t.side for t in turns if t.task is Task.SQUAT] == [Side.NONE]
    assert {t.side for t in shipped_plan("quick").turns((Side.LEFT,)) if t.task} == {Side.LEFT}


def test_a_plan_for_one_leg_is_not_for_two() -> None:
    with pytest.raises(UsageError, match=r"quick: it is a plan for one leg; add --side"):
        shipped_plan("quick").turns(BOTH)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('task = "stand"', 'task = "fly"', "'fly' is no task"),
        ("still_s = 2", "", "wait for exactly one thing"),
        ("still_s = 2", "still_s = 2\npumps = 3", "wait for exactly one thing"),
        ("still_s = 2", "still_s = -2", "still_s is -2"),
        ("still_s = 2", "still_s = true", "still_s is True"),
        ("still_s = 2", 'still_s = 2\nskip = "no"', "skip is 'no'"),
        ("still_s = 2", "still_s = 2\ncolour = 3", "colour is not known here"),
        ('"red_flags"', '"pain.before"', "red flags are not asked before the first task"),
        ('"red_flags"', '"green_flags"', "not a list of questions"),
        ("wear = true", 'ask = ["events"]', "no step waits for the sensors"),
        ('task = "stand"', 'task = "squat"', "first task is not a still stand"),
        ("legs = 1", "legs = 3", "legs = 1 or 2"),
        ("plan/1", "plan/9", "no plan that is known here"),
        ("[plan]", "[plan", "not TOML"),
        ("[[step]]\nwear = true", "[[step]]\nredo = true", "it neither asks"),
    ],
)
def test_a_bad_plan_is_refused(old: str, new: str, said: str) -> None:
    assert parse_plan(GOOD, "mine.toml").legs == 1
    with pytest.raises(UsageError) as error:
        parse_plan(GOOD.replace(old, new), "mine.toml")
    assert said in str(error.value)
    assert str(error.value).startswith("mine.toml")
