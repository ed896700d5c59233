"""The hand-over letter: everything asked and measured, nothing diagnosed."""

import dataclasses
import re

import pytest

from sensor_screen.core.symmetry import compare_sides
from sensor_screen.errors import UsageError
from sensor_screen.judgement import (
    Answer,
    Answers,
    Claims,
    ConcernLevel,
    Judgement,
    Language,
    Level,
    Panel,
    Pattern,
    PatternLabel,
    ScreeningReport,
    Statement,
)
from sensor_screen.model import Origin, Side, Task
from sensor_screen.report.letter import FLAGS, write_letter
from sensor_screen.rules.findings import find_positions
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.voice import Voice
from tests.hand_made import ankle, leg_measures
from tests.rules.made_results import concern, result

LEFT, RIGHT, NONE = Side.LEFT, Side.RIGHT, Side.NONE
ENGLISH, GERMAN = (Voice(language) for language in Language)
ANSWERS: dict[tuple[str, Side], Answer] = {
    **{(f"red_flags.{name}", NONE): False for name in FLAGS[:10]},
    ("session.date", NONE): "2026-11-27",
    ("session.weeks_of_care", NONE): 7.0,
    ("person.age_years", NONE): 34.0,
    ("person.sport", NONE): "football",
    ("goals.activities", NONE): ("five-a-side", "stairs at work"),
    ("goals.wish", NONE): "play on Sundays",
    ("symptoms.where", LEFT): ("front", "front_outer"),
    ("symptoms.squat_pain", LEFT): True,
    ("symptoms.kick_pain", LEFT): False,
    ("symptoms.gives_way", LEFT): "sometimes",
    ("symptoms.course", LEFT): ("swelling", "eased_by_rest"),
    ("symptoms.earlier_injury", RIGHT): ("sprain",),
    ("symptoms.earlier_injury_when", RIGHT): "2019",
    ("pain.squat", LEFT): 4.0,
    ("pain.next_day", LEFT): 1.0,
    ("entries.impingement_sign", LEFT): "positive",
}


def made(answers: dict[tuple[str, Side], Answer] | None = None, **more: object) -> ScreeningReport:
    legs = (
        leg_measures(ankle(LEFT, squat=[38.0, 37.0], kick=[50.0]), missing=("No balance.",)),
        leg_measures(ankle(RIGHT, bend_deg=44.0, squat=[30.0])),
    )
    book = shipped_rulebook()
    judgement = Judgement(
        book.version,
        findings=find_positions(legs, book),
        results=(
            result(
                "L2",
                LEFT,
                Level.AMBER,
                value=6.0,
                error_95=4.7,
                unit="deg",
                amber=">= 5",
                red="> 10",
                within_error=True,
            ),
            result("I1", RIGHT, Level.RED, value=20.0, unit="points"),
            result("L1", LEFT, Level.GREEN, value=40.0),
            result("K4", LEFT, Level.UNJUDGED, task=Task.KICK),
        ),
        patterns=(
            PatternLabel(LEFT, Pattern.FRONT, 6, 0, ("S1",), Statement("advice.reason.general")),
        ),
        concerns=(concern(LEFT, Panel.ANTERIOR, ConcernLevel.DISCUSS, ("L2-left", "S2")),),
    )
    return dataclasses.replace(
        ScreeningReport(
            Origin.SIMULATED,
            "hand-made example",
            legs,
            judgement,
            missing=(),
            marks=("Simulated: no person was measured.",),
            software_version="0.1.0",
            answers=Answers(ANSWERS if answers is None else answers),
            comparisons=compare_sides(legs),
            recorded_on="2026-11-27",
        ),
        **more,  # type: ignore[arg-type]
    )


