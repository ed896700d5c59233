"""Balance and instability: how long, how steadily and how evenly a person stands on one leg.

Stances are taken as done with open eyes, as the guided screen asks for them; times with closed eyes
are entered. A sensor sees its own foot only: a stance is known to be on one leg where both legs
carry sensors, or where the raised foot does.
"""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING

from sensor_screen.judgement import Level, Statement
from sensor_screen.model import Placement, Side, Stance, StanceRole, Task
from sensor_screen.rules.holds import best_hold
from sensor_screen.rules.quantity import (
    Quantity,
    judge_quantity,
    leave_unjudged,
    say_level,
)
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.judgement import Answers, Case, RuleResult, SessionMeasures
    from sensor_screen.model import SwayMeasures, TiltSway
    from sensor_screen.rules.rulebook import RuleBook

_PLACEMENTS = (Placement.SHANK, Placement.FOOT, Placement.LUMBAR)
"""Sensors whose sway is compared, the first that both legs have."""
_ENTRIES = ("balance_eyes_open_s", "balance_eyes_closed_s", "cait")


def apply_balance_rules(case: Case, book: RuleBook) -> tuple[RuleResult, ...]:
    """B1, B3 and I1 for each leg of this session, B2 and B4 for the difference of both.

    Args:
        case: Its earlier sessions are not looked at.
        book: Limits and the norm of standing.
    """
    sides = [side for side in (Side.LEFT, Side.RIGHT) if _is_known(case.now, side)]
    if not sides:
        return ()
    return (
        *(_judge_hold(case.now, side, book) for side in sides),
        _compare_closed_eyes(case.now.answers, book),
        *(_judge_errors(case.now, side, book) for side in sides),
        _compare_sway(case.now, book),
        *(_judge_instability(case.now.answers, side, book) for side in sides),
    )


def _is_known(session: SessionMeasures, side: Side) -> bool:
    entered = any(session.answers.has(f"entries.{name}", side) for name in _ENTRIES)
    return entered or any(leg.side is side for leg in session.legs)


def _judge_hold(session: SessionMeasures, side: Side, book: RuleBook) -> RuleResult:
    """B1: the best stance against the mean of the age; without an age only far too short ones."""
    age_years = session.answers.number("person.age_years")
    norm_s = book.norms["balance_eyes_open"].at(age_years)
    least_s = book.value("balance_least")
    hold = best_hold(session, side, book)
    quantity = Quantity(
        rule="B1",
        key="balance.b1",
        limits="B1",
        side=side,
        task=Task.BALANCE,
        value=math.nan if hold is None else hold.hold_s,
        unit="s",
        rests_on=("balance_eyes_open", "balance_least", "balance_cap"),
    )
    if hold is None:
        return leave_unjudged(quantity, book, "balance.why.no_hold")
    limits = book.limits["B1"]
    level = limits.level(100.0 * hold.hold_s / norm_s)
    if hold.hold_s < least_s:
        level = Level.RED
    if level is Level.UNJUDGED:
        return leave_unjudged(quantity, book, "balance.why.no_age")
    if hold.is_minimum and level is not Level.GREEN:
        return leave_unjudged(quantity, book, "balance.why.still_held")
    amber_s, red_s = (0.01 * norm_s * share for share in (limits.amber_from, limits.red_from))
    red_s = least_s if math.isnan(red_s) else max(red_s, least_s)
    applied = ("" if math.isnan(amber_s) else f"< {amber_s:g}", f"< {red_s:g}")
    return say_level(quantity, level, book, applied=applied)


def _compare_closed_eyes(answers: Answers, book: RuleBook) -> RuleResult:
    """B2: the worse leg's time with closed eyes as a share of the better leg's."""
    times_s = {
        side: answers.number("entries.balance_eyes_closed_s", side)
        for side in (Side.LEFT, Side.RIGHT)
    }
    if not max(times_s.values()) > 0.0 or not all(map(math.isfinite, times_s.values())):
        quantity = Quantity(
            rule="B2", key="balance.b2", limits="B2", side=Side.NONE, task=Task.BALANCE, unit="%"
        )
        return leave_unjudged(quantity, book, "balance.why.closed_eyes")
    worse = min(times_s, key=lambda side: times_s[side])
    better_s = max(times_s.values())
    quantity = Quantity(
        rule="B2",
        key="balance.b2",
        limits="B2",
        side=worse if times_s[worse] < better_s else Side.NONE,
        task=Task.BALANCE,
        value=100.0 * times_s[worse] / better_s,
        unit="%",
    )
    return judge_quantity(quantity, book)


