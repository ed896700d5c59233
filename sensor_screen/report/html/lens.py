"""The range lens: each task's typical peak on the person's own range, one quarter fan a direction.

The foot points left, so the front opens to the left and the back to the right; neutral is at the
top and the own end range near the horizontal. All tracks share one linear scale up to 1.1. A strip
below shows the last part again, wide enough to tell marks, errors and limits apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin
from typing import TYPE_CHECKING

from sensor_screen.report.html.markup import Markup, join, number, picture, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST_RATIO = 1.10
"""Where the scale ends; what lies beyond stays there as an arrow, with its true figure."""
MOST_TRACKS = 3
_SWEEP = radians(82.0)
_RADII = (238.0, 197.0, 156.0)
_PIVOT_Y = 266.0
_BOX = (372.0, 300.0)
_THICK = {"clear": 7.0, "close": 12.0, "near": 17.0, "beyond": 17.0, "plain": 9.0}
_GAP_PX = 0.8
_ZOOM_FROM = 0.70
_ZOOM_ROW = 34.0


@dataclass(frozen=True, slots=True)
class Track:
    """One task on the own range; all shares are of the end range, errors are 95 %."""

    name: str
    ratio: float
    error: float
    figure: str
    """As it is printed at the mark."""
    each: tuple[float, ...] = ()
    """One share for each repetition."""
    close_from: float = 0.0
    near_from: float = 0.0
    zoned: bool = True
    """False where zones cannot be told apart, or may not be shown: one plain band."""
    doubtful: bool = False
    """The position itself is not judged: hollow, dashed, no needle."""

    @property
    def bands(self) -> tuple[tuple[str, float, float], ...]:
        """Class, beginning and end of each band."""
        if not self.zoned:
            return (("plain", 0.0, 1.0),)
        return (
            ("clear", 0.0, self.close_from),
            ("close", self.close_from, self.near_from),
            ("near", self.near_from, 1.0),
            ("beyond", 1.0, LARGEST_RATIO),
        )


@dataclass(frozen=True, slots=True)
class Lens:
    """Everything that one picture shows; texts are said already."""

    id: str
    front: bool
    tracks: tuple[Track, ...]
    """The most demanding first."""
    end_label: str
    end_by_pain: bool
    neutral_label: str
    large: str
    """The figure of the most demanding judged task, or a dash."""
    below: tuple[str, str]
    title: str
    description: str
    zoom_title: str


def draw_lens(lens: Lens) -> Markup:
    """The fan of one side of one joint."""
    fan = _Fan(lens.front)
    tracks = lens.tracks[:MOST_TRACKS]
    drawn = [_track(track, r, fan) for track, r in zip(tracks, _RADII, strict=False)]
    inner = _RADII[max(len(tracks), 1) - 1]
    return picture(
        lens.id,
        _BOX,
        lens.title,
        lens.description,
        _neutral(lens, fan, inner),
        *drawn,
        _end_line(lens, fan, inner),
        _large(lens, fan),
    )


def draw_zoom(lens: Lens, axis: Sequence[str]) -> Markup:
    """The last part of the range as a straight strip, a row each task that reaches it.

    Args:
        lens: As for the fan.
        axis: Labels of 70, 80, 90 and 100 per cent, and of what lies past it.
    """
    rows = [t for t in lens.tracks if t.ratio + t.error > _ZOOM_FROM]
    if not rows:
        return Markup()
    bottom = _ZOOM_ROW * len(rows) + 6.0
    lines = [_zoom_row(track, 6.0 + _ZOOM_ROW * i) for i, track in enumerate(rows)]
    end = _zoom_x(1.0)
    ticks = [
        tag(
            "text",
            text,
            x=_zoom_x(share),
            y=bottom + 14.0,
            class_="mid b" if share == 1.0 else "mid",
        )
        for text, share in zip(axis, (0.7, 0.8, 0.9, 1.0), strict=True)
    ]
    line = tag(
        "path", d=f"M{number(end)} 2V{number(bottom)}", class_=_dash(lens), stroke_width="2.4"
    )
    return picture(
        f"{lens.id}-zoom",
        (372.0, bottom + 20.0),
        lens.zoom_title,
        lens.description,
        *lines,
        line,
        *ticks,
        class_="zoom",
    )


def _dash(lens: Lens) -> str:
    return "ink dash" if lens.end_by_pain else "ink"


@dataclass(frozen=True, slots=True)
class _Fan:
    front: bool

    @property
    def side(self) -> float:
        return -1.0 if self.front else 1.0

    @property
    def pivot_x(self) -> float:
        return 288.0 if self.front else 84.0

    def point(self, ratio: float, r: float) -> tuple[float, float]:
        angle = ratio * _SWEEP
        return self.pivot_x + self.side * r * sin(angle), _PIVOT_Y - r * cos(angle)

    def at(self, ratio: float, r: float) -> str:
        return " ".join(number(c) for c in self.point(ratio, r))

    def arc(self, start: float, end: float, r: float) -> str:
        """On the circle from one share to a larger one."""
        turn = 0 if self.front else 1
        return f"M{self.at(start, r)}A{number(r)} {number(r)} 0 0 {turn} {self.at(end, r)}"

    def ring(self, start: float, end: float, r: float, thick: float) -> str:
        """A band, closed."""
        out, inn = r + 0.5 * thick, r - 0.5 * thick
        turn = 0 if self.front else 1
        back = f"L{self.at(end, inn)}A{number(inn)} {number(inn)} 0 0 {1 - turn}"
        return f"{self.arc(start, end, out)}{back} {self.at(start, inn)}Z"

    def across(self, ratio: float, low: float, high: float) -> str:
        return f"M{self.at(ratio, low)}L{self.at(ratio, high)}"


def _clamp(ratio: float) -> float:
    return min(max(ratio, 0.0), LARGEST_RATIO)


def _track(track: Track, r: float, fan: _Fan) -> Markup:
    gap = _GAP_PX / r / _SWEEP
    bands = [
        tag("path", d=fan.ring(start + gap, end - gap, r, _THICK[kind]), class_=kind)
        for kind, start, end in track.bands
        if end - start > 2.0 * gap
    ]
    # Repetitions on the inner side, one tick each.
    ticks = "".join(fan.across(_clamp(share), r - 15.5, r - 10.0) for share in track.each)
    each = tag("path", d=ticks, class_="ink", stroke_width="1.2") if ticks else Markup()
    return join(*bands, each, _mark(track, r, fan), _name(track, r, fan))


def _name(track: Track, r: float, fan: _Fan) -> Markup:
    x = fan.pivot_x - 8.0 * fan.side
    return tag("text", track.name, x=x, y=_PIVOT_Y - r + 4.0, class_="" if fan.front else "end")


def _mark(track: Track, r: float, fan: _Fan) -> Markup:
    """Whisker and disc outside the band, a needle across it, and the figure before the whisker."""
    out, at = r + 17.0, _clamp(track.ratio)
    low, high = _clamp(track.ratio - track.error), _clamp(track.ratio + track.error)
    dash = " dash" if track.doubtful else ""
    parts = []
    if not track.doubtful:
        needle = fan.across(at, r - 9.0, out)
        parts += [
            tag("path", d=needle, class_="under", stroke_width="4.6"),
            tag("path", d=needle, class_="ink", stroke_width="2"),
        ]
    whisker = fan.arc(low, high, out)
    caps = fan.across(low, out - 4.5, out + 4.5) + fan.across(high, out - 4.5, out + 4.5)
    parts += [
        tag("path", d=whisker, class_="ink" + dash, stroke_width="2"),
        tag("path", d=caps, class_="ink", stroke_width="2"),
        _disc(track, fan, at, out),
    ]
    before = max(low - 17.0 / out / _SWEEP, -0.05)
    x, y = fan.point(before, out)
    # Where the arc falls steeply, the figure would lie on the band: it moves outwards.
    x += 11.0 * fan.side * sin(max(before, 0.0) * _SWEEP) ** 3
    text = tag("text", track.figure, x=x, y=y + 4.0, class_="b halo mid")
    return join(*parts, text)


def _disc(track: Track, fan: _Fan, at: float, r: float) -> Markup:
    x, y = fan.point(at, r)
    kind = "hollow" if track.doubtful else "dot"
    if 0.0 <= track.ratio <= LARGEST_RATIO:
        return tag("circle", cx=x, cy=y, r="6", class_=kind, stroke_width="2")
    # Off the scale: an arrow head along the track.
    step = (8.0 if track.ratio > 1.0 else -8.0) / r / _SWEEP
    tip, left, right = fan.at(at + step, r), fan.at(at, r - 6.0), fan.at(at, r + 6.0)
    return tag("path", d=f"M{left}L{tip}L{right}Z", class_=kind, stroke_width="2")


def _neutral(lens: Lens, fan: _Fan, inner: float) -> Markup:
    x = fan.pivot_x
    line = tag("path", d=f"M{number(x)} 20V{number(_PIVOT_Y - inner + 12.0)}", class_="edge")
    return join(line, tag("text", lens.neutral_label, x=x, y=10.0, class_="mid"))


def _end_line(lens: Lens, fan: _Fan, inner: float) -> Markup:
    """The strongest line of the picture: the zones are not."""
    line = fan.across(1.0, inner - 18.0, _RADII[0] + 28.0)
    return join(
        tag("path", d=line, class_="under", stroke_width="5"),
        tag("path", d=line, class_=_dash(lens), stroke_width="2.4"),
        tag("text", lens.end_label, x=4.0 if fan.front else 368.0, y=296.0,
            class_="b" if fan.front else "b end"),
    )  # fmt: skip


def _large(lens: Lens, fan: _Fan) -> Markup:
    """Beside its words, so that it cannot be read as a score."""
    x = fan.pivot_x + (42.0 if fan.front else -42.0)
    kind = " end" if fan.front else ""
    first, second = lens.below
    return join(
        tag("text", lens.large, x=x, y=210.0, class_="big" + kind),
        tag("text", first, x=x, y=229.0, class_="sub" + kind),
        tag("text", second, x=x, y=249.0, class_="sub" + kind),
    )


def _zoom_x(ratio: float) -> float:
    share = (min(max(ratio, _ZOOM_FROM), LARGEST_RATIO) - _ZOOM_FROM) / (LARGEST_RATIO - _ZOOM_FROM)
    return 8.0 + 356.0 * share


def _zoom_row(track: Track, top: float) -> Markup:
    y = top + 22.0
    bands = []
    for kind, start, end in track.bands:
        x0, x1 = _zoom_x(start), _zoom_x(end)
        if x1 > x0:
            thick = _THICK[kind] - 1.0
            bands.append(
                tag(
                    "rect",
                    x=x0 + 0.5,
                    y=y - 0.5 * thick,
                    width=x1 - x0 - 1.0,
                    height=thick,
                    class_=kind,
                )
            )
    low, at, high = (_zoom_x(track.ratio + e) for e in (-track.error, 0.0, track.error))
    dash = " dash" if track.doubtful else ""
    whisker = f"M{number(low)} {number(y)}H{number(high)}"
    # An end of the whisker that lies outside has no cap.
    ends = (low, track.ratio - track.error), (high, track.ratio + track.error)
    inner = [x for x, share in ends if _ZOOM_FROM <= share <= LARGEST_RATIO]
    caps = "".join(f"M{number(x)} {number(y - 5)}v10" for x in inner)
    inside = _ZOOM_FROM <= track.ratio <= LARGEST_RATIO
    kind = "hollow" if track.doubtful else "dot"
    disc = tag("circle", cx=at, cy=y, r="6", class_=kind, stroke_width="2") if inside else Markup()
    if track.ratio > LARGEST_RATIO:
        disc = tag(
            "path", d=f"M{number(at)} {number(y - 6)}l8 6l-8 6Z", class_=kind, stroke_width="2"
        )
    name = tag("text", f"{track.name}  {track.figure}", x=8.0, y=top + 10.0)
    return join(
        *bands,
        tag("path", d=whisker + caps, class_="under", stroke_width="5"),
        tag("path", d=whisker, class_="ink" + dash, stroke_width="2"),
        tag("path", d=caps, class_="ink", stroke_width="2") if caps else "",
        disc,
        name,
    )
