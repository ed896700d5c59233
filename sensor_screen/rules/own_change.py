"""The smallest change of an angle that can be told: by kind of movement, or a person's own."""

from __future__ import annotations

from itertools import pairwise
from statistics import stdev
from typing import TYPE_CHECKING

from sensor_screen.core.capacity import RANGE_TESTS
from sensor_screen.model import Task
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.rules.rulebook import RuleBook


def smallest_change_of(task: Task) -> str:
    """The entry of the rule book for a task: range tests are held, kicks fast, others repeated."""
    if task is Task.KICK:
        return "smallest_change_kick"
    return "smallest_change_static" if task in RANGE_TESTS else "smallest_change_cyclic"


def own_smallest_change(earlier: Sequence[float], book: RuleBook) -> float | None:
    """1.96 root 2 SEM of one measure of a person; None until there are enough earlier sessions.

    SEM is the standard deviation of successive differences over the root of 2, so that a steady
    improvement is not taken for noise. The session that is judged is not among them, or a real
    change would hide itself.

    Args:
        earlier: The measure in earlier sessions, oldest first; the result has its unit.
        book: With the number of sessions.
    """
    # Two differences are the fewest that scatter.
    if len(earlier) < max(3, round(book.value("own_change_sessions"))):
        return None
    return NORMAL_95 * stdev(after - before for before, after in pairwise(earlier))
