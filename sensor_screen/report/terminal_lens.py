"""The range lens in letters: each task's typical peak on the person's own range, with its error.

One row a task: a mark for the typical peak and a whisker for its 95 % error, over a strip with the
zones. Tasks with the same limits share a strip. A mark that is not judged is hollow.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from sensor_screen.judgement import Zone
from sensor_screen.model import Task
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sensor_screen.judgement import Finding, ZoneBands
    from sensor_screen.model import Demand
    from sensor_screen.report.telling import Telling
    from sensor_screen.report.terminal_page import Page

LABEL_WIDTH = 15
VALUE_WIDTH = 12
_LARGEST_RATIO = 1.10
_INKS = {"░": "green", "▒": "amber", "▓": "red", "╱": "beyond", "┃": "bold"}


def draw_lens(findings: Iterable[Finding], page: Page, told: Telling) -> list[str]:
    """Rows and strips of one panel of one leg, the most demanding task first."""
    lines = []
    ordered = sorted(findings, key=lambda f: (_limits(f.bands), -f.demand.ratio))
    for _, group in groupby(ordered, key=lambda f: _limits(f.bands)):
        tasks = list(group)
        lines += [_draw_row(f.demand, page, told, hollow=_unjudged(f)) for f in tasks]
        lines += _draw_strip(tasks[0].bands, page)
    return lines


def draw_plain_lens(
    demands: Iterable[Demand], unclear: Collection[Task], page: Page, told: Telling
) -> list[str]:
    """The same without zones: each task on one plain track up to the own end range."""
    ordered = sorted(demands, key=lambda demand: -demand.ratio)
    rows = [_draw_row(d, page, told, hollow=d.task in unclear) for d in ordered]
    return [*rows, *_draw_strip(None, page)]


def _unjudged(finding: Finding) -> bool:
    return finding.zone is Zone.UNRESOLVED


def _limits(bands: ZoneBands) -> tuple[bool, float, float]:
    return not bands.resolved, round(bands.amber_from_rad, 3), round(bands.red_from_rad, 3)


def _scale(page: Page) -> tuple[int, int]:
    """Columns of the picture, and of the end range in it."""
    columns = page.width - LABEL_WIDTH - VALUE_WIDTH
    return columns, round((columns - 1) / _LARGEST_RATIO)


def _draw_row(demand: Demand, page: Page, told: Telling, *, hollow: bool) -> str:
    columns, end = _scale(page)
    ratio, error = demand.ratio, NORMAL_95 * demand.ratio_sigma
    low, at, high = (
        min(max(round(share * end), 0), columns - 1)
        for share in (ratio - error, ratio, ratio + error)
    )
    row = [" "] * columns
    row[low : high + 1] = ("╌" if hollow else "─") * (high - low + 1)
    row[low], row[high] = "├", "┤"
    row[at] = "○" if hollow else "●"
    if ratio > _LARGEST_RATIO:
        row[at] = "▶"
    elif ratio < 0.0:
        row[at] = "◀"
    label = page.words(told.voice.word(demand.task)).ljust(LABEL_WIDTH)
    value = page.words(told.figure(100 * ratio, 100 * error, " %")).ljust(VALUE_WIDTH)
    return label + value + "".join(row)


def _draw_strip(bands: ZoneBands | None, page: Page) -> list[str]:
    columns, end = _scale(page)
    margin = " " * (LABEL_WIDTH + VALUE_WIDTH)
    if bands is not None and bands.resolved:
        marks = [_mark(column / end, column - end, bands) for column in range(columns)]
        strip = "".join(page.paint("".join(run), _INKS[mark]) for mark, run in groupby(marks))
    else:
        strip = "·" * end + "┃" + ("·" if bands is None else "╱") * (columns - end - 1)
    return [margin + strip, margin + _axis(bands, columns, end)]


def _mark(share: float, past_end: int, bands: ZoneBands) -> str:
    """The letter of one column of the strip."""
    if past_end >= 0:
        return "╱" if past_end else "┃"
    angle_rad = share * bands.end_range_rad
    if angle_rad >= bands.red_from_rad:
        return "▓"
    return "▒" if angle_rad >= bands.amber_from_rad else "░"


def _axis(bands: ZoneBands | None, columns: int, end: int) -> str:
    """Per cent below the strip: the ends, the limits, and the middle where there is room."""
    shares = [0.0, 1.0]
    if bands is not None and bands.resolved:
        shares += [bands.red_from_rad / bands.end_range_rad,
                   bands.amber_from_rad / bands.end_range_rad]  # fmt: skip
    axis = [" "] * columns
    for share in (*shares, 0.5):
        text = "100 %" if share == 1.0 else f"{100 * share:.0f}"
        start = max(0, min(round(share * end) - (1 if share else 0), columns - len(text)))
        stop = start + len(text)
        if "".join(axis[max(0, start - 1) : stop + 1]).strip():
            continue
        axis[start:stop] = text
    return "".join(axis)


def legend(findings: Iterable[Finding], page: Page, told: Telling) -> list[str]:
    """What the letters of the lens mean; only those that were used."""
    found = list(findings)
    zones = [
        f"{mark} {told.voice.word(zone)}"
        for mark, zone in (
            ("░", Zone.GREEN), ("▒", Zone.AMBER), ("▓", Zone.RED), ("╱", Zone.BEYOND),
        )
    ]  # fmt: skip
    marks = f"├─●─┤ {told.text('lens.typical')}"
    if any(_unjudged(finding) for finding in found):
        marks += f"   ├╌○╌┤ {told.clinic('not_judged')}"
    lines = [*page.paragraph("  ".join(zones)), *page.paragraph(marks)]
    if any(finding.task == Task.KICK for finding in found):
        lines += page.paragraph(told.clinic("kick_scale"))
    return lines
