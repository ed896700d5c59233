"""Movella DOT: settings, starting and stopping, and what the sensor says of itself.

Bluetooth LE Service Specification XD0506P, revision C, chapters 2 and 3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from sensor_screen.protocol.movella_dot import (
    RECORDING_RATES_HZ,
    DotCharacteristic,
    PayloadMode,
    payload_characteristic,
)
from sensor_screen.protocol.vendors import Step, StepAction, refuse, require_choice

_CONTROL = struct.Struct("<8B16sHB5x")
_INFO = struct.Struct("<6s3BH5BIQ6s")
_REPORT_LENGTH = 36


class FilterProfile(IntEnum):
    """How the sensor's own fusion and its integration of samples are tuned."""

    GENERAL = 0
    DYNAMIC = 1


class _Visit(IntEnum):
    """Bits of the first byte: which settings a write changes."""

    IDENTIFY = 1
    POWER = 2
    SAVING = 4
    TAG = 8
    RATE = 16
    FILTER = 32


@dataclass(frozen=True, slots=True)
class DotSettings:
    """The 32 bytes that hold how a sensor is set."""

    rate_hz: int = 60
    filter_profile: FilterProfile = FilterProfile.GENERAL
    tag: str = ""
    advertising_timeout_s: int = 600
    """Idle time until it sleeps while nobody is connected; 0: never."""
    connected_timeout_s: int = 1800
    """Idle time until it sleeps while somebody is connected; 0: never."""


@dataclass(frozen=True, slots=True)
class DotInfo:
    """Who the sensor is."""

    address: str
    firmware: str
    serial: int
    product: str


class DotReport(IntEnum):
    """What the sensor reports by itself."""

    POWER_OFF = 1
    POWER_SAVING = 4
    CLICK = 5
    DOUBLE_CLICK = 6
    TRIPLE_CLICK = 7


@dataclass(frozen=True, slots=True)
class DotReported:
    """A report, and the sensor's clock where a button was pressed."""

    kind: DotReport
    time_ms: int | None = None


@dataclass(frozen=True, slots=True)
class DotMeasuring:
    """Whether the sensor measures, and in which mode."""

    running: bool
    mode: PayloadMode


def set_rate(rate_hz: int, profile: FilterProfile | int | None = None) -> bytes:
    """Set the rate of streaming and recording, and the filter profile; before start and sync.

    Raises:
        ProtocolError: Not offered.
    """
    require_choice(float(rate_hz), RECORDING_RATES_HZ, "rate")
    visit, index = int(_Visit.RATE), 0
    if profile is not None:
        require_choice(profile, tuple(FilterProfile), "filter profile")
        visit, index = visit | _Visit.FILTER, int(profile)
    return _CONTROL.pack(visit, 0, 0, 0, 0, 0, 0, 0, b"", int(rate_hz), index)


def set_filter(profile: FilterProfile | int) -> bytes:
    """Set the filter profile alone.

    Raises:
        ProtocolError: Not offered.
    """
    require_choice(profile, tuple(FilterProfile), "filter profile")
    return _CONTROL.pack(_Visit.FILTER, 0, 0, 0, 0, 0, 0, 0, b"", 0, int(profile))


def identify() -> bytes:
    """Let the lamp blink for ten seconds."""
    return _CONTROL.pack(_Visit.IDENTIFY, 1, 0, 0, 0, 0, 0, 0, b"", 0, 0)


def power_off() -> bytes:
    """Switch the sensor off; it must be switched on by hand."""
    return _CONTROL.pack(_Visit.POWER, 0, 1, 0, 0, 0, 0, 0, b"", 0, 0)


def read_settings(data: bytes) -> DotSettings:
    """The settings as read from the sensor.

    Raises:
        ProtocolError: Not 32 bytes, or impossible values.
    """
    if len(data) != _CONTROL.size:
        raise refuse(data, f"holds {len(data)} bytes of settings where there are 32", "read again")
    _, _, _, *timeouts, tag_length, tag, rate_hz, profile = _CONTROL.unpack(data)
    text = tag[:tag_length]
    known = float(rate_hz) in RECORDING_RATES_HZ and profile in tuple(FilterProfile)
    if tag_length > 16 or not known or not all(32 <= byte < 127 for byte in text):
        raise refuse(data, "holds settings that a Movella DOT cannot have", "read them again")
    advertising, connected = (60 * timeouts[i] + timeouts[i + 1] for i in (0, 2))
    return DotSettings(
        rate_hz, FilterProfile(profile), text.decode("ascii"), advertising, connected
    )


def read_info(data: bytes) -> DotInfo:
    """Address, firmware, serial number and product of the sensor.

    Raises:
        ProtocolError: Not 34 bytes.
    """
    if len(data) != _INFO.size:
        raise refuse(data, f"holds {len(data)} bytes of information, not 34", "read again")
    address, major, minor, revision, *_, serial, product = _INFO.unpack(data)
    return DotInfo(
        address=address[::-1].hex(":").upper(),
        firmware=f"{major}.{minor}.{revision}",
        serial=serial,
        product=product.rstrip(b"\0").decode("ascii", "replace"),
    )


def read_report(data: bytes) -> DotReported:
    """What the sensor reports: switched off, asleep, or its button pressed.

    Raises:
        ProtocolError: Longer than a report, or of no known type.
    """
    if not data or len(data) > _REPORT_LENGTH or data[0] not in tuple(DotReport):
        raise refuse(data, "is no report that is described", "pass it over")
    kind = DotReport(data[0])
    if kind < DotReport.CLICK:
        return DotReported(kind)
    if len(data) < 6 or data[1] != 4:
        raise refuse(data, "reports the button without a time", "pass it over")
    return DotReported(kind, int.from_bytes(data[2:6], "little"))


def start_live(mode: PayloadMode | int) -> tuple[Step, ...]:
    """Listen first, then start: otherwise the first samples are lost.

    Raises:
        ProtocolError: The mode cannot be decoded.
    """
    place = payload_characteristic(mode)
    return (
        Step(StepAction.SUBSCRIBE, place),
        Step(StepAction.WRITE, DotCharacteristic.MEASUREMENT, bytes((1, 1, mode))),
    )


def stop_live(mode: PayloadMode | int) -> tuple[Step, ...]:
    """Stop, then listen no longer.

    Raises:
        ProtocolError: The mode cannot be decoded.
    """
    place = payload_characteristic(mode)
    return (
        Step(StepAction.WRITE, DotCharacteristic.MEASUREMENT, bytes((1, 0, mode))),
        Step(StepAction.UNSUBSCRIBE, place),
    )


def read_measurement(data: bytes) -> DotMeasuring:
    """Whether the sensor measures, and in which mode.

    Raises:
        ProtocolError: Not what the control characteristic holds.
    """
    if len(data) != 3 or data[0] != 1 or data[1] > 1 or data[2] not in tuple(PayloadMode):
        raise refuse(data, "does not say whether the sensor measures", "read it again")
    return DotMeasuring(bool(data[1]), PayloadMode(data[2]))


def reset_heading() -> bytes:
    """Take the present heading as nought; only while measuring."""
    return struct.pack("<H", 1)


def revert_heading() -> bytes:
    """Undo `reset_heading`."""
    return struct.pack("<H", 7)
