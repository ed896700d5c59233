"""How much one account, or one address, may ask for in a minute."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from sensor_screen.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Mapping

WEIGHTS: Mapping[str, int] = {
    "reports.create": 10,
    "reports.create_for_person": 10,
    "recordings.screen": 10,
    "recordings.upload": 10,
    "recordings.export": 10,
    "sessions.rejudge": 10,
    "people.progress": 10,
    "people.export": 20,
}
"""Actions that cost more than a look at the database."""


class RequestLimits:
    """Counted in memory, for each worker by itself.

    Args:
        per_minute: Of one account.
    """

    def __init__(self, per_minute: int) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._limit = parse(f"{per_minute}/minute")

    def spend(self, who: str, action: str) -> None:
        """Count one request.

        Raises:
            BusyError: There were too many.
        """
        if not self._limiter.hit(self._limit, who, cost=WEIGHTS.get(action, 1)):
            reset_s = self._limiter.get_window_stats(self._limit, who).reset_time - time.time()
            raise BusyError(
                "requests",
                f"there were more than {self._limit.amount} in a minute",
                "wait a little, then go on",
                max(1.0, reset_s),
            )
