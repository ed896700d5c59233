"""Range tests at, just under and just over each limit, and with input missing."""

import math
from dataclasses import replace

import pytest
from hypothesis import given

from sensor_screen.judgement import Case, Language, Level, Panel, RuleResult
from sensor_screen.model import Capacity, Condition, Direction, Side, ZeroMode
from sensor_screen.rules.complaints import PLACES
from sensor_screen.rules.range_rules import apply_range_rules
from tests.rules.cases import (
    BOOK,
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
    pick,
    right,
    say,
)

GREEN, AMBER, RED, UNJUDGED = Level.GREEN, Level.AMBER, Level.RED, Level.UNJUDGED
LEFT, RIGHT = Side.LEFT, Side.RIGHT


def found(one: Case, rule: str, side: Side | None = None) -> RuleResult:
    return pick(apply_range_rules(one, (), BOOK), rule, side)


def entered(rule: str, *parts: Asked, side: Side | None = LEFT) -> RuleResult:
    answers: Asked = {}
    for part in parts:
        answers |= part
    return found(case(answers=answers), rule, side)


# --- L1 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deg", "level"),
    [(45.0, GREEN), (36.0, GREEN), (35.9, AMBER), (30.0, AMBER), (29.9, RED), (5.0, RED)],
)
def test_l1_by_an_inclinometer(deg: float, level: Level) -> None:
    result = entered("L1", left(entries__lunge_deg=deg))
    assert (result.level, result.unit, result.amber, result.red) == (level, "deg", "< 36", "< 30")
    assert result.panel is Panel.ANTERIOR
    assert not result.default or result.grade in "CD"


@pytest.mark.parametrize(
    ("cm", "level"), [(10.0, GREEN), (9.9, AMBER), (8.0, AMBER), (7.9, RED), (0.0, RED)]
)
def test_l1_in_centimetres(cm: float, level: Level) -> None:
    result = entered("L1", left(entries__lunge_cm=cm))
    assert (result.level, result.unit, result.red) == (level, "cm", "< 8")


@pytest.mark.parametrize("deg", [36.0, 30.0])
def test_l1_measured_from_gravity_is_not_shifted(deg: float) -> None:
    at, under = (found(case(leg(bend_deg=v)), "L1", LEFT) for v in (deg, deg - 0.01))
    assert (at.level, under.level) in [(GREEN, AMBER), (AMBER, RED)]
    assert "estimated" not in say(at.statement)


@pytest.mark.parametrize(
    ("deg", "level"), [(31.5, GREEN), (31.4, AMBER), (24.0, AMBER), (23.9, RED)]
)
def test_l1_from_quiet_standing_allows_for_the_lean(deg: float, level: Level) -> None:
    stood = leg(bend_deg=deg, zero_mode=ZeroMode.QUIET_STANDING)
    result = found(case(stood), "L1", LEFT)
    assert (result.level, result.amber, result.red) == (level, "< 31.5", "< 24")
    assert result.value == pytest.approx(deg)
    assert "estimated" in say(result.statement)
    assert "geschätzt" in say(result.statement, Language.GERMAN)
    assert {"L1", "standing_lean", "standing_lean_error"} == set(result.rests_on)


@pytest.mark.parametrize("lean_deg", [3.0, 4.5, 6.0])
@pytest.mark.parametrize("true_deg", [30.0, 30.1, 35.0])
def test_l1_is_never_red_by_the_zero_alone(lean_deg: float, true_deg: float) -> None:
    stood = leg(bend_deg=true_deg - lean_deg, zero_mode=ZeroMode.QUIET_STANDING)
    assert found(case(stood), "L1", LEFT).level is not RED


def test_l1_prefers_degrees_then_centimetres_then_the_measurement() -> None:
    deg, cm = left(entries__lunge_deg=40.0), left(entries__lunge_cm=9.0)
    both = case(leg(bend_deg=20.0), answers=deg | cm)
    assert found(both, "L1", LEFT).value == 40.0
    assert found(case(leg(bend_deg=20.0), answers=cm), "L1", LEFT).value == 9.0
    assert found(case(leg(bend_deg=20.0)), "L1", LEFT).value == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("age", "deg", "level"),
    [
        (59.9, 32.0, AMBER),
        (60.0, 32.0, GREEN),
        (60.0, 31.9, AMBER),
        (60.0, 26.0, AMBER),
        (60.0, 25.9, RED),
    ],
)
def test_l1_of_older_people_starts_lower(age: float, deg: float, level: Level) -> None:
    result = entered("L1", left(entries__lunge_deg=deg), asked(person__age_years=age))
    assert result.level is level
    assert ("lunge_older_less" in result.rests_on) == (age >= 60)


