"""Advice: the six measures, what triggers each, and what is never said."""

import dataclasses
import math
import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.judgement import (
    Advice,
    Answer,
    Answers,
    Case,
    Concern,
    ConcernLevel,
    Finding,
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
    Zone,
)
from sensor_screen.model import Side, Task
from sensor_screen.rules.advice import advise
from sensor_screen.rules.findings import find_positions
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.voice import Voice, read_messages
from tests.hand_made import ankle, leg_measures
from tests.rules.made_results import concern, result

BOOK = shipped_rulebook()
SIX = ["modify", "footwear", "mobility", "strength", "balance", "technique"]
VOICES = [Voice(language) for language in Language]
ENGLISH = VOICES[0]
TOPICS = ("advice", "pathway", "readiness", "cards", "letter")
LEFT, RIGHT = Side.LEFT, Side.RIGHT


def answered(side: Side = LEFT, **items: Answer) -> dict[tuple[str, Side], Answer]:
    """`symptoms__where=("front",)` of one leg; items of nobody's leg with `Side.NONE`."""
    return {(name.replace("__", "."), side): value for name, value in items.items()}


def advised(
    *legs: list,
    answers: dict[tuple[str, Side], Answer] | None = None,
    results: tuple[RuleResult, ...] = (),
    concerns: tuple[Concern, ...] = (),
    patterns: tuple[PatternLabel, ...] = (),
    flags: tuple[RedFlag, ...] = (),
    **peaks: Any,
) -> tuple[Advice, ...]:
    measured = tuple(leg_measures(leg) for leg in (legs or (ankle(**peaks),)))
    case = Case(SessionMeasures(measured, Answers(answers or {})))
    findings = find_positions(measured, BOOK)
    return advise(case, findings, results, concerns, patterns, flags, BOOK)


def said(advice: tuple[Advice, ...], kind: str, voice: Voice = ENGLISH) -> str:
    return " ".join(voice.say(s) for line in advice if line.kind == kind for s in line.statements)


def one(advice: tuple[Advice, ...], name: str) -> Advice:
    (line,) = (line for line in advice if line.id == name)
    return line


def everything() -> tuple[Advice, ...]:
    """As many different lines as one person can get."""
    answers = {
        **answered(LEFT, symptoms__where=("front",), pain__squat=4.0, entries__heel_raises=10.0),
        **answered(RIGHT, symptoms__earlier_injury=("sprain",), entries__heel_raises=20.0),
        **answered(RIGHT, entries__hard_painful_block=True),
        **answered(
            Side.NONE,
            footwear__kind="boot",
            footwear__heel_drop_mm=10.0,
            person__body_height_cm=170.0,
        ),
    }
    return advised(
        ankle(LEFT, squat=[38.0], stairs_up=[45.0], stairs_down=[38.0], kick=[57.0], walk=[39.0]),
        ankle(RIGHT, bend_deg=8.0, squat=[8.0], kick=[70.0]),
        answers=answers,
        results=(
            result("L1", LEFT, Level.RED),
            result("B1", LEFT, Level.AMBER),
            result("K2", LEFT, Level.RED, task=Task.KICK),
            result("Q3", LEFT, Level.AMBER, task=Task.SQUAT),
        ),
        concerns=(concern(LEFT, Panel.ANTERIOR, ConcernLevel.SEE_CLINICIAN),),
    )


# --- always there --------------------------------------------------------------------------------


@pytest.mark.parametrize("peaks", [{}, {"squat": [39.0], "kick": [57.0]}, {"stairs_up": [15.0]}])
def test_all_six_measures_are_always_there(peaks: dict[str, list[float]]) -> None:
    assert list(dict.fromkeys(line.kind for line in advised(**peaks))) == SIX


def test_general_lines_rest_on_nothing_and_say_so() -> None:
    for line in advised():
        assert line.rests_on == ()
        assert line.reason == Statement("advice.reason.general")
        assert line.id == line.kind


def test_every_line_has_a_source_and_a_grade_of_the_book() -> None:
    lines = everything()
    assert len(lines) > 12
    sources = {entry.source: entry.grade for entry in BOOK.advice.values()}
    assert all(sources[line.source] == line.grade for line in lines)
    assert len({line.id for line in lines}) == len(lines)


