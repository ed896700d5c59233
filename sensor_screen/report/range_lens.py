"""The range lens, drawn once for page and paper: one quarter fan for each direction.

The foot points left, so the front opens to the left and the back to the right; neutral is at the
top and the own end range near the horizontal. All tracks share one linear scale up to 1.1. What is
drawn here holds no letters: a page sets names and figures as SVG text, paper as text of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LARGEST_RATIO = 1.10
"""Where the scale ends; what lies beyond stays there as an arrow, with its true figure."""
THICK: Mapping[str, float] = {
    "clear": 7.0, "close": 12.0, "near": 17.0, "beyond": 17.0, "plain": 9.0,
}  # fmt: skip
"""Of each band: zones differ in thickness, too."""
SWEEP = radians(82.0)
"""From neutral to the own end range."""
_GAP_PX = 0.8


@dataclass(frozen=True, slots=True)
class Track:
    """One task on the own range; all shares are of the end range, errors are 95 %."""

    ratio: float
    error: float
    each: tuple[float, ...] = ()
    """One share for each repetition."""
    close_from: float = 0.0
    near_from: float = 0.0
    zoned: bool = True
    """False where zones cannot be told apart, or may not be shown: one plain band."""
    doubtful: bool = False
    """The position itself is not judged: hollow, dashed, no needle."""
    name: str = ""
    figure: str = ""
    """As it is printed at the mark, where texts are part of the picture."""

    @property
    def bands(self) -> tuple[tuple[str, float, float], ...]:
        """Kind, beginning and end of each band."""
        if not self.zoned:
            return (("plain", 0.0, 1.0),)
        return (
            ("clear", 0.0, self.close_from),
            ("close", self.close_from, self.near_from),
            ("near", self.near_from, 1.0),
            ("beyond", 1.0, LARGEST_RATIO),
        )


@dataclass(frozen=True, slots=True)
class Fan:
    """Where a share of the range is in the picture, in its own units."""

    front: bool
    pivot_x: float
    pivot_y: float
    radii: tuple[float, ...]
    """Of the tracks, the most demanding task outside."""

    @property
    def side(self) -> float:
        """Of the picture to which it opens."""
        return -1.0 if self.front else 1.0

    def inner(self, tracks: int) -> float:
        """Radius of the innermost of so many tracks."""
        return self.radii[min(max(tracks, 1), len(self.radii)) - 1]

    def point(self, ratio: float, radius: float) -> tuple[float, float]:
        """Of a share on a circle."""
        angle = ratio * SWEEP
        return self.pivot_x + self.side * radius * sin(angle), self.pivot_y - radius * cos(angle)

    def at(self, ratio: float, radius: float) -> str:
        """The same as part of a path."""
        return " ".join(number(c) for c in self.point(ratio, radius))

    def arc(self, start: float, end: float, radius: float) -> str:
        """On the circle from one share to a larger one."""
        turn, r = 0 if self.front else 1, number(radius)
        return f"M{self.at(start, radius)}A{r} {r} 0 0 {turn} {self.at(end, radius)}"

    def ring(self, start: float, end: float, radius: float, thick: float) -> str:
        """A band, closed."""
        out, inn = radius + 0.5 * thick, radius - 0.5 * thick
        turn, r = 1 if self.front else 0, number(inn)
        back = f"L{self.at(end, inn)}A{r} {r} 0 0 {turn}"
        return f"{self.arc(start, end, out)}{back} {self.at(start, inn)}Z"

    def across(self, ratio: float, low: float, high: float) -> str:
        """From one circle to another."""
        return f"M{self.at(ratio, low)}L{self.at(ratio, high)}"


@dataclass(frozen=True, slots=True)
class Style:
    """How kinds of strokes and areas look: attributes of a path, and distances from the track."""

    looks: Mapping[str, str]
    """Attributes of `clear`, `close`, `near`, `beyond`, `plain`, `ink`, `dash`, `under`, `dot`
    and `hollow`, as they stand in the tag."""
    outside: float = 17.0
    """From the middle of the band to its mark."""
    ticks: tuple[float, float] = (15.5, 10.0)
    """Of the repetitions, inside of the band."""
    end: tuple[float, float] = (18.0, 28.0)
    """How far the end line reaches over the tracks, inside and outside."""


def number(value: float) -> str:
    """A coordinate: a tenth is less than the eye can tell."""
    return f"{value:.1f}".removesuffix(".0")


def clamp(ratio: float) -> float:
    """A share as far as the scale goes."""
    return min(max(ratio, 0.0), LARGEST_RATIO)


def draw_tracks(tracks: tuple[Track, ...], fan: Fan, style: Style) -> Iterator[str]:
    """Bands, repetitions and marks of as many tracks as the fan has circles."""
    for track, radius in zip(tracks, fan.radii, strict=False):
        yield from _bands(track, radius, fan, style)
        low, high = (radius - away for away in style.ticks)
        if ticks := "".join(fan.across(clamp(share), low, high) for share in track.each):
            yield _path(ticks, style, "ink", 1.2)
        yield from _mark(track, radius, fan, style)


def draw_end(tracks: int, fan: Fan, style: Style, *, by_pain: bool) -> Iterator[str]:
    """The strongest line of the picture: the zones are not."""
    inside, outside = style.end
    line = fan.across(1.0, fan.inner(tracks) - inside, fan.radii[0] + outside)
    yield _path(line, style, "under", 5.0)
    yield _path(line, style, "dash" if by_pain else "ink", 2.4)


def _path(d: str, style: Style, kind: str, wide: float = 0.0) -> str:
    stroke = f' stroke-width="{number(wide)}"' if wide else ""
    return f'<path d="{d}" {style.looks[kind]}{stroke}/>'


def _bands(track: Track, radius: float, fan: Fan, style: Style) -> Iterator[str]:
    gap = _GAP_PX / radius / SWEEP
    for kind, start, end in track.bands:
        if end - start > 2.0 * gap:
            yield _path(fan.ring(start + gap, end - gap, radius, THICK[kind]), style, kind)


def _mark(track: Track, radius: float, fan: Fan, style: Style) -> Iterator[str]:
    """Whisker and disc outside the band, and a needle across it."""
    out, at = radius + style.outside, clamp(track.ratio)
    low, high = clamp(track.ratio - track.error), clamp(track.ratio + track.error)
    if not track.doubtful:
        needle = fan.across(at, radius - 9.0, out)
        yield _path(needle, style, "under", 4.6)
        yield _path(needle, style, "ink", 2.0)
    yield _path(fan.arc(low, high, out), style, "dash" if track.doubtful else "ink", 2.0)
    caps = "".join(fan.across(share, out - 4.5, out + 4.5) for share in (low, high))
    yield _path(caps, style, "ink", 2.0)
    kind = "hollow" if track.doubtful else "dot"
    if 0.0 <= track.ratio <= LARGEST_RATIO:
        x, y = (number(c) for c in fan.point(at, out))
        yield f'<circle cx="{x}" cy="{y}" r="6" {style.looks[kind]} stroke-width="2"/>'
        return
    # Off the scale: an arrow head along the track.
    step = (8.0 if track.ratio > 1.0 else -8.0) / out / SWEEP
    tip, left, right = fan.at(at + step, out), fan.at(at, out - 6.0), fan.at(at, out + 6.0)
    yield _path(f"M{left}L{tip}L{right}Z", style, kind, 2.0)
