"""Relay frames of simulated people, of any length, each byte of which can be made again.

A few people are simulated once: they stand, pump, lunge, squat and point. Their samples become
templates of frames; a frame of a stream is a template with its own numbers, times and checksum.
At the end of the session it begins again, while numbers and clocks go on.
"""

from __future__ import annotations

import struct
import zlib
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sensor_screen.model import Placement, Recording, Side, Task
from sensor_screen.protocol.open_sensor_control import Reply, Result, Start, Started
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
    HEAD_LAYOUT,
    RECORD_LAYOUT,
    Channel,
    Family,
    RelayFrame,
    RelayKind,
    RelayReader,
    RelayRecord,
    SlotDescription,
    encode_frame,
    encode_slot,
)
from sensor_screen.session.receive import Receiver
from sensor_screen.session.received import ReceiverParams
from sensor_screen.simulation.imperfections import BENCHMARK
from sensor_screen.simulation.person import ANTERIOR_RESTRICTED, HEALTHY, KICK_HEAVY, Person
from sensor_screen.simulation.scenarios import Scenario, Step
from sensor_screen.simulation.simulator import simulate
from sensor_screen.storage.journal_entries import Mark
from sensor_screen.storage.journal_fold import TASK_BEGINS, TASK_ENDS, find_tasks
from sensor_screen.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sensor_screen.protocol.relay_frame import RelayArrival

RATE_HZ = 100
PERIOD_US = 10_000
FRAME_RATES = (2, 5, 10, 20, 25, 50, 100)
"""Frames per second that hold whole samples; 10 make 10 samples of each sensor a frame."""
PLACES = (PlacementCode.SHANK, PlacementCode.FOOT)
_SKEW_PPM = (20, -15)
_DELAY_US = 4_000
"""From the last sample of a packet to its arrival, at least."""
_JITTER_US = 8_000
_LEAD_US = 500_000
"""From the description of the sensors to their first sample."""
_RING = 18_000
_STEPS = (
    Step(Task.STAND, 3.0),
    Step(Task.PUMP, 8),
    Step(Task.LUNGE, 3),
    Step(Task.SQUAT, 6),
    Step(Task.POINT, 3, rest_s=2.5),
)
_PEOPLE = (
    (HEALTHY, Side.LEFT),
    (ANTERIOR_RESTRICTED, Side.RIGHT),
    (KICK_HEAVY, Side.LEFT),
    (HEALTHY, Side.RIGHT),
)
_NUMBERS = 2**32


@dataclass(frozen=True, slots=True)
class SimulatedPerson:
    """One session of one leg, a whole number of seconds long."""

    side: Side
    counts: tuple[NDArray[np.int16], NDArray[np.int16]]
    """(n, 6) of shank and foot."""
    acc_scale_mps2: float
    gyr_scale_radps: float
    marks: tuple[tuple[int, str, str], ...]
    """Time after the first sample in us, name and text."""

    @property
    def samples(self) -> int:
        """Of each sensor."""
        return len(self.counts[0])


@lru_cache
def simulate_person(number: int) -> SimulatedPerson:
    """One of a few, always the same."""
    person, side = _PEOPLE[number % len(_PEOPLE)]
    made = _simulate(person, side, number)
    shank, foot = (
        next(s for s in made.streams if s.info.placement is where)
        for where in (Placement.SHANK, Placement.FOOT)
    )
    whole = min(len(shank.raw), len(foot.raw)) // RATE_HZ * RATE_HZ
    begin_s = float(shank.device_time_s[0])
    marks = [
        (round((at_s - begin_s) * 1e6), name, str(task.task.value))
        for task in made.tasks
        for at_s, name in ((task.start_s, TASK_BEGINS), (task.end_s, TASK_ENDS))
    ]
    return SimulatedPerson(
        side,
        (shank.raw[:whole].astype(np.int16), foot.raw[:whole].astype(np.int16)),
        shank.acc_scale_mps2,
        shank.gyr_scale_radps,
        tuple(marks),
    )


def _simulate(person: Person, side: Side, seed: int) -> Recording:
    scenario = Scenario("relayed", "stand, pump, lunge, squat, point", _STEPS, person, (side,))
    return simulate(scenario, imperfections=BENCHMARK, seed=seed, rate_hz=RATE_HZ).recording


class _Packet(NamedTuple):
    at: int
    slot: int


class _Template(NamedTuple):
    """A frame whose numbers and times are still zero."""

    value: bytes
    packets: tuple[_Packet, ...]
    statuses: tuple[_Packet, ...]


