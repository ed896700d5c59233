"""Several sessions of one person: what changed, and what the weeks added up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sensor_screen.errors import UsageError
from sensor_screen.judgement import Case, Claims, Judgement, SessionMeasures
from sensor_screen.model import Origin
from sensor_screen.rules.claims import restrain
from sensor_screen.rules.evaluate import judge
from sensor_screen.rules.ledger import LedgerRow, WeekComparison, compare_week, sum_weeks
from sensor_screen.rules.rulebook import RuleBook, shipped_rulebook
from sensor_screen.rules.session_figures import Figure, MeasureName, read_figures
from sensor_screen.session.case import measure_session
from sensor_screen.session.screen import name_marks
from sensor_screen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sensor_screen.core.pipeline import MeasureOptions
    from sensor_screen.session.case import Session


@dataclass(frozen=True, slots=True)
class ProgressReport:
    """One person over several sessions, oldest first."""

    sessions: tuple[SessionMeasures, ...]
    judgements: tuple[Judgement, ...]
    """One a session, each beside the sessions before it."""
    series: dict[MeasureName, tuple[Figure | None, ...]]
    """Each measure in every session; None where that session does not have it."""
    weeks: tuple[LedgerRow, ...]
    """Empty where a session has no date."""
    this_week: tuple[WeekComparison, ...]
    origin: Origin
    claims: Claims
    software_version: str = __version__
    marks: tuple[tuple[str, ...], ...] = ()
    """Of each session, what a reader must know before its figures."""


def follow_progress(
    sessions: Sequence[Session],
    *,
    options: MeasureOptions,
    claims: Claims = Claims.CLINICIAN,
    rulebook: RuleBook | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> ProgressReport:
    """Measure every session and judge each beside those before it.

    Args:
        sessions: Of one person, oldest first.
        options: The user's decisions, for all of them.
        claims: Whom it is for.
        rulebook: The shipped one where None.
        progress: Called with the name of each step as it begins.

    Raises:
        ScreenError: There are fewer than two sessions, or one of them has no measure.
    """
    if len(sessions) < 2:
        raise UsageError(
            f"{len(sessions)} session",
            "progress needs at least two",
            "name recordings of two days, or `screen` this one",
        )
    book = rulebook or shipped_rulebook()
    measured: list[SessionMeasures] = []
    judgements: list[Judgement] = []
    for number, session in enumerate(sessions, start=1):
        progress(f"session {number} of {len(sessions)}")
        measures, _ = measure_session(session, book, options=options)
        judgements.append(restrain(judge(Case(measures, tuple(measured)), book), claims))
        measured.append(measures)
    weeks = () if claims is Claims.WELLNESS else _sum_weeks(measured)
    simulated = any(r.origin is Origin.SIMULATED for s in sessions for r in s.recordings)
    return ProgressReport(
        sessions=tuple(measured),
        judgements=tuple(judgements),
        series=_line_up(measured, book),
        weeks=weeks,
        this_week=compare_week(weeks, weeks[-1].week) if weeks else (),
        origin=Origin.SIMULATED if simulated else Origin.MEASURED,
        claims=claims,
        marks=tuple(
            name_marks(session.recordings, measures.legs)
            for session, measures in zip(sessions, measured, strict=True)
        ),
    )


def _line_up(
    sessions: Sequence[SessionMeasures], book: RuleBook
) -> dict[MeasureName, tuple[Figure | None, ...]]:
    """Measures that at least two sessions have, in the order in which they first appear."""
    figures = [read_figures(session, book) for session in sessions]
    names = dict.fromkeys(name for found in figures for name in found)
    lined = {name: tuple(found.get(name) for found in figures) for name in names}
    return {name: row for name, row in lined.items() if sum(f is not None for f in row) > 1}


def _sum_weeks(sessions: Sequence[SessionMeasures]) -> tuple[LedgerRow, ...]:
    if not all(session.recorded_on for session in sessions):
        return ()
    keyed = [(_week_of(session.recorded_on), session) for session in sessions]
    return sum_weeks(keyed)


def _week_of(day: str) -> str:
    year, week, _ = date.fromisoformat(day).isocalendar()
    return f"{year}-W{week:02d}"
