"""A quick look at relay frames, for who passes thousands a second on without opening them."""

from __future__ import annotations

import struct
import zlib

from sensor_screen.protocol.relay_frame import (
    FRAME_VERSION,
    LARGEST_FRAME,
    WITH_CHANNEL,
    Channel,
    RelayFrame,
    decode_frame,
)

_HEAD = struct.Struct("<BBHIQ")
_RECORD = struct.Struct("<BBBBIH")
_CHANNEL_NUMBERS = frozenset(map(int, Channel)) - {0}
_KINDS = frozenset(map(int, WITH_CHANNEL))


def scan_frame(value: bytes) -> tuple[int, int, tuple[int, ...]] | RelayFrame:
    """Check a frame as `decode_frame` does, in a quarter of the time where it holds values only.

    A service takes thousands a second, and looks at their values later.

    Returns:
        (sequence, base_us, slots) of a frame that describes no slot, of records with a channel;
        of another one all of it.

    Raises:
        ProtocolError: As `decode_frame` does.
    """
    end = len(value) - 4
    if not 16 <= end < LARGEST_FRAME - 3 or zlib.crc32(value[:end]) != int.from_bytes(
        value[end:], "little"
    ):
        return decode_frame(value)
    version, _, count, sequence, base_us = _HEAD.unpack_from(value)
    offset, last_us, unpack = 16, 0, _RECORD.unpack_from
    found: list[int] = []
    for _ in range(count):
        if offset + 10 > end:
            return decode_frame(value)
        kind, slot, channel, _, offset_us, length = unpack(value, offset)
        if kind not in _KINDS or channel not in _CHANNEL_NUMBERS or offset_us < last_us:
            return decode_frame(value)
        last_us = offset_us
        offset += 10 + length
        found.append(slot)
    if offset != end or not count or version != FRAME_VERSION:
        return decode_frame(value)
    return sequence, base_us, tuple(found)
