"""One sensor of a live stream: where it is worn, its samples in SI units, and how it is heard."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Side
from sensor_screen.session.capture_view import Light
from sensor_screen.session.live_events import Link
from sensor_screen.session.sensor_lights import SensorWatch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensor_screen.model import Floats, Placement
    from sensor_screen.session.received import ReceivedBlock, SlotFacts, SlotSetting


_LARGEST_COUNT = 32768.0


@dataclass(frozen=True, slots=True)
class StreamSensorParams:
    """What is believed of a sensor."""

    slowest_hz: float = 20.0
    """No ankle can be followed below."""
    fastest_hz: float = 1000.0
    """No sensor of any family sends more."""
    most_mps2: float = 2000.0
    """Larger forces are no samples; sensors for the body end at 32 g."""
    most_radps: float = 200.0
    """The same of angular velocities; sensors end at 4000 deg/s, 70 rad/s."""
    ahead_s: float = 0.5
    """A sample cannot be newer than its arrival by more."""
    behind_s: float = 10.0
    """Nor older: what is later than this serves the recording alone."""
    watched_s: float = 3.0
    """Where nobody saw the rate, it is told from so much."""
    usual_hz: tuple[float, ...] = (25.0, 50.0, 60.0, 100.0, 120.0, 200.0, 400.0)


class StreamSensor:
    """One sensor.

    Args:
        slot: Its number.
        serial: Its name.
        params: What is believed.

    Attributes:
        said: How it is heard, as it was told last; None before.
    """

    def __init__(self, slot: int, serial: str, params: StreamSensorParams) -> None:
        self.slot, self.serial = slot, serial
        self.side, self.placement = Side.NONE, None
        self.rate_hz: float | None = None
        self.interval_mean = False
        self.said: Link | None = None
        self._params = params
        self._told_hz: float | None = None
        self._watch: SensorWatch | None = None
        self._scales = (float("nan"), float("nan"))
        self._scale = np.full(6, np.nan)
        self._counted = 0
        self._first_s = float("nan")

    placement: Placement | None

    def set(self, side: Side, placement: Placement | None, setting: SlotSetting) -> None:
        """What is known of it by now."""
        self.side, self.placement = side, placement
        self.interval_mean = setting.interval_mean
        if setting.rate_hz is not None and setting.rate_hz != self._told_hz:
            self._told_hz = setting.rate_hz
            sane = self._params.slowest_hz <= setting.rate_hz <= self._params.fastest_hz
            self.rate_hz = setting.rate_hz if sane else None
            self._watch = None

    def take(self, block: ReceivedBlock) -> tuple[Floats, Floats]:
        """(n,) times and (n, 6) force and angular velocity of those samples that are believed."""
        scales = (block.acc_scale_mps2, block.gyr_scale_radps)
        if scales != self._scales:
            self._scales, self._scale = scales, np.repeat(scales, 3)
        time_s, felt, params = block.time_s, block.raw * self._scale, self._params
        oldest_s, youngest_s = block.arrival_s - params.behind_s, block.arrival_s + params.ahead_s
        # Comparisons with nan are false: what has no time or scale yet is left out.
        timed = oldest_s <= time_s[0] and time_s[-1] <= youngest_s
        if not timed or not self._is_believed(block.raw, felt):
            return time_s[:0], felt[:0]
        newest_s, count = float(time_s[-1]), len(time_s)
        if self._told_hz is None:
            self._guess_rate(newest_s, count)
        if self.rate_hz is not None:
            if self._watch is None:
                self._watch = SensorWatch(self.side, self.placement, self.rate_hz)  # type: ignore[arg-type]
            self._watch.take(newest_s, count)
        return time_s, felt

    def _is_believed(self, raw: NDArray[np.int16] | NDArray[np.float32], felt: Floats) -> bool:
        params = self._params
        if raw.dtype == np.int16:
            acc, gyr = _LARGEST_COUNT * self._scales[0], _LARGEST_COUNT * self._scales[1]
        else:
            acc, gyr = float(np.abs(felt[:, :3]).max()), float(np.abs(felt[:, 3:]).max())
        return acc <= params.most_mps2 and gyr <= params.most_radps

    def _guess_rate(self, newest_s: float, count: int) -> None:
        if not self._counted:
            self._first_s = newest_s
        self._counted += count
        span_s = newest_s - self._first_s
        if self.rate_hz is None and span_s >= self._params.watched_s:
            found_hz = (self._counted - count) / span_s
            self.rate_hz = min(self._params.usual_hz, key=lambda hz: abs(np.log(hz / found_hz)))

    def look(self, now_s: float, facts: SlotFacts) -> Link | None:
        """How it is heard now, where that is not what was told last."""
        light, received = Light.WAITING, 0.0
        if self._watch is not None:
            seen = self._watch.light(now_s)
            light, received = seen.light, seen.received
        new = Link(
            self.slot,
            now_s,
            self.serial,
            self.side,
            self.placement,
            light,
            facts.linked,
            received,
            facts.battery_percent,
            facts.missing,
        )
        before = self.said
        self.said = new
        if before is None or _in_words(before) != _in_words(new):
            return new
        return None


def _in_words(one: Link) -> Link:
    """Without what changes all the time."""
    battery = None if one.battery_percent is None else one.battery_percent // 5
    return replace(one, at_s=0.0, received=0.0, missing=0, battery_percent=battery)
