"""Terminal report: one sentence first, nothing left out, the same for every terminal."""

import dataclasses
import math
import re

import numpy as np
import pytest

from sensor_screen.core.exposure import expose_demands
from sensor_screen.judgement import Claims, ConcernLevel, Language, ScreeningReport, Zone
from sensor_screen.model import AxisOrigin, Side, SignOrigin, Task, ZeroMode
from sensor_screen.report.telling import measured_text, tell
from sensor_screen.report.terminal import render_terminal
from sensor_screen.report.terminal_curve import draw_curve
from sensor_screen.report.terminal_lens import LABEL_WIDTH, VALUE_WIDTH
from sensor_screen.report.terminal_page import Page
from sensor_screen.rules.voice import Voice, read_messages
from tests.hand_made import (
    ankle,
    filled_report,
    full_report,
    hills,
    leg_measures,
    repetition,
    report,
    trace,
    whole,
)

ENGLISH = Voice(Language.ENGLISH)
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def one_leg(**peaks: list[float]) -> ScreeningReport:
    return report([leg_measures(ankle(**peaks))])


def flat(text: str) -> str:
    """The text without line breaks, so that a wrapped sentence is found."""
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("width", [60, 72, 80, 100, 120])
@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("claims", [Claims.CLINICIAN, Claims.WELLNESS])
@pytest.mark.parametrize("language", Language)
def test_no_line_is_wider_than_the_terminal(
    width: int, ascii_only: bool, claims: Claims, language: Language
) -> None:
    screened = filled_report(claims, language)
    text = render_terminal(screened, width=width, ascii_only=ascii_only)
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("width", [0, 59, 121, 500])
def test_odd_widths_are_brought_into_range(width: int) -> None:
    longest = max(map(len, render_terminal(full_report(), width=width).splitlines()))
    assert longest == (60 if width < 60 else 120)


@pytest.mark.parametrize("claims", Claims)
@pytest.mark.parametrize("language", Language)
def test_ascii_is_ascii_and_no_letter_is_lost(claims: Claims, language: Language) -> None:
    text = render_terminal(filled_report(claims, language), ascii_only=True)
    assert text.isascii()
    asked = re.sub(r"\[~*\?~*[\]>]|\[\?\]|(squats|Platz)\?|\?\"", "", text)
    assert "?" not in asked


def test_ascii_says_the_same() -> None:
    text = render_terminal(full_report(), ascii_only=True)
    assert "own end range 40 deg +- 2" in text
    for mark in full_report().marks:
        assert mark in flat(text)


def test_colour_adds_nothing_but_colour() -> None:
    plain = render_terminal(full_report(), colour=False)
    colourful = render_terminal(full_report(), colour=True)
    assert colourful != plain
    assert ANSI.sub("", colourful) == plain
    assert not ANSI.search(plain)


def test_nothing_of_the_report_is_left_out() -> None:
    screened = filled_report()
    judgement = screened.judgement
    text = flat(render_terminal(screened))
    close = [f for f in judgement.findings if f.zone != Zone.GREEN]
    statements = [
        *(one for f in close for one in (*f.meaning, f.threshold_note)),
        *(one for advice in judgement.advice for one in (*advice.statements, advice.reason)),
        *(r.statement for r in judgement.results if r.statement is not None),
        *(r.base_rate for r in judgement.results if r.base_rate is not None),
        *(one for concern in judgement.concerns for one in concern.why),
        *(one.statement for one in (*judgement.patterns, *judgement.pathway)),
        *(item.statement for item in judgement.readiness),
        *judgement.cards,
    ]
    said = [
        *screened.marks,
        *screened.missing,
        *(sentence for leg in screened.legs for sentence in leg.missing),
        *(reason for leg in screened.legs for stance in leg.sway for reason in stance.reasons),
        *(ENGLISH.say(statement) for statement in statements),
        *(tell(screened).say_change(change) for change in judgement.changes),
        ENGLISH.text("disclaimer.clinician"),
        screened.source,
    ]
    assert len(said) > 30
    for sentence in said:
        assert sentence in text
    assert "(simulated)" in text.splitlines()[0]


