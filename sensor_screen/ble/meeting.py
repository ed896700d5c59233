"""Who is around: each sensor that advertises, asked who it is, and let go again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.ble.introduction import introduce
from sensor_screen.ble.link import Link, LinkParams
from sensor_screen.ble.troubles import explain, name_sensor

if TYPE_CHECKING:
    from sensor_screen.ble.introduction import Introduction
    from sensor_screen.ble.outside import Outside
    from sensor_screen.ble.scanner import Scanner, Sighting
    from sensor_screen.errors import ScreenError


@dataclass(frozen=True, slots=True)
class Met:
    """A sensor that was seen, and what it says of itself if it could be asked."""

    sighting: Sighting
    who: Introduction | None
    trouble: ScreenError | None
    """Why it could not be asked."""


async def meet(
    scanner: Scanner,
    outside: Outside,
    sighting: Sighting,
    params: LinkParams = LinkParams(),  # noqa: B008 - frozen
) -> Met:
    """Connect, ask, and let go.

    Args:
        scanner: That saw it.
        outside: Radio and clock.
        sighting: Seen just now.
        params: Time-outs.
    """
    name = sighting.name or sighting.address
    link = Link(sighting.device, name, outside, params)
    try:
        async with scanner.connecting():
            await link.connect()
        who = await introduce(sighting.family, sighting.name, link.read)
    except Exception as error:  # noqa: BLE001 - whatever a stack throws, the others are asked
        return Met(sighting, None, explain(name_sensor(error, name), name))
    finally:
        await link.disconnect()
    scanner.met[sighting.address] = who.serial
    return Met(sighting, who, None)


async def meet_all(scanner: Scanner, outside: Outside, for_s: float = 4.0) -> tuple[Met, ...]:
    """Look around, then ask each one in turn, the strongest first.

    Args:
        scanner: Shared by all.
        outside: Radio and clock.
        for_s: Seconds to look; sensors that measure advertise once a second at least.

    Raises:
        RadioError: Bluetooth cannot be used.
    """
    sightings = await scanner.look_around(for_s)
    return tuple([await meet(scanner, outside, sighting) for sighting in sightings])
