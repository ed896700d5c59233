"""Relay frames of simulated people: what a gateway would send of two sensors on each leg."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.model import Placement, Side
from sensor_screen.protocol.open_sensor_control import Op, Reply, Result, Start, Started
from sensor_screen.protocol.open_sensor_control_bytes import encode_reply, encode_request
from sensor_screen.protocol.open_sensor_info import (
    AccRange,
    Capability,
    GyrRange,
    OpenSensorInfo,
    PlacementCode,
    SensorLabel,
    SideCode,
)
from sensor_screen.protocol.open_sensor_info_bytes import encode_info
from sensor_screen.protocol.open_sensor_packet import PacketKind, SamplePacket, encode_packet
from sensor_screen.protocol.open_sensor_status import SensorStatus, StatusFlag, encode_status
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
from sensor_screen.session.marks import TASK_BEGINS, TASK_ENDS, Mark
from sensor_screen.simulation.worn import ACC_RANGE_G, COUNTS, GYR_RANGE_DPS, wear

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.model import TaskInterval
    from sensor_screen.session.marks import TASK_BEGINS, TASK_ENDS, Mark
    from sensor_screen.simulation.scenarios import Scenario
from sensor_screen.simulation.worn import Worn

BASE_S = 5.0
"""The relay's clock when the person begins."""
SESSION = 0xBEE
SIDES = {Side.LEFT: SideCode.LEFT, Side.RIGHT: SideCode.RIGHT}
PLACES = {Placement.SHANK: PlacementCode.SHANK, Placement.FOOT: PlacementCode.FOOT}


