"""Range tests: how far the ankle goes, against healthy people and against the other leg.

L1 to L3 are the weight-bearing lunge, N1 is bending without weight, P1 and P2 are pointing.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from sensor_screen.judgement import Level, Panel, Statement
from sensor_screen.model import Condition, Side, Task
from sensor_screen.rules.complaints import hurts_at, is_place_known, sides_of
from sensor_screen.rules.end_ranges import (
    find_lunges,
    find_points,
    find_seated,
    is_distrusted,
)
from sensor_screen.rules.quantity import (
    Quantity,
    judge_quantity,
    leave_unjudged,
    say_otherwise,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.judgement import Case, Finding, RuleResult
    from sensor_screen.rules.end_ranges import EndRange
    from sensor_screen.rules.rulebook import RuleBook


def apply_range_rules(
    case: Case, findings: tuple[Finding, ...], book: RuleBook
) -> tuple[RuleResult, ...]:
    """L1, L3, N1 and P1 of each leg, and L2 and P2 between the legs."""
    del findings  # an end range is judged whether or not a task is compared with it
    sides = sides_of(case)
    lunges = _compare("L2", Panel.ANTERIOR, Task.LUNGE, case, find_lunges, book)
    points = _compare("P2", Panel.POSTERIOR, Task.POINT, case, find_points, book)
    return (
        *(_judge_lunge(case, side, book) for side in sides),
        lunges,
        *(_judge_painful_lunge(case, side, lunges, book) for side in sides),
        *(_judge_seated(case, side, book) for side in sides),
        *(_judge_painful_point(case, side, book) for side in sides),
        points,
    )


# --- lunge ---------------------------------------------------------------------------------------


def _judge_lunge(case: Case, side: Side, book: RuleBook) -> RuleResult:
    """L1. The literature's angle is that of the shank from the vertical."""
    asked = Quantity(rule="L1", key="range.lunge", side=side, panel=Panel.ANTERIOR, task=Task.LUNGE)
    lunges = find_lunges(case, side, book)
    if not lunges:
        poor = is_distrusted(case, side, Condition.LUNGE, book)
        return leave_unjudged(asked, book, f"range.lunge.{'poor' if poor else 'missing'}")
    lunge = lunges[0]
    shift, entries = _age_shift(case, lunge.unit, book)
    red_shift, error = shift, lunge.error_95
    if lunge.standing_zero:
        # Who stands leans: what the sensors show is less. Red only where no such lean explains it.
        lean, doubt = book.shown("standing_lean"), book.shown("standing_lean_error")
        shift, red_shift = shift - lean, shift - lean - doubt
        error = math.hypot(error, doubt)
        entries = (*entries, "standing_lean", "standing_lean_error")
    zero = Statement(f"range.zero.{'estimated' if lunge.standing_zero else 'known'}")
    quantity = replace(
        asked,
        limits="L1" if lunge.unit == "deg" else "L1_cm",
        value=lunge.value,
        error_95=error,
        values={"zero": zero},
        rests_on=entries,
    )
    return judge_quantity(quantity, book, start=shift, red_start=red_shift)


def _age_shift(case: Case, unit: str, book: RuleBook) -> tuple[float, tuple[str, ...]]:
    """Older people bend less; nothing is shifted where the age is not known."""
    age = case.now.answers.number("person.age_years")
    if not age >= book.shown("lunge_older_from"):
        return 0.0, ()
    entries = ("lunge_older_from", "lunge_older_less")
    less = book.shown("lunge_older_less")
    if unit == "deg":
        return -less, entries
    return -less / book.shown("lunge_deg_per_cm"), (*entries, "lunge_deg_per_cm")


def _judge_painful_lunge(case: Case, side: Side, lunges: RuleResult, book: RuleBook) -> RuleResult:
    """L3: hurts at the front, and this is the side that bends less."""
    key = "range.painful_lunge"
    asked = Quantity(rule="L3", key=key, side=side, panel=Panel.ANTERIOR, task=Task.LUNGE)
    found = _judge_pain(asked, case, "pain.lunge", book)
    if found.level not in (Level.AMBER, Level.RED):
        return found
    if lunges.level is Level.UNJUDGED:
        return leave_unjudged(asked, book, f"{key}.no_other")
    if lunges.side is not side:
        return replace(say_otherwise(found, f"{key}.not_less"), level=Level.GREEN)
    near = lunges.level is Level.GREEN or lunges.within_error
    said = say_otherwise(found, f"{key}.{found.level.name.lower()}", near=near)
    return replace(said, rests_on=("L3", *lunges.rests_on))


