"""The range lens of the page: the fan with its names and figures, colours by class.

A strip below shows the last part again, wide enough to tell marks, errors and limits apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sin
from typing import TYPE_CHECKING

from sensor_screen.report.html.markup import Markup, join, picture, tag
from sensor_screen.report.range_lens import (
    LARGEST_RATIO,
    SWEEP,
    THICK,
    Fan,
    Style,
    Track,
    clamp,
    draw_end,
    draw_tracks,
    number,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_RADII = (238.0, 197.0, 156.0)
MOST_TRACKS = len(_RADII)
_PIVOT_Y = 266.0
_BOX = (372.0, 300.0)
_ZOOM_FROM = 0.70
_ZOOM_ROW = 34.0
_KINDS = ("clear", "close", "near", "beyond", "plain", "ink", "under", "dot", "hollow")
_STYLE = Style({kind: f'class="{kind}"' for kind in _KINDS} | {"dash": 'class="ink dash"'})


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
    fan = Fan(lens.front, 288.0 if lens.front else 84.0, _PIVOT_Y, _RADII)
    tracks = lens.tracks[:MOST_TRACKS]
    drawn = [*draw_tracks(tracks, fan, _STYLE)]
    end = draw_end(len(tracks), fan, _STYLE, by_pain=lens.end_by_pain)
    return picture(
        lens.id,
        _BOX,
        lens.title,
        lens.description,
        _neutral(lens, fan),
        Markup("".join(drawn)),
        *(_words(track, r, fan) for track, r in zip(tracks, _RADII, strict=False)),
        Markup("".join(end)),
        _end_label(lens),
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


def _words(track: Track, r: float, fan: Fan) -> Markup:
    """Its name beside the neutral line, and its figure before the whisker."""
    x = fan.pivot_x - 8.0 * fan.side
    name = tag("text", track.name, x=x, y=_PIVOT_Y - r + 4.0, class_="" if fan.front else "end")
    out = r + _STYLE.outside
    before = max(clamp(track.ratio - track.error) - 17.0 / out / SWEEP, -0.05)
    x, y = fan.point(before, out)
    # Where the arc falls steeply, the figure would lie on the band: it moves outwards.
    x += 11.0 * fan.side * sin(max(before, 0.0) * SWEEP) ** 3
    return join(name, tag("text", track.figure, x=x, y=y + 4.0, class_="b halo mid"))


def _neutral(lens: Lens, fan: Fan) -> Markup:
    x, inner = fan.pivot_x, fan.inner(len(lens.tracks))
    line = tag("path", d=f"M{number(x)} 20V{number(_PIVOT_Y - inner + 12.0)}", class_="edge")
    return join(line, tag("text", lens.neutral_label, x=x, y=10.0, class_="mid"))


def _end_label(lens: Lens) -> Markup:
    x, kind = (4.0, "b") if lens.front else (368.0, "b end")
    return tag("text", lens.end_label, x=x, y=296.0, class_=kind)


def _large(lens: Lens, fan: Fan) -> Markup:
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
            thick = THICK[kind] - 1.0
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
