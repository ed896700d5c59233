"""What has changed since earlier sessions, in units of the smallest change that can be told.

Like is compared with like: the same leg, movement and way of taking it, and the same meaning of
zero. A session in other footwear is no earlier state of the foot: where it was the last one, the
difference is told as one of footwear. *Last* is the latest like session that has the measure,
*baseline* the median of the first ones, at most three, where progress began; with a single earlier
session both are the same and only the first is told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from sensor_screen.judgement import Change, Level, Statement, Verdict
from sensor_screen.model import Condition, Task
from sensor_screen.rules.footwear import differ_in_footwear
from sensor_screen.rules.own_change import own_smallest_change, smallest_change_of
from sensor_screen.rules.quantity import (
    Quantity,
    judge_quantity,
    leave_unjudged,
    say_level,
    settle,
)
from sensor_screen.rules.session_figures import Figure, MeasureName, read_figures, task_of
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.judgement import Case, RuleResult
    from sensor_screen.rules.rulebook import RuleBook

FOOTWEAR = "footwear"
_BETTER_LARGER = ("end_range", "hold_time")
_SEVERITY = (Level.UNJUDGED, Level.GREEN, Level.AMBER, Level.RED)


@dataclass(frozen=True, slots=True)
class Comparison:
    """This session beside the earlier ones."""

    changes: tuple[Change, ...]
    refused: tuple[tuple[MeasureName, str], ...]
    """What was not compared, and the message that says why."""


def compare(case: Case, book: RuleBook) -> Comparison:
    """Every measure of this session beside the same of earlier ones.

    An end range and a hold that grow are better; a movement that goes further is different, and so
    are seated pumps.

    Args:
        case: This session and the earlier ones.
        book: Smallest changes.
    """
    changes: list[Change] = []
    refused: list[tuple[MeasureName, str]] = []
    for history in _read_histories(case, book):
        told, reasons = _compare(history, book)
        changes += told
        refused += [(history.name, why) for why in reasons]
    return Comparison(tuple(changes), tuple(refused))


def judge_changes(comparison: Comparison, book: RuleBook) -> tuple[RuleResult, ...]:
    """T1: one result for each measure, the worst of its changes, or why it was not compared.

    A change for the better is green, whatever its size; one that is neither good nor bad is never
    more than amber. A difference of footwear is no change over time and is not judged.
    """
    refused, judged = list(comparison.refused), []
    for change in comparison.changes:
        if change.against == FOOTWEAR:
            refused.append((_name_of(change), "change.why.footwear"))
        else:
            judged.append(_judge(change, book))
    judged += [
        leave_unjudged(_quantity(name), book, why, what=_say_what(name)) for name, why in refused
    ]
    worst: dict[str, RuleResult] = {}
    for result in judged:
        if result.id not in worst or _rank(result) > _rank(worst[result.id]):
            worst[result.id] = result
    return tuple(worst.values())


def describe_change(change: Change) -> Statement:
    """The sentence of one change, with its figures."""
    kind = "footwear" if change.against == FOOTWEAR else "time"
    return Statement(
        f"change.{kind}.{change.verdict.name.lower()}",
        {
            "what": _say_what(_name_of(change)),
            "side": change.side,
            "against": Statement(f"change.against.{change.against}"),
            "now": _say_figure(change.now, change.unit),
            "before": _say_figure(change.before, change.unit),
            "smallest": _say_figure(change.smallest, change.unit),
            "whose": Statement(f"change.whose.{'own' if change.smallest_is_own else 'default'}"),
        },
    )


# --- histories -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _History:
    """One measure in this session and in the earlier ones that have it, oldest first."""

    name: MeasureName
    now: Figure
    like: tuple[Figure, ...]
    """In like footwear and with the same zero."""
    other_footwear: Figure | None
    """The last one of all, if that was in other footwear and with the same zero."""
    other_zero: bool
    """The last one of all has another zero."""


def _read_histories(case: Case, book: RuleBook) -> list[_History]:
    earlier = [
        (read_figures(session, book), differ_in_footwear(session, case.now))
        for session in case.earlier
    ]
    histories = []
    for name, now in read_figures(case.now, book).items():
        having = [(figures[name], other) for figures, other in earlier if name in figures]
        like = tuple(f for f, other in having if not other and f.zero == now.zero)
        last, last_is_other = having[-1] if having else (None, False)
        other_zero = last is not None and last.zero != now.zero
        other_footwear = last if last_is_other and not other_zero else None
        histories.append(_History(name, now, like, other_footwear, other_zero))
    return histories


def _earlier_states(history: _History, book: RuleBook) -> Iterator[tuple[str, Figure]]:
    if history.like:
        yield "last", history.like[-1]
    if len(history.like) > 1:
        first = history.like[: round(book.value("baseline_first_sessions"))]
        yield (
            "baseline",
            Figure(
                median(figure.value for figure in first),
                median(figure.sigma for figure in first),
                is_minimum=any(figure.is_minimum for figure in first),
            ),
        )
    if history.other_footwear is not None:
        yield FOOTWEAR, history.other_footwear


def _compare(history: _History, book: RuleBook) -> tuple[list[Change], list[str]]:
    """The changes of one measure, and why some are not told."""
    changes = []
    refused = ["change.why.zero"] if history.other_zero else []
    for against, before in _earlier_states(history, book):
        change = _measure_change(history, against, before, book)
        if _is_open(change, history.now, before):
            refused.append("change.why.still_held")
        else:
            changes.append(change)
    return changes, refused


def _measure_change(history: _History, against: str, before: Figure, book: RuleBook) -> Change:
    name = history.name
    is_hold = name.measure == "hold_time"
    find_smallest = _smallest_hold_change if is_hold else _smallest_angle_change
    smallest, is_own = find_smallest(history, before, book)
    change = Change(
        side=name.side,
        measure=name.measure,
        what=name.what,
        panel=name.panel,
        against=against,
        now=history.now.value,
        before=before.value,
        smallest=smallest,
        smallest_is_own=is_own,
        unit="s" if is_hold else "deg",
        verdict=Verdict.SAME,
    )
    if settle(change.size) <= 1.0:
        return change
    # In seated pumps nobody was asked for the very end: more of it is no longer range.
    neutral = name.measure not in _BETTER_LARGER or name.what == Condition.SEATED.value
    if neutral or against == FOOTWEAR:
        return replace(change, verdict=Verdict.DIFFERENT)
    return replace(change, verdict=Verdict.BETTER if change.difference > 0.0 else Verdict.WORSE)


def _smallest_angle_change(history: _History, before: Figure, book: RuleBook) -> tuple[float, bool]:
    """In degrees: the person's own where it is known, never less than the data can tell."""
    own = own_smallest_change([figure.value for figure in history.like], book)
    usual = book.shown(_smallest_entry(history.name))
    least = usual if own is None else max(own, book.shown("smallest_change_floor"))
    error = NORMAL_95 * math.hypot(history.now.sigma, before.sigma)
    return max(least, error), own is not None and least >= error


