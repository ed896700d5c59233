"""Samples of shank and foot, as they arrive, on one regular grid for the live estimator.

A grid sample is given as soon as both sensors are known around it. Where one sensor is silent for
longer than a moment, the other does not wait for it: the silent one's samples are marked missing,
and what arrives for them later serves the recording alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.live_blocks import LegBlock
from sensor_screen.model import Placement

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
    least_s: float = 0.0
    """Groups wait until there are so many seconds of them, then all that are there are given: fewer
    and longer blocks cost less."""


class _Heard:
    """Samples of one sensor that the grid still needs, in room for more."""

    __slots__ = ("_felt", "_first", "_stop", "_time_s", "newest_s")

    def __init__(self) -> None:
        self._time_s, self._felt = np.empty(256), np.empty((256, 6))
        self._first = self._stop = 0
        self.newest_s = -math.inf

    def __len__(self) -> int:
        return self._stop - self._first

    @property
    def time_s(self) -> Floats:
        """(n,) in order."""
        return self._time_s[self._first : self._stop]

    @property
    def felt(self) -> Floats:
        """(n, 6)."""
        return self._felt[self._first : self._stop]

    def add(self, time_s: Floats, felt: Floats) -> None:
        """Newer samples, at least one."""
        count = len(time_s)
        if self._stop + count > len(self._time_s):
            self._move(count)
        part = slice(self._stop, self._stop + count)
        self._time_s[part], self._felt[part] = time_s, felt
        self._stop += count
        self.newest_s = float(time_s[-1])

    def drop(self, count: int) -> None:
        """Forget the oldest."""
        self._first += count

    def _move(self, count: int) -> None:
        """To the front of the room; of a larger one where it is more than half full."""
        kept = len(self)
        time_s, felt = self.time_s, self.felt
        size = max(256, 2 * (kept + count))
        self._time_s, self._felt = np.empty(size), np.empty((size, 6))
        self._time_s[:kept], self._felt[:kept] = time_s, felt
        self._first, self._stop = 0, kept


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
        self._least = max(1, round(params.least_s * rate_hz))
        self._heard = (_Heard(), _Heard())
        self._most = round(params.keep_s * rate_hz)
        self._next: int | None = None  # number of the next grid sample

    def take(self, placement: Placement, time_s: Floats, felt: Floats) -> None:
        """Samples of one sensor: (n,) times in order, (n, 6) force and angular velocity.

        What is older than the newest known sample is left out: it came too late.
        """
        heard = self._heard[_PLACEMENTS.index(placement)]
        if not len(time_s):
            return
        # A sum is finite only where all of it is.
        if time_s[0] <= heard.newest_s or not math.isfinite(felt.sum()):
            fresh = (time_s > heard.newest_s) & np.isfinite(felt).all(axis=1)
            time_s, felt = time_s[fresh], felt[fresh]
            if not len(time_s):
                return
        heard.add(time_s, felt)
        if len(heard) > 2 * self._most:
            heard.drop(len(heard) - self._most)

    def give(self, now_s: float) -> LegBlock | None:
        """What is known by now and was not given yet; None where that is nothing."""
        shank, foot = self._heard
        if not len(shank) or not len(foot):
            return None
        if self._next is None:
            begin_s = max(float(heard.time_s[0]) for heard in self._heard)
            self._next = self._whole(math.ceil(begin_s * self.rate_hz - 1e-9) + self._group - 1)
        both_s = min(shank.newest_s, foot.newest_s)
        one_s = max(shank.newest_s, foot.newest_s)
        until_s = max(both_s, min(one_s, now_s - self.params.wait_s))
        stop = self._whole(math.floor(until_s * self.rate_hz + 1e-9) + 1)
        if stop - self._next < self._least:
            return None
        time_s = np.arange(self._next, stop) / self.rate_hz
        self._next = stop
        felt, flags = np.empty((2, len(time_s), 6)), np.empty((2, len(time_s)), dtype=np.uint8)
        for which, heard in enumerate(self._heard):
            self._lay(heard, time_s, felt[which], flags[which])
        whole = felt.transpose(1, 0, 2)
        return LegBlock(time_s, whole[..., :3], whole[..., 3:], np.ascontiguousarray(flags.T))

    def _whole(self, number: int) -> int:
        return number // self._group * self._group

    def _lay(self, heard: _Heard, time_s: Floats, felt: Floats, flags: Bytes) -> None:
        """(n, 6) values and (n,) flags of one sensor; forgets what is no longer needed."""
        from sensor_screen.core.grid_kernels import lay_sensor

        filled_s = self.params.filled_s
        keep = lay_sensor(heard.time_s, heard.felt, time_s, self.rate_hz, filled_s, felt, flags)
        heard.drop(keep)