@lru_cache
def _templates(person: int, frames_per_second: int) -> tuple[_Template, ...]:
    """All frames of a session."""
    one, size = simulate_person(person), RATE_HZ // frames_per_second
    dice = np.random.default_rng([person, frames_per_second])
    return tuple(
        _template(one, frame, size, dice.integers(0, _JITTER_US, 3).tolist())
        for frame in range(one.samples // size)
    )


def _template(one: SimulatedPerson, frame: int, size: int, jitter_us: list[int]) -> _Template:
    rows = slice(frame * size, (frame + 1) * size)
    records = [
        RelayRecord(
            RelayKind.NOTIFIED,
            slot,
            Channel.LIVE,
            _DELAY_US + jitter_us[slot],
            encode_packet(SamplePacket(PacketKind.LIVE, 0, 0, one.counts[slot][rows])),
        )
        for slot in range(2)
    ]
    if rows.stop % RATE_HZ == 0:
        status = encode_status(SensorStatus(0, 0, 0, 0, 90, StatusFlag.MEASURING, 0))
        records += [
            RelayRecord(
                RelayKind.NOTIFIED,
                slot,
                Channel.STATUS,
                _DELAY_US + _JITTER_US + jitter_us[2] // 8 + slot,
                status,
            )
            for slot in range(2)
        ]
    records.sort(key=lambda record: record.offset_us)
    value = encode_frame(RelayFrame(0, 0, tuple(records)))
    found: dict[Channel, list[_Packet]] = {Channel.LIVE: [], Channel.STATUS: []}
    at = HEAD_LAYOUT.size
    for record in records:
        at += RECORD_LAYOUT.size
        found[record.channel].append(_Packet(at, record.slot))
        at += len(record.value)
    return _Template(value, tuple(found[Channel.LIVE]), tuple(found[Channel.STATUS]))


_HEAD = struct.Struct("<IQ")
_PACKET = struct.Struct("<IH")
_STATUS = struct.Struct("<IIIHH")
_CRC = struct.Struct("<I")


class RelayStream:
    """The frames and marks of one simulated relay.

    Args:
        number: Another number, other serials, numbers and clocks.
        frames_per_second: One of `FRAME_RATES`.
    """

    def __init__(self, number: int, frames_per_second: int = 10) -> None:
        if frames_per_second not in FRAME_RATES:
            raise ValueError(f"{frames_per_second} frames a second: choose one of {FRAME_RATES}")
        self.number = number
        self.frames_per_second = frames_per_second
        self.samples_per_frame = RATE_HZ // frames_per_second
        self.person = simulate_person(number % len(_PEOPLE))
        self._templates = _templates(number % len(_PEOPLE), frames_per_second)
        self.begin_us = 1_000_000_000 + 1_000_003 * number
        """Relay's clock at the first sample."""
        self.first_number = (70_000 + 4_099 * number, 1_000 + 8_191 * number)
        self._device_us = (123_456_789 + 7_919 * number, 9_876_543 + 104_729 * number)
        self._boot = (0x1000_0001 + 2 * number, 0x2000_0001 + 2 * number)
        self._session_us = self.person.samples * PERIOD_US
        size = self.samples_per_frame
        self._mark_frames = [at_us // (PERIOD_US * size) + 2 for at_us, _, _ in self.person.marks]

    @property
    def side_code(self) -> SideCode:
        """Of both sensors."""
        return SideCode.LEFT if self.person.side is Side.LEFT else SideCode.RIGHT

    def serial(self, slot: int) -> str:
        """Of one sensor."""
        return f"LOAD-{self.number:05d}-{PLACES[slot].name[0]}"

    # --- frames -----------------------------------------------------------------------------------

    def frame(self, sequence: int) -> bytes:
        """Number 0 describes the sensors; each after it holds as many samples."""
        if sequence == 0:
            return self._opening()
        size = self.samples_per_frame
        template = self._templates[(sequence - 1) % len(self._templates)]
        first = (sequence - 1) * size
        last = first + size - 1
        value = bytearray(template.value)
        _HEAD.pack_into(value, 4, sequence, self.begin_us + last * PERIOD_US)
        for at, slot in template.packets:
            clock_us = self.device_us(slot, first)
            number = (self.first_number[slot] + first) % _NUMBERS
            _PACKET.pack_into(value, at + 2, number, clock_us // 100 & 0xFFFF)
        for at, slot in template.statuses:
            clock_us, end = self.device_us(slot, last), self.first_number[slot] + last + 1
            oldest = max(self.first_number[slot], end - _RING)
            low, high = clock_us & 0xFFFF_FFFF, clock_us >> 32
            boot = self._boot[slot] & 0xFFFF
            _STATUS.pack_into(value, at, end % _NUMBERS, oldest % _NUMBERS, low, high, boot)
        _CRC.pack_into(value, len(value) - 4, zlib.crc32(memoryview(value)[:-4]))
        return bytes(value)

    def device_us(self, slot: int, sample: int) -> int:
        """Sensor's clock at a sample, counted from the first."""
        return self._device_us[slot] + sample * PERIOD_US + sample * _SKEW_PPM[slot] // 100

    def _opening(self) -> bytes:
        records = [
            RelayRecord(RelayKind(kind), slot, Channel(channel), 1_000 * at + 500 * slot, value)
            for at, group in enumerate(zip(*map(self._introduce, range(2)), strict=True))
            for slot, (kind, channel, value) in enumerate(group)
        ]
        return encode_frame(RelayFrame(0, self.begin_us - _LEAD_US, tuple(records)))

    def _introduce(self, slot: int) -> list[tuple[RelayKind, Channel, bytes]]:
        """What comes before the first sample of a sensor."""
        one, place = self.person, PLACES[slot]
        sensor = SlotDescription(Family.OPEN_SENSOR, self.side_code, place, self.serial(slot))
        info = OpenSensorInfo(
            major=1,
            minor=0,
            boot_id=self._boot[slot],
            serial=self.serial(slot),
            model="Load-1",
            firmware="1.0.0",
            rates_mhz=(RATE_HZ * 1_000,),
            acc_ranges=(
                AccRange(16, float(np.float32(one.acc_scale_mps2 / STANDARD_GRAVITY_MPS2))),
            ),
            gyr_ranges=(
                GyrRange(2000, float(np.float32(one.gyr_scale_radps / RADIANS_PER_DEGREE))),
            ),
            ring_depth=_RING,
            capabilities=Capability.HARDWARE_TIMESTAMPS | Capability.IDENTIFY_LIGHT,
            label=SensorLabel(self.side_code, place),
        )
        start = Start(RATE_HZ * 1_000, 16, 2000, 0x5E55_0000 + self.number, 900, 0)
        first, clock_us = self.first_number[slot], self._device_us[slot] - _LEAD_US // 2
        reply = Reply(1, 7, Result.OK, Started(first, clock_us))
        boot = self._boot[slot] & 0xFFFF
        status = SensorStatus(first, first, clock_us, boot, 90, StatusFlag.MEASURING, 0)
        none, control = Channel.NONE, Channel.CONTROL
        return [
            (RelayKind.SLOT, none, encode_slot(sensor)),
            (RelayKind.LINK_UP, none, (247).to_bytes(2, "little")),
            (RelayKind.READ, Channel.INFO, encode_info(info)),
            (RelayKind.WRITTEN, control, encode_request(start, 7)),
            (RelayKind.NOTIFIED, control, encode_reply(reply)),
            (RelayKind.NOTIFIED, Channel.STATUS, encode_status(status)),
        ]

    # --- marks ------------------------------------------------------------------------------------

    def marks_within(self, frames: int) -> int:
        """How many marks are said before frame number `frames`."""
        session, frame = divmod(max(0, frames - 1), len(self._templates))
        return session * len(self._mark_frames) + bisect_right(self._mark_frames, frame)

    def mark(self, number: int) -> tuple[int, str, str]:
        """Relay's clock in us, name and text of one mark."""
        session, at = divmod(number, len(self.person.marks))
        at_us, name, text = self.person.marks[at]
        return self.begin_us + session * self._session_us + at_us, name, text

    def frame_of(self, time_s: float) -> int:
        """The frame with the first sample at or after a time since the first record.

        Good to a third of a sample, which is more than the clock of a receiver is off.
        """
        since_s = time_s - self.first_sample_s
        sample = max(0, int(np.ceil(since_s * RATE_HZ - 0.34)))
        return sample // self.samples_per_frame + 1

    def end_s(self, frames: int) -> float:
        """Time of the last sample of so many frames, as in `frame_of`."""
        return self.first_sample_s + ((frames - 1) * self.samples_per_frame - 1) / RATE_HZ

    @property
    def first_sample_s(self) -> float:
        """Time of the first sample on the time base that begins with the first record, as a
        receiver knows it after a while: delays of the radio are not in the bytes."""
        return _first_sample_s(self.number % len(_PEOPLE), self.frames_per_second)

    # --- what must be stored ----------------------------------------------------------------------

    def counts(self, slot: int, frames: int) -> NDArray[np.int16]:
        """(n, 6) samples of one sensor in the first so many frames."""
        samples = max(0, frames - 1) * self.samples_per_frame
        return np.resize(self.person.counts[slot], (samples, 6))

    def recording(self, frames: int, marks: int) -> Recording:
        """What the package itself makes of these frames and marks."""
        receiver = Receiver(ReceiverParams(most_waiting=1, refresh_s=float("inf")))
        last_s = 0.0
        for arrival in self._arrivals(frames):
            last_s = max(last_s, arrival.arrival_s)
            receiver.receive(arrival)
        said = [
            Mark(name, at_us * 1e-6, text) for at_us, name, text in map(self.mark, range(marks))
        ]
        return receiver.finish(tasks=find_tasks(said, receiver.base_s or 0.0, last_s))

    def _arrivals(self, frames: int) -> Iterator[RelayArrival]:
        reader = RelayReader()
        for sequence in range(frames):
            yield from reader.read(self.frame(sequence))


@lru_cache
def _first_sample_s(person: int, frames_per_second: int) -> float:
    stream = RelayStream(person, frames_per_second)
    frames = 30 * frames_per_second
    times_s = stream.recording(frames, 0).streams[0].time_s
    return float(np.median(times_s - np.arange(len(times_s)) / RATE_HZ))
