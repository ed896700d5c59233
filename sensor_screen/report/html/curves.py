"""The angle over the recording, and all repetitions of a task over each other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.capacity import reference_capacity
from sensor_screen.core.repetitions import DIRECTIONS
from sensor_screen.judgement import PANELS
from sensor_screen.model import Direction, Task
from sensor_screen.report.curve import thin_curve
from sensor_screen.report.html.markup import Markup, join, picture, tag
from sensor_screen.report.html.plot import Plot, area, limits, line
from sensor_screen.report.measure_words import find_peaks
from sensor_screen.report.range_lens import number
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sensor_screen.judgement import Finding
    from sensor_screen.model import AngleTrace, Floats, LegMeasures, Repetition
    from sensor_screen.report.telling import Telling

_WIDE = 1160.0
_COLUMNS = 560
_PHASES = 61
_LETTER_PX = 7.5
_SIGN = {Direction.DORSIFLEXION: 1.0, Direction.PLANTARFLEXION: -1.0}


def show_curve(leg: LegMeasures, told: Telling) -> Markup:
    """One leg over the whole recording: zones as tints where their task was done, gaps as gaps."""
    angle = leg.angle
    if angle is None or not angle.valid.any():
        return Markup()
    ends = _ends_deg(leg)
    plot = _frame(angle, ends)
    inside = [
        *_tints(leg, plot, told),
        *_unseen(angle, plot),
        plot.degrees(),
        tag("path", d=_error_band(angle, plot), class_="soft"),
        tag("path", d=_trace(angle, plot), class_="ink", stroke_width="1.4"),
        *_end_lines(ends, plot, told),
        *_strip(leg.repetitions, plot, told),
        *_clock(plot),
    ]
    title = f"{told.text('heading.curve')}, {told.voice.word(leg.side, 'ankle')}"
    drawn = picture(
        f"curve-{leg.side.value}",
        (_WIDE, 300.0),
        title,
        _describe(leg, told),
        *inside,
    )
    scroll = tag("div", drawn, class_="scroll", tabindex="0", role="group", aria_label=title)
    return join(tag("h3", told.text("heading.curve")), scroll, _key(angle, told))


def _key(angle: AngleTrace, told: Telling) -> Markup:
    note = told.text("page.curve_note")
    if not angle.valid.all():
        note += f" {told.text('page.curve_gaps')}"
    return tag("p", note, class_="note")


def _describe(leg: LegMeasures, told: Telling) -> str:
    said = [
        f"{told.voice.word(task)}: {sum(r.counted for r in leg.repetitions if r.task == task)}"
        for task in DIRECTIONS
        if any(r.task == task for r in leg.repetitions)
    ]
    return f"{told.text('heading.repetitions')}: {', '.join(said)}." if said else ""


def _ends_deg(leg: LegMeasures) -> dict[Direction, float]:
    """Levels of the own end ranges, pointing negative."""
    return {
        direction: _SIGN[direction] * math.degrees(capacity.value_rad)
        for direction in Direction
        if (capacity := reference_capacity(leg.capacities, leg.side, direction))
    }


def _frame(angle: AngleTrace, ends: dict[Direction, float]) -> Plot:
    shown = np.degrees(angle.dorsiflexion_rad[angle.valid])
    low, high = limits([float(np.nanmin(shown)), float(np.nanmax(shown)), *ends.values()])
    first, last = float(angle.time_s[0]), float(angle.time_s[-1])
    return Plot(34.0, _WIDE - 4.0, 8.0, 236.0, first, last, low, high)


def _trace(angle: AngleTrace, plot: Plot) -> str:
    """Lowest and highest value of every pixel, so that no peak is lost."""
    curve = thin_curve(angle, 2 * _COLUMNS)
    good = curve.valid & np.isfinite(curve.dorsiflexion_deg)
    return line(plot.x(curve.time_s), plot.y(np.nan_to_num(curve.dorsiflexion_deg)), good)


def _error_band(angle: AngleTrace, plot: Plot) -> str:
    """95 % error, widest in every two pixels."""
    edges = np.linspace(0, angle.time_s.size, min(_COLUMNS, angle.time_s.size) + 1)[:-1]
    starts = np.unique(edges.astype(np.intp))
    degrees = np.degrees(angle.dorsiflexion_rad)
    error = NORMAL_95 * np.degrees(angle.sigma_rad)
    finite = angle.valid & np.isfinite(degrees) & np.isfinite(error)
    low = np.minimum.reduceat(np.where(finite, degrees - error, np.inf), starts)
    high = np.maximum.reduceat(np.where(finite, degrees + error, -np.inf), starts)
    good = np.logical_and.reduceat(finite, starts)
    low, high = np.where(good, low, 0.0), np.where(good, high, 0.0)
    return area(plot.x(angle.time_s[starts]), plot.y(low), plot.y(high), good)


def _unseen(angle: AngleTrace, plot: Plot) -> Iterator[Markup]:
    """Where no angle can be trusted, grey from top to bottom."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], ~angle.valid, [False]]).astype(int)))
    last = angle.time_s.size - 1
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        first_s, last_s = angle.time_s[start], angle.time_s[min(stop, last)]
        yield plot.band(plot.low, plot.high, "sunk", float(first_s), float(last_s))


