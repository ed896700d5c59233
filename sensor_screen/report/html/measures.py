"""What was measured on one leg: repetitions, curve, time near the end, stances."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.core.repetitions import DIRECTIONS
from sensor_screen.judgement import PANELS
from sensor_screen.report.html.curves import show_curve, show_repetitions
from sensor_screen.report.html.markup import Markup, join, picture, tag
from sensor_screen.report.html.tables import table
from sensor_screen.report.html.verdict import listed
from sensor_screen.report.measure_words import exposure_words, find_peaks, trend_words
from sensor_screen.report.quality_words import describe_leg
from sensor_screen.report.sway_words import describe_hold, describe_tilt
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from sensor_screen.model import Direction, LegMeasures, Repetition, SwayMeasures, Task, TiltSway
    from sensor_screen.report.telling import Telling

_MOST_LISTED = 24


def show_measures(leg: LegMeasures, told: Telling) -> Markup:
    """A card for one leg; nothing where nothing was measured."""
    parts = [
        show_curve(leg, told),
        show_repetitions(leg, told),
        _peaks(leg, told),
        _exposure(leg, told),
        _sway(leg, told),
    ]
    if not any(parts):
        return Markup()
    head = tag("h2", told.text("measured", side=leg.side))
    return tag("section", head, *parts, class_="card stack alone")


def _peaks(leg: LegMeasures, told: Telling) -> Markup:
    """Every movement: its typical peak, its share of the own range, and each repetition."""
    rows, notes = [], []
    for task, directions in DIRECTIONS.items():
        rows += [row for d in directions if (row := _peak_row(leg, task, d, told))]
        if reps := [r for r in leg.repetitions if r.task == task]:
            notes += [*_impacts(reps, told), *_left_out(reps, told)]
    heads = ["task", "peak", "share", *([] if told.plain else ["zone"]), "each"]
    words = [told.text(f"page.head.{head}") for head in heads]
    caption = told.text("page.peaks", side=leg.side)
    return join(table(caption, words, rows, numeric=(1, 2), wide=True), listed(notes))


def _peak_row(leg: LegMeasures, task: Task, direction: Direction, told: Telling) -> list[str]:
    measured = find_peaks(leg, task, direction)
    if measured is None:
        return []
    typical_rad, sigma_rad, peaks_rad = measured
    each = [told.number(math.degrees(peak)) for peak in peaks_rad]
    more = len(each) - _MOST_LISTED
    said = " ".join(each[:_MOST_LISTED])
    said += f" … {told.text('more', count=more)}" if more > 0 else ""
    name = told.voice.word(task)
    typical = told.figure(math.degrees(typical_rad), NORMAL_95 * math.degrees(sigma_rad), digits=1)
    cells = [f"{name[:1].upper()}{name[1:]}, {told.movement(direction)}", typical]
    return [*cells, *_share(leg, task, direction, told), said]


def _share(leg: LegMeasures, task: Task, direction: Direction, told: Telling) -> list[str]:
    """Of the own end range, and for clinicians the zone; a range test has neither."""
    places = {(d.task, d.direction): d for d in leg.demands}
    demand = places.get((task, direction))
    if demand is None or not math.isfinite(demand.ratio):
        return ["–"] if told.plain else ["–", "–" if demand is None else told.clinic("not_judged")]
    share = told.figure(100 * demand.ratio, NORMAL_95 * 100 * demand.ratio_sigma, " %")
    if told.plain:
        return [share]
    panel = PANELS[direction]
    zones = {(f.side, f.panel, f.task): f.zone for f in told.judgement.findings}
    zone = zones.get((leg.side, panel, task))
    return [share, told.clinic("not_judged") if zone is None else told.voice.word(zone)]


def _impacts(reps: list[Repetition], told: Telling) -> list[str]:
    """How far the ankle points just before each ball contact, and what full scale hides."""
    kicks = [r.kick for r in reps if r.kick is not None and r.counted]
    points = [
        told.number(math.degrees(-kick.plantarflexion_before_impact_rad))
        for kick in kicks
        if kick.struck and math.isfinite(kick.plantarflexion_before_impact_rad)
    ]
    said = []
    if points:
        said.append(told.text("before_ball", points=" ".join(points[:_MOST_LISTED])))
    if clipped := sum(kick.clipped for kick in kicks):
        said.append(told.text("full_scale", clipped=clipped, count=len(kicks)))
    return said


def _left_out(reps: list[Repetition], told: Telling) -> list[str]:
    """What was not counted, by reason."""
    reasons = [r.reason for r in reps if not r.counted]
    task = told.voice.word(reps[0].task)
    return [
        f"{task[:1].upper()}{task[1:]}: "
        + told.text(
            "left_uncounted",
            left=reasons.count(reason),
            count=len(reps),
            reason=told.measured(reason),
        )
        for reason in dict.fromkeys(reasons)
    ]


def _exposure(leg: LegMeasures, told: Telling) -> Markup:
    """Time near the own end range, and whether the peaks changed from first to last."""
    said = []
    for demand in leg.demands:
        near = [] if told.plain else exposure_words(demand, told)
        if words := [*near, *trend_words(demand, told)]:
            task = told.voice.word(demand.task)
            name = f"{task[:1].upper()}{task[1:]}, {told.movement(demand.direction)}"
            said.append(f"{name}: {'; '.join(words)}.")
    if not said:
        return Markup()
    head = told.text("heading.trend") if told.plain else told.clinic("heading.near_end")
    return tag("div", tag("h3", head), listed(said), class_="keep")


def _sway(leg: LegMeasures, told: Telling) -> Markup:
    if not leg.sway:
        return Markup()
    stances = [_stance(stance, number, told) for number, stance in enumerate(leg.sway, start=1)]
    note = tag("p", told.text("sway.own_only"), class_="note")
    return tag("div", tag("h3", told.text("heading.sway")), *stances, note, class_="stack")


def _stance(stance: SwayMeasures, number: int, told: Telling) -> Markup:
    figures = [
        _square(tilt, f"sway-{stance.side.value}-{number}-{tilt.placement.value}", told)
        for tilt in stance.tilt
        if math.isfinite(tilt.total_rms_rad)
    ]
    tilts = "; ".join(describe_tilt(tilt, told) for tilt in stance.tilt)
    said = [tag("p", describe_hold(stance, told))]
    said += [tag("p", told.text("sway.tilt", tilts=tilts), class_="note")] if tilts else []
    said.append(listed(told.measured(reason) for reason in stance.reasons))
    drawn = tag("div", *figures, class_="sway") if figures else ""
    return tag("div", *said, drawn, class_="keep stack")


def _square(tilt: TiltSway, name: str, told: Telling) -> Markup:
    """Rings of half a degree; the ellipse reaches as far as the segment typically tilted."""
    across, along = (
        math.degrees(tilt.mediolateral_rms_rad),
        math.degrees(tilt.anteroposterior_rms_rad),
    )
    total = math.degrees(tilt.total_rms_rad)
    directed = math.isfinite(across) and math.isfinite(along)
    rings = max(2, math.ceil(2.0 * total))
    scale = 62.0 / (0.5 * rings)
    drawn = [
        tag("circle", cx=70.0, cy=70.0, r=scale * 0.5 * ring, class_="hair")
        for ring in range(1, rings + 1)
    ]
    rx, ry = (scale * across, scale * along) if directed else (scale * total, scale * total)
    kind = "left soft" if directed else "ink dash"
    drawn.append(tag("ellipse", cx=70.0, cy=70.0, rx=rx, ry=ry, class_=kind))
    if directed:
        drawn.append(tag("ellipse", cx=70.0, cy=70.0, rx=rx, ry=ry, class_="ink"))
    drawn.append(tag("text", f"{told.number(0.5 * rings, 1)}°", x=70.0, y=20.0, class_="mid halo"))
    box = tag("rect", x=1.0, y=1.0, width=138.0, height=138.0, class_="hair")
    words = told.voice.word(tilt.placement, "segment")
    said = told.text("page.rings", step=told.number(0.5, 1))
    title = f"{told.text('heading.sway')}: {words}"
    drawn_all = picture(name, (140.0, 140.0), title, describe_tilt(tilt, told), box, *drawn)
    return tag("figure", drawn_all, tag("figcaption", f"{words}; {said}"))


def show_quality(told: Telling) -> Markup:
    """How far the figures can be trusted, leg by leg, then notes in the measurement's language."""
    legs = []
    for leg in told.report.legs:
        said = describe_leg(leg, told)
        reasons = () if leg.calibration is None else leg.calibration.reasons
        items = [*said, *(told.measured(reason) for reason in reasons)]
        name = told.voice.word(leg.side, "ankle")
        legs.append(tag("div", tag("h3", f"{name[:1].upper()}{name[1:]}"), listed(items)))
    head = tag("h2", told.text("heading.quality"))
    return join(head, tag("div", *legs, class_="quality stack") if legs else "")


def show_notes(told: Telling) -> Markup:
    """What the report points at by number; collected while everything else was said."""
    if not told.notes:
        return Markup()
    items = [tag("li", note) for note in told.notes]
    return join(tag("h3", told.text("heading.notes")), tag("ol", *items, class_="list"))
