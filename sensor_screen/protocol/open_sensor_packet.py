"""Sample packets of the open sensor protocol (PROTOCOL.md, sections 3 and 4).

A packet is a header of 8 bytes and 1 to 19 samples of 12. Single packets are for what comes from a
radio; `decode_packets` reads many at once, with no step in Python per packet or sample.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.blocks import SampleBlock
from sensor_screen.protocol.field_layout import Fault, refuse

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Counts = NDArray[np.int16]
    Ints = NDArray[np.int64]

MAJOR_VERSION = 1
MINOR_VERSION = 0
LARGEST_VALUE = 244
"""Bytes of any notification or indication: 244 + 3 + 4 fill one link-layer packet."""
SMALLEST_MTU = 23
HEADER_SIZE = 8
SAMPLE_SIZE = 12
MOST_SAMPLES = 19
NUMBERS = 2**32
"""Sample numbers are modulo this."""


class PacketKind(IntEnum):
    """By which lane a packet came."""

    LIVE = 1
    BACKFILL = 2


@dataclass(frozen=True, slots=True)
class SamplePacket:
    """One packet as sent."""

    kind: PacketKind
    first_sequence: int
    """u32."""
    t100us: int
    """Sensor clock of the first sample in 100 us, rounded down, modulo 65,536."""
    counts: Counts
    """(n, 6) acc x, y, z, gyr x, y, z; unscaled."""

    @property
    def sequence(self) -> Ints:
        """(n,) number of each sample, u32 as it would be sent."""
        return (self.first_sequence + np.arange(len(self.counts), dtype=np.int64)) % NUMBERS

    def block(self, arrival_s: float, device_time_us: Ints | None = None) -> SampleBlock:
        """What every sensor family gives.

        Args:
            arrival_s: Monotonic time at which the packet came.
            device_time_us: (n,) times of its samples, where they are known already.
        """
        return SampleBlock(
            arrival_s, self.counts[:, :3], self.counts[:, 3:], self.sequence, device_time_us
        )


_HEADER = struct.Struct("<BBIH")
_COUNT = np.dtype("<i2")
_KINDS = {int(kind): kind for kind in PacketKind}


def samples_that_fit(mtu: int) -> int:
    """Samples in a packet at this MTU: 1 at 23, 19 from 239 on; 0 where not even one fits."""
    return max(0, min(MOST_SAMPLES, (min(mtu - 3, LARGEST_VALUE) - HEADER_SIZE) // SAMPLE_SIZE))


def decode_packet(value: bytes) -> SamplePacket | None:
    """One notification of the live or backfill lane.

    Returns:
        The packet; None for a packet of a kind that is not known, to be counted and left.

    Raises:
        ProtocolError: Another version, another length than it says, or too few or many samples.
    """
    if not value or value[0] >> 4 != MAJOR_VERSION:
        _refuse_version(value)
    kind = _KINDS.get(value[0] & 15)
    if kind is None:
        return None
    size = len(value)
    if size < HEADER_SIZE:
        _refuse_length(value)
    _, count, first_sequence, t100us = _HEADER.unpack_from(value)
    if not 1 <= count <= MOST_SAMPLES:
        _refuse_count(value, count)
    if size != HEADER_SIZE + SAMPLE_SIZE * count:
        _refuse_length(value)
    # A copy where the buffer could be used again by whoever gave it.
    counts = np.frombuffer(bytes(value), _COUNT, offset=HEADER_SIZE).reshape(count, 6)
    return SamplePacket(kind, first_sequence, t100us, counts)


def _refuse_version(value: bytes) -> None:
    if not value:
        refuse(value, "Packet", Fault.LENGTH, "holds nothing", "send a header and samples")
    refuse(
        value,
        "Packet",
        Fault.VERSION,
        f"is of version {value[0] >> 4}",
        f"use a program that knows it; this one knows version {MAJOR_VERSION}",
    )


def _refuse_count(value: bytes, count: int) -> None:
    refuse(
        value,
        "Packet",
        Fault.COUNT,
        f"says that it holds {count} samples",
        f"send 1 to {MOST_SAMPLES} samples in a packet",
    )


def _refuse_length(value: bytes) -> None:
    said = f"{HEADER_SIZE + SAMPLE_SIZE * value[1]}" if len(value) > 1 else "a header"
    refuse(
        value,
        "Packet",
        Fault.LENGTH,
        f"has {len(value)} bytes where it says {said}",
        "let the sensor compute from the MTU how many samples fit",
    )


def encode_packet(packet: SamplePacket) -> bytes:
    """The reverse of `decode_packet`.

    Raises:
        ProtocolError: A field is out of its range, or the counts are not (1 to 19, 6) int16.
    """
    counts = np.asarray(packet.counts)
    shaped = counts.ndim == 2 and counts.shape[1] == 6 and counts.dtype == np.int16
    if not shaped or not 1 <= len(counts) <= MOST_SAMPLES:
        raise ProtocolError(
            f"Counts of shape {counts.shape} and type {counts.dtype}",
            "are no samples of a packet",
            f"give 1 to {MOST_SAMPLES} rows of six int16",
            Fault.COUNT,
        )
    try:
        kind = PacketKind(packet.kind)
        header = _HEADER.pack(
            MAJOR_VERSION << 4 | kind, len(counts), packet.first_sequence, packet.t100us
        )
    except (struct.error, ValueError) as error:
        raise ProtocolError(
            f"Packet of sample {packet.first_sequence}, t100us {packet.t100us}",
            "does not fit the header",
            "give the number modulo 2^32 and the time modulo 65,536",
            Fault.VALUE,
        ) from error
    return header + counts.astype("<i2", copy=False).tobytes()


# --- many at once ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PacketTable:
    """Many packets, in the order in which they came; only those that were good have samples."""

    kind: NDArray[np.uint8]  # (p,)
    first_sequence: NDArray[np.uint32]  # (p,)
    t100us: NDArray[np.uint16]  # (p,)
    count: NDArray[np.uint8]  # (p,)
    source: Ints  # (p,) which of the values that were given
    sequence: Ints
    """(n,) number of each sample, u32 as it would be sent."""
    counts: Counts
    """(n, 6) acc x, y, z, gyr x, y, z; unscaled."""
    refused: dict[str, int]
    """`Fault` -> how many values were refused for it."""
    unknown_kind: int
    """Values of a kind that is not known, left out."""

    @property
    def packet_of_sample(self) -> Ints:
        """(n,) row of the packet that each sample came in."""
        return np.repeat(np.arange(len(self.count), dtype=np.int64), self.count)


_HEADER_TYPE = np.dtype(
    [("version_kind", "u1"), ("count", "u1"), ("first_sequence", "<u4"), ("t100us", "<u2")]
)


def decode_packets(values: bytes, lengths: ArrayLike) -> PacketTable:
    """Many notifications, one after another in `values`.

    Bad ones are counted, as they would be refused by `decode_packet`, and hide nothing else.

    Args:
        values: All of them without anything between.
        lengths: (p,) bytes of each.

    Raises:
        ProtocolError: The lengths are no lengths, or not those of `values`.
    """
    sizes = _checked_lengths(lengths, len(values))
    offsets = np.cumsum(sizes) - sizes
    # Spare bytes: the header of a short value may be read, and is then refused by its length.
    data = np.frombuffer(bytes(values) + bytes(SAMPLE_SIZE), np.uint8)
    header = _gather(data, offsets, HEADER_SIZE).view(_HEADER_TYPE)[:, 0]
    version, kind = header["version_kind"] >> 4, header["version_kind"] & 15
    count = header["count"].astype(np.int64)

    left = np.ones(len(sizes), dtype=np.bool_)
    refused: dict[str, int] = {}
    known_kind = (kind == PacketKind.LIVE) | (kind == PacketKind.BACKFILL)
    unknown = (sizes > 0) & (version == MAJOR_VERSION) & ~known_kind
    for fault, bad in (
        (Fault.LENGTH, sizes == 0),
        (Fault.VERSION, version != MAJOR_VERSION),
        (None, unknown),
        (Fault.LENGTH, sizes < HEADER_SIZE),
        (Fault.COUNT, (count < 1) | (count > MOST_SAMPLES)),
        (Fault.LENGTH, sizes != HEADER_SIZE + SAMPLE_SIZE * count),
    ):
        hit = int((left & bad).sum())
        left &= ~bad
        if hit and fault is not None:
            refused[fault] = refused.get(fault, 0) + hit
    good = np.flatnonzero(left)
    header, count = header[good], count[good]
    within = _ramps(count)
    starts = np.repeat(offsets[good] + HEADER_SIZE, count) + SAMPLE_SIZE * within
    first = np.repeat(header["first_sequence"].astype(np.int64), count)
    return PacketTable(
        kind=kind[good].astype(np.uint8),
        first_sequence=header["first_sequence"].copy(),
        t100us=header["t100us"].copy(),
        count=header["count"].copy(),
        source=good,
        sequence=(first + within) % NUMBERS,
        counts=_gather(data, starts, SAMPLE_SIZE).view("<i2"),
        refused=refused,
        unknown_kind=int(unknown.sum()),
    )


def encode_packets(table: PacketTable) -> tuple[bytes, Ints]:
    """All packets of a table one after another, and their lengths; refused ones are not in it.

    Raises:
        ProtocolError: Counts of packets and samples contradict each other.
    """
    count = table.count.astype(np.int64)
    fits = bool(((count >= 1) & (count <= MOST_SAMPLES)).all())
    if not fits or table.counts.shape != (int(count.sum()), 6):
        raise ProtocolError(
            f"{len(count)} packets of {table.counts.shape} counts",
            "hold another number of samples than they say",
            f"give 1 to {MOST_SAMPLES} samples a packet, six counts each",
            Fault.COUNT,
        )
    header = np.zeros(len(count), _HEADER_TYPE)
    header["version_kind"] = MAJOR_VERSION << 4 | table.kind
    header["count"] = table.count
    header["first_sequence"] = table.first_sequence
    header["t100us"] = table.t100us
    lengths = HEADER_SIZE + SAMPLE_SIZE * count
    offsets = np.cumsum(lengths) - lengths
    data = np.empty(int(lengths.sum()), np.uint8)
    data[offsets[:, None] + np.arange(HEADER_SIZE)] = header.view(np.uint8).reshape(-1, HEADER_SIZE)
    starts = np.repeat(offsets + HEADER_SIZE, count) + SAMPLE_SIZE * _ramps(count)
    rows = np.ascontiguousarray(table.counts, "<i2").view(np.uint8)
    data[starts[:, None] + np.arange(SAMPLE_SIZE)] = rows
    return data.tobytes(), lengths


def _checked_lengths(lengths: ArrayLike, available: int) -> Ints:
    sizes = np.asarray(lengths)
    whole = sizes.ndim == 1 and (sizes.size == 0 or sizes.dtype.kind in "iu")
    # Each is checked before they are summed: sums of hostile lengths would wrap.
    if whole and bool(((sizes >= 0) & (sizes <= available)).all()):
        sizes = sizes.astype(np.int64)
        if int(sizes.sum()) == available:
            return sizes
    raise ProtocolError(
        f"{available} bytes of packets",
        "are not as long as their lengths together",
        "give the length of each packet",
        Fault.LENGTH,
    )


def _gather(data: NDArray[np.uint8], starts: Ints, size: int) -> NDArray[np.uint8]:
    """(len(starts), size) bytes that begin at each start."""
    windows = np.lib.stride_tricks.sliding_window_view(data, size)
    return np.ascontiguousarray(windows[starts])


def _ramps(count: Ints) -> Ints:
    """0, 1, ... count - 1 for each count, one after another."""
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total, dtype=np.int64) - np.repeat(ends - count, count)
