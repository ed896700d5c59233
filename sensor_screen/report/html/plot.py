"""Axes of a chart: degrees up, something across; and runs of a curve, whose gaps stay gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.report.html.markup import Markup, join, tag
from sensor_screen.report.range_lens import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sensor_screen.model import Bools, Floats


@dataclass(frozen=True, slots=True)
class Plot:
    """A rectangle in a picture, and the values at its edges."""

    left: float
    right: float
    top: float
    bottom: float
    first: float
    last: float
    low: float
    high: float

    def x(self, value: Floats | float) -> Floats:
        """Across."""
        share = (np.asarray(value) - self.first) / max(self.last - self.first, 1e-9)
        return np.asarray(self.left + share * (self.right - self.left))

    def y(self, value: Floats | float) -> Floats:
        """Up, held inside the rectangle."""
        share = (np.asarray(value) - self.low) / (self.high - self.low)
        return np.asarray(self.bottom - np.clip(share, 0.0, 1.0) * (self.bottom - self.top))

    def band(self, low: float, high: float, kind: str, first: float, last: float) -> Markup:
        """A rectangle between two levels; nothing where it would be flat."""
        top, bottom = float(self.y(max(low, high))), float(self.y(min(low, high)))
        x0, x1 = float(self.x(first)), float(self.x(last))
        if bottom - top < 0.1 or x1 - x0 < 0.1:
            return Markup()
        return tag("rect", x=x0, y=top, width=x1 - x0, height=bottom - top, class_=kind)

    def degrees(self, step: int = 0) -> Markup:
        """Lines across with degrees at the left, without sign, as people speak."""
        step = step or (10 if self.high - self.low <= 60 else 20)
        levels = range(int(np.ceil(self.low / step)) * step, int(self.high) + 1, step)
        lines = "".join(
            f"M{number(self.left)} {number(float(self.y(level)))}H{number(self.right)}"
            for level in levels
        )
        texts = [
            tag(
                "text",
                f"{abs(level)}",
                x=self.left - 5.0,
                y=float(self.y(level)) + 4.0,
                class_="end",
            )
            for level in levels
        ]
        return join(tag("path", d=lines, class_="hair"), *texts)


def limits(values: Sequence[float] | Floats) -> tuple[float, float]:
    """Round limits in degrees that hold all finite values and zero."""
    array = np.append(np.asarray(values, dtype=np.float64), 0.0)
    array = array[np.isfinite(array)]
    low, high = 5.0 * np.floor(array.min() / 5.0 - 0.2), 5.0 * np.ceil(array.max() / 5.0 + 0.2)
    return float(low), float(max(high, low + 10.0))


def runs(good: Bools) -> Iterator[slice]:
    """Stretches without a gap."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        yield slice(int(start), int(stop))


def line(x: Floats, y: Floats, good: Bools) -> str:
    """The data of a path; a lone point becomes a short dash."""
    parts = []
    for run in runs(good):
        points = [f"{number(a)} {number(b)}" for a, b in zip(x[run], y[run], strict=True)]
        parts.append("M" + "L".join(points) + ("h.1" if len(points) == 1 else ""))
    return "".join(parts)


def area(x: Floats, low: Floats, high: Floats, good: Bools) -> str:
    """The data of a path round everything between two curves."""
    parts = []
    for run in runs(good):
        there = [f"{number(a)} {number(b)}" for a, b in zip(x[run], high[run], strict=True)]
        back = [f"{number(a)} {number(b)}" for a, b in zip(x[run], low[run], strict=True)]
        parts.append("M" + "L".join([*there, *reversed(back)]) + "Z")
    return "".join(parts)
