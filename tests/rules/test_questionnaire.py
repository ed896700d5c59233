"""The engine of questionnaires: every kind of answer, every problem, and files that read back."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensor_screen.errors import IntakeError, ScreenError
from sensor_screen.judgement import Answers, Language
from sensor_screen.model import Side
from sensor_screen.rules.answer_check import LONGEST_TEXT, MOST_TEXTS
from sensor_screen.rules.items import Kind
from sensor_screen.rules.questionnaire import (
    LARGEST_FILE,
    parse_questionnaire,
    read_answers,
    shipped_intake,
    write_answers,
)
from sensor_screen.rules.voice import Voice, read_messages
from tests.rules.any_answers import any_answers, mirrored

INTAKE = shipped_intake()
OTHER = """
[questionnaire]
id = "other"
[section.sleep.item]
hours = { kind = "number", unit = "h", least = 0, most = 24 }
quality = { kind = "choice", choices = ["good", "bad"] }
"""


def problems(text: str, language: Language = Language.ENGLISH) -> list[str]:
    with pytest.raises(IntakeError) as found:
        read_answers(text, "a.toml", language)
    assert "\n" not in str(found.value)
    return [str(problem) for problem in found.value.problems]


def check(**sections: Any) -> Answers:
    return INTAKE.check(sections)


# --- what is asked --------------------------------------------------------------------------------


def test_red_flags_are_asked_first_and_the_most_pressing_of_them_first() -> None:
    first = INTAKE.sections[0]
    assert first.id == "red_flags"
    order = ["emergency", "same_day", "urgent", "clinician_first"]
    ranks = [order.index(item.urgency.value) for item in first.items if item.urgency]
    assert len(ranks) == len(first.items) == 12
    assert ranks == sorted(ranks)


def test_every_red_flag_names_what_it_rests_on() -> None:
    assert all(item.source for item in INTAKE.items if item.urgency)


def test_the_items_are_those_that_everything_else_relies_on() -> None:
    assert len(INTAKE.items) == 70
    tasks = {"lunge", "point", "squat", "stairs_up", "stairs_down", "kick", "balance", "walk"}
    pains = {item.name for item in INTAKE.items if item.section == "pain"}
    assert pains == tasks | {"before", "next_day"}
    codes = [item.code for item in INTAKE.items if item.code]
    assert codes == [*(f"S{i}" for i in range(1, 12)), "C1", "C2"]
    sided = {item.section for item in INTAKE.items if item.sided}
    assert sided == {"symptoms", "pain", "events", "entries"}


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("item", INTAKE.items, ids=lambda item: item.id)
def test_every_item_has_its_words(item: Any, language: Language) -> None:
    voice = Voice(language)
    for side in item.sides:
        question = voice.text(f"intake.question.{item.id}", side=side)
        assert question
        if item.sided:
            assert any(voice.word(side, form) in question for form in ("ankle", "leg"))
    assert voice.text(f"intake.help.{item.id}").endswith(".")
    assert voice.has(f"intake.section.{item.section}")
    labels = [voice.text(f"intake.choice.{item.id}.{choice}") for choice in item.choices]
    assert len(set(labels)) == len(labels)


def test_both_languages_say_the_same_things_of_the_same_values() -> None:
    english, german = (read_messages(language) for language in Language)
    names = re.compile(r"\{(\w+)")
    for key in english:
        if key.partition(".")[0] in ("intake", "red_flags", "stopping", "pattern"):
            assert set(names.findall(english[key])) == set(names.findall(german[key])), key


def test_no_words_are_left_over() -> None:
    wanted = {item.id for item in INTAKE.items}
    for key in read_messages(Language.ENGLISH):
        for kind in ("question", "help"):
            if key.startswith(f"intake.{kind}."):
                assert key.removeprefix(f"intake.{kind}.") in wanted


# --- other questionnaires -------------------------------------------------------------------------


def test_another_questionnaire_is_only_data() -> None:
    other = parse_questionnaire(OTHER)
    answers = other.check({"sleep": {"hours": 7, "quality": "good"}})
    assert answers.number("sleep.hours") == 7.0
    assert answers.choices("sleep.quality") == ("good",)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"number"', '"numeral"', "numeral"),
        (', choices = ["good", "bad"]', "", "choices"),
        ("least = 0", "minimum = 0", "minimum"),
        ("least = 0", "least = 25", "least and most"),
        ('unit = "h"', 'unit = ""', "unit"),
    ],
)
def test_a_mistake_in_a_questionnaire_is_found_when_it_is_read(
    old: str, new: str, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_questionnaire(OTHER.replace(old, new))


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ('{ item = "sleep.quality", is = "fair" }', "none of its choices"),
        ('{ item = "sleep.hours", exceeds = "sleep.minutes" }', "no item"),
        ('{ item = "sleep.hours", exceeds = "sleep.hours", by = "much" }', "no threshold"),
        ('{ item = "sleep.hours", beats = 3 }', "beats"),
    ],
)
def test_a_condition_names_what_exists(condition: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_questionnaire(f'{OTHER}\n[[contradiction]]\nid = "x"\nall = [{condition}]\n')


# --- answers that are right -----------------------------------------------------------------------


def test_each_kind_is_kept_as_what_it_is() -> None:
    found = read_answers(
        """
        [session]
        date = 2026-05-31
        [person]
        age_years = 34
        sport = " football "
        kicking_leg = "right"
        [goals]
        activities = ["stairs", "", "running"]
        [symptoms.left]
        squat_pain = true
        where = ["back", "front", "front"]
        [symptoms.right]
        where = []
        """,
        "a.toml",
    )
    assert dict(found.values) == {
        ("session.date", Side.NONE): "2026-05-31",
        ("person.age_years", Side.NONE): 34.0,
        ("person.sport", Side.NONE): "football",
        ("person.kicking_leg", Side.NONE): "right",
        ("goals.activities", Side.NONE): ("stairs", "running"),
        ("symptoms.squat_pain", Side.LEFT): True,
        ("symptoms.where", Side.LEFT): ("front", "back"),
        ("symptoms.where", Side.RIGHT): (),
    }


def test_nothing_answered_is_no_problem() -> None:
    assert read_answers("", "a.toml") == Answers()


@pytest.mark.parametrize("item", [i for i in INTAKE.items if i.kind is Kind.NUMBER], ids=str)
def test_the_ends_of_every_range_are_possible_and_what_lies_beyond_is_not(item: Any) -> None:
    side = item.sides[0]

    def table(value: float) -> dict[str, Any]:
        inner = {item.name: value}
        return {item.section: inner if side is Side.NONE else {side.value: inner}}

    for value in (item.least, item.most):
        assert INTAKE.check(table(value)).number(item.id, side) == value
    for value in (item.least - 1, item.most + 1, float("nan"), float("inf"), -float("inf")):
        with pytest.raises(IntakeError, match="not possible"):
            INTAKE.check(table(value))


# --- answers that are wrong -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "[entries.left]\ndorsiflexion_active_deg = 120",
            "[entries.left] dorsiflexion_active_deg = 120: not possible; "
            "use a number from −40 to 60, or leave it out.",
        ),
        (
            "[person]\nage_yaers = 3",
            "[person] age_yaers: not known; the nearest known name is age_years.",
        ),
        (
            "[symptoms.middle]\nsquat_pain = true",
            "[symptoms.middle]: not a side; use left or right.",
        ),
        (
            "[symptoms]\nsquat_pain = true",
            "[symptoms] squat_pain = true: it does not say which side; "
            "write it below left or right.",
        ),
        (
            "[person.left]\nage_years = 3",
            "[person] left: not known; leave it out.",
        ),
        (
            "[events.left]\ndizzy = true",
            "[events.left] dizzy = true: it has no side; write it below [events].",
        ),
        ("[zzz]\nx = 1", "zzz: not known; leave it out."),
        ("[symptom]\nx = 1", "symptom: not known; the nearest known name is symptoms."),
        ("person = 3", "[person] = 3: not a table; write it as a table with its answers below."),
        ("[pain]\nleft = 3", "[pain.left] = 3: not a table; "
            "write it as a table with its answers below."),
        (
            "[red_flags]\nhot_joint = 1",
            "[red_flags] hot_joint = 1: neither yes nor no; "
            "answer yes or no (in a file: true or false).",
        ),
        (
            '[footwear]\nkind = "clog"',
            "[footwear] kind = clog: not one of the choices; "
            "use one of barefoot, shoe, boot, other.",
        ),
        (
            '[events.right]\nseen = "locked"',
            "[events.right] seen = locked: not a list of the choices; "
            "use a list of gave_way, locked, new_swelling, or an empty one for none.",
        ),
        (
            "[events.right]\nseen = [1]",
            "[events.right] seen = [1]: not a list of the choices; "
            "use a list of gave_way, locked, new_swelling, or an empty one for none.",
        ),
        (
            "[pain.left]\nsquat = true",
            "[pain.left] squat = true: not a number; use a number from 0 to 10.",
        ),
        (
            '[pain.left]\nsquat = "7"',
            "[pain.left] squat = 7: not a number; use a number from 0 to 10.",
        ),
        (
            "[entries.left]\ncait = 20.5",
            "[entries.left] cait = 20.5: not a whole number; leave out the decimals.",
        ),
        ("[person]\nsport = 3", "[person] sport = 3: not a text; write it in words."),
        (
            '[person]\nsport = "a\\u001b[31mb"',
            "[person] sport = a�[31mb: there are characters in it that cannot be seen; "
            "write one line of plain text.",
        ),
        (
            '[person]\nsport = "a\\u202eb"',
            "[person] sport = a�b: there are characters in it that cannot be seen; "
            "write one line of plain text.",
        ),
        (
            '[goals]\nactivities = "run"',
            "[goals] activities = run: not a list of texts; "
            "write it as a list, also where there is only one.",
        ),
        (
            "[goals]\nactivities = [1]",
            "[goals] activities = [1]: not a text; write it in words.",
        ),
        (
            '[session]\ndate = "31.5.2026"',
            "[session] date = 31.5.2026: not a date; write year, month, day, as 2026-05-31.",
        ),
    ],
)  # fmt: skip
def test_each_problem_is_one_sentence(text: str, problem: str) -> None:
    assert problems(text) == [problem]


@pytest.mark.parametrize(
    "day",
    [
        *("2026-02-29", "1900-02-29", "2026-13-01", "2026-04-31"),
        *("2026-00-10", "2026-05-00", "0026-05-31", "٢٠٢٦-05-31"),
    ],
)
def test_days_that_do_not_exist_are_refused(day: str) -> None:
    assert "not a date" in problems(f'[session]\ndate = "{day}"')[0]


@pytest.mark.parametrize("day", ["2024-02-29", "2000-02-29", "2026-12-31"])
def test_days_that_exist_are_taken(day: str) -> None:
    assert check(session={"date": day}).choices("session.date") == (day,)


def test_texts_have_a_longest_length() -> None:
    assert check(goals={"wish": "a" * LONGEST_TEXT}).has("goals.wish")
    text = "a" * (LONGEST_TEXT + 1)
    long = problems(f'[goals]\nwish = "{text}"')
    assert long[0].endswith(f"too long; use at most {LONGEST_TEXT} letters.")
    assert len(long[0]) < 150
    listed = '"a",' * (MOST_TEXTS + 1)
    many = problems(f"[goals]\nactivities = [{listed}]")
    assert f"name the {MOST_TEXTS} that matter most" in many[0]


def test_all_problems_are_named_at_once() -> None:
    text = "[person]\nage_years = 300\nsport = 1\n[pain.left]\nsquat = 11\n[nothing]\n"
    assert len(problems(text)) == 4
    with pytest.raises(ScreenError, match=r"^a\.toml \[person\] age_years = 300: .*\[pain\.left\]"):
        read_answers(text, "a.toml")


def test_a_flood_of_problems_does_not_flood_the_reader() -> None:
    text = "[person]\n" + "\n".join(f"x{i} = 1" for i in range(1000))
    with pytest.raises(IntakeError, match=r"And 980 more\.$") as found:
        read_answers(text, "a.toml")
    assert len(found.value.problems) == 1000
    assert len(str(found.value)) < 2000


def test_problems_are_said_in_german() -> None:
    (said,) = problems("[entries.left]\ndorsiflexion_active_deg = 120", Language.GERMAN)
    assert said == (
        "[entries.left] dorsiflexion_active_deg = 120: nicht möglich; "
        "verwenden Sie eine Zahl von −40 bis 60, oder lassen Sie es weg."
    )


# --- hostile files --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x" * (LARGEST_FILE + 1), "too large"),
        ("[person", "not valid TOML"),
        ("a = " + "[" * 50_000, "not valid TOML"),
        ("a = " + "{a=" * 20_000, "not valid TOML"),
        ("[person]\nage_years = " + "9" * 5000, "not valid TOML"),
        ("[person]\nage_years = 0x" + "f" * 50_000, "not possible"),
        ("[person]\nage_years = nan", "not possible"),
        ("[person]\nage_years = -inf", "not possible"),
        ("[person]\nage_years = 1e400", "not possible"),
        ('schema = "other/1"', "another kind of file"),
        ("schema = 1", "another kind of file"),
        ("[person]\nage_years = 3\nage_years = 4", "not valid TOML"),
        ('"\\u001b[2J" = 1', "not known"),
    ],
    ids=lambda value: value[:20],
)
def test_hostile_files_end_in_one_plain_sentence(text: str, problem: str) -> None:
    with pytest.raises(IntakeError) as found:
        read_answers(text, "a.toml")
    assert problem in str(found.value)
    assert len(str(found.value)) < 300
    assert str(found.value).isprintable()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda part: (
        st.lists(part, max_size=3)
        | st.dictionaries(
            st.sampled_from(["left", "right", "where", "squat_pain", "age_years", "x", ""]),
            part,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["person", "symptoms", "pain", "x"]), JSON, max_size=4))
def test_whatever_a_page_sends_is_answers_or_an_intake_error(table: dict[str, Any]) -> None:
    try:
        found = INTAKE.check(table)
    except IntakeError as error:
        said = [str(problem) for problem in error.problems]
    else:
        said = []
        assert {item for item, _ in found.values} <= {item.id for item in INTAKE.items}
    assert all(re.fullmatch(r".+: .+; .+\.", sentence) for sentence in said)


# --- contradictions -------------------------------------------------------------------------------

S, E, P, V = "symptoms", "entries", "pain", "events"
CONTRADICTIONS = {
    "gives_way": [({S: {"gives_way": "never"}, V: {"seen": ["gave_way"]}})],
    "kick_pain": [
        {"person": {"kicking_leg": "none"}, S: {"kick_pain": True}},
        {"person": {"kicking_leg": "none"}, P: {"kick": 1}},
    ],
    "nowhere": [
        {S: {"where": [], name: True}}
        for name in ("squat_pain", "uphill_pain", "sprint_pain", "kick_pain", "downhill_pain",
                     "pointing_pain", "big_toe_pain")
    ],
    "painless_lunge": [{E: {"ended_by_pain": ["lunge"]}, P: {"lunge": 0}}],
    "painless_point": [{E: {"ended_by_pain": ["point"]}, P: {"point": 0}}],
    "passive_bend": [{E: {"dorsiflexion_active_deg": 15.1, "dorsiflexion_passive_deg": 10}}],
    "passive_point": [{E: {"plantarflexion_active_deg": 45.1, "plantarflexion_passive_deg": 40}}],
    "straight_knee": [
        {E: {"dorsiflexion_active_straight_deg": 15.1, "dorsiflexion_active_deg": 10}}
    ],
    "no_injury": [{S: {"earlier_injury": [], "earlier_injury_when": "2019"}}],
    "barefoot": [{"footwear": {"kind": "barefoot", "heel_drop_mm": 8}}],
}  # fmt: skip
NO_CONTRADICTIONS: list[dict[str, Any]] = [
    {S: {"gives_way": "sometimes"}, V: {"seen": ["gave_way"]}},
    {S: {"gives_way": "never"}, V: {"seen": ["locked"]}},
    {V: {"seen": ["gave_way"]}},
    {"person": {"kicking_leg": "none"}, S: {"kick_pain": False}, P: {"kick": 0}},
    {"person": {"kicking_leg": "both"}, S: {"kick_pain": True}},
    {S: {"squat_pain": True}},
    {S: {"where": ["diffuse"], "squat_pain": True}},
    {S: {"where": [], "squat_pain": False}},
    {E: {"ended_by_pain": ["lunge"]}, P: {"point": 0, "lunge": 1}},
    {E: {"ended_by_pain": ["lunge"]}},
    {E: {"dorsiflexion_active_deg": 15, "dorsiflexion_passive_deg": 10}},
    {E: {"dorsiflexion_active_deg": 15.1}},
    {E: {"dorsiflexion_active_straight_deg": 10, "dorsiflexion_active_deg": 15.1}},
    {S: {"earlier_injury_when": "2019"}},
    {"footwear": {"kind": "barefoot", "heel_drop_mm": 0}},
    {"footwear": {"kind": "shoe", "heel_drop_mm": 8}},
]


def on_side(case: dict[str, Any], side: str) -> dict[str, Any]:
    return {k: {side: v} if k in (S, E, P, V) else v for k, v in case.items()}


def test_every_contradiction_is_tried_here() -> None:
    assert list(CONTRADICTIONS) == [c.id for c in INTAKE.contradictions]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("name", "case"), [(name, case) for name, cases in CONTRADICTIONS.items() for case in cases]
)
def test_what_cannot_both_be_true_is_said(name: str, case: dict[str, Any], side: str) -> None:
    for language in Language:
        with pytest.raises(IntakeError) as found:
            INTAKE.check(on_side(case, side), language=language)
        voice = Voice(language)
        (problem,) = found.value.problems
        place = Side.NONE if name == "barefoot" else Side(side)
        assert problem.problem == voice.text(f"intake.contradiction.{name}", side=place)
        assert problem.remedy
        assert problem.value


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("case", NO_CONTRADICTIONS, ids=str)
def test_what_can_both_be_true_is_taken(case: dict[str, Any], side: str) -> None:
    assert INTAKE.check(on_side(case, side)).values


def test_one_ankle_does_not_contradict_the_other() -> None:
    assert INTAKE.check(
        {S: {"left": {"gives_way": "never"}}, V: {"right": {"seen": ["gave_way"]}}}
    ).values


@given(any_answers())
def test_mirrored_answers_contradict_each_other_alike(given_answers: Answers) -> None:
    here, there = (
        sorted(problem.key + str(problem.values["sentence"].key)  # type: ignore[index]
               for problem in INTAKE.contradictions_of(a))
        for a in (given_answers, mirrored(given_answers))
    )  # fmt: skip
    assert here == there


# --- round trip -----------------------------------------------------------------------------------


@given(any_answers(), st.sampled_from(list(Language)))
def test_what_is_written_reads_back_equal(given_answers: Answers, language: Language) -> None:
    text = write_answers(given_answers, language)
    assert tomllib.loads(text)["schema"] == "sensor-screen-answers/1"
    if INTAKE.contradictions_of(given_answers):
        with pytest.raises(IntakeError):
            read_answers(text, "a.toml")
    else:
        assert read_answers(text, "a.toml") == given_answers


def test_a_file_shows_its_questions() -> None:
    text = write_answers(check(symptoms={"left": {"squat_pain": True}}), Language.GERMAN)
    assert text == (
        'schema = "sensor-screen-answers/1"\n\n[symptoms.left]\n'
        "# Tut Ihr linkes Sprunggelenk in tiefer Kniebeuge weh?\nsquat_pain = true\n"
    )


@pytest.mark.parametrize("text", ['"', "\\", "#", "'''", "[x]", "é 足球 🦶", "a = 1", "\\u0041"])
def test_texts_of_any_letters_survive(text: str) -> None:
    answers = check(goals={"wish": text, "activities": [text]})
    assert read_answers(write_answers(answers), "a.toml") == answers


def test_what_could_not_be_read_is_not_written() -> None:
    for values in (
        {("person.age_years", Side.NONE): 1000.0},
        {("person.shoe", Side.NONE): 1.0},
        {("symptoms.squat_pain", Side.NONE): True},
    ):
        with pytest.raises(IntakeError):
            write_answers(Answers(values))


def test_events_of_the_tests_are_not_lost_to_a_contradiction() -> None:
    answers = Answers(
        {("symptoms.gives_way", Side.LEFT): "never", ("events.seen", Side.LEFT): ("gave_way",)}
    )
    text = write_answers(answers)
    assert "gave_way" in text
    assert "never gives way, yet it gave way" in problems(text)[0]
