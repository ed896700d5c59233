"""The two lanes of samples: live, which must not lag, and backfill, which must not miss any.

Both read the ring; neither keeps a sample of its own. So a packet that could not be sent costs
nothing but its place in the queue.
"""

from .packet import (
    BACKFILL,
    HEADER,
    KIND_BACKFILL,
    KIND_LIVE,
    LARGEST_VALUE,
    LIVE,
    NOT_HELD,
    OK,
    SAMPLE,
    before,
    samples_per_packet,
    wrapped,
    write_header,
)
from .ring import Ring

LATEST_US = 250_000
"""A live packet leaves so long after its first sample was measured, full or not."""


class Writer:
    """Makes packets out of the ring, in one buffer that is used again and again."""

    def __init__(self, ring: Ring) -> None:
        self.ring = ring
        self.fits = samples_per_packet(23)
        self._buffer = bytearray(LARGEST_VALUE)
        self._view = memoryview(self._buffer)

    def packet(self, kind: int, first: int, count: int) -> bytes:
        """Packet of `count` held samples from the number `first` on."""
        write_header(self._buffer, kind, count, first, self.ring.t100us(first))
        self.ring.copy(first, count, self._buffer, HEADER)
        return bytes(self._view[: HEADER + count * SAMPLE])


class LiveLane:
    """The newest samples, in packets of at most `batch`, begun anew after every break."""

    def __init__(self, writer: Writer) -> None:
        self.channel = LIVE
        self.on = False
        self.batch = 0
        self.dropped = 0
        self._writer = writer
        self._ring = writer.ring
        self._first = 0
        self._waiting = 0
        self._since_us = 0
        self._newest_us = 0
        self._broken = False

    def enable(self, on: bool) -> None:
        """Begin with the next sample, or drop what waits."""
        self.on = on
        self._first = self._ring.next
        self._waiting = 0
        self._broken = False

    def put(self, time_us: int, begins: bool, most: int) -> None:
        """The ring has one more sample; `most`: so many may wait before the oldest are dropped."""
        if not self.on:
            return
        if self._waiting == 0:
            self._first = wrapped(self._ring.next - 1)
            self._since_us = time_us - time_us % 100
        elif begins:
            self._broken = True
        self._newest_us = time_us
        self._waiting = wrapped(self._ring.next - self._first)
        if self._waiting > self._ring.held:
            self._advance(self._waiting - self._ring.held)
        while self._waiting > most:
            self._advance(self._ring.run(self._first, self._most()))
            self.dropped += 1

    def ready(self, now_us: int, flush: bool) -> int:
        """Samples of the packet that may go now; 0: none. `flush`: no more will come."""
        waiting = self._waiting
        if waiting == 0:
            return 0
        most = self._most()
        if waiting >= most or flush or now_us - self._since_us >= LATEST_US:
            return self._ring.run(self._first, most) if self._broken else min(waiting, most)
        if self._broken:
            run = self._ring.run(self._first, most)
            return run if run < waiting else 0
        return 0

    def take(self, count: int) -> bytes:
        """The packet of so many samples that `ready` told."""
        value = self._writer.packet(KIND_LIVE, self._first, count)
        self._advance(count)
        return value

    def due_us(self) -> int | None:
        """When what waits must go at the latest; None if nothing waits."""
        return self._since_us + LATEST_US if self._waiting else None

    def _most(self) -> int:
        fits = self._writer.fits
        return min(fits, self.batch) if self.batch else fits

    def _advance(self, count: int) -> None:
        """Go on to the sample after `count` numbers, and past the numbers that were skipped."""
        ring = self._ring
        self._first = wrapped(self._first + count)
        self._waiting -= count
        while self._waiting and self._broken and ring.run(self._first, 1) == 0:
            self._first = wrapped(self._first + 1)
            self._waiting -= 1
        if self._waiting == 0:
            self._broken = False
            return
        ticks = self._newest_us // 100
        age = (ticks - ring.t100us(self._first)) & 0xFFFF
        self._since_us = (ticks - age) * 100


class BackfillLane:
    """One range of numbers, sent again in order."""

    def __init__(self, writer: Writer) -> None:
        self.channel = BACKFILL
        self.on = False
        self.running = False
        self.tag = 0
        self.first = 0
        self.count = 0
        self.sent = 0
        self._overwritten = False
        self._next = 0
        self._left = 0
        self._writer = writer
        self._ring = writer.ring

    def begin(self, tag: int, first: int, count: int) -> bool:
        """Take the part of the range that is held; whether there is any."""
        ring = self._ring
        oldest, held = ring.oldest, ring.held
        if before(first, oldest):
            count -= wrapped(oldest - first)
            first = oldest
        ahead = wrapped(first - oldest)
        count = min(count, held - ahead)
        if count <= 0:
            return False
        self.running = True
        self.tag, self.first, self.count = tag, first, count
        self._next, self._left, self.sent = first, count, 0
        self._overwritten = False
        return True

    def end(self) -> None:
        """Forget the range."""
        self.running = False
        self._left = 0

    def ready(self) -> int:
        """Samples of the packet that may go now; 0: all are sent."""
        ring = self._ring
        while self._left:
            if before(self._next, ring.overwritten_before):
                self._overwritten = True
            # What of the range is not held any more lies behind, however far the numbers went on.
            if wrapped(self._next - ring.oldest) >= ring.held:
                self._advance(min(wrapped(ring.oldest - self._next), self._left))
                continue
            count = ring.run(self._next, min(self._left, self._writer.fits))
            if count:
                return count
            self._advance(1)
        return 0

    def take(self, count: int) -> bytes:
        """The packet of so many samples that `ready` told."""
        value = self._writer.packet(KIND_BACKFILL, self._next, count)
        self.sent += count
        self._advance(count)
        return value

    def result(self) -> int:
        """Result of *done*."""
        return NOT_HELD if self._overwritten else OK

    def _advance(self, count: int) -> None:
        self._next = wrapped(self._next + count)
        self._left -= count
