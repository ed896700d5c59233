"""Samples by number: pieces that came at any time, joined where they touch."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Counts = NDArray[np.int16]
    Marks = NDArray[np.int64]

_LARGEST_CHUNK = 1 << 14
"""Samples; chunks that touch are joined up to this, so there are few, and each is copied a few
times at most."""
_NO_MARKS = np.empty((0, 2), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class SampleChunk:
    """Samples without a gap, as sent."""

    first_sequence: int
    counts: Counts  # (n, 6) int16: acc x, y, z, gyr x, y, z
    marks: Marks  # (k, 2) number of a packet's first sample, and its time modulo 2^16 of 100 us

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def end_sequence(self) -> int:
        """One more than the number of the last sample."""
        return self.first_sequence + len(self.counts)

    def part(self, first: int, end: int) -> SampleChunk:
        """The samples of a range of numbers that lies inside."""
        start = self.first_sequence
        low, high = np.searchsorted(self.marks[:, 0], [first, end])
        return SampleChunk(first, self.counts[first - start : end - start], self.marks[low:high])


def make_chunk(first_sequence: int, counts: Counts, t100us: int | None) -> SampleChunk:
    """One packet as a chunk; the time belongs to its first sample."""
    marks = _NO_MARKS if t100us is None else np.array([[first_sequence, t100us]], dtype=np.int64)
    return SampleChunk(first_sequence, counts, marks)


def join_chunks(chunks: list[SampleChunk]) -> SampleChunk:
    """Chunks that follow each other without a gap, as one that shares no memory with them."""
    return SampleChunk(
        chunks[0].first_sequence,
        np.concatenate([chunk.counts for chunk in chunks]),
        np.concatenate([chunk.marks for chunk in chunks]),
    )


class SampleStore:
    """Chunks in order, none over another."""

    __slots__ = ("_chunks", "_firsts")

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._chunks: list[SampleChunk] = []

    def put(self, chunk: SampleChunk) -> None:
        """Keep samples of which none is held yet."""
        at = bisect_right(self._firsts, chunk.first_sequence)
        begin, end = at, at
        size = len(chunk)
        run = [join_chunks([chunk])]
        # A neighbour at most as large is joined: every sample is copied O(log n) times.
        while begin and self._chunks[begin - 1].end_sequence == run[0].first_sequence:
            if not _small_enough(len(self._chunks[begin - 1]), size):
                break
            begin -= 1
            run.insert(0, self._chunks[begin])
            size += len(run[0])
        while end < len(self._chunks) and self._firsts[end] == run[-1].end_sequence:
            if not _small_enough(len(self._chunks[end]), size):
                break
            run.append(self._chunks[end])
            size += len(run[-1])
            end += 1
        joined = join_chunks(run) if len(run) > 1 else run[0]
        self._chunks[begin:end] = [joined]
        self._firsts[begin:end] = [joined.first_sequence]

    def within(self, first: int, end: int) -> list[SampleChunk]:
        """What is held of a range of numbers, as views."""
        at = max(0, bisect_right(self._firsts, first) - 1)
        found = []
        while at < len(self._chunks) and self._firsts[at] < end:
            chunk = self._chunks[at]
            low, high = max(first, chunk.first_sequence), min(end, chunk.end_sequence)
            if low < high:
                found.append(chunk.part(low, high))
            at += 1
        return found

    def runs(self, first: int, end: int) -> list[SampleChunk]:
        """The same, joined wherever there is no gap; copies."""
        runs: list[list[SampleChunk]] = []
        for chunk in self.within(first, end):
            if runs and runs[-1][-1].end_sequence == chunk.first_sequence:
                runs[-1].append(chunk)
            else:
                runs.append([chunk])
        return [join_chunks(run) for run in runs]

    def drop_before(self, sequence: int) -> None:
        """Forget chunks that end at or before a number."""
        keep = 0
        while keep < len(self._chunks) and self._chunks[keep].end_sequence <= sequence:
            keep += 1
        del self._chunks[:keep]
        del self._firsts[:keep]


def _small_enough(neighbour: int, size: int) -> bool:
    return neighbour <= 2 * size and neighbour + size <= _LARGEST_CHUNK
