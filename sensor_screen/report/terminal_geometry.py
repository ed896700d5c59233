"""Positions on the own range: which zones came up, and the lens of each side of each joint."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.judgement import Panel
from sensor_screen.report.positions import find_panel, unclear_tasks
from sensor_screen.report.terminal_lens import draw_lens, draw_plain_lens, legend
from sensor_screen.report.verdict_words import CLOSENESS
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from sensor_screen.judgement import Finding
    from sensor_screen.model import Capacity, LegMeasures
    from sensor_screen.report.telling import Telling
    from sensor_screen.report.terminal_page import Page


def show_panels(told: Telling, page: Page) -> list[str]:
    """Front and back: each zone that came up, the closest first, and in which tasks."""
    lines = []
    for panel in Panel:
        found = [f for f in told.judgement.findings if f.panel == panel]
        by_zone = [(zone, [f for f in found if f.zone == zone]) for zone in reversed(CLOSENESS)]
        parts = [
            f"{told.voice.word(zone)}: {_name_tasks(tasks, told)}"
            for zone, tasks in by_zone
            if tasks
        ]
        text = "; ".join(parts) or told.clinic("panel_not_judged")
        label = page.words(told.clinic("panel", panel=panel)).ljust(10)
        lines += page.paragraph(text, first=label, indent=" " * 10)
    return lines


def _name_tasks(findings: list[Finding], told: Telling) -> str:
    """Tasks with the legs they were seen on: `squat (left, right), kick (right)`."""
    sides: dict[str, list[str]] = {}
    for finding in findings:
        side = told.voice.word(finding.side)
        sides.setdefault(told.voice.word(finding.task), []).extend([side] if side else [])
    return ", ".join(f"{task} ({', '.join(s)})" if s else task for task, s in sides.items())


def show_range(leg: LegMeasures, told: Telling, page: Page) -> list[str]:
    """The lenses of one leg with their zones, or in a sentence why there are none."""
    findings = [f for f in told.judgement.findings if f.side == leg.side]
    lines = []
    for panel in Panel:
        of_panel = [f for f in findings if f.panel == panel]
        capacity, demands = find_panel(leg, panel)
        if capacity is None and not demands:
            continue
        lines += ["", *_head(panel, capacity, told, page)]
        if capacity is None:
            key = "no_lunge" if panel is Panel.ANTERIOR else "no_point"
            lines += page.paragraph(told.clinic(key, tasks=tuple(d.task for d in demands)))
        elif not of_panel:
            lines += page.paragraph(told.text("no_movement"))
        else:
            lines += draw_lens(of_panel, page, told)
    if not lines:
        return []
    if findings:
        lines += ["", *legend(findings, page, told)]
    return ["", page.rule(), *page.heading(told.text("leg", side=leg.side)), *lines]


def show_tracks(leg: LegMeasures, told: Telling, page: Page) -> list[str]:
    """The same on plain tracks, where nothing is judged."""
    lines = []
    for panel in Panel:
        capacity, demands = find_panel(leg, panel)
        demands = [d for d in demands if math.isfinite(d.ratio + d.ratio_sigma)]
        if capacity is not None and demands:
            lines += ["", *_head(panel, capacity, told, page)]
            lines += draw_plain_lens(demands, unclear_tasks(leg, panel, told), page, told)
    if not lines:
        return []
    marks = f"├─●─┤ {told.text('lens.typical')}  ┃ {told.text('own_end')}"
    if any(unclear_tasks(leg, panel, told) for panel in Panel):
        marks += f"  ├╌○╌┤ {told.text('lens.unclear')}"
    lines += ["", *page.paragraph(marks)]
    return ["", page.rule(), *page.heading(told.text("leg", side=leg.side)), *lines]


def _head(panel: Panel, capacity: Capacity | None, told: Telling, page: Page) -> list[str]:
    end = ""
    if capacity is not None:
        error_deg = NORMAL_95 * math.degrees(capacity.sigma_rad)
        end = f"{told.text('own_end')} {told.figure(math.degrees(capacity.value_rad), error_deg)}"
        if not told.plain:
            end += f", {told.clinic('by_pain')}" if capacity.limited_by_pain else ""
            end += f", {told.clinic('entered')}" if capacity.entered else ""
    title = told.text("joint", panel=panel) if told.plain else told.voice.word(panel, "joint")
    return page.heading(title, end)
