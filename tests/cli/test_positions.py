"""Positions near the end range from a stored report, as a person asks for them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sensor_screen.judgement import Claims, Language, Zone
from sensor_screen.report.json_report import report_to_json
from sensor_screen.report.stored_positions import find_close_positions
from sensor_screen.report.terminal_positions import render_positions
from sensor_screen.rules.voice import Voice
from sensor_screen.wiring import save_report_json
from tests.hand_made import ankle, filled_report, leg_measures, report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Outcome

    Run = Callable[..., Outcome]

CLOSE = (Zone.AMBER, Zone.RED, Zone.BEYOND)


def test_every_close_position_is_there_with_its_advice(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "anna.json"
    screened = filled_report()
    (squat,) = [f for f in screened.judgement.findings if f.id == "right-anterior-squat"]
    advice = replace(screened.judgement.advice[0], rests_on=(squat.id,))
    judgement = replace(screened.judgement, advice=(advice, *screened.judgement.advice[1:]))
    save_report_json(replace(screened, judgement=judgement, recorded_on="2026-11-20"), path)
    done = run("positions", path)
    assert done.status == 0
    said = " ".join(done.out.split())
    voice = Voice(Language.ENGLISH)
    for finding in screened.judgement.findings:
        assert (voice.say(finding.statement) in said) == (finding.zone in CLOSE), finding.id
    assert "recorded on 2026-11-20" in said
    for words in (*screened.marks, voice.text("disclaimer.clinician"), "squat to a box"):
        assert words in said
    content = json.loads(run("positions", path, "--json").out)
    close = [f for f in screened.judgement.findings if f.zone in CLOSE]
    assert {one["id"] for one in content["positions"]} == {f.id for f in close}
    order = [CLOSE.index(Zone(one["zone"])) for one in content["positions"]]
    assert order == sorted(order, reverse=True)
    (one,) = [one for one in content["positions"] if one["id"] == squat.id]
    assert [a["id"] for a in one["advice"]] == ["modify-squat"]
    assert content["report"]["marks"] == list(screened.marks)
    assert content["report"]["disclaimer"]


def test_it_speaks_the_language_of_the_report(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "anna.json"
    save_report_json(filled_report(language=Language.GERMAN), path)
    done = run("positions", path)
    assert "Positionen nahe am eigenen Bewegungsende (simuliert)" in done.out
    assert "des eigenen Bewegungsendes" in " ".join(done.out.split())


def test_room_to_spare_and_nothing_to_judge_are_told_apart(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "anna.json"
    for legs, words in (
        ([leg_measures(ankle(squat=[10.0, 11.0]))], "comes close to an impingement-prone range"),
        ([leg_measures(ankle(bend_deg=None, point_deg=None, squat=[10.0]))], "nothing can be said"),
    ):
        save_report_json(report(legs), path)
        assert words in " ".join(run("positions", path).out.split())


def test_a_red_flag_leaves_no_position(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "anna.json"
    save_report_json(filled_report(flagged=True), path)
    done = run("positions", path)
    assert "short of breath" in done.out
    assert "of the own end range" not in done.out
    content = json.loads(run("positions", path, "--json").out)
    assert content["positions"] == []
    assert len(content["red_flags"]) == 2


def test_the_report_of_a_healthy_person_judges_none(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "anna.json"
    save_report_json(filled_report(Claims.WELLNESS), path)
    done = run("positions", path)
    assert done.status == 2
    assert done.err == (
        "anna.json: a wellness report judges no position; screen with --claims clinician.\n"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"schema": "screening-report-3", "schema_version": "3.0.0"}', "update sensor-screen"),
        (b"\x00\x01", "no sound JSON"),
        (b"{}", "it names no schema"),
    ],
)
def test_what_is_no_report_of_ours_is_one_sentence(
    run: Run, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "anna.json"
    path.write_bytes(content)
    done = run("positions", path)
    assert done.status == 2
    assert words in done.err
    assert done.err.count("\n") == 1


def test_a_stored_text_cannot_write_on_the_terminal() -> None:
    content: dict[str, Any] = report_to_json(filled_report())
    content["marks"] = ["\x1b[31m\u202eevil"]
    content["judgement"]["findings"][0]["said"]["text"] = "\x07bell\nline"
    found = find_close_positions(content, "anna.json")
    for width in (60, 120):
        text = render_positions(found, width=width, ascii_only=width == 60)
        assert not {"\x1b", "\u202e", "\x07"} & set(text)
        assert all(len(line) <= width for line in text.splitlines())
