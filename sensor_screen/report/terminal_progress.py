"""Several sessions in letters: each measure over time, what is a real change, and the weeks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.judgement import Change, Claims, ConcernLevel, Verdict
from sensor_screen.model import Condition, Origin, Task
from sensor_screen.report.telling import measured_text
from sensor_screen.report.terminal_page import Page
from sensor_screen.rules.changes import describe_change
from sensor_screen.rules.ledger import say_no_limit
from sensor_screen.rules.voice import Voice
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from sensor_screen.judgement import Language
    from sensor_screen.rules.ledger import LedgerRow
    from sensor_screen.rules.session_figures import Figure, MeasureName
    from sensor_screen.session.progress import ProgressReport

_LABEL = 34
_WIDEST_LABEL = 48
_COLUMN = 12
_PIPS = 3
_MEASURES = ("end_range", "typical_peak", "excursion", "hold_time")


def render_progress(
    report: ProgressReport,
    language: Language,
    *,
    width: int = 80,
    colour: bool = False,
    ascii_only: bool = False,
) -> str:
    """The sessions of one person as lines of text.

    Args:
        report: What the sessions gave.
        language: What it is said in.
        width: Columns; taken as 60 to 120.
        colour: Whether to use ANSI colours. Nothing is said by colour alone.
        ascii_only: For terminals without Unicode.
    """
    page = Page(min(max(width, 60), 120), colour, ascii_only)
    voice = Voice(language)
    title = voice.text("progress.title")
    if report.origin is Origin.SIMULATED:
        title += f" ({voice.text('report.simulated')})"
    days = f"{len(report.sessions)} {voice.text('progress.days')}"
    lines = [*page.heading(title, days), page.rule(), *_marks(report, language, page)]
    lines += _concerns(report, voice, page)
    lines += _series(report, voice, page)
    lines += _changes(report, voice, page)
    lines += _ledger(report, voice, page)
    lines += ["", page.rule()]
    lines += page.paragraph(voice.text(f"disclaimer.{report.claims.value}"))
    if report.claims is Claims.WELLNESS:
        lines += page.paragraph(voice.text("wellness.emergency"))
    return page.finish(lines)


def _dates(report: ProgressReport) -> list[str]:
    return [s.recorded_on or str(number) for number, s in enumerate(report.sessions, start=1)]


def _marks(report: ProgressReport, language: Language, page: Page) -> list[str]:
    """Each mark once, with the sessions that have it where not all do."""
    held: dict[str, list[str]] = {}
    for day, marks in zip(_dates(report), report.marks, strict=False):
        for mark in marks:
            held.setdefault(measured_text(mark, language), []).append(day)
    lines: list[str] = []
    for mark, days in held.items():
        of = "" if len(days) == len(report.sessions) else f" ({', '.join(days)})"
        lines += page.paragraph(f"{mark}{of}", first="! ", indent="  ", style="bold")
    return lines


def _row(label: str, cells: list[str], page: Page) -> list[str]:
    """A label and one cell a session, the last sessions where not all fit."""
    shown = cells[-max(1, (page.width - _LABEL) // _COLUMN) :]
    room = min(_WIDEST_LABEL, page.width - _COLUMN * len(shown))
    said = "".join(cell.rjust(_COLUMN) for cell in shown)
    first, *rest = page.paragraph(label, indent="  ")
    if len(label) < room and not rest:
        return [first.ljust(room) + said]
    return [*page.paragraph(label, indent="  "), " " * room + said]


def _concerns(report: ProgressReport, voice: Voice, page: Page) -> list[str]:
    """The pips of every session, of each side and panel that ever had one."""
    keys = sorted({(c.side, c.panel) for j in report.judgements for c in j.concerns})
    lines = []
    for side, panel in keys:
        levels = [
            next((c.level for c in j.concerns if (c.side, c.panel) == (side, panel)), None)
            for j in report.judgements
        ]
        if any(level for level in levels):
            label = f"{voice.word(panel).capitalize()}, {voice.word(side, 'ankle')}"
            lines += _row(label, [_pips(level, voice) for level in levels], page)
    if not lines:
        return []
    head = _row(voice.text("progress.concern"), _dates(report), page)
    return ["", *(page.paint(line, "bold") for line in head), *lines]


def _pips(level: ConcernLevel | None, voice: Voice) -> str:
    if level is None:
        return "–"
    if level is ConcernLevel.RED_FLAG:
        return voice.text("progress.flag")
    return "●" * level + "○" * (_PIPS - level)


def _series(report: ProgressReport, voice: Voice, page: Page) -> list[str]:
    """Every measure in every session, its error, and whether it really moved since the last."""
    if not report.series:
        return ["", *page.paragraph(voice.text("progress.nothing_twice"))]
    head = _row(voice.text("progress.measures"), _dates(report), page)
    lines = ["", *(page.paint(line, "bold") for line in head)]
    measure = ""
    for name, row in sorted(report.series.items(), key=_order):
        if name.measure != measure:
            measure = name.measure
            lines += page.paragraph(voice.text(f"progress.of.{measure}"), style="dim")
        cells = [_cell(figure, name, voice) for figure in row]
        lines += _row(f"  {_name(name, voice)}", cells, page)
    return [*lines, *page.paragraph(voice.text("progress.errors"), style="dim")]


def _order(item: tuple[MeasureName, tuple[Figure | None, ...]]) -> tuple[int, str, str, str]:
    name = item[0]
    return _MEASURES.index(name.measure), name.what, name.panel or "", name.side.value


def _name(name: MeasureName, voice: Voice) -> str:
    words: dict[str, type[Task] | type[Condition]] = {"end_range": Condition}
    term = words.get(name.measure, Task)(name.what)
    what = voice.word(term)
    panel = "" if name.panel is None else f", {voice.word(name.panel)}"
    return f"{what[:1].upper()}{what[1:]}{panel}, {voice.word(name.side)}"


def _cell(figure: Figure | None, name: MeasureName, voice: Voice) -> str:
    if figure is None:
        return "–"
    unit = " s" if name.measure == "hold_time" else "°"
    least = "≥ " if figure.is_minimum else ""
    error = f" ± {voice.value(NORMAL_95 * figure.sigma, '.0f')}" if figure.sigma else ""
    if not math.isfinite(figure.value):
        return "–"
    return f"{least}{voice.value(figure.value, '.0f')}{unit}{error}"


def _changes(report: ProgressReport, voice: Voice, page: Page) -> list[str]:
    """Real changes of the last session in sentences, then how many are none."""
    changes = report.judgements[-1].changes
    real = [change for change in changes if change.verdict is not Verdict.SAME]
    lines = ["", *page.heading(voice.text("progress.changes"))]
    for change in sorted(real, key=_telling):
        said = voice.say(describe_change(change))
        lines += page.paragraph(said, first="● ", indent="  ")
    if same := len(changes) - len(real):
        lines += page.paragraph(voice.text("progress.unchanged", count=same), first="○ ")
    return lines if changes else [*lines, *page.paragraph(voice.text("progress.no_changes"))]


def _telling(change: Change) -> float:
    return -change.size


def _ledger(report: ProgressReport, voice: Voice, page: Page) -> list[str]:
    """The weeks beside each other, then this week beside the usual one."""
    if report.claims is Claims.WELLNESS:
        return []
    lines = ["", *page.heading(voice.text("progress.weeks"))]
    if not report.weeks:
        return [*lines, *page.paragraph(voice.text("progress.no_dates"))]
    week = report.weeks[0].week
    for row in report.weeks:
        if row.week != week:
            week = row.week
            lines.append("")
        place = f"{row.week}  {voice.word(row.side, 'ankle')}, {voice.word(row.panel)}: "
        lines += page.paragraph(place + _say_week(row, voice), indent="          ")
    return [*lines, *page.paragraph(voice.say(say_no_limit()), style="dim")]


def _say_week(row: LedgerRow, voice: Voice) -> str:
    """Only what is known: kicks have no front, and without an end range nothing is past it."""
    parts = []
    if math.isfinite(row.time_s):
        figures = {"time": row.time_s, "entries": row.entries, "angle_time": row.angle_time_degs}
        parts.append(voice.text("progress.near_end", **figures))
    if math.isfinite(row.kicks):
        parts.append(voice.text("progress.kicks", kicks=row.kicks))
    if math.isfinite(row.kicks_past):
        parts.append(voice.text("progress.kicks_past", kicks_past=row.kicks_past))
    return "; ".join(parts) or voice.text("number.unknown")
