"""Relay frames: what a phone or gateway passes on, exactly as it received it (PROTOCOL.md, 12).

A frame is checked, kept and acknowledged as a whole. The arrival time of a record is that of the
relay, and part of the stored truth.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.field_layout import Fault, decode_text, encode_text, layout, refuse
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode

if TYPE_CHECKING:
    from collections.abc import Iterable

FRAME_VERSION = 1
LARGEST_FRAME = 65_535
"""Bytes."""
LARGEST_SERIAL = 64
"""Bytes."""
NUMBERS = 2**32
"""Sequences of frames are modulo this."""


class RelayKind(IntEnum):
    """What a record is."""

    NOTIFIED = 1
    READ = 2
    WRITTEN = 3
    SLOT = 4
    LINK_UP = 5
    LINK_DOWN = 6
    PAUSED = 7


WITH_CHANNEL = frozenset({RelayKind.NOTIFIED, RelayKind.READ, RelayKind.WRITTEN})


class Channel(IntEnum):
    """Which characteristic; 0 where a record needs none."""

    NONE = 0
    CONTROL = 1
    LIVE = 2
    BACKFILL = 3
    INFO = 4
    STATUS = 5
    BATTERY = 6
    DOT_CONTROL = 16
    DOT_SHORT = 17
    DOT_MEDIUM = 18
    DOT_LONG = 19
    DOT_MESSAGE = 20
    DOT_CONFIGURATION = 21
    WIT_FRAMES = 32
    WIT_COMMANDS = 33
    META_DATA = 48
    META_COMMANDS = 49


class Family(IntEnum):
    """Which sensors a slot holds one of."""

    OPEN_SENSOR = 1
    MOVELLA_DOT = 2
    WITMOTION = 3
    METAMOTION = 4


@dataclass(frozen=True, slots=True)
class RelayRecord:
    """One thing that a relay received, did or noticed."""

    kind: RelayKind
    slot: int
    channel: Channel
    offset_us: int
    """After the base of its frame."""
    value: bytes
    """Exactly as received."""


@dataclass(frozen=True, slots=True)
class RelayFrame:
    """One message of a relay."""

    sequence: int
    """u32, of the frame in its stream."""
    base_us: int
    """u64, the relay's monotonic clock."""
    records: tuple[RelayRecord, ...]


@dataclass(frozen=True, slots=True)
class SlotDescription:
    """Which sensor a slot is."""

    family: Family
    side: SideCode
    placement: PlacementCode
    serial: str


HEAD_LAYOUT = layout(version="u8", reserved="u8", records="u16", sequence="u32", base_us="u64")
RECORD_LAYOUT = layout(
    kind="u8", slot="u8", channel="u8", reserved="u8", offset_us="u32", length="u16"
)
CRC_LAYOUT = layout(crc="u32")
SLOT_LAYOUT = layout(family="u8", side="u8", placement="u8")
LINK_UP_LAYOUT = layout(mtu="u16")
LINK_DOWN_LAYOUT = layout(reason="u8")
PAUSED_LAYOUT = layout(length_us="u64")

_KINDS, _CHANNELS = frozenset(RelayKind), frozenset(Channel)
_SIZES = {
    RelayKind.LINK_UP: LINK_UP_LAYOUT.size,
    RelayKind.LINK_DOWN: LINK_DOWN_LAYOUT.size,
    RelayKind.PAUSED: PAUSED_LAYOUT.size,
}


# --- reading --------------------------------------------------------------------------------------


def decode_frame(value: bytes) -> RelayFrame:
    """One whole frame.

    Raises:
        ProtocolError: Its version, length, CRC, or any record is not as it must be.
    """
    _check_whole(value)
    _, _, count, sequence, base_us = map(int, HEAD_LAYOUT.unpack(value))
    if count == 0:
        refuse(value, "Relay frame", Fault.COUNT, "holds no record", "send one or more")
    end = len(value) - CRC_LAYOUT.size
    offset = HEAD_LAYOUT.size
    records: list[RelayRecord] = []
    for _ in range(count):
        record, offset = _record(value, offset, end)
        if records and record.offset_us < records[-1].offset_us:
            _refuse_order(value)
        records.append(record)
    if offset != end:
        refuse(
            value,
            "Relay frame",
            Fault.LENGTH,
            f"has {end - offset} bytes after its {count} records",
            "count all records",
        )
    return RelayFrame(sequence, base_us, tuple(records))