def test_nothing_to_change_is_a_line_where_nothing_was_found() -> None:
    line = one(advised(squat=[20.0]), "modify")
    assert line.statements == (Statement("advice.modify.nothing"),)
    quiet = {"squat": [20.0], "answers": answered(pain__squat=0.0)}
    assert one(advised(**quiet), "modify") == line


@pytest.mark.parametrize(
    "more",
    [
        {"results": (result("L1", LEFT, Level.AMBER),)},
        {"patterns": (PatternLabel(LEFT, Pattern.FRONT, 5, 0, ("S2",), Statement("x")),)},
    ],
)
def test_nothing_to_change_is_not_said_where_something_was(more: dict[str, Any]) -> None:
    (line, *_) = advised(squat=[20.0], **more)
    assert line.statements == (Statement("advice.modify.general"),)


def test_nothing_measured_is_not_nothing_to_change() -> None:
    assert one(advised(), "modify").statements == (Statement("advice.modify.general"),)


# --- red flags and clinicians --------------------------------------------------------------------


def flag(name: str, urgency: Urgency) -> RedFlag:
    return RedFlag(name, urgency, Statement("advice.reason.general"))


@pytest.mark.parametrize("urgency", Urgency)
def test_a_red_flag_leaves_one_line_only(urgency: Urgency) -> None:
    (line,) = advised(
        squat=[38.0], results=(result("L1", LEFT, Level.RED),), flags=(flag("hot_joint", urgency),)
    )
    assert line.kind == line.id == "seek_care"
    assert line.rests_on == ("hot_joint",)
    for voice in VOICES:
        assert voice.say(line.statements[0])


def test_the_most_pressing_red_flag_decides() -> None:
    flags = (flag("growing_heel", Urgency.CLINICIAN_FIRST), flag("foot_drop", Urgency.EMERGENCY))
    (line,) = advised(flags=flags)
    assert line.statements == (Statement("advice.seek_care.emergency"),)
    assert line.rests_on == ("foot_drop", "growing_heel")


def test_a_concern_that_is_a_red_flag_also_leaves_one_line() -> None:
    (line,) = advised(squat=[38.0], concerns=(concern(LEFT, level=ConcernLevel.RED_FLAG),))
    assert line.kind == "seek_care"


@pytest.mark.parametrize("level", [ConcernLevel.NONE, ConcernLevel.NOTE, ConcernLevel.DISCUSS])
def test_a_clinician_is_advised_from_see_clinician_on(level: ConcernLevel) -> None:
    assert not said(advised(concerns=(concern(LEFT, level=level),)), "seek_care")
    (first, *_) = advised(concerns=(concern(LEFT, level=ConcernLevel.SEE_CLINICIAN),))
    assert first.id == "seek_care-left"
    assert "your left ankle soon" in ENGLISH.say(first.statements[0])


# --- modify --------------------------------------------------------------------------------------


def test_without_a_symptom_it_is_worded_for_the_case_that_it_hurts() -> None:
    line = one(advised(squat=[38.0]), "modify-left-anterior-squat")
    texts = [ENGLISH.say(statement) for statement in line.statements]
    assert texts[0] == "Squat less deep for now if it hurts at the front of your left ankle."
    assert "common in healthy ankles" in texts[1]
    assert "5° less bend" in texts[2]
    assert line.rests_on == ("left-anterior-squat",)


def test_the_reason_names_the_task_and_its_ratio_with_its_error() -> None:
    line = one(advised(squat=[38.0]), "modify-left-anterior-squat")
    assert re.fullmatch(r"In squats: 95 ± \d+ % of the bending range\.", ENGLISH.say(line.reason))
    (demand,) = leg_measures(ankle(squat=[38.0])).demands
    assert line.reason.values["error"] == pytest.approx(196.0 * demand.ratio_sigma)
    german = VOICES[1].say(line.reason)
    assert german.startswith("Bei Kniebeugen: 95 ± ")


@pytest.mark.parametrize(
    ("answers", "plain"),
    [
        (answered(symptoms__where=("front",)), True),
        (answered(symptoms__where=("front_outer", "back")), True),
        (answered(symptoms__squat_pain=True), True),
        (answered(symptoms__where=("front",), pain__squat=3.0), True),
        (answered(symptoms__where=("front",), pain__squat=0.0), False),
        (answered(symptoms__where=("back",), symptoms__squat_pain=True), False),
        (answered(symptoms__where=("diffuse",)), False),
        (answered(pain__squat=3.0), False),  # where it hurts is not known
        (answered(RIGHT, symptoms__where=("front",)), False),
    ],
)
def test_only_pain_at_that_place_makes_it_plain(
    answers: dict[tuple[str, Side], Answer], plain: bool
) -> None:
    line = one(advised(squat=[38.0], answers=answers), "modify-left-anterior-squat")
    text = ENGLISH.say(line.statements[0])
    assert (text == "Squat less deep for now: it hurts at the front of your left ankle.") == plain
    assert ("if it hurts" in text) != plain


