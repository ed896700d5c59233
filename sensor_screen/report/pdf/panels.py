"""The lenses of a report as content of a page: picture, names, figures, and words for all of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sensor_screen.judgement import PANELS, ConcernLevel, Panel, Zone
from sensor_screen.report.pdf.lens import HEIGHT, RADII, WIDTH, draw_lens, label_heights
from sensor_screen.report.positions import find_panel, unclear_tasks
from sensor_screen.report.range_lens import Track
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.judgement import Finding
    from sensor_screen.model import Capacity, Demand, LegMeasures
    from sensor_screen.report.telling import Telling

Json = dict[str, Any]


def show_lenses(told: Telling) -> list[Json]:
    """A row for each leg: front left, back right; where there is no lens, why."""
    rows = []
    for leg in told.report.legs:
        cells = [_show_panel(leg, panel, told) for panel in Panel]
        if any(cells):
            rows.append({"leg": told.text("leg", side=leg.side), "cells": cells})
    return rows


def show_leading_lens(told: Telling) -> Json | None:
    """The lens of what matters most, else of what comes closest to its end; None without one."""
    matters = {(c.side, c.panel): c.level for c in told.judgement.concerns}
    found: list[tuple[int, float, Json]] = []
    for leg in told.report.legs:
        for panel in Panel:
            cell = _show_panel(leg, panel, told)
            if cell is None or not cell.get("svg"):
                continue
            level = matters.get((leg.side, panel), ConcernLevel.NONE)
            ratios = [d.ratio for d in find_panel(leg, panel)[1] if math.isfinite(d.ratio)]
            weight = int(level) if level >= ConcernLevel.DISCUSS else 0
            found.append((weight, max(ratios), {**cell, "leg": told.text("leg", side=leg.side)}))
    return max(found, key=lambda one: one[:2])[2] if found else None


def _show_panel(leg: LegMeasures, panel: Panel, told: Telling) -> Json | None:
    capacity, demands = find_panel(leg, panel)
    judged = [d for d in demands if math.isfinite(d.ratio + d.ratio_sigma)]
    title = told.text("joint", panel=panel) if told.plain else told.voice.word(panel, "joint")
    if capacity is None and demands:
        if told.plain:
            return None
        key = "no_lunge" if panel is Panel.ANTERIOR else "no_point"
        why = told.clinic(key, tasks=tuple(d.task for d in demands))
        return {"title": title, "end": "", "why": why}
    if capacity is None:
        return None
    end = _say_end(capacity, told)
    if not judged:
        return {"title": title, "end": end, "why": told.text("no_movement")}
    ordered = sorted(judged, key=lambda d: -d.ratio)
    shown = ordered[: len(RADII)]
    tracks = [_track(d, leg, panel, told) for d in shown]
    labels = [
        {"name": told.voice.word(d.task), "figure": _figure(d, told), "y": y}
        for d, y in zip(shown, label_heights(), strict=False)
    ]
    front = panel is Panel.ANTERIOR
    more = len(ordered) - len(shown)
    return {
        "title": title,
        "end": end,
        "front": front,
        "width": WIDTH,
        "height": HEIGHT,
        "svg": draw_lens(tuple(tracks), front=front, by_pain=_by_pain(capacity, told)),
        "labels": labels,
        "kinds": sorted(_kinds(tracks)),
        "more": told.text("pdf.more_tasks", count=more) if more else "",
        "alt": told.text("pdf.lens", leg=leg.side, panel=panel, end=end, tasks=_say(shown, told)),
    }


def _kinds(tracks: list[Track]) -> set[str]:
    """What stands in a picture and needs a word."""
    kinds = {"end"} | {"hollow" if track.doubtful else "mark" for track in tracks}
    kinds |= {"ticks"} if any(track.each for track in tracks) else set()
    zoned = any(track.zoned for track in tracks)
    return kinds | ({"clear", "close", "near", "beyond"} if zoned else set())


def _by_pain(capacity: Capacity, told: Telling) -> bool:
    return capacity.limited_by_pain and not told.plain


def _say_end(capacity: Capacity, told: Telling) -> str:
    error_deg = NORMAL_95 * math.degrees(capacity.sigma_rad)
    said = f"{told.text('own_end')} {told.figure(math.degrees(capacity.value_rad), error_deg)}"
    if not told.plain:
        said += f", {told.clinic('by_pain')}" if capacity.limited_by_pain else ""
        said += f", {told.clinic('entered')}" if capacity.entered else ""
    return said


def _find(demand: Demand, told: Telling) -> Finding | None:
    panel = PANELS[demand.direction]
    for finding in told.judgement.findings:
        if (finding.side, finding.panel, finding.task) == (demand.side, panel, demand.task):
            return finding
    return None


def _track(demand: Demand, leg: LegMeasures, panel: Panel, told: Telling) -> Track:
    finding = _find(demand, told)
    bands = finding.bands if finding is not None and finding.bands.resolved else None
    doubtful = demand.task in unclear_tasks(leg, panel, told)
    if finding is not None:
        doubtful = finding.zone is Zone.UNRESOLVED
    return Track(
        ratio=demand.ratio,
        error=NORMAL_95 * demand.ratio_sigma,
        each=demand.ratios,
        close_from=bands.amber_from_rad / bands.end_range_rad if bands else 0.0,
        near_from=bands.red_from_rad / bands.end_range_rad if bands else 0.0,
        zoned=bands is not None,
        doubtful=doubtful,
    )


def _figure(demand: Demand, told: Telling) -> str:
    finding = _find(demand, told)
    unsure = finding is not None and finding.zone is Zone.UNRESOLVED
    error = 100 * NORMAL_95 * demand.ratio_sigma
    return told.figure(100 * demand.ratio, error, " %") + ("?" if unsure else "")


def _say(demands: list[Demand], told: Telling) -> str:
    said = []
    for demand in demands:
        finding = _find(demand, told)
        zone = f" ({told.voice.word(finding.zone)})" if finding is not None else ""
        said.append(f"{told.voice.word(demand.task)} {_figure(demand, told)}{zone}")
    return "; ".join(said)


def show_legend(cells: Iterable[Json | None], told: Telling) -> list[Json]:
    """What the marks of these lenses mean, of those that stand in them."""
    used = {kind for cell in cells if cell is not None for kind in cell.get("kinds", ())}
    kinds: list[tuple[str, str]] = []
    if not told.plain:
        zones = (
            ("clear", Zone.GREEN), ("close", Zone.AMBER), ("near", Zone.RED),
            ("beyond", Zone.BEYOND),
        )  # fmt: skip
        kinds += [(kind, told.voice.word(zone)) for kind, zone in zones]
    kinds.append(("mark", told.text("lens.typical")))
    kinds.append(("ticks", told.text("pdf.one_repetition")))
    kinds.append(("hollow", told.text("lens.unclear") if told.plain else told.clinic("not_judged")))
    kinds.append(("end", told.text("own_end")))
    return [{"kind": kind, "said": said} for kind, said in kinds if kind in used]