@pytest.mark.parametrize(
    ("peaks", "first"),
    [
        ({"squat": [38.0], "kick": [50.0]}, "In squats, your left ankle comes to about the end"),
        ({"squat": [20.0], "kick": [50.0]}, "There is nothing to note today.\nIn kicks, your left"),
        ({"squat": [20.0]}, "All movements judged here leave room to spare."),
        ({}, "No movement could be compared with an own end range."),
    ],
)
def test_the_first_sentence_is_the_closest_finding(
    peaks: dict[str, list[float]], first: str
) -> None:
    after_rule = render_terminal(one_leg(**peaks)).split("─" * 80, 1)[1].strip()
    assert after_rule.startswith(first)


TOLD = tell(report([]))


def row(text: str, start: str) -> str:
    (line,) = [x for x in text.splitlines() if x.startswith(start) and re.search(r"± \d+ %", x)]
    return line


def test_the_mark_is_at_the_ratio_and_the_whisker_is_the_error() -> None:
    # Width 103: 27 for words, 76 columns, of which 68 hold the range.
    screened = report([leg_measures(ankle(sigma_deg=2.0, squat=[30.0]))])
    demand = screened.judgement.findings[0].demand
    line = row(render_terminal(screened, width=103), "squat")[LABEL_WIDTH + VALUE_WIDTH :]
    assert line.index("●") == round(0.75 * 68)
    error = 1.96 * demand.ratio_sigma
    assert line.index("├") == round((0.75 - error) * 68)
    assert line.index("┤") == round((0.75 + error) * 68)


def test_the_strip_has_the_limits_of_the_finding() -> None:
    text = render_terminal(one_leg(squat=[30.0]), width=103)
    strip = next(x for x in text.splitlines() if "░" in x and "┃" in x)
    strip = strip[LABEL_WIDTH + VALUE_WIDTH :]
    # 28, 34 and 40 of 40 deg on 68 columns.
    assert strip.index("▒") == math.ceil(0.70 * 68)
    assert strip.index("▓") == math.ceil(0.85 * 68)
    assert strip.index("┃") == 68


def test_marks_off_the_scale_are_arrows_with_the_true_figure() -> None:
    far = row(render_terminal(one_leg(squat=[60.0])), "squat")
    assert "▶" in far
    assert re.search(r"150 ± \d+ %", far)
    other = report([leg_measures(ankle(stairs_up=[-4.0]))])
    below = [x for x in render_terminal(other).splitlines() if x.startswith("stairs up")]
    assert "◀" in below[0]
    assert re.search(r"−10 ± \d+ %", below[0])


def test_what_is_not_judged_is_hollow_and_has_no_zones() -> None:
    text = render_terminal(report([leg_measures(ankle(bend_deg=8.0, squat=[8.0]))]))
    assert "○" in row(text, "squat")
    assert "░" not in row(text, "squat")
    assert "cannot be judged" in text


def test_without_a_range_test_the_peaks_are_still_there() -> None:
    text = render_terminal(report([leg_measures(ankle(bend_deg=None, squat=[30.0, 32.0]))]))
    assert "no lunge could be counted" in flat(text)
    assert re.search(r"squat +bend +31° ± \d +30 32", text)


def test_repetitions_that_were_not_counted_are_said_with_their_reason() -> None:
    reps = [
        *ankle(squat=[30.0, 31.0]),
        repetition(Task.SQUAT, bend_deg=12.0, reason="shallow"),
        repetition(Task.SQUAT, bend_deg=13.0, reason="shallow"),
    ]
    assert "2 of 4 not counted: shallow" in render_terminal(report([leg_measures(reps)]))


def test_many_repetitions_do_not_flood_the_page() -> None:
    text = render_terminal(one_leg(walk=[10.0] * 100))
    assert flat(text).count(" 10 10 10") > 1
    assert "… 76 more" in flat(text)


def test_both_legs_have_their_own_part_and_no_side_is_no_word() -> None:
    both = report([leg_measures(ankle(side, squat=[30.0])) for side in (Side.LEFT, Side.RIGHT)])
    text = render_terminal(both)
    assert text.index("\nYour left ankle") < text.index("\nYour right ankle")
    unnamed = render_terminal(report([leg_measures(ankle(Side.NONE, squat=[38.0]))]))
    assert "In squats, your ankle comes" in unnamed
    assert "none ankle" not in unnamed


