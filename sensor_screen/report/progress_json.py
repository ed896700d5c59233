"""Several sessions of one person as JSON: each measure over time with its error, and the weeks.

Angles are in degrees, times in seconds, errors are 95 %, and what is not known is null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sensor_screen.judgement import Claims
from sensor_screen.report.json_numbers import number
from sensor_screen.report.telling import measured_text
from sensor_screen.rules.changes import describe_change
from sensor_screen.rules.ledger import LEDGER_FIGURES, say_no_limit
from sensor_screen.rules.voice import Voice
from sensor_screen.session.export import permitted_text
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from sensor_screen.judgement import Change, Concern, Judgement, Language
    from sensor_screen.rules.ledger import LedgerRow, WeekComparison
    from sensor_screen.rules.session_figures import Figure, MeasureName
    from sensor_screen.session.progress import ProgressReport

Json = dict[str, Any]
SCHEMA_ID = "screening-progress-1"


def progress_to_json(report: ProgressReport, language: Language) -> Json:
    """The sessions of one person as plain JSON values, oldest first.

    Args:
        report: What the sessions gave.
        language: What it is said in.
    """
    voice = Voice(language)
    disclaimer = [voice.text(f"disclaimer.{report.claims.value}")]
    if report.claims is Claims.WELLNESS:
        disclaimer.append(voice.text("wellness.emergency"))
    return {
        "schema": SCHEMA_ID,
        "software_version": report.software_version,
        "rulebook_version": report.judgements[-1].rulebook_version,
        "claims": report.claims.value,
        "language": language.value,
        "origin": report.origin.value,
        "sessions": [_session(report, number, voice) for number in range(len(report.sessions))],
        "measures": [_measure(name, row, voice) for name, row in report.series.items()],
        "changes": [_change(change, voice) for change in report.judgements[-1].changes],
        "weeks": [_week(row) for row in report.weeks],
        "this_week": [_compared(one, voice) for one in report.this_week],
        "no_limit": voice.say(say_no_limit()),
        "disclaimer": disclaimer,
    }


def _session(report: ProgressReport, number: int, voice: Voice) -> Json:
    judgement: Judgement = report.judgements[number]
    marks = report.marks[number] if report.marks else ()
    return {
        "recorded_on": report.sessions[number].recorded_on or None,
        "marks": [
            permitted_text(measured_text(mark, voice.language), report.claims) for mark in marks
        ],
        "red_flags": [voice.say(flag.statement) for flag in judgement.red_flags],
        "concerns": [_concern(concern, voice) for concern in judgement.concerns],
    }


def _concern(concern: Concern, voice: Voice) -> Json:
    return {
        "side": concern.side.value,
        "panel": concern.panel.value,
        "level": int(concern.level),
        "judged": concern.judged,
        "word": voice.word(concern.level, "label"),
    }


def _measure(name: MeasureName, row: tuple[Figure | None, ...], voice: Voice) -> Json:
    return {
        "side": name.side.value,
        "measure": name.measure,
        "what": name.what,
        "panel": None if name.panel is None else name.panel.value,
        "unit": "s" if name.measure == "hold_time" else "deg",
        "title": voice.text(f"progress.of.{name.measure}"),
        "values": [None if figure is None else _figure(figure) for figure in row],
    }


def _figure(figure: Figure) -> Json:
    return {
        "value": number(figure.value, 3),
        "error_95": number(NORMAL_95 * figure.sigma, 3) if figure.sigma else None,
        "is_minimum": figure.is_minimum,
        "zero": None if figure.zero is None else figure.zero.value,
    }


def _change(change: Change, voice: Voice) -> Json:
    return {
        "side": change.side.value,
        "measure": change.measure,
        "what": change.what,
        "panel": None if change.panel is None else change.panel.value,
        "against": change.against,
        "now": number(change.now, 3),
        "before": number(change.before, 3),
        "smallest": number(change.smallest, 3),
        "smallest_is_own": change.smallest_is_own,
        "unit": change.unit,
        "verdict": change.verdict.value,
        "text": voice.say(describe_change(change)),
    }


def _week(row: LedgerRow) -> Json:
    return {
        "week": row.week,
        "side": row.side.value,
        "panel": row.panel.value,
        "sessions": row.sessions,
        "unseen_s": number(row.unseen_s, 3),
        **{name: number(getattr(row, name), 3) for name in LEDGER_FIGURES},
    }


def _compared(one: WeekComparison, voice: Voice) -> Json:
    return {
        "week": one.week,
        "side": one.side.value,
        "panel": one.panel.value,
        "figure": one.figure,
        "now": number(one.now, 3),
        "usual": number(one.usual, 3),
        "weeks": one.weeks,
        "text": voice.say(one.statement),
    }
