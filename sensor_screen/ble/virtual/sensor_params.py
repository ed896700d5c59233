"""What a virtual sensor is, and what is wrong with it from the beginning."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from sensor_screen.model import Placement, Side


@dataclass(frozen=True, slots=True)
class SensorParams:
    """One sensor; what can happen to it on demand are methods of `VirtualSensor`."""

    serial: str
    """1 to 32 bytes; the last four are advertised."""
    side: Side
    """Leg on which it is worn."""
    placement: Placement
    """Segment on which it is worn."""
    label: tuple[Side, Placement] | None = None
    """What is stored in it, where that differs from where it is worn; side none: no label."""
    rates_hz: tuple[float, ...] = (50.0, 100.0, 200.0)
    """Rates it has; each is the highest divided by a whole number."""
    depth: int = 18_000
    """Samples in the ring: 90 s at 200 Hz, 214 kB, what an nRF52840 can spare."""
    clock_ppm: float = 0.0
    """Its clock runs faster than the computer's by this; crystals: within 20 to 50 either way."""
    largest_mtu: int = 247
    """It takes no more: 247 fills a link-layer packet, 185 is an iPhone's, 23 the least of all."""
    battery_percent: int = 87
    fifo_samples: int = 2
    """The inertial sensor hands over so many at once: 10 ms at 200 Hz."""
    buffers: int = 6
    """Packets that the radio's stack holds."""
    live_drop_share: float = 0.0
    """Live packets that are lost above the link, as stacks of phones do when they are busy."""
    rate_lie: float = 0.0
    """It measures faster than it says by this share."""
    believed_mtu: int | None = None
    """It packs for this MTU whatever was agreed, so that the stack cuts its notifications."""
    major: int = 1
    """Version of the protocol that it says it speaks."""
    pairing_open_s: float = inf
    """From power on; then its button opens the window for a minute. Sensors of flesh are closed at
    first; here somebody holds the button. Two bonds are the most in any case."""


def worn_sensors(
    sides: tuple[Side, ...] = (Side.LEFT,), **common: object
) -> tuple[SensorParams, ...]:
    """Shank and foot of each leg, with 40 ppm too slow and too fast a clock.

    Args:
        sides: Which legs.
        common: Fields of `SensorParams` that all of them share.
    """
    found = []
    for side in sides:
        for placement, ppm in ((Placement.SHANK, -40.0), (Placement.FOOT, 40.0)):
            serial = f"VIRTUAL-{side[0].upper()}{placement[0].upper()}01"
            fields = {"clock_ppm": ppm} | common
            found.append(SensorParams(serial, side, placement, **fields))  # type: ignore[arg-type]
    return tuple(found)
