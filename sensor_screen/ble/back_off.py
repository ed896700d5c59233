"""How long to wait after an attempt that failed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BackOffParams:
    """Waiting that grows with each failure in a row."""

    first_s: float = 0.25
    """Seconds after the first failure: most second attempts succeed, so it is short."""
    factor: float = 2.0
    """By how much each wait is longer than the one before."""
    longest_s: float = 4.0
    """Seconds; a sensor that comes back must be linked again, and emptied, within ten."""
    jitter: float = 0.5
    """Part of a wait that chance decides, so that two programs do not meet at every attempt."""
    settled_s: float = 5.0
    """Seconds a link must have held for its loss to count as the first failure again."""


def wait_after(failures: int, chance: float, params: BackOffParams = BackOffParams()) -> float:
    """Seconds to wait.

    Args:
        failures: In a row, 1 or more.
        chance: Within 0 to 1.
        params: How waiting grows.
    """
    # Beyond some sixty doublings a float would not hold it, and the longest wait is long reached.
    grown = params.first_s * params.factor ** min(failures - 1, 60)
    full = min(grown, params.longest_s)
    return full * (1.0 - params.jitter * chance)
