"""Many delays in little memory: counts of tenths of a millisecond."""

from __future__ import annotations

from dataclasses import dataclass, field

STEP_S = 1e-4
STEPS = 600_000
"""A minute; what is longer counts as a minute, `largest_s` has it."""


@dataclass(slots=True)
class Latencies:
    """Delays, added one by one."""

    count: int = 0
    largest_s: float = 0.0
    _counts: list[int] = field(default_factory=lambda: [0] * STEPS)

    def add(self, delay_s: float) -> None:
        """One more."""
        self.count += 1
        self.largest_s = max(self.largest_s, delay_s)
        self._counts[min(STEPS - 1, max(0, int(delay_s / STEP_S)))] += 1

    def share(self, share: float) -> float:
        """Delay in seconds that so many do not exceed, rounded up to a tenth of a millisecond;
        nan of none."""
        wanted, seen = share * self.count, 0
        for at, count in enumerate(self._counts):
            seen += count
            if count and seen >= wanted:
                return min((at + 1) * STEP_S, self.largest_s)
        return float("nan")

    def row(self) -> list[str]:
        """Median, 99 %, 99.9 % and largest in milliseconds."""
        if not self.count:
            return ["-"] * 4
        shown = (self.share(0.5), self.share(0.99), self.share(0.999), self.largest_s)
        return [f"{1e3 * value:.1f}" for value in shown]
