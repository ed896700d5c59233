"""Findings: front and back apart, every zone said, limits named as defaults."""

import dataclasses
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.judgement import Finding, Language, Panel, Statement, Zone
from sensor_screen.model import Side, Task
from sensor_screen.rules.findings import find_positions
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.voice import Voice
from tests.hand_made import ankle, leg_measures

ENGLISH, GERMAN = Voice(Language.ENGLISH), Voice(Language.GERMAN)


def found(*reps: list, **peaks: Any) -> tuple[Finding, ...]:
    legs = [leg_measures(r) for r in (reps or (ankle(**peaks),))]
    return find_positions(legs, shipped_rulebook())


def said(statements: tuple[Statement, ...]) -> str:
    return " ".join(ENGLISH.say(statement) for statement in statements)


def test_each_comparison_is_one_finding_front_and_back_apart() -> None:
    assert {f.id: f.zone for f in found(squat=[20.0], stairs_down=[30.0], kick=[50.0])} == {
        "left-anterior-squat": Zone.GREEN,
        "left-anterior-stairs_down": Zone.AMBER,
        "left-posterior-stairs_down": Zone.GREEN,
        "left-posterior-kick": Zone.AMBER,
    }


def test_without_an_end_range_nothing_is_judged() -> None:
    assert found(bend_deg=None, point_deg=None, squat=[30.0]) == ()


@pytest.mark.parametrize(
    ("squat_deg", "zone"), [(20.0, "green"), (30.0, "amber"), (38.0, "red"), (50.0, "beyond")]
)
def test_each_zone_has_a_sentence_of_its_own(squat_deg: float, zone: str) -> None:
    (finding,) = found(squat=[squat_deg])
    assert finding.statement.key == f"finding.sentence.{zone}"
    assert "In squats, your left ankle" in ENGLISH.say(finding.statement)
    assert "linkes Sprunggelenk" in GERMAN.say(finding.statement)


def test_a_position_near_the_end_says_that_it_is_common() -> None:
    (finding,) = found(squat=[38.0])
    assert "at the front of the ankle" in said(finding.meaning)
    assert "common in healthy ankles" in said(finding.meaning)


def test_a_small_range_gives_the_reason_and_not_a_zone() -> None:
    (finding,) = found(bend_deg=8.0, squat=[8.0])
    assert finding.zone == Zone.UNRESOLVED
    assert "8.0°" in ENGLISH.say(finding.threshold_note)
    assert finding.statement.key == "finding.sentence.unresolved"


def test_limits_are_printed_as_defaults() -> None:
    (finding,) = found(squat=[38.0])
    for figure in ("28.0°", "34.0°", "46.0°", "40.0°", "6.0°", "not diagnostic"):
        assert figure in ENGLISH.say(finding.threshold_note)


def test_kicks_are_counted_against_the_line_with_the_base_rate() -> None:
    (finding,) = found(kick=[50.0, 56.0, 57.0, 52.0, 70.0])
    assert "3 of 5 kicks went past the tested range, 1 by more" in said(finding.meaning)
    assert "39 %" in said(finding.meaning)
    (finding,) = found(kick=[40.0])
    assert "No kick went past the tested range." in said(finding.meaning)


def swap(text: str) -> str:
    return re.sub("left|right", lambda m: "right" if m[0] == "left" else "left", text)


@given(
    left=st.tuples(st.floats(5, 50), st.floats(20, 70), st.floats(5, 60), st.floats(10, 80)),
    right=st.tuples(st.floats(5, 50), st.floats(20, 70), st.floats(5, 60), st.floats(10, 80)),
)
def test_mirrored_legs_give_mirrored_findings(
    left: tuple[float, float, float, float], right: tuple[float, float, float, float]
) -> None:
    def person(side: Side, figures: tuple[float, float, float, float]) -> list:
        bend, point, squat, kick = figures
        return ankle(side, bend_deg=bend, point_deg=point, squat=[squat], kick=[kick])

    def texts(findings: tuple[Finding, ...]) -> set[tuple[str, str]]:
        return {(f.id, said((f.statement, *f.meaning, f.threshold_note))) for f in findings}

    seen = texts(found(person(Side.LEFT, left), person(Side.RIGHT, right)))
    mirror = texts(found(person(Side.LEFT, right), person(Side.RIGHT, left)))
    assert {(swap(name), swap(text)) for name, text in seen} == mirror


def test_front_and_back_are_independent() -> None:
    (alone,) = found(squat=[38.0])
    beside = next(f for f in found(squat=[38.0], kick=[70.0]) if f.task == Task.SQUAT)
    assert dataclasses.astuple(alone) == dataclasses.astuple(beside)
    assert alone.panel == Panel.ANTERIOR
