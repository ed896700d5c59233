"""Claims: a wellness judgement does not hold what it must not say; nobody else loses anything."""

import dataclasses
from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.judgement import (
    Case,
    Claims,
    Judgement,
    Language,
    SessionMeasures,
    Verdict,
)
from sensor_screen.model import Side
from sensor_screen.rules.claims import read_withheld_words, restrain
from sensor_screen.rules.evaluate import judge
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.voice import Voice
from tests.hand_made import ankle, fill_judgement, flags, leg_measures

WITHHELD = ("findings", "results", "patterns", "concerns", "pathway", "readiness", "cards")


def judged(**peaks: list[float]) -> Judgement:
    legs = (leg_measures(ankle(**peaks)),)
    return judge(Case(SessionMeasures(legs)), shipped_rulebook())


def full(**peaks: list[float]) -> Judgement:
    return fill_judgement(judged(**peaks))


def room(**peaks: list[float]) -> list[str]:
    return [s.key.rpartition(".")[2] for s in restrain(judged(**peaks), Claims.WELLNESS).room]


@pytest.mark.parametrize("claims", [Claims.CLINICIAN, Claims.RESEARCH])
def test_clinicians_and_researchers_get_everything(claims: Claims) -> None:
    everything = dataclasses.replace(full(squat=[38.0]), red_flags=flags())
    assert restrain(everything, claims) is everything


def test_wellness_holds_nothing_that_is_withheld() -> None:
    left = restrain(full(squat=[38.0], kick=[57.0]), Claims.WELLNESS)
    assert all(getattr(left, name) == () for name in WITHHELD)
    for advice in left.advice:
        assert (advice.grade, advice.source, advice.rests_on) == ("", "", ())
        assert all(s.key.startswith("wellness.") for s in (*advice.statements, advice.reason))
    assert {change.verdict for change in left.changes} == {Verdict.SAME, Verdict.DIFFERENT}


def test_any_red_flag_leaves_one_request_to_stop_and_nothing_else() -> None:
    flagged = dataclasses.replace(full(squat=[38.0]), red_flags=flags())
    left = restrain(flagged, Claims.WELLNESS)
    (stop,) = left.red_flags
    assert (stop.id, stop.statement.key) == ("stop", "wellness.stop")
    bare = Judgement(rulebook_version=flagged.rulebook_version)
    assert dataclasses.replace(left, red_flags=()) == bare


def test_restraining_twice_changes_nothing() -> None:
    for flagged in ((), flags()):
        everything = dataclasses.replace(full(squat=[38.0], kick=[50.0]), red_flags=flagged)
        for claims in Claims:
            once = restrain(everything, claims)
            assert restrain(once, claims) == once


def test_room_is_end_range_minus_typical_peak_with_the_error_of_both() -> None:
    (said,) = restrain(judged(squat=[30.0]), Claims.WELLNESS).room
    assert said.key == "wellness.room.left"
    assert said.values["room_deg"] == pytest.approx(10.0)
    (finding,) = judged(squat=[30.0]).findings
    error_rad = 1.96 * hypot(finding.demand.sigma_rad, finding.capacity.sigma_rad)
    assert said.values["error_deg"] == pytest.approx(error_rad * 57.29577951)
    assert "had about 10 ±" in Voice(Language.ENGLISH).say(said)


def test_room_that_is_not_told_from_none_is_said_in_words() -> None:
    assert room(squat=[40.0]) == ["about_all"]
    assert room(squat=[60.0]) == ["about_all"]
    assert room(squat=[20.0]) == ["left"]
    small = (leg_measures(ankle(bend_deg=8.0, squat=[8.0])),)
    judgement = judge(Case(SessionMeasures(small)), shipped_rulebook())
    (said,) = restrain(judgement, Claims.WELLNESS).room
    assert said.key == "wellness.room.unclear"
    assert set(said.values) == {"task", "side", "panel"}


def test_the_least_room_comes_first() -> None:
    left = restrain(judged(stairs_up=[10.0], squat=[35.0]), Claims.WELLNESS)
    figures = [said.values["room_deg"] for said in left.room if said.key.endswith("left")]
    assert figures == sorted(figures)


def test_more_room_is_offered_only_to_whom_it_helps() -> None:
    def ids(**peaks: list[float]) -> list[str]:
        return [advice.id for advice in restrain(judged(**peaks), Claims.WELLNESS).advice]

    assert "more_room" in ids(squat=[40.0])
    assert "more_room" not in ids(squat=[20.0], kick=[57.0])


@given(peaks=st.lists(st.floats(1.0, 80.0), min_size=3, max_size=3), end=st.floats(5.0, 60.0))
def test_wellness_is_the_same_for_both_legs(peaks: list[float], end: float) -> None:
    def of(side: Side) -> Judgement:
        reps = ankle(side, bend_deg=end, squat=peaks[:1], stairs_up=peaks[1:2], kick=peaks[2:])
        case = Case(SessionMeasures((leg_measures(reps),)))
        return restrain(judge(case, shipped_rulebook()), Claims.WELLNESS)

    left, right = of(Side.LEFT), of(Side.RIGHT)
    assert [said.key for said in left.room] == [said.key for said in right.room]
    assert left.advice == right.advice


@pytest.mark.parametrize(
    ("language", "word"),
    [
        *[(Language.ENGLISH, word) for word in (
            "impingement", "Diagnosis", "patient", "injury risk", "disease", "physical therapy",
            "therapist", "clinician", "symptoms", "threshold", "red zone", "care pathway",
            "surgery", "near end range", "amber", "referral", "X-ray", "screening", "pain",
        )],
        *[(Language.GERMAN, word) for word in (
            "Impingement", "Diagnose", "Patientin", "Verletzungsrisiko", "Krankheit", "Erkrankung",
            "Physiotherapie", "klinisch", "Beschwerden", "Schwellenwert", "Grenzwert", "rote Zone",
            "Versorgung", "Operation", "nahe am Ende", "Überweisung", "Röntgen", "Schmerz", "Arzt",
        )],
    ],
)  # fmt: skip
def test_the_word_list_knows_what_it_must_hold_back(language: Language, word: str) -> None:
    assert read_withheld_words(language).search(f"Say {word} here.")


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (Language.ENGLISH, "Healthy heels rest on the ground. It occurred in the first third."),
        (Language.GERMAN, "Der Grund ist gründlich erklärt. Die Rotation war heute größer."),
    ],
)
def test_the_word_list_leaves_ordinary_words_alone(language: Language, sentence: str) -> None:
    assert not read_withheld_words(language).search(sentence)