def test_getting_close_alone_is_no_reason_to_change() -> None:
    assert one(advised(squat=[30.0]), "modify").rests_on == ()


def test_a_small_range_gets_advice_that_rests_on_it() -> None:
    lines = advised(bend_deg=8.0, squat=[8.0])
    line = one(lines, "modify-left-anterior-squat")
    text = " ".join(ENGLISH.say(s) for s in line.statements)
    assert "The range itself is small: its end was found at 8°." in text
    assert "less bend" not in text, "no zone, so no smallest change"
    assert one(lines, "mobility-left-anterior").rests_on == ("left-anterior-squat",)


@pytest.mark.parametrize(("squat_deg", "again"), [(45.9, False), (46.1, True)])
def test_past_the_range_test_it_is_repeated_first(squat_deg: float, again: bool) -> None:
    line = one(advised(squat=[squat_deg]), "modify-left-anterior-squat")
    assert (Statement("advice.modify.test_again") in line.statements) == again
    kick = one(advised(kick=[70.0]), "modify-left-posterior-kick")
    assert Statement("advice.modify.test_again") not in kick.statements


def test_what_a_poor_recording_hides_is_no_small_range() -> None:
    lines = advised(bend_deg=40.0, sigma_deg=9.0, squat=[30.0])
    assert one(lines, "modify").statements == (Statement("advice.modify.general"),)
    assert one(lines, "mobility").rests_on == ()


def test_a_hidden_zone_is_no_small_range() -> None:
    legs = (leg_measures(ankle(bend_deg=8.0, squat=[8.0])),)
    note = Statement("advice.reason.general")
    hidden = tuple(
        dataclasses.replace(f, zone=Zone.UNRESOLVED, threshold_note=note)
        for f in find_positions(legs, BOOK)
    )
    lines = advise(Case(SessionMeasures(legs)), hidden, (), (), (), (), BOOK)
    assert all(line.rests_on == () for line in lines)


def test_a_concern_without_a_position_names_what_hurts() -> None:
    concerns = (concern(LEFT, Panel.ANTERIOR, ConcernLevel.DISCUSS),)
    lines = advised(
        squat=[20.0], concerns=concerns, answers=answered(LEFT, symptoms__where=("front",))
    )
    silent = advised(squat=[20.0], concerns=concerns)  # such as an ankle that gives way
    assert not any(line.id == "modify-left-anterior" for line in silent)
    line = one(lines, "modify-left-anterior")
    assert ENGLISH.say(line.statements[0]) == (
        "Do less of what hurts at the front of your left ankle for now."
    )
    near = advised(squat=[38.0], concerns=(concern(LEFT, Panel.ANTERIOR, ConcernLevel.DISCUSS),))
    assert not any(line.id == "modify-left-anterior" for line in near)


def test_what_hurts_comes_first() -> None:
    answers = answered(RIGHT, symptoms__where=("front",), symptoms__squat_pain=True)
    legs = (ankle(LEFT, squat=[38.0]), ankle(RIGHT, squat=[38.0]))
    first, *_ = advised(*legs, answers=answers)
    assert first.id.startswith("modify-right") or "right" in ENGLISH.say(first.statements[0])


def test_pain_without_a_place_is_answered_too() -> None:
    lines = advised(squat=[20.0], answers=answered(LEFT, pain__squat=5.0))
    assert "Do less of what hurts your left ankle" in ENGLISH.say(
        one(lines, "modify-left").statements[0]
    )


# --- footwear ------------------------------------------------------------------------------------


def test_front_and_back_need_opposite_shoes() -> None:
    front = said(advised(squat=[38.0]), "footwear")
    back = said(advised(kick=[57.0]), "footwear")
    both = said(advised(squat=[38.0], kick=[57.0]), "footwear")
    assert "Try a slightly raised heel" in front
    assert "Avoid raised heels" not in front
    assert "Avoid raised heels" in back
    assert "Try a slightly raised heel" not in back
    assert "eases the front of your left ankle and loads its back" in both
    assert "Try a slightly" not in both


