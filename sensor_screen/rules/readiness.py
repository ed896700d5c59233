"""Return to activity: a checklist for each leg, met, not met or not known; never a clearance.

The items follow the consensus of Smith et al. 2021 for sprains (it gives no cut-offs, so these are
defaults of the rule book). What was not asked or measured is not known, and never met.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.judgement import Level, Readiness, ReadinessItem, Statement
from sensor_screen.model import Side, Task
from sensor_screen.rules.complaints import complains, injuries, largest_pain, sides_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.judgement import Answers, Case, RuleResult
    from sensor_screen.rules.entries import Basis
    from sensor_screen.rules.rulebook import RuleBook

_OTHER = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT, Side.NONE: Side.NONE}


def check_readiness(
    case: Case, results: tuple[RuleResult, ...], book: RuleBook
) -> tuple[ReadinessItem, ...]:
    """The checklist of each leg with a complaint or an injury; of every leg where there is a goal.

    The last item says that no list is a clearance. Empty without a goal, a complaint or an injury.

    Args:
        case: Answers and kicks of now, and the scores of earlier sessions.
        results: L2 for the side difference; K1 and K2 for whether the kicks can be trusted.
        book: The cut-offs.
    """
    answers = case.now.answers
    everyone = sides_of(case)
    sides = [s for s in everyone if complains(answers, s) or injuries(answers, s)]
    if not sides and (answers.choices("goals.activities") or answers.choices("goals.wish")):
        sides = list(everyone)
    items = [item for side in sides for item in _check_leg(_Leg(case, side, results, book))]
    if not items:
        return ()
    basis = book.advice["return_to_activity"]
    clearance = Statement("readiness.clearance")
    return (
        *items,
        ReadinessItem(
            "clearance", Side.NONE, Readiness.UNKNOWN, clearance, basis.grade, basis.source
        ),
    )


@dataclass(frozen=True, slots=True)
class _Leg:
    case: Case
    side: Side
    results: tuple[RuleResult, ...]
    book: RuleBook

    @property
    def answers(self) -> Answers:
        return self.case.now.answers

    def number(self, item: str, *, other: bool = False) -> float:
        """A figure of this leg or the other."""
        return self.answers.number(item, _OTHER[self.side] if other else self.side)

    def of_rule(self, rule: str) -> list[RuleResult]:
        return [result for result in self.results if result.rule == rule]

    def item(
        self, name: str, met: bool | None, basis: Basis, key: str = "", **values: object
    ) -> ReadinessItem:
        """One line; `met` is None where it is not known."""
        state = {True: Readiness.MET, False: Readiness.NOT_MET, None: Readiness.UNKNOWN}[met]
        statement = Statement(
            f"readiness.{key or name}.{state.name.lower()}", {"side": self.side, **values}
        )
        name = f"{name}-{self.side}"
        return ReadinessItem(name, self.side, state, statement, basis.grade, basis.source)


def _check_leg(leg: _Leg) -> Iterator[ReadinessItem]:
    yield _pain(leg, "pain_during", largest_pain(leg.answers, leg.side))
    yield _pain(leg, "pain_next_day", leg.number("pain.next_day"))
    yield _lunge_difference(leg)
    yield _heel_raises(leg)
    yield _reach(leg)
    yield _back_to_best(leg, "instability_score", "entries.cait", "ready_instability_score")
    yield _back_to_best(leg, "sport_score", "entries.faam_sport", "ready_sport_score")
    yield from _kicks(leg)
    yield _full_session(leg)


def _pain(leg: _Leg, name: str, score: float) -> ReadinessItem:
    limit = leg.book.shown("ready_pain")
    met = None if math.isnan(score) else score <= limit
    return leg.item(name, met, leg.book.thresholds["ready_pain"], score=score, limit=limit)


def _lunge_difference(leg: _Leg) -> ReadinessItem:
    """By L2, which speaks against the leg that bends less; the other is not behind."""
    basis = leg.book.limits.get("L2") or leg.book.thresholds["smallest_change_static"]
    judged = [result for result in leg.of_rule("L2") if result.level != Level.UNJUDGED]
    if not judged:
        return leg.item("lunge_difference", None, basis)
    behind = [r for r in judged if r.level != Level.GREEN and r.side in {leg.side, Side.NONE}]
    close = any(result.within_error for result in judged)
    key = "lunge_difference_close" if close else "lunge_difference"
    return leg.item("lunge_difference", not behind, basis, key)


def _heel_raises(leg: _Leg) -> ReadinessItem:
    own, other = (leg.number("entries.heel_raises", other=other) for other in (False, True))
    least = leg.book.thresholds["ready_heel_raises"]
    percent = 100.0 * own / other if other > 0.0 else math.nan
    met = None if math.isnan(percent) else own >= least.si_value * other
    return leg.item("heel_raises", met, least, percent=percent, least=least.value)


def _reach(leg: _Leg) -> ReadinessItem:
    own, other = (leg.number("entries.y_balance_anterior_cm", other=o) for o in (False, True))
    most = leg.book.thresholds["ready_reach_difference"]
    short_cm = other - own
    met = None if math.isnan(short_cm) else short_cm <= most.value
    return leg.item("reach", met, most, short_cm=max(0.0, short_cm), most=most.value)


def _back_to_best(leg: _Leg, name: str, item: str, threshold: str) -> ReadinessItem:
    """Within the smallest change of the best that this person had in an earlier session."""
    smallest = leg.book.thresholds[threshold]
    now = leg.number(item)
    before = [session.answers.number(item, leg.side) for session in leg.case.earlier]
    best = max((score for score in before if not math.isnan(score)), default=math.nan)
    met = None if math.isnan(now - best) else best - now < smallest.value
    return leg.item(name, met, smallest, now=now, best=best)


def _kicks(leg: _Leg) -> Iterator[ReadinessItem]:
    """No kick past the own range hurts; only for legs that kick."""
    ratios = [
        ratio
        for measured in leg.case.now.legs
        if measured.side == leg.side
        for demand in measured.demands
        if demand.task == Task.KICK
        for ratio in demand.ratios
    ]
    pain = leg.number("pain.kick")
    kicking = leg.answers.choices("person.kicking_leg")
    if not ratios and math.isnan(pain) and not {leg.side.value, "both"} & set(kicking):
        return
    doubtful = any(
        result.level == Level.UNJUDGED
        for rule in ("K1", "K2")
        for result in leg.of_rule(rule)
        if result.side == leg.side
    )
    met: bool | None = None
    if pain == 0.0:
        met = True
    elif pain > 0.0 and ratios and not doubtful:
        met = not any(ratio > 1.0 for ratio in ratios)
    yield leg.item("kicks", met, leg.book.advice["return_to_activity"])


def _full_session(leg: _Leg) -> ReadinessItem:
    """Nobody measures a whole session here, so it is not known unless swelling was told."""
    swollen = "new_swelling" in leg.answers.choices("events.seen", leg.side) or (
        "swelling" in leg.answers.choices("symptoms.course", leg.side)
    )
    met = False if swollen else None
    return leg.item("full_session", met, leg.book.advice["return_to_activity"])
