"""Which missing samples to ask for next, and when: oldest first, and never in a tight circle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sensor_screen.protocol.open_sensor_control import Resend, Result
from sensor_screen.protocol.sequence_ranges import SEQUENCES

if TYPE_CHECKING:
    from sensor_screen.protocol.epoch_assembly import EpochAssembly
    from sensor_screen.protocol.open_sensor_hearing import ResendOutcome
    from sensor_screen.protocol.open_sensor_link_words import LinkParams
    from sensor_screen.protocol.sequence_ranges import SequenceRange

_MOST_REMEMBERED = 256
_LOOKED_AT = 8


@dataclass(slots=True)
class _Wait:
    tries: int
    until_s: float


@dataclass(slots=True)
class Resending:
    """At most one resend at a time; a range that was asked for in vain waits ever longer."""

    params: LinkParams
    running: bool = False
    """Accepted, and its end not heard yet."""
    _asked: SequenceRange | None = None
    _heard_s: float = 0.0
    _not_before_s: float = 0.0
    _waits: dict[int, _Wait] = field(default_factory=dict)

    def forget(self) -> None:
        """The link is gone, and with it what was asked for."""
        self.running = False
        self._asked = None
        self._not_before_s = 0.0
        self._waits.clear()

    def choose(self, epoch: EpochAssembly, now_s: float, *, finished: bool) -> Resend | None:
        """What to ask for now; None: nothing, or not yet."""
        if self.running and now_s - self._heard_s > self.params.resend_silence_s:
            self._end(now_s)
        if self.running or self._asked is not None or now_s < self._not_before_s:
            return None
        for one in epoch.ranges_to_ask(_LOOKED_AT, finished=finished):
            wait = self._waits.get(one.first)
            if wait is None or now_s >= wait.until_s:
                self._asked = one
                return Resend(one.first % SEQUENCES, len(one))
        return None

    def due_s(self, epoch: EpochAssembly, *, finished: bool) -> float | None:
        """When `choose` may have something at the latest; None: not before something comes."""
        if self.running:
            return self._heard_s + self.params.resend_silence_s + 1e-3
        ranges = epoch.ranges_to_ask(_LOOKED_AT, finished=finished)
        if self._asked is not None or not ranges:
            return None
        waits = [self._waits[one.first].until_s for one in ranges if one.first in self._waits]
        first_s = min(waits) if len(waits) == len(ranges) else 0.0
        return max(first_s, self._not_before_s)

    def answered(self, result: int, now_s: float) -> None:
        """The reply to what was asked for."""
        if result == Result.OK:
            self.running, self._heard_s = True, now_s
            return
        if result in (Result.BUSY, Result.STATE):
            self._not_before_s = now_s + self.params.retry_s
            self._asked = None
        else:
            self._end(now_s)

    def failed(self, now_s: float) -> None:
        """The request was not taken."""
        self._not_before_s = now_s + self.params.retry_s
        self._asked = None

    def pause(self, until_s: float) -> None:
        """The last packets may still be on their way."""
        self._not_before_s = until_s

    def heard(self, now_s: float) -> None:
        """A packet of it came."""
        self._heard_s = now_s

    def done(self, outcome: ResendOutcome, now_s: float) -> None:
        """It has ended."""
        whole = outcome.complete and outcome.done.result == Result.OK
        if whole and self._asked is not None:
            self._waits.pop(self._asked.first, None)
            self.running, self._asked = False, None
        else:
            self._end(now_s)

    def _end(self, now_s: float) -> None:
        """What is still missing of the range is asked for again, but not at once."""
        if self._asked is not None:
            params = self.params
            tries = self._waits[self._asked.first].tries if self._asked.first in self._waits else 0
            wait_s = min(params.retry_s * 2.0 ** min(tries, 16), params.most_retry_s)
            self._waits[self._asked.first] = _Wait(tries + 1, now_s + wait_s)
            while len(self._waits) > _MOST_REMEMBERED:
                del self._waits[next(iter(self._waits))]
        self.running, self._asked = False, None
