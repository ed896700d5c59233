"""The positions of a stored report that come close to an end range, in letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sensor_screen.judgement import Language, Panel, Zone
from sensor_screen.model import Origin, Side, Task
from sensor_screen.report.printable import printable
from sensor_screen.report.terminal_page import Page
from sensor_screen.rules.voice import Voice

if TYPE_CHECKING:
    from sensor_screen.report.stored_positions import StoredPositions

Json = dict[str, Any]


def render_positions(
    found: StoredPositions, *, width: int = 80, colour: bool = False, ascii_only: bool = False
) -> str:
    """Each position with its share of the own end range, its limits and what to do.

    Args:
        found: Of one report.
        width: Columns; taken as 60 to 120.
        colour: Whether to use ANSI colours. Nothing is said by colour alone.
        ascii_only: For terminals without Unicode.
    """
    page = Page(min(max(width, 60), 120), colour, ascii_only)
    voice = Voice(Language(found.about["language"]))
    lines = _open(found.about, voice, page)
    lines += _flags(found, voice, page) if found.red_flags else _positions(found, voice, page)
    lines += ["", page.rule()]
    for text in found.about["disclaimer"]:
        lines += _text(text, page)
    return page.finish(lines)


def _text(text: str, page: Page, first: str = "", indent: str = "", style: str = "") -> list[str]:
    """A sentence of the file: what came from elsewhere cannot write on the terminal."""
    return page.paragraph(printable(text, 2000), first=first, indent=indent, style=style)


def _open(about: Json, voice: Voice, page: Page) -> list[str]:
    title = voice.text("clinic.positions.title")
    if about["origin"] == Origin.SIMULATED:
        title += f" ({voice.text('report.simulated')})"
    day = about.get("recorded_on")
    when = voice.text("report.recorded_on", day=day) if day else ""
    where = (printable(about["source"], 200), when or voice.text("report.recorded_never_said"))
    lines = [*page.heading(title), *page.paragraph(" · ".join(w for w in where if w)), page.rule()]
    for mark in about["marks"]:
        lines += _text(mark, page, first="! ", indent="  ", style="bold")
    return lines


def _flags(found: StoredPositions, voice: Voice, page: Page) -> list[str]:
    lines = page.paragraph(voice.text("clinic.flags.headline"), style="bold")
    for flag in found.red_flags:
        lines += _text(flag["said"]["text"], page, first=" ·  ", indent="    ")
    return lines


def _positions(found: StoredPositions, voice: Voice, page: Page) -> list[str]:
    if not found.judged:
        return page.paragraph(voice.text("clinic.meaning.nothing"))
    lines: list[str] = []
    if not found.close:
        lines += page.paragraph(voice.text("clinic.meaning.none"))
    for finding, advice in found.close:
        lines += ["", *_position(finding, advice, voice, page)]
    for finding in found.undecided:
        lines += ["", *page.paragraph(_head(finding, voice), style="bold")]
        lines += _text(finding["threshold_note"]["text"], page, "  ", "  ", "dim")
    return lines


def _position(finding: Json, advice: tuple[Json, ...], voice: Voice, page: Page) -> list[str]:
    lines = page.paragraph(_head(finding, voice), style="bold")
    for statement in (finding["said"], *finding["meaning"]):
        lines += _text(statement["text"], page, "  ", "  ")
    lines += _text(finding["threshold_note"]["text"], page, "  ", "  ", "dim")
    for one in advice:
        said = " ".join(statement["text"] for statement in one["said"])
        lines += _text(f"{said} {one['reason']['text']}", page, "  · ", "    ")
        grade = voice.text(f"clinic.grade.{one['grade']}")
        lines += page.paragraph(
            voice.text("clinic.evidence", grade=grade), first="    ", indent="    ", style="dim"
        )
    if not advice:
        lines += page.paragraph(voice.text("clinic.positions.no_advice"), first="  ")
    return lines


def _head(finding: Json, voice: Voice) -> str:
    said = voice.text(
        "clinic.meaning.head",
        task=Task(finding["task"]),
        side=Side(finding["side"]),
        zone=Zone(finding["zone"]),
        panel=Panel(finding["panel"]),
    )
    share = voice.text(
        "clinic.positions.share",
        percent=100.0 * finding["ratio"],
        error=100.0 * finding["ratio_error_95"],
        typical=finding["typical_deg"],
        end=finding["capacity_deg"],
    )
    return f"{said[:1].upper()}{said[1:]} {share}"
