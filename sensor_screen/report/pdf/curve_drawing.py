"""The angle over a recording as a small picture: gaps stay gaps, and every peak is in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.report.curve import thin_curve
from sensor_screen.report.pdf import tokens

if TYPE_CHECKING:
    from sensor_screen.model import AngleTrace

WIDTH, HEIGHT = 1000.0, 190.0
_POINTS = 900
_ROOM_DEG = 4.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """A curve, and where its numbers go: shares of the width and of the height from the top."""

    svg: str
    highest_deg: float
    lowest_deg: float
    start_s: float
    end_s: float
    angle_ticks: tuple[tuple[float, float], ...]
    time_ticks: tuple[tuple[float, float], ...]


def draw_curve(angle: AngleTrace, ends_deg: list[float]) -> Drawing | None:
    """The valid parts of an angle with dotted end ranges; None where there is nothing to draw."""
    curve = thin_curve(angle, _POINTS)
    shown = np.where(curve.valid, curve.dorsiflexion_deg, np.nan)
    known = shown[np.isfinite(shown)]
    if known.size < 2 or curve.time_s[-1] <= curve.time_s[0]:
        return None
    highest, lowest = float(known.max()), float(known.min())
    top = max(highest, *ends_deg, 10.0) + _ROOM_DEG
    bottom = min(lowest, *ends_deg, -10.0) - _ROOM_DEG
    start, end = float(curve.time_s[0]), float(curve.time_s[-1])

    def across(time_s: float) -> float:
        return (time_s - start) / (end - start)

    def down(angle_deg: float) -> float:
        return (top - angle_deg) / (top - bottom)

    parts = [_level(down(0.0), tokens.EDGE, "")]
    parts += [_level(down(end_deg), tokens.INK, ' stroke-dasharray="2 5"') for end_deg in ends_deg]
    points = zip(curve.time_s.tolist(), shown.tolist(), strict=True)
    path = _path([(across(t), down(a)) if math.isfinite(a) else None for t, a in points])
    parts.append(f'<path d="{path}" fill="none" stroke="{tokens.INK}" stroke-width="1.5"/>')
    size = f'width="{WIDTH:g}" height="{HEIGHT:g}" viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
    return Drawing(
        svg=f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>',
        highest_deg=highest,
        lowest_deg=lowest,
        start_s=start,
        end_s=end,
        angle_ticks=tuple((a, down(a)) for a in _ticks(bottom, top, 20.0)),
        time_ticks=tuple((t, across(t)) for t in _ticks(start, end, _step(end - start))),
    )


def _step(long_s: float) -> float:
    """A round number of seconds that gives 4 to 10 of them."""
    return next((s for s in (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0) if long_s / s <= 10), 120.0)


def _ticks(least: float, most: float, step: float) -> list[float]:
    first = math.ceil(least / step)
    return [number * step for number in range(first, math.floor(most / step) + 1)][:24]


def _level(share: float, ink: str, more: str) -> str:
    y = share * HEIGHT
    place = f'x1="0" y1="{y:.1f}" x2="{WIDTH:g}" y2="{y:.1f}"'
    return f'<line {place} stroke="{ink}" stroke-width="1"{more}/>'


def _path(points: list[tuple[float, float] | None]) -> str:
    """Moves and lines; a new move after every gap."""
    parts, pen_down = [], False
    for point in points:
        if point is not None:
            x, y = point
            parts.append(f"{'L' if pen_down else 'M'}{x * WIDTH:.1f} {y * HEIGHT:.1f}")
        pen_down = point is not None
    return "".join(parts)