def _check_whole(value: bytes) -> None:
    if value and value[0] != FRAME_VERSION:
        refuse(
            value,
            "Relay frame",
            Fault.VERSION,
            f"is of version {value[0]}",
            f"use a program that knows it; this one knows version {FRAME_VERSION}",
        )
    if not HEAD_LAYOUT.size + CRC_LAYOUT.size <= len(value) <= LARGEST_FRAME:
        refuse(
            value,
            "Relay frame",
            Fault.LENGTH,
            f"has {len(value)} bytes",
            f"send {HEAD_LAYOUT.size + CRC_LAYOUT.size} to {LARGEST_FRAME}",
        )
    end = len(value) - CRC_LAYOUT.size
    if zlib.crc32(value[:end]) != CRC_LAYOUT.unpack(value, end)[0]:
        refuse(value, "Relay frame", Fault.CRC, "was changed on the way", "send it again")


def _refuse_order(value: bytes) -> None:
    refuse(
        value,
        "Relay frame",
        Fault.ORDER,
        "has records that are not in order of time",
        "send them in the order in which they came",
    )


def _record(value: bytes, offset: int, end: int) -> tuple[RelayRecord, int]:
    """The record that begins at `offset`, and where the next one begins."""
    begin = offset + RECORD_LAYOUT.size
    if begin > end:
        _refuse_record(value[offset:end], Fault.LENGTH, "is cut off")
    kind, slot, channel, _, offset_us, length = map(int, RECORD_LAYOUT.unpack(value, offset))
    if begin + length > end:
        _refuse_record(value[offset:end], Fault.LENGTH, "reaches past the end of the frame")
    if kind not in _KINDS:
        _refuse_record(value[offset:end], Fault.KIND, f"is of kind {kind}")
    if channel not in _CHANNELS or (channel != Channel.NONE) != (kind in WITH_CHANNEL):
        _refuse_record(value[offset:end], Fault.CHANNEL, f"is of channel {channel}")
    record = RelayRecord(
        RelayKind(kind), slot, Channel(channel), offset_us, bytes(value[begin : begin + length])
    )
    _check_value(record)
    return record, begin + length


def _refuse_record(value: bytes, fault: Fault, problem: str) -> None:
    refuse(value, "Record", fault, problem, "see section 12 of PROTOCOL.md")


def _check_value(record: RelayRecord) -> None:
    if record.kind is RelayKind.SLOT:
        decode_slot(record.value)
    elif record.kind in _SIZES and len(record.value) != _SIZES[record.kind]:
        _refuse_record(
            record.value,
            Fault.LENGTH,
            f"has a value of {len(record.value)} bytes where {record.kind.name} has "
            f"{_SIZES[record.kind]}",
        )


def decode_slot(value: bytes) -> SlotDescription:
    """The value of a record of the kind `SLOT`.

    Raises:
        ProtocolError: Too short, or family, side, placement or serial may not be so.
    """
    if len(value) < SLOT_LAYOUT.size:
        _refuse_record(value, Fault.LENGTH, "has no family, side and placement")
    family, side, placement = map(int, SLOT_LAYOUT.unpack(value))
    serial = decode_text(value[SLOT_LAYOUT.size :], LARGEST_SERIAL, "Serial")
    try:
        return SlotDescription(Family(family), SideCode(side), PlacementCode(placement), serial)
    except ValueError:
        refuse(value, "Slot", Fault.VALUE, "names no family, side or placement", "send known ones")


# --- writing --------------------------------------------------------------------------------------


def encode_slot(slot: SlotDescription) -> bytes:
    """The reverse of `decode_slot`.

    Raises:
        ProtocolError: The serial is empty, too long or no text.
    """
    head = SLOT_LAYOUT.pack((slot.family, slot.side, slot.placement), "Slot")
    return head + encode_text(slot.serial, LARGEST_SERIAL, "Serial")


