"""Kicks: how far they point, how many go past the tested range, and what the ball adds.

All about the back of the ankle. A leg whose kicks were not recorded is not judged; the leg that a
person says they kick with is told beside the finding and decides nothing.
"""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING

from sensor_screen.judgement import Level, Panel, Statement, Zone
from sensor_screen.model import Side, Task
from sensor_screen.rules.quantity import (
    Quantity,
    judge_quantity,
    leave_unjudged,
    say_level,
)
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.judgement import Answers, Case, Finding, RuleResult
    from sensor_screen.model import LegMeasures, Repetition
    from sensor_screen.rules.rulebook import RuleBook

_ZONE_LEVELS = {
    Zone.GREEN: Level.GREEN,
    Zone.AMBER: Level.AMBER,
    Zone.RED: Level.RED,
    Zone.BEYOND: Level.RED,
    Zone.UNRESOLVED: Level.UNJUDGED,
}
_ZONE_ENTRIES = ("kick_amber_share", "smallest_change_kick")
_RISE_REASONS = {
    "no blow": "no_blow",
    "samples next to": "samples",
    "the recording ends": "ends",
    "it is not known which way": "sign",
    "nobody stood still": "zero",
    "the angle is not valid": "angle",
}
"""How the notes of a kick begin that say why its rise is not known."""


def apply_kick_rules(
    case: Case, findings: Sequence[Finding], book: RuleBook
) -> tuple[RuleResult, ...]:
    """K1 to K4 for each leg of this session.

    Where one leg was recorded more than once, its latest kicks count.

    Args:
        case: Its earlier sessions are not looked at.
        findings: Positions of this session.
        book: Limits.
    """
    judged: list[RuleResult] = []
    for side in (Side.LEFT, Side.RIGHT):
        if not any(leg.side is side for leg in case.now.legs):
            continue
        kicks = _latest_kicks(case.now.legs, side)
        finding = next(
            (f for f in reversed(findings) if f.side is side and f.task is Task.KICK), None
        )
        leg = _say_leg(case.now.answers, side)
        judged.append(_judge_position(side, kicks, finding, leg, book))
        judged.append(_judge_share(side, kicks, finding if kicks else None, leg, book))
        if case.now.answers.says("goals.protect_back"):
            judged.append(_judge_protection(side, kicks, leg, book))
        judged.append(_judge_rise(side, kicks, book))
    return tuple(judged)


def _latest_kicks(legs: Sequence[LegMeasures], side: Side) -> tuple[Repetition, ...]:
    for leg in reversed(legs):
        kicks = tuple(r for r in leg.repetitions if r.counted and r.task is Task.KICK)
        if leg.side is side and kicks:
            return kicks
    return ()


def _say_leg(answers: Answers, side: Side) -> Statement:
    """Whether it is the leg that kicks, where that was answered."""
    kicking = answers.choices("person.kicking_leg")
    if kicking in (("left",), ("right",)):
        return Statement(f"kick.leg.{'kicking' if kicking[0] == side.value else 'other'}")
    return Statement("kick.leg.unsaid")


def _quantity(
    rule: str,
    side: Side,
    unit: str,
    value: float = math.nan,
    error_95: float = math.nan,
    *,
    base_rate: Statement | None = None,
    rests_on: tuple[str, ...] = (),
    **values: object,
) -> Quantity:
    is_zone = rule == "K1"
    return Quantity(
        rule=rule,
        key=f"kick.{rule.lower()}",
        limits="" if is_zone else rule,
        grade="D" if is_zone else "",
        side=side,
        panel=Panel.POSTERIOR,
        task=Task.KICK,
        value=value,
        error_95=error_95,
        unit=unit,
        values=values,
        base_rate=base_rate,
        rests_on=rests_on,
    )


def _judge_position(
    side: Side,
    kicks: tuple[Repetition, ...],
    finding: Finding | None,
    leg: Statement,
    book: RuleBook,
) -> RuleResult:
    """K1: the zone of the typical kick; the bands are its limits."""
    if finding is None:
        return leave_unjudged(_quantity("K1", side, "deg"), book, _why_no_position(kicks))
    error_rad = NORMAL_95 * math.hypot(finding.demand.sigma_rad, finding.capacity.sigma_rad)
    quantity = _quantity(
        "K1",
        side,
        "deg",
        math.degrees(finding.demand.typical_rad),
        math.degrees(error_rad),
        rests_on=_ZONE_ENTRIES,
        base_rate=_say_base_rate(book),
        leg=leg,
    )
    level = _ZONE_LEVELS[finding.zone]
    if level is Level.UNJUDGED:
        return leave_unjudged(quantity, book, "kick.why.unresolved")
    bands = finding.bands
    edges_rad = (bands.amber_from_rad, bands.red_from_rad)
    near = min(abs(finding.demand.typical_rad - edge) for edge in edges_rad) < error_rad
    return say_level(quantity, level, book, sure=not near)


