"""Long curves in few points, without losing a peak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sensor_screen.model import AngleTrace, Bools, Floats


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve for looking at: lowest and highest value of each short stretch, in time order."""

    time_s: Floats  # (m,)
    dorsiflexion_deg: Floats  # (m,) nan where nothing can be said
    valid: Bools  # (m,) true where every sample of the stretch is valid


def thin_curve(angle: AngleTrace, most_points: int = 1000) -> Curve:
    """At most `most_points` points of an angle; peaks and gaps survive, all samples if they fit."""
    count = angle.time_s.size
    degrees = np.degrees(angle.dorsiflexion_rad)
    if count <= most_points:
        return Curve(angle.time_s, degrees, angle.valid)
    edges = np.linspace(0, count, most_points // 2 + 1).astype(np.intp)
    length = int(np.diff(edges).max())
    # (stretches, length) sample numbers; shorter stretches repeat their last sample.
    at = np.minimum(edges[:-1, None] + np.arange(length), edges[1:, None] - 1)
    values = degrees[at]
    row = np.arange(at.shape[0])
    lowest = at[row, np.argmin(np.where(np.isnan(values), np.inf, values), axis=1)]
    highest = at[row, np.argmax(np.where(np.isnan(values), -np.inf, values), axis=1)]
    chosen = np.sort(np.column_stack([lowest, highest]), axis=1).ravel()
    valid = np.repeat(angle.valid[at].all(axis=1), 2)
    return Curve(angle.time_s[chosen], degrees[chosen], valid)