def test_l1_in_centimetres_is_shifted_by_as_much() -> None:
    result = entered("L1", left(entries__lunge_cm=9.0), asked(person__age_years=70.0))
    assert result.level is GREEN
    assert result.amber == "< 8.88889"


def test_l1_near_a_limit_says_so() -> None:
    near = entered("L1", left(entries__lunge_deg=37.0))
    far = entered("L1", left(entries__lunge_deg=42.0))
    assert near.within_error
    assert "error" in say(near.statement)
    assert not far.within_error
    assert "error" not in say(far.statement)
    # A reading has the smallest change of two readings, over the root of 2.
    assert near.error_95 == pytest.approx(5.0 / math.sqrt(2.0))


def test_l1_without_a_lunge_is_not_judged() -> None:
    result = found(case(leg(bend_deg=None)), "L1", LEFT)
    assert (result.level, result.amber) == (UNJUDGED, "")
    assert "not measured" in say(result.statement)


def test_l1_with_a_guessed_zero_or_rejected_data_is_not_judged() -> None:
    good = leg()
    assert good.calibration is not None
    guessed = replace(good, calibration=replace(good.calibration, neutral_verified=False))
    useless = replace(good, calibration=replace(good.calibration, quality=0.1))
    for poor in (guessed, useless):
        result = found(case(poor), "L1", LEFT)
        assert result.level is UNJUDGED
        assert "too poor" in say(result.statement)


def test_l1_takes_the_best_of_several_recordings() -> None:
    assert found(case(leg(bend_deg=25.0), leg(bend_deg=41.0)), "L1", LEFT).value == pytest.approx(
        41
    )


# --- L2 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("less", "level"),
    [(0.0, GREEN), (4.9, GREEN), (5.0, AMBER), (10.0, AMBER), (10.1, RED)],
)
def test_l2_in_degrees(less: float, level: Level) -> None:
    measured = case(leg(LEFT, bend_deg=40.0 - less), leg(RIGHT, bend_deg=40.0))
    by_hand = left(entries__lunge_deg=40.0 - less) | right(entries__lunge_deg=40.0)
    for one in (measured, case(answers=by_hand)):
        result = found(one, "L2")
        assert result.level is level
        assert result.value == pytest.approx(less)
        assert result.side is (LEFT if less else Side.NONE)


@pytest.mark.parametrize(("less", "level"), [(1.4, GREEN), (1.5, AMBER), (3.0, AMBER), (3.1, RED)])
def test_l2_in_centimetres(less: float, level: Level) -> None:
    result = entered(
        "L2", left(entries__lunge_cm=12.0), right(entries__lunge_cm=12.0 - less), side=None
    )
    assert (result.level, result.side, result.unit) == (level, RIGHT, "cm")


def test_l2_says_how_common_a_difference_is() -> None:
    result = found(case(leg(LEFT), leg(RIGHT, bend_deg=33.0)), "L2")
    assert say(result.base_rate) == (
        "In a study, 32 % of healthy adults differed by more than 1.5 cm, and some by up to 3 cm."
    )
    assert "1,5 cm" in say(result.base_rate, Language.GERMAN)


def test_l2_has_the_error_of_both() -> None:
    one = case(leg(LEFT, sigma_deg=1.5), leg(RIGHT, bend_deg=34.0, sigma_deg=2.0))
    result = found(one, "L2")
    assert result.error_95 == pytest.approx(1.96 * 2.5)
    assert result.within_error
    sure = found(case(leg(LEFT, sigma_deg=0.1), leg(RIGHT, bend_deg=33.0, sigma_deg=0.1)), "L2")
    assert not sure.within_error


