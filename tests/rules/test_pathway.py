"""The care pathway: at most one step is current, and why."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.judgement import (
    Answer,
    Answers,
    Case,
    Change,
    Concern,
    ConcernLevel,
    Language,
    Panel,
    PathwayStep,
    RedFlag,
    SessionMeasures,
    Statement,
    Urgency,
    Verdict,
)
from sensor_screen.model import Side
from sensor_screen.rules.pathway import STEPS, place_on_pathway
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.voice import Voice
from tests.rules.made_results import concern

BOOK = shipped_rulebook()
DISCUSS = (concern(Side.LEFT, level=ConcernLevel.DISCUSS),)
LEVELS = [level for level in ConcernLevel if level != ConcernLevel.RED_FLAG]


def change(verdict: Verdict, side: Side = Side.LEFT, against: str = "baseline") -> Change:
    return Change(
        side, "end_range", "lunge", Panel.ANTERIOR, against, 30.0, 30.0, 5.0, False, "deg", verdict
    )


def placed(
    weeks: float | None = None,
    concerns: tuple[Concern, ...] = (),
    changes: tuple[Change, ...] = (),
    flags: tuple[RedFlag, ...] = (),
    answers: dict[tuple[str, Side], Answer] | None = None,
) -> tuple[PathwayStep, ...]:
    values = dict(answers or {})
    if weeks is not None:
        values["session.weeks_of_care", Side.NONE] = weeks
    case = Case(SessionMeasures((), Answers(values)))
    return place_on_pathway(case, concerns, changes, flags, BOOK)


def current(steps: tuple[PathwayStep, ...]) -> tuple[str, str]:
    """The current step and the last part of the key of its reason."""
    found = [step for step in steps if step.current]
    assert len(found) <= 1
    if not found:
        return "", ""
    why = found[0].statement.values["why"]
    assert isinstance(why, Statement)
    return found[0].id, why.key.rpartition(".")[2]


def test_nothing_to_note_has_no_current_step() -> None:
    steps = placed()
    assert [step.id for step in steps] == list(STEPS)
    assert current(steps) == ("", "")
    assert current(placed(12.0)) == ("", "")
    assert current(placed(concerns=(concern(level=ConcernLevel.NOTE),))) == ("", "")


@pytest.mark.parametrize(
    "answers",
    [
        {("symptoms.where", Side.LEFT): ("front",)},
        {("pain.squat", Side.RIGHT): 1.0},
        {("symptoms.gives_way", Side.LEFT): "sometimes"},
        {("symptoms.locks", Side.LEFT): True},
    ],
)
def test_a_complaint_begins_with_therapy(answers: dict[tuple[str, Side], Answer]) -> None:
    assert current(placed(answers=answers)) == ("therapy", "complaint")


@pytest.mark.parametrize(
    "answers",
    [
        {("pain.squat", Side.RIGHT): 0.0},
        {("symptoms.gives_way", Side.LEFT): "never"},
        {("symptoms.locks", Side.LEFT): False},
        {("symptoms.earlier_injury", Side.LEFT): ("sprain",)},
    ],
)
def test_what_was_denied_is_no_complaint(answers: dict[tuple[str, Side], Answer]) -> None:
    assert current(placed(answers=answers)) == ("", "")


@pytest.mark.parametrize(
    ("weeks", "changes", "step"),
    [
        (None, (), ("therapy", "complaint")),
        (3.0, (change(Verdict.SAME),), ("therapy", "under_way")),
        (5.9, (change(Verdict.SAME),), ("therapy", "under_way")),
        (6.0, (change(Verdict.SAME),), ("clinician", "stalled")),
        (6.0, (change(Verdict.WORSE),), ("clinician", "stalled")),
        (6.0, (change(Verdict.SAME), change(Verdict.BETTER)), ("therapy", "under_way")),
        (6.0, (), ("therapy", "under_way")),
        (6.0, (change(Verdict.SAME, against="last"),), ("therapy", "under_way")),
        (6.0, (change(Verdict.SAME, Side.RIGHT),), ("therapy", "under_way")),
        (11.9, (change(Verdict.BETTER),), ("therapy", "under_way")),
        (12.0, (change(Verdict.BETTER),), ("clinician", "weeks")),
    ],
)
def test_weeks_and_real_change_decide(
    weeks: float | None, changes: tuple[Change, ...], step: tuple[str, str]
) -> None:
    assert current(placed(weeks, DISCUSS, changes)) == step


def test_a_serious_concern_goes_to_a_clinician_at_once() -> None:
    serious = (concern(level=ConcernLevel.SEE_CLINICIAN),)
    assert current(placed(concerns=serious)) == ("clinician", "concern")


@pytest.mark.parametrize("urgency", Urgency)
def test_a_red_flag_comes_before_every_step(urgency: Urgency) -> None:
    flags = (
        RedFlag("growing_heel", Urgency.CLINICIAN_FIRST, Statement("x")),
        RedFlag("hot_joint", urgency, Statement("x")),
    )
    steps = placed(20.0, DISCUSS, flags=flags)
    assert steps[0].id == "urgent"
    assert current(steps) == ("urgent", urgency.value)
    by_concern = placed(concerns=(concern(level=ConcernLevel.RED_FLAG),))
    assert current(by_concern) == ("urgent", "clinician_first")


@given(
    weeks=st.one_of(st.none(), st.floats(0.0, 104.0)),
    levels=st.lists(st.sampled_from(LEVELS), max_size=4),
    verdicts=st.lists(st.sampled_from(Verdict), max_size=3),
)
def test_the_screen_never_goes_beyond_the_clinician(
    weeks: float | None, levels: list[ConcernLevel], verdicts: list[Verdict]
) -> None:
    steps = placed(weeks, tuple(concern(level=x) for x in levels), tuple(map(change, verdicts)))
    assert current(steps)[0] in {"", "therapy", "clinician"}
    later = [step for step in steps if step.statement.key == "pathway.later"]
    assert {"prescriber", "surgery"} <= {step.id for step in later}


@pytest.mark.parametrize("language", Language)
def test_every_step_can_be_said(language: Language) -> None:
    voice = Voice(language)
    for weeks, level in ((7.0, ConcernLevel.DISCUSS), (math.nan, ConcernLevel.SEE_CLINICIAN)):
        steps = placed(weeks, (concern(level=level),), (change(Verdict.SAME),))
        texts = [voice.say(step.statement) for step in steps]
        assert all(text.endswith(".") for text in texts)
        assert "6" in texts[0]
        assert "12" in texts[0]


def test_the_steps_of_the_guide_are_there_in_their_order() -> None:
    words = " ".join(Voice(Language.ENGLISH).say(step.statement) for step in placed()).lower()
    wanted = ("physical therapy", "clinician", "x-ray", "mri", "medication", "injection", "surgery")
    places = [words.index(word) for word in wanted]
    assert places == sorted(places)


def test_what_has_really_become_better_needs_no_clinician_for_its_weeks() -> None:
    told: dict[tuple[str, Side], Answer] = {("symptoms.where", Side.LEFT): ("front",)}
    eased = told | {("pain.squat", Side.LEFT): 0.0}
    sore = told | {("pain.squat", Side.LEFT): 4.0}
    better = (change(Verdict.BETTER),)
    assert current(placed(13.0, changes=better, answers=eased)) == ("therapy", "better")
    asked_for = ("clinician", "weeks")
    assert current(placed(13.0, answers=eased)) == asked_for
    assert current(placed(13.0, changes=better, answers=told)) == asked_for  # pain was not asked
    assert current(placed(13.0, changes=better, answers=sore)) == asked_for
    assert current(placed(13.0, DISCUSS, better, answers=eased)) == asked_for
    worse = (*better, change(Verdict.WORSE))
    assert current(placed(13.0, changes=worse, answers=eased)) == asked_for
