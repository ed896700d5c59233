"""The smallest change: it really leaves the zone, and geometry turns it into things."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.judgement import Answers, Finding, Language, Zone
from sensor_screen.model import Side, Task
from sensor_screen.rules.findings import find_positions
from sensor_screen.rules.rulebook import parse_rulebook, shipped_rulebook
from sensor_screen.rules.smallest_change import (
    NEAR,
    contact_length,
    describe_change,
    heel_tilt_rad,
    seat_rise_m,
    smallest_change_deg,
    wedge_height_m,
)
from sensor_screen.rules.voice import Voice
from sensor_screen.rules.zones import place
from tests.hand_made import ankle, leg_measures

BOOK = shipped_rulebook()
ENGLISH = Voice(Language.ENGLISH)


def person(**items: float) -> Answers:
    return Answers({(f"person.{name}", Side.NONE): value for name, value in items.items()})


def found(panel: str = "anterior", **peaks: object) -> Finding:
    findings = find_positions([leg_measures(ankle(**peaks))], BOOK)  # type: ignore[arg-type]
    (finding,) = (f for f in findings if f.panel == panel)
    return finding


def said(finding: Finding, answers: Answers | None = None, **how: bool) -> list[str]:
    things = describe_change(finding, answers or Answers(), BOOK, **how)
    return [ENGLISH.say(statement) for statement in things]


@given(
    bend_deg=st.floats(5.0, 60.0),
    point_deg=st.floats(5.0, 89.0),
    peak_deg=st.floats(5.0, 89.0),
    sigma_deg=st.floats(0.1, 5.0),
    task=st.sampled_from([Task.SQUAT, Task.STAIRS_UP, Task.STAIRS_DOWN, Task.KICK, Task.WALK]),
)
def test_the_smallest_change_leaves_red_and_one_degree_less_does_not(
    bend_deg: float, point_deg: float, peak_deg: float, sigma_deg: float, task: Task
) -> None:
    reps = ankle(
        bend_deg=bend_deg, point_deg=point_deg, sigma_deg=sigma_deg, **{task.value: [peak_deg]}
    )
    for finding in find_positions([leg_measures(reps)], BOOK):
        degrees = smallest_change_deg(finding)
        if degrees is None:
            assert finding.zone not in NEAR or not finding.bands.resolved
            continue
        assert degrees >= 1
        typical, bands = finding.demand.typical_rad, finding.bands
        assert place(typical - math.radians(degrees), bands) in {Zone.GREEN, Zone.AMBER}
        assert place(typical - math.radians(degrees - 1), bands) in NEAR


@pytest.mark.parametrize(("peak_deg", "degrees"), [(34.01, 1), (35.5, 2), (38.0, 5), (50.0, 17)])
def test_degrees_are_rounded_up(peak_deg: float, degrees: int) -> None:
    # Red begins at 34 deg; 38 - 4 would still be on the line.
    assert smallest_change_deg(found(squat=[peak_deg])) == degrees


@pytest.mark.parametrize(("bend_deg", "squat_deg"), [(40.0, 33.9), (8.0, 8.0), (8.0, 20.0)])
def test_without_a_zone_to_leave_there_is_no_change(bend_deg: float, squat_deg: float) -> None:
    finding = found(bend_deg=bend_deg, squat=[squat_deg])
    assert smallest_change_deg(finding) is None
    assert describe_change(finding, Answers(), BOOK) == ()


@pytest.mark.parametrize(
    ("answers", "length_cm", "known_from"),
    [
        (person(foot_length_cm=26.0, body_height_cm=150.0), 0.72 * 26.0, "foot"),
        (person(body_height_cm=180.0), 0.72 * 0.152 * 180.0, "height"),
        (person(), 0.72 * 25.0, "default"),
    ],
)
def test_the_contact_length_says_what_it_rests_on(
    answers: Answers, length_cm: float, known_from: str
) -> None:
    contact = contact_length(answers, BOOK)
    assert 100.0 * contact.length_m == pytest.approx(length_cm)
    assert contact.known_from == known_from


@given(angle_deg=st.floats(0.1, 45.0), foot_cm=st.floats(18.0, 33.0))
def test_a_wedge_tilts_the_foot_by_what_it_was_made_for(angle_deg: float, foot_cm: float) -> None:
    contact = contact_length(person(foot_length_cm=foot_cm), BOOK)
    height_m = wedge_height_m(math.radians(angle_deg), contact)
    assert math.degrees(heel_tilt_rad(height_m, contact)) == pytest.approx(angle_deg)


def test_the_wedge_is_printed_with_its_height_and_basis() -> None:
    # 18 cm x sin(5 deg) = 1.57 cm, rounded up to half a centimetre.
    text = " ".join(said(found(squat=[38.0])))
    assert "a wedge of about 2.0 cm" in text
    assert "5° less" in text
    assert "foot of usual length" in text
    assert "By the length of your foot" in " ".join(
        said(found(squat=[38.0]), person(foot_length_cm=26))
    )


def test_a_wedge_that_would_be_too_high_is_refused() -> None:
    # 12 deg on 18 cm are 3.7 cm; 3 cm tilt the foot by 9.6 deg.
    text = " ".join(said(found(squat=[45.0])))
    assert "A heel wedge alone does not do it: it would have to be about 3.7 cm high" in text
    assert "Up to 3 cm takes away about 9°" in text
    assert "Or put a wedge" not in text


def test_no_printed_wedge_is_higher_than_the_limit_of_another_book() -> None:
    entry = BOOK.thresholds["largest_heel_wedge"]
    overlay = f"""