def test_quality_says_what_was_lost_and_how_sure_the_zero_is() -> None:
    text = flat(render_terminal(full_report()))
    for words in (
        "alignment known to 1.1°",
        "known to 2 ms",
        "9 lost, 9 filled, 4 clipped",
        "Angle valid in 98 % of the recording",
        "shank vertical over a flat foot",
    ):
        assert words in text


def test_a_poor_calibration_gives_its_reasons() -> None:
    leg = leg_measures(ankle(squat=[30.0]))
    assert leg.calibration is not None
    poor = dataclasses.replace(
        leg.calibration,
        quality=0.3,
        neutral_verified=False,
        reasons=("The pumps were too small.",),
    )
    text = render_terminal(report([dataclasses.replace(leg, calibration=poor)]))
    assert "Calibration poor" in text
    assert "a guess because nobody stood still" in flat(text)
    assert "! The pumps were too small." in text


def test_no_word_of_a_diagnosis() -> None:
    text = flat(render_terminal(filled_report())).lower()
    text = text.replace("not a diagnosis", "").replace("not diagnostic", "")
    assert not re.search(r"diagnos|you have impingement|suffer", text)


def test_the_curve_has_its_peak_in_its_column_and_its_gap_stays_open() -> None:
    curve = hills([40.0], rise_s=1.0, rest_s=1.0)  # 4 s, the top at 2 s
    valid = np.ones(curve.size, dtype=np.bool_)
    valid[:60] = False
    page = Page(86, colour=False, ascii_only=True)
    lines = draw_curve(trace(curve, valid=valid), (), (), page, TOLD)
    picture = [line.ljust(86)[6:] for line in lines[:-1]]
    top = [column for column, letter in enumerate(picture[0]) if letter == "*"]
    assert top[0] <= 40 <= top[-1]
    # 60 of 401 samples are the first 12 of 80 columns; the last of them touches a valid sample.
    assert all(letters[:11].strip() == "" for letters in picture)
    assert any(letters[12:13] == "*" for letters in picture)


def test_an_angle_that_is_nowhere_valid_has_no_picture() -> None:
    curve = hills([40.0])
    nowhere = trace(curve, valid=np.zeros(curve.size, dtype=np.bool_))
    assert draw_curve(nowhere, (), (), Page(80, colour=False, ascii_only=False), TOLD) == []
    text = render_terminal(report([leg_measures(ankle(squat=[30.0]), angle=nowhere)]))
    assert "Angle valid in 0 %" in text


def test_an_empty_report_still_says_what_it_is() -> None:
    text = render_terminal(report([], missing=("No sensor on a leg was found.",)))
    assert "No sensor on a leg was found." in text
    assert "not a diagnosis" in text


@pytest.mark.parametrize("zero", list(ZeroMode))
@pytest.mark.parametrize("axis", list(AxisOrigin))
@pytest.mark.parametrize("sign", list(SignOrigin))
def test_every_kind_of_calibration_has_its_words(
    zero: ZeroMode, axis: AxisOrigin, sign: SignOrigin
) -> None:
    leg = leg_measures(ankle(squat=[30.0]))
    assert leg.calibration is not None
    other = dataclasses.replace(leg.calibration, zero_mode=zero, axis_origin=axis, sign_origin=sign)
    text = render_terminal(report([dataclasses.replace(leg, calibration=other)]))
    assert "Calibration good" in text


def test_two_legs_are_set_beside_each_other() -> None:
    legs = [
        leg_measures(ankle(Side.LEFT, bend_deg=42.0, squat=[30.0])),
        leg_measures(ankle(Side.RIGHT, bend_deg=36.0, squat=[30.2])),
    ]
    text = render_terminal(report(legs))
    rows = text[text.index("Left beside right") :].splitlines()
    assert "lunge, front           42°    36°    6° ± 3      left more" in rows
    assert "squat, front           30°    30°    0° ± 3      alike" in rows


def test_time_near_the_end_range_is_said_with_its_error() -> None:
    angle = trace(hills([38.0, 39.0], hold_s=1.0))
    reps = ankle(squat=[38.0, 39.0])
    leg = leg_measures(reps, angle=angle)
    demands = expose_demands(leg.demands, leg.capacities, angle, [whole(angle, Task.SQUAT)])
    text = flat(render_terminal(report([dataclasses.replace(leg, demands=demands)])))
    assert "in 2 entries beyond 90 % of the end range (" in text
    assert "within the error), entered at" in text