def _smallest_hold_change(history: _History, before: Figure, book: RuleBook) -> tuple[float, bool]:
    """In seconds: a share of the time before, and more than the own change where it is known."""
    share = book.value("balance_change_share") * before.value
    least = max(share, book.value("balance_change_floor"))
    own = own_smallest_change([figure.value for figure in history.like], book)
    return max(least, own or 0.0), own is not None and own >= least


def _smallest_entry(name: MeasureName) -> str:
    if name.measure == "end_range":
        return "smallest_change_static"
    return smallest_change_of(Task(name.what))


def _is_open(change: Change, now: Figure, before: Figure) -> bool:
    """Whether a stance that was still held could turn the verdict."""
    if not (now.is_minimum or before.is_minimum):
        return False
    if change.difference > change.smallest:
        return before.is_minimum
    return change.difference >= -change.smallest or now.is_minimum


# --- T1 ------------------------------------------------------------------------------------------


def _judge(change: Change, book: RuleBook) -> RuleResult:
    quantity = _quantity(_name_of(change), abs(change.difference), is_own=change.smallest_is_own)
    if change.verdict is Verdict.BETTER:
        result = say_level(quantity, Level.GREEN, book)
    else:
        never_red = change.verdict is Verdict.DIFFERENT
        result = judge_quantity(quantity, book, step=change.smallest, never_red=never_red)
    return replace(result, statement=describe_change(change))


def _quantity(name: MeasureName, value: float = math.nan, *, is_own: bool = False) -> Quantity:
    """The size of a change; its error is the smallest change, and so the limit itself."""
    is_hold = name.measure == "hold_time"
    if is_hold:
        entries: tuple[str, ...] = ("balance_change_share", "balance_change_floor")
    elif is_own:
        entries = ("own_change_sessions", "smallest_change_floor")
    else:
        entries = (_smallest_entry(name),)
    return Quantity(
        rule="T1",
        key="change.t1",
        limits="T1",
        side=name.side,
        panel=name.panel,
        task=task_of(name.measure, name.what),
        value=value,
        unit="s" if is_hold else "deg",
        rests_on=entries,
    )


def _name_of(change: Change) -> MeasureName:
    return MeasureName(change.side, change.measure, change.what, change.panel)


def _rank(result: RuleResult) -> tuple[int, float]:
    return _SEVERITY.index(result.level), 0.0 if math.isnan(result.value) else result.value


def _say_what(name: MeasureName) -> Statement:
    values: dict[str, object] = {"panel": name.panel}
    if name.measure == "end_range":
        values["how"] = Statement(f"change.how.{name.what}")
    else:
        values["task"] = Task(name.what)
    return Statement(f"change.what.{name.measure}", values)


def _say_figure(value: float, unit: str) -> Statement:
    return Statement(f"change.figure.{unit}", {"value": value})