def test_l2_compares_only_what_was_taken_alike() -> None:
    unlike = entered("L2", left(entries__lunge_cm=12.0), right(entries__lunge_deg=40.0), side=None)
    assert (unlike.level, unlike.side) == (UNJUDGED, Side.NONE)
    assert "different ways" in say(unlike.statement)
    zeros = case(leg(LEFT), leg(RIGHT, zero_mode=ZeroMode.QUIET_STANDING))
    assert found(zeros, "L2").level is UNJUDGED
    # Centimetres of both beside degrees of one.
    mixed = left(entries__lunge_cm=12.0, entries__lunge_deg=40.0) | right(entries__lunge_cm=10.0)
    assert found(case(answers=mixed), "L2").value == 2.0


def test_l2_needs_both_legs() -> None:
    result = found(case(leg(LEFT)), "L2")
    assert result.level is UNJUDGED
    assert "both" in say(result.statement)


# --- L3 and P1 -----------------------------------------------------------------------------------

LESS_LEFT = (leg(LEFT, bend_deg=30.0), leg(RIGHT, bend_deg=40.0))


@pytest.mark.parametrize(
    ("pain", "level"), [(0.0, GREEN), (1.0, AMBER), (3.0, AMBER), (4.0, RED), (10.0, RED)]
)
@pytest.mark.parametrize("place", sorted(PLACES[Panel.ANTERIOR]))
def test_l3_is_pain_at_the_front_on_the_side_that_bends_less(
    pain: float, level: Level, place: str
) -> None:
    answers = left(pain__lunge=pain, symptoms__where=(place,))
    assert found(case(*LESS_LEFT, answers=answers), "L3", LEFT).level is level


@pytest.mark.parametrize(
    ("answers", "level", "words"),
    [
        ({}, UNJUDGED, "not answered"),
        (left(pain__lunge=6.0), UNJUDGED, "no clear place"),
        (left(pain__lunge=6.0, symptoms__where=("diffuse",)), UNJUDGED, "no clear place"),
        (left(pain__lunge=6.0, symptoms__where=("back",)), GREEN, "not at the front"),
        (left(pain__lunge=6.0, symptoms__where=("back", "front_outer")), RED, "clearly"),
        (right(pain__lunge=6.0, symptoms__where=("front",)), UNJUDGED, "not answered"),
    ],
)
def test_l3_counts_no_other_place(answers: Asked, level: Level, words: str) -> None:
    result = found(case(*LESS_LEFT, answers=answers), "L3", LEFT)
    assert result.level is level
    assert words in say(result.statement)


def test_l3_needs_the_other_leg_and_a_smaller_bend() -> None:
    hurt = left(pain__lunge=6.0, symptoms__where=("front",))
    alone = found(case(leg(LEFT), answers=hurt), "L3", LEFT)
    assert alone.level is UNJUDGED
    more = found(case(leg(LEFT), leg(RIGHT, bend_deg=30.0), answers=hurt), "L3", LEFT)
    assert more.level is GREEN
    assert "no less" in say(more.statement)


def test_l3_says_where_the_difference_could_be_the_error() -> None:
    hurt = left(pain__lunge=6.0, symptoms__where=("front",))
    slight = found(case(leg(LEFT, bend_deg=38.0), leg(RIGHT), answers=hurt), "L3", LEFT)
    clear = found(
        case(leg(LEFT, bend_deg=32.5), leg(RIGHT, sigma_deg=0.5), answers=hurt), "L3", LEFT
    )
    assert slight.level is RED
    assert slight.within_error
    assert "error" in say(slight.statement)
    assert not clear.within_error


@pytest.mark.parametrize(
    ("answers", "level", "words"),
    [
        ({}, UNJUDGED, "not answered"),
        (left(pain__point=0.0), GREEN, "does not hurt"),
        (left(pain__point=1.0, symptoms__where=("back",)), AMBER, "a little"),
        (left(pain__point=3.0, symptoms__where=("back_inner",)), AMBER, "a little"),
        (left(pain__point=4.0, symptoms__where=("back_outer",)), RED, "clearly"),
        (left(pain__point=9.0, symptoms__where=("front",)), GREEN, "not at the back"),
        (left(pain__point=9.0, symptoms__where=("diffuse",)), UNJUDGED, "no clear place"),
        (left(pain__point=9.0), UNJUDGED, "no clear place"),
    ],
)
def test_p1_is_pain_at_the_back(answers: Asked, level: Level, words: str) -> None:
    result = found(case(leg(LEFT), answers=answers), "P1", LEFT)
    assert (result.level, result.panel) == (level, Panel.POSTERIOR)
    assert words in say(result.statement)


