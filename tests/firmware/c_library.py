"""The firmware's codec and ring through ctypes."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, c_bool, c_int, c_int16, c_size_t, c_uint8, c_uint16, c_uint32
from typing import TYPE_CHECKING

from tests.firmware import wire

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

Counts = c_int16 * 6
Out = c_uint8 * 244


class CPacket(ctypes.Structure):
    _fields_ = (
        ("kind", c_uint8),
        ("count", c_uint8),
        ("first_sequence", c_uint32),
        ("t100us", c_uint16),
        ("samples", ctypes.c_void_p),
    )


class CStream(ctypes.Structure):
    _fields_ = (("held_bytes", c_uint16), ("bytes", c_uint8 * 236))


class CColumns(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_void_p) for name in wire.Columns.__dataclass_fields__)


class CRing(ctypes.Structure):
    _fields_ = (
        ("counts", POINTER(Counts)),
        ("t100us", POINTER(c_uint16)),
        ("marks", POINTER(c_uint8)),
        ("depth_samples", c_uint32),
        ("span_samples", c_uint32),
        ("next_sequence", c_uint32),
        ("next_slot", c_uint32),
        ("overwritten_before_sequence", c_uint32),
    )


class CRange(ctypes.Structure):
    _fields_ = (("first_sequence", c_uint32), ("count_samples", c_uint32))


class Codec:
    """Packets as `wire.Packet`, coded and decoded by C."""

    def __init__(self, library: Path) -> None:
        self.c = ctypes.CDLL(str(library))
        self.c.osp_packet_encode.restype = c_size_t
        self.c.osp_packet_decode.argtypes = (ctypes.c_char_p, c_size_t, POINTER(CPacket))
        self.c.osp_packet_sample.argtypes = (POINTER(CPacket), c_uint8, Counts)
        self.c.osp_packet_put_sample.argtypes = (Out, c_uint8, Counts)
        self.c.osp_stream_put.restype = c_bool
        self.c.osp_t100us.argtypes = (ctypes.c_uint64,)
        self.c.osp_t100us.restype = c_uint16
        self.c.osp_samples_that_fit.argtypes = (c_uint16,)
        self.c.osp_samples_that_fit.restype = c_uint8

    def encode(self, packet: wire.Packet) -> bytes:
        out = Out()
        head = CPacket(packet.kind, len(packet.samples), packet.first_sequence, packet.t100us, None)
        for index, sample in enumerate(packet.samples):
            self.c.osp_packet_put_sample(out, index, Counts(*sample))
        return bytes(out[: self.c.osp_packet_encode(byref(head), out)])

    def _samples(self, packet: CPacket) -> tuple[tuple[int, ...], ...]:
        counts = Counts()
        found = []
        for index in range(packet.count):
            self.c.osp_packet_sample(byref(packet), index, counts)
            found.append(tuple(counts))
        return tuple(found)

    def decode(self, value: bytes) -> wire.Packet | int:
        packet = CPacket()
        fault: int = self.c.osp_packet_decode(value, len(value), byref(packet))
        if fault != wire.FINE:
            return fault
        samples = self._samples(packet)
        return wire.Packet(packet.kind, packet.first_sequence, packet.t100us, samples)

    def decode_stream(self, value: bytes) -> list[wire.Packet | int]:
        """Byte by byte: packets, and faults, as they come."""
        stream, packet, fault = CStream(), CPacket(), c_int()
        self.c.osp_stream_init(byref(stream))
        put, refs = self.c.osp_stream_put, (byref(packet), byref(fault))
        found: list[wire.Packet | int] = []
        for byte in value:
            if put(byref(stream), byte, *refs):
                samples = self._samples(packet)
                found.append(
                    wire.Packet(packet.kind, packet.first_sequence, packet.t100us, samples)
                )
            elif fault.value:
                found.append(fault.value)
        return found


class Batch:
    """Many packets in one call."""

    def __init__(self, library: Path) -> None:
        self.c = ctypes.CDLL(str(library))
        for name in ("decode", "stream", "encode"):
            getattr(self.c, f"batch_{name}").restype = c_size_t

    def decode(self, value: bytes, sizes: NDArray[np.uint16], samples: int) -> wire.Columns:
        found = wire.empty_columns(len(sizes), samples)
        args = (value, sizes.ctypes, c_size_t(len(sizes)), byref(pointers(found)))
        assert self.c.batch_decode(*args) == len(sizes)
        return found

    def decode_stream(self, value: bytes, packets: int, samples: int) -> wire.Columns:
        found = wire.empty_columns(packets, samples)
        args = (value, c_size_t(len(value)), byref(pointers(found)))
        assert self.c.batch_stream(*args) == packets
        return found

    def encode(self, columns: wire.Columns, size: int) -> bytes:
        out = (c_uint8 * size)()
        args = (byref(pointers(columns)), c_size_t(len(columns.kind)), out)
        assert self.c.batch_encode(*args) == size
        return bytes(out)


def pointers(columns: wire.Columns) -> CColumns:
    return CColumns(*(getattr(columns, name).ctypes.data for name, _ in CColumns._fields_))


class Ring:
    """The ring in memory of Python's."""

    def __init__(self, library: Path, depth: int, first_sequence: int) -> None:
        self.c = ctypes.CDLL(str(library))
        self.c.osp_ring_holds.restype = c_bool
        self.c.osp_ring_part.restype = c_bool
        self.c.osp_ring_packet.restype = c_size_t
        for name in ("put", "oldest", "seek"):
            getattr(self.c, f"osp_ring_{name}").restype = c_uint32
        self.c.osp_ring_run.restype = c_uint8
        self._memory = ((Counts * depth)(), (c_uint16 * depth)(), (c_uint8 * ((depth + 3) // 4))())
        self.ring = CRing()
        self.at = byref(self.ring)
        numbers = (c_uint32(depth), c_uint32(first_sequence))
        self.c.osp_ring_init(self.at, *self._memory, *numbers)

    def put(self, counts: tuple[int, ...], t100us: int, lost: int, *, begins: bool) -> int:
        args = (Counts(*counts), c_uint16(t100us), c_uint32(lost), c_bool(begins))
        overwritten: int = self.c.osp_ring_put(self.at, *args)
        return overwritten

    @property
    def next_sequence(self) -> int:
        return self.ring.next_sequence

    @property
    def oldest(self) -> int:
        return int(self.c.osp_ring_oldest(self.at))

    def holds(self, sequence: int) -> bool:
        return bool(self.c.osp_ring_holds(self.at, c_uint32(sequence)))

    def seek(self, sequence: int) -> int:
        return int(self.c.osp_ring_seek(self.at, c_uint32(sequence)))

    def part(self, first: int, count: int) -> tuple[int, int] | None:
        asked = CRange(first, count)
        if not self.c.osp_ring_part(self.at, byref(asked)):
            return None
        return asked.first_sequence, asked.count_samples

    def packet(self, sequence: int, most: int) -> bytes:
        out = Out()
        args = (wire.BACKFILL, c_uint32(sequence), c_uint8(most), out)
        return bytes(out[: self.c.osp_ring_packet(self.at, *args)])
