"""One start of a sensor: every sample once and in order, out of packets that come as they may.

Theory of operation. Samples are numbered by the sensor, so that a packet that comes late, twice or
by the backfill lane has one place. Three sets of ranges are known: what is held, what is missing,
and what is gone for ever, because the sensor no longer holds it. The point of acknowledgement is
the highest number below which nothing is missing.

A number is believed if it lies within `largest_jump` of the newest that is known. Packets that are
refused for that, or of which every sample contradicts what is held, are counted; several running
raise the suspicion that the sensor restarted, and its boot id should be read. Nothing of the size
of a jump is ever stored: a gap is two numbers.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.assembler_params import AssemblerParams
from sensor_screen.protocol.assembly_counts import (
    NOT_HELD,
    REASONS,
    RESTARTED,
    AssemblyCounts,
    GoneRange,
)
from sensor_screen.protocol.sample_store import SampleStore, make_chunk
from sensor_screen.protocol.sequence_ranges import (
    SEQUENCES,
    RangeSet,
    SequenceRange,
    split_at_wrap,
    unwrap_sequence,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.protocol.sample_store import Counts, SampleChunk

_MOST_TOLD = 4096


class Lane(StrEnum):
    """How a packet came."""

    LIVE = "live"
    BACKFILL = "backfill"


@dataclass(frozen=True, slots=True)
class ReadyBlock:
    """Samples of one epoch that follow each other without a gap."""

    boot_id: int
    chunk: SampleChunk


class EpochAssembly:
    """The samples of one start of the sensor.

    Args:
        boot_id: Of the start.
        first_sequence: Of the first sample that is wanted, as u32; None: the first that comes, or
            an earlier one that comes before any was taken.
        params: Tuning.
    """

    def __init__(
        self,
        boot_id: int,
        first_sequence: int | None = None,
        params: AssemblerParams | None = None,
    ) -> None:
        self.boot_id = boot_id
        self.counts = AssemblyCounts()
        self._params = params or AssemblerParams()
        self._store = SampleStore()
        self._missing = RangeSet()
        self._gone = {reason: RangeSet() for reason in REASONS}
        self._start = first_sequence if first_sequence is None else first_sequence % SEQUENCES
        self._fixed = first_sequence is not None
        self._top = self._start
        self._taken: int | None = None
        self._suspicious = 0
        self._closed = False
        self.given_up: deque[GoneRange] = deque(maxlen=_MOST_TOLD)
        """Newly gone ranges, for whoever takes them."""

    # --- what came --------------------------------------------------------------------------------

    def receive(self, first_sequence: int, counts: Counts, t100us: int | None, lane: Lane) -> int:
        """Keep what is new of a packet; gives how many samples were.

        Args:
            first_sequence: Of its first sample, u32 as sent.
            counts: (n, 6) int16 as sent.
            t100us: Low 16 bits of the time of its first sample in units of 100 us.
            lane: How it came.

        Raises:
            ProtocolError: The samples have no such shape.
        """
        if counts.ndim != 2 or counts.shape[1] != 6 or counts.dtype != np.int16:
            raise ProtocolError(
                f"Samples of shape {counts.shape}, {counts.dtype}",
                "are not rows of six 16-bit counts",
                "decode the packet with the protocol of its sensor",
            )
        if not len(counts):
            return 0
        first = self._locate(first_sequence, len(counts))
        if first is None:
            self.counts.refused_packets += 1
            self._suspicious += 1
            return 0
        if first == self._top and not self._closed:
            self._follow(first, counts, t100us, lane)
            return len(counts)
        pieces, contradicting = self._place(first, make_chunk(first, counts, t100us))
        new = sum(map(len, pieces))
        self.counts.received += new
        self.counts.recovered += new if lane is Lane.BACKFILL else 0
        self._suspicious = self._suspicious + 1 if contradicting else 0
        return new

    def _locate(self, sent: int, length: int) -> int | None:
        """The number of the first sample, unwrapped; None where it cannot be."""
        if self._top is None or self._start is None:
            return sent % SEQUENCES
        first, reach = unwrap_sequence(sent, self._top), self._params.largest_jump
        believed = self._start - reach < first + length and first <= self._top + reach
        return first if believed else None

    def _follow(self, first: int, counts: Counts, t100us: int | None, lane: Lane) -> None:
        """The packet begins where all that is known ends: nothing of it was missing or gone."""
        self._top = first + len(counts)
        if not self._params.numbers_only:
            self._store.put(make_chunk(first, counts, t100us))
        self.counts.received += len(counts)
        self.counts.recovered += len(counts) if lane is Lane.BACKFILL else 0
        self._suspicious = 0

    def _place(self, first: int, packet: SampleChunk) -> tuple[list[SequenceRange], bool]:
        """Store the new parts; whether all that was held contradicts, and nothing was new."""
        end = packet.end_sequence
        self._widen(first, end)
        begin = max(first, self._start or 0) if self._fixed else first
        self.counts.late += min(begin, end) - first
        pieces = self._missing.take(begin, end) + self._revive(begin, end)
        if not self._params.numbers_only:
            for piece in pieces:
                self._store.put(packet.part(piece.first, piece.end))
        held = max(0, end - begin) - sum(map(len, pieces))
        late = self._late_within(begin, end)
        self.counts.late += late
        different = self._compare(packet) if held > late else 0
        self.counts.conflicting += different
        self.counts.duplicate += held - late - different
        return pieces, bool(different) and different == end - first

    def _widen(self, first: int, end: int) -> None:
        """Let everything between what is known and this packet be missing."""
        if self._top is None or self._start is None:
            self._start, self._top = first, first
        open_ranges = self._gone[RESTARTED] if self._closed else self._missing
        if first < self._start and not self._fixed:
            open_ranges.add(first, self._start)
            self._start = first
        if end > self._top:
            open_ranges.add(self._top, end)
            self._top = end

    def _revive(self, first: int, end: int) -> list[SequenceRange]:
        """What was given up and came after all, as long as nobody was told so."""
        begin = first if self._taken is None else max(first, self._taken)
        return [one for ranges in self._gone.values() for one in ranges.take(begin, end)]

    def _late_within(self, first: int, end: int) -> int:
        """Samples that were given up, and passed."""
        return sum(ranges.count(first, end) for ranges in self._gone.values())

    def _compare(self, packet: SampleChunk) -> int:
        """How many samples that were held have other bytes."""
        different = 0
        for chunk in self._store.within(packet.first_sequence, packet.end_sequence):
            mine = packet.part(chunk.first_sequence, chunk.end_sequence)
            other = np.any(mine.counts != chunk.counts, axis=1)
            different += int(np.count_nonzero(other))
            if len(mine.marks):
                same = chunk.marks[:, 0] == mine.marks[0, 0]
                self.counts.conflicting_times += int(np.any(chunk.marks[same] != mine.marks[0]))
        return different

    # --- what the sensor says ---------------------------------------------------------------------

    def hear_status(self, newest: int, oldest_held: int) -> bool:
        """Take in what the sensor says of its ring, u32; False: it cannot be, and was refused.

        Samples up to the newest are missing if they did not come; those before the oldest that is
        held are gone.
        """
        near = unwrap_sequence(newest, 0 if self._top is None else self._top)
        oldest = unwrap_sequence(oldest_held, near)
        reach = self._params.largest_jump
        low = near if self._start is None else self._start
        top = near + 1 if self._top is None else self._top
        if oldest > near + 1 or near >= top + reach or near < low - 1 - reach:
            self.counts.refused_reports += 1
            self._suspicious += 1
            return False
        if self._start is not None:
            self._widen(self._start, near + 1)
            self._give_up(oldest, NOT_HELD)
        return True

    def hear_oldest_held(self, oldest_held: int) -> bool:
        """The answer to a request for samples that are gone, u32; False: it was refused."""
        if self._top is None:
            return False
        return self.hear_status((self._top - 1) % SEQUENCES, oldest_held)

    def _give_up(self, before: int, reason: str) -> None:
        """All that is missing below a number is gone."""
        first = self._missing.first
        if first is not None:
            self.give_up(first, before, reason)

    def give_up(self, first: int, end: int, reason: str) -> int:
        """What is missing of a range of unwrapped numbers is gone; gives how many samples.

        Args:
            first: Number.
            end: One more than the last number.
            reason: `NOT_HELD`, `RESTARTED`, `NEVER_STORED` or `NEVER_CAME`.
        """
        taken = self._missing.take(first, end)
        for one in taken:
            self._gone[reason].add(one.first, one.end)
            self.given_up.append(GoneRange(self.boot_id, one, reason))
        return sum(map(len, taken))

    def give_up_all(self, reason: str) -> None:
        """Nothing of what is missing will come."""
        if self._top is not None:
            self._give_up(self._top, reason)

    def close(self) -> None:
        """The sensor restarted: what is missing will not come."""
        self._closed = True
        self.give_up_all(RESTARTED)

    # --- what is known ----------------------------------------------------------------------------

    @property
    def suspected_restart(self) -> bool:
        """The last few packets fit so badly that the boot id should be read."""
        return self._suspicious >= self._params.suspicious_packets

    @property
    def acknowledged(self) -> int | None:
        """The highest number up to which nothing is missing; None before anything came."""
        if self._top is None or self._start is None or self._top == self._start:
            return None
        first = self._missing.first
        last = (self._top if first is None else first) - 1
        return last if last >= self._start else None

    @property
    def missing(self) -> tuple[SequenceRange, ...]:
        """What did not come and may yet."""
        return tuple(self._missing)

    @property
    def missing_ranges(self) -> int:
        """In how many ranges that is."""
        return len(self._missing)

    @property
    def missing_samples(self) -> int:
        """How many those are."""
        return self._missing.count()

    @property
    def contiguous_end(self) -> int | None:
        """The number below which nothing may yet come, unwrapped; None before any is known."""
        first = self._missing.first
        return self._top if first is None else first

    @property
    def top(self) -> int | None:
        """One more than the highest number that is known to exist, unwrapped."""
        return self._top

    @property
    def gone(self) -> tuple[GoneRange, ...]:
        """What was given up, in order."""
        named = [
            GoneRange(self.boot_id, one, reason)
            for reason, ranges in self._gone.items()
            for one in ranges
        ]
        return tuple(sorted(named, key=lambda each: each.range.first))

    def total(self) -> AssemblyCounts:
        """The counts, with what is gone as of now."""
        return self.counts + AssemblyCounts(
            gone=sum(ranges.count() for ranges in self._gone.values())
        )

    def ranges_to_ask(self, limit: int, *, finished: bool = False) -> tuple[SequenceRange, ...]:
        """Which ranges to ask for next, merged and cut to size; `on_the_wire` gives the u32 pair.

        Args:
            limit: At most so many ranges.
            finished: No more live packets come, so the newest are asked for as well.
        """
        if self._top is None:
            return ()
        horizon = self._top if finished else self._top - self._params.settle
        newest_first = self._params.newest_first
        asked: list[SequenceRange] = []
        ranges = reversed(self._missing) if newest_first else iter(self._missing)
        for one in self._merged(ranges, limit * self._params.largest_request):
            parts = self._cut(one.first, min(one.end, horizon))
            asked += reversed(parts) if newest_first else parts
            if len(asked) >= limit:
                break
        return tuple(asked[: max(0, limit)])

    def _merged(self, ranges: Iterator[SequenceRange], most: int) -> Iterator[SequenceRange]:
        """Ranges with those near them, each no longer than twice what can be asked for now."""
        last: SequenceRange | None = None
        for one in ranges:
            if last is None:
                last = one
                continue
            low, high = (last, one) if last.first < one.first else (one, last)
            if high.first - low.end <= self._params.merge_within and len(last) < most:
                last = SequenceRange(low.first, high.end)
            else:
                yield last
                last = one
        if last is not None:
            yield last

    def _cut(self, first: int, end: int) -> list[SequenceRange]:
        size = self._params.largest_request
        parts = [SequenceRange(at, min(at + size, end)) for at in range(first, end, size)]
        return split_at_wrap(parts)

    # --- what is handed out -----------------------------------------------------------------------

    def blocks_since(self, sequence: int | None) -> list[ReadyBlock]:
        """Samples from a number on, up to the point of acknowledgement, in order.

        Args:
            sequence: The first wanted, unwrapped; None for all that are held.
        """
        last = self.acknowledged
        if last is None or self._start is None:
            return []
        first = self._start if sequence is None else sequence
        return [ReadyBlock(self.boot_id, chunk) for chunk in self._store.runs(first, last + 1)]

    def take_ready(self) -> list[ReadyBlock]:
        """The same, from where the last call ended: each sample once."""
        last = self.acknowledged
        if last is None:
            return []
        ready = self.blocks_since(self._taken)
        self._taken, self._fixed = last + 1, True
        return ready

    def drop_ready(self) -> None:
        """Let go of the same without a look at it, where only numbers matter."""
        last = self.acknowledged
        if last is not None:
            self._taken, self._fixed = last + 1, True
            self._store.drop_before(last + 1)

    def forget_before(self, sequence: int) -> None:
        """Let go of samples that are stored elsewhere; only what was taken can be."""
        self._store.drop_before(min(sequence, self._taken or sequence))
