"""What a virtual sensor says of itself, true or not: info, advertising, version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sensor_screen.firmware import info, packet
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.simulation.worn import ACC_RANGE_G, COUNTS, GYR_RANGE_DPS

if TYPE_CHECKING:
    from sensor_screen.ble.virtual.sensor_params import SensorParams

_MAJOR_IN_RESPONSE = 18
"""Byte of the scan response: after length, type and UUID."""
_MAJOR_IN_INFO = 2
"""Byte of the info: PROTOCOL is its first entry, after type and length."""


def describe(params: SensorParams, stored_label: tuple[int, int] | None, boot_id: int) -> Any:  # noqa: ANN401
    """The firmware's configuration for one start.

    Args:
        params: What the sensor is.
        stored_label: What a client stored in it; None: never.
        boot_id: Of this start.
    """
    side, placement = stored_label or _first_label(params)
    return info.Config(
        serial=params.serial,
        model="virtual sensor",
        firmware="1.0.0",
        boot_id=boot_id,
        rates_mhz=tuple(round(rate_hz * 1000) for rate_hz in params.rates_hz),
        acc_ranges=((ACC_RANGE_G, ACC_RANGE_G / COUNTS),),
        gyr_ranges=((GYR_RANGE_DPS, GYR_RANGE_DPS / COUNTS),),
        depth=params.depth,
        capabilities=info.HARDWARE_TIMESTAMPS | info.IDENTIFY_LIGHT | info.SELF_TESTS,
        side=side,
        placement=placement,
        tolerance_ppm=50,
        sampling=(0, 0, 0),
    )


def _first_label(params: SensorParams) -> tuple[int, int]:
    side, placement = params.label or (params.side, params.placement)
    if not SideCode[side.name]:
        return 0, 0
    return SideCode[side.name], PlacementCode[placement.name]


def claim_in_info(value: bytes, major: int) -> bytes:
    """The info with the version that is claimed."""
    return _with(value, _MAJOR_IN_INFO, major)


def claim_in_response(value: bytes, major: int) -> bytes:
    """The scan response with the version that is claimed."""
    return _with(value, _MAJOR_IN_RESPONSE, major)


def claim_in_packet(channel: int, value: bytes, major: int) -> bytes:
    """A packet of samples with the version that is claimed; what else is sent holds none."""
    if channel not in (packet.LIVE, packet.BACKFILL):
        return value
    return _with(value, 0, major << 4 | value[0] & 0x0F)


def _with(value: bytes, at: int, byte: int) -> bytes:
    return bytes([*value[:at], byte, *value[at + 1 :]])
