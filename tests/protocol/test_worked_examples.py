"""What PROTOCOL.md, section 13, says of its bytes in words, read by the package."""

from __future__ import annotations

import dataclasses
import math

import pytest

from sensor_screen.errors import ProtocolError
from sensor_screen.model import GyroSampling, Placement, Side
from sensor_screen.protocol.open_sensor_control import (
    Acknowledge,
    Acknowledged,
    AskTime,
    FieldAtFault,
    HeldRange,
    Op,
    Reply,
    Resend,
    ResendDone,
    Resending,
    Result,
    SensorTime,
    Start,
    Started,
    UnknownRequest,
)
from sensor_screen.protocol.open_sensor_control_bytes import decode_indication, decode_request
from sensor_screen.protocol.open_sensor_info import (
    AccRange,
    Capability,
    GyroCode,
    PlacementCode,
    SampleTiming,
    SensorLabel,
    SideCode,
    measured_sensor,
)
from sensor_screen.protocol.open_sensor_info_bytes import decode_info
from sensor_screen.protocol.open_sensor_packet import PacketKind, decode_packet
from sensor_screen.protocol.open_sensor_status import StatusFlag, decode_status
from sensor_screen.protocol.relay_frame import (
    Channel,
    Family,
    RelayKind,
    RelayReader,
    SlotDescription,
)
from tests.protocol.worked_examples import WORKED_EXAMPLES

BYTES = {name: bytes.fromhex(value) for name, _, value in WORKED_EXAMPLES}


def test_info() -> None:
    assert len(BYTES["info"]) == 86
    info = decode_info(BYTES["info"])
    assert (info.major, info.minor, info.boot_id) == (1, 0, 0x5EEDBEEF)
    assert (info.serial, info.model, info.firmware) == ("SS-0042", "Ref-1", "1.0.0")
    assert info.rates_mhz == (104_000, 208_000)
    assert [item.range_g for item in info.acc_ranges] == [8, 16]
    scales = [item.g_per_count for item in info.acc_ranges]
    assert scales == pytest.approx([0.000244, 0.000488], rel=1e-7)
    assert info.gyr_ranges[0].range_dps == 2000
    assert info.gyr_ranges[0].dps_per_count == pytest.approx(0.07, rel=1e-7)
    assert info.ring_depth == 18_000
    assert info.capabilities == Capability.HARDWARE_TIMESTAMPS | Capability.IDENTIFY_LIGHT
    assert info.label == SensorLabel(SideCode.LEFT, PlacementCode.FOOT)
    assert info.sampling == SampleTiming(GyroCode.INSTANT, 2400, 1600)
    assert (info.axes, info.stream, info.clock_tolerance_ppm, info.unknown) == (None,) * 3 + ((),)


def test_info_in_si_units() -> None:
    measured = measured_sensor(decode_info(BYTES["info"]), 16, 2000)
    assert measured.acc_scale_mps2 == pytest.approx(0.000488 * 9.80665, rel=1e-7)
    assert measured.gyr_scale_radps == pytest.approx(math.radians(0.07), rel=1e-7)
    sensor = measured.sensor
    assert (sensor.side, sensor.placement) == (Side.LEFT, Placement.FOOT)
    assert (sensor.serial, sensor.model) == ("SS-0042", "Ref-1")
    assert sensor.gyro_sampling is GyroSampling.INSTANT
    assert sensor.acc_range_mps2 == pytest.approx(32767 * 0.000488 * 9.80665, rel=1e-7)
    assert sensor.gyr_range_radps == pytest.approx(math.radians(32767 * 0.07), rel=1e-7)


def test_the_person_says_where_a_sensor_is_worn() -> None:
    info = decode_info(BYTES["info"])
    sensor = measured_sensor(info, 16, 2000, Side.RIGHT, Placement.SHANK).sensor
    assert (sensor.side, sensor.placement) == (Side.RIGHT, Placement.SHANK)


def test_a_range_that_the_sensor_has_not() -> None:
    info = decode_info(BYTES["info"])
    with pytest.raises(
        ProtocolError, match=r"\+-4 g: is none of its ranges; choose one of \[8, 16\]"
    ):
        measured_sensor(info, 4, 2000)
    with pytest.raises(ProtocolError, match="deg/s"):
        measured_sensor(info, 8, 250)
    assert AccRange(16, info.acc_ranges[1].g_per_count) in info.acc_ranges


def test_start() -> None:
    start = Start(208_000, 16, 2000, 0x0D15EA5E, 900, 8)
    assert decode_request(BYTES["START"]) == (0x2A, start)
    body = Started(70_000, 123_400_000)
    assert decode_indication(BYTES["START, its reply"]) == Reply(Op.START, 0x2A, Result.OK, body)
    slower = Start(200_000, 16, 2000, 0x0D15EA5E, 900, 8)
    assert decode_request(BYTES["START at 200 Hz"]) == (0x2F, slower)
    refusal = Reply(Op.START, 0x2F, Result.INVALID, FieldAtFault(2))
    assert decode_indication(BYTES["START at 200 Hz, its reply"]) == refusal


