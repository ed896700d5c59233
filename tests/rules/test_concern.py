"""Concern: each reason for each level, and what no answer and no position may do."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.judgement import (
    Answers,
    Case,
    Concern,
    ConcernLevel,
    Language,
    Level,
    Panel,
    Pattern,
    PatternLabel,
    RedFlag,
    RuleResult,
    SessionMeasures,
    Statement,
    Urgency,
)
from sensor_screen.model import LegMeasures, Side
from sensor_screen.rules.complaints import is_place_known
from tests.rules.cases import (
    BACK_PLACES,
    BOOK,
    COMPLAINTS,
    FRONT_PLACES,
    OFTEN,
    PAINS,
    SOME_PEOPLE,
    SWAP,
    Asked,
    asked,
    case,
    judge_rules,
    left,
    leg,
    mirror_case,
    people,
    right,
    say,
    weigh,
)

NONE, NOTE, DISCUSS, SEE, FLAG = ConcernLevel
FRONT, BACK = Panel.ANTERIOR, Panel.POSTERIOR
LEFT, RIGHT = Side.LEFT, Side.RIGHT
FLAGS = (
    RedFlag(
        "red_flags.hot_joint", Urgency.SAME_DAY, Statement("concern.why.locks", {"side": LEFT})
    ),
)


def concern_of(concerns: tuple[Concern, ...], side: Side, panel: Panel) -> Concern:
    (found,) = [c for c in concerns if (c.side, c.panel) == (side, panel)]
    return found


def level_of(one: Case, panel: Panel = FRONT, side: Side = LEFT) -> ConcernLevel:
    return concern_of(weigh(one), side, panel).level


def deep(side: Side = LEFT, bend_deg: float = 40.0) -> LegMeasures:
    """Squats near the end of the bend, kicks well past the line."""
    return leg(side, bend_deg=bend_deg, squat=[bend_deg - 1.0], kick=[66.0])


# --- each level ----------------------------------------------------------------------------------


def test_nothing_is_nothing() -> None:
    concern = concern_of(weigh(case(leg(squat=[20.0]))), LEFT, FRONT)
    assert (concern.level, concern.rests_on, concern.why) == (NONE, (), ())
    assert say(concern.statement) == "There is nothing to note at the front of your left ankle."


def test_a_position_without_a_symptom_is_a_note() -> None:
    concern = concern_of(weigh(case(deep())), LEFT, FRONT)
    assert concern.level is NOTE
    assert concern.rests_on == ("left-anterior-squat",)
    assert len(concern.why) == 1  # finding and rule say the same


@pytest.mark.parametrize(
    ("answers", "level"),
    [
        (left(pain__squat=1.0, symptoms__where=("front",)), DISCUSS),
        (left(pain__squat=0.0, symptoms__where=("front",)), NOTE),
        (left(pain__squat=0.9, symptoms__where=("front",)), NOTE),
        (left(pain__squat=9.0, symptoms__where=("back",)), NOTE),
        (left(pain__squat=9.0, symptoms__where=("diffuse",)), NOTE),
        (left(pain__squat=9.0), NOTE),
        (left(pain__stairs_up=9.0, symptoms__where=("front",)), NOTE),
        (left(symptoms__squat_pain=True, symptoms__where=("front_outer",)), DISCUSS),
        (left(symptoms__uphill_pain=True, symptoms__where=("front",)), DISCUSS),
        (left(symptoms__sprint_pain=True, symptoms__where=("front",)), DISCUSS),
        (left(symptoms__gives_way="sometimes", symptoms__where=("front",)), DISCUSS),
        (left(symptoms__gives_way="never", symptoms__where=("front",)), NOTE),
        (left(symptoms__gives_way="sometimes"), NOTE),
        (left(symptoms__squat_pain=False, symptoms__where=("front",)), NOTE),
        (left(symptoms__squat_pain=True), NOTE),
        (left(symptoms__kick_pain=True, symptoms__where=("front",)), NOTE),
        (right(pain__squat=9.0, symptoms__where=("front",)), NOTE),
    ],
)
def test_a_position_with_a_symptom_at_its_place_is_worth_discussing(
    answers: Asked, level: ConcernLevel
) -> None:
    assert level_of(case(deep(), answers=answers)) is level


@pytest.mark.parametrize(
    ("answers", "level"),
    [
        ({}, NOTE),
        (left(pain__kick=1.0, symptoms__where=("back",)), DISCUSS),
        (left(pain__kick=5.0, symptoms__where=("front",)), NOTE),
        (left(symptoms__kick_pain=True, symptoms__where=("back_outer",)), DISCUSS),
        (left(symptoms__downhill_pain=True, symptoms__where=("back",)), DISCUSS),
        (left(symptoms__pointing_pain=True, symptoms__where=("back_inner",)), DISCUSS),
        (left(symptoms__squat_pain=True, symptoms__where=("back",)), NOTE),
        (left(symptoms__gives_way="sometimes", symptoms__where=("back",)), NOTE),
    ],
)
def test_the_back_has_symptoms_of_its_own(answers: Asked, level: ConcernLevel) -> None:
    assert level_of(case(deep(), answers=answers), BACK) is level


@pytest.mark.parametrize(("less", "level"), [(4.9, NOTE), (5.0, DISCUSS), (8.0, DISCUSS)])
def test_a_side_difference_with_pain_in_the_lunge(less: float, level: ConcernLevel) -> None:
    answers = left(pain__lunge=1.0, symptoms__where=("front",))
    one = case(leg(LEFT, bend_deg=50.0 - less), leg(RIGHT, bend_deg=50.0), answers=answers)
    assert level_of(one) is level
    assert level_of(one, side=RIGHT) is NONE
    assert level_of(one, BACK) is NONE


def test_a_clear_restriction_alone_is_worth_discussing() -> None:
    for entries in (left(entries__lunge_cm=7.9), left(entries__dorsiflexion_active_deg=9.9)):
        one = case(answers=entries)
        assert level_of(one) is DISCUSS
        assert level_of(one, BACK) is NONE
    for entries in (left(entries__lunge_cm=8.0), left(entries__dorsiflexion_active_deg=10.0)):
        assert level_of(case(answers=entries)) is NOTE


def result(rule: str, level: Level, side: Side = LEFT) -> RuleResult:
    said = Statement("concern.why.gives_way", {"side": side})
    return RuleResult(rule, side, None, None, level, statement=said)


@pytest.mark.parametrize(
    ("cait", "balance", "level"),
    [
        (Level.RED, Level.RED, DISCUSS),
        (Level.AMBER, Level.RED, NOTE),
        (Level.RED, Level.AMBER, NOTE),
        (Level.RED, Level.UNJUDGED, NOTE),
        (Level.AMBER, Level.AMBER, NONE),
    ],
)
@pytest.mark.parametrize("rule", ["B1", "B2", "B3", "B4"])
def test_an_unstable_ankle_that_balances_poorly(
    cait: Level, balance: Level, level: ConcernLevel, rule: str
) -> None:
    more = (result("I1", cait), result(rule, balance))
    assert concern_of(weigh(case(leg()), more), LEFT, FRONT).level is level
    assert concern_of(weigh(case(leg()), more), LEFT, BACK).level is NONE


def test_the_balance_of_the_other_leg_does_not_count() -> None:
    more = (result("I1", Level.RED), result("B1", Level.RED, RIGHT))
    for concern in weigh(case(leg(LEFT), leg(RIGHT)), more):
        assert concern.level is (NOTE if concern.panel is FRONT else NONE)


@pytest.mark.parametrize(("pain", "level"), [(3.0, DISCUSS), (4.0, SEE), (10.0, SEE)])
@pytest.mark.parametrize(
    "small",
    [
        left(entries__lunge_cm=7.0),
        left(entries__dorsiflexion_active_deg=8.0),
        left(entries__lunge_cm=11.0) | right(entries__lunge_cm=14.5),
    ],
)
def test_much_pain_at_the_end_of_a_small_range(
    pain: float, level: ConcernLevel, small: Asked
) -> None:
    answers = small | left(pain__lunge=pain, symptoms__where=("front",))
    one = case(answers=answers)
    assert level_of(one) is level
    assert level_of(one, BACK) is NONE
    elsewhere = case(answers=answers | left(symptoms__where=("back",)))
    assert level_of(elsewhere) is not SEE


def test_much_pain_at_the_end_of_a_usual_range_is_no_case_for_the_highest_level() -> None:
    answers = left(pain__lunge=9.0, symptoms__where=("front",))
    assert level_of(case(leg(LEFT), leg(RIGHT), answers=answers)) is NOTE
    slightly_less = case(leg(LEFT, bend_deg=38.0), leg(RIGHT), answers=answers)
    assert level_of(slightly_less) is DISCUSS  # L3


def test_much_pain_at_the_end_of_pointing() -> None:
    answers = left(pain__point=6.0, symptoms__where=("back",))
    alone = case(leg(LEFT), leg(RIGHT), answers=answers)
    less = case(leg(LEFT, point_deg=40.0), leg(RIGHT), answers=answers)
    assert (level_of(alone, BACK), level_of(less, BACK)) == (DISCUSS, SEE)
    assert level_of(less, FRONT) is NONE


def test_giving_way_again_and_again_is_a_sign_of_the_front() -> None:
    one = case(leg(), answers=left(symptoms__gives_way="repeatedly"))
    assert (level_of(one, FRONT), level_of(one, BACK)) == (SEE, NONE)


@pytest.mark.parametrize("answers", [left(symptoms__locks=True), left(events__seen=("locked",))])
def test_locking_concerns_the_whole_joint(answers: Asked) -> None:
    one = case(leg(LEFT), leg(RIGHT), answers=answers)
    assert {level_of(one, panel) for panel in Panel} == {SEE}
    assert {level_of(one, panel, RIGHT) for panel in Panel} == {NONE}


# --- no improvement ------------------------------------------------------------------------------

SYMPTOM = left(symptoms__where=("front",), pain__squat=5.0)


def after_care(
    weeks: float | None = 12.0,
    *,
    before_deg: float | None = 40.0,
    now_deg: float = 40.0,
    now: Asked = SYMPTOM,
    before: Asked | None = None,
) -> Case:
    answers = now | (asked(session__weeks_of_care=weeks) if weeks is not None else {})
    first = SessionMeasures((leg(bend_deg=before_deg),), Answers(before or {}))
    return replace(case(leg(bend_deg=now_deg), answers=answers), earlier=(first,))


@pytest.mark.parametrize(
    ("one", "level"),
    [
        (after_care(), SEE),
        (after_care(11.9), NOTE),
        (after_care(None), NOTE),
        (replace(after_care(), earlier=()), NOTE),
        (after_care(now={}), NONE),
        # The range grew by the smallest change, and by more.
        (after_care(now_deg=45.0), SEE),
        (after_care(now_deg=45.1), NOTE),
        (after_care(now_deg=35.0), SEE),
        # Nothing to compare with.
        (after_care(before_deg=None), NOTE),
        (after_care(before_deg=None, before=left(pain__squat=0.0)), NOTE),
        # Pain eased by one, and by the two that count.
        (after_care(before=left(pain__squat=6.0)), SEE),
        (after_care(before=left(pain__squat=7.0)), NOTE),
        (after_care(before_deg=None, before=left(pain__squat=6.0)), SEE),
        (after_care(before=left(pain__squat=7.0), now=SYMPTOM | left(pain__kick=7.0)), NOTE),
        (
            after_care(
                before=left(pain__squat=7.0, pain__kick=3.0), now=SYMPTOM | left(pain__kick=7.0)
            ),
            SEE,
        ),
    ],
)
def test_no_real_change_after_long_care(one: Case, level: ConcernLevel) -> None:
    assert level_of(one) is level
    assert level_of(one, BACK) is NONE


def test_pain_without_a_place_is_noted_on_both_sides_and_is_no_lack_of_change() -> None:
    one = after_care(now=left(pain__squat=5.0))
    assert level_of(one) is level_of(one, BACK) is NOTE


def test_the_first_session_is_the_one_to_compare_with() -> None:
    one = after_care(now_deg=45.1)
    last = SessionMeasures((leg(bend_deg=45.0),))
    assert level_of(replace(one, earlier=(*one.earlier, last))) is NOTE


# --- reasons -------------------------------------------------------------------------------------


def test_every_reason_is_listed_the_most_telling_first() -> None:
    answers = left(
        pain__lunge=5.0,
        pain__squat=2.0,
        symptoms__where=("front",),
        symptoms__gives_way="repeatedly",
        entries__dorsiflexion_active_deg=8.0,
    )
    concern = concern_of(weigh(case(deep(), answers=answers)), LEFT, FRONT)
    assert concern.level is SEE
    assert concern.rests_on == (
        "pain.lunge",
        "N1-left-anterior",
        "symptoms.gives_way",
        "left-anterior-squat",
        "pain.squat",
    )
    assert [say(s) for s in concern.why][:2] == [
        "In lunges, your left ankle hurts at the front.",
        "Without weight, your left ankle bends clearly less than is usual, "
        "but the error of the measurement reaches over a limit.",
    ]


def test_a_pattern_that_fits_is_added_and_decides_nothing() -> None:
    labels = tuple(
        PatternLabel(LEFT, p, 5.0, 0.0, (), Statement("concern.why.locks", {"side": LEFT}))
        for p in (Pattern.FRONT, Pattern.NONE)
    )
    for panel, extra in ((FRONT, 1), (BACK, 0)):
        plain = concern_of(weigh(case(deep())), LEFT, panel)
        labelled = concern_of(weigh(case(deep()), patterns=labels), LEFT, panel)
        assert labelled.level is plain.level
        assert len(labelled.why) == len(plain.why) + extra
    assert concern_of(weigh(case(leg()), patterns=labels), LEFT, FRONT).why == ()


def test_poor_data_raise_no_concern() -> None:
    made = deep()
    assert made.calibration is not None
    poor = replace(made, calibration=replace(made.calibration, quality=0.1))
    assert {c.level for c in weigh(case(poor))} == {NONE}


@pytest.mark.parametrize("level", list(ConcernLevel))
@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("panel", list(Panel))
def test_headlines_are_short_and_without_figures(
    level: ConcernLevel, language: Language, panel: Panel
) -> None:
    for side in Side:
        text = say(
            Statement(f"concern.level.{level.name.lower()}", {"side": side, "panel": panel}),
            language,
        )
        assert len(text.split()) <= 20
        assert not any(c.isdigit() for c in text)
        assert text.endswith(".")


# --- properties ----------------------------------------------------------------------------------


def levels(one: Case) -> dict[tuple[Side, Panel], ConcernLevel]:
    return {(c.side, c.panel): c.level for c in weigh(one)}


def has_symptom(one: Case, side: Side) -> bool:
    answers = one.now.answers
    return (
        any(answers.number(f"pain.{name}", side) >= 1.0 for name in PAINS)
        or any(answers.says(f"symptoms.{name}", side) for name in COMPLAINTS)
        or bool({*OFTEN[1:]} & set(answers.choices("symptoms.gives_way", side)))
    )


@SOME_PEOPLE
@given(people())
def test_without_symptom_restriction_or_asymmetry_nothing_is_above_a_note(one: Case) -> None:
    _, results = judge_rules(one)
    for (side, panel), level in levels(one).items():
        small = any(
            r.side is side and r.panel is panel and r.level in (Level.AMBER, Level.RED)
            for r in results
            if r.rule in ("L1", "N1", "L2", "P2")
        )
        assert level <= NOTE or small or has_symptom(one, side)


@SOME_PEOPLE
@given(people())
def test_positions_alone_are_never_above_a_note(one: Case) -> None:
    silent = Case(replace(one.now, answers=Answers({})))
    restricted = {
        (r.side, r.panel)
        for r in judge_rules(silent)[1]
        if r.rule in ("L1", "N1") and r.level is Level.RED
    }
    assert all(level <= NOTE or at in restricted for at, level in levels(silent).items())


@SOME_PEOPLE
@given(people())
def test_exchanged_legs_have_exchanged_concerns(one: Case) -> None:
    plain = {(SWAP[c.side], c.panel, c.level) for c in weigh(one)}
    assert plain == {(c.side, c.panel, c.level) for c in weigh(mirror_case(one))}


def with_answers(one: Case, more: Asked) -> Case:
    return replace(one, now=replace(one.now, answers=Answers({**one.now.answers.values, **more})))


def add_place(one: Case, side: Side, place: str) -> Case:
    places = one.now.answers.choices("symptoms.where", side)
    return with_answers(one, {("symptoms.where", side): (*places, place)})


FRONT_SYMPTOMS: st.SearchStrategy[Asked] = st.sampled_from(
    [
        *({(f"symptoms.{n}", LEFT): True} for n in ("squat_pain", "uphill_pain", "sprint_pain")),
        *({("symptoms.gives_way", LEFT): often} for often in OFTEN[1:]),
        *({("pain.lunge", LEFT): pain} for pain in (2.0, 7.0)),
        {("pain.squat", LEFT): 8.0},
    ]
)


@SOME_PEOPLE
@given(people(), FRONT_SYMPTOMS, st.sampled_from(FRONT_PLACES))
def test_symptoms_of_the_front_never_raise_the_back(one: Case, symptom: Asked, place: str) -> None:
    places = one.now.answers.choices("symptoms.where", LEFT)
    only_front = tuple(p for p in places if p not in BACK_PLACES)
    before = with_answers(one, {("symptoms.where", LEFT): only_front})
    after = levels(add_place(with_answers(before, symptom), LEFT, place))
    for at, level in levels(before).items():
        assert at == (LEFT, FRONT) or after[at] <= level


@SOME_PEOPLE
@given(
    one=people(),
    name=st.sampled_from([f"pain.{n}" for n in PAINS] + [f"symptoms.{n}" for n in COMPLAINTS]),
    pain=st.integers(1, 10),
    weeks=st.sampled_from([0.0, 20.0]),
)
def test_one_more_symptom_never_lowers_a_level(
    one: Case, name: str, pain: int, weeks: float
) -> None:
    # All that is asked now was asked before: an answer to a new question is no worse symptom.
    first = SessionMeasures(one.now.legs, one.now.answers)
    one = replace(
        with_answers(one, asked(session__weeks_of_care=weeks)), earlier=(first,) if weeks else ()
    )
    was = one.now.answers.number(name, LEFT)
    worse: Asked = {(name, LEFT): True}
    if name.startswith("pain"):
        worse = {(name, LEFT): max(float(pain), 0.0 if math.isnan(was) else was)}
    after = levels(with_answers(one, worse))
    assert all(after[at] >= level for at, level in levels(one).items())


@SOME_PEOPLE
@given(people(), st.sampled_from((*FRONT_PLACES, *BACK_PLACES, "diffuse")))
def test_one_more_place_never_lowers_a_level(one: Case, place: str) -> None:
    after = levels(add_place(one, LEFT, place))
    # What hurt somewhere was a note on both sides, until somebody said where.
    least = NONE if not is_place_known(one.now.answers, LEFT) else NOTE
    for at, level in levels(one).items():
        assert after[at] >= level or level <= NOTE > least


@SOME_PEOPLE
@given(people(), st.sampled_from([(0, 1), (0, 2), (1, 2)]))
def test_giving_way_more_often_never_lowers_a_level(one: Case, steps: tuple[int, int]) -> None:
    less, more = (
        levels(with_answers(one, {("symptoms.gives_way", LEFT): OFTEN[step]})) for step in steps
    )
    assert all(more[at] >= level for at, level in less.items())


@SOME_PEOPLE
@given(people())
def test_a_red_flag_comes_before_everything(one: Case) -> None:
    for concern in weigh(one, flags=FLAGS):
        assert concern.level is FLAG
        assert concern.rests_on == ("red_flags.hot_joint",)
        assert concern.why == (FLAGS[0].statement,)


@SOME_PEOPLE
@given(people())
def test_everything_can_be_said_and_rests_on_something(one: Case) -> None:
    findings, results = judge_rules(one)
    known = {x.id for x in (*findings, *results)} | {item for item, _ in one.now.answers.values}
    for concern in weigh(one):
        assert set(concern.rests_on) <= known | {"symptoms.where"}
        assert bool(concern.rests_on) == (concern.level > NONE)
        for statement in (concern.statement, *concern.why):
            assert say(statement, Language.ENGLISH)
            assert say(statement, Language.GERMAN)


def test_every_threshold_of_concern_decides() -> None:
    assert [BOOK.shown(n) for n in ("pain_any", "pain_at_end_range", "trial_most")] == [1, 4, 12]


def test_a_note_tells_the_sure_lack_before_the_unsure_and_the_position_last() -> None:
    stiff = leg(LEFT, bend_deg=35.0, sigma_deg=0.5, squat=[34.0])
    one = case(stiff, leg(RIGHT, bend_deg=42.5, sigma_deg=0.5))
    found = concern_of(weigh(one), LEFT, FRONT)
    assert found.level is NOTE
    assert [reason.split("-")[0] for reason in found.rests_on][:2] == ["L2", "L1"]
    assert found.rests_on[2] == "left-anterior-squat"
