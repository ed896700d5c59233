"""The report as text: one sentence first, then meaning, geometry, figures, and what to change."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.core.capacity import reference_capacity
from sensor_screen.judgement import Panel, Zone
from sensor_screen.model import Direction, Origin
from sensor_screen.report.terminal_lens import LABEL_WIDTH, draw_lens, legend
from sensor_screen.report.terminal_measures import (
    describe_quality,
    list_comparisons,
    list_exposure,
    list_repetitions,
    show_curve,
)
from sensor_screen.report.terminal_page import Page, figure
from sensor_screen.report.terminal_sway import list_sway
from sensor_screen.rules.findings import PANELS
from sensor_screen.rules.texts import (
    PANEL_MOVEMENTS,
    PANEL_NAMES,
    TASK_NAMES,
    ZONE_NAMES,
    ankle_name,
)

if TYPE_CHECKING:
    from sensor_screen.judgement import Advice, Finding, ScreeningReport
    from sensor_screen.model import LegMeasures

NARROWEST, WIDEST = 60, 120

_RANK = [Zone.GREEN, Zone.UNRESOLVED, Zone.AMBER, Zone.RED, Zone.BEYOND]
_GRADES = (
    "Grades: A reviews or guidelines, B a direct study, C an indirect study, D expert opinion or "
    "our default. Sources are in the JSON report and the rule book."
)


def render_terminal(
    report: ScreeningReport, *, width: int = 80, colour: bool = False, ascii_only: bool = False
) -> str:
    """The report as lines of text.

    Args:
        report: What one screen found.
        width: Columns; taken as 60 to 120.
        colour: Whether to use ANSI colours. Nothing is said by colour alone.
        ascii_only: For terminals without Unicode.
    """
    page = Page(min(max(width, NARROWEST), WIDEST), colour, ascii_only)
    lines = [*_open(report, page), *_headline(report, page), "", *_panels(report, page)]
    for leg in report.legs:
        lines += _leg(leg, [f for f in report.findings if f.side == leg.side], page)
    if compared := list_comparisons(report.comparisons, page):
        lines += ["", page.rule(), *page.heading("Left beside right"), *compared]
    lines += _meanings(report, page)
    lines += _advice(report, page)
    lines += _section("If it hurts, or does not get better", page)
    for number, step in enumerate(report.care_pathway, start=1):
        lines += page.paragraph(step, first=f" {number}  ", indent="    ")
    lines += _missing(report, page)
    lines += _section("How good this recording is", page)
    for leg in report.legs:
        lines += describe_quality(leg, page)
    lines += _close(report, page)
    return page.finish(lines)


def _section(title: str, page: Page) -> list[str]:
    return ["", *page.heading(title)]


def _open(report: ScreeningReport, page: Page) -> list[str]:
    sides = " and ".join(ankle_name(leg.side) for leg in report.legs) or "no leg"
    title = "Ankle movement screen"
    if report.origin == Origin.SIMULATED:
        title += " (simulated)"
    lines = [*page.heading(title, sides), *page.paragraph(report.source), page.rule()]
    for mark in report.marks:
        lines += page.paragraph(mark, first="! ", indent="  ", style="bold")
    return lines


def _headline(report: ScreeningReport, page: Page) -> list[str]:
    """The finding closest to its end range in one sentence, then that of the other panel."""
    if not report.findings:
        return page.paragraph("No movement could be compared with an own end range.", style="bold")
    leading = max(report.findings, key=_closeness)
    if leading.zone == Zone.GREEN:
        return page.paragraph("All movements judged here leave room to spare.", style="bold")
    lines = page.paragraph(leading.sentence, style="bold")
    others = [f for f in report.findings if f.panel != leading.panel and f.zone != Zone.GREEN]
    if others:
        lines += page.paragraph(max(others, key=_closeness).sentence)
    return lines


def _closeness(finding: Finding) -> tuple[int, float]:
    return _RANK.index(finding.zone), finding.demand.ratio


def _panels(report: ScreeningReport, page: Page) -> list[str]:
    """Front and back: each zone that came up, the closest first, and in which tasks."""
    lines = []
    for panel, name in PANEL_NAMES.items():
        found = [f for f in report.findings if f.panel == panel]
        by_zone = [(zone, [f for f in found if f.zone == zone]) for zone in reversed(_RANK)]
        parts = [f"{ZONE_NAMES[zone]}: {_name_tasks(tasks)}" for zone, tasks in by_zone if tasks]
        text = "; ".join(parts) or "not judged: no movement together with an own end range"
        label = name.capitalize()
        lines += page.paragraph(text, first=label.ljust(21), indent=" " * 21)
    return lines


def _name_tasks(findings: list[Finding]) -> str:
    """Tasks with the legs they were seen on: `squat (left, right), kick (right)`."""
    sides: dict[str, list[str]] = {}
    for finding in findings:
        sides.setdefault(TASK_NAMES[finding.task], []).append(finding.side.value)
    return ", ".join(
        task if seen == ["none"] else f"{task} ({', '.join(seen)})" for task, seen in sides.items()
    )


def _leg(leg: LegMeasures, findings: list[Finding], page: Page) -> list[str]:
    lines = ["", page.rule(), *page.heading(ankle_name(leg.side).capitalize())]
    for panel in Panel:
        lines += _leg_panel(leg, panel, [f for f in findings if f.panel == panel], page)
    if findings:
        lines += ["", *legend(findings, page)]
    if repetitions := list_repetitions(leg, page):
        head = "Repetitions".ljust(LABEL_WIDTH + 7) + "peak".ljust(13) + "each repetition"
        lines += [*_section(page.words(head), page), *repetitions]
    if exposure := list_exposure(leg, page):
        lines += [*_section("Near the end range", page), *exposure]
    lines += show_curve(leg, page)
    if sway := list_sway(leg, page):
        lines += [*_section("Sway", page), *sway]
    return lines


def _leg_panel(leg: LegMeasures, panel: Panel, findings: list[Finding], page: Page) -> list[str]:
    """The lens of one side of the joint, or in a sentence why there is none."""
    capacity = next(
        (
            found
            for direction in Direction
            if PANELS[direction] == panel
            and (found := reference_capacity(leg.capacities, leg.side, direction))
        ),
        None,
    )
    demands = [d for d in leg.demands if PANELS[d.direction] == panel]
    if capacity is None and not demands:
        return []
    end = ""
    if capacity is not None:
        error_deg = 1.96 * math.degrees(capacity.sigma_rad)
        end = f"own end range {figure(math.degrees(capacity.value_rad), error_deg, '°')}"
        end += ", ended by pain" if capacity.limited_by_pain else ""
        end += ", entered by a clinician" if capacity.entered else ""
    lines = ["", *page.heading(PANEL_MOVEMENTS[panel], end)]
    if capacity is None:
        test = "lunge" if demands[0].direction == Direction.DORSIFLEXION else "point"
        names = ", ".join(TASK_NAMES[demand.task] for demand in demands)
        return lines + page.paragraph(
            f"Not judged ({names}): no own end range, because no {test} could be counted. The "
            "peaks are below in degrees."
        )
    if not findings:
        return lines + page.paragraph("No movement to compare with it.")
    return lines + draw_lens(findings, page)


def _meanings(report: ScreeningReport, page: Page) -> list[str]:
    """What each position that comes close means, with its limits."""
    close = [f for f in report.findings if f.zone != Zone.GREEN]
    lines = ["", page.rule(), *page.heading("What this means")]
    if not close:
        text = "No movement judged here comes close to an impingement-prone range."
        if not report.findings:
            text = "Without an own end range and a movement to compare, nothing can be said."
        return lines + page.paragraph(text)
    for finding in close:
        name = f"{TASK_NAMES[finding.task].capitalize()}, {ankle_name(finding.side)}, "
        head = f"{name}{ZONE_NAMES[finding.zone]}. "
        lines += page.paragraph(head + finding.meaning, first="· ", indent="  ")
        lines += page.paragraph(finding.threshold_note, first="  ", indent="  ", style="dim")
    return lines


def _advice(report: ScreeningReport, page: Page) -> list[str]:
    """Lines that rest on a finding first and numbered, then general prevention."""
    findings = {finding.id: finding for finding in report.findings}
    specific = [advice for advice in report.advice if advice.finding_ids]
    general = [advice for advice in report.advice if not advice.finding_ids]
    lines = []
    if specific:
        lines += _section("What to change", page)
    for number, advice in enumerate(specific, start=1):
        lines += page.paragraph(advice.sentence, first=f"{number:2d}  ", indent="    ")
        rests = "; ".join(_name_finding(findings[i]) for i in advice.finding_ids if i in findings)
        lines += _rests(f"rests on {rests}", advice, page)
    if general:
        lines += _section("For prevention in general", page)
    for advice in general:
        lines += page.paragraph(advice.sentence, first=" ·  ", indent="    ")
        lines += _rests("rests on no finding of this screen", advice, page)
    return lines + (page.paragraph(_GRADES, style="dim") if report.advice else [])


def _rests(text: str, advice: Advice, page: Page) -> list[str]:
    return page.paragraph(
        f"{text} · grade {advice.grade}", first="    ", indent="    ", style="dim"
    )


def _name_finding(finding: Finding) -> str:
    demand = finding.demand
    ratio = figure(100 * demand.ratio, 196 * demand.ratio_sigma, " %")
    side = "" if finding.side.value == "none" else f"{finding.side.value} "
    place = "front" if finding.panel == Panel.ANTERIOR else "back"
    return f"{side}{TASK_NAMES[finding.task]}, {place}, {ratio}"


def _missing(report: ScreeningReport, page: Page) -> list[str]:
    sentences = [*report.missing, *(text for leg in report.legs for text in leg.missing)]
    lines = []
    for text in dict.fromkeys(sentences):
        lines += page.paragraph(text, first=" ·  ", indent="    ")
    return [*_section("Not measured", page), *lines] if lines else []


def _close(report: ScreeningReport, page: Page) -> list[str]:
    made_by = (
        f"Software {report.software_version}, rule book {report.rulebook_version} (defaults). "
        "Errors are 95 %."
    )
    return [*page.paragraph(made_by), page.rule(), *page.paragraph(report.disclaimer)]