def test_the_letter_holds_what_was_asked_and_measured() -> None:
    text = write_letter(made(), ENGLISH)
    for words in (
        "Left, anterior: worth discussing. Rests on: rules L2; the answers below.",
        "Left: the answers fit more with: front (6 points front, 0 back; "
        "“Where does your left ankle hurt?”).",
        "In care for 7 weeks.",
        "Wants to return to: five-a-side and stairs at work.",
        "Goal in own words: play on Sundays.",
        "pain at: front and front, outer side",
        "pain in squats: yes",
        "pain kicking: no",
        "gives way: sometimes",
        "pain 0 to 10: squat 4, next day 1",
        "impingement sign, forced dorsiflexion: positive",
        "Right: earlier: sprain; when: 2019.",
        "Left, dorsiflexion, weight-bearing lunge: 40.0 ± 2.0° (95 %).",
        "End range, weight-bearing lunge, dorsiflexion: left 40.0°, right 44.0°, "
        "difference −4.0 ± 2.8° (95 %).",
        "L2, Left: 6.0 ± 4.7° (95 %), past the first limit. Limits: >= 5, > 10 "
        "(default). "
        "The error reaches over a limit.",
        "I1, Right: 20.0 points, past the second limit.",
        "Not judged: K4 (Left).",
        "calibration 90 of 100",
        "5982 samples received, 9 missing, 4 at full scale",
        "Simulated: no person was measured.",
        "No balance.",
        "Session of 2026-11-27.",
        f"Software 0.1.0, rule book {shipped_rulebook().version}.",
        "Checked and signed by",
    ):
        assert words in text, words
    assert "L1, Left" not in text


def test_findings_carry_their_ratio_and_error() -> None:
    text = write_letter(made(), ENGLISH)
    found = re.search(
        r"Left, anterior, squat: typical peak 37\.5 ± \d\.\d° of an own end range of "
        r"40\.0 ± 2\.0°, "
        r"94 ± (\d+) % \(95 %\), n = 2: near end range\.",
        text,
    )
    assert found
    demand = next(d for d in made().legs[0].demands if d.task == Task.SQUAT)
    assert int(found[1]) == round(196.0 * demand.ratio_sigma)


def test_red_flags_are_present_denied_or_not_asked() -> None:
    answers = ANSWERS | {("red_flags.hot_joint", NONE): True}
    text = write_letter(made(answers), ENGLISH)
    assert "Present: hot, red, swollen joint or fever." in text
    denied = next(line for line in text.splitlines() if "Asked and denied" in line)
    assert denied.count(";") == 8
    assert "hot" not in denied
    assert "Not asked: growing person with heel pain; not cleared after surgery" in text
    assert "Present" not in write_letter(made(), ENGLISH)


def test_the_differential_is_for_the_side_of_concern() -> None:
    text = write_letter(made(), ENGLISH)
    assert "osteochondral lesion" in text
    assert "Achilles tendinopathy" not in text
    nothing = dataclasses.replace(made().judgement, concerns=(), patterns=())
    both = write_letter(made(judgement=nothing), ENGLISH)
    assert "osteochondral lesion" in both
    assert "Achilles tendinopathy" in both
    assert "by clinicians only" in both


@pytest.mark.parametrize("voice", [ENGLISH, GERMAN], ids=lambda v: v.language)
def test_no_diagnosis_is_stated(voice: Voice) -> None:
    text = write_letter(made(), voice).lower()
    for allowed in ("states no diagnosis", "not diagnostic", "against diagnosed", "keine diagnos",
                    "an diagnostiziertem"):  # fmt: skip
        text = text.replace(allowed, "")
    assert "diagnos" not in text
    assert "suffers" not in text
    assert "{" not in text


def test_the_german_letter_has_no_english_left() -> None:
    text = write_letter(made(), GERMAN)
    assert "Bewegungsende, Ausfallschritt unter Belastung, Dorsalextension: links 40,0°" in text
    for word in ("right", "squat", "lunge", "yes", "Findings", "samples"):
        assert not re.search(rf"\b{word}\b", text), word


def test_an_empty_report_says_that_there_is_nothing() -> None:
    empty = ScreeningReport(
        Origin.MEASURED, "x", (), Judgement("1"), missing=(), marks=(), software_version="0"
    )
    text = write_letter(empty, ENGLISH)
    assert text.count("- none") == 8
    assert "Not asked: injury" in text


def test_a_wellness_report_writes_no_letter_and_research_says_so() -> None:
    with pytest.raises(UsageError, match="refers nobody"):
        write_letter(made(claims=Claims.WELLNESS), ENGLISH)
    assert "Not for care." in write_letter(made(claims=Claims.RESEARCH), ENGLISH)


def test_two_voices_say_the_same_lines() -> None:
    counts = {
        voice.language: write_letter(made(), voice).count("\n") for voice in (ENGLISH, GERMAN)
    }
    assert len(set(counts.values())) == 1