def _judge_share(
    side: Side,
    kicks: tuple[Repetition, ...],
    finding: Finding | None,
    leg: Statement,
    book: RuleBook,
) -> RuleResult:
    """K2: single kicks against the line, as in the study that the base rate comes from."""
    if finding is None:
        return leave_unjudged(_quantity("K2", side, "%"), book, _why_no_position(kicks))
    peaks, bands = finding.demand.peaks_rad, finding.bands
    past = sum(peak > bands.end_range_rad for peak in peaks)
    surely = sum(peak > bands.beyond_from_rad for peak in peaks)
    perhaps = sum(peak > bands.end_range_rad - bands.error_rad for peak in peaks)
    share, low, high = (100.0 * count / len(peaks) for count in (past, surely, perhaps))
    quantity = _quantity(
        "K2",
        side,
        "%",
        share,
        max(share - low, high - share),
        base_rate=_say_base_rate(book),
        rests_on=("smallest_change_kick", "kick_share_past_line"),
        leg=leg,
        past=past,
        past_error=surely,
        count=len(peaks),
    )
    # What the error lets single kicks change is known exactly, and lies to both sides unequally.
    limits = book.limits["K2"]
    levels = {limits.level(value) for value in (low, share, high)}
    applied = (limits.amber, limits.red)
    return say_level(quantity, limits.level(share), book, sure=len(levels) == 1, applied=applied)


def _judge_protection(
    side: Side, kicks: tuple[Repetition, ...], leg: Statement, book: RuleBook
) -> RuleResult:
    """K3: the kick that points furthest, against the limit of a rehabilitation."""
    pointed = [figures for kick in kicks if (figures := _pointing(kick)) is not None]
    if not pointed:
        why = "kick.why.no_angle" if kicks else "kick.why.none"
        return leave_unjudged(_quantity("K3", side, "deg"), book, why)
    furthest_rad, sigma_rad = max(pointed)
    quantity = _quantity(
        "K3",
        side,
        "deg",
        math.degrees(furthest_rad),
        math.degrees(NORMAL_95 * sigma_rad),
        leg=leg,
    )
    return judge_quantity(quantity, book)


def _pointing(kick: Repetition) -> tuple[float, float] | None:
    """Largest plantarflexion round the impact, positive, and its sigma; None if not known."""
    if kick.kick is None:
        angle_rad, sigma_rad = kick.peak_plantarflexion_rad, kick.peak_plantarflexion_sigma_rad
    else:
        angle_rad = kick.kick.largest_plantarflexion_rad
        sigma_rad = kick.kick.largest_plantarflexion_sigma_rad
    return (-angle_rad, sigma_rad) if math.isfinite(angle_rad) else None


def _judge_rise(side: Side, kicks: tuple[Repetition, ...], book: RuleBook) -> RuleResult:
    """K4: the median of how much further the ball pushed the foot, where that was measured."""
    details = [kick.kick for kick in kicks if kick.kick is not None]
    rises_rad = [d.rise_after_impact_rad for d in details if math.isfinite(d.rise_after_impact_rad)]
    if rises_rad:
        rise_deg = math.degrees(median(rises_rad))
        quantity = _quantity("K4", side, "deg", rise_deg, measured=len(rises_rad), count=len(kicks))
        return judge_quantity(quantity, book)
    quantity = _quantity("K4", side, "deg")
    notes = [d.rise_note for d in details if d.rise_note]
    if not notes:
        return leave_unjudged(quantity, book, "kick.why.no_detail" if kicks else "kick.why.none")
    commonest = max(dict.fromkeys(notes), key=notes.count)
    return leave_unjudged(quantity, book, "kick.why.rise", reason=_say_rise_reason(commonest))


def _say_rise_reason(note: str) -> Statement:
    if note.endswith("about one sample"):
        return Statement("kick.rise.slow")
    for begin, key in _RISE_REASONS.items():
        if note.startswith(begin):
            return Statement(f"kick.rise.{key}")
    return Statement("kick.rise.other", {"note": note})


def _why_no_position(kicks: tuple[Repetition, ...]) -> str:
    return "kick.why.no_range" if kicks else "kick.why.none"


def _say_base_rate(book: RuleBook) -> Statement:
    return Statement("kick.base_rate", {"usual": 100.0 * book.value("kick_share_past_line")})
