"""Relay records with known content."""

from __future__ import annotations

import random

from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.protocol.relay_frame import (
    Channel,
    Family,
    RelayArrival,
    RelayKind,
    SlotDescription,
    encode_slot,
)

SENSORS = tuple(
    SlotDescription(Family.OPEN_SENSOR, side, placement, f"SENSOR-{side.name}-{placement.name}")
    for side in (SideCode.LEFT, SideCode.RIGHT)
    for placement in (PlacementCode.SHANK, PlacementCode.FOOT)
)


def described(slot: int, arrival_s: float) -> RelayArrival:
    sensor = SENSORS[slot]
    return RelayArrival(RelayKind.SLOT, slot, sensor, Channel.NONE, arrival_s, encode_slot(sensor))


def came_up(slot: int, arrival_s: float) -> RelayArrival:
    mtu = (247).to_bytes(2, "little")
    return RelayArrival(RelayKind.LINK_UP, slot, SENSORS[slot], Channel.NONE, arrival_s, mtu)


def notified(slot: int, arrival_s: float, value: bytes) -> RelayArrival:
    return RelayArrival(RelayKind.NOTIFIED, slot, SENSORS[slot], Channel.LIVE, arrival_s, value)


def a_session(rng: random.Random, records: int, begin_s: float = 100.0) -> list[RelayArrival]:
    """Two described sensors, then packets of few sizes and a link that comes and goes.

    Few, so that what a cut left of an earlier life can fit behind a frame of a later one.
    """
    time_s = begin_s
    session = [described(slot, time_s) for slot in range(2)]
    while len(session) < records:
        time_s = (round(time_s * 1e6) + rng.randrange(50_000)) * 1e-6
        slot = rng.randrange(2)
        if rng.random() < 0.05:
            session.append(came_up(slot, time_s))
        else:
            session.append(
                notified(slot, time_s, rng.randbytes(8 + 12 * rng.choice([1, 7, 7, 19])))
            )
    return session
