"""The services of an open sensor, as bumble serves them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from bumble import att, gatt
from bumble.core import UUID

from sensor_screen.firmware import info, packet

if TYPE_CHECKING:
    from bumble.device import Device

_NOTIFY = gatt.Characteristic.Properties.NOTIFY
_READ = gatt.Characteristic.Properties.READ
_WRITE = gatt.Characteristic.Properties.WRITE
_INDICATE = gatt.Characteristic.Properties.INDICATE
_READABLE = gatt.Characteristic.READABLE
_WRITEABLE = gatt.Characteristic.WRITEABLE
_PROPERTIES = {
    packet.CONTROL: _WRITE | _INDICATE,
    packet.LIVE: _NOTIFY,
    packet.BACKFILL: _NOTIFY,
    packet.INFO: _READ,
    packet.STATUS: _READ | _NOTIFY,
}
"""By channel, which are 1 less than the short number of the characteristic."""


class Answers(Protocol):
    """Who answers for the values; each raises `att.ATT_Error` to refuse."""

    def read_value(self, channel: int) -> bytes:
        """Value of a channel."""

    def write_request(self, value: bytes) -> None:
        """A request to the control point."""

    def enable(self, channel: int, on: bool) -> None:
        """Notifications or indications of a channel."""


@dataclass(frozen=True, slots=True)
class GattTable:
    """The characteristics that change, by channel, and that of the battery's level."""

    channels: dict[int, Any]
    battery: Any


def uuid_of(channel: int) -> UUID:
    """Of a channel's characteristic."""
    return UUID(info.SERVICE_UUID.replace("0001", f"{channel + 1:04x}", 1))


def serve(device: Device, answers: Answers, config: Any, battery_percent: int) -> GattTable:  # noqa: ANN401
    """Put the services of section 2 into a device's table."""
    channels = {channel: _characteristic(device, answers, channel) for channel in _PROPERTIES}
    battery = gatt.Characteristic(
        gatt.GATT_BATTERY_LEVEL_CHARACTERISTIC, _READ | _NOTIFY, _READABLE, bytes([battery_percent])
    )
    texts = (
        (gatt.GATT_SERIAL_NUMBER_STRING_CHARACTERISTIC, config.serial),
        (gatt.GATT_MODEL_NUMBER_STRING_CHARACTERISTIC, config.model),
        (gatt.GATT_FIRMWARE_REVISION_STRING_CHARACTERISTIC, config.firmware),
    )
    described = [gatt.Characteristic(uuid, _READ, _READABLE, text.encode()) for uuid, text in texts]
    device.add_services(
        [
            gatt.Service(UUID(info.SERVICE_UUID), list(channels.values())),
            gatt.Service(gatt.GATT_BATTERY_SERVICE, [battery]),
            gatt.Service(gatt.GATT_DEVICE_INFORMATION_SERVICE, described),
        ]
    )
    return GattTable(channels, battery)


def _characteristic(device: Device, answers: Answers, channel: int) -> Any:  # noqa: ANN401
    """One channel; the firmware itself refuses what it must."""

    def read(_connection: object) -> bytes:
        return answers.read_value(channel)

    def write(_connection: object, value: bytes) -> None:
        answers.write_request(bytes(value))

    value: Any = gatt.CharacteristicValue(read=read, write=write)
    properties = _PROPERTIES[channel]
    permissions = _READABLE | _WRITEABLE if properties & _WRITE else _READABLE
    made: Any = gatt.Characteristic(uuid_of(channel), properties, permissions, value)
    if properties & (_NOTIFY | _INDICATE):
        made.descriptors = [_switch(device, answers, channel, made)]
    return made


def _switch(device: Device, answers: Answers, channel: int, characteristic: Any) -> Any:  # noqa: ANN401
    """The client configuration, whose writing the firmware may refuse."""
    server = device.gatt_server

    def read(bearer: Any) -> bytes:  # noqa: ANN401
        return bytes(server.read_cccd(bearer, characteristic))

    def write(bearer: Any, value: bytes) -> None:  # noqa: ANN401
        answers.enable(channel, any(value[:1]))
        server.write_cccd(bearer, characteristic, bytes(value))

    return gatt.Descriptor(
        gatt.GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR,
        att.Attribute.READABLE | att.Attribute.WRITEABLE,
        att.AttributeValueV2(read=read, write=write),
    )
