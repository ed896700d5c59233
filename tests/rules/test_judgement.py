"""Findings and advice: front and back apart, every zone said, words of a screen."""

import dataclasses
import re
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.judgement import Finding, Panel, Zone
from sensor_screen.model import Side, Task
from sensor_screen.rules import texts
from sensor_screen.rules.evaluate import Judgement, judge
from sensor_screen.rules.rulebook import shipped_rulebook
from tests.hand_made import ankle, leg_measures

SIX = ["modify", "footwear", "mobility", "strength", "balance", "technique"]


def judged(*reps: list, **peaks: list[float]) -> Judgement:
    legs = tuple(leg_measures(r) for r in (reps or (ankle(**peaks),)))
    return judge(legs, shipped_rulebook())


def by_id(judgement: Judgement) -> dict[str, Finding]:
    return {finding.id: finding for finding in judgement.findings}


def sentences(judgement: Judgement, kind: str) -> str:
    return " ".join(a.sentence for a in judgement.advice if a.id.split("-")[0] == kind)


def every_text() -> Iterator[str]:
    """Every string of the text module, nested ones too."""

    def unpack(value: object) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            for part in value.values():
                yield from unpack(part)
        elif isinstance(value, tuple):
            for part in value:
                yield from unpack(part)

    for name, value in vars(texts).items():
        if not name.startswith("__"):
            yield from unpack(value)


def test_each_comparison_is_one_finding_front_and_back_apart() -> None:
    found = judged(squat=[20.0], stairs_down=[30.0], kick=[50.0])
    assert {f.id: f.zone for f in found.findings} == {
        "left-anterior-squat": Zone.GREEN,
        "left-anterior-stairs_down": Zone.AMBER,
        "left-posterior-stairs_down": Zone.GREEN,
        "left-posterior-kick": Zone.AMBER,
    }


def test_without_an_end_range_nothing_is_judged() -> None:
    found = judged(ankle(bend_deg=None, point_deg=None, squat=[30.0]))
    assert found.findings == ()
    assert all(advice.finding_ids == () for advice in found.advice)


@pytest.mark.parametrize(
    ("squat_deg", "words"),
    [
        (20.0, "Squats leave room to spare at the front of your left ankle."),
        (30.0, "Squats bring your left ankle close to the end of its bending range."),
        (38.0, "Squats take your left ankle to about the end of its bending range."),
        (
            50.0,
            "Squats go past the bending range that your left ankle showed in the range test.",
        ),
    ],
)
def test_each_zone_has_a_plain_sentence(squat_deg: float, words: str) -> None:
    (finding,) = judged(squat=[squat_deg]).findings
    assert finding.sentence == words


def test_a_position_in_the_impingement_prone_range_is_named() -> None:
    (finding,) = judged(squat=[38.0]).findings
    assert "lies in the impingement-prone range at the front of the ankle" in finding.meaning
    assert "common in healthy ankles" in finding.meaning


def test_a_small_range_gives_the_reason_and_not_a_zone() -> None:
    (finding,) = judged(ankle(bend_deg=8.0, squat=[8.0])).findings
    assert finding.zone == Zone.UNRESOLVED
    assert "8.0°" in finding.threshold_note
    assert "too small" in finding.sentence


def test_limits_are_printed_as_defaults() -> None:
    (finding,) = judged(squat=[38.0]).findings
    for figure in ("28.0°", "34.0°", "46.0°", "40.0°", "6.0°", "not diagnostic"):
        assert figure in finding.threshold_note


def test_kicks_are_counted_against_the_line_with_the_base_rate() -> None:
    (finding,) = judged(kick=[50.0, 56.0, 57.0, 52.0, 70.0]).findings
    assert "3 of 5 kicks went past the tested range, 1 by more than the error" in finding.meaning
    assert "39 %" in finding.meaning
    (finding,) = judged(kick=[50.0, 56.0]).findings
    assert "1 of 2 kicks went past the tested range, none by more" in finding.meaning
    (finding,) = judged(kick=[40.0]).findings
    assert "No kick went past the tested range." in finding.meaning


@pytest.mark.parametrize("peaks", [{}, {"squat": [39.0], "kick": [57.0]}, {"stairs_up": [15.0]}])
def test_all_six_measures_are_always_there(peaks: dict[str, list[float]]) -> None:
    kinds = dict.fromkeys(a.id.split("-")[0] for a in judged(**peaks).advice)
    assert list(kinds) == SIX


