"""Frames of relays, small and valid."""

from __future__ import annotations

from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.protocol.relay_frame import (
    Channel,
    Family,
    RelayFrame,
    RelayKind,
    RelayRecord,
    SlotDescription,
    encode_frame,
    encode_slot,
)

FOOT = SlotDescription(Family.OPEN_SENSOR, SideCode.LEFT, PlacementCode.FOOT, "SS-0042")
SHANK = SlotDescription(Family.OPEN_SENSOR, SideCode.LEFT, PlacementCode.SHANK, "SS-0043")


def a_frame(
    sequence: int,
    *,
    base_us: int | None = None,
    describe: bool | None = None,
    value: bytes = b"\x11\x00" + bytes(96),
    slots: tuple[SlotDescription, ...] = (FOOT, SHANK),
) -> bytes:
    """A tenth of a second of two sensors; the first one describes them."""
    records = []
    if sequence == 0 if describe is None else describe:
        records += [
            RelayRecord(RelayKind.SLOT, slot, Channel.NONE, 0, encode_slot(sensor))
            for slot, sensor in enumerate(slots)
        ]
    records += [
        RelayRecord(RelayKind.NOTIFIED, slot, Channel.LIVE, 1000 + slot, value)
        for slot in range(len(slots))
    ]
    base = 1_000_000 + 100_000 * sequence if base_us is None else base_us
    return encode_frame(RelayFrame(sequence, base, tuple(records)))
