"""Every decoder that reads bytes from outside, by name: what the fuzzer feeds and checks.

A new one is a line in `DECODERS`: the function that is fed, examples to begin with, and the longest
input. The function raises nothing but `ProtocolError`, and says by `AssertionError` where what it
read contradicts itself.
"""

from __future__ import annotations

import json
import zlib
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.assembler import Assembler
from sensor_screen.protocol.blocks import SampleBlock
from sensor_screen.protocol.epoch_assembly import Lane
from sensor_screen.protocol.metamotion import MetaCharacteristic
from sensor_screen.protocol.metamotion_decoder import MetaDecoder
from sensor_screen.protocol.movella_decoder import MovellaDecoder
from sensor_screen.protocol.movella_dot import DotCharacteristic
from sensor_screen.protocol.open_sensor_control import Reply, ResendDone
from sensor_screen.protocol.open_sensor_control_bytes import (
    decode_indication,
    decode_request,
    encode_done,
    encode_reply,
    encode_request,
)
from sensor_screen.protocol.open_sensor_info_bytes import decode_info, encode_info
from sensor_screen.protocol.open_sensor_packet import (
    decode_packet,
    decode_packets,
    encode_packet,
    encode_packets,
)
from sensor_screen.protocol.open_sensor_status import (
    decode_status,
    encode_status,
    sample_times,
    unwrap_numbers,
)
from sensor_screen.protocol.relay_frame import RelayReader, decode_frame, encode_frame
from sensor_screen.protocol.vendors import MOST_NOTIFIED
from sensor_screen.protocol.witmotion import WitCharacteristic, WitDecoder

if TYPE_CHECKING:
    from collections.abc import Callable

VECTORS = Path(__file__).parents[2] / "firmware_protocol/vectors.json"
VENDORS = VECTORS.with_name("vendor_vectors.json")
_DOT_PLACES = tuple(DotCharacteristic)
_OPEN_MODES = (21, 20, 26, 24, 23, 22, 19, 18, 16, 7, 6, 5, 4, 3, 2)


@dataclass(frozen=True, slots=True)
class FuzzedDecoder:
    """A decoder and how to feed it."""

    feed: Callable[[bytes], object]
    examples: Callable[[], list[bytes]]
    longest: int


# --- what is fed ----------------------------------------------------------------------------------


def feed_packet(data: bytes) -> None:
    packet = decode_packet(data)
    if packet is not None:
        assert encode_packet(packet) == data


def feed_packet_table(data: bytes) -> None:
    """The first bytes say how the rest is cut into packets."""
    size = min(data[0] % 8 + 1, len(data) - 1) if data else 0
    lengths, rest = list(data[1 : 1 + size]), data[1 + size :]
    if lengths and data[0] & 8:
        # Half of the inputs have lengths that are true together, so that packets are looked at.
        left = len(rest)
        for k, length in enumerate(lengths):
            lengths[k] = min(length, left)
            left -= lengths[k]
        lengths[-1] += left
    table = decode_packets(rest, lengths)
    read = len(table.source) + sum(table.refused.values()) + table.unknown_kind
    assert read == len(lengths)
    assert len(table.counts) == len(table.sequence) == int(table.count.sum())
    written, _ = encode_packets(table)
    assert len(written) <= len(rest)
    _check_each_alone(rest, lengths, table)


def _check_each_alone(values: bytes, lengths: list[int], table: Any) -> None:
    """One by one, the same packets are read and the same are refused."""
    begin = 0
    good = {*table.source.tolist()}
    for k, length in enumerate(lengths):
        try:
            packet = decode_packet(values[begin : begin + length])
        except ProtocolError as error:
            assert error.fault in table.refused
            packet = None
        assert (packet is not None) == (k in good)
        begin += length


def feed_status(data: bytes) -> None:
    assert encode_status(decode_status(data)) == data


def feed_info(data: bytes) -> None:
    info = decode_info(data)
    # Longer entries are read as far as known, so what is written may be shorter.
    assert decode_info(encode_info(info)) == info


def feed_request(data: bytes) -> None:
    tag, request = decode_request(data)
    assert encode_request(request, tag) == data


def feed_indication(data: bytes) -> None:
    found = decode_indication(data)
    if isinstance(found, Reply):
        assert decode_indication(encode_reply(found)) == found
    elif isinstance(found, ResendDone):
        assert decode_indication(encode_done(found)) == found


