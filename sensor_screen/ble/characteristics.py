"""Which characteristic each channel of a relay record is."""

from __future__ import annotations

from sensor_screen.protocol.metamotion import METAMOTION, MetaCharacteristic
from sensor_screen.protocol.movella_dot import MOVELLA_DOT, DotCharacteristic
from sensor_screen.protocol.relay_frame import Channel, Family
from sensor_screen.protocol.vendor_list import recognise
from sensor_screen.protocol.vendors import VendorIdentity
from sensor_screen.protocol.witmotion import WITMOTION, WitCharacteristic

OPEN_SENSOR_SERVICE = "860a0001-e3f6-42f7-82b5-f48a83c986ed"
NAME_PREFIX = "SS-"
"""How an open sensor's advertised name begins; characters of its serial follow."""
SERIAL_NUMBER = "00002a25-0000-1000-8000-00805f9b34fb"
"""Of the Device Information Service."""

_OPEN = "860a{:04x}-e3f6-42f7-82b5-f48a83c986ed"
CHARACTERISTICS = {
    Channel.CONTROL: _OPEN.format(2),
    Channel.LIVE: _OPEN.format(3),
    Channel.BACKFILL: _OPEN.format(4),
    Channel.INFO: _OPEN.format(5),
    Channel.STATUS: _OPEN.format(6),
    Channel.BATTERY: "00002a19-0000-1000-8000-00805f9b34fb",
    Channel.DOT_CONTROL: DotCharacteristic.MEASUREMENT.value,
    Channel.DOT_SHORT: DotCharacteristic.SHORT.value,
    Channel.DOT_MEDIUM: DotCharacteristic.MEDIUM.value,
    Channel.DOT_LONG: DotCharacteristic.LONG.value,
    Channel.DOT_MESSAGE: DotCharacteristic.NOTIFICATION.value,
    Channel.DOT_CONFIGURATION: DotCharacteristic.DEVICE_CONTROL.value,
    Channel.WIT_FRAMES: WitCharacteristic.NOTIFY.value,
    Channel.WIT_COMMANDS: WitCharacteristic.WRITE.value,
    Channel.META_DATA: MetaCharacteristic.NOTIFY.value,
    Channel.META_COMMANDS: MetaCharacteristic.COMMAND.value,
}
"""Channel -> UUID, in lower case."""
_CHANNELS = {uuid: channel for channel, uuid in CHARACTERISTICS.items()} | {
    DotCharacteristic.MESSAGE.value: Channel.DOT_MESSAGE,
    DotCharacteristic.ACKNOWLEDGE.value: Channel.DOT_MESSAGE,
    DotCharacteristic.BATTERY.value: Channel.BATTERY,
}
"""Messages of a DOT are written to, read from and notified by three characteristics."""

FAMILIES: dict[Family, VendorIdentity] = {
    Family.MOVELLA_DOT: MOVELLA_DOT,
    Family.WITMOTION: WITMOTION,
    Family.METAMOTION: METAMOTION,
}
"""Third-party families; the open sensor is described by its own protocol."""


def channel_of(uuid: str) -> Channel:
    """The channel that a characteristic's values are recorded under.

    Raises:
        KeyError: It has none.
    """
    return _CHANNELS[uuid.lower()]


def family_of(name: str, services: tuple[str, ...], companies: tuple[int, ...]) -> Family | None:
    """Which family an advertisement is likely to be of; None: no sensor that is known.

    Args:
        name: The advertised name, or nothing.
        services: Advertised services, in either case.
        companies: Bluetooth company numbers of makers' data.
    """
    if OPEN_SENSOR_SERVICE in {service.lower() for service in services}:
        return Family.OPEN_SENSOR
    for company in (None, *companies):
        vendor = recognise("", services, company)
        if vendor is not None:
            break
    else:
        vendor = recognise(name)
    return next((family for family, known in FAMILIES.items() if known is vendor), None)
