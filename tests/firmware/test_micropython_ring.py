"""The ring against a dictionary that forgets nothing but what it must."""

from __future__ import annotations

import random

import pytest

from tests.firmware.micropython_package import counts_of, ring


class Forgetful:
    """What the ring should hold, by number."""

    def __init__(self, depth: int, first: int) -> None:
        self.depth, self.next = depth, first
        self.samples: dict[int, tuple[bytes, int, bool]] = {}

    def put(self, sample: tuple[bytes, int, bool]) -> None:
        self.samples[self.next % 2**32] = sample
        self._go(1)

    def _go(self, count: int) -> None:
        self.next += count
        kept = range(max(0, self.next - self.depth), self.next)
        self.samples = {
            n % 2**32: self.samples[n % 2**32] for n in kept if n % 2**32 in self.samples
        }

    def skip(self, count: int) -> None:
        self._go(count)

    def oldest(self) -> int:
        numbers = range(max(0, self.next - self.depth), self.next)
        return next((n for n in numbers if n % 2**32 in self.samples), self.next) % 2**32

    def run(self, number: int, most: int) -> int:
        count = 0
        while count < most and number in self.samples:
            if count and self.samples[number][2]:
                break
            count += 1
            number = (number + 1) % 2**32
        return count


@pytest.mark.parametrize("depth", [1, 2, 7, 8, 40, 1000])
@pytest.mark.parametrize("first", [0, 2**32 - 60, 2**31 - 30, 2**30 - 30])
def test_the_ring_holds_what_it_should(depth: int, first: int) -> None:
    rng = random.Random(depth + first)  # noqa: S311
    real, truth = ring.Ring(depth, first), Forgetful(depth, first)
    for step in range(250):
        if rng.random() < 0.1:
            lost = rng.choice((1, 2, 3, depth - 1, depth, 5 * depth)) or 1
            real.skip(lost)
            truth.skip(lost)
        sample = counts_of(step), rng.randrange(65536), rng.random() < 0.1
        real.put(*sample)
        truth.put(sample)
        assert (real.next, real.oldest) == (truth.next % 2**32, truth.oldest())
        numbers = [(truth.next - k) % 2**32 for k in range(1, min(depth, real.held) + 1)]
        for number in rng.sample(numbers, min(3, len(numbers))):
            count = real.run(number, 19)
            assert count == truth.run(number, 19)
            if count:
                buffer = bytearray(12 * count + 4)
                real.copy(number, count, buffer, 4)
                held = [truth.samples[(number + k) % 2**32] for k in range(count)]
                assert bytes(buffer) == bytes(4) + b"".join(counts for counts, *_ in held)
                assert real.t100us(number) == held[0][1]


def test_what_was_overwritten_last_is_known() -> None:
    one = ring.Ring(4, 10)
    for step in range(4):
        one.put(counts_of(step), 0, False)
    assert one.overwritten_before == 10
    one.put(counts_of(4), 0, False)
    assert one.overwritten_before == 11
    one.skip(2)
    one.put(counts_of(5), 0, False)
    assert (one.overwritten_before, one.oldest) == (14, 14)
    one.skip(400)
    one.put(counts_of(6), 0, False)
    assert (one.overwritten_before, one.oldest, one.held) == (18, 418, 1)