def test_advice_rests_on_findings_that_exist() -> None:
    found = judged(squat=[38.0], kick=[57.0], stairs_up=[12.0])
    rests = {i for advice in found.advice for i in advice.finding_ids}
    assert rests == {"left-anterior-squat", "left-posterior-kick"}
    assert all(advice.grade in "ABCD" and advice.source for advice in found.advice)


def test_the_smallest_change_really_leaves_the_zone() -> None:
    found = judged(squat=[38.0])
    degrees = re.search(r"(\d+)° less bend", sentences(found, "modify"))
    assert degrees
    # Red begins at 34 deg: 5 deg is the smallest whole number that goes below it.
    assert degrees[1] == "5"
    assert by_id(judged(squat=[38.0 - 5.0]))["left-anterior-squat"].zone == Zone.AMBER


def test_front_and_back_need_opposite_shoes() -> None:
    front = sentences(judged(squat=[38.0]), "footwear")
    back = sentences(judged(kick=[57.0]), "footwear")
    both = sentences(judged(squat=[38.0], kick=[57.0]), "footwear")
    assert "try a slightly raised heel" in front
    assert "avoid raised heels" in back
    assert "eases the front and loads the back" in both
    assert "never for kicking" in both


def test_nobody_is_told_to_push_into_a_painful_block() -> None:
    assert "never push into a painful block" in sentences(judged(squat=[38.0]), "mobility")


def test_each_leg_has_its_own_shoe_advice() -> None:
    found = judged(ankle(Side.LEFT, squat=[38.0]), ankle(Side.RIGHT, kick=[57.0]))
    words = {a.id: a.sentence for a in found.advice}
    assert "left ankle hurts at the front, try" in words["footwear-left"]
    assert "right ankle hurts at the back, avoid" in words["footwear-right"]


def test_getting_close_changes_nothing_but_is_weighed_beside_the_other_side() -> None:
    close = judged(squat=[30.0], kick=[50.0])
    assert {f.zone for f in close.findings} == {Zone.AMBER}
    assert all(advice.finding_ids == () for advice in close.advice)
    # Front at its end, back only close: a raised heel would still load the back.
    beside = judged(squat=[38.0], kick=[50.0])
    assert "loads the back" in sentences(beside, "footwear")


def test_many_kicks_past_the_line_ask_for_a_second_pair_of_eyes() -> None:
    # Typical 50 deg is only close, but two of five kicks pass 55 deg.
    found = judged(kick=[48.0, 49.0, 50.0, 56.0, 57.0])
    assert by_id(found)["left-posterior-kick"].zone == Zone.AMBER
    assert "kicks" in sentences(found, "technique")


def test_the_care_pathway_of_the_guide_is_complete() -> None:
    words = " ".join(judged().care_pathway).lower()
    for step in ("physical therapy", "clinician", "imaging", "medication", "injection", "surgery"):
        assert step in words
    assert words.index("physical therapy") < words.index("imaging") < words.index("surgery")


def test_no_text_speaks_like_a_diagnosis() -> None:
    words = list(every_text())
    assert len(words) > 50
    for text in words:
        without_denial = text.replace("not a diagnosis", "").replace("not diagnostic", "")
        assert not re.search(r"diagnos|you have|suffer|patient|injury risk", without_denial), text
        assert not re.search(r"\brolls?\b", text), "the talus glides"


def said(judgement: Judgement) -> set[tuple[str, str]]:
    """All ids and sentences."""
    lines = [(f.id, f.sentence + f.meaning + f.threshold_note) for f in judgement.findings]
    lines += [(a.id, a.sentence + "".join(a.finding_ids)) for a in judgement.advice]
    return set(lines)


def swap(text: str) -> str:
    return re.sub("left|right", lambda m: "right" if m[0] == "left" else "left", text)


@given(
    left=st.tuples(st.floats(5, 50), st.floats(20, 70), st.floats(5, 60), st.floats(10, 80)),
    right=st.tuples(st.floats(5, 50), st.floats(20, 70), st.floats(5, 60), st.floats(10, 80)),
)
def test_mirrored_legs_give_a_mirrored_judgement(
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