# --- N1 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deg", "level"), [(15.0, GREEN), (14.9, AMBER), (10.0, AMBER), (9.9, RED)]
)
def test_n1_by_a_goniometer(deg: float, level: Level) -> None:
    result = entered("N1", left(entries__dorsiflexion_active_deg=deg))
    assert (result.level, result.error_95) == (level, 5.0)
    assert result.within_error


def test_n1_hints_at_the_calf_where_a_bent_knee_helps_much() -> None:
    def say_with(straight: float) -> str:
        entries = left(
            entries__dorsiflexion_active_deg=16.0,
            entries__dorsiflexion_active_straight_deg=straight,
        )
        return say(entered("N1", entries).statement)

    assert "calf" in say_with(6.0)
    assert "calf" not in say_with(6.1)


@pytest.mark.parametrize(
    ("deg", "level", "words"),
    [(15.0, GREEN, "already"), (14.9, UNJUDGED, "very end"), (3.0, UNJUDGED, "very end")],
)
def test_n1_by_seated_pumps_can_only_be_green(deg: float, level: Level, words: str) -> None:
    result = found(case(leg(pumped_deg=deg)), "N1", LEFT)
    assert result.level is level
    assert words in say(result.statement)
    assert result.value == pytest.approx(deg)


def test_n1_prefers_what_was_entered() -> None:
    one = case(leg(pumped_deg=20.0), answers=left(entries__dorsiflexion_active_deg=8.0))
    assert found(one, "N1", LEFT).level is RED
    assert found(case(leg()), "N1", LEFT).level is UNJUDGED


# --- P2 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("less", "level"), [(5.9, GREEN), (6.0, AMBER), (12.0, AMBER), (12.1, RED)]
)
def test_p2_between_the_legs(less: float, level: Level) -> None:
    one = case(leg(LEFT, point_deg=55.0), leg(RIGHT, point_deg=55.0 - less))
    result = found(one, "P2")
    assert (result.level, result.side, result.panel) == (level, RIGHT, Panel.POSTERIOR)


def test_p2_compares_like_conditions_only() -> None:
    passive = left(entries__plantarflexion_passive_deg=60.0)
    active = right(entries__plantarflexion_active_deg=40.0)
    assert entered("P2", passive, active, side=None).level is UNJUDGED
    both = entered("P2", passive, right(entries__plantarflexion_passive_deg=50.0), side=None)
    assert (both.level, both.side, both.value) == (AMBER, RIGHT, 10.0)
    # A clinician's figure of one leg beside the measured one of the other.
    end = math.radians(60.0)
    by_hand = Capacity(
        LEFT, Direction.PLANTARFLEXION, Condition.PASSIVE, end, 0.04, (end,), entered=True
    )
    one_by_hand = replace(leg(LEFT, point_deg=None), capacities=(by_hand,))
    assert found(case(one_by_hand, leg(RIGHT)), "P2").level is UNJUDGED


# --- all -----------------------------------------------------------------------------------------


def test_nothing_is_said_of_legs_that_are_not_there() -> None:
    assert {r.rule for r in apply_range_rules(case(), (), BOOK)} == {"L2", "P2"}
    assert all(r.level is UNJUDGED for r in apply_range_rules(case(), (), BOOK))


def mirrored(result: RuleResult) -> tuple[object, ...]:
    return (result.rule, SWAP[result.side], result.level, result.value, result.within_error)


@SOME_PEOPLE
@given(people())
def test_exchanged_legs_give_exchanged_results(one: Case) -> None:
    plain = {mirrored(r) for r in judge_rules(one)[1] if not math.isnan(r.value)}
    swapped = judge_rules(mirror_case(one))[1]
    assert plain == {
        (r.rule, r.side, r.level, r.value, r.within_error)
        for r in swapped
        if not math.isnan(r.value)
    }


@SOME_PEOPLE
@given(people())
def test_every_result_can_be_said_in_every_language_and_has_its_own_id(one: Case) -> None:
    results = judge_rules(one)[1]
    assert len({r.id for r in results}) == len(results)
    for result in results:
        for language in Language:
            assert say(result.statement, language)
        for name in result.rests_on:
            assert name in BOOK.limits or name in BOOK.thresholds