def _tints(leg: LegMeasures, plot: Plot, told: Telling) -> Iterator[Markup]:
    """The zones of each task, as far as its repetitions go."""
    for finding in told.judgement.findings:
        if finding.side != leg.side or not finding.bands.resolved:
            continue
        for first, last in _bouts([r for r in leg.repetitions if r.task is finding.task]):
            yield from _zone_bands(finding, plot, first, last)


def _bouts(repetitions: Sequence[Repetition]) -> list[tuple[float, float]]:
    """Start and end of repetitions that follow each other within a few seconds."""
    found: list[tuple[float, float]] = []
    for one in sorted(repetitions, key=lambda r: r.start_s):
        if found and one.start_s - found[-1][1] < 4.0:
            found[-1] = (found[-1][0], max(found[-1][1], one.end_s))
        else:
            found.append((one.start_s, one.end_s))
    return found


def _zone_bands(finding: Finding, plot: Plot, first: float, last: float) -> Iterator[Markup]:
    sign = _SIGN[finding.demand.direction]
    bands = finding.bands
    levels = [
        0.0,
        *(math.degrees(v) for v in (bands.amber_from_rad, bands.red_from_rad, bands.end_range_rad)),
        plot.high if sign > 0 else -plot.low,
    ]
    for kind, low, high in zip(
        ("clear", "close", "near", "beyond"), levels, levels[1:], strict=False
    ):
        yield plot.band(sign * low, sign * high, f"t-{kind}", first, last)


def _end_lines(ends: dict[Direction, float], plot: Plot, told: Telling) -> Iterator[Markup]:
    for direction, level in ends.items():
        y = float(plot.y(level))
        path = f"M{number(plot.left)} {number(y)}H{number(plot.right)}"
        yield tag("path", d=path, class_="ink", stroke_width="2")
        words = f"{told.text('own_end')} {told.number(abs(level))}°, {told.movement(direction)}"
        lift = -5.0 if direction is Direction.DORSIFLEXION else 14.0
        yield tag("text", words, x=plot.right - 4.0, y=y + lift, class_="end b halo")


def _strip(repetitions: Sequence[Repetition], plot: Plot, told: Telling) -> Iterator[Markup]:
    """Where repetitions are; those not counted are hollow. The task stands below them."""
    y = plot.bottom + 8.0
    for one in repetitions:
        x0, x1 = float(plot.x(one.start_s)), float(plot.x(one.end_s))
        kind = "dot" if one.counted else "hollow"
        yield tag("rect", x=x0 + 0.5, y=y, width=max(x1 - x0 - 1.5, 1.0), height=4.0, class_=kind)
    yield from _task_names(repetitions, plot, y, told)


def _task_names(
    repetitions: Sequence[Repetition], plot: Plot, y: float, told: Telling
) -> Iterator[Markup]:
    """Below their bars, one line lower where two would meet."""
    bouts = [
        (float(plot.x(0.5 * (first + last))), told.voice.word(task))
        for task in DIRECTIONS
        for first, last in _bouts([r for r in repetitions if r.task is task])
    ]
    taken = [-1e9, -1e9]
    for middle, word in sorted(bouts):
        half = 0.5 * _LETTER_PX * len(word)
        row = next((i for i, end in enumerate(taken) if middle - half > end), 1)
        taken[row] = middle + half
        yield tag("text", word, x=middle, y=y + 18.0 + 14.0 * row, class_="mid")


def _clock(plot: Plot) -> Iterator[Markup]:
    length = plot.last - plot.first
    step = next(s for s in (5, 10, 20, 30, 60, 120, 300, 600, 1800, 86400) if length / s <= 12)
    for tick in np.arange(0.0, length + 0.1, step):
        x, kind = float(plot.x(plot.first + tick)), "mid" if tick else ""
        yield tag("text", f"{tick:.0f} s", x=x, y=plot.bottom + 58.0, class_=kind)


# --- repetitions over each other ------------------------------------------------------------------


def show_repetitions(leg: LegMeasures, told: Telling) -> Markup:
    """A small picture for each task: every repetition, the typical one and its error."""
    if leg.angle is None:
        return Markup()
    drawn = [_task(leg, leg.angle, task, told) for task in DIRECTIONS]
    figures = [figure for figure in drawn if figure]
    return tag("div", *figures, class_="small") if figures else Markup()


