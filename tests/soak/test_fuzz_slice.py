"""A small, seeded slice of the fuzzing, without the fuzzer: `poe fuzz` runs the whole."""

from __future__ import annotations

import os
import random

import pytest

from tests.soak.decoders import DECODERS
from tests.soak.fuzz_decoders import CheckedDecoder
from tests.soak.mutations import mutations

INPUTS = 2500
SEED = int(os.environ.get("FUZZ_SEED", "6"))


@pytest.mark.parametrize("name", DECODERS)
def test_garbage_is_refused_in_one_way(name: str) -> None:
    decoder = DECODERS[name]
    check = CheckedDecoder(name)
    examples = decoder.examples()
    for example in examples:
        check(example)
    for data in mutations(random.Random(SEED), examples, INPUTS, decoder.longest):  # noqa: S311
        check(data)


@pytest.mark.parametrize("name", DECODERS)
def test_examples_reach_the_good_side(name: str) -> None:
    """Else only the first check of a decoder would be fuzzed."""
    decoder = DECODERS[name]
    taken = 0
    for example in decoder.examples():
        try:
            decoder.feed(example)
        except Exception:  # noqa: BLE001, S112
            continue
        taken += 1
    assert taken >= 3


def test_a_decoder_that_fails_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    check = CheckedDecoder("open_sensor_packet")

    def broken(data: bytes) -> None:
        raise IndexError(data)

    monkeypatch.setattr(check, "_feed", broken)
    with pytest.raises(IndexError):
        check(b"")
