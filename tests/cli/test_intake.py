"""The questions as a person answers them: typed or piped, in both languages."""

from __future__ import annotations

import builtins
import io
import os
import re
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING

import pytest

from sensor_screen.judgement import Answers, Language
from sensor_screen.model import Side
from sensor_screen.rules.questionnaire import shipped_intake
from sensor_screen.storage.answer_file import read_answer_file, write_answer_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Outcome

    Ask = Callable[..., Outcome]

NO_FLAGS = ["n"] * 12
SECTIONS = 13
"""Blocks of the self-test after the red flags: session, you, goals, feet, and both sides of the
rest; `events.dizzy` is a block of its own."""


@pytest.fixture
def ask(run: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ask:
    """Runs `intake` with these lines as its input."""

    def ask_lines(lines: list[str], *options: object) -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return run("intake", "--out", tmp_path / "a.toml", *options)

    return ask_lines


def rest(done: int) -> list[str]:
    """On to the next section until the end, after so many sections."""
    return [">"] * (SECTIONS - done)


def test_a_healthy_person_skips_everything(ask: Ask, tmp_path: Path) -> None:
    done = ask([*NO_FLAGS, *rest(0)])
    assert done.status == 0
    assert done.err == f"wrote {tmp_path / 'a.toml'} with 13 answers\n"
    answers = read_answer_file(tmp_path / "a.toml")
    assert answers.choices("session.date") == (date.today().isoformat(),)  # noqa: DTZ011
    flags = {item for item, _ in answers.values if item.startswith("red_flags.")}
    assert len(flags) == 12
    assert "left open" not in done.out
    assert "Before everything" in done.out
    assert "What you feel: left ankle  (5 of 14)" in done.out
    assert "\n1/12  Does your chest hurt" in done.out


def test_enter_alone_skips_every_question(ask: Ask, tmp_path: Path) -> None:
    asked = [i for i in shipped_intake().items if not i.clinician_only]
    conditional = 2  # when an earlier injury was, on either side: there was none
    done = ask([""] * (sum(len(i.sides) for i in asked) - conditional))
    assert done.status == 0
    assert set(read_answer_file(tmp_path / "a.toml").values) == {("session.date", Side.NONE)}
    assert "with one answer" in done.err
    assert "left open: 12." in done.out


def test_a_whole_interview(ask: Ask, tmp_path: Path) -> None:
    lines = [
        *NO_FLAGS,
        *("2026-05-31", "6,5"),
        *("34", "178", "", "Fußball", "Torwart", "2"),
        *("stairs; running ;", "no pain on stairs"),
        *("1, front_inner", "yes", "y", "n", "2", "n", "n", "n", "", "1 2", "1", "2019 and 2023"),
        *("no", ">"),
        *("3", "10"),
        *("2", ">", ">"),
        *rest(8),
    ]
    assert ask(lines).status == 0
    left = Side.LEFT
    assert dict(read_answer_file(tmp_path / "a.toml").values) == {
        **{(i.id, Side.NONE): False for i in shipped_intake().sections[0].items},
        ("session.date", Side.NONE): "2026-05-31",
        ("session.weeks_of_care", Side.NONE): 6.5,
        ("person.age_years", Side.NONE): 34.0,
        ("person.body_height_cm", Side.NONE): 178.0,
        ("person.sport", Side.NONE): "Fußball",
        ("person.position", Side.NONE): "Torwart",
        ("person.kicking_leg", Side.NONE): "right",
        ("goals.activities", Side.NONE): ("stairs", "running"),
        ("goals.wish", Side.NONE): "no pain on stairs",
        ("symptoms.where", left): ("front", "front_inner"),
        ("symptoms.squat_pain", left): True,
        ("symptoms.uphill_pain", left): True,
        ("symptoms.sprint_pain", left): False,
        ("symptoms.gives_way", left): "sometimes",
        ("symptoms.kick_pain", left): False,
        ("symptoms.downhill_pain", left): False,
        ("symptoms.pointing_pain", left): False,
        ("symptoms.course", left): ("swelling", "long_bouts"),
        ("symptoms.earlier_injury", left): ("sprain",),
        ("symptoms.earlier_injury_when", left): "2019 and 2023",
        ("symptoms.locks", left): False,
        ("footwear.kind", Side.NONE): "boot",
        ("footwear.heel_drop_mm", Side.NONE): 10.0,
        ("pain.before", left): 2.0,
    }


@pytest.mark.parametrize("position", [0, 3, 11])
def test_a_red_flag_says_what_to_do_at_once_and_ends_the_questions(
    ask: Ask, tmp_path: Path, position: int
) -> None:
    done = ask([*["n"] * position, "y"])
    assert done.status == 0
    item = shipped_intake().sections[0].items[position]
    assert read_answer_file(tmp_path / "a.toml").says(item.id)
    after = done.out.split(f"{position + 1}/12")[1]
    assert re.search(r"emergency|before a clinician agrees", after)
    assert after.rstrip().endswith("The questions end here, and so does the self-test.")


def test_a_red_flag_is_said_in_german(ask: Ask) -> None:
    done = ask(["ja"], "--language", "de")
    assert "rufen Sie jetzt den Notruf." in done.out
    assert "der Selbsttest auch" in done.out
    assert "mit einer Antwort geschrieben" in done.err


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("300", "Not possible; use a number from 4 to 110, or leave it out."),
        ("old", "Not a number; use a number from 4 to 110."),
        ("nan", "Not possible; use a number from 4 to 110, or leave it out."),
    ],
)
def test_an_impossible_answer_is_asked_again(
    ask: Ask, tmp_path: Path, typed: str, complaint: str
) -> None:
    done = ask([*NO_FLAGS, ">", typed, "34", ">", *rest(2)])
    assert f"{complaint}\n" in done.out
    assert read_answer_file(tmp_path / "a.toml").number("person.age_years") == 34.0


