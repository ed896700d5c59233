"""Samples of shank and foot, as they arrive, on one regular grid for the live estimator.

A grid sample is given as soon as both sensors are known around it. Where one sensor is silent for
longer than a moment, the other does not wait for it: the silent one's samples are marked missing,
and what arrives for them later serves the recording alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.live_blocks import LegBlock
from sensor_screen.model import Placement, SampleFlag

if TYPE_CHECKING:
    from sensor_screen.model import Bytes, Floats

_PLACEMENTS = (Placement.SHANK, Placement.FOOT)


@dataclass(frozen=True, slots=True)
class LegGridParams:
    """Tuning of the live grid."""

    wait_s: float = 0.4
    """A sensor this late is not waited for. A link that resends needs a few intervals of 50 ms;
    longer makes the picture lag behind the leg."""
    filled_s: float = 0.1
    """A gap up to here is interpolated, as in whole recordings."""
    keep_s: float = 10.0
    """Of a sensor whose partner is not heard at all, so much is kept."""
    group_s: float = 0.02
    """Samples are given in groups of this length, so that how they arrive changes nothing."""


@dataclass(slots=True)
class _Heard:
    """Samples of one sensor that the grid still needs."""

    time_s: Floats = field(default_factory=lambda: np.empty(0))
    felt: Floats = field(default_factory=lambda: np.empty((0, 6)))

    @property
    def newest_s(self) -> float:
        return float(self.time_s[-1]) if len(self.time_s) else -math.inf


class LegGrid:
    """The grid of one leg.

    Args:
        rate_hz: Of the grid.
        params: Tuning.
    """

    def __init__(self, rate_hz: float, params: LegGridParams = LegGridParams()) -> None:
        self.rate_hz = rate_hz
        self.params = params
        self._group = max(1, round(params.group_s * rate_hz))
        self._heard = (_Heard(), _Heard())
        self._next: int | None = None  # number of the next grid sample

    def take(self, placement: Placement, time_s: Floats, felt: Floats) -> None:
        """Samples of one sensor: (n,) times in order, (n, 6) force and angular velocity.

        What is older than the newest known sample is left out: it came too late.
        """
        heard = self._heard[_PLACEMENTS.index(placement)]
        fresh = (time_s > heard.newest_s) & np.isfinite(felt).all(axis=1)
        most = round(self.params.keep_s * self.rate_hz)
        heard.time_s = np.concatenate([heard.time_s, time_s[fresh]])
        heard.felt = np.concatenate([heard.felt, felt[fresh]])
        if len(heard.time_s) > 2 * most:
            heard.time_s, heard.felt = heard.time_s[-most:], heard.felt[-most:]

    def give(self, now_s: float) -> LegBlock | None:
        """What is known by now and was not given yet; None where that is nothing."""
        if any(not len(heard.time_s) for heard in self._heard):
            return None
        if self._next is None:
            begin_s = max(float(heard.time_s[0]) for heard in self._heard)
            self._next = self._whole(math.ceil(begin_s * self.rate_hz - 1e-9) + self._group - 1)
        both_s = min(heard.newest_s for heard in self._heard)
        one_s = max(heard.newest_s for heard in self._heard)
        until_s = max(both_s, min(one_s, now_s - self.params.wait_s))
        stop = self._whole(math.floor(until_s * self.rate_hz + 1e-9) + 1)
        if stop <= self._next:
            return None
        time_s = np.arange(self._next, stop) / self.rate_hz
        self._next = stop
        laid = [self._lay(heard, time_s) for heard in self._heard]
        felt = np.stack([values for values, _ in laid], axis=1)
        flags = np.stack([flags for _, flags in laid], axis=1)
        return LegBlock(time_s, felt[..., :3], felt[..., 3:], flags)

    def _whole(self, number: int) -> int:
        return number // self._group * self._group

    def _lay(self, heard: _Heard, time_s: Floats) -> tuple[Floats, Bytes]:
        """(n, 6) values and (n,) flags of one sensor; forgets what is no longer needed."""
        after = np.searchsorted(heard.time_s, time_s - 1e-9)
        last = len(heard.time_s) - 1
        left, right = np.clip(after - 1, 0, last), np.clip(after, 0, last)
        span_s = heard.time_s[right] - heard.time_s[left]
        on_sample = np.abs(heard.time_s[right] - time_s) <= 1e-9
        share = np.where(
            span_s > 0.0, (time_s - heard.time_s[left]) / np.where(span_s > 0.0, span_s, 1.0), 0.0
        )
        share = np.clip(share, 0.0, 1.0)[:, None]
        felt = heard.felt[left] * (1.0 - share) + heard.felt[right] * share
        flags = np.zeros(len(time_s), dtype=np.uint8)
        flags[(span_s > 1.5 / self.rate_hz) & ~on_sample] = SampleFlag.FILLED
        outside = (time_s > heard.newest_s + 1e-9) | (time_s < heard.time_s[0] - 1e-9)
        flags[((span_s > self.params.filled_s) & ~on_sample) | outside] = SampleFlag.MISSING
        keep = max(0, int(np.searchsorted(heard.time_s, time_s[-1])) - 1)
        heard.time_s, heard.felt = heard.time_s[keep:], heard.felt[keep:]
        return felt, flags