[book]
schema = "sensor-screen-rules/2"
version = "clinic"
base = "{BOOK.version}"
[threshold.largest_heel_wedge]
value = 1.7
unit = "cm"
source = "clinic"
grade = "D"
verified = false
default = true
note = "{entry.note}"
"""
    things = describe_change(found(squat=[38.0]), Answers(), parse_rulebook(overlay, "clinic"))
    (wedge,) = (s for s in things if s.key == "advice.change.wedge")
    assert wedge.values["height_cm"] == 1.7


def test_the_seat_rises_as_the_leg_model_says() -> None:
    # Shank 0.246 x 1.7 m and thigh 0.245 x 1.7 m: the thigh turns from 114 to 99 deg.
    rise_m = seat_rise_m(math.radians(38.0), math.radians(5.0), 1.7, BOOK)
    by_hand = 0.4182 * (math.cos(math.radians(33)) - math.cos(math.radians(38)))
    by_hand += 0.4165 * (math.cos(math.radians(99)) - math.cos(math.radians(114)))
    assert rise_m == pytest.approx(by_hand)
    text = " ".join(said(found(squat=[38.0]), person(body_height_cm=170)))
    assert "a box about 15 cm above the lowest point" in text
    assert "Estimated" in text


@given(
    bend_deg=st.floats(6.0, 40.0),
    less=st.tuples(st.floats(0.5, 5.0), st.floats(0.5, 5.0)),
    height_cm=st.floats(130.0, 210.0),
)
def test_less_bend_is_a_higher_seat(
    bend_deg: float, less: tuple[float, float], height_cm: float
) -> None:
    small, large = sorted(math.radians(degrees) for degrees in less)
    bend = math.radians(bend_deg)
    low, high = (seat_rise_m(bend, x, height_cm / 100.0, BOOK) for x in (small, large))
    assert 0.0 < low <= high
    assert seat_rise_m(bend, small, 2.0 * height_cm / 100.0, BOOK) == pytest.approx(2.0 * low)


@pytest.mark.parametrize(
    ("bend_deg", "less_deg", "height_m"),
    [(38.0, 5.0, math.nan), (40.1, 5.0, 1.7), (10.0, 10.0, 1.7), (38.0, 0.0, 1.7)],
)
def test_no_box_height_where_the_model_does_not_hold(
    bend_deg: float, less_deg: float, height_m: float
) -> None:
    bend, less = math.radians(bend_deg), math.radians(less_deg)
    assert math.isnan(seat_rise_m(bend, less, height_m, BOOK))


@pytest.mark.parametrize(
    ("answers", "heel_stays_down"), [(person(), True), (person(body_height_cm=170), False)]
)
def test_without_a_height_or_with_the_heel_up_the_box_has_no_figure(
    answers: Answers, heel_stays_down: bool
) -> None:
    text = " ".join(said(found(squat=[38.0]), answers, heel_stays_down=heel_stays_down))
    assert "raise it until nothing pinches" in text
    assert "cm above the lowest point" not in text


def test_a_lower_step_has_no_invented_figure() -> None:
    (step,) = (line for line in said(found(stairs_up=[38.0])) if "step" in line)
    assert "may help a little" in step
    assert not any(character.isdigit() for character in step)


def test_kicks_get_the_inside_of_the_foot_and_never_a_wedge() -> None:
    text = " ".join(said(found("posterior", kick=[57.0])))
    assert "inside of the foot" in text
    assert "point the foot a little less" in text
    assert "3° less point. The peak is known to ± 2° and the end to ± 2° (95 %)." in text
    assert "limits pointing to 30°" in text
    assert "no ball speed in a study of 11 players" in text
    assert "wedge" not in text
    assert "heel" not in text


def test_the_back_gets_a_lower_heel() -> None:
    # 1 cm on 18 cm: 3.2 deg.
    text = " ".join(said(found("posterior", stairs_down=[54.0])))
    assert "Wear a lower heel: each centimetre of heel points the ankle by about 3° more" in text
    assert "wedge" not in text
