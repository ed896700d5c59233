"""Info of the open sensor protocol in bytes (PROTOCOL.md, section 7).

A list of entries `type u8, length u8, value`. Types that are not known are kept as they are;
entries that are longer than known are read as far as known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.field_layout import (
    Fault,
    FieldLayout,
    decode_text,
    encode_text,
    layout,
    refuse,
)
from sensor_screen.protocol.open_sensor_info import (
    REQUIRED,
    AccRange,
    Capability,
    GyroCode,
    GyrRange,
    InfoType,
    OpenSensorInfo,
    PlacementCode,
    RunningStream,
    SampleTiming,
    SensorLabel,
    SideCode,
    UnknownEntry,
    check_axes,
    check_rates_and_scales,
)
from sensor_screen.protocol.open_sensor_packet import MAJOR_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_INFO = 512
"""Bytes."""
LARGEST_TEXT = 32
"""Bytes of serial, model and firmware."""

PROTOCOL_LAYOUT = layout(major="u8", minor="u8")
BOOT_LAYOUT = layout(boot_id="u32")
RATE_LAYOUT = layout(rate_mhz="u32")
ACC_RANGE_LAYOUT = layout(range_g="u8", g_per_count="f32")
GYR_RANGE_LAYOUT = layout(range_dps="u16", dps_per_count="f32")
RING_LAYOUT = layout(depth="u32")
CAPABILITIES_LAYOUT = layout(capabilities="u32")
LABEL_LAYOUT = layout(side="u8", placement="u8")
AXES_LAYOUT = layout(x="i8", y="i8", z="i8")
STREAM_LAYOUT = layout(
    session="u32", rate_mhz="u32", acc_range_g="u8", gyr_range_dps="u16", first_sequence="u32"
)
CLOCK_LAYOUT = layout(tolerance_ppm="u16")
SAMPLING_LAYOUT = layout(gyro="u8", acc_delay_us="u16", gyr_delay_us="u16")


_Read = TypeVar("_Read")


# --- reading --------------------------------------------------------------------------------------


def decode_info(value: bytes) -> OpenSensorInfo:
    """The whole value of the info characteristic.

    Raises:
        ProtocolError: Another major version, an entry that is required is missing or too short, a
            known one stands twice, or something in it may not be so.
    """
    if len(value) > LARGEST_INFO:
        refuse(value, "Info", Fault.LENGTH, f"has {len(value)} bytes", f"send {LARGEST_INFO}")
    entries, unknown = _split(value)
    _require(entries, InfoType.PROTOCOL)
    major, minor = _ints(PROTOCOL_LAYOUT, entries[InfoType.PROTOCOL])
    if major != MAJOR_VERSION:
        refuse(
            value,
            "Info",
            Fault.VERSION,
            f"is of protocol {major}.{minor}",
            f"use a program that knows it; this one knows version {MAJOR_VERSION}",
        )
    for kind in sorted(REQUIRED):
        _require(entries, kind)
    (boot_id,) = _ints(BOOT_LAYOUT, entries[InfoType.BOOT])
    if boot_id == 0:
        refuse(value, "Info", Fault.VALUE, "has the boot id 0", "take a random one at every start")
    serial, model, firmware = (
        decode_text(entries[kind], LARGEST_TEXT, kind.name.title())
        for kind in (InfoType.SERIAL, InfoType.MODEL, InfoType.FIRMWARE)
    )
    acc = _items(ACC_RANGE_LAYOUT, entries, InfoType.ACC_RANGES)
    gyr = _items(GYR_RANGE_LAYOUT, entries, InfoType.GYR_RANGES)
    info = OpenSensorInfo(
        major=major,
        minor=minor,
        boot_id=boot_id,
        serial=serial,
        model=model,
        firmware=firmware,
        rates_mhz=tuple(int(rate) for (rate,) in _items(RATE_LAYOUT, entries, InfoType.RATES)),
        acc_ranges=tuple(AccRange(int(size), scale) for size, scale in acc),
        gyr_ranges=tuple(GyrRange(int(size), scale) for size, scale in gyr),
        ring_depth=_ints(RING_LAYOUT, entries[InfoType.RING])[0],
        capabilities=Capability(_ints(CAPABILITIES_LAYOUT, entries[InfoType.CAPABILITIES])[0]),
        label=_optional(entries, InfoType.LABEL, _label),
        axes=_optional(entries, InfoType.AXES, _axes),
        stream=_optional(entries, InfoType.STREAM, _stream),
        clock_tolerance_ppm=_optional(entries, InfoType.CLOCK, lambda v: _ints(CLOCK_LAYOUT, v)[0]),
        sampling=_optional(entries, InfoType.SAMPLING, _sampling),
        unknown=unknown,
    )
    check_rates_and_scales(info)
    return info


def _split(value: bytes) -> tuple[dict[InfoType, bytes], tuple[UnknownEntry, ...]]:
    """Entries by type; those of unknown types in their order."""
    known: dict[InfoType, bytes] = {}
    unknown = []
    offset = 0
    while offset < len(value):
        begin = offset + 2
        end = begin + value[offset + 1] if begin <= len(value) else begin
        if end > len(value):
            refuse(
                value[offset:],
                "Entry",
                Fault.CUT,
                "reaches past the end of the info",
                "read the whole info, and send lengths that are true",
            )
        number, content = value[offset], bytes(value[begin:end])
        offset = end
        try:
            kind = InfoType(number)
        except ValueError:
            unknown.append(UnknownEntry(number, content))
            continue
        if kind in known:
            refuse(content, kind.name, Fault.TWICE, "stands twice in the info", "send it once")
        known[kind] = content
    return known, tuple(unknown)


def _require(entries: dict[InfoType, bytes], kind: InfoType) -> None:
    if kind not in entries:
        refuse(b"", kind.name, Fault.MISSING, "is missing in the info", "send it")


def _optional(
    entries: dict[InfoType, bytes], kind: InfoType, read: Callable[[bytes], _Read]
) -> _Read | None:
    return read(entries[kind]) if kind in entries else None


def _ints(fields: FieldLayout, content: bytes) -> tuple[int, ...]:
    if len(content) < fields.size:
        _refuse_short(fields, content)
    return tuple(int(number) for number in fields.unpack(content))


def _refuse_short(fields: FieldLayout, content: bytes) -> None:
    refuse(
        content,
        f"Entry of {', '.join(fields.names)}",
        Fault.SHORT,
        f"has {len(content)} bytes",
        f"send {fields.size}",
    )


def _items(
    fields: FieldLayout, entries: dict[InfoType, bytes], kind: InfoType
) -> list[tuple[int | float, ...]]:
    content = entries[kind]
    if not content or len(content) % fields.size:
        _refuse_short(fields, content)
    return [fields.unpack(content, at) for at in range(0, len(content), fields.size)]


def _label(content: bytes) -> SensorLabel:
    side, placement = _ints(LABEL_LAYOUT, content)
    try:
        return SensorLabel(SideCode(side), PlacementCode(placement))
    except ValueError:
        refuse(content, "LABEL", Fault.VALUE, "names no side or placement", "send known ones")


def _axes(content: bytes) -> tuple[int, int, int]:
    x, y, z = _ints(AXES_LAYOUT, content)
    check_axes((x, y, z))
    return x, y, z


def _stream(content: bytes) -> RunningStream:
    return RunningStream(*_ints(STREAM_LAYOUT, content))


def _sampling(content: bytes) -> SampleTiming:
    gyro, acc_delay_us, gyr_delay_us = _ints(SAMPLING_LAYOUT, content)
    try:
        return SampleTiming(GyroCode(gyro), acc_delay_us, gyr_delay_us)
    except ValueError:
        refuse(content, "SAMPLING", Fault.VALUE, "names no way of sampling", "send 0 or 1")


# --- writing --------------------------------------------------------------------------------------


def encode_info(info: OpenSensorInfo) -> bytes:
    """The reverse of `decode_info`: entries in the order of their types, unknown ones last.

    Raises:
        ProtocolError: Something may not be sent so.
    """
    contents = _required_contents(info) | _optional_contents(info)
    entries = [(int(kind), content) for kind, content in contents.items()]
    entries += [(entry.type, entry.value) for entry in info.unknown]
    if any(len(content) > 255 for _, content in entries):
        raise ProtocolError(
            "Info", "has an entry of more than 255 bytes", "shorten it", Fault.LENGTH
        )
    if any(not 0 <= number <= 255 for number, _ in entries):
        raise ProtocolError("Info", "has an entry of no type", "use 0 to 255", Fault.VALUE)
    value = b"".join(bytes((number, len(content))) + content for number, content in entries)
    decode_info(value)
    return value


def _required_contents(info: OpenSensorInfo) -> dict[InfoType, bytes]:
    texts = {
        InfoType.SERIAL: info.serial,
        InfoType.MODEL: info.model,
        InfoType.FIRMWARE: info.firmware,
    }
    acc = [(scale.range_g, scale.g_per_count) for scale in info.acc_ranges]
    gyr = [(scale.range_dps, scale.dps_per_count) for scale in info.gyr_ranges]
    return {
        InfoType.PROTOCOL: PROTOCOL_LAYOUT.pack((info.major, info.minor), "PROTOCOL"),
        InfoType.BOOT: BOOT_LAYOUT.pack((info.boot_id,), "BOOT"),
        **{
            kind: encode_text(text, LARGEST_TEXT, kind.name.title()) for kind, text in texts.items()
        },
        InfoType.RATES: b"".join(RATE_LAYOUT.pack((rate,), "RATES") for rate in info.rates_mhz),
        InfoType.ACC_RANGES: b"".join(ACC_RANGE_LAYOUT.pack(item, "ACC_RANGES") for item in acc),
        InfoType.GYR_RANGES: b"".join(GYR_RANGE_LAYOUT.pack(item, "GYR_RANGES") for item in gyr),
        InfoType.RING: RING_LAYOUT.pack((info.ring_depth,), "RING"),
        InfoType.CAPABILITIES: CAPABILITIES_LAYOUT.pack((info.capabilities,), "CAPABILITIES"),
    }


def _optional_contents(info: OpenSensorInfo) -> dict[InfoType, bytes]:
    label, stream, sampling = info.label, info.stream, info.sampling
    contents = {}
    if label is not None:
        contents[InfoType.LABEL] = LABEL_LAYOUT.pack((label.side, label.placement), "LABEL")
    if info.axes is not None:
        contents[InfoType.AXES] = AXES_LAYOUT.pack(info.axes, "AXES")
    if stream is not None:
        numbers = (getattr(stream, name) for name in STREAM_LAYOUT.names)
        contents[InfoType.STREAM] = STREAM_LAYOUT.pack(numbers, "STREAM")
    if info.clock_tolerance_ppm is not None:
        contents[InfoType.CLOCK] = CLOCK_LAYOUT.pack((info.clock_tolerance_ppm,), "CLOCK")
    if sampling is not None:
        numbers = (getattr(sampling, name) for name in SAMPLING_LAYOUT.names)
        contents[InfoType.SAMPLING] = SAMPLING_LAYOUT.pack(numbers, "SAMPLING")
    return contents