def encode_frame(frame: RelayFrame) -> bytes:
    """The reverse of `decode_frame`.

    Raises:
        ProtocolError: It would be refused.
    """
    head = HEAD_LAYOUT.pack(
        (FRAME_VERSION, 0, len(frame.records), frame.sequence, frame.base_us), "Relay frame"
    )
    body = head + b"".join(_encoded_records(frame.records))
    value = body + CRC_LAYOUT.pack((zlib.crc32(body),), "CRC")
    decode_frame(value)
    return value


def _encoded_records(records: Iterable[RelayRecord]) -> Iterable[bytes]:
    for record in records:
        numbers = (record.kind, record.slot, record.channel, 0, record.offset_us, len(record.value))
        yield RECORD_LAYOUT.pack(numbers, "Record") + record.value


# --- a stream of frames ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RelayArrival:
    """A record with the sensor it is of and the time it came at."""

    kind: RelayKind
    slot: int
    sensor: SlotDescription
    channel: Channel
    arrival_s: float
    """The relay's monotonic time."""
    value: bytes

    @property
    def mtu(self) -> int | None:
        """Of a `LINK_UP`; None: not known, or another kind."""
        known = self.kind is RelayKind.LINK_UP
        return (int(LINK_UP_LAYOUT.unpack(self.value)[0]) or None) if known else None

    @property
    def paused_s(self) -> float:
        """Of a `PAUSED`: for how long the relay stood still before; 0 for other kinds."""
        known = self.kind is RelayKind.PAUSED
        return float(PAUSED_LAYOUT.unpack(self.value)[0]) * 1e-6 if known else 0.0


@dataclass(slots=True)
class RelayReader:
    """Reads the frames of one stream: all of them, each once, sensors described first.

    A frame that is refused changes nothing: its relay may send it again.
    """

    next_sequence: int = 0
    """Of the frame that is expected; where reading goes on after a restart, the one kept."""
    sensors: dict[int, SlotDescription] = field(default_factory=dict)
    """Slot -> sensor."""
    repeated: int = 0
    """Frames that came again and were left."""

    def read(self, value: bytes) -> tuple[RelayArrival, ...]:
        """What is new in one frame; nothing if it had come already.

        Raises:
            ProtocolError: The frame is bad, one before it is missing, or a slot is not described.
        """
        frame = decode_frame(value)
        ahead = (frame.sequence - self.next_sequence) % NUMBERS
        if ahead >= NUMBERS // 2:
            self.repeated += 1
            return ()
        if ahead:
            raise ProtocolError(
                f"Relay frame {frame.sequence}",
                f"came where {self.next_sequence} was expected",
                f"send again from {self.next_sequence} on",
                Fault.SEQUENCE,
            )
        sensors = dict(self.sensors)
        arrivals = tuple(self._arrival(frame, record, sensors) for record in frame.records)
        self.sensors = sensors
        self.next_sequence = (frame.sequence + 1) % NUMBERS
        return arrivals

    @staticmethod
    def _arrival(
        frame: RelayFrame, record: RelayRecord, sensors: dict[int, SlotDescription]
    ) -> RelayArrival:
        if record.kind is RelayKind.SLOT:
            _describe(record, sensors)
        if record.slot not in sensors:
            raise ProtocolError(
                f"Slot {record.slot} in relay frame {frame.sequence}",
                "was not described",
                "describe a slot before anything else of it",
                Fault.SLOT,
            )
        return RelayArrival(
            record.kind,
            record.slot,
            sensors[record.slot],
            record.channel,
            (frame.base_us + record.offset_us) * 1e-6,
            record.value,
        )


def _describe(record: RelayRecord, sensors: dict[int, SlotDescription]) -> None:
    new = decode_slot(record.value)
    old = sensors.get(record.slot, new)
    if (new.family, new.serial) != (old.family, old.serial):
        raise ProtocolError(
            f"Slot {record.slot}",
            f"is described as {new.serial!r} and was {old.serial!r}",
            "give another sensor a slot of its own",
            Fault.SLOT,
        )
    sensors[record.slot] = new
