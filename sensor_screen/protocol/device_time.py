"""Device times of sensors that send few bits of them and number nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class DeviceTimeUnwrapper:
    """Whole device times out of their low bits, by how long it was since the last.

    A break may be as long as it likes: elapsed time of the receiver says how many wraps there were,
    as long as its arrivals are late by less than half a wrap.
    """

    wrap_us: int = 1 << 32
    """71.6 minutes of a 32-bit counter of microseconds."""
    _last_us: int | None = None
    _last_arrival_s: float = 0.0

    def unwrap(self, sent_us: int, arrival_s: float) -> int:
        """The device time nearest to what is expected at this arrival.

        Args:
            sent_us: As sent, below `wrap_us`.
            arrival_s: The receiver's monotonic time.
        """
        device_us = sent_us
        if self._last_us is not None:
            expected_us = self._last_us + round(1e6 * (arrival_s - self._last_arrival_s))
            half_us = self.wrap_us // 2
            device_us = expected_us - half_us + (sent_us - expected_us + half_us) % self.wrap_us
        if self._last_us is None or device_us > self._last_us:
            self._last_us, self._last_arrival_s = device_us, arrival_s
        return device_us
