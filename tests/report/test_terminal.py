"""Terminal report: one sentence first, nothing left out, the same for every terminal."""

import dataclasses
import math
import re

import numpy as np
import pytest

from sensor_screen.core.exposure import expose_demands
from sensor_screen.judgement import ScreeningReport, Zone
from sensor_screen.model import AxisOrigin, Side, SignOrigin, Task, ZeroMode
from sensor_screen.report.terminal import render_terminal
from sensor_screen.report.terminal_curve import draw_curve
from sensor_screen.report.terminal_lens import LABEL_WIDTH, VALUE_WIDTH
from sensor_screen.report.terminal_page import Page
from tests.hand_made import (
    ankle,
    full_report,
    hills,
    leg_measures,
    repetition,
    report,
    trace,
    whole,
)

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def one_leg(**peaks: list[float]) -> ScreeningReport:
    return report([leg_measures(ankle(**peaks))])


def flat(text: str) -> str:
    """The text without line breaks, so that a wrapped sentence is found."""
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("width", [60, 72, 80, 100, 120])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_no_line_is_wider_than_the_terminal(width: int, ascii_only: bool) -> None:
    text = render_terminal(full_report(), width=width, ascii_only=ascii_only)
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("width", [0, 59, 121, 500])
def test_odd_widths_are_brought_into_range(width: int) -> None:
    longest = max(map(len, render_terminal(full_report(), width=width).splitlines()))
    assert longest == (60 if width < 60 else 120)


def test_ascii_is_ascii_and_says_the_same() -> None:
    text = render_terminal(full_report(), ascii_only=True)
    assert text.isascii()
    assert "?" not in re.sub(r"\[~*\?~*\]|\[~\?~\]", "", text), "no letter was lost"
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
    screened = full_report()
    text = flat(render_terminal(screened))
    said = [
        *screened.marks,
        *screened.missing,
        *(sentence for leg in screened.legs for sentence in leg.missing),
        *(reason for leg in screened.legs for stance in leg.sway for reason in stance.reasons),
        *(advice.sentence for advice in screened.advice),
        *screened.care_pathway,
        *(f.meaning for f in screened.findings if f.zone != Zone.GREEN),
        *(f.threshold_note for f in screened.findings if f.zone != Zone.GREEN),
        screened.disclaimer,
        screened.source,
    ]
    for sentence in said:
        assert sentence in text
    assert "(simulated)" in text.splitlines()[0]


@pytest.mark.parametrize(
    ("peaks", "first"),
    [
        ({"squat": [38.0], "kick": [50.0]}, "Squats take your left ankle to about the end"),
        ({"squat": [20.0], "kick": [50.0]}, "Kicks bring your left ankle close to the end"),
        ({"squat": [20.0]}, "All movements judged here leave room to spare."),
        ({}, "No movement could be compared with an own end range."),
    ],
)
def test_the_first_sentence_is_the_closest_finding(
    peaks: dict[str, list[float]], first: str
) -> None:
    after_rule = render_terminal(one_leg(**peaks)).split("─" * 80, 1)[1].strip()
    assert after_rule.startswith(first)


def test_the_first_sentence_is_short_and_has_no_figure() -> None:
    for peak in (10.0, 30.0, 38.0, 60.0):
        for finding in one_leg(squat=[peak], stairs_down=[peak], kick=[peak]).findings:
            assert len(finding.sentence.split()) <= 20
            assert not re.search(r"\d", finding.sentence)


def row(text: str, start: str) -> str:
    (line,) = [x for x in text.splitlines() if x.startswith(start) and " % ±" in x]
    return line


def test_the_mark_is_at_the_ratio_and_the_whisker_is_the_error() -> None:
    # Width 101: 25 for words, 76 columns, of which 68 hold the range.
    screened = report([leg_measures(ankle(sigma_deg=2.0, squat=[30.0]))])
    demand = screened.findings[0].demand
    line = row(render_terminal(screened, width=101), "squat")[LABEL_WIDTH + VALUE_WIDTH :]
    assert line.index("●") == round(0.75 * 68)
    error = 1.96 * demand.ratio_sigma
    assert line.index("├") == round((0.75 - error) * 68)
    assert line.index("┤") == round((0.75 + error) * 68)


