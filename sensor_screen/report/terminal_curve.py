"""The angle over the recording as a small picture made of braille dots, or of stars in ASCII.

Each column of dots spans the lowest to the highest valid angle of its time. Gaps stay gaps.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import AngleTrace, Bools, Floats, Repetition
    from sensor_screen.report.telling import Telling
    from sensor_screen.report.terminal_page import Page

_ROWS = 8
_LABEL_WIDTH = 6
_DOT_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""Bit of each dot of a braille letter, four down and two across (Unicode block U+2800)."""


def draw_curve(
    angle: AngleTrace,
    repetitions: Sequence[Repetition],
    end_ranges_deg: Sequence[float],
    page: Page,
    told: Telling,
) -> list[str]:
    """The curve, the own end ranges as dotted lines, repetitions below, then the time.

    Args:
        angle: The ankle of one leg.
        repetitions: Its repetitions; those not counted are dotted.
        end_ranges_deg: Levels of the end ranges, plantarflexion negative.
        page: Where it is written.
        told: In which words.
    """
    shown = np.where(angle.valid, np.degrees(angle.dorsiflexion_rad), np.nan)
    if not np.isfinite(shown).any():
        return []
    columns = page.width - _LABEL_WIDTH
    across, down = (1, 1) if page.ascii_only else (2, 4)
    low_deg, high_deg = _range(shown, end_ranges_deg)
    step_deg = (high_deg - low_deg) / (_ROWS * down - 1)
    dots = _dots(shown, (_ROWS * down, columns * across), low_deg, step_deg)
    for level in end_ranges_deg:
        dots[round((high_deg - level) / step_deg), :: 2 * across] = True
    labels = _labels(low_deg, high_deg, end_ranges_deg, page)
    lines = [label + text for label, text in zip(labels, _letters(dots, page), strict=True)]
    return [*lines, *_strip(angle, repetitions, columns, page, told)]


def _range(shown: Floats, end_ranges_deg: Sequence[float]) -> tuple[float, float]:
    """Round limits in degrees that hold the curve, zero and the end ranges."""
    values = [float(np.nanmin(shown)), float(np.nanmax(shown)), 0.0, *end_ranges_deg]
    low, high = 10.0 * np.floor(min(values) / 10.0), 10.0 * np.ceil(max(values) / 10.0)
    return float(low), float(max(high, low + 10.0))


def _dots(shown: Floats, shape: tuple[int, int], low_deg: float, step_deg: float) -> Bools:
    """(rows, columns) true where there is ink, top row first."""
    rows, columns = shape
    dots = np.zeros(shape, dtype=np.bool_)
    edges = np.linspace(0, shown.size, columns + 1).astype(np.intp)
    for column, (start, stop) in enumerate(pairwise(edges)):
        # One sample more, so that a steep curve has no holes between two columns.
        part = shown[start : max(stop, start + 1) + 1]
        part = part[np.isfinite(part)]
        if part.size:
            bottom = rows - 1 - round((part.min() - low_deg) / step_deg)
            top = rows - 1 - round((part.max() - low_deg) / step_deg)
            dots[max(top, 0) : bottom + 1, column] = True
    return dots


def _letters(dots: Bools, page: Page) -> list[str]:
    if page.ascii_only:
        return ["".join("*" if dot else " " for dot in row) for row in dots]
    cells = dots.reshape(_ROWS, 4, -1, 2).transpose(0, 2, 1, 3)
    codes = 0x2800 + (cells * _DOT_BITS).sum(axis=(2, 3))
    return ["".join(map(chr, row)).replace("\u2800", " ") for row in codes.tolist()]


def _labels(
    low_deg: float, high_deg: float, end_ranges_deg: Sequence[float], page: Page
) -> list[str]:
    """Degrees at the left: top, bottom, zero and the end ranges; without sign, as people speak."""
    unit = "" if page.ascii_only else "°"
    labels = [" " * _LABEL_WIDTH] * _ROWS
    for level in (0.0, low_deg, high_deg, *end_ranges_deg):
        row = round((high_deg - level) / (high_deg - low_deg) * (_ROWS - 1))
        labels[row] = f"{abs(level):.0f}{unit}".rjust(_LABEL_WIDTH - 2) + "  "
    return labels


def _strip(
    angle: AngleTrace,
    repetitions: Sequence[Repetition],
    columns: int,
    page: Page,
    told: Telling,
) -> list[str]:
    """Where repetitions are, where nothing is valid, and the time."""
    start_s, end_s = float(angle.time_s[0]), float(angle.time_s[-1])
    per_s = (columns - 1) / max(end_s - start_s, 1e-9)
    marks = [" "] * columns
    for repetition in repetitions:
        first = round((repetition.start_s - start_s) * per_s)
        last = max(first + 1, round((repetition.end_s - start_s) * per_s))
        # The last column stays free, so that neighbours can be told apart.
        for column in range(max(first, 0), min(last, columns)):
            marks[column] = "─" if repetition.counted else "╌"
    margin = " " * _LABEL_WIDTH
    start, end = f"{start_s:.0f} s", f"{end_s:.0f} s"
    time = start + end.rjust(columns - len(start))
    lines = [margin + "".join(marks)] if repetitions else []
    note = ""
    if any(not r.counted for r in repetitions):
        note = page.words(f"─ {told.text('repetition')}  ╌ {told.text('not_counted')}")
    if note and len(start) + len(note) + len(end) + 4 <= columns:
        time = start + note.center(columns - len(start) - len(end)) + end
    return [*lines, margin + page.words(time)]
