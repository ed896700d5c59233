"""Ten people whose reports differ as they should, from samples to what they see first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sensor_screen.judgement import (
    Claims,
    ConcernLevel,
    Judgement,
    Language,
    Level,
    Panel,
    Pattern,
    Verdict,
    Zone,
)
from sensor_screen.model import Side, Task
from sensor_screen.report.phrasebook import translate_measured
from sensor_screen.report.telling import tell
from sensor_screen.report.terminal import render_terminal
from sensor_screen.report.verdict_words import lead
from sensor_screen.rules.claims import read_withheld_words, restrain
from sensor_screen.rules.voice import Voice
from sensor_screen.session.screen import screen_session
from sensor_screen.simulation.sample_people import SAMPLE_PEOPLE
from tests.hand_made import measured_sentences
from tests.sample_reports import screened, sessions_of

LEFT, RIGHT, FRONT, BACK = Side.LEFT, Side.RIGHT, Panel.ANTERIOR, Panel.POSTERIOR


def judged(name: str) -> Judgement:
    return screened(name).judgement


def levels(name: str) -> dict[tuple[Side, Panel], ConcernLevel]:
    return {(c.side, c.panel): c.level for c in judged(name).concerns}


def zones(name: str, side: Side, panel: Panel) -> dict[Task, Zone]:
    places = [f for f in judged(name).findings if (f.side, f.panel) == (side, panel)]
    return {f.task: f.zone for f in places}


def rule(name: str, rule_id: str, side: Side) -> Level:
    (result,) = [r for r in judged(name).results if (r.rule, r.side) == (rule_id, side)]
    return result.level


def test_a_healthy_deep_squat_is_near_the_end_and_alarms_nobody() -> None:
    for side in (LEFT, RIGHT):
        assert zones("deep-squatter", side, FRONT)[Task.SQUAT] is Zone.RED
    assert max(levels("deep-squatter").values()) is ConcernLevel.NOTE


@pytest.mark.parametrize("name", ["very-stiff-front", "stiff-front"])
def test_a_range_too_small_for_zones_is_judged_by_itself(name: str) -> None:
    assert set(zones(name, RIGHT, FRONT).values()) == {Zone.UNRESOLVED}
    found = levels(name)
    assert found[RIGHT, FRONT] >= ConcernLevel.DISCUSS
    assert found[RIGHT, BACK] <= ConcernLevel.NOTE
    assert found[LEFT, FRONT] <= ConcernLevel.NOTE
    assert rule(name, "L1", RIGHT) is Level.RED


def test_much_pain_at_the_end_of_a_small_range_asks_for_a_clinician() -> None:
    assert levels("very-stiff-front")[RIGHT, FRONT] is ConcernLevel.SEE_CLINICIAN
    assert levels("stiff-front")[RIGHT, FRONT] is ConcernLevel.DISCUSS
    said = [a for a in judged("very-stiff-front").advice if a.kind == "mobility"]
    assert any("block" in Voice(Language.ENGLISH).say(s) for a in said for s in a.statements)


def test_a_sore_kicker_is_told_of_the_back_and_not_of_the_front() -> None:
    found = levels("sore-kicker")
    assert found[RIGHT, BACK] is ConcernLevel.DISCUSS
    assert found[RIGHT, FRONT] <= ConcernLevel.NOTE
    assert found[LEFT, BACK] <= ConcernLevel.NOTE  # as many kicks past the line, and no pain
    assert rule("sore-kicker", "K2", RIGHT) is Level.RED
    (label,) = [p for p in judged("sore-kicker").patterns if p.side is RIGHT]
    assert label.pattern is Pattern.BACK


def test_pain_all_around_gives_no_side_but_is_noted() -> None:
    (label,) = [p for p in judged("unclear").patterns if p.side is RIGHT]
    assert label.pattern is Pattern.UNCLEAR
    found = levels("unclear")
    assert found[RIGHT, FRONT] is found[RIGHT, BACK] is ConcernLevel.NOTE


def test_a_difference_without_symptoms_is_a_note_with_its_base_rate() -> None:
    assert rule("asymmetric", "L2", RIGHT) is Level.AMBER
    assert max(levels("asymmetric").values()) is ConcernLevel.NOTE
    (result,) = [r for r in judged("asymmetric").results if r.rule == "L2"]
    assert result.base_rate is not None


def test_an_ankle_that_gives_way_asks_for_a_clinician_and_balance() -> None:
    assert levels("unstable")[RIGHT, FRONT] is ConcernLevel.SEE_CLINICIAN
    assert levels("unstable")[LEFT, FRONT] <= ConcernLevel.NOTE
    assert rule("unstable", "B3", RIGHT) is Level.RED
    assert any(a.kind == "balance" and a.rests_on for a in judged("unstable").advice)


def test_a_red_flag_comes_before_everything() -> None:
    found = judged("red-flag")
    assert [flag.id for flag in found.red_flags] == ["red_flags.bone_or_steps"]
    assert found.findings == found.results == found.changes == ()
    assert {a.kind for a in found.advice} == {"seek_care"}


def test_three_sessions_show_a_real_change_for_the_better() -> None:
    changes = judged("improving").changes
    lunge = [c for c in changes if (c.side, c.what, c.against) == (RIGHT, "lunge", "last")]
    assert [c.verdict for c in lunge] == [Verdict.BETTER]
    other = [c for c in changes if c.side is LEFT and c.verdict is not Verdict.SAME]
    assert other == []
    first = screen_session(sessions_of("improving")[0]).judgement
    before = {(c.side, c.panel): c.level for c in first.concerns}
    assert before[RIGHT, FRONT] > levels("improving")[RIGHT, FRONT]
    told = tell(screened("improving"))
    _, following = lead(told)
    assert following[1] == told.say_change(lunge[0])  # said at once, not only in the table


def test_bad_data_are_said_to_be_bad_and_nothing_is_said_of_the_ankle() -> None:
    found = judged("bad-data")
    assert {f.zone for f in found.findings} <= {Zone.UNRESOLVED, Zone.GREEN, Zone.AMBER}
    assert any(r.rule == "Z1" and r.level is Level.RED for r in found.results)
    assert not any(c.judged for c in found.concerns)
    poor = {(r.side, r.task) for r in found.results if r.rule == "Z1" and r.level is Level.RED}
    judged_all = {
        (r.side, r.task) for r in found.results if r.rule != "Z1" and r.level is not Level.UNJUDGED
    }
    assert poor
    assert not poor & judged_all  # no rule speaks of a task whose data are too poor
    assert max(levels("bad-data").values()) is ConcernLevel.NONE
    again = [advice for advice in found.advice if advice.kind == "measure"]
    assert again
    assert all("Z1" in basis for advice in again for basis in advice.rests_on)


@pytest.mark.parametrize("name", ["sore-kicker", "improving", "red-flag"])
@pytest.mark.parametrize("language", Language)
def test_a_wellness_report_of_real_samples_says_no_withheld_word(
    name: str, language: Language
) -> None:
    wellness = restrain(judged(name), Claims.WELLNESS)
    report = replace(screened(name), judgement=wellness, claims=Claims.WELLNESS, language=language)
    text = render_terminal(report, width=100)
    emergency = Voice(language).text("wellness.emergency")
    left = " ".join(text.split()).replace(" ".join(emergency.split()), "")
    assert not read_withheld_words(language).search(left)


@pytest.mark.parametrize("name", SAMPLE_PEOPLE)
def test_all_that_is_said_of_a_sample_person_is_there_in_german(name: str) -> None:
    said = measured_sentences(screened(name))
    assert said
    assert not {one for one in said if translate_measured(one, Language.GERMAN) is None}
