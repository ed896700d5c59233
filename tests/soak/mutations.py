"""Inputs near those that are good: what a plain, seeded fuzzer feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

EDGES = (0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF)


def mutations(
    rng: random.Random, examples: Sequence[bytes], inputs: int, longest: int
) -> Iterator[bytes]:
    """So many inputs: examples with a few bytes turned, cut, doubled or joined, and some noise."""
    for _ in range(inputs):
        if rng.random() < 0.05:
            yield rng.randbytes(rng.randrange(longest + 1))
            continue
        value = bytearray(rng.choice(examples))
        for _ in range(rng.randint(1, 4)):
            _mutate(rng, value, examples)
        yield bytes(value[:longest])


def _mutate(rng: random.Random, value: bytearray, examples: Sequence[bytes]) -> None:
    at = rng.randrange(len(value) + 1)
    match rng.randrange(6):
        case 0 if at < len(value):
            value[at] ^= 1 << rng.randrange(8)
        case 1 if at < len(value):
            value[at] = rng.choice(EDGES)
        case 2:
            del value[at:]
        case 3:
            value[at:at] = value[at : at + rng.randrange(16)]
        case 4:
            value[at:] = rng.choice(examples)[at:]
        case _:
            value[at:at] = bytes([rng.randrange(256)])