def _judge_errors(session: SessionMeasures, side: Side, book: RuleBook) -> RuleResult:
    """B3: touch-downs and hops of the stances on this leg, their mean in the usual length."""
    length_s = book.value("balance_count_length")
    stances = [s for s in _stances(session, side) if s.role is StanceRole.STANDING]
    seen = [s for s in stances if s.hops_s is not None and s.touch_downs_s is not None]
    long = [s for s in seen if s.end_s - s.start_s >= book.value("balance_count_share") * length_s]
    quantity = Quantity(
        rule="B3",
        key="balance.b3",
        limits="B3",
        side=side,
        task=Task.BALANCE,
        unit="count",
        rests_on=("balance_count_length", "balance_count_share"),
    )
    if not long:
        why = "short" if seen else "unseen" if stances else "no_stance"
        return leave_unjudged(quantity, book, f"balance.why.{why}")
    counts = [
        len((*(s.hops_s or ()), *(s.touch_downs_s or ()))) * length_s / (s.end_s - s.start_s)
        for s in long
    ]
    scaled = any(abs(s.end_s - s.start_s - length_s) > 1.0 for s in long)
    said = Statement(
        f"balance.{'scaled' if scaled else 'not_scaled'}",
        {"length_s": length_s, "lasted_s": fmean(s.end_s - s.start_s for s in long)},
    )
    return judge_quantity(
        replace(quantity, value=fmean(counts), values={"scaled": said, "stances": len(long)}), book
    )


def _compare_sway(session: SessionMeasures, book: RuleBook) -> RuleResult:
    """B4: sway of like stances of both legs, larger over smaller; never red alone."""
    quantity = Quantity(
        rule="B4",
        key="balance.b4",
        limits="B4",
        side=Side.NONE,
        task=Task.BALANCE,
        unit="1",
        rests_on=("sway_like_duration",),
    )
    least = book.value("sway_like_duration")
    for stance in (Stance.ONE_LEG, Stance.UNKNOWN, Stance.TWO_LEGS):
        for placement in _PLACEMENTS:
            left, right = (
                _longest(_stances(session, side), stance, placement)
                for side in (Side.LEFT, Side.RIGHT)
            )
            if left is None or right is None:
                continue
            durations_s = sorted(s.measured_end_s - s.measured_start_s for s in (left, right))
            if durations_s[0] < least * durations_s[1]:
                continue
            tilts = left.tilt_of(placement), right.tilt_of(placement)
            return judge_quantity(_divide(tilts, quantity), book, never_red=True)
    return leave_unjudged(quantity, book, "balance.why.unlike")


def _longest(
    stances: Iterable[SwayMeasures], stance: Stance, placement: Placement
) -> SwayMeasures | None:
    like = [
        s
        for s in stances
        if s.role is StanceRole.STANDING
        and s.stance is stance
        and s.tilt_of(placement).total_rms_rad > 0.0
    ]
    return max(like, key=lambda s: s.measured_end_s - s.measured_start_s, default=None)


def _divide(tilts: tuple[TiltSway, TiltSway], quantity: Quantity) -> Quantity:
    left, right = (tilt.total_rms_rad for tilt in tilts)
    ratio = max(left, right) / min(left, right)
    relative = math.hypot(*(tilt.total_sigma_rad / tilt.total_rms_rad for tilt in tilts))
    side = Side.NONE if left == right else Side.LEFT if left > right else Side.RIGHT
    return replace(
        quantity,
        side=side,
        value=ratio,
        error_95=NORMAL_95 * ratio * relative,
        values={"place": Statement(f"balance.place.{tilts[0].placement.value}")},
    )


def _judge_instability(answers: Answers, side: Side, book: RuleBook) -> RuleResult:
    """I1: the entered score of the Cumberland Ankle Instability Tool."""
    score = answers.number("entries.cait", side)
    quantity = Quantity(
        rule="I1", key="balance.i1", limits="I1", side=side, value=score, unit="points"
    )
    if not math.isfinite(score):
        return leave_unjudged(quantity, book, "balance.why.no_score")
    return judge_quantity(quantity, book)


def _stances(session: SessionMeasures, side: Side) -> list[SwayMeasures]:
    return [s for leg in session.legs for s in leg.sway if s.side is side]
