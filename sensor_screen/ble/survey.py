"""Which sensors are here, and who each of them is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.ble.introduction import Introduction, introduce
from sensor_screen.ble.link import Link, LinkParams
from sensor_screen.ble.troubles import explain

if TYPE_CHECKING:
    from sensor_screen.ble.outside import Outside
    from sensor_screen.ble.scanner import Scanner, Sighting
    from sensor_screen.errors import ScreenError


@dataclass(frozen=True, slots=True)
class FoundSensor:
    """One sensor that advertises, and what it answered."""

    sighting: Sighting
    who: Introduction | None
    """None: it could not be asked."""
    trouble: ScreenError | None
    """Why not."""


async def survey(scanner: Scanner, outside: Outside, for_s: float = 4.0) -> tuple[FoundSensor, ...]:
    """Look around, then connect to each sensor once and ask; the strongest first.

    Args:
        scanner: Shared by everybody who uses the radio.
        outside: Radio, clock and chance.
        for_s: How long to listen for advertisements.

    Raises:
        RadioError: Bluetooth cannot be used.
    """
    seen = await scanner.look_around(for_s)
    return tuple([await _ask(sighting, scanner, outside) for sighting in seen])


async def _ask(sighting: Sighting, scanner: Scanner, outside: Outside) -> FoundSensor:
    name = sighting.name or sighting.address
    link = Link(sighting.device, name, outside, LinkParams(), lambda: None)
    try:
        async with scanner.connecting():
            await link.connect()
        who = await introduce(sighting.family, sighting.name, link.read)
    except Exception as error:  # noqa: BLE001 - whatever a stack throws is told, and the next asked
        return FoundSensor(sighting, None, explain(error, name))
    finally:
        await link.disconnect()
    scanner.met[sighting.address] = who.serial
    return FoundSensor(sighting, who, None)
