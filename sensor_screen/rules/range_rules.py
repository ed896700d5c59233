"""Range tests: how far the ankle goes, against healthy people and against the other leg.

L1 to L3 are the weight-bearing lunge, N1 is bending without weight, P1 and P2 are pointing.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from sensor_screen.judgement import Level, Panel, Statement
from sensor_screen.model import Condition, Side, Task
from sensor_screen.rules.end_ranges import (
    find_lunges,
    find_points,
    find_seated,
    is_distrusted,
)
from sensor_screen.rules.rule_result import Quantity, Rule, sides_of, speak
from sensor_screen.rules.sites import hurts_at, is_place_known

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
    rule = Rule("L1", side, Panel.ANTERIOR, Task.LUNGE, "range.lunge")
    lunges = find_lunges(case, side, book)
    if not lunges:
        poor = is_distrusted(case, side, Condition.LUNGE, book)
        return rule.leave("poor" if poor else "missing")
    lunge = lunges[0]
    entry = "L1" if lunge.unit == "deg" else "L1_cm"
    shift, entries = _age_shift(case, lunge.unit, book)
    red_shift, error = shift, lunge.error_95
    if lunge.standing_zero:
        # Who stands leans: what the sensors show is less. Red only where no such lean explains it.
        lean, doubt = book.shown("standing_lean"), book.shown("standing_lean_error")
        shift, red_shift = shift - lean, shift - lean - doubt
        error = math.hypot(error, doubt)
        entries = (*entries, "standing_lean", "standing_lean_error")
    zero = Statement(f"range.zero.{'estimated' if lunge.standing_zero else 'known'}")
    quantity = Quantity(entry, lunge.value, error, shift, red_shift, entries, {"zero": zero})
    return rule.hold(quantity, book)


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
    rule = Rule("L3", side, Panel.ANTERIOR, Task.LUNGE, "range.painful_lunge")
    found = _judge_pain(rule, case, "pain.lunge", book)
    if found.level not in (Level.AMBER, Level.RED):
        return found
    if lunges.level is Level.UNJUDGED:
        return rule.leave("no_other")
    if lunges.side is not side:
        return replace(speak(found, "range.painful_lunge.not_less"), level=Level.GREEN)
    near = lunges.level is Level.GREEN or lunges.within_error
    doubt = Statement(f"result.doubt.{'near' if near else 'clear'}")
    said = Statement(
        f"range.painful_lunge.{found.level.name.lower()}", {"side": side, "doubt": doubt}
    )
    return replace(found, within_error=near, statement=said, rests_on=("L3", *lunges.rests_on))


def _judge_painful_point(case: Case, side: Side, book: RuleBook) -> RuleResult:
    """P1: hurts at the back."""
    rule = Rule("P1", side, Panel.POSTERIOR, Task.POINT, "range.painful_point")
    return _judge_pain(rule, case, "pain.point", book)


def _judge_pain(rule: Rule, case: Case, item: str, book: RuleBook) -> RuleResult:
    """Pain counts where its place is on the rule's side of the joint."""
    answers, side = case.now.answers, rule.side
    pain = answers.number(item, side)
    if not math.isfinite(pain):
        return rule.leave("missing")
    found = rule.hold(Quantity(rule.name, pain), book)
    if found.level is Level.GREEN or (rule.panel and hurts_at(answers, side, rule.panel)):
        return found
    if not is_place_known(answers, side):
        return rule.leave("no_place")
    return replace(speak(found, f"{rule.key}.elsewhere"), level=Level.GREEN)


# --- without weight ------------------------------------------------------------------------------


def _judge_seated(case: Case, side: Side, book: RuleBook) -> RuleResult:
    """N1. Seated pumps can only show that there is enough: nobody was asked for the very end."""
    rule = Rule("N1", side, Panel.ANTERIOR, None, "range.seated")
    answers = case.now.answers
    bent = answers.number("entries.dorsiflexion_active_deg", side)
    if math.isfinite(bent):
        straight = answers.number("entries.dorsiflexion_active_straight_deg", side)
        is_calf = bent - straight >= book.shown("calf_hint")
        calf = Statement(f"range.calf.{'tight' if is_calf else 'none'}")
        entries = ("goniometer_error", *(("calf_hint",) if is_calf else ()))
        error = book.shown("goniometer_error")
        return rule.hold(Quantity("N1", bent, error, entries=entries, said={"calf": calf}), book)
    pumped = find_seated(case, side, book)
    if pumped is None:
        return rule.leave("missing")
    found = rule.hold(
        Quantity("N1", pumped.value, pumped.error_95, said={"calf": Statement("range.calf.none")}),
        book,
    )
    if found.level is Level.GREEN:
        return speak(found, "range.seated.pumped")
    return replace(speak(found, "range.seated.not_asked"), level=Level.UNJUDGED, within_error=False)


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
    key = f"range.{task.value}_difference"
    ends = {side: find(case, side, book) for side in (Side.LEFT, Side.RIGHT)}
    pairs = [
        (left, right)
        for left in ends[Side.LEFT]
        for right in ends[Side.RIGHT]
        if left.kind == right.kind
    ]
    if not pairs:
        both = all(ends.values())
        rule = Rule(name, Side.NONE, panel, task, key)
        return rule.leave("unlike" if both else "missing")
    left, right = pairs[0]
    side = Side.NONE if left.value == right.value else Side.LEFT
    side = Side.RIGHT if right.value < left.value else side
    quantity = Quantity(
        entry=name if left.unit == "deg" else f"{name}_cm",
        value=abs(left.value - right.value),
        error_95=math.hypot(left.difference_error_95, right.difference_error_95),
    )
    found = Rule(name, side, panel, task, key).hold(quantity, book)
    return replace(found, base_rate=_base_rate(book)) if name == "L2" else found


def _base_rate(book: RuleBook) -> Statement:
    return Statement(
        "range.base_rate.lunge",
        {
            "share": book.shown("healthy_lunge_difference_share"),
            "limit": book.shown("healthy_lunge_difference"),
            "most": book.shown("healthy_lunge_difference_most"),
        },
    )
