"""Return to activity: each item at, under and over its limit, not known without a figure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.judgement import (
    Answer,
    Answers,
    Case,
    Language,
    Level,
    Readiness,
    ReadinessItem,
    RuleResult,
    SessionMeasures,
)
from sensor_screen.model import Side
from sensor_screen.rules.readiness import check_readiness
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.voice import Voice
from tests.hand_made import ankle, leg_measures
from tests.rules.made_results import result

BOOK = shipped_rulebook()
LEFT, RIGHT = Side.LEFT, Side.RIGHT
Values = dict[tuple[str, Side], Answer]
INJURED: Values = {("symptoms.earlier_injury", LEFT): ("sprain",)}
MET, NOT_MET, UNKNOWN = Readiness.MET, Readiness.NOT_MET, Readiness.UNKNOWN


def checked(
    values: Values,
    *results: RuleResult,
    earlier: tuple[Values, ...] = (),
    legs: tuple[list, ...] = (),
) -> tuple[ReadinessItem, ...]:
    before = tuple(SessionMeasures((), Answers(old)) for old in earlier)
    now = SessionMeasures(tuple(map(leg_measures, legs)), Answers(values))
    return check_readiness(Case(now, before), results, BOOK)


def state(items: tuple[ReadinessItem, ...], name: str) -> Readiness:
    (item,) = (item for item in items if item.id == name)
    return item.state


def left(values: Values, name: str, *results: RuleResult, **more: tuple) -> Readiness:
    """The state of one item of a left leg that was injured."""
    return state(checked(INJURED | values, *results, **more), f"{name}-left")


# --- when there is a list ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values", [{}, {("person.age_years", Side.NONE): 30.0}, {("pain.squat", LEFT): 0.0}]
)
def test_nothing_to_return_from_or_to_has_no_list(values: Values) -> None:
    assert checked(values, legs=(ankle(LEFT),)) == ()


def test_a_goal_lists_every_leg_and_a_complaint_only_its_own() -> None:
    legs = (ankle(LEFT), ankle(RIGHT))
    goal: Values = {("goals.activities", Side.NONE): ("football",)}
    wish: Values = {("goals.wish", Side.NONE): "dance again"}
    for values in (goal, wish):
        assert {i.side for i in checked(values, legs=legs)} == {LEFT, RIGHT, Side.NONE}
    assert {i.side for i in checked(goal | INJURED, legs=legs)} == {LEFT, Side.NONE}


def test_it_is_never_a_clearance_and_says_so() -> None:
    items = checked(INJURED)
    assert (items[-1].id, items[-1].state) == ("clearance", UNKNOWN)
    assert "not a clearance" in Voice(Language.ENGLISH).say(items[-1].statement)
    assert "keine Freigabe" in Voice(Language.GERMAN).say(items[-1].statement)


def test_without_figures_nothing_is_met() -> None:
    items = checked(INJURED)
    assert len(items) == 9
    assert {item.state for item in items} == {UNKNOWN}
    assert all(item.grade in "ABCD" and item.source for item in items)


# --- items ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("score", "met"), [(0.0, MET), (2.0, MET), (2.1, NOT_MET), (8.0, NOT_MET)])
def test_pain_in_the_tasks_and_on_the_next_day(score: float, met: Readiness) -> None:
    assert left({("pain.squat", LEFT): score, ("pain.walk", LEFT): 0.0}, "pain_during") == met
    assert left({("pain.next_day", LEFT): score}, "pain_next_day") == met
    assert left({("pain.squat", RIGHT): score}, "pain_during") == UNKNOWN


@pytest.mark.parametrize(
    ("side", "level", "met"),
    [
        (LEFT, Level.GREEN, MET),
        (LEFT, Level.AMBER, NOT_MET),
        (LEFT, Level.RED, NOT_MET),
        (LEFT, Level.UNJUDGED, UNKNOWN),
        (RIGHT, Level.RED, MET),  # the other leg bends less
        (Side.NONE, Level.AMBER, NOT_MET),
    ],
)
def test_the_lunge_by_its_rule(side: Side, level: Level, met: Readiness) -> None:
    assert left({}, "lunge_difference", result("L2", side, level)) == met


def test_a_lunge_difference_within_its_error_says_so() -> None:
    items = checked(INJURED, result("L2", LEFT, Level.GREEN, within_error=True))
    (item,) = (item for item in items if item.id == "lunge_difference-left")
    assert item.state == MET
    assert "the error reaches over the limit" in Voice(Language.ENGLISH).say(item.statement)


@pytest.mark.parametrize(
    ("own", "other", "met"),
    [
        (17.9, 20.0, NOT_MET),
        (18.0, 20.0, MET),
        (22.0, 20.0, MET),
        (0.0, 20.0, NOT_MET),
        (5.0, 0.0, UNKNOWN),
    ],
)
def test_heel_raises_beside_the_other_leg(own: float, other: float, met: Readiness) -> None:
    values: Values = {("entries.heel_raises", LEFT): own, ("entries.heel_raises", RIGHT): other}
    assert left(values, "heel_raises") == met


@pytest.mark.parametrize(("own", "met"), [(61.0, MET), (60.0, MET), (59.9, NOT_MET), (70.0, MET)])
def test_the_forward_reach_beside_the_other_leg(own: float, met: Readiness) -> None:
    item = "entries.y_balance_anterior_cm"
    assert left({(item, LEFT): own, (item, RIGHT): 64.0}, "reach") == met
    assert left({(item, LEFT): own}, "reach") == UNKNOWN


@pytest.mark.parametrize(
    ("item", "name", "best", "just_back", "not_back"),
    [
        ("entries.cait", "instability_score", 28.0, 25.1, 25.0),
        ("entries.faam_sport", "sport_score", 95.0, 82.8, 82.6),
    ],
)
def test_scores_beside_the_own_best(
    item: str, name: str, best: float, just_back: float, not_back: float
) -> None:
    earlier: tuple[Values, ...] = ({(item, LEFT): best}, {(item, LEFT): 5.0}, {})
    assert left({(item, LEFT): just_back}, name, earlier=earlier) == MET
    assert left({(item, LEFT): not_back}, name, earlier=earlier) == NOT_MET
    assert left({(item, LEFT): best}, name) == UNKNOWN
    assert left({}, name, earlier=earlier) == UNKNOWN


@pytest.mark.parametrize(
    ("kick_deg", "pain", "level", "met"),
    [
        (50.0, 3.0, Level.GREEN, MET),
        (56.0, 3.0, Level.RED, NOT_MET),
        (56.0, 0.0, Level.RED, MET),  # common in healthy players
        (56.0, None, Level.RED, UNKNOWN),
        (56.0, 3.0, Level.UNJUDGED, UNKNOWN),
    ],
)
def test_kicks_past_the_range_count_where_they_hurt(
    kick_deg: float, pain: float | None, level: Level, met: Readiness
) -> None:
    values: Values = {} if pain is None else {("pain.kick", LEFT): pain}
    legs = (ankle(LEFT, kick=[50.0, kick_deg, 40.0]),)
    assert left(values, "kicks", result("K2", LEFT, level), legs=legs) == met


def test_only_legs_that_kick_are_asked_about_kicks() -> None:
    for chosen, has in (("left", True), ("both", True), ("right", False), ("none", False)):
        items = checked(INJURED | {("person.kicking_leg", Side.NONE): chosen})
        assert ("kicks-left" in {item.id for item in items}) == has


def test_a_full_session_is_never_taken_for_granted() -> None:
    assert left({}, "full_session") == UNKNOWN
    assert left({("events.seen", LEFT): ("new_swelling",)}, "full_session") == NOT_MET
    assert left({("symptoms.course", LEFT): ("swelling",)}, "full_session") == NOT_MET
    assert left({("symptoms.course", LEFT): ("long_bouts",)}, "full_session") == UNKNOWN


# --- words and mirror ----------------------------------------------------------------------------

scores = st.one_of(st.none(), st.floats(0.0, 10.0))


@given(
    st.tuples(scores, scores, scores, st.booleans()),
    st.tuples(scores, scores, scores, st.booleans()),
)
def test_mirrored_people_get_a_mirrored_list_that_can_be_said(one: tuple, two: tuple) -> None:
    items = ("pain.squat", "entries.heel_raises", "entries.y_balance_anterior_cm")

    def listed(figures: dict[Side, tuple]) -> dict[tuple[str, Side], str]:
        values: Values = {("goals.wish", Side.NONE): "run"}
        for side, (*scored, swollen) in figures.items():
            values |= {
                (item, side): score
                for item, score in zip(items, scored, strict=True)
                if score is not None
            }
            values["events.seen", side] = ("new_swelling",) if swollen else ()
        found = checked(values, legs=(ankle(LEFT), ankle(RIGHT)))
        for language in Language:
            assert all(Voice(language).say(item.statement).endswith(".") for item in found)
        return {(item.id.partition("-")[0], item.side): item.state.value for item in found}

    other = {LEFT: RIGHT, RIGHT: LEFT, Side.NONE: Side.NONE}
    seen, mirror = listed({LEFT: one, RIGHT: two}), listed({LEFT: two, RIGHT: one})
    assert {(name, other[side]): value for (name, side), value in seen.items()} == mirror
