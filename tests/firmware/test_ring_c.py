"""The ring in C against a deque, over any order of samples, losses, breaks and the wrap."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.firmware import wire
from tests.firmware.c_library import Ring

if TYPE_CHECKING:
    from pathlib import Path

WRAP = 2**32


class Held(NamedTuple):
    number: int
    """Not wrapped."""
    begins: bool
    t100us: int


class Model:
    """What the ring should hold, with numbers that never wrap."""

    def __init__(self, depth: int, first: int) -> None:
        self.depth, self.next = depth, first
        self.held: deque[Held] = deque()

    def put(self, lost: int, *, begins: bool) -> int:
        """How many were overwritten."""
        before = len(self.held)
        self.next += lost + 1
        self.held.append(Held(self.next - 1, begins or lost > 0, (self.next * 48) % 65_536))
        while self.held[0].number < self.next - self.depth:
            self.held.popleft()
        return before + 1 - len(self.held)

    @property
    def oldest(self) -> int:
        return self.held[0].number if self.held else self.next

    def packet(self, number: int, most: int) -> bytes:
        run: list[Held] = []
        for sample in self.held:
            if sample.number < number:
                continue
            if sample.number != number + len(run) or len(run) == most or (run and sample.begins):
                break
            run.append(sample)
        if not run:
            return b""
        counts = tuple(wire.counts_of(sample.number % WRAP) for sample in run)
        return wire.encode_packet(wire.Packet(wire.BACKFILL, number % WRAP, run[0].t100us, counts))

    def part(self, first: int, count: int) -> tuple[int, int] | None:
        start, end = max(first, self.oldest), min(first + count, self.next)
        return (start % WRAP, end - start) if self.held and start < end else None


PUTS = st.tuples(
    st.integers(1, 9),
    st.one_of(st.just(0), st.just(0), st.integers(0, 6), st.integers(0, 60)),
    st.booleans(),
)


@given(
    depth=st.integers(1, 40),
    before_wrap=st.one_of(st.integers(0, 80), st.just(WRAP - 70_000)),
    puts=st.lists(PUTS, max_size=20),
    asked=st.lists(st.tuples(st.integers(-60, 60), st.integers(1, 80)), min_size=3, max_size=6),
)
@settings(max_examples=300, deadline=None)
def test_ring_is_a_deque(
    library: Path,
    depth: int,
    before_wrap: int,
    puts: list[tuple[int, int, bool]],
    asked: list[tuple[int, int]],
) -> None:
    first = WRAP - before_wrap
    ring, model = Ring(library, depth, first % WRAP), Model(depth, first)
    for count, lost, begins in puts:
        for index in range(count):
            number = model.next + (lost if index == 0 else 0)
            skipped = lost if index == 0 else 0
            breaks = begins and index == 0
            overwritten = model.put(skipped, begins=breaks)
            counts = wire.counts_of(number % WRAP)
            t100us = model.held[-1].t100us
            assert ring.put(counts, t100us, skipped, begins=breaks) == overwritten
        assert (ring.next_sequence, ring.oldest) == (model.next % WRAP, model.oldest % WRAP)
        assert ring.ring.span_samples == model.next - model.oldest <= depth
    held = {sample.number for sample in model.held}
    for offset, count in asked:
        number = model.next + offset
        assert ring.holds(number % WRAP) == (number in held)
        assert ring.part(number % WRAP, count) == model.part(number, count)
        for most in (1, 4, 19):
            assert ring.packet(number % WRAP, most) == model.packet(number, most)
    for number in range(model.oldest, model.next + 1):
        later = min([other for other in held if other >= number], default=model.next)
        assert ring.seek(number % WRAP) == later % WRAP
