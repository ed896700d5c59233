"""The lenses of each leg with their figures in a table, zones where they are judged."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.judgement import Panel, Zone
from sensor_screen.model import Task
from sensor_screen.report.html.lens import MOST_TRACKS, Lens, draw_lens, draw_zoom
from sensor_screen.report.html.markup import Markup, join, tag
from sensor_screen.report.positions import find_panel, unclear_tasks
from sensor_screen.report.range_lens import Track
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from sensor_screen.judgement import Finding
    from sensor_screen.model import Capacity, Demand, LegMeasures
    from sensor_screen.report.telling import Telling

_ZONES = ((Zone.GREEN, "clear"), (Zone.AMBER, "close"), (Zone.RED, "near"), (Zone.BEYOND, "beyond"))


def show_lenses(leg: LegMeasures, told: Telling) -> Markup:
    """A card for one leg; nothing where neither end range nor demand was measured."""
    figures = [_panel(leg, panel, told) for panel in Panel]
    if not any(figures):
        return Markup()
    head = tag("h2", told.text("leg", side=leg.side))
    note = tag("p", told.text("page.lens_note"), class_="note")
    return tag(
        "section",
        tag("div", head, note, tag("div", *figures, class_="pair"), class_="keep leg"),
        _legend(told),
        class_="card leg alone",
    )


def lenses_of(leg: LegMeasures, told: Telling) -> list[Lens]:
    """Front and back, where an end range was measured."""
    found = ((panel, find_panel(leg, panel)[0]) for panel in Panel)
    return [
        _lens(leg, panel, capacity, _tracks(leg, panel, told), told)
        for panel, capacity in found
        if capacity is not None
    ]


def _panel(leg: LegMeasures, panel: Panel, told: Telling) -> Markup:
    """One direction: the picture, or why there is none."""
    capacity, demands = find_panel(leg, panel)
    if capacity is None and not demands:
        return Markup()
    head = told.text("joint", panel=panel) if told.plain else told.voice.word(panel, "joint")
    caption: list[str] = [tag("b", head)]
    if capacity is None:
        if told.plain:
            return Markup()
        key = "no_lunge" if panel is Panel.ANTERIOR else "no_point"
        caption.append(told.clinic(key, tasks=tuple(d.task for d in demands)))
        return tag("figure", tag("figcaption", *caption), class_="lens")
    tracks = _tracks(leg, panel, told)
    end = _say_end(capacity, told)
    caption.append(tag("span", end) if tracks else f"{end}. {told.text('no_movement')}")
    lens = _lens(leg, panel, capacity, tracks, told)
    zoom = draw_zoom(lens, [told.number(share) + " %" for share in (70, 80, 90, 100)])
    enlarged = told.text("page.zoom")
    words = f"{enlarged[:1].upper()}{enlarged[1:]}"
    about = tag("p", words, class_="note zoom-note") if zoom else ""
    return tag(
        "figure",
        tag("figcaption", *caption),
        draw_lens(lens),
        about,
        zoom,
        class_="lens",
    )


def _say_end(capacity: Capacity, told: Telling) -> str:
    figure = told.figure(
        math.degrees(capacity.value_rad), NORMAL_95 * math.degrees(capacity.sigma_rad)
    )
    words = [f"{told.text('own_end')} {figure}"]
    if not told.plain:
        words += [told.clinic("by_pain")] if capacity.limited_by_pain else []
        words += [told.clinic("entered")] if capacity.entered else []
    return ", ".join(words)


def _tracks(leg: LegMeasures, panel: Panel, told: Telling) -> tuple[Track, ...]:
    """The most demanding first; where it is not judged, without zones."""
    _, demands = find_panel(leg, panel)
    shown = [d for d in demands if math.isfinite(d.ratio + d.ratio_sigma)]
    shown.sort(key=lambda d: -d.ratio)
    found = {(f.panel, f.task): f for f in told.judgement.findings if f.side == leg.side}
    unclear = unclear_tasks(leg, panel, told) if told.plain else set()
    return tuple(_track(d, found.get((panel, d.task)), d.task in unclear, told) for d in shown)


def _track(demand: Demand, finding: Finding | None, unclear: bool, told: Telling) -> Track:
    judged = finding is not None and finding.zone is not Zone.UNRESOLVED
    zoned = finding is not None and finding.bands.resolved
    bands = finding.bands if finding is not None and zoned else None
    doubtful = unclear or not (judged or told.plain)
    figure = told.number(100 * demand.ratio)
    return Track(
        name=told.voice.word(demand.task),
        ratio=demand.ratio,
        error=NORMAL_95 * demand.ratio_sigma,
        figure=f"{figure}?" if doubtful else figure,
        each=demand.ratios,
        close_from=bands.amber_from_rad / bands.end_range_rad if bands else 0.0,
        near_from=bands.red_from_rad / bands.end_range_rad if bands else 0.0,
        zoned=zoned,
        doubtful=doubtful,
    )


def _lens(
    leg: LegMeasures,
    panel: Panel,
    capacity: Capacity,
    tracks: tuple[Track, ...],
    told: Telling,
) -> Lens:
    judged = [track for track in tracks[:MOST_TRACKS] if not track.doubtful]
    large, below = "–", (told.text("page.of_range"), "")
    if judged:
        first = judged[0]
        large = told.number(100 * first.ratio) + " %"
        below = (below[0], f"{first.name}, ± {told.number(100 * first.error)}")
    elif tracks and not told.plain:
        below = (told.clinic("not_judged"), "")
    end = _say_end(capacity, told)
    said = [f"{t.name}: {told.figure(100 * t.ratio, 100 * t.error, ' %')}" for t in tracks]
    title = told.text("page.lens_title", panel=panel, side=leg.side)
    return Lens(
        id=f"lens-{leg.side.value}-{panel.value}",
        front=panel is Panel.ANTERIOR,
        tracks=tracks,
        end_label=end,
        end_by_pain=capacity.limited_by_pain and not told.plain,
        neutral_label=told.text("page.neutral"),
        large=large,
        below=below,
        title=title,
        description="; ".join([*said, end]) + ".",
        zoom_title=f"{title}: {told.text('page.zoom')}",
    )


def _legend(told: Telling) -> Markup:
    """What the marks mean; only those that were used, the same below each leg."""
    items = []
    if any(f.bands.resolved for f in told.judgement.findings):
        for zone, kind in _ZONES:
            swatch = tag("rect", x=1.0, y=3.0, width=24.0, height=10.0, class_=kind)
            items.append(_key(swatch, told.voice.word(zone)))
    whisker = tag("path", d="M2 8H24M2 4v8M24 4v8", class_="ink", stroke_width="2")
    disc = tag("circle", cx=13.0, cy=8.0, r="5", class_="dot")
    items.append(_key(join(whisker, disc), told.text("lens.typical")))
    ticks = tag("path", d="M6 5v6M11 5v6M16 5v6M21 5v6", class_="ink", stroke_width="1.2")
    items.append(_key(ticks, told.text("page.one_each")))
    line = tag("path", d="M2 8H24", class_="ink", stroke_width="2.4")
    items.append(_key(line, told.text("own_end")))
    if doubt := _doubt(told):
        dashed = tag("path", d="M2 8H24", class_="ink dash", stroke_width="2")
        hollow = tag("circle", cx=13.0, cy=8.0, r="5", class_="hollow", stroke_width="2")
        items.append(_key(join(dashed, hollow), doubt))
    kicks = ""
    if any(f.task is Task.KICK for f in told.judgement.findings):
        kicks = tag("p", told.clinic("kick_scale"), class_="note")
    return join(tag("ul", *items, class_="legend"), kicks)


def _doubt(told: Telling) -> str:
    legs = told.report.legs
    tracks = [track for leg in legs for panel in Panel for track in _tracks(leg, panel, told)]
    if not any(track.doubtful for track in tracks):
        return ""
    return told.text("lens.unclear") if told.plain else told.clinic("not_judged")


def _key(picture: str, words: str) -> Markup:
    return tag("li", tag("svg", picture, viewbox="0 0 26 16", aria_hidden="true"), words)
