"""Movella DOT: messages with a checksum, for synchronising and for recording on the sensor.

Bluetooth LE Service Specification XD0506P, revision C, chapter 5. A message is its number, the
length of its data, the data, and a byte that makes the sum of all bytes a multiple of 256.
Commands are written to `MESSAGE`; after each one, `ACKNOWLEDGE` is read; what takes time comes
through `NOTIFICATION`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.movella_dot import (
    DotCharacteristic,
)
from sensor_screen.protocol.vendors import Step, StepAction, refuse, require_choice, require_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_DATA = 157
NO_TIMER_S = 0xFFFF
SYNC_WAIT_S = 14.0
"""The sensors find each other in about 12 s, and cannot while they are connected."""


class Subject(IntEnum):
    """Which part of the sensor a message is for."""

    RECORDING = 1
    SYNC = 2
    CONFIGURATION = 3


class AckResult(IntEnum):
    """How a recording command was taken."""

    DONE = 0x00
    INVALID = 0x02
    BUSY = 0x03
    IDLE = 0x06
    ERASING = 0x30
    RECORDING = 0x40
    EXPORTING_FLASH_INFO = 0x50
    EXPORTING_FILE_INFO = 0x60
    EXPORTING_FILE = 0x70


class SyncResult(IntEnum):
    """What came of synchronising."""

    DONE = 0x00
    TOO_FEW_SAMPLES = 0x05
    SKEW_TOO_LARGE = 0x07
    START_TIME = 0x08
    NOT_STARTED = 0x09


class RecordingEvent(IntEnum):
    """What a sensor says about its recordings without data that are decoded here."""

    BUSY = 0x03
    ERASED = 0x33
    FULL = 0x34
    INVALID_FORMAT = 0x35
    STOPPED = 0x41
    TIMES = 0x43
    FLASH_INFO = 0x51
    FLASH_INFO_DONE = 0x52
    FILE_INFO = 0x61
    FILE_INFO_DONE = 0x62
    NO_FILE = 0x63
    FILE_DATA = 0x71
    FILE_DATA_DONE = 0x72
    EXPORT_STOPPED = 0x73
    FILE_DATA_INVALID = 0x76


class Column(IntEnum):
    """Quantities that can be exported from a recording."""

    TIME = 0x00
    QUATERNION = 0x01
    EULER = 0x04
    DQ = 0x05
    DV = 0x06
    ACC = 0x07
    GYR = 0x08
    MAG = 0x09
    STATUS = 0x0A
    CLIP_ACC = 0x0B
    CLIP_GYR = 0x0C


@dataclass(frozen=True, slots=True)
class Message:
    """One message whose checksum is right."""

    subject: Subject
    data: bytes


@dataclass(frozen=True, slots=True)
class RecordingAck:
    """How a recording command was taken, and which."""

    result: AckResult
    command: bytes


@dataclass(frozen=True, slots=True)
class SyncAck:
    """What came of synchronising; read after connecting again."""

    result: SyncResult


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """Whether the sensor is on the common time base."""

    synced: bool


@dataclass(frozen=True, slots=True)
class SyncStopped:
    """Whether the sensor left the common time base."""

    done: bool


@dataclass(frozen=True, slots=True)
class RecordingSays:
    """Something about recordings; `data` holds what is not decoded here."""

    event: RecordingEvent
    data: bytes


@dataclass(frozen=True, slots=True)
class FileData:
    """One packet of a recording; `valid` is the sensor's own word."""

    number: int
    content: bytes
    valid: bool


Said = RecordingAck | SyncAck | SyncStatus | SyncStopped | RecordingSays | FileData | Message


def encode(subject: Subject | int, data: bytes) -> bytes:
    """A message with its checksum.

    Raises:
        ProtocolError: No such subject, or more data than a message holds.
    """
    require_choice(subject, tuple(Subject), "subject")
    require_whole(len(data), 0, MOST_DATA, "length of message data")
    head = bytes((subject, len(data))) + data
    return head + bytes((-sum(head) & 0xFF,))


def decode(data: bytes) -> Message:
    """A message; what follows its checksum must be zeros.

    Raises:
        ProtocolError: Cut short, of no known subject, or its checksum is wrong.
    """
    if len(data) < 3 or len(data) < data[1] + 3:
        raise refuse(data, "ends before its checksum", "ask for it again")
    end = data[1] + 3
    if data[1] > MOST_DATA or any(data[end:]):
        raise refuse(data, "is longer than a message can be", "ask for it again")
    if sum(data[:end]) & 0xFF:
        raise refuse(data, "has a wrong checksum", "ask for it again")
    if data[0] not in tuple(Subject):
        raise refuse(data, f"is about subject {data[0]}, which is not described", "pass it over")
    return Message(Subject(data[0]), bytes(data[2 : end - 1]))


def get_state() -> bytes:
    """Ask what the recorder does; the acknowledgement says it."""
    return encode(Subject.RECORDING, b"\x02")


def erase_recordings(utc_s: int) -> bytes:
    """Erase all recordings on the sensor.

    Raises:
        ProtocolError: `utc_s` is no second of this or the next century.
    """
    require_whole(utc_s, 0, 2**32 - 1, "time in seconds")
    return encode(Subject.RECORDING, struct.pack("<BI", 0x30, utc_s))


