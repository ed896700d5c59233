"""Numbers as JSON holds them: rounded, and null where nothing is known."""

from __future__ import annotations

import math


def number(value: float, digits: int) -> float | None:
    """A number with at most so many digits behind the point."""
    return round(float(value), digits) if math.isfinite(value) else None


def deg(angle_rad: float) -> float | None:
    """An angle in degrees."""
    return number(math.degrees(angle_rad), 3)


def seconds(time_s: float) -> float | None:
    """A time."""
    return number(time_s, 6)
