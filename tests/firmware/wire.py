"""The bytes of PROTOCOL.md once more, with `struct`: what the firmware is compared with."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLE_BYTES = 12
HEADER = struct.Struct("<BBIH")
LIVE, BACKFILL = 1, 2

FINE, LENGTH, VERSION, COUNT, FIELD, MISSING, TWICE, UNKNOWN = range(8)
"""`enum osp_fault`."""


@dataclass(frozen=True, slots=True)
class Packet:
    kind: int
    first_sequence: int
    t100us: int
    samples: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """Many packets; `counts` (samples, 6) of one after another."""

    kind: NDArray[np.uint8]
    count: NDArray[np.uint8]
    first_sequence: NDArray[np.uint32]
    t100us: NDArray[np.uint16]
    counts: NDArray[np.int16]


def empty_columns(packets: int, samples: int) -> Columns:
    kind, count = np.zeros(packets, np.uint8), np.zeros(packets, np.uint8)
    first, t100us = np.zeros(packets, np.uint32), np.zeros(packets, np.uint16)
    return Columns(kind, count, first, t100us, np.zeros((samples, 6), np.int16))


def encode_columns(columns: Columns) -> list[bytes]:
    values, at = [], 0
    flat = columns.counts.ravel().tolist()
    heads = (columns.kind, columns.count, columns.first_sequence, columns.t100us)
    for kind, count, first, t100us in zip(*(head.tolist() for head in heads), strict=True):
        numbers = flat[at : at + 6 * count]
        form = f"<BBIH{6 * count}h"
        values.append(struct.pack(form, 0x10 | kind, count, first, t100us, *numbers))
        at += 6 * count
    return values


def encode_packet(packet: Packet) -> bytes:
    header = HEADER.pack(
        0x10 | packet.kind, len(packet.samples), packet.first_sequence, packet.t100us
    )
    return header + b"".join(struct.pack("<6h", *sample) for sample in packet.samples)


def header_fault(value: bytes) -> int:
    if not value:
        return LENGTH
    if value[0] >> 4 != 1:
        return VERSION
    if value[0] & 15 not in {LIVE, BACKFILL}:
        return UNKNOWN
    return FINE if len(value) >= HEADER.size else LENGTH


def decode_packet(value: bytes) -> Packet | int:
    """The packet, or the fault."""
    fault = header_fault(value)
    if fault != FINE:
        return fault
    version_kind, count, first_sequence, t100us = HEADER.unpack_from(value)
    if not 1 <= count <= 19:
        return COUNT
    if len(value) != HEADER.size + SAMPLE_BYTES * count:
        return LENGTH
    samples = tuple(struct.iter_unpack("<6h", value[HEADER.size :]))
    return Packet(version_kind & 15, first_sequence, t100us, samples)


def samples_that_fit(mtu: int) -> int:
    return min(19, (min(mtu - 3, 244) - 8) // 12)


def counts_of(sequence: int) -> tuple[int, ...]:
    """Made counts of a sample, from its number. A few stand at the end of the scale."""
    return tuple((sequence * 7919 + axis * 104729) % 65536 - 32768 for axis in range(6))


def run_of(kind: int, first: int, count: int, time_us: int) -> bytes:
    """A packet of made samples."""
    numbers = [(first + i) % 2**32 for i in range(count)]
    samples = tuple(counts_of(number) for number in numbers)
    return encode_packet(Packet(kind, first % 2**32, time_us // 100 % 65536, samples))


def status(
    next_: int,
    oldest: int,
    time_us: int,
    *,
    boot: int = 0xBEEF,
    battery: int = 255,
    flags: int = 0,
    lost: int = 0,
) -> bytes:
    time = time_us.to_bytes(6, "little")
    numbers = struct.pack("<II", next_ % 2**32, oldest % 2**32)
    return numbers + time + struct.pack("<HBBH", boot, battery, flags, lost)


def start(
    tag: int,
    *,
    rate: int = 208_000,
    acc: int = 16,
    gyr: int = 2000,
    session: int = 0x0D15EA5E,
    keep: int = 900,
    batch: int = 0,
) -> bytes:
    return struct.pack("<BBIBHIHB", 1, tag, rate, acc, gyr, session, keep, batch)


def started(tag: int, first: int, time_us: int) -> bytes:
    return struct.pack("<BBBI", 0x81, tag, 0, first) + time_us.to_bytes(6, "little")


def request(op: int, tag: int, form: str = "", *values: int) -> bytes:
    return struct.pack("<BB" + form, op, tag, *values)


def reply(op: int, tag: int, result: int = 0, form: str = "", *values: int) -> bytes:
    return struct.pack("<BBB" + form, op | 0x80, tag, result, *values)


def done(tag: int, first: int, count: int, sent: int, result: int = 0) -> bytes:
    return struct.pack("<BBBIII", 0xC3, tag, result, first % 2**32, count, sent)


def entry(kind: int, value: bytes) -> bytes:
    return bytes([kind, len(value)]) + value


def info(
    *,
    boot: int = 0x5EEDBEEF,
    depth: int = 18_000,
    capabilities: int = 6,
    label: tuple[int, int] = (1, 2),
    stream: bytes = b"",
) -> bytes:
    """Of the sensor of PROTOCOL.md section 13."""
    parts = [
        entry(1, b"\x01\x00"),
        entry(2, struct.pack("<I", boot)),
        entry(3, b"SS-0042"),
        entry(4, b"Ref-1"),
        entry(5, b"1.0.0"),
        entry(6, struct.pack("<II", 104_000, 208_000)),
        entry(7, struct.pack("<BfBf", 8, 0.000244, 16, 0.000488)),
        entry(8, struct.pack("<Hf", 2000, 0.07)),
        entry(9, struct.pack("<I", depth)),
        entry(10, struct.pack("<I", capabilities)),
        entry(11, bytes(label)),
        stream and entry(13, stream),
        entry(15, struct.pack("<BHH", 0, 2400, 1600)),
    ]
    return b"".join(parts)


def stream_entry(first: int, *, session: int = 0x0D15EA5E) -> bytes:
    return struct.pack("<IIBHI", session, 208_000, 16, 2000, first)
