"""Which of several sensors a person shakes: told from what they feel, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sensor_screen.model import Floats


@dataclass(frozen=True, slots=True)
class ShakeParams:
    """What counts as shaking."""

    part_s: float = 0.5
    """Seconds of each part that is looked at: one to two shakes of a hand."""
    parts: int = 3
    """Parts in a row in all of which the same sensor must be the one: a knock or a step is not."""
    least_mps2: float = 4.0
    """Standard deviation of acceleration within each part, all axes together. A hand that shakes by
    3 cm three times a second gives 7.5 by the formula of the sine; sensors on a still rig and on a
    simulated person who stands give at most 0.06."""
    margin: float = 3.0
    """So many times as much as any other sensor. In public recordings of a walk, of kicks and of a
    rig that is waved about, shank and foot never differed so in three parts running (none of 4,541
    windows)."""
    fewest: int = 8
    """Samples in a part, for it to say anything."""


class Shaking(StrEnum):
    """What was found."""

    FOUND = "found"
    NOBODY = "nobody"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class Felt:
    """What one sensor felt lately."""

    time_s: Floats  # (n,) in order
    acc_mps2: Floats  # (n, 3)


@dataclass(frozen=True, slots=True)
class Shaken:
    """The answer."""

    shaking: Shaking
    serial: str = ""
    """Of the sensor that was found."""


def find_shaken(
    felt: Mapping[str, Felt], until_s: float, params: ShakeParams = ShakeParams()
) -> Shaken:
    """The one sensor that clearly moves in every part of the time before `until_s`.

    Args:
        felt: Serial -> what that sensor felt, on a common time base to about 0.1 s.
        until_s: The end of the time that is looked at.
        params: Tuning.

    Returns:
        SEVERAL where sensors moved in every part, but none so much more than all others.
    """
    names = list(felt)
    if not names:
        return Shaken(Shaking.NOBODY)
    edges_s = until_s - params.part_s * np.arange(params.parts, -1, -1)
    moved = np.array(
        [[_spread(felt[n], a, b, params) for n in names] for a, b in pairwise(edges_s)]
    )
    most = moved.argmax(axis=1)
    strongest = moved.max(axis=1)
    if np.any(strongest < params.least_mps2):
        return Shaken(Shaking.NOBODY)
    others = np.delete(moved, most[0], axis=1).max(axis=1, initial=0.0)
    if np.all(most == most[0]) and np.all(strongest >= params.margin * others):
        return Shaken(Shaking.FOUND, names[int(most[0])])
    return Shaken(Shaking.SEVERAL)


def _spread(felt: Felt, begin_s: float, end_s: float, params: ShakeParams) -> float:
    """Standard deviation of all axes together; 0 where too little was heard."""
    within = (felt.time_s > begin_s) & (felt.time_s <= end_s)
    if int(within.sum()) < params.fewest:
        return 0.0
    return float(np.sqrt(felt.acc_mps2[within].var(axis=0).sum()))
