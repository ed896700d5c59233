"""Everything that can read and write sample packets, behind one small interface.

To add another (C through ctypes, MicroPython in a child process), write a class with the four
functions of `Implementation` and add it to `implementations()`; where its tools are absent, leave
it out with a sentence in `absent()`. Every test of packets then runs it as well.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.field_layout import Fault
from sensor_screen.protocol.open_sensor_packet import (
    PacketKind,
    PacketTable,
    SamplePacket,
    decode_packet,
    decode_packets,
    encode_packet,
    encode_packets,
)
from tests.firmware import micropython_node
from tests.protocol import toml_codec

if TYPE_CHECKING:
    from collections.abc import Sequence

Plain = tuple[int, int, int, tuple[int, ...]]
"""Kind, number of the first sample, t100us, counts one after another."""
Outcome = Plain | str | None
"""What was read, or the word for why it was refused; None: left, of a kind that is not known."""


class Implementation(Protocol):
    """Reads and writes sample packets."""

    name: str

    def decode_packet(self, value: bytes) -> Outcome:
        """One packet, given whole."""

    def decode_byte_by_byte(self, value: bytes) -> list[Outcome]:
        """What is said after each byte, taken from a buffer that grows by one at a time.

        The last is that of the whole packet; all before it must be refused.
        """

    def encode_packet(self, packet: Plain) -> bytes:
        """The bytes of a good packet."""

    def decode_packets(self, values: Sequence[bytes]) -> list[Outcome]:
        """Many, in the fastest way that it has."""

    def encode_packets(self, packets: Sequence[Plain]) -> list[bytes]:
        """Likewise."""


class PythonSingle:
    """The package, packet by packet."""

    name = "Python"

    def decode_packet(self, value: bytes) -> Outcome:
        try:
            packet = decode_packet(value)
        except ProtocolError as error:
            return str(error.fault)
        if packet is None:
            return None
        counts = tuple(packet.counts.ravel().tolist())
        return int(packet.kind), packet.first_sequence, packet.t100us, counts

    def decode_byte_by_byte(self, value: bytes) -> list[Outcome]:
        buffer = bytearray()
        outcomes = []
        for byte in value:
            buffer.append(byte)
            outcomes.append(self.decode_packet(bytes(buffer)))
        return outcomes

    def encode_packet(self, packet: Plain) -> bytes:
        kind, first, t100us, counts = packet
        rows = np.array(counts, dtype=np.int16).reshape(-1, 6)
        return encode_packet(SamplePacket(PacketKind(kind), first, t100us, rows))

    def decode_packets(self, values: Sequence[bytes]) -> list[Outcome]:
        return [self.decode_packet(value) for value in values]

    def encode_packets(self, packets: Sequence[Plain]) -> list[bytes]:
        return [self.encode_packet(packet) for packet in packets]


class PythonTable(PythonSingle):
    """The package, many packets at once; a single one is a table of one."""

    name = "Python, tables"

    def decode_packet(self, value: bytes) -> Outcome:
        return self.decode_packets([value])[0]

    def decode_packets(self, values: Sequence[bytes]) -> list[Outcome]:
        table = decode_packets(b"".join(values), [len(value) for value in values])
        outcomes: list[Outcome] = [None] * len(values)
        if len(values) == 1 and table.refused:
            outcomes[0] = str(Fault(*table.refused))
        rows = np.split(table.counts, np.cumsum(table.count)[:-1]) if len(table.count) else []
        columns = (table.source, table.kind, table.first_sequence, table.t100us)
        for (source, *head), counts in zip(
            zip(*(column.tolist() for column in columns), strict=True), rows, strict=True
        ):
            outcomes[source] = (*head, tuple(counts.ravel().tolist()))
        return outcomes

    def encode_packet(self, packet: Plain) -> bytes:
        return self.encode_packets([packet])[0]

    def encode_packets(self, packets: Sequence[Plain]) -> list[bytes]:
        kind, first, t100us, counts = zip(*packets, strict=True)
        flat = np.fromiter(itertools.chain.from_iterable(counts), np.int16)
        table = PacketTable(
            np.array(kind, np.uint8),
            np.array(first, np.uint32),
            np.array(t100us, np.uint16),
            np.array([len(row) // 6 for row in counts], np.uint8),
            source=np.arange(len(kind)),
            sequence=np.zeros(len(flat) // 6, np.int64),
            counts=flat.reshape(-1, 6),
            refused={},
            unknown_kind=0,
        )
        values, lengths = encode_packets(table)
        ends = np.cumsum(lengths).tolist()
        return [values[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


class TomlTables:
    """`packets.toml` as it stands; refuses nothing, so it is given good packets only."""

    name = "packets.toml"
    refuses = False

    def decode_packet(self, value: bytes) -> Outcome:
        fields = toml_codec.decode("packet", value)
        counts = tuple(count for sample in fields["samples"] for count in sample)
        return fields["version_kind"] & 15, fields["first_sequence"], fields["t100us"], counts

    def decode_byte_by_byte(self, value: bytes) -> list[Outcome]:
        return [*["length"] * (len(value) - 1), self.decode_packet(value)]

    def encode_packet(self, packet: Plain) -> bytes:
        kind, first, t100us, counts = packet
        samples = [counts[k : k + 6] for k in range(0, len(counts), 6)]
        return toml_codec.encode(
            "packet",
            {
                "version_kind": toml_codec.TOML["protocol"]["major"] << 4 | kind,
                "count": len(samples),
                "first_sequence": first,
                "t100us": t100us,
                "samples": samples,
            },
        )

    def decode_packets(self, values: Sequence[bytes]) -> list[Outcome]:
        return [self.decode_packet(value) for value in values]

    def encode_packets(self, packets: Sequence[Plain]) -> list[bytes]:
        return [self.encode_packet(packet) for packet in packets]


def implementations() -> list[Implementation]:
    """All that can run here."""
    here: list[Implementation] = [
        PythonSingle(),
        PythonTable(),
        micropython_node.FirmwareInPython(),
    ]
    if not micropython_node.why_absent():
        here.append(micropython_node.FirmwareInMicroPython())
    return here


def absent() -> dict[str, str]:
    """What cannot run here, and why."""
    why = micropython_node.why_absent()
    return {micropython_node.FirmwareInMicroPython.name: why} if why else {}