@dataclass(frozen=True)
class MadeStream:
    """One stream: frames, the labels of the person on the relay's clock, and its records."""

    frames: tuple[bytes, ...]
    tasks: tuple[TaskInterval, ...]
    """On the person's clock; `BASE_S` later on the relay's."""
    records: tuple[tuple[float, RelayRecord], ...]
    """With their times on the relay's clock."""

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What a guide would have said."""
        return tuple(
            mark
            for task in self.tasks
            for mark in (
                Mark(TASK_BEGINS, task.start_s + BASE_S, task.task.value),
                Mark(TASK_ENDS, task.end_s + BASE_S),
            )
        )


def made_stream(
    scenario: str | Scenario,
    *,
    seed: int = 0,
    sides: tuple[Side, ...] | None = None,
    rate_hz: float = 100.0,
    seconds: float | None = None,
    packet: int = 10,
    frame_s: float = 0.1,
    told: bool = True,
    skip: Iterable[tuple[int, float, float]] = (),
) -> MadeStream:
    """What a relay sends of one simulated person.

    Args:
        scenario: What the person does.
        seed: Another number, another person.
        sides: Which legs carry sensors.
        rate_hz: Samples a second.
        seconds: Length; None: as long as the scenario.
        packet: Samples in a packet.
        frame_s: Time in a frame.
        told: Slots say where the sensor is worn; else only its info does.
        skip: (slot, from, to) seconds in which nothing of a sensor comes.
    """
    worn, made = wear(scenario, sides=sides, seed=seed, rate_hz=rate_hz)
    length_s = seconds or len(worn[0].counts) / rate_hz
    rng = np.random.default_rng([seed, 11])
    records: list[tuple[float, RelayRecord]] = []
    for slot, one in enumerate(worn):
        said = _sensor_records(slot, one, length_s, packet, rng, told=told)
        gaps = [(a + BASE_S, b + BASE_S) for which, a, b in skip if which == slot]
        records += [r for r in said if not any(a <= r[0] < b for a, b in gaps)]
    records.sort(key=lambda r: r[0])
    return MadeStream(pack_frames(records, frame_s), made.recording.tasks, tuple(records))


def pack_frames(
    records: list[tuple[float, RelayRecord]], frame_s: float = 0.1, first: int = 0
) -> tuple[bytes, ...]:
    """Frames of `frame_s` of records each, none empty."""
    frames: list[bytes] = []
    waiting: list[tuple[int, RelayRecord]] = []

    def close() -> None:
        base_us = waiting[0][0]
        told = tuple(
            RelayRecord(r.kind, r.slot, r.channel, at_us - base_us, r.value) for at_us, r in waiting
        )
        frames.append(encode_frame(RelayFrame(first + len(frames), base_us, told)))
        waiting.clear()

    number = None
    for at_s, record in records:
        mine = int(at_s / frame_s)
        if waiting and mine != number:
            close()
        number = mine
        waiting.append((round(at_s * 1e6), record))
    if waiting:
        close()
    return tuple(frames)


def _sensor_records(
    slot: int, worn: Worn, length_s: float, packet: int, rng: np.random.Generator, *, told: bool
) -> list[tuple[float, RelayRecord]]:
    boot_id = 0x5EED0000 + slot
    # Clocks of both begin anywhere, and run a little fast or slow.
    first_us, ppm = int(rng.integers(1_000_000, 9_000_000)), float(rng.uniform(-40, 40))
    serial = f"MADE-{slot:02d}"
    where = (SIDES[worn.side], PLACES[worn.placement])
    slot_where = where if told else (SideCode.NONE, PlacementCode.NONE)
    described = SlotDescription(Family.OPEN_SENSOR, *slot_where, serial)
    start = Start(round(1000 * worn.rate_hz), ACC_RANGE_G, GYR_RANGE_DPS, SESSION)
    info = OpenSensorInfo(
        major=1,
        minor=0,
        boot_id=boot_id,
        serial=serial,
        model="made",
        firmware="1",
        rates_mhz=(start.rate_mhz,),
        acc_ranges=(AccRange(ACC_RANGE_G, ACC_RANGE_G / COUNTS),),
        gyr_ranges=(GyrRange(GYR_RANGE_DPS, GYR_RANGE_DPS / COUNTS),),
        ring_depth=18_000,
        capabilities=Capability(0),
        label=SensorLabel(*where),
    )
    started = Reply(Op.START, 1, Result.OK, Started(0, first_us))
    begun_s = BASE_S - 0.5 + 0.01 * slot

    def record(kind: RelayKind, channel: Channel, value: bytes) -> RelayRecord:
        return RelayRecord(kind, slot, channel, 0, value)

    records = [
        (begun_s, record(RelayKind.SLOT, Channel.NONE, encode_slot(described))),
        (begun_s, record(RelayKind.LINK_UP, Channel.NONE, (247).to_bytes(2, "little"))),
        (begun_s + 0.1, record(RelayKind.READ, Channel.INFO, encode_info(info))),
        (begun_s + 0.2, record(RelayKind.WRITTEN, Channel.CONTROL, encode_request(start, 1))),
        (begun_s + 0.22, record(RelayKind.NOTIFIED, Channel.CONTROL, encode_reply(started))),
    ]

    def device_us(number: int) -> int:
        return round(first_us + 1e6 * number / worn.rate_hz * (1 + 1e-6 * ppm))

    due_s, last_s = BASE_S + 0.3 + 0.1 * slot, 0.0
    for number in range(0, int(length_s * worn.rate_hz) - packet + 1, packet):
        counts = worn.at(np.arange(number, number + packet) + worn.first)
        sent = SamplePacket(PacketKind.LIVE, number, device_us(number) // 100 % 65536, counts)
        made_s = BASE_S + (number + packet - 1) / worn.rate_hz
        last_s = max(last_s, made_s + 0.004 + float(rng.exponential(0.004)))
        records.append((last_s, record(RelayKind.NOTIFIED, Channel.LIVE, encode_packet(sent))))
        if made_s >= due_s:
            due_s += 1.0
            status = SensorStatus(
                number + packet,
                0,
                device_us(number + packet - 1),
                boot_id & 0xFFFF,
                80,
                StatusFlag(0),
                0,
            )
            value = encode_status(status)
            records.append((last_s, record(RelayKind.NOTIFIED, Channel.STATUS, value)))
    return records
