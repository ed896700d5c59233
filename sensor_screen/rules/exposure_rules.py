"""Exposure and drift: how long, how often and how fast near the end range, and what tires.

No study gives a dose. X1 and X2 compare a person with their own last sessions in the same
footwear, X3 the end of a task with its beginning.
"""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

from sensor_screen.judgement import PANELS, Statement
from sensor_screen.rules.footwear import differ_in_footwear
from sensor_screen.rules.own_change import smallest_change_of
from sensor_screen.rules.quantity import Quantity, judge_quantity, leave_unjudged
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.judgement import Case, RuleResult, SessionMeasures
    from sensor_screen.model import Demand, Exposure
    from sensor_screen.rules.rulebook import RuleBook

_SECONDS_PER_MINUTE = 60.0


def apply_exposure_rules(case: Case, book: RuleBook) -> tuple[RuleResult, ...]:
    """X1 to X3 for each task of each leg of this session, front and back apart.

    Args:
        case: Earlier sessions give the person's own usual values.
        book: Limits.
    """
    demands = latest_demands(case.now)
    usual = [_usual_exposures(case, demand, book) for demand in demands]
    return (
        *(_judge_time(d, earlier, book) for d, earlier in zip(demands, usual, strict=True)),
        *(_judge_speed(d, earlier, book) for d, earlier in zip(demands, usual, strict=True)),
        *(_judge_drift(demand, book) for demand in demands),
    )


def latest_demands(session: SessionMeasures) -> tuple[Demand, ...]:
    """Each task of each leg and direction once: its latest recording."""
    found = {(d.side, d.task, d.direction): d for leg in session.legs for d in leg.demands}
    return tuple(found.values())


def _usual_exposures(case: Case, demand: Demand, book: RuleBook) -> list[Exposure]:
    """The last sessions that are like this one: same footwear, same test of the end range."""
    like = [
        earlier.exposure
        for session in case.earlier
        if not differ_in_footwear(session, case.now)
        for earlier in latest_demands(session)
        if earlier.exposure is not None
        and earlier.exposure.watched_s > 0.0
        and demand.exposure is not None
        and (earlier.side, earlier.task, earlier.direction, earlier.condition)
        == (demand.side, demand.task, demand.direction, demand.condition)
        and math.isclose(earlier.exposure.share, demand.exposure.share)
    ]
    return like[-round(book.value("baseline_sessions")) :]


def _quantity(rule: str, demand: Demand, unit: str, rests_on: tuple[str, ...]) -> Quantity:
    return Quantity(
        rule=rule,
        key=f"exposure.{rule.lower()}",
        limits=rule,
        side=demand.side,
        panel=PANELS[demand.direction],
        task=demand.task,
        unit=unit,
        rests_on=rests_on,
    )


def _refuse(
    quantity: Quantity, demand: Demand, usual: Sequence[Exposure], book: RuleBook
) -> RuleResult | None:
    """Why there is nothing to compare, if so."""
    if demand.exposure is None or not demand.exposure.watched_s > 0.0:
        return leave_unjudged(quantity, book, "exposure.why.no_exposure")
    needed = round(book.value("baseline_sessions"))
    if len(usual) < needed:
        return leave_unjudged(
            quantity, book, "exposure.why.sessions", needed=needed, known=len(usual)
        )
    return None


def _judge_time(demand: Demand, usual: Sequence[Exposure], book: RuleBook) -> RuleResult:
    """X1: the largest rise of time, entries per minute and angle-time above the own median."""
    quantity = _quantity("X1", demand, "%", ("baseline_sessions",))
    refused = _refuse(quantity, demand, usual, book)
    if refused is not None or demand.exposure is None:
        return refused or leave_unjudged(quantity, book, "exposure.why.no_exposure")
    rises = [
        (rise, error, name)
        for name in ("time", "entries", "angle_time")
        for rise, error in [_rise(name, demand.exposure, usual)]
        if math.isfinite(rise)
    ]
    if not rises:
        return leave_unjudged(quantity, book, "exposure.why.never_before")
    rise, error, name = max(rises, key=lambda one: one[0])
    what = Statement(f"exposure.measure.{name}")
    return judge_quantity(
        replace(quantity, value=rise, error_95=error, values={"what": what}), book
    )


def _rise(name: str, now: Exposure, usual: Sequence[Exposure]) -> tuple[float, float]:
    """Percent above the own median, and its 95 % error where one is known; nan above nothing."""
    usual_value = median(_figure(name, exposure) for exposure in usual)
    value = _figure(name, now)
    if not usual_value > 0.0:
        return (0.0 if value == usual_value else math.nan), math.nan
    error = math.nan
    if name == "time":
        error = 100.0 * max(now.time_high_s - value, value - now.time_low_s) / usual_value
    return 100.0 * (value / usual_value - 1.0), error


def _figure(name: str, exposure: Exposure) -> float:
    if name == "time":
        return exposure.time_s
    if name == "angle_time":
        return exposure.angle_time_rads
    return exposure.entries * _SECONDS_PER_MINUTE / exposure.watched_s


def _judge_speed(demand: Demand, usual: Sequence[Exposure], book: RuleBook) -> RuleResult:
    """X2: how fast the task enters, above the own median in median absolute deviations."""
    quantity = _quantity("X2", demand, "deg/s", ("baseline_sessions", "velocity_spread_floor"))
    entered = [e for e in usual if math.isfinite(e.entry_velocity_radps)]
    refused = _refuse(quantity, demand, entered, book)
    if refused is not None or demand.exposure is None:
        return refused or leave_unjudged(quantity, book, "exposure.why.no_exposure")
    now_degps = math.degrees(demand.exposure.entry_velocity_radps)
    if not math.isfinite(now_degps):
        return leave_unjudged(quantity, book, "exposure.why.no_entry")
    speeds_degps = [math.degrees(e.entry_velocity_radps) for e in entered]
    usual_degps = median(speeds_degps)
    deviation_degps = max(
        median(abs(speed - usual_degps) for speed in speeds_degps),
        book.value("velocity_spread_floor") * abs(usual_degps),
    )
    if not deviation_degps > 0.0:
        return leave_unjudged(quantity, book, "exposure.why.never_before")
    return judge_quantity(
        replace(quantity, value=now_degps), book, step=deviation_degps, start=usual_degps
    )


def _judge_drift(demand: Demand, book: RuleBook) -> RuleResult:
    """X3: last third of the repetitions against the first, in smallest changes.

    No change that is smaller than its own 95 % error counts as one.
    """
    entry = smallest_change_of(demand.task)
    quantity = _quantity("X3", demand, "deg", (entry,))
    if demand.trend is None:
        return leave_unjudged(quantity, book, "exposure.why.repetitions")
    error_deg = math.degrees(NORMAL_95 * demand.trend.sigma_rad)
    change_deg = math.degrees(demand.trend.change_rad)
    way = Statement(f"exposure.way.{'more' if change_deg > 0.0 else 'less'}")
    return judge_quantity(
        replace(quantity, value=abs(change_deg), error_95=error_deg, values={"way": way}),
        book,
        step=max(book.shown(entry), error_deg),
    )