def _task(leg: LegMeasures, angle: AngleTrace, task: Task, told: Telling) -> Markup:
    counted = [r for r in leg.repetitions if r.task is task and r.counted]
    curves = [curve for r in counted if (curve := _phases(angle, r)) is not None]
    if not curves:
        return Markup()
    degrees = np.array([curve[0] for curve in curves])
    errors = np.array([curve[1] for curve in curves])
    typical, error = _median(degrees), _median(errors)
    ends = {d: end for d, end in _ends_deg(leg).items() if d in DIRECTIONS[task]}
    low, high = limits([*degrees.ravel(), *(typical - error), *(typical + error), *ends.values()])
    plot = Plot(28.0, 300.0, 8.0, 168.0, 0.0, 1.0, low, high)
    phase = plot.x(np.linspace(0.0, 1.0, _PHASES))
    shown = [
        *_task_tints(leg, task, plot, told),
        plot.degrees(),
        tag("path", d=_band(phase, typical, error, plot), class_="soft"),
        tag("path", d="".join(_draw(phase, row, plot) for row in degrees), class_="one"),
        tag("path", d=_draw(phase, typical, plot), class_="ink", stroke_width="2.4"),
        *_plain_ends(ends, plot),
        *_peaks(leg, task, plot),
        tag("text", told.text("page.start"), x=plot.left, y=186.0),
        tag("text", told.text("page.end"), x=plot.right, y=186.0, class_="end"),
    ]
    title = _title(task, len(counted), told)
    said = _say_peaks(leg, task, told)
    drawn = picture(f"reps-{leg.side.value}-{task.value}", (330.0, 194.0), title, said, *shown)
    return tag("figure", tag("figcaption", tag("h4", title), tag("p", said, class_="note")), drawn)


def _median(rows: Floats) -> Floats:
    """Of each column; nan where none is known."""
    known = np.isfinite(rows).any(axis=0)
    middle = np.nanmedian(np.where(known, rows, 0.0), axis=0)
    return np.asarray(np.where(known, middle, np.nan))


def _phases(angle: AngleTrace, one: Repetition) -> tuple[Floats, Floats] | None:
    """Degrees and 95 % error at even steps from its start to its end; gaps are nan."""
    at_s = np.linspace(one.start_s, one.end_s, _PHASES)
    nearest = np.searchsorted(angle.time_s, at_s).clip(0, angle.time_s.size - 1)
    good = angle.valid[nearest]
    if not good.any():
        return None
    degrees = np.where(good, np.degrees(angle.dorsiflexion_rad[nearest]), np.nan)
    return degrees, NORMAL_95 * np.degrees(angle.sigma_rad[nearest])


def _draw(phase: Floats, row: Floats, plot: Plot) -> str:
    return line(phase, plot.y(np.nan_to_num(row)), np.isfinite(row))


def _band(phase: Floats, typical: Floats, error: Floats, plot: Plot) -> str:
    good = np.isfinite(typical) & np.isfinite(error)
    low, high = (np.nan_to_num(typical + sign * error) for sign in (-1.0, 1.0))
    return area(phase, plot.y(low), plot.y(high), good)


def _task_tints(leg: LegMeasures, task: Task, plot: Plot, told: Telling) -> Iterator[Markup]:
    for finding in told.judgement.findings:
        if (finding.side, finding.task) == (leg.side, task) and finding.bands.resolved:
            yield from _zone_bands(finding, plot, 0.0, 1.0)


def _plain_ends(ends: dict[Direction, float], plot: Plot) -> Iterator[Markup]:
    for level in ends.values():
        path = f"M{number(plot.left)} {number(float(plot.y(level)))}H{number(plot.right)}"
        yield tag("path", d=path, class_="ink", stroke_width="2")


def _peaks(leg: LegMeasures, task: Task, plot: Plot) -> Iterator[Markup]:
    """Each peak at the right, then the typical one with its error."""
    for direction in DIRECTIONS[task]:
        measured = find_peaks(leg, task, direction)
        if measured is None:
            continue
        typical, sigma, peaks = (np.degrees(v) * _SIGN[direction] for v in measured)
        for peak in np.atleast_1d(peaks):
            yield tag("circle", cx=plot.right + 9.0, cy=float(plot.y(peak)), r="2", class_="dot")
        error = NORMAL_95 * abs(float(sigma))
        y0, y1 = float(plot.y(typical + error)), float(plot.y(typical - error))
        yield tag("path", d=f"M{number(plot.right + 20)} {number(y0)}V{number(y1)}", class_="ink",
                  stroke_width="2")  # fmt: skip
        yield tag("circle", cx=plot.right + 20.0, cy=float(plot.y(typical)), r="4.5", class_="dot")


def _title(task: Task, count: int, told: Telling) -> str:
    name = told.voice.word(task)
    return told.text("page.counted", task=f"{name[:1].upper()}{name[1:]}", count=count)


def _say_peaks(leg: LegMeasures, task: Task, told: Telling) -> str:
    said = []
    for direction in DIRECTIONS[task]:
        measured = find_peaks(leg, task, direction)
        if measured is not None:
            typical, sigma, _ = measured
            figure = told.figure(math.degrees(typical), NORMAL_95 * math.degrees(sigma))
            said.append(f"{told.voice.word(PANELS[direction], 'movement')} {figure}")
    return ", ".join(said)
