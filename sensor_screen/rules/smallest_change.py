"""The smallest change that leaves the last part of the own range, in degrees and in things.

In degrees it follows from the zones alone, and a person who applies it is below that part. In
things it follows from the geometry of the foot and of the squatting leg:

    raised heel     height = contact length x sin(angle); the foot tilts over heel and ball
    box for squats  rise of the hip: shank and thigh, the shank leaning as much as the ankle bends
                    on a flat foot, the thigh turning a fixed number of times as much

Lengths are measured, or body height times a published share, or a stated default; what rests on
the last two is an estimate and is said to be one. A raised heel eases the front and loads the back,
so the back gets the opposite: a lower heel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sensor_screen.judgement import Panel, Statement, Zone
from sensor_screen.model import Task
from sensor_screen.rules.zones import place
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from sensor_screen.judgement import Answers, Finding
    from sensor_screen.rules.rulebook import RuleBook

NEAR = (Zone.RED, Zone.BEYOND)
"""Zones that a smallest change leaves."""
_STAIRS = (Task.STAIRS_UP, Task.STAIRS_DOWN)
_CM = 100.0
_BOX_STEP_CM = 5.0
_WEDGE_STEP_CM = 0.5
"""Figures are rounded up to these steps, so that what is printed is never too little."""


@dataclass(frozen=True, slots=True)
class ContactLength:
    """Heel to ball of the foot, the length over which a raised heel tilts it."""

    length_m: float
    known_from: str
    """`foot`, `height` or `default`: what it was taken from, best first."""


def smallest_change_deg(finding: Finding) -> int | None:
    """Whole degrees that bring the typical peak below the last part of the range.

    None where it is not there, or where the range is too small for zones.
    """
    bands = finding.bands
    if finding.zone not in NEAR or not bands.resolved:
        return None
    typical = finding.demand.typical_rad
    degrees = max(1, math.ceil(math.degrees(typical - bands.red_from_rad)))
    while place(typical - math.radians(degrees), bands) in NEAR:
        degrees += 1
    return degrees


def contact_length(answers: Answers, book: RuleBook) -> ContactLength:
    """From the foot, else from body height, else a default."""
    share = book.value("heel_to_ball_share")
    foot_m = answers.number("person.foot_length_cm") / _CM
    if foot_m > 0.0:
        return ContactLength(share * foot_m, "foot")
    height_m = answers.number("person.body_height_cm") / _CM
    if height_m > 0.0:
        return ContactLength(share * book.value("foot_share_of_height") * height_m, "height")
    return ContactLength(share * book.value("usual_foot_length"), "default")


def wedge_height_m(angle_rad: float, contact: ContactLength) -> float:
    """How far the heel must rise to tilt the foot by an angle."""
    return contact.length_m * math.sin(angle_rad)


def heel_tilt_rad(height_m: float, contact: ContactLength) -> float:
    """How much a raised heel points the ankle."""
    return math.asin(min(1.0, height_m / contact.length_m))


def seat_rise_m(bend_rad: float, less_rad: float, body_height_m: float, book: RuleBook) -> float:
    """How much higher the hip is when the ankle bends less in a squat on flat feet.

    nan where the leg model does not hold: without a body height, deeper than flat feet allow, or
    with no bend left.
    """
    if not (body_height_m > 0.0 and 0.0 < less_rad < bend_rad <= book.value("largest_squat_lean")):
        return math.nan
    turn = book.value("thigh_turn_per_shank_lean")
    shank_m = book.value("shank_share_of_height") * body_height_m
    thigh_m = book.value("thigh_share_of_height") * body_height_m

    def hip_height_m(lean_rad: float) -> float:
        return shank_m * math.cos(lean_rad) + thigh_m * math.cos(turn * lean_rad)

    return hip_height_m(bend_rad - less_rad) - hip_height_m(bend_rad)


def describe_change(
    finding: Finding,
    answers: Answers,
    book: RuleBook,
    *,
    heel_stays_down: bool = True,
    other_side_is_close: bool = False,
) -> tuple[Statement, ...]:
    """The smallest change of one finding: in degrees, then in things; empty without one.

    Args:
        finding: A position in the last part of the range, or past it.
        answers: For the lengths of foot and body.
        book: Shares and limits.
        heel_stays_down: The foot is flat in squats; the box height holds only then.
        other_side_is_close: Another heel would load the other side of this joint too much.
    """
    degrees = smallest_change_deg(finding)
    if degrees is None:
        return ()
    figures = _known_to(finding) | {"degrees": degrees, "panel": finding.panel}
    hides = math.hypot(figures["peak_error"], figures["end_error"]) >= degrees
    figures["doubt"] = Statement(f"advice.change.{'within_error' if hides else 'sure'}")
    said = [Statement("advice.change.degrees", figures)]
    if finding.task == Task.SQUAT and finding.panel == Panel.ANTERIOR:
        said.append(_box(finding, degrees, answers, book, heel_stays_down=heel_stays_down))
    if finding.task in _STAIRS:
        said.append(Statement("advice.change.step"))
    if finding.task == Task.KICK:
        limit_deg = book.shown("kick_tape_limit")
        said.append(Statement("advice.change.kick"))
        said.append(Statement("advice.change.tape", {"limit_deg": limit_deg}))
    elif other_side_is_close:
        said.append(Statement("advice.change.heel_conflict", {"panel": finding.panel}))
    elif finding.panel == Panel.ANTERIOR:
        said.append(_wedge(degrees, answers, book))
    else:
        said.append(_lower_heel(answers, book))
    return tuple(said)


def _known_to(finding: Finding) -> dict[str, Any]:
    """The 95 % errors of what the change is reckoned from, degrees."""
    return {
        "peak_error": math.degrees(NORMAL_95 * finding.demand.sigma_rad),
        "end_error": math.degrees(NORMAL_95 * finding.capacity.sigma_rad),
    }


def _box(
    finding: Finding, degrees: int, answers: Answers, book: RuleBook, *, heel_stays_down: bool
) -> Statement:
    rise_m = seat_rise_m(
        finding.demand.typical_rad,
        math.radians(degrees),
        answers.number("person.body_height_cm") / _CM,
        book,
    )
    if not heel_stays_down or math.isnan(rise_m):
        return Statement("advice.change.box_by_feel")
    return Statement("advice.change.box", {"rise_cm": _rounded_up(_CM * rise_m, _BOX_STEP_CM)})


def _wedge(degrees: int, answers: Answers, book: RuleBook) -> Statement:
    contact = contact_length(answers, book)
    basis = Statement(f"advice.change.basis.{contact.known_from}")
    height_cm = _CM * wedge_height_m(math.radians(degrees), contact)
    limit_cm = book.shown("largest_heel_wedge")
    figures: dict[str, object] = {"degrees": degrees, "limit_cm": limit_cm, "basis": basis}
    if height_cm > limit_cm:
        most_deg = math.degrees(heel_tilt_rad(limit_cm / _CM, contact))
        figures |= {"height_cm": height_cm, "most_deg": math.floor(most_deg)}
        return Statement("advice.change.wedge_too_high", figures)
    figures["height_cm"] = min(_rounded_up(height_cm, _WEDGE_STEP_CM), limit_cm)
    return Statement("advice.change.wedge", figures)


def _lower_heel(answers: Answers, book: RuleBook) -> Statement:
    contact = contact_length(answers, book)
    per_cm_deg = math.degrees(heel_tilt_rad(1.0 / _CM, contact))
    basis = Statement(f"advice.change.basis.{contact.known_from}")
    return Statement("advice.change.lower_heel", {"per_cm_deg": per_cm_deg, "basis": basis})


def _rounded_up(value: float, step: float) -> float:
    return step * math.ceil(value / step)