def _judge_painful_point(case: Case, side: Side, book: RuleBook) -> RuleResult:
    """P1: hurts at the back."""
    asked = Quantity(
        rule="P1",
        key="range.painful_point",
        side=side,
        panel=Panel.POSTERIOR,
        task=Task.POINT,
    )
    return _judge_pain(asked, case, "pain.point", book)


def _judge_pain(asked: Quantity, case: Case, item: str, book: RuleBook) -> RuleResult:
    """Pain counts where its place is on the rule's side of the joint."""
    answers, side = case.now.answers, asked.side
    pain = answers.number(item, side)
    if not math.isfinite(pain):
        return leave_unjudged(asked, book, f"{asked.key}.missing")
    found = judge_quantity(replace(asked, limits=asked.rule, value=pain), book)
    if found.level is Level.GREEN or (asked.panel and hurts_at(answers, side, asked.panel)):
        return found
    if not is_place_known(answers, side):
        return leave_unjudged(asked, book, f"{asked.key}.no_place")
    return replace(say_otherwise(found, f"{asked.key}.elsewhere"), level=Level.GREEN)


# --- without weight ------------------------------------------------------------------------------


def _judge_seated(case: Case, side: Side, book: RuleBook) -> RuleResult:
    """N1. Seated pumps can only show that there is enough: nobody was asked for the very end."""
    asked = Quantity(rule="N1", key="range.seated", side=side, panel=Panel.ANTERIOR)
    answers = case.now.answers
    bent = answers.number("entries.dorsiflexion_active_deg", side)
    if math.isfinite(bent):
        straight = answers.number("entries.dorsiflexion_active_straight_deg", side)
        is_calf = bent - straight >= book.shown("calf_hint")
        calf = Statement(f"range.calf.{'tight' if is_calf else 'none'}")
        entries = ("goniometer_error", *(("calf_hint",) if is_calf else ()))
        quantity = replace(
            asked,
            limits="N1",
            value=bent,
            error_95=book.shown("goniometer_error"),
            values={"calf": calf},
            rests_on=entries,
        )
        return judge_quantity(quantity, book)
    pumped = find_seated(case, side, book)
    if pumped is None:
        return leave_unjudged(asked, book, "range.seated.missing")
    quantity = replace(
        asked,
        limits="N1",
        value=pumped.value,
        error_95=pumped.error_95,
        values={"calf": Statement("range.calf.none")},
    )
    found = judge_quantity(quantity, book)
    if found.level is Level.GREEN:
        return say_otherwise(found, "range.seated.pumped")
    said = say_otherwise(found, "range.seated.not_asked")
    return replace(said, level=Level.UNJUDGED, within_error=False)


# --- both legs -----------------------------------------------------------------------------------


def _compare(
    name: str,
    panel: Panel,
    task: Task,
    case: Case,
    find: Callable[[Case, Side, RuleBook], tuple[EndRange, ...]],
    book: RuleBook,
) -> RuleResult:
    """The difference of the first kind of range that both legs have; against the smaller."""
    asked = Quantity(
        rule=name, key=f"range.{task.value}_difference", side=Side.NONE, panel=panel, task=task
    )
    ends = {side: find(case, side, book) for side in (Side.LEFT, Side.RIGHT)}
    pairs = [
        (left, right)
        for left in ends[Side.LEFT]
        for right in ends[Side.RIGHT]
        if left.kind == right.kind
    ]
    if not pairs:
        why = "unlike" if all(ends.values()) else "missing"
        return leave_unjudged(asked, book, f"{asked.key}.{why}")
    left, right = pairs[0]
    side = Side.NONE if left.value == right.value else Side.LEFT
    side = Side.RIGHT if right.value < left.value else side
    quantity = replace(
        asked,
        side=side,
        limits=name if left.unit == "deg" else f"{name}_cm",
        value=abs(left.value - right.value),
        error_95=math.hypot(left.difference_error_95, right.difference_error_95),
        base_rate=_base_rate(book) if name == "L2" else None,
    )
    return judge_quantity(quantity, book)


def _base_rate(book: RuleBook) -> Statement:
    return Statement(
        "range.base_rate.lunge",
        {
            "share": book.shown("healthy_lunge_difference_share"),
            "limit": book.shown("healthy_lunge_difference"),
            "most": book.shown("healthy_lunge_difference_most"),
        },
    )