@pytest.mark.parametrize("peaks", [{"squat": [38.0]}, {"squat": [38.0], "kick": [57.0]}])
def test_a_raised_heel_is_never_for_kicking(peaks: dict[str, list[float]]) -> None:
    for voice, words in zip(VOICES, ("Never use a raised heel", "nie eine erhöhte"), strict=True):
        assert words in said(advised(**peaks), "footwear", voice)


def test_a_side_that_gets_close_counts_where_the_other_is_near() -> None:
    assert "loads its back" in said(advised(squat=[38.0], kick=[50.0]), "footwear")
    assert one(advised(kick=[50.0]), "footwear").rests_on == ()


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (Pattern.FRONT, "Try a slightly raised heel"),
        (Pattern.BACK, "Avoid raised heels"),
        (Pattern.UNCLEAR, "Test shoes with care"),
        (Pattern.NONE, "fit the activity"),
    ],
)
def test_where_it_hurts_decides_too(pattern: Pattern, words: str) -> None:
    label = PatternLabel(LEFT, pattern, 5, 0, ("S2",), Statement("x"))
    assert words in said(advised(squat=[20.0], patterns=(label,)), "footwear")


def test_no_wedge_where_the_back_comes_close_too() -> None:
    def keys(lines: tuple[Advice, ...]) -> set[str]:
        return {s.key for s in one(lines, "modify-left-anterior-squat").statements}

    assert "advice.change.wedge" in keys(advised(squat=[38.0]))
    assert "advice.change.wedge" in keys(advised(squat=[38.0], kick=[40.0]))
    # A wedge for squats does not go along to the kick.
    assert "advice.change.wedge" in keys(advised(squat=[38.0], kick=[57.0]))
    for lines in (
        advised(squat=[38.0], stairs_down=[45.0]),
        advised(
            squat=[38.0],
            patterns=(PatternLabel(LEFT, Pattern.BACK, 0, 5, ("S6",), Statement("x")),),
        ),
    ):
        assert "advice.change.wedge" not in keys(lines)
        assert "advice.change.heel_conflict" in keys(lines)


def test_each_leg_has_its_own_shoe_advice() -> None:
    lines = advised(ankle(LEFT, squat=[38.0]), ankle(RIGHT, kick=[57.0]))
    assert "the front of your left" in ENGLISH.say(one(lines, "footwear-left").statements[0])
    assert "the back of your right" in ENGLISH.say(one(lines, "footwear-right").statements[0])


@pytest.mark.parametrize("peaks", [{}, {"squat": [38.0]}])
def test_recorded_shoes_are_mentioned_in_a_line_of_their_own(peaks: dict[str, list[float]]) -> None:
    worn = answered(Side.NONE, footwear__kind="boot", footwear__heel_drop_mm=10.0)
    lines = advised(answers=worn, **peaks)
    line = one(lines, "footwear-worn")
    text = said((line,), "footwear")
    assert "You wore a boot" in text
    # 1 cm on 18 cm.
    assert "heel 10 mm higher" in text
    assert "ankle by about 3°" in text
    assert line.rests_on == ("footwear.kind", "footwear.heel_drop_mm")
    plain = answered(Side.NONE, footwear__kind="shoe", footwear__heel_drop_mm=0.0)
    assert "You wore" not in said(advised(answers=plain, **peaks), "footwear")


@pytest.mark.parametrize(
    ("answers", "results"),
    [
        (answered(symptoms__earlier_injury=("sprain",)), ()),
        (answered(symptoms__gives_way="repeatedly"), ()),
        ({}, (result("I1", LEFT, Level.AMBER),)),
    ],
)
def test_an_unstable_ankle_gets_shoes_that_hold_and_balance(
    answers: dict[tuple[str, Side], Answer], results: tuple[RuleResult, ...]
) -> None:
    lines = advised(answers=answers, results=results)
    assert one(lines, "footwear-left-support").grade == "A"
    assert one(lines, "balance-left").rests_on == one(lines, "footwear-left-support").rests_on
    assert one(lines, "balance-left").rests_on


# --- mobility, strength, balance, technique ------------------------------------------------------


