"""The range lens on paper: the fan without letters, colours by attribute.

Names and figures are set over it by the template, so that they are text for whoever reads, searches
or hears the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.report.pdf import tokens
from sensor_screen.report.range_lens import Fan, Style, draw_end, draw_tracks

if TYPE_CHECKING:
    from sensor_screen.report.range_lens import Track

WIDTH, HEIGHT = 276.0, 292.0
RADII = (234.0, 186.0, 138.0)
"""Of the tracks, the most demanding task outside."""
_PIVOT_Y = 268.0
_MARGIN = 8.0
"""Beside the neutral line, where the template sets names."""


def _area(ink: str, edge: str) -> str:
    return f'fill="{ink}" stroke="{edge}"'


_INK = f'fill="none" stroke="{tokens.INK}"'
_HATCH = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
    f'patternTransform="rotate(45)"><rect width="6" height="6" fill="{tokens.PAPER}"/>'
    f'<rect width="2.4" height="6" fill="{tokens.NEAR}"/></pattern></defs>'
)
_STYLE = Style(
    {
        "clear": _area(tokens.CLEAR, tokens.CLEAR_EDGE),
        "close": _area(tokens.CLOSE, tokens.CLOSE_EDGE),
        "near": _area(tokens.NEAR, tokens.NEAR),
        "beyond": _area("url(#hatch)", tokens.NEAR),
        "plain": _area(tokens.PLAIN, tokens.EDGE),
        "ink": _INK,
        "dash": f'{_INK} stroke-dasharray="5 3"',
        "under": f'fill="none" stroke="{tokens.PAPER}"',
        "dot": _area(tokens.INK, tokens.INK),
        "hollow": _area(tokens.PAPER, tokens.INK),
    },
    outside=18.0,
    ticks=(19.0, 13.0),
    end=(24.0, 28.0),
)


def draw_lens(tracks: tuple[Track, ...], *, front: bool, by_pain: bool = False) -> str:
    """The picture as SVG; the front is a fan to the left, the back one to the right."""
    fan = Fan(front, WIDTH - _MARGIN if front else _MARGIN, _PIVOT_Y, RADII)
    parts = list(draw_tracks(tracks, fan, _STYLE))
    if tracks:
        parts += draw_end(len(tracks), fan, _STYLE, by_pain=by_pain)
    if any(track.zoned for track in tracks):
        parts.insert(0, _HATCH)
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>'


def label_heights() -> tuple[float, ...]:
    """Of the names beside the neutral line, in the picture's own units."""
    return tuple(_PIVOT_Y - radius for radius in RADII)