def feed_relay_frame(data: bytes) -> None:
    """The first byte says whether the CRC is put right: else hardly one input would pass it."""
    if not data:
        return
    value = data[1:]
    if data[0] & 1:
        value = value[:-4] + zlib.crc32(value[:-4]).to_bytes(4, "little")
    frame = decode_frame(value)
    assert decode_frame(encode_frame(frame)) == frame


def feed_relay_stream(data: bytes) -> None:
    """Frames of one reader, as long as the byte before says; CRC and sequence are mended."""
    reader = RelayReader()
    while data:
        value, data = data[1 : 1 + data[0]], data[1 + data[0] :]
        if len(value) >= 24:
            value = value[:4] + (value[4] & 3).to_bytes(4, "little") + value[8:-4]
            value += zlib.crc32(value).to_bytes(4, "little")
        before = reader.next_sequence
        try:
            arrivals = reader.read(value)
        except ProtocolError:
            assert reader.next_sequence == before
        else:
            assert len(arrivals) == 0 or reader.next_sequence == before + 1
    assert len(reader.sensors) <= 256


def feed_times(data: bytes) -> None:
    """Pairs and packets as a hostile sensor sends them: any numbers, any clocks."""
    whole = np.frombuffer(data[: len(data) // 16 * 16], "<u4").reshape(-1, 4).astype(np.int64)
    if not len(whole):
        return
    pairs = whole[: 1 + whole[0, 0] % 8]
    near = int(pairs[0, 0])
    numbers, clock_us = unwrap_numbers(pairs[:, 0], near), pairs[:, 1] << (pairs[0, 3] % 17)
    if pairs[0, 3] & 64:
        numbers, clock_us = np.unique(numbers), np.unique(clock_us)[: len(np.unique(numbers))]
    period_us = 1e9 / (1 + int(pairs[0, 2]))
    first = unwrap_numbers(whole[:, 0], near)
    times = sample_times(first, whole[:, 2] & 0xFFFF, numbers, clock_us, period_us)
    assert np.isfinite(times.first_us).all()
    assert np.isfinite(times.of_samples(whole[:, 3] % 20)).all()


def _cut(data: bytes) -> list[bytes]:
    """Notifications: each as long as the byte before it says."""
    cut = []
    while data:
        cut.append(data[1 : 1 + data[0]])
        data = data[1 + data[0] :]
    return cut


def feed_movella(data: bytes) -> None:
    """Two bytes say the mode and the characteristic; the same sensor notifies the rest."""
    if len(data) < 2:
        return
    decoder = MovellaDecoder(_OPEN_MODES[data[0] % len(_OPEN_MODES)])
    place = _DOT_PLACES[data[1] % len(_DOT_PLACES)]
    for number, value in enumerate(_cut(data[2:])):
        with suppress(ProtocolError):
            decoder.receive(place, value, 0.01 * number)


def feed_witmotion(data: bytes) -> None:
    """However the bytes are cut, the same frames come out and the same bytes are left over."""
    whole, cut = WitDecoder(), WitDecoder()
    values = _cut(data)
    joined = b"".join(values)[:MOST_NOTIFIED]
    found = whole.receive(WitCharacteristic.NOTIFY, joined, 0.0)
    left = len(joined)
    parts = []
    for value in values:
        parts += cut.receive(WitCharacteristic.NOTIFY, value[:left], 0.0)
        left -= min(left, len(value))
    assert sum(len(e) for e in found if isinstance(e, SampleBlock)) == sum(
        len(e) for e in parts if isinstance(e, SampleBlock)
    )
    assert whole.discarded_bytes == cut.discarded_bytes <= len(joined)


def feed_metamotion(data: bytes) -> None:
    """The first byte says the chip, which the sensor then names; what follows is anything."""
    if not data:
        return
    decoder = MetaDecoder()
    chip = bytes([data[0] & 1])
    hello = [b"\x03\x80" + (b"\x04" if data[0] & 1 else b"\x01"), b"\x13\x80" + chip]
    for number, value in enumerate([*hello, *_cut(data[1:])]):
        with suppress(ProtocolError):
            decoder.receive(MetaCharacteristic.NOTIFY, value, 0.01 * number)
    assert decoder.unpaired_acc >= 0
    assert decoder.unpaired_gyr >= 0


def feed_assembler(data: bytes) -> None:
    """Seven bytes a happening: packets of any number, statuses, restarts; memory stays bounded."""
    assembler = Assembler()
    assembler.begin_epoch(1, 0)
    taken = 0
    for at in range(0, len(data) - 6, 7):
        what, number, size = data[at], int.from_bytes(data[at + 1 : at + 5], "little"), data[at + 5]
        if what & 32:
            number &= 255  # near the start, where packets overlap
        count = size % 20
        with suppress(ProtocolError):
            if what % 8 < 5:
                counts = np.full((count, 6), data[at + 6], np.int16)
                lane = Lane.BACKFILL if what & 64 else Lane.LIVE
                assembler.receive(number, counts, size << 8, lane)
            elif what % 8 == 5:
                assembler.hear_status(number, number - size)
            elif what % 8 == 6:
                assembler.hear_oldest_held(number)
            else:
                assembler.begin_epoch(size)
        ready = assembler.take_ready()
        taken += sum(len(block.chunk.counts) for block in ready)
        for one in assembler.ranges_to_ask(8):
            assert one.end > one.first
    assert taken <= assembler.total().received <= 20 * (len(data) // 7)


# --- examples -------------------------------------------------------------------------------------


@cache
def _entries() -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for entry in json.loads(VECTORS.read_text(encoding="utf-8"))["entries"]:
        found.setdefault(entry["structure"], []).append(bytes.fromhex(entry["hex"]))
    return found


def vectors(*structures: str, before: bytes = b"") -> Callable[[], list[bytes]]:
    """Golden packets, good and bad, as a start."""
    return lambda: [before + value for name in structures for value in _entries()[name]]


def _tables() -> list[bytes]:
    values = [value for value in _entries()["packet"] if len(value) < 250]
    return [
        bytes([9, len(one), len(two)]) + one + two
        for one, two in zip(values, reversed(values), strict=True)
    ]


def _streams() -> list[bytes]:
    streams = json.loads(VECTORS.read_text(encoding="utf-8"))["streams"]
    frames = [[bytes.fromhex(frame["hex"]) for frame in stream["frames"]] for stream in streams]
    return [b"".join(bytes([len(value)]) + value for value in stream) for stream in frames]


def _pairs() -> list[bytes]:
    """Seconds at 208 Hz, whole and with a break."""
    steps = np.arange(8)
    rows = np.column_stack([7 + 208 * steps, 999_995 * steps, 207_999 + 0 * steps, 71 + 0 * steps])
    broken = rows + np.outer(steps >= 4, [0, 3_000_000, 0, 0])
    late = np.add(rows, [2**32 - 800, 0, 0, 0])
    return [table.astype("<u4").tobytes() for table in (rows, broken, late % 2**32)]


def _notified(family: str, before: bytes) -> Callable[[], list[bytes]]:
    """Golden packets of a vendor's sensors, each as one notification."""

    def examples() -> list[bytes]:
        entries = json.loads(VENDORS.read_text(encoding="utf-8"))
        values = [
            bytes.fromhex(entry["hex"])
            for entry in entries
            if entry["family"] == family and entry["direction"] == "from sensor"
        ]
        return [before + bytes([len(value)]) + value for value in values if len(value) < 256]

    return examples


DECODERS: dict[str, FuzzedDecoder] = {
    "open_sensor_packet": FuzzedDecoder(feed_packet, vectors("packet"), 300),
    "open_sensor_packet_table": FuzzedDecoder(feed_packet_table, _tables, 1000),
    "open_sensor_status": FuzzedDecoder(feed_status, vectors("status"), 32),
    "open_sensor_times": FuzzedDecoder(feed_times, _pairs, 400),
    "open_sensor_info": FuzzedDecoder(feed_info, vectors("info"), 600),
    "open_sensor_request": FuzzedDecoder(feed_request, vectors("request"), 32),
    "open_sensor_reply": FuzzedDecoder(feed_indication, vectors("reply", "done"), 32),
    "relay_frame": FuzzedDecoder(feed_relay_frame, vectors("relay_frame", before=b"\x01"), 1000),
    "relay_stream": FuzzedDecoder(feed_relay_stream, _streams, 1000),
    "movella_dot": FuzzedDecoder(feed_movella, _notified("movella_dot", b"\x06\x00"), 300),
    "witmotion": FuzzedDecoder(feed_witmotion, _notified("witmotion", b""), 300),
    "metamotion": FuzzedDecoder(feed_metamotion, _notified("metamotion", b"\x01"), 300),
    "assembler": FuzzedDecoder(
        feed_assembler, lambda: [bytes(7), bytes(range(70)), bytes([33] * 70)], 280
    ),
}