def test_a_red_flag_is_not_taken_from_a_word_that_is_neither(ask: Ask) -> None:
    done = ask(["maybe", *NO_FLAGS, *rest(0)])
    assert "Neither yes nor no" in done.out
    assert done.status == 0


def test_a_contradiction_is_said_when_it_is_answered(ask: Ask, tmp_path: Path) -> None:
    lines = [*NO_FLAGS, ">", *[""] * 5, "both", ">", "0", "y", "n", ">", *rest(4)]
    done = ask(lines)
    said = "Your left ankle hurts nowhere, yet something hurts it; correct one of the two.\n"
    assert done.out.count(said) == 1
    assert read_answer_file(tmp_path / "a.toml").values["symptoms.squat_pain", Side.LEFT] is False


def test_one_can_go_back_and_the_answer_is_offered_again(ask: Ask, tmp_path: Path) -> None:
    lines = [*NO_FLAGS, ">", "43", "<", "34", "178", "<", "", ">", *rest(2)]
    done = ask(lines)
    assert " [43] > " in done.out
    assert " [178] > " in done.out
    answers = read_answer_file(tmp_path / "a.toml")
    assert answers.number("person.age_years") == 34.0
    assert answers.number("person.body_height_cm") == 178.0


def test_going_back_before_the_first_question_stays_there(ask: Ask) -> None:
    done = ask(["<", *NO_FLAGS, *rest(0)])
    assert done.status == 0
    assert "This is the first question." in done.out


def test_help_and_the_next_section(ask: Ask) -> None:
    done = ask(["?", ">", *NO_FLAGS, *rest(0)])
    assert done.status == 0
    assert "a clot that has moved to the lung" in done.out
    assert "These questions come one by one." in done.out


def test_who_does_not_kick_is_not_asked_about_kicks(ask: Ask) -> None:
    kicks = "when you kick a ball"

    def out(leg: str) -> str:
        done = ask([*NO_FLAGS, ">", *[""] * 5, leg, ">", *[""] * 5, ">", *rest(4)])
        assert done.status == 0
        return done.out

    assert kicks not in out("4")
    assert kicks in out("1")


