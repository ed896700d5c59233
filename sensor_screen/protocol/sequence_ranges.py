"""Ranges of sample numbers: sorted, apart from each other, half open."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SEQUENCES = 1 << 32
"""Numbers before the count on the wire starts again."""


@dataclass(frozen=True, slots=True)
class SequenceRange:
    """Numbers from `first` up to, and without, `end`."""

    first: int
    end: int

    def __len__(self) -> int:
        return self.end - self.first

    @property
    def on_the_wire(self) -> tuple[int, int]:
        """First and last number as u32, both inclusive, as a resend is asked for."""
        return self.first % SEQUENCES, (self.end - 1) % SEQUENCES


def unwrap_sequence(sent: int, near: int) -> int:
    """The whole number that is sent as this u32 and lies nearest to another."""
    half = SEQUENCES // 2
    return near + (sent - near + half) % SEQUENCES - half


def split_at_wrap(ranges: Iterator[SequenceRange] | list[SequenceRange]) -> list[SequenceRange]:
    """The same numbers, cut where the u32 starts again, so that first <= last on the wire."""
    cut = []
    for one in ranges:
        wrap = -(-(one.first + 1) // SEQUENCES) * SEQUENCES
        if wrap < one.end:
            cut += [SequenceRange(one.first, wrap), SequenceRange(wrap, one.end)]
        else:
            cut.append(one)
    return cut


class RangeSet:
    """A set of numbers, kept as ranges. Finding is O(log ranges); moving a list costs little."""

    __slots__ = ("_ends", "_firsts")

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._ends: list[int] = []

    def __iter__(self) -> Iterator[SequenceRange]:
        return map(SequenceRange, self._firsts, self._ends)

    def __reversed__(self) -> Iterator[SequenceRange]:
        return map(SequenceRange, reversed(self._firsts), reversed(self._ends))

    def __len__(self) -> int:
        return len(self._firsts)

    @property
    def first(self) -> int | None:
        """The lowest number; None where there is none."""
        return self._firsts[0] if self._firsts else None

    def count(self, first: int | None = None, end: int | None = None) -> int:
        """How many numbers, of all or within a range."""
        if first is None or end is None:
            return sum(self._ends) - sum(self._firsts)
        if first >= end:
            return 0
        left, right = bisect_right(self._ends, first), bisect_left(self._firsts, end)
        near = zip(self._firsts[left:right], self._ends[left:right], strict=True)
        return sum(min(b, end) - max(a, first) for a, b in near)

    def add(self, first: int, end: int) -> None:
        """Put in all numbers of a range; ranges that touch become one."""
        if first >= end:
            return
        left, right = bisect_left(self._ends, first), bisect_right(self._firsts, end)
        if left < right:
            first, end = min(first, self._firsts[left]), max(end, self._ends[right - 1])
        self._firsts[left:right] = [first]
        self._ends[left:right] = [end]

    def take(self, first: int, end: int) -> list[SequenceRange]:
        """Take out the numbers of a range; gives those that were in."""
        left, right = bisect_right(self._ends, first), bisect_left(self._firsts, end)
        if left >= right or first >= end:
            return []
        firsts, ends = self._firsts[left:right], self._ends[left:right]
        before = [(firsts[0], first)] if firsts[0] < first else []
        after = [(end, ends[-1])] if ends[-1] > end else []
        self._firsts[left:right] = [a for a, _ in before + after]
        self._ends[left:right] = [b for _, b in before + after]
        firsts[0], ends[-1] = max(firsts[0], first), min(ends[-1], end)
        return [SequenceRange(a, b) for a, b in zip(firsts, ends, strict=True)]
