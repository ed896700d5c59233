"""What was measured on one leg, and left beside right, as blocks of the appendix."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sensor_screen.core.capacity import reference_capacity
from sensor_screen.core.repetitions import DIRECTIONS
from sensor_screen.judgement import PANELS
from sensor_screen.model import Condition, Direction
from sensor_screen.report.measure_words import exposure_words, find_peaks, trend_words
from sensor_screen.report.pdf.curve_drawing import draw_curve
from sensor_screen.report.sway_words import describe_hold, describe_tilt
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from sensor_screen.model import LegMeasures, Repetition, Task
    from sensor_screen.report.telling import Telling

Json = dict[str, Any]
_MOST_LISTED = 24


def show_leg(leg: LegMeasures, told: Telling) -> list[Json]:
    """Peaks of each task, what was left out, the curve, time near the end, and sway."""
    blocks = [*_peaks(leg, told), *_curve(leg, told)]
    near = _near_end(leg, told)
    if near:
        heading = told.text("heading.trend") if told.plain else told.clinic("heading.near_end")
        blocks += [{"kind": "head", "text": heading}, _list(near)]
    sway = _sway(leg, told)
    if sway:
        blocks += [{"kind": "head", "text": told.text("heading.sway")}, _list(sway)]
    return blocks


def _list(said: list[str]) -> Json:
    return {"kind": "items", "items": said, "numbered": False}


# --- peaks ----------------------------------------------------------------------------------------


def _peaks(leg: LegMeasures, told: Telling) -> list[Json]:
    rows, notes = [], []
    for task, directions in DIRECTIONS.items():
        reps = [r for r in leg.repetitions if r.task == task]
        if not reps:
            continue
        rows += [row for d in directions for row in _row(leg, task, d, told)]
        notes += [f"{_capital(told.voice.word(task))}: {note}" for note in _notes(reps, told)]
    if not rows and not notes:
        return []
    head = [told.text(f"heading.{name}") for name in ("repetitions", "peak", "each")]
    table = {
        "kind": "table",
        "head": [head[0], told.text("pdf.movement"), head[1], head[2]],
        "rows": rows,
        "widths": [2.2, 1.6, 1.7, 7.5],
    }
    return [*([table] if rows else []), *([_list(notes)] if notes else [])]


def _row(leg: LegMeasures, task: Task, direction: Direction, told: Telling) -> list[list[str]]:
    measured = find_peaks(leg, task, direction)
    if measured is None:
        return []
    typical_rad, sigma_rad, peaks_rad = measured
    listed = " ".join(told.number(math.degrees(p)) for p in peaks_rad[:_MOST_LISTED])
    more = len(peaks_rad) - _MOST_LISTED
    listed += f" … {told.text('more', count=more)}" if more > 0 else ""
    typical = told.figure(math.degrees(typical_rad), NORMAL_95 * math.degrees(sigma_rad))
    return [[_capital(told.voice.word(task)), told.movement(direction), typical, listed]]


def _notes(reps: list[Repetition], told: Telling) -> list[str]:
    """Ball contacts, full scale, and what was not counted, by reason."""
    notes = []
    kicks = [r.kick for r in reps if r.kick is not None and r.counted]
    points = [
        told.number(math.degrees(-kick.plantarflexion_before_impact_rad))
        for kick in kicks
        if kick.struck and math.isfinite(kick.plantarflexion_before_impact_rad)
    ]
    if points:
        notes.append(told.text("before_ball", points=" ".join(points[:_MOST_LISTED])))
    if clipped := sum(kick.clipped for kick in kicks):
        notes.append(told.text("full_scale", clipped=clipped, count=len(kicks)))
    reasons = [r.reason for r in reps if not r.counted]
    for reason in dict.fromkeys(reasons):
        said = told.measured(reason)
        left, count = reasons.count(reason), len(reps)
        notes.append(told.text("left_uncounted", left=left, count=count, reason=said))
    return notes


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


# --- curve, near the end, sway --------------------------------------------------------------------


def _curve(leg: LegMeasures, told: Telling) -> list[Json]:
    if leg.angle is None:
        return []
    ends_deg = [
        math.degrees(capacity.value_rad) * (1.0 if direction == Direction.DORSIFLEXION else -1.0)
        for direction in Direction
        if (capacity := reference_capacity(leg.capacities, leg.side, direction))
    ]
    drawing = draw_curve(leg.angle, ends_deg)
    if drawing is None:
        return []
    title = told.text("heading.curve")
    title += f" ({told.text('dotted')})" if ends_deg else ""
    alt = told.text(
        "pdf.curve",
        side=leg.side,
        bend=told.number(drawing.highest_deg),
        point=told.number(-drawing.lowest_deg),
        long=told.number(drawing.end_s - drawing.start_s),
    )
    ticks = [{"at": at, "said": f"{told.number(abs(a))}°"} for a, at in drawing.angle_ticks]
    times = [{"at": at, "said": f"{told.number(t)} s"} for t, at in drawing.time_ticks]
    picture = {"kind": "curve", "svg": drawing.svg, "alt": alt, "ticks": ticks, "times": times}
    return [{"kind": "head", "text": title}, picture]


def _near_end(leg: LegMeasures, told: Telling) -> list[str]:
    lines = []
    for demand in leg.demands:
        near = [] if told.plain else exposure_words(demand, told)
        if words := [*near, *trend_words(demand, told)]:
            name = f"{_capital(told.voice.word(demand.task))}, {told.movement(demand.direction)}: "
            lines.append(f"{name}{'; '.join(words)}.")
    return lines


def _sway(leg: LegMeasures, told: Telling) -> list[str]:
    lines = []
    for stance in leg.sway:
        said = [describe_hold(stance, told)]
        if stance.tilt:
            tilts = "; ".join(describe_tilt(tilt, told) for tilt in stance.tilt)
            said.append(told.text("sway.tilt", tilts=tilts))
        said += [told.measured(reason) for reason in stance.reasons]
        lines.append(" ".join(said))
    return [*lines, told.text("sway.own_only")] if lines else []


# --- both sides -----------------------------------------------------------------------------------


def show_sides(told: Telling) -> list[Json]:
    """A row for each end range and typical peak of both legs; *alike* is within the 95 % error."""
    rows = []
    for one in told.report.comparisons:
        test, _, direction = one.what.partition(", ")
        if one.measure not in ("end range", "typical peak") or test == Condition.SEATED:
            continue
        name = f"{told.what(test)}, {told.voice.word(PANELS[Direction(direction)])}"
        left, right = (f"{told.number(math.degrees(v))}°" for v in (one.left, one.right))
        gap = told.figure(abs(math.degrees(one.difference)), NORMAL_95 * math.degrees(one.sigma))
        is_told = abs(one.difference) > NORMAL_95 * one.sigma
        larger = "left_larger" if one.difference > 0 else "right_larger"
        rows.append([name, left, right, gap, told.text(f"sides.{larger if is_told else 'alike'}")])
    if not rows:
        return []
    head = ["", *(told.text(f"sides.{key}") for key in ("left", "right", "gap")), ""]
    return [{"kind": "table", "head": head, "rows": rows, "widths": [3, 1, 1, 1.5, 2]}]
