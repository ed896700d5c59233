"""The exposure ledger: what a week added up to near the end range, beside the weeks before.

No study says how much is too much, so the ledger has no limit and gives no level. A week of which
nothing was recorded is not in it: that is no week without exposure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from sensor_screen.judgement import PANELS, Panel, SessionMeasures, Statement
from sensor_screen.model import Demand, Side, Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LEDGER_FIGURES = ("time_s", "entries", "angle_time_degs", "kicks", "kicks_past")
"""Names of the sums of a row, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One week of one side of one joint; a sum of which nothing is known is nan."""

    week: str
    """As given, such as `2026-W07`: it sorts by time."""
    side: Side
    panel: Panel
    sessions: int
    time_s: float
    """Beyond the share of the own end range that exposure is measured from."""
    unseen_s: float
    """Time in the tasks without a valid angle, which is in no sum."""
    entries: float
    angle_time_degs: float
    """Degrees beyond that share times seconds."""
    kicks: float
    """Counted kicks; they belong to the back."""
    kicks_past: float
    """Those past the end range of their own session; nan where no kick has one."""


@dataclass(frozen=True, slots=True)
class WeekComparison:
    """One sum of a week beside the median of the weeks before it."""

    week: str
    side: Side
    panel: Panel
    figure: str
    """One of `LEDGER_FIGURES`."""
    now: float
    usual: float
    """nan without an earlier week."""
    weeks: int
    """Earlier weeks behind it."""
    statement: Statement


def sum_weeks(sessions: Iterable[tuple[str, SessionMeasures]]) -> tuple[LedgerRow, ...]:
    """One row for each week, side and panel that has a task, in that order.

    All recordings of a session count. Past the end range is told within each session only.

    Args:
        sessions: Key of the ISO week, which the caller makes from the date, and the session.
    """
    found: dict[tuple[str, Side, Panel], list[tuple[int, Demand]]] = {}
    for number, (week, session) in enumerate(sessions):
        for leg in session.legs:
            for demand in leg.demands:
                key = (week, demand.side, PANELS[demand.direction])
                found.setdefault(key, []).append((number, demand))
    return tuple(_sum_row(*key, found[key]) for key in sorted(found))


def compare_week(rows: Sequence[LedgerRow], week: str) -> tuple[WeekComparison, ...]:
    """Every sum of one week beside the median of the earlier weeks.

    Args:
        rows: Of `sum_weeks`.
        week: Key of the week.
    """
    compared = []
    for row in (row for row in rows if row.week == week):
        earlier = [r for r in rows if (r.side, r.panel) == (row.side, row.panel) and r.week < week]
        for figure in LEDGER_FIGURES:
            now = getattr(row, figure)
            values = [v for r in earlier if math.isfinite(v := getattr(r, figure))]
            if math.isfinite(now):
                compared.append(_compare(row, figure, now, values))
    return tuple(compared)


def say_no_limit() -> Statement:
    """That the ledger has no limit, for wherever it is shown."""
    return Statement("progress.ledger.no_limit")


def _sum_row(
    week: str, side: Side, panel: Panel, demands: Sequence[tuple[int, Demand]]
) -> LedgerRow:
    exposures = [d.exposure for _, d in demands if d.exposure is not None]
    kicks = [d for _, d in demands if d.task is Task.KICK]
    compared = [d for d in kicks if d.ratios]
    return LedgerRow(
        week=week,
        side=side,
        panel=panel,
        sessions=len({number for number, _ in demands}),
        time_s=_sum(e.time_s for e in exposures),
        unseen_s=_sum(e.unseen_s for e in exposures),
        entries=_sum(e.entries for e in exposures),
        angle_time_degs=_sum(math.degrees(e.angle_time_rads) for e in exposures),
        kicks=_sum(len(d.peaks_rad) for d in kicks),
        kicks_past=_sum(sum(ratio > 1.0 for ratio in d.ratios) for d in compared),
    )


def _sum(values: Iterable[float]) -> float:
    listed = list(values)
    return math.fsum(listed) if listed else math.nan


def _compare(row: LedgerRow, figure: str, now: float, earlier: Sequence[float]) -> WeekComparison:
    usual = median(earlier) if earlier else math.nan
    kind = "first"
    if earlier:
        # As whole numbers, as which they are shown: nobody is told that 5 is more than 5.
        more = round(now) - round(usual)
        kind = "more" if more > 0 else "less" if more < 0 else "same"
    return WeekComparison(
        week=row.week,
        side=row.side,
        panel=row.panel,
        figure=figure,
        now=now,
        usual=usual,
        weeks=len(earlier),
        statement=Statement(
            f"progress.ledger.{kind}",
            {
                "figure": Statement(f"progress.figure.{figure}"),
                "side": row.side,
                "panel": row.panel,
                "now": now,
                "usual": usual,
                "weeks": len(earlier),
            },
        ),
    )
