"""Is the person still, and how often did the foot pump: known before any angle is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.neutral import NeutralParams
from sensor_screen.core.pumping import PumpParams

if TYPE_CHECKING:
    from sensor_screen.core.live_blocks import LegBlock
    from sensor_screen.model import Floats

SWAY_ALLOWED = ((10.0, 1.0), (20.0, 2.0), (math.inf, 4.0))
"""Until so long after the start, so much more than the neutral pose's own limit counts as still: as
that allows more where a person sways, and a person who sways must get on."""
_MEAN_S = 0.25
"""Specific force is compared with its mean over about this time."""
PUMP_RADPS = 0.5
"""A way up or down counts from here on; a slow pump reaches 0.7."""


@dataclass(slots=True)
class StillWatch:
    """The newest stretch of stillness of one leg."""

    rate_hz: float
    params: NeutralParams = field(default_factory=NeutralParams)
    begin_s: float = math.nan
    since_s: float = math.nan
    """Start of the newest stretch."""
    newest_s: float = math.nan
    _mean: Floats | None = None

    @property
    def still_s(self) -> float:
        """Length of the newest stretch."""
        return self.newest_s - self.since_s if math.isfinite(self.since_s) else 0.0

    def take(self, block: LegBlock) -> None:
        """Some samples more."""
        if math.isnan(self.begin_s):
            self.begin_s = self.since_s = float(block.time_s[0])
        rate = np.linalg.norm(block.gyr_radps, axis=2).max(axis=1)
        mean = block.acc_mps2[0] if self._mean is None else self._mean
        weight = 1.0 / (_MEAN_S * self.rate_hz)
        for k, time_s in enumerate(block.time_s):
            force = block.acc_mps2[k]
            shake = float(np.linalg.norm(force - mean, axis=1).max())
            mean = mean + weight * (force - mean)
            more = next(m for until, m in SWAY_ALLOWED if time_s - self.begin_s <= until)
            moves = rate[k] > more * self.params.still_gyr_radps
            if moves or shake > more * self.params.still_acc_mps2:
                self.since_s = float(time_s)
        self._mean, self.newest_s = mean, float(block.time_s[-1])


@dataclass(slots=True)
class PumpWatch:
    """Ways of the foot, up and down, while the shank hardly moves."""

    rate_hz: float
    params: PumpParams = field(default_factory=PumpParams)
    pumps: int = 0
    last_way_s: float = math.nan
    """When the foot last moved."""
    _foot: list[Floats] = field(default_factory=list)

    def take(self, block: LegBlock) -> None:
        """Some samples more; counted anew each time about the axis that all of them show."""
        shank, foot = np.linalg.norm(block.gyr_radps, axis=2).T
        alone = shank < self.params.shank_share * foot
        self._foot.append(np.where(alone[:, None], block.gyr_radps[:, 1], 0.0))
        moving = alone & (foot > PUMP_RADPS)
        if not moving.any():
            return
        self.last_way_s = float(block.time_s[np.flatnonzero(moving)[-1]])
        felt = np.concatenate(self._foot)
        self._foot = [felt]
        axis = np.linalg.eigh(felt.T @ felt)[1][:, -1]
        rate = felt @ axis
        ways = np.sign(rate[np.abs(rate) > PUMP_RADPS])
        self.pumps = (1 + int(np.count_nonzero(np.diff(ways)))) // 2
