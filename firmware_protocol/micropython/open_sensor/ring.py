"""The newest samples, by number: 14 bytes and two bits each; nothing is allocated later on."""

from array import array

from .packet import SAMPLE, wrapped


class Ring:
    """Holds the samples of the numbers from `oldest` up to, not including, `next`.

    Beside its counts and its time each sample has two bits: whether a new packet must begin with
    it (because of a break before it), and whether its number was skipped (it was never stored).
    Skipped numbers use up room, as they would use up time.

    Attributes:
        held: Numbers from `oldest` up to `next`.
        overwritten_before: One past the number of the last sample that was overwritten.
    """

    def __init__(self, depth: int, first_sequence: int = 0) -> None:
        self.depth = depth
        self.next = first_sequence
        self.held = 0
        self.overwritten_before = first_sequence
        self._slot = 0
        self._counts = bytearray(depth * SAMPLE)
        # An array made of bytes would be twice as long in MicroPython.
        self._ticks = array("H", (0 for _ in range(depth)))
        self._begins = bytearray((depth + 7) // 8)
        self._skipped = bytearray((depth + 7) // 8)
        self._skips = 0

    @property
    def oldest(self) -> int:
        """Number of the oldest sample held; equal to `next` if none is."""
        return wrapped(self.next - self.held)

    def put(self, counts: bytes, t100us: int, begins: bool) -> None:
        """Store one sample of 12 bytes, over the oldest one if need be."""
        slot = self._slot
        storage = self._counts
        at = slot * SAMPLE
        # A slice would be quicker in CPython, but allocates in MicroPython.
        for i in range(SAMPLE):
            storage[at + i] = counts[i]
        self._ticks[slot] = t100us
        bit = 1 << (slot & 7)
        if begins:
            self._begins[slot >> 3] |= bit
        else:
            self._begins[slot >> 3] &= ~bit
        self._take(slot, bit)
        if self._skips:
            self._drop_leading_skips()

    def skip(self, count: int) -> None:
        """Pass over so many numbers, whose samples were lost. A sample MUST be put next."""
        if count >= self.depth or not self.held:
            if self.held:
                self.overwritten_before = self.next
            self.held = self._skips = 0
            for i in range(len(self._skipped)):
                self._skipped[i] = 0
            self.next = wrapped(self.next + count)
            return
        for _ in range(count):
            slot = self._slot
            bit = 1 << (slot & 7)
            self._take(slot, bit)
            self._skipped[slot >> 3] |= bit
            self._skips += 1
        self._drop_leading_skips()

    def t100us(self, number: int) -> int:
        """Clock of a held sample in units of 100 us, modulo 65,536."""
        return self._ticks[self._slot_of(number)]

    def run(self, number: int, most: int) -> int:
        """How many samples from a held number on may share one packet; 0 if it was skipped."""
        slot = self._slot_of(number)
        most = min(most, wrapped(self.next - number))
        if self._skips and self._skipped[slot >> 3] & (1 << (slot & 7)):
            return 0
        count = 1
        while count < most:
            slot = slot + 1 if slot + 1 < self.depth else 0
            if (self._begins[slot >> 3] | self._skipped[slot >> 3]) & (1 << (slot & 7)):
                break
            count += 1
        return count

    def copy(self, number: int, count: int, buffer: bytearray, at: int) -> None:
        """Copy the counts of held samples into `buffer` from byte `at` on."""
        slot = self._slot_of(number)
        first = min(count, self.depth - slot)
        view = memoryview(self._counts)
        middle = at + first * SAMPLE
        buffer[at:middle] = view[slot * SAMPLE : (slot + first) * SAMPLE]
        if count > first:
            buffer[middle : at + count * SAMPLE] = view[: (count - first) * SAMPLE]

    def _slot_of(self, number: int) -> int:
        back = wrapped(self.next - number)
        return self._slot - back if back <= self._slot else self._slot - back + self.depth

    def _take(self, slot: int, bit: int) -> None:
        """Give the next number its place, and with it that of the oldest if the ring is full."""
        if self.held == self.depth:
            if not self._skipped[slot >> 3] & bit:
                self.overwritten_before = wrapped(self.oldest + 1)
        else:
            self.held += 1
        if self._skips:
            self._free(slot, bit)
        self._slot = slot + 1 if slot + 1 < self.depth else 0
        self.next = wrapped(self.next + 1)

    def _free(self, slot: int, bit: int) -> None:
        if self._skipped[slot >> 3] & bit:
            self._skipped[slot >> 3] &= ~bit
            self._skips -= 1

    def _drop_leading_skips(self) -> None:
        """Let `oldest` be a sample that is there."""
        while self._skips and self.held:
            slot = self._slot_of(self.oldest)
            bit = 1 << (slot & 7)
            if not self._skipped[slot >> 3] & bit:
                break
            self._free(slot, bit)
            self.held -= 1