@pytest.mark.parametrize("rule", ["L1", "L2", "N1"])
@pytest.mark.parametrize("level", Level)
def test_mobility_is_advised_from_amber_on(rule: str, level: Level) -> None:
    lines = advised(results=(result(rule, LEFT, level),))
    if level in {Level.AMBER, Level.RED}:
        line = one(lines, "mobility-left-anterior")
        assert line.rests_on == (f"{rule}-left",)
        assert "stop before any pinch" in said(lines, "mobility")
    else:
        assert one(lines, "mobility").rests_on == ()


@pytest.mark.parametrize(
    "block",
    [
        {"answers": answered(entries__hard_painful_block=True)},
        {"results": (result("L3", LEFT, Level.RED),)},
        {"results": (result("P1", LEFT, Level.RED),)},
    ],
)
def test_nobody_is_told_to_push_into_a_block(block: dict[str, Any]) -> None:
    more = (result("L1", LEFT, Level.RED), result("N1", LEFT, Level.RED))
    block = block | {"results": (*block.get("results", ()), *more)}
    lines = advised(ankle(bend_deg=8.0, squat=[8.0]), **block)
    assert [line.id for line in lines if line.kind == "mobility"] == ["mobility-left-block"]
    assert "Do not stretch" in said(lines, "mobility")
    assert "lunges" not in said(lines, "mobility")
    assert "Dehnen Sie Ihr linkes Sprunggelenk nicht" in said(lines, "mobility", VOICES[1])


def test_a_block_of_one_leg_does_not_stop_the_other() -> None:
    lines = advised(
        answers=answered(entries__hard_painful_block=True),
        results=(result("L1", LEFT, Level.RED), result("L1", RIGHT, Level.RED)),
    )
    names = [line.id for line in lines if line.kind == "mobility"]
    assert names == ["mobility-left-block", "mobility-right-anterior"]


@pytest.mark.parametrize(("left", "specific"), [(17.0, True), (18.0, False), (19.0, False)])
def test_strength_from_a_tenth_fewer_heel_raises(left: float, specific: bool) -> None:
    answers = answered(entries__heel_raises=left)
    alone = advised(answers=answers)
    assert one(alone, "strength").rests_on == (), "one leg alone has nothing to be compared with"
    lines = advised(answers=answers | answered(RIGHT, entries__heel_raises=20.0))
    assert any(line.id == "strength-left" for line in lines) == specific
    assert "does not measure strength" in said(lines, "strength")


@pytest.mark.parametrize("rule", ["B1", "B2", "B3"])
def test_balance_by_its_rules(rule: str) -> None:
    lines = advised(results=(result(rule, RIGHT, Level.AMBER),))
    assert one(lines, "balance-right").rests_on == (f"{rule}-right",)


def test_grade_a_is_for_sprains_and_not_for_impingement() -> None:
    line = one(advised(), "balance")
    assert line.grade == "A"
    assert "prevents sprains" in said((line,), "balance")
    assert "not been studied" in said((line,), "balance")


@pytest.mark.parametrize(
    ("rule", "task", "words"),
    [("K2", Task.KICK, "kick"), ("Q3", Task.SQUAT, "squat"), ("X2", Task.WALK, "walk")],
)
def test_technique_names_the_task(rule: str, task: Task, words: str) -> None:
    lines = advised(results=(result(rule, LEFT, Level.AMBER, task=task),))
    assert said(lines, "technique").endswith(f"your left leg does this: {words}.")


def test_a_red_zone_alone_does_not_call_a_coach() -> None:
    assert one(advised(squat=[38.0]), "technique").rests_on == ()


# --- words ---------------------------------------------------------------------------------------


def fields(text: str) -> list[tuple[str, str]]:
    return sorted((n, f or "") for _, n, f, _ in string.Formatter().parse(text) if n)


def test_both_languages_have_the_same_keys_and_fields() -> None:
    english, german = (read_messages(language) for language in Language)
    mine = [k for k in english if k.startswith((*(f"{t}." for t in TOPICS), "task.less."))]
    assert len(mine) > 150
    assert {k for k in german if k.partition(".")[0] in TOPICS} == {
        k for k in mine if not k.startswith("task.less.")
    }
    for key in mine:
        names = [{name for name, _ in fields(m[key])} for m in (english, german)]
        assert names[0] == names[1], key
        words = re.sub(r"\{.*?\}", "", english[key])
        assert english[key] != german[key] or len(words) < 20, f"{key} is not translated"


