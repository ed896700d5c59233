"""100,000 random packets and thousands of everything else, both directions, two codecs."""

from __future__ import annotations

import random

import numpy as np
import pytest

from sensor_screen.protocol.open_sensor_packet import decode_packets, encode_packets
from tests.protocol import python_fields, toml_codec
from tests.protocol.implementations import Implementation, Plain, TomlTables, implementations
from tests.protocol.random_fields import RANDOM, plain, random_packets

PACKETS = 100_000
SEED = 20


@pytest.fixture(scope="module")
def packets() -> tuple[list[bytes], list[Plain]]:
    """As bytes, and in words; put together by numpy from the tables of `packets.toml`."""
    values, groups = random_packets(PACKETS, SEED)
    return values, plain(groups)


@pytest.mark.parametrize("one", implementations(), ids=lambda one: one.name)
def test_every_implementation_agrees_on_100000_packets(
    one: Implementation, packets: tuple[list[bytes], list[Plain]]
) -> None:
    values, expected = packets
    assert one.decode_packets(values) == expected
    assert one.encode_packets(expected) == values


@pytest.mark.parametrize("one", implementations(), ids=lambda one: one.name)
def test_byte_by_byte(one: Implementation) -> None:
    values, groups = random_packets(20, SEED + 1)
    for packet, value in zip(plain(groups), values, strict=True):
        *before, last = one.decode_byte_by_byte(value)
        assert last == packet
        assert {*before} == {"length"}


def test_the_tables_field_by_field() -> None:
    """The slow reading of `packets.toml` agrees with the numpy form of it that is used above."""
    values, groups = random_packets(1000, SEED + 2)
    toml = TomlTables()
    expected = plain(groups)
    assert toml.decode_packets(values) == expected
    assert [toml.encode_packet(packet) for packet in expected] == values


def test_tables_of_packets_are_written_as_they_were_read() -> None:
    values, _ = random_packets(PACKETS, SEED + 3)
    order = np.random.default_rng(SEED).permutation(len(values))
    shuffled = [values[k] for k in order]
    table = decode_packets(b"".join(shuffled), [len(value) for value in shuffled])
    assert not table.refused
    assert table.unknown_kind == 0
    written, lengths = encode_packets(table)
    assert written == b"".join(shuffled)
    assert lengths.tolist() == [len(value) for value in shuffled]


@pytest.mark.parametrize("structure", RANDOM)
def test_everything_else(structure: str) -> None:
    rng = random.Random(SEED)  # noqa: S311
    for _ in range(1000):
        fields = RANDOM[structure](rng)
        value = toml_codec.encode(structure, fields)
        assert python_fields.decode(structure, value) == fields
        assert python_fields.encode(structure, fields) == value
        assert toml_codec.decode(structure, value) == fields
