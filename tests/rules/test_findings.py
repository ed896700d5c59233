"""Findings: front and back apart, every zone said, words of a screen and never of a diagnosis."""

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.judgement import (
    Case,
    Finding,
    Judgement,
    Language,
    Panel,
    SessionMeasures,
    Zone,
)
from sensor_screen.model import Side, Task
from sensor_screen.rules.evaluate import judge
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.voice import Voice, read_messages
from tests.hand_made import ankle, leg_measures

VOICE = Voice(Language.ENGLISH)


def judged(*reps: list, **peaks: list[float]) -> Judgement:
    legs = tuple(leg_measures(r) for r in (reps or (ankle(**peaks),)))
    return judge(Case(SessionMeasures(legs)), shipped_rulebook())


def by_id(judgement: Judgement) -> dict[str, Finding]:
    return {finding.id: finding for finding in judgement.findings}


def meaning(finding: Finding) -> str:
    return " ".join(VOICE.say(statement) for statement in finding.meaning)


def test_each_comparison_is_one_finding_front_and_back_apart() -> None:
    found = judged(squat=[20.0], stairs_down=[30.0], kick=[50.0])
    assert {f.id: f.zone for f in found.findings} == {
        "left-anterior-squat": Zone.GREEN,
        "left-anterior-stairs_down": Zone.AMBER,
        "left-posterior-stairs_down": Zone.GREEN,
        "left-posterior-kick": Zone.AMBER,
    }


def test_without_an_end_range_nothing_is_judged() -> None:
    assert judged(ankle(bend_deg=None, point_deg=None, squat=[30.0])).findings == ()


@pytest.mark.parametrize(
    ("squat_deg", "words"),
    [
        (20.0, "In squats, your left ankle has room to spare at the front."),
        (30.0, "In squats, your left ankle comes close to the end of its bending range."),
        (38.0, "In squats, your left ankle comes to about the end of its bending range."),
        (
            50.0,
            "In squats, your left ankle goes past the bending range that the range test showed.",
        ),
    ],
)
def test_each_zone_has_a_plain_sentence(squat_deg: float, words: str) -> None:
    (finding,) = judged(squat=[squat_deg]).findings
    assert VOICE.say(finding.statement) == words


def test_a_position_in_the_impingement_prone_range_is_named() -> None:
    (finding,) = judged(squat=[38.0]).findings
    assert "lies in the impingement-prone range at the front of the ankle" in meaning(finding)
    assert "common in healthy ankles" in meaning(finding)


def test_a_small_range_gives_the_reason_and_not_a_zone() -> None:
    (finding,) = judged(ankle(bend_deg=8.0, squat=[8.0])).findings
    assert finding.zone == Zone.UNRESOLVED
    assert "8.0°" in VOICE.say(finding.threshold_note)
    assert "small bending range" in VOICE.say(finding.statement)


def test_limits_are_printed_as_defaults() -> None:
    (finding,) = judged(squat=[38.0]).findings
    note = VOICE.say(finding.threshold_note)
    for figure in ("28.0°", "34.0°", "46.0°", "40.0°", "6.0°", "not diagnostic"):
        assert figure in note


def test_kicks_are_counted_against_the_line_with_the_base_rate() -> None:
    (finding,) = judged(kick=[50.0, 56.0, 57.0, 52.0, 70.0]).findings
    assert "3 of 5 kicks went past the tested range, 1 by more" in meaning(finding)
    assert "39 %" in meaning(finding)
    (finding,) = judged(kick=[50.0, 56.0]).findings
    assert "1 of 2 kicks went past the tested range, 0 by more" in meaning(finding)
    (finding,) = judged(kick=[40.0]).findings
    assert "No kick went past the tested range." in meaning(finding)


@pytest.mark.parametrize("language", Language)
def test_no_text_speaks_like_a_diagnosis(language: Language) -> None:
    denials = "not a diagnosis|not diagnostic|keine Diagnose|keine diagnostischen"
    for key, text in read_messages(language).items():
        if key.startswith(("letter.", "intake.")):
            continue  # A professional signs a letter; a question may name what was done before.
        said = re.sub(denials, "", text)
        assert not re.search(r"diagnos|you suffer|patient|injury risk", said, re.IGNORECASE), key
        assert not re.search(r"\brolls?\b", said), "the talus glides"


def said(judgement: Judgement) -> set[tuple[str, str]]:
    """All ids and sentences."""
    return {
        (f.id, VOICE.say(f.statement) + meaning(f) + VOICE.say(f.threshold_note))
        for f in judgement.findings
    }


def swap(text: str) -> str:
    return re.sub("left|right", lambda m: "right" if m[0] == "left" else "left", text)


ANGLES = st.tuples(st.floats(5, 50), st.floats(20, 70), st.floats(5, 60), st.floats(10, 80))


@given(left=ANGLES, right=ANGLES)
def test_mirrored_legs_give_mirrored_findings(
    left: tuple[float, float, float, float], right: tuple[float, float, float, float]
) -> None:
    def person(side: Side, figures: tuple[float, float, float, float]) -> list:
        bend, point, squat, kick = figures
        return ankle(side, bend_deg=bend, point_deg=point, squat=[squat], kick=[kick])

    seen = judged(person(Side.LEFT, left), person(Side.RIGHT, right))
    mirror = judged(person(Side.LEFT, right), person(Side.RIGHT, left))
    assert {(swap(i), swap(s)) for i, s in said(seen)} == said(mirror)


def test_front_and_back_are_independent() -> None:
    alone = by_id(judged(squat=[38.0]))["left-anterior-squat"]
    beside = by_id(judged(squat=[38.0], kick=[70.0]))["left-anterior-squat"]
    assert dataclasses.astuple(alone) == dataclasses.astuple(beside)
    assert alone.panel == Panel.ANTERIOR
    assert alone.task == Task.SQUAT
