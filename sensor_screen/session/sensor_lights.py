"""How each sensor is heard: what it sent of the newest seconds, and since when it is silent."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sensor_screen.model import Placement, Side
from sensor_screen.session.capture_view import Light, SensorLight


@dataclass(frozen=True, slots=True)
class LightParams:
    """When a light changes."""

    window_s: float = 5.0
    """Losses are counted over this time."""
    weak_share: float = 0.95
    """Below it samples are missing enough to say so."""
    lost_s: float = 1.5
    """A sensor that is silent for so long is lost: longer than the hiccups of a link near a body,
    short enough that a person has not gone on far."""


@dataclass(slots=True)
class SensorWatch:
    """One sensor."""

    side: Side
    placement: Placement
    rate_hz: float
    params: LightParams = field(default_factory=LightParams)
    first_s: float | None = None
    newest_s: float = float("-inf")
    _counts: deque[tuple[float, int]] = field(default_factory=deque)

    def take(self, newest_s: float, count: int) -> None:
        """So many samples arrived; `newest_s` is the time of the newest."""
        first_s = newest_s - (count - 1) / self.rate_hz
        # A sensor that is back is judged by what it sends from now on: that it was lost was told.
        if self.first_s is None or first_s - self.newest_s > self.params.lost_s:
            self.first_s = first_s
            self._counts.clear()
        self.newest_s = max(self.newest_s, newest_s)
        self._counts.append((newest_s, count))

    def light(self, now_s: float) -> SensorLight:
        """How it is heard now."""
        if self.first_s is None:
            return SensorLight(self.side, self.placement, Light.WAITING, 0.0)
        window_s = self.params.window_s
        while self._counts and self._counts[0][0] < self.newest_s - window_s:
            self._counts.popleft()
        span_s = min(window_s, self.newest_s - self.first_s) + 1.0 / self.rate_hz
        received = min(1.0, sum(count for _, count in self._counts) / (span_s * self.rate_hz))
        light = Light.GOOD if received >= self.params.weak_share else Light.WEAK
        if now_s - self.newest_s > self.params.lost_s:
            light = Light.LOST
        return SensorLight(self.side, self.placement, light, received)
