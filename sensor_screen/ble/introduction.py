"""Who is at the other end: asked after every connection, before anything of it is believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.ble.characteristics import CHARACTERISTICS, NAME_PREFIX, SERIAL_NUMBER
from sensor_screen.ble.troubles import Trouble, trouble
from sensor_screen.protocol.movella_control import read_info
from sensor_screen.protocol.movella_dot import DotCharacteristic
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.protocol.open_sensor_info_bytes import decode_info
from sensor_screen.protocol.relay_frame import (
    LARGEST_SERIAL,
    Channel,
    Family,
    SlotDescription,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sensor_screen.ble.scanner import Sighting

    Read = Callable[[str], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a sensor says of itself."""

    family: Family
    serial: str
    """Never changes; a WitMotion tells none, and its name stands in."""
    model: str = ""
    firmware: str = ""
    side: SideCode = SideCode.NONE
    placement: PlacementCode = PlacementCode.NONE


@dataclass(frozen=True, slots=True)
class WantedSensor:
    """A sensor that is to be recorded, and what it is called in the stream of records."""

    slot: int
    sensor: SlotDescription

    @property
    def serial(self) -> str:
        """As a person knows it."""
        return self.sensor.serial

    def may_be(self, sighting: Sighting, met: dict[str, str]) -> bool:
        """Whether it is worth asking this one who it is.

        Args:
            sighting: An advertisement.
            met: Address -> serial that was read there last.
        """
        if sighting.family is not self.sensor.family:
            return False
        if sighting.address in met:
            return met[sighting.address] == self.serial
        if self.sensor.family is Family.WITMOTION:
            return sighting.name == self.serial
        hint = sighting.name.removeprefix(NAME_PREFIX)
        told = self.sensor.family is Family.OPEN_SENSOR and hint != sighting.name
        return hint in self.serial if told else True


async def introduce(family: Family, name: str, read: Read) -> Introduction:
    """Ask a connected sensor who it is.

    Args:
        family: What its advertisement looked like.
        name: What it advertised.
        read: Reads a characteristic, by its UUID.

    Raises:
        ProtocolError: What it says is not what its protocol allows.
        RadioError: It says nothing that names it.
    """
    if family is Family.OPEN_SENSOR:
        info = decode_info(await read(CHARACTERISTICS[Channel.INFO]))
        label = () if info.label is None else (info.label.side, info.label.placement)
        return Introduction(family, info.serial, info.model, info.firmware, *label)
    if family is Family.MOVELLA_DOT:
        dot = read_info(await read(DotCharacteristic.INFO))
        return Introduction(family, f"{dot.serial:X}", dot.product, dot.firmware)
    if family is Family.METAMOTION:
        told = (await read(SERIAL_NUMBER)).rstrip(b"\0").decode("utf-8", "replace").strip()
        serial = told[: LARGEST_SERIAL // 4]
    else:
        serial = name.strip()[: LARGEST_SERIAL // 4]
    if not serial:
        raise trouble(Trouble.NOT_SUCH_A_SENSOR, name)
    return Introduction(family, serial, name)
