"""What was measured on one leg, in letters: repetitions, curve, time near the end, both sides."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.core.capacity import reference_capacity
from sensor_screen.core.repetitions import DIRECTIONS
from sensor_screen.judgement import PANELS
from sensor_screen.model import Condition, Direction, Task
from sensor_screen.report.measure_words import exposure_words, find_peaks, trend_words
from sensor_screen.report.terminal_curve import draw_curve
from sensor_screen.report.terminal_lens import LABEL_WIDTH
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import LegMeasures, Repetition, SideComparison
    from sensor_screen.report.telling import Telling
    from sensor_screen.report.terminal_page import Page

MOVEMENT_WIDTH = 10
FIGURE_WIDTH = 13

_MOST_LISTED = 24


def list_repetitions(leg: LegMeasures, page: Page, told: Telling) -> list[str]:
    """A row for each task and direction: typical peak, then each repetition."""
    lines: list[str] = []
    for task, directions in DIRECTIONS.items():
        reps = [r for r in leg.repetitions if r.task == task]
        if not reps:
            continue
        for direction in directions:
            lines += _list_peaks(leg, task, direction, page, told)
        lines += _list_impacts(reps, page, told)
        lines += _left_out(reps, page, told, named=any(r.counted for r in reps))
    return _with_head(lines, page, told)


def _with_head(lines: list[str], page: Page, told: Telling) -> list[str]:
    if not lines:
        return []
    width = LABEL_WIDTH + MOVEMENT_WIDTH
    words = [page.words(told.text(f"heading.{key}")) for key in ("repetitions", "peak", "each")]
    head = words[0].ljust(width) + words[1].ljust(FIGURE_WIDTH) + words[2]
    return ["", *page.heading(head), *lines]


def _list_impacts(reps: Sequence[Repetition], page: Page, told: Telling) -> list[str]:
    """How far the ankle points just before each ball contact, and what full scale hides."""
    kicks = [r.kick for r in reps if r.kick is not None and r.counted]
    points = [
        told.number(math.degrees(-kick.plantarflexion_before_impact_rad))
        for kick in kicks
        if kick.struck and math.isfinite(kick.plantarflexion_before_impact_rad)
    ]
    indent = " " * LABEL_WIDTH
    lines = []
    if points:
        text = told.text("before_ball", points=" ".join(points[:_MOST_LISTED]))
        lines += page.paragraph(text, first=indent, indent=indent + "  ")
    clipped = sum(kick.clipped for kick in kicks)
    if clipped:
        text = told.text("full_scale", clipped=clipped, count=len(kicks))
        lines += page.paragraph(text, first=indent, indent=indent + "  ", style="dim")
    return lines


def _list_peaks(
    leg: LegMeasures, task: Task, direction: Direction, page: Page, told: Telling
) -> list[str]:
    measured = find_peaks(leg, task, direction)
    if measured is None:
        return []
    typical_rad, sigma_rad, peaks_rad = measured
    peaks = [told.number(math.degrees(peak)) for peak in peaks_rad]
    more = len(peaks) - _MOST_LISTED
    listed = " ".join(peaks[:_MOST_LISTED])
    listed += f" … {told.text('more', count=more)}" if more > 0 else ""
    typical = told.figure(math.degrees(typical_rad), NORMAL_95 * math.degrees(sigma_rad))
    words = (told.voice.word(task), told.movement(direction), typical)
    widths = (LABEL_WIDTH, MOVEMENT_WIDTH, FIGURE_WIDTH)
    head = "".join(page.words(w).ljust(n) for w, n in zip(words, widths, strict=True))
    return page.paragraph(listed, first=head, indent=" " * len(head))


def _left_out(reps: Sequence[Repetition], page: Page, told: Telling, *, named: bool) -> list[str]:
    """What was not counted, by reason; with the task where no row above names it."""
    reasons = [r.reason for r in reps if not r.counted]
    lines: list[str] = []
    for reason in dict.fromkeys(reasons):
        text = told.text(
            "left_uncounted",
            left=reasons.count(reason),
            count=len(reps),
            reason=told.measured(reason),
        )
        indent = " " * LABEL_WIDTH
        head = indent if named or lines else page.words(told.voice.word(reps[0].task))
        first = head.ljust(LABEL_WIDTH)
        lines += page.paragraph(text, first=first, indent=indent + "  ", style="dim")
    return lines


def show_curve(leg: LegMeasures, page: Page, told: Telling) -> list[str]:
    """The angle over the recording, with its own end ranges."""
    if leg.angle is None:
        return []
    ends_deg = [
        math.degrees(capacity.value_rad) * (1.0 if direction == Direction.DORSIFLEXION else -1.0)
        for direction in Direction
        if (capacity := reference_capacity(leg.capacities, leg.side, direction))
    ]
    curve = draw_curve(leg.angle, leg.repetitions, ends_deg, page, told)
    if not curve:
        return []
    dotted = told.text("dotted") if ends_deg else ""
    return ["", *page.heading(told.text("heading.curve"), dotted), *curve]


def list_exposure(leg: LegMeasures, page: Page, told: Telling) -> list[str]:
    """Time near the own end range, and whether the peaks changed from first to last."""
    lines = []
    for demand in leg.demands:
        near = [] if told.plain else exposure_words(demand, told)
        words = [*near, *trend_words(demand, told)]
        if words:
            name = f"{_capital(told.voice.word(demand.task))}, {told.movement(demand.direction)}: "
            lines += page.paragraph(name + "; ".join(words) + ".", indent="  ")
    return lines


def list_comparisons(comparisons: Sequence[SideComparison], page: Page, told: Telling) -> list[str]:
    """A row for each end range and typical peak of both legs; *alike* is within the 95 % error."""
    lines = []
    for one in comparisons:
        test, _, direction = one.what.partition(", ")
        if one.measure not in ("end range", "typical peak") or test == Condition.SEATED:
            continue
        name = (
            f"{told.what(test.replace(' ', '_'))}, {told.voice.word(PANELS[Direction(direction)])}"
        )
        left, right = (f"{told.number(math.degrees(v))}°" for v in (one.left, one.right))
        gap = told.figure(abs(math.degrees(one.difference)), NORMAL_95 * math.degrees(one.sigma))
        is_told = abs(one.difference) > NORMAL_95 * one.sigma
        larger = "left_larger" if one.difference > 0 else "right_larger"
        verdict = page.words(told.text(f"sides.{larger if is_told else 'alike'}"))
        lines.append(_columns(page, name, left, right, gap) + verdict)
    if not lines:
        return []
    head = [told.text(f"sides.{key}") for key in ("left", "right", "gap")]
    return [_columns(page, "", *head), *lines]


def _columns(page: Page, name: str, left: str, right: str, gap: str) -> str:
    words = [page.words(word) for word in (name, left, right, gap)]
    return "".join(word.ljust(width) for word, width in zip(words, (23, 7, 7, 12), strict=True))


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]
