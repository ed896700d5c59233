"""The newest stretch of a leg while it moves: samples, and the angles answered to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import (
    AngleTrace,
    CleaningCounts,
    CleanLeg,
    CleanStream,
    ClockMap,
    Placement,
    SensorInfo,
    Side,
    ZeroMode,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sensor_screen.core.live_blocks import LegBlock, LiveAngles
    from sensor_screen.model import Floats

_ROW = np.dtype(
    [
        ("time_s", np.float64),
        ("felt", np.float32, (2, 6)),  # force and angular velocity of shank and foot
        ("flags", np.uint8, (2,)),
        ("dorsiflexion_rad", np.float32),
        ("sigma_rad", np.float32),
        ("shank_lean_rad", np.float32),
        ("foot_pitch_rad", np.float32),
        ("shank_rate_radps", np.float32),
        ("valid", np.bool_),
        ("marks", np.uint16),
    ]
)
"""81 bytes a sample. Single precision is a thousandth of the noise of any sensor."""
_ANSWERED = (
    "dorsiflexion_rad",
    "sigma_rad",
    "shank_lean_rad",
    "foot_pitch_rad",
    "shank_rate_radps",
    "valid",
    "marks",
)


class LiveWindow:
    """Samples and angles since some time ago; numbered from the first sample that was ever heard.

    Args:
        side: The leg.
        rate_hz: Of the regular grid.
        zero_mode: What the neutral pose stands for.
    """

    def __init__(self, side: Side, rate_hz: float, zero_mode: ZeroMode) -> None:
        self.side = side
        self.rate_hz = rate_hz
        self.zero_mode = zero_mode
        self.first = 0
        """Number of the oldest sample that is kept."""
        self.heard = 0
        self.answered = 0
        self._rows = np.zeros(1024, dtype=_ROW)
        self._at = 0  # row of the oldest sample
        self._knots = np.empty((0, 2))  # number of a sample, lagged angle less the live one

    def hear(self, block: LegBlock) -> None:
        """Samples that may be answered now or later."""
        count = len(block.time_s)
        self._make_room(count)
        begin = self._at + self.heard - self.first
        rows = self._rows[begin : begin + count]
        rows["time_s"] = block.time_s
        rows["felt"][..., :3] = block.acc_mps2
        rows["felt"][..., 3:] = block.gyr_radps
        rows["flags"] = block.flags
        self.heard += count

    def take(self, answers: LiveAngles) -> None:
        """Angles of the samples that were not answered yet; the newest is one that was heard."""
        count = len(answers.time_s)
        skipped = max(0, self.first - self.answered)
        rows = self.rows(self.answered + skipped, self.answered + count)
        for name in _ANSWERED:
            rows[name] = getattr(answers, name)[skipped:]
        self.answered += count
        self._tie(answers.lagged_time_s, answers.lagged_dorsiflexion_rad)

    def forget(self, before: int) -> None:
        """Samples with a lower number are no longer needed."""
        if before <= self.first:
            return
        self._at += before - self.first
        self.first = before
        if self._knots.size and self._knots[0, 0] < before - self.rate_hz:
            self._knots = self._knots[self._knots[:, 0] >= before]

    def rows(self, start: int, stop: int) -> NDArray[np.void]:
        """Samples by their numbers, as they are stored."""
        start = max(start, self.first)
        return self._rows[self._at + start - self.first : self._at + stop - self.first]

    def trace(self, start: int, stop: int, lag: int) -> AngleTrace:
        """The ankle of some samples: corrected to the lagged angle wherever that is `lag` old.

        Args:
            start: Number of the first sample.
            stop: One past the newest that may be known.
            lag: Samples after which the lagged angle is surely known, however samples arrive.
        """
        rows = self.rows(start, stop)
        numbers = np.arange(stop - len(rows), stop)
        knots = self._knots[: np.searchsorted(self._knots[:, 0], stop - lag)]
        angle = rows["dorsiflexion_rad"].astype(np.float64)
        if len(knots):
            angle += np.interp(numbers, knots[:, 0], knots[:, 1])
        return AngleTrace(
            side=self.side,
            rate_hz=self.rate_hz,
            time_s=rows["time_s"].copy(),
            dorsiflexion_rad=angle,
            inversion_rad=np.full(len(rows), np.nan),
            sigma_rad=rows["sigma_rad"].astype(np.float64),
            valid=rows["valid"].copy(),
            marks=rows["marks"].copy(),
            shank_lean_rad=rows["shank_lean_rad"].astype(np.float64),
            foot_pitch_rad=rows["foot_pitch_rad"].astype(np.float64),
            zero_mode=self.zero_mode,
            method="filter",
            hinge_share=float("nan"),
        )

    def swing_rate(self, start: int, stop: int) -> Floats:
        """(n,) of the shank about the flexion axis, rad/s."""
        rate: Floats = self.rows(start, stop)["shank_rate_radps"].astype(np.float64)
        return rate

    def stream(self, placement: Placement, start: int, stop: int) -> CleanStream:
        """What one sensor felt."""
        rows = self.rows(start, stop)
        which = 0 if placement is Placement.SHANK else 1
        felt = rows["felt"][:, which].astype(np.float64)
        return CleanStream(
            info=SensorInfo(self.side, placement),
            rate_hz=self.rate_hz,
            time_s=rows["time_s"].copy(),
            acc_mps2=felt[:, :3],
            gyr_radps=felt[:, 3:],
            flags=rows["flags"][:, which].copy(),
            counts=CleaningCounts(),
        )

    def leg(self, start: int, stop: int) -> CleanLeg:
        """What both sensors felt."""
        shank, foot = (self.stream(p, start, stop) for p in (Placement.SHANK, Placement.FOOT))
        return CleanLeg(self.side, self.rate_hz, shank.time_s, shank, foot, ClockMap())

    def _tie(self, time_s: Floats, lagged_rad: Sequence[float] | Floats) -> None:
        if not len(time_s):
            return
        kept = self.rows(self.first, self.answered)
        at = np.rint((time_s - kept["time_s"][0]) * self.rate_hz).astype(int)
        lagged = np.asarray(lagged_rad)
        if at[0] < 0 or at[-1] >= len(kept):
            inside = (at >= 0) & (at < len(kept))
            at, lagged = at[inside], lagged[inside]
        new = np.empty((len(at), 2))
        new[:, 0] = self.first + at
        new[:, 1] = lagged - kept["dorsiflexion_rad"][at]
        self._knots = np.concatenate([self._knots, new])

    def _make_room(self, count: int) -> None:
        kept = self.heard - self.first
        if self._at + kept + count <= len(self._rows):
            return
        rows = self._rows[self._at : self._at + kept]
        # Twice what is kept: each sample is moved about once.
        self._rows = np.zeros(2 * (kept + count), dtype=_ROW)
        self._rows[:kept] = rows
        self._at = 0