def test_only_clinicians_are_asked_for_what_only_they_can_test(ask: Ask) -> None:
    answered = [*NO_FLAGS, *rest(0)]
    assert "Calf squeeze" not in ask(answered).out
    lines = [*NO_FLAGS, *rest(2), *[""] * 17, "2"]
    done = ask(lines, "--clinician")
    assert "Calf squeeze" in done.out
    assert "see an orthopaedic doctor" in done.out


def test_lasting_answers_of_last_time_are_offered_and_passing_ones_are_not(
    ask: Ask, tmp_path: Path
) -> None:
    old = Answers(
        {
            ("red_flags.hot_joint", Side.NONE): True,
            ("session.date", Side.NONE): "2020-01-01",
            ("person.age_years", Side.NONE): 34.0,
            ("symptoms.where", Side.LEFT): ("front", "diffuse"),
            ("symptoms.squat_pain", Side.LEFT): True,
            ("pain.squat", Side.LEFT): 7.0,
            ("entries.lunge_cm", Side.LEFT): 9.0,
        }
    )
    write_answer_file(old, tmp_path / "old.toml", Language.ENGLISH)
    done = ask(
        [*NO_FLAGS, ">", "", ">", ">", "", "-", ">", *rest(4)], "--from", tmp_path / "old.toml"
    )
    assert "[front, in the middle, all over, hard to say] > " in done.out
    assert dict(read_answer_file(tmp_path / "a.toml").values) == {
        **{(i.id, Side.NONE): False for i in shipped_intake().sections[0].items},
        ("session.date", Side.NONE): date.today().isoformat(),  # noqa: DTZ011
        ("person.age_years", Side.NONE): 34.0,
        ("symptoms.where", Side.LEFT): ("front", "diffuse"),
    }


def test_the_end_of_the_input_writes_nothing_and_says_so(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("# of last time\n", encoding="utf-8")
    done = ask(NO_FLAGS[:5])
    assert done.status == 2
    assert done.err == (
        f"{tmp_path / 'a.toml'}: the questions were broken off; "
        "nothing was written; start again when you have time.\n"
    )
    assert (tmp_path / "a.toml").read_text(encoding="utf-8") == "# of last time\n"
    assert [file.name for file in tmp_path.iterdir()] == ["a.toml"]


def test_breaking_off_writes_nothing_and_says_so(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(_: str = "") -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(builtins, "input", break_off)
    done = ask([], "--language", "de")
    assert done.status == 2
    assert "es wurde nichts geschrieben" in done.err
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_work_is_said_before_the_first_question(
    ask: Ask, run: Callable[..., Outcome], tmp_path: Path
) -> None:
    assert "its folder does not exist" in run("intake", "--out", tmp_path / "x" / "a").complaint
    assert "it cannot be read" in run(
        "intake", "--out", tmp_path / "a", "--from", tmp_path / "none.toml"
    ).complaint  # fmt: skip
    (tmp_path / "bad.toml").write_text("[person]\nage_years = 300\nsprot = 1\n", encoding="utf-8")
    complaint = ask([], "--from", tmp_path / "bad.toml").complaint
    assert "age_years = 300" in complaint
    assert "the nearest known name is sport" in complaint


def test_a_pipe_in_another_encoding_does_not_fail(tmp_path: Path) -> None:
    lines = [*NO_FLAGS, ">", "34", "", "", "Fu\xdfball", ">", *rest(2)]
    out = tmp_path / "a.toml"
    done = subprocess.run(
        [sys.executable, "-m", "sensor_screen", "intake", "--out", str(out)],
        input="".join(f"{line}\n" for line in lines).encode("latin-1"),
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert done.returncode == 0
    answers = read_answer_file(out)
    assert answers.number("person.age_years") == 34.0
    assert answers.choices("person.sport") == ("Fu\ufffdball",)
