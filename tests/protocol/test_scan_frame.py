"""The quick look at a frame accepts and refuses what the thorough one does."""

from __future__ import annotations

import random
import re
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.relay_frame import (
    Channel,
    RelayFrame,
    RelayKind,
    RelayRecord,
    decode_frame,
    encode_frame,
)
from sensor_screen.protocol.relay_scan import scan_frame
from tests.service.relay_frames import a_frame


def assert_same(value: bytes) -> bool:
    """Whether both accept it."""
    try:
        frame = decode_frame(value)
    except ProtocolError as error:
        with pytest.raises(ProtocolError, match=re.escape(str(error))):
            scan_frame(value)
        return False
    found = scan_frame(value)
    if isinstance(found, tuple):
        slots = tuple(record.slot for record in frame.records)
        assert found == (frame.sequence, frame.base_us, slots)
        assert all(record.channel is not Channel.NONE for record in frame.records)
    else:
        assert found == frame
    return True


def sealed(body: bytes) -> bytes:
    return body + zlib.crc32(body).to_bytes(4, "little")


def test_frames_with_one_byte_changed_and_a_right_checksum() -> None:
    rng = random.Random(3)  # noqa: S311
    accepted = 0
    for _ in range(6000):
        body = bytearray(a_frame(rng.randrange(3), value=rng.randbytes(rng.randrange(4)))[:-4])
        at = rng.randrange(len(body))
        body[at] = rng.choice([0, 1, 4, 255, rng.randrange(256)])
        accepted += assert_same(sealed(bytes(body)))
    assert 300 < accepted < 5700


def test_cut_and_long_frames() -> None:
    for value in (a_frame(0), a_frame(1)):
        for end in range(len(value)):
            assert_same(value[:end])
            assert_same(sealed(value[:end]))
        assert_same(value + b"\0")
    for size in range(65_400, 65_535):
        record = RelayRecord(RelayKind.NOTIFIED, 0, Channel.LIVE, 0, bytes(size))
        try:
            value = encode_frame(RelayFrame(0, 0, (record,)))
        except ProtocolError:
            continue
        assert assert_same(value)
        assert len(value) <= 65_535
    assert not assert_same(sealed(bytes(65_536 - 4)))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes(value: bytes) -> None:
    assert_same(value)
    assert_same(sealed(value))
    assert_same(sealed(b"\x01\0" + value))