def start_recording(utc_s: int, duration_s: int = NO_TIMER_S) -> bytes:
    """Record on the sensor, until stopped if no duration is given.

    Raises:
        ProtocolError: A time does not fit its field.
    """
    require_whole(utc_s, 0, 2**32 - 1, "time in seconds")
    require_whole(duration_s, 1, NO_TIMER_S, "duration in seconds")
    return encode(Subject.RECORDING, struct.pack("<BIH", 0x40, utc_s, duration_s))


def stop_recording() -> bytes:
    """End a recording."""
    return encode(Subject.RECORDING, b"\x41")


def get_flash_info() -> bytes:
    """Ask how the memory is filled."""
    return encode(Subject.RECORDING, b"\x50")


def get_file_info(file: int) -> bytes:
    """Ask about one recording; the first is 1.

    Raises:
        ProtocolError: No such number of a file.
    """
    require_whole(file, 1, 0xFE, "recording")
    return encode(Subject.RECORDING, bytes((0x60, file)))


def select_columns(columns: Sequence[Column | int]) -> bytes:
    """Choose what is exported, before `request_file`.

    Raises:
        ProtocolError: Nothing, something unknown, or something twice.
    """
    return encode(Subject.RECORDING, bytes((0x74, *require_columns(columns))))


def request_file(file: int) -> bytes:
    """Export one recording; the first is 1.

    Raises:
        ProtocolError: No such number of a file.
    """
    require_whole(file, 1, 0xFE, "recording")
    return encode(Subject.RECORDING, bytes((0x70, file)))


def retransmit_from(number: int) -> bytes:
    """Export again, beginning with this packet.

    Raises:
        ProtocolError: No such packet.
    """
    require_whole(number, 0, 2**32 - 1, "packet")
    return encode(Subject.RECORDING, struct.pack("<BI", 0x75, number))


def stop_export() -> bytes:
    """Export no more."""
    return encode(Subject.RECORDING, b"\x73")


def sync_status() -> bytes:
    """Ask whether the sensor is on a common time base."""
    return encode(Subject.SYNC, b"\x08")


def stop_sync() -> bytes:
    """Leave the common time base."""
    return encode(Subject.SYNC, b"\x02")


def start_sync(root_address: str) -> bytes:
    """Take the time base of one of the sensors, named by its address.

    Raises:
        ProtocolError: Not an address such as D4:22:CD:00:11:22.
    """
    parts = root_address.split(":")
    if len(parts) != 6 or not all(_is_byte(part) for part in parts):
        raise ProtocolError(
            f"address {root_address[:24]}", "is not six bytes", "write it as D4:22:CD:00:11:22"
        )
    return encode(Subject.SYNC, b"\x01" + bytes(int(part, 16) for part in reversed(parts)))


def sync_steps(root_address: str) -> tuple[Step, ...]:
    """What each sensor is told; disconnect all before the wait, then connect again and read.

    The sensors measure as soon as they are synchronised: set the rate before.

    Raises:
        ProtocolError: Not an address.
    """
    write = Step(
        StepAction.WRITE, DotCharacteristic.MESSAGE, start_sync(root_address), wait_s=SYNC_WAIT_S
    )
    return (write, Step(StepAction.READ, DotCharacteristic.ACKNOWLEDGE))


def _is_byte(text: str) -> bool:
    return len(text) == 2 and all(letter in "0123456789abcdefABCDEF" for letter in text)


def require_columns(columns: Sequence[Column | int]) -> tuple[Column, ...]:
    """The columns of an export, each once.

    Raises:
        ProtocolError: None, something unknown, or something twice.
    """
    for column in columns:
        require_choice(column, tuple(Column), "column")
    if not columns or len(set(columns)) != len(columns):
        raise ProtocolError("columns", "are none, or one of them twice", "choose each once")
    return tuple(Column(column) for column in columns)


def read_acknowledge(data: bytes) -> RecordingAck | SyncAck | Message:
    """What `ACKNOWLEDGE` holds; configuration stays a `Message`.

    Raises:
        ProtocolError: No sound message, or no acknowledgement.
    """
    message = decode(data)
    body = message.data
    if message.subject is Subject.CONFIGURATION:
        return message
    if message.subject is Subject.SYNC:
        if len(body) < 2 or body[0] != 0x03 or body[1] not in tuple(SyncResult):
            raise refuse(data, "does not say what came of synchronising", "read it again")
        return SyncAck(SyncResult(body[1]))
    if len(body) < 3 or body[0] != 0x01 or body[1] not in tuple(AckResult):
        raise refuse(data, "does not say how the command was taken", "read it again")
    return RecordingAck(AckResult(body[1]), body[2:])


def read_notification(data: bytes) -> Said:
    """What `NOTIFICATION` says.

    Raises:
        ProtocolError: No sound message, or none that is described.
    """
    message = decode(data)
    body = message.data
    if message.subject is Subject.SYNC and len(body) == 2:
        if body[0] == 0x51 and body[1] in (4, 9):
            return SyncStatus(body[1] == 4)
        if body[0] == 0x50 and body[1] in (0, 1):
            return SyncStopped(body[1] == 0)
    if message.subject is Subject.RECORDING and body and body[0] in tuple(RecordingEvent):
        event = RecordingEvent(body[0])
        if event not in (RecordingEvent.FILE_DATA, RecordingEvent.FILE_DATA_INVALID):
            return RecordingSays(event, body[1:])
        if len(body) >= 5:
            number = int.from_bytes(body[1:5], "little")
            return FileData(number, body[5:], event is RecordingEvent.FILE_DATA)
    raise refuse(data, "says nothing that is described", "pass it over")