def test_packets() -> None:
    live = decode_packet(BYTES["live packet"])
    assert live is not None
    assert (live.kind, live.first_sequence, live.t100us) == (PacketKind.LIVE, 70_000, 31_415)
    assert live.counts.tolist() == [[-12, 2041, 154, 3, -8, 0], [-10, 2043, 150, 5, -9, -1]]
    again = decode_packet(BYTES["backfill packet"])
    assert again is not None
    assert (again.kind, again.first_sequence) == (PacketKind.BACKFILL, 2**32 - 1)
    assert again.counts.tolist() == [[-32768, 0, 32767, 0, 0, 0]]


def test_a_buffer_that_is_used_again_changes_nothing() -> None:
    buffer = bytearray(BYTES["live packet"])
    packet = decode_packet(buffer)
    assert packet is not None
    before = packet.counts.copy()
    buffer[8:] = bytes(24)
    assert (packet.counts == before).all()


def test_a_block_has_numbers_that_wrap() -> None:
    live = decode_packet(BYTES["live packet"])
    assert live is not None
    block = live.block(arrival_s=9.0015)
    assert block.sequence is not None
    assert block.sequence.tolist() == [70_000, 70_001]
    assert block.acc is not None
    assert block.acc[1].tolist() == [-10, 2043, 150]
    assert (len(block), block.arrival_s, block.device_time_us) == (2, 9.0015, None)


def test_status() -> None:
    said = decode_status(BYTES["status"])
    assert (said.next_sequence, said.oldest_sequence, said.held) == (70_020, 52_020, 18_000)
    assert (said.time_us, said.boot, said.lost) == (123_456_789, 0xBEEF, 0)
    assert (said.battery_percent, said.flags) == (87, StatusFlag.MEASURING)
    assert said.pair == (70_019, 123_456_789)
    nothing = dataclasses.replace(said, oldest_sequence=said.next_sequence, battery=255)
    assert (nothing.held, nothing.pair, nothing.battery_percent) == (0, None, None)
    wrapped = dataclasses.replace(said, next_sequence=0, oldest_sequence=2**32 - 3)
    assert (wrapped.held, wrapped.pair) == (3, (2**32 - 1, 123_456_789))


def test_resend() -> None:
    assert decode_request(BYTES["RESEND"]) == (0x2B, Resend(70_019, 400))
    accepted = Reply(Op.RESEND, 0x2B, Result.OK, Resending(70_019, 400))
    assert decode_indication(BYTES["RESEND, its reply"]) == accepted
    done = ResendDone(0x2B, Result.OK, 70_019, 400, 400)
    assert decode_indication(BYTES["RESEND, done"]) == done
    assert decode_request(BYTES["RESEND of what is not held"]) == (0x2C, Resend(10_000, 100))
    refusal = Reply(Op.RESEND, 0x2C, Result.NOT_HELD, HeldRange(52_020, 70_420))
    assert decode_indication(BYTES["RESEND of what is not held, its reply"]) == refusal


def test_acknowledge_time_and_an_unknown_op() -> None:
    assert decode_request(BYTES["ACK"]) == (0x2D, Acknowledge(70_419))
    kept = Reply(Op.ACK, 0x2D, Result.OK, Acknowledged(52_300))
    assert decode_indication(BYTES["ACK, its reply"]) == kept
    assert decode_request(BYTES["TIME"]) == (0x2E, AskTime())
    clock = SensorTime(125_000_000, 125_000_350)
    assert decode_indication(BYTES["TIME, its reply"]) == Reply(Op.TIME, 0x2E, Result.OK, clock)
    assert decode_request(BYTES["unknown op"]) == (0x30, UnknownRequest(0x20, b""))
    refusal = Reply(0x20, 0x30, Result.UNSUPPORTED, None)
    assert decode_indication(BYTES["unknown op, its reply"]) == refusal


def test_relay_frame() -> None:
    assert len(BYTES["relay frame"]) == 70
    slot, live = RelayReader(next_sequence=7).read(BYTES["relay frame"])
    sensor = SlotDescription(Family.OPEN_SENSOR, SideCode.LEFT, PlacementCode.FOOT, "SS-0042")
    assert (slot.kind, slot.sensor, slot.arrival_s) == (RelayKind.SLOT, sensor, 9.0)
    assert (live.kind, live.channel) == (RelayKind.NOTIFIED, Channel.LIVE)
    assert live.arrival_s == pytest.approx(9.0015, abs=1e-9)
    assert (
        live.value
        == BYTES["live packet"][:8].replace(b"\x11\x02", b"\x11\x01") + (BYTES["live packet"][8:20])
    )
