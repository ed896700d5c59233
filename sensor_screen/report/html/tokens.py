"""Colours of the page, once for light, dark and paper, and which of them may meet.

`PAIRS` names every pair of ink and ground that the page uses; a test computes their contrast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "bg": "#F3F5F6", "surface": "#FFFFFF", "sunk": "#EAEFF1",
    "ink": "#12202A", "ink2": "#43535F", "ink3": "#566570",
    "line": "#D5DDE2", "line2": "#6F808B",
    "accent": "#0A5A73", "accent-soft": "#E0EEF2",
    "clear": "#B5DAD5", "clear-line": "#4C8F88", "clear-tint": "#EDF6F5",
    "close": "#DB9A2E", "close-line": "#A06A10", "close-tint": "#FAEFD9",
    "near": "#7A2E62", "near-tint": "#F0E3EC",
}  # fmt: skip
DARK: Mapping[str, str] = {
    "bg": "#0D151B", "surface": "#141E26", "sunk": "#1C2832",
    "ink": "#EAF0F4", "ink2": "#B6C3CC", "ink3": "#95A4AF",
    "line": "#2A3944", "line2": "#6F818D",
    "accent": "#74C6DB", "accent-soft": "#17323D",
    "clear": "#2B5F5C", "clear-line": "#4E938E", "clear-tint": "#16272B",
    "close": "#B98430", "close-line": "#B98430", "close-tint": "#2E2819",
    "near": "#F6CEEA", "near-tint": "#3A2A38",
}  # fmt: skip
PAPER: Mapping[str, str] = {**LIGHT, "bg": "#FFFFFF", "ink2": "#3A4852", "ink3": "#4C5A64"}

TEXT, GRAPHIC = 4.5, 3.0
"""Least contrast by WCAG 2.2 AA."""

PAIRS: tuple[tuple[str, str, float], ...] = (
    *((ink, ground, TEXT) for ink in ("ink", "ink2", "ink3") for ground in ("bg", "surface")),
    *((ink, ground, TEXT) for ink in ("ink", "ink2")
      for ground in ("sunk", "accent-soft", "clear-tint", "close-tint", "near-tint")),
    ("ink3", "sunk", TEXT),
    ("accent", "bg", TEXT), ("accent", "surface", TEXT), ("accent", "sunk", GRAPHIC),
    ("line2", "bg", GRAPHIC), ("line2", "surface", GRAPHIC), ("line2", "sunk", GRAPHIC),
    ("clear-line", "surface", GRAPHIC), ("close-line", "surface", GRAPHIC),
    ("near", "surface", GRAPHIC), ("near", "near-tint", GRAPHIC),
    ("ink", "near-tint", GRAPHIC), ("surface", "near", GRAPHIC),
)  # fmt: skip


def as_css(colours: Mapping[str, str]) -> str:
    """The colours as custom properties."""
    return "".join(f"--{name}:{value};" for name, value in colours.items())