def test_the_strip_has_the_limits_of_the_finding() -> None:
    text = render_terminal(one_leg(squat=[30.0]), width=101)
    strip = next(x for x in text.splitlines() if "░" in x and "┃" in x)
    strip = strip[LABEL_WIDTH + VALUE_WIDTH :]
    # 28, 34 and 40 of 40 deg on 68 columns.
    assert strip.index("▒") == math.ceil(0.70 * 68)
    assert strip.index("▓") == math.ceil(0.85 * 68)
    assert strip.index("┃") == 68


def test_marks_off_the_scale_are_arrows_with_the_true_figure() -> None:
    far = row(render_terminal(one_leg(squat=[60.0])), "squat")
    assert "▶" in far
    assert "150 %" in far
    other = report([leg_measures(ankle(stairs_up=[-4.0]))])
    below = [x for x in render_terminal(other).splitlines() if x.startswith("stairs up")]
    assert "◀" in below[0]
    assert "−10 %" in below[0]


def test_what_is_not_judged_is_hollow_and_has_no_zones() -> None:
    text = render_terminal(report([leg_measures(ankle(bend_deg=8.0, squat=[8.0]))]))
    assert "○" in row(text, "squat")
    assert "░" not in row(text, "squat")
    assert "cannot be told apart" in text


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
    assert text.index("\nLeft ankle") < text.index("\nRight ankle")
    unnamed = render_terminal(report([leg_measures(ankle(Side.NONE, squat=[38.0]))]))
    assert "Squats take your ankle" in unnamed
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
    text = flat(render_terminal(full_report())).lower()
    text = text.replace("not a diagnosis", "").replace("not diagnostic", "")
    assert not re.search(r"diagnos|you have impingement|suffer", text)


def test_the_curve_has_its_peak_in_its_column_and_its_gap_stays_open() -> None:
    curve = hills([40.0], rise_s=1.0, rest_s=1.0)  # 4 s, the top at 2 s
    valid = np.ones(curve.size, dtype=np.bool_)
    valid[:60] = False
    page = Page(86, colour=False, ascii_only=True)
    lines = draw_curve(trace(curve, valid=valid), (), (), page)
    picture = [line.ljust(86)[6:] for line in lines[:-1]]
    top = [column for column, letter in enumerate(picture[0]) if letter == "*"]
    assert top[0] <= 40 <= top[-1]
    # 60 of 401 samples are the first 12 of 80 columns; the last of them touches a valid sample.
    assert all(letters[:11].strip() == "" for letters in picture)
    assert any(letters[12:13] == "*" for letters in picture)


def test_an_angle_that_is_nowhere_valid_has_no_picture() -> None:
    curve = hills([40.0])
    nowhere = trace(curve, valid=np.zeros(curve.size, dtype=np.bool_))
    assert draw_curve(nowhere, (), (), Page(80, colour=False, ascii_only=False)) == []
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
    assert "lunge bend         42°    36°    6° ± 3       left larger" in rows
    assert "squat bend         30°    30°    0° ± 3       alike" in rows


def test_time_near_the_end_range_is_said_with_its_error() -> None:
    angle = trace(hills([38.0, 39.0], hold_s=1.0))
    reps = ankle(squat=[38.0, 39.0])
    leg = leg_measures(reps, angle=angle)
    demands = expose_demands(leg.demands, leg.capacities, angle, [whole(angle, Task.SQUAT)])
    text = flat(render_terminal(report([dataclasses.replace(leg, demands=demands)])))
    assert "in 2 entries beyond 90 % of the end range (" in text
    assert "within the error), entered at" in text