# --- concern, red flags, for whom and in which language -------------------------------------------


@pytest.mark.parametrize(
    ("top", "words"),
    [
        (ConcernLevel.NONE, "○○○  Front, right ankle: nothing to note"),
        (ConcernLevel.NOTE, "●○○  Front, right ankle: for your information"),
        (ConcernLevel.DISCUSS, "●●○  Front, right ankle: worth discussing"),
        (ConcernLevel.SEE_CLINICIAN, "●●●  Front, right ankle: see a clinician soon"),
    ],
)
def test_each_level_of_concern_has_its_pips_and_words(top: ConcernLevel, words: str) -> None:
    text = render_terminal(filled_report(top=top))
    assert words in text
    assert "○○○  Back, right ankle: nothing to note" in text


def test_the_order_is_verdict_advice_figures_rules_care_quality() -> None:
    text = render_terminal(filled_report())
    parts = [
        "front matters",
        "●●○",
        "Front  ",
        "░",
        "What this means",
        "What to change",
        "For prevention",
        "Measured:",
        "Left beside right",
        "Since last time",
        "Every rule",
        "Before you return",
        "If it hurts",
        "Good to know",
        "How good this",
        "This is a movement screen",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_a_concern_without_a_position_speaks_first_for_itself() -> None:
    screened = filled_report(top=ConcernLevel.SEE_CLINICIAN)
    judgement = dataclasses.replace(screened.judgement, findings=())
    text = render_terminal(dataclasses.replace(screened, judgement=judgement))
    assert text.split("movement.\n", 1)[1].startswith("Rests on the front matters.")


@pytest.mark.parametrize("language", Language)
def test_a_red_flag_replaces_the_report(language: Language) -> None:
    text = render_terminal(filled_report(language=language, flagged=True))
    assert text.index("short of breath") < text.index("a hot joint"), "the most pressing first"
    assert not re.search("[░▒▓╱●○°]", text)
    for zone in Zone:
        assert Voice(language).word(zone) not in text
    assert flat(text).endswith(Voice(language).text("disclaimer.clinician") + " ")


def test_a_rule_has_its_figure_limits_level_and_grade() -> None:
    rows = render_terminal(filled_report()).splitlines()
    at = next(i for i, line in enumerate(rows) if line.startswith("L2 "))
    assert re.fullmatch(r"L2 +right, front, lunge +31\.0° ± 3\.0 +second limit reached", rows[at])
    assert rows[at + 1].strip() == "limits ≥ 5° / > 10° · grade B · default"
    (near,) = [line for line in rows if line.startswith("Q1 ")]
    assert "0.95 ± 0.06" in near
    assert "(a limit lies within" in flat("".join(rows[rows.index(near) :][:2]))
    (score,) = [line for line in rows if "limits < 28" in line]
    assert score.strip() == "limits < 28 / ≤ 24 points · grade A"


def test_rules_that_could_not_be_judged_are_named_with_their_reason() -> None:
    screened = filled_report()
    (unjudged,) = [r for r in screened.judgement.results if r.rule == "B1"]
    more = dataclasses.replace(unjudged, rule="B2", side=Side.LEFT)
    judgement = dataclasses.replace(screened.judgement, results=(*screened.judgement.results, more))
    text = flat(render_terminal(dataclasses.replace(screened, judgement=judgement)))
    heading = "Rules that could not be judged"
    assert f"{heading} · B1, B2: Rests on nobody said how old. And 1 more like it." in text


def test_an_answer_is_named_by_its_question(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = {
        **read_messages(Language.ENGLISH),
        "intake.question.symptoms.made_up": "Does your {side:ankle} hum?",
    }
    monkeypatch.setattr("sensor_screen.rules.voice.read_messages", lambda _: messages)
    screened = filled_report()
    advice = dataclasses.replace(
        screened.judgement.advice[0], rests_on=("symptoms.made_up-right", "S2")
    )
    judgement = dataclasses.replace(screened.judgement, advice=(advice,))
    text = flat(render_terminal(dataclasses.replace(screened, judgement=judgement)))
    named = ("Does your right ankle hum?", "Does your ankle hurt in a deep squat?")
    assert f"Rests on {'; '.join(f'your answer to “{one}”' for one in named)}." in text


def test_the_base_rate_of_a_range_test_stands_below_both_sides() -> None:
    text = render_terminal(filled_report())
    rate = text.index("one in three healthy adults")
    assert text.index("Left beside right") < rate < text.index("Since last time")
    assert text.index("39 of 100 kicks") > text.index("Every rule")
    assert text.count("one in three healthy adults") == 1


def test_advice_says_what_it_rests_on_in_words() -> None:
    text = flat(render_terminal(filled_report()))
    rests = (
        r"Rests on left squat, front, \d+ ± \d+ %; "
        r"right, front, lunge, 31\.0° ± 3\.0 \(rule L2\); "
        r"your answer to “Does your ankle hurt in a deep squat\?”\."
    )
    assert re.search(rests, text)
    assert "Evidence: expert opinion or our default (D)." in text


@pytest.mark.parametrize("claims", [Claims.CLINICIAN, Claims.RESEARCH])
@pytest.mark.parametrize("language", Language)
def test_nobody_reads_the_names_of_zones_in_the_rule_book(
    claims: Claims, language: Language
) -> None:
    text = flat(render_terminal(filled_report(claims, language))).lower()
    assert not re.search(
        r"\b(green|amber|red|beyond|grün|gelb|rot)\b", text.replace("beyond 90 %", "")
    )


def test_research_is_marked_above_the_figures_and_below() -> None:
    text = render_terminal(filled_report(Claims.RESEARCH))
    assert text.splitlines()[3] == "! For research only: not for care."
    assert "For research only, not for care. This is a movement screen" in flat(text)
    german = render_terminal(filled_report(Claims.RESEARCH, Language.GERMAN)).splitlines()
    own = german.index("! Nur für die Forschung: nicht für die Versorgung.")
    assert german[own + 1] == "Hinweise der Messung, auf Englisch:"


def test_a_german_report_is_german_and_names_its_english_notes() -> None:
    screened = filled_report(language=Language.GERMAN, top=ConcernLevel.NOTE)
    text = flat(render_terminal(screened))
    assert "Kniebeuge, rechtes Sprunggelenk, vorn: nahe am Ende" in text
    assert "Hinweise der Messung, auf Englisch: ! Simulated: no person was measured." in text
    assert "1 von 4 nicht gezählt: siehe Hinweis 1" in text
    notes = text.split("Hinweise der Messung (auf Englisch)")[1]
    assert " 1 shallow 2 Measured over 24 s instead of 30 s." in notes
    assert "kleinste erkennbare Änderung ist 4,5°" in text
    without_notes = text.split("Hinweise der Messung (auf Englisch)")[0]
    assert not re.search(r"\b(the|with|ankle|left|right)\b", strip_english(without_notes, screened))


def strip_english(text: str, screened: ScreeningReport) -> str:
    """Without what is English on purpose: the sentences of the measurement and of these tests."""
    judgement = screened.judgement
    texts = [*screened.missing, *(m for leg in screened.legs for m in leg.missing)]
    texts += screened.marks
    made = [*(r.statement for r in judgement.results), *(r.base_rate for r in judgement.results)]
    made += [one for c in judgement.concerns for one in (c.statement, *c.why)]
    made += [one.statement for one in (*judgement.patterns, *judgement.pathway)]
    made += [item.statement for item in judgement.readiness]
    made += [one for a in judgement.advice for one in (*a.statements, a.reason)]
    made += judgement.cards
    texts += [str(s.values["what"]) for s in made if s is not None and "what" in s.values]
    for one in texts:
        text = text.replace(one, "") if " " in one else text
    return text


def test_sentences_of_the_measurement_go_through_one_place() -> None:
    for language in Language:
        assert measured_text("The stance was short.", language) == "The stance was short."


def test_every_method_of_the_model_has_its_word_and_another_is_named_as_it_is() -> None:
    angle = trace(hills([30.0]))
    for method, word in (("gravity plane", "Schwerkraftebene"), ("new way", "new way")):
        leg = leg_measures(ankle(squat=[30.0]), angle=dataclasses.replace(angle, method=method))
        text = flat(render_terminal(report([leg], language=Language.GERMAN)))
        assert f"Verfahren: {word}, 100 Hz" in text
