"""The range lens on paper: a quarter fan, neutral at the top, the own end range nearly level.

The picture holds no letters: names and figures are set over it by the template, so that they are
text for whoever reads, searches or hears the page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.report.pdf import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH, HEIGHT = 276.0, 292.0
RADII = (234.0, 186.0, 138.0)
"""Of the tracks, the most demanding task outside."""
LARGEST = 1.10
_PIVOT_Y = 268.0
_MARGIN = 8.0
"""Beside the neutral line, where the template sets names."""
_FAN = math.radians(82.0)
_CLEAR_WIDE, _CLOSE_WIDE, _NEAR_WIDE = 7.0, 12.0, 17.0
_MARK = 18.0
"""From the middle of the band to its mark."""


@dataclass(frozen=True, slots=True)
class Track:
    """One task on the own range; ratios are shares of the end range."""

    ratio: float
    error_95: float
    each: tuple[float, ...]
    amber_from: float
    """nan: no zones."""
    red_from: float
    hollow: bool = False
    """Not judged, or too unsure to be."""


def draw_lens(tracks: tuple[Track, ...], *, front: bool, by_pain: bool = False) -> str:
    """The picture as SVG; the front is a fan to the left, the back one to the right."""
    fan = _Fan(front)
    parts = [part for track, r in zip(tracks, RADII, strict=False) for part in _draw(track, r, fan)]
    if tracks:
        inner = RADII[min(len(tracks), len(RADII)) - 1]
        ends = (fan.at(1.0, inner - 24.0), fan.at(1.0, RADII[0] + 28.0))
        dash = ' stroke-dasharray="7 4"' if by_pain else ""
        parts.append(_line(*ends, tokens.INK, 2.6, dash))
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>'


@dataclass(frozen=True, slots=True)
class _Fan:
    """Where a share of the range is on the paper."""

    front: bool

    @property
    def pivot_x(self) -> float:
        return WIDTH - _MARGIN if self.front else _MARGIN

    def at(self, ratio: float, radius: float) -> tuple[float, float]:
        angle = min(max(ratio, 0.0), LARGEST) * _FAN
        sign = -1.0 if self.front else 1.0
        return (
            self.pivot_x + sign * radius * math.sin(angle),
            _PIVOT_Y - radius * math.cos(angle),
        )

    def arc(self, start: float, end: float, radius: float) -> str:
        (x0, y0), (x1, y1) = self.at(start, radius), self.at(end, radius)
        sweep = 0 if self.front else 1
        return f"M{x0:.1f} {y0:.1f}A{radius:g} {radius:g} 0 0 {sweep} {x1:.1f} {y1:.1f}"


def _draw(track: Track, radius: float, fan: _Fan) -> Iterator[str]:
    yield from _bands(track, radius, fan)
    for ratio in track.each:
        if 0.0 <= ratio <= LARGEST:
            yield _line(fan.at(ratio, radius - 13.0), fan.at(ratio, radius - 19.0), tokens.INK, 1.1)
    yield from _mark(track, radius, fan)


def _bands(track: Track, radius: float, fan: _Fan) -> Iterator[str]:
    if not math.isfinite(track.amber_from + track.red_from):
        yield _band(fan.arc(0.0, 1.0, radius), tokens.PLAIN, tokens.EDGE, _CLEAR_WIDE)
        return
    zones = (
        (0.0, track.amber_from, tokens.CLEAR, tokens.CLEAR_EDGE, _CLEAR_WIDE),
        (track.amber_from, track.red_from, tokens.CLOSE, tokens.CLOSE_EDGE, _CLOSE_WIDE),
        (track.red_from, 1.0, tokens.NEAR, tokens.NEAR, _NEAR_WIDE),
    )
    for start, end, ink, edge, wide in zones:
        if end - start > 1e-6:
            yield _band(fan.arc(start, end, radius), ink, edge, wide)
    yield _band(fan.arc(1.0, LARGEST, radius), tokens.PAPER, tokens.NEAR, _NEAR_WIDE)
    half = _NEAR_WIDE / 2
    for step in range(6):
        ratio = 1.0 + step * (LARGEST - 1.0) / 6
        slant = ratio + (LARGEST - 1.0) / 6
        yield _line(fan.at(ratio, radius - half), fan.at(slant, radius + half), tokens.NEAR, 1.6)


def _band(path: str, ink: str, edge: str, wide: float) -> str:
    """A band with its edge: a wider stroke below a narrower one."""
    return (
        f'<path d="{path}" fill="none" stroke="{edge}" stroke-width="{wide + 1.4:g}"/>'
        f'<path d="{path}" fill="none" stroke="{ink}" stroke-width="{wide - 1.4:g}"/>'
    )


def _mark(track: Track, radius: float, fan: _Fan) -> Iterator[str]:
    """Typical peak, the needle through its band, and the error about it."""
    out = radius + _MARK
    low, high = (track.ratio + sign * track.error_95 for sign in (-1.0, 1.0))
    low, high = max(low, 0.0), min(high, LARGEST)
    if high > low:
        dash = ' stroke-dasharray="5 3"' if track.hollow else ""
        path = fan.arc(low, high, out)
        yield f'<path d="{path}" fill="none" stroke="{tokens.INK}" stroke-width="1.8"{dash}/>'
        for ratio in (low, high):
            yield _line(fan.at(ratio, out - 5.0), fan.at(ratio, out + 5.0), tokens.INK, 1.8)
    if not track.hollow:
        ends = (fan.at(track.ratio, radius - 9.5), fan.at(track.ratio, out))
        yield _line(*ends, tokens.PAPER, 5.0)
        yield _line(*ends, tokens.INK, 2.2)
    x, y = fan.at(track.ratio, out)
    fill = tokens.PAPER if track.hollow else tokens.INK
    if track.ratio > LARGEST:  # past the paper: a pointer, the true figure is beside it
        tip = fan.at(LARGEST, out)
        points = " ".join(
            f"{tip[0] + dx:.1f},{tip[1] + dy:.1f}" for dx, dy in ((-7, -6), (7, -6), (0, 8))
        )
        yield f'<polygon points="{points}" fill="{fill}" stroke="{tokens.INK}" stroke-width="1.8"/>'
        return
    circle = f'cx="{x:.1f}" cy="{y:.1f}" r="6"'
    yield f'<circle {circle} fill="{fill}" stroke="{tokens.INK}" stroke-width="2"/>'


def _line(
    start: tuple[float, float], end: tuple[float, float], ink: str, wide: float, more: str = ""
) -> str:
    (x0, y0), (x1, y1) = start, end
    place = f'x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"'
    return f'<line {place} stroke="{ink}" stroke-width="{wide:g}"{more}/>'


def label_heights() -> tuple[float, ...]:
    """Of the names beside the neutral line, in the picture's own units."""
    return tuple(_PIVOT_Y - radius for radius in RADII)