@pytest.mark.parametrize("voice", VOICES, ids=lambda v: v.language)
def test_every_line_can_be_said_and_is_short(voice: Voice) -> None:
    for line in everything():
        headline = voice.say(line.statements[0])
        assert len(headline.split()) <= 20, headline
        assert not re.search(r"\d", headline), "figures stand below"
        for statement in (*line.statements, line.reason):
            text = voice.say(statement)
            assert text.endswith("."), text
            assert "  " not in text


def test_no_text_speaks_like_a_diagnosis() -> None:
    for key, text in read_messages(Language.ENGLISH).items():
        if key.startswith(("advice.", "readiness.", "pathway.", "cards.")):
            assert not re.search(r"you have |suffer|patient|injury risk|\brolls?\b", text), key
            assert not re.search(r"diagnos", text.replace("not a diagnosis", "")), key


# --- properties ----------------------------------------------------------------------------------


def swapped(value: Any) -> Any:
    """Left for right and right for left, in everything."""
    if isinstance(value, Side):
        return {LEFT: RIGHT, RIGHT: LEFT}.get(value, value)
    if isinstance(value, Statement):
        return Statement(value.key, {k: swapped(v) for k, v in value.values.items()})
    if isinstance(value, tuple):
        return tuple(swapped(part) for part in value)
    if isinstance(value, str) and not hasattr(value, "name"):
        return re.sub("left|right", lambda m: "right" if m[0] == "left" else "left", value)
    return value


def contents(advice: tuple[Advice, ...], *, swap: bool) -> dict[str, Any]:
    lines = [tuple(getattr(line, f.name) for f in dataclasses.fields(line)) for line in advice]
    lines = [swapped(line) for line in lines] if swap else lines
    return {
        name: (kind, statements, reason, grade, source, frozenset(rests_on))
        for name, kind, statements, reason, grade, source, rests_on in lines
    }


leg = st.tuples(
    st.floats(5, 50), st.floats(20, 70), st.floats(5, 60), st.floats(10, 80), st.booleans(),
    st.sampled_from(Level), st.integers(0, 30), st.sampled_from([(), ("front",), ("back",)]),
)  # fmt: skip


@given(left=leg, right=leg)
def test_mirrored_people_get_mirrored_advice(left: tuple, right: tuple) -> None:
    def seen(left: tuple, right: tuple) -> tuple[Advice, ...]:
        legs, answers, results = [], {}, []
        for side, figures in ((LEFT, left), (RIGHT, right)):
            bend, point, squat, kick, block, level, raises, where = figures
            legs.append(ankle(side, bend_deg=bend, point_deg=point, squat=[squat], kick=[kick]))
            answers |= answered(
                side,
                entries__hard_painful_block=block,
                entries__heel_raises=float(raises),
                symptoms__where=where,
            )
            results += [result(rule, side, level) for rule in ("L1", "B1", "K2")]
        answers |= answered(Side.NONE, footwear__kind="boot", footwear__heel_drop_mm=8.0)
        return advised(*legs, answers=answers, results=tuple(results))

    assert contents(seen(left, right), swap=True) == contents(seen(right, left), swap=False)


@given(
    bend_deg=st.floats(5.0, 50.0),
    squat_deg=st.floats(5.0, 60.0),
    kick_deg=st.floats(10.0, 80.0),
)
def test_no_line_raises_a_heel_for_the_back_or_names_an_unknown_finding(
    bend_deg: float, squat_deg: float, kick_deg: float
) -> None:
    legs = [leg_measures(ankle(bend_deg=bend_deg, squat=[squat_deg], kick=[kick_deg]))]
    findings: tuple[Finding, ...] = find_positions(legs, BOOK)
    lines = advise(Case(SessionMeasures(tuple(legs))), findings, (), (), (), (), BOOK)
    known = {finding.id: finding for finding in findings}
    for line in lines:
        assert set(line.rests_on) <= set(known)
        keys = {statement.key for statement in line.statements}
        panels = {known[i].panel for i in line.rests_on}
        if panels == {Panel.POSTERIOR}:
            assert not keys & {"advice.change.wedge", "advice.footwear.front"}
        if panels == {Panel.ANTERIOR}:
            assert not keys & {"advice.change.lower_heel", "advice.footwear.back"}
        for i in line.rests_on:
            assert known[i].zone != Zone.GREEN
    assert all(math.isfinite(f.demand.ratio) for f in findings)
