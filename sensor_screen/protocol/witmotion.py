"""WitMotion WT901BLE, WT901BLECL and WT9011DCL: a stream of frames without time, number or check.

The maker's Bluetooth 5.0 protocol text and its Python example. A frame is `55 61` and nine counts
(acceleration, rate of turn, angles); `55 71` answers a question about registers. Frames may be
split over notifications or joined in one. With neither a length nor a check in them, a frame that
lost bytes can only be told from one that did not by what stands where the next should begin.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.blocks import SampleBlock
from sensor_screen.protocol.vendors import (
    MOST_NOTIFIED,
    Battery,
    ManySamples,
    OrientationBlock,
    SensorScale,
    Step,
    StepAction,
    VendorIdentity,
    refuse,
    require_choice,
    require_whole,
)
from sensor_screen.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class WitCharacteristic(StrEnum):
    """Characteristics; `9a34fb` at the end is right, and is not the base of Bluetooth itself."""

    NOTIFY = "0000ffe4-0000-1000-8000-00805f9a34fb"
    WRITE = "0000ffe9-0000-1000-8000-00805f9a34fb"


WITMOTION = VendorIdentity(
    family="WitMotion",
    models=("WT901BLE", "WT901BLECL", "WT9011DCL", "WT9011DCL-BT50"),
    name_prefixes=("WT",),
    company_id=None,
    service_uuids=("0000ffe5-0000-1000-8000-00805f9a34fb",),
    live_rates_hz=(10.0, 20.0, 50.0, 100.0, 200.0),
    sends_time=False,
    sends_sequence=False,
    keeps_samples=False,
    facts=(
        "Samples carry no time: it is estimated from when they arrive, and is marked so.",
        "Samples carry no number: lost ones can be suspected, never known.",
        "There is no memory: what is not received is gone.",
        "The WT901BLECL is documented up to 50 Hz only.",
    ),
)
WIT_SCALE = SensorScale(
    acc_mps2_per_unit=16.0 * STANDARD_GRAVITY_MPS2 / 32768.0,
    gyr_radps_per_unit=2000.0 * RADIANS_PER_DEGREE / 32768.0,
)
ANGLE_DEG_PER_UNIT = 180.0 / 32768.0

FRAME_BYTES = 20
RATE_CODES = {0.5: 2, 1.0: 3, 2.0: 4, 5.0: 5, 10.0: 6, 20.0: 7, 50.0: 8, 100.0: 9, 200.0: 11}
"""Rate in Hz -> code. Code 1 is left out (0.1 or 0.2 Hz, by source), and 10 (125 or 200 Hz)."""
BANDWIDTH_CODES = {256: 0, 188: 1, 98: 2, 42: 3, 20: 4, 10: 5, 5: 6}
"""Bandwidth of the sensor's own filter in Hz -> code."""
_BATTERY_STEPS = (340, 350, 368, 370, 373, 377, 379, 382, 387, 393, 396)
_BATTERY_PERCENT = (0, 5, 10, 15, 20, 30, 40, 50, 60, 75, 90, 100)
_BETWEEN_WRITES_S = 0.1
_HEAD, _SAMPLE, _REPLY = 0x55, 0x61, 0x71
_DECIDED = FRAME_BYTES + 2
_FRAME = np.dtype([("head", "u1", (2,)), ("counts", "<i2", (9,))])


class Register(IntEnum):
    """Registers that are used here."""

    SAVE = 0x00
    CALIBRATE = 0x01
    RATE = 0x03
    BANDWIDTH = 0x1F
    MOUNTING = 0x23
    SIX_AXIS = 0x24
    READ = 0x27
    VERSION = 0x2E
    MAGNETIC = 0x3A
    TEMPERATURE = 0x40
    QUATERNION = 0x51
    BATTERY = 0x64
    UNLOCK = 0x69


@dataclass(frozen=True, slots=True)
class RegisterReply:
    """Eight registers, from the one that was asked for."""

    register: int
    values: tuple[int, ...]
    """Signed, 16 bits each."""

    def battery(self) -> Battery:
        """The battery, by the maker's table from voltage to percent.

        Raises:
            ProtocolError: The reply begins with another register.
        """
        self._require(Register.BATTERY)
        hundredths = self.values[0] & 0xFFFF
        # The maker's bounds overlap; only the last says on which side it lies: above 396.
        step = sum(hundredths >= bound for bound in _BATTERY_STEPS[:-1])
        step += hundredths > _BATTERY_STEPS[-1]
        return Battery(_BATTERY_PERCENT[step], voltage_v=hundredths / 100.0)

    def temperature_c(self) -> float:
        """Temperature of the sensor, in degrees Celsius.

        Raises:
            ProtocolError: The reply begins with another register.
        """
        self._require(Register.TEMPERATURE)
        return self.values[0] / 100.0

    def quaternion(self) -> tuple[float, ...]:
        """Orientation as w, x, y, z.

        Raises:
            ProtocolError: The reply begins with another register.
        """
        self._require(Register.QUATERNION)
        return tuple(value / 32768.0 for value in self.values[:4])

    def magnetic(self) -> tuple[int, ...]:
        """Magnetic field in counts.

        Raises:
            ProtocolError: The reply begins with another register.
        """
        self._require(Register.MAGNETIC)
        return self.values[:3]

    def _require(self, register: Register) -> None:
        if self.register != register:
            raise ProtocolError(
                f"reply about register 0x{self.register:02x}",
                f"says nothing about the {register.name.lower()}",
                f"ask for register 0x{register.value:02x}",
            )


WitEvent = SampleBlock | OrientationBlock | RegisterReply


def write_register(register: int, value: int) -> bytes:
    """Set one register.

    Raises:
        ProtocolError: One of them does not fit.
    """
    require_whole(register, 0, 0xFF, "register")
    require_whole(value, 0, 0xFFFF, "value")
    return bytes((0xFF, 0xAA, register, value & 0xFF, value >> 8))


def unlock() -> bytes:
    """Allow changes for about ten seconds."""
    return write_register(Register.UNLOCK, 0xB588)


def save() -> bytes:
    """Keep the changes when the sensor is switched off."""
    return write_register(Register.SAVE, 0)


def read_register(register: int) -> bytes:
    """Ask for eight registers from this one.

    Raises:
        ProtocolError: No such register.
    """
    require_whole(register, 0, 0xFF, "register")
    return write_register(Register.READ, register)


def set_rate(rate_hz: float) -> bytes:
    """Set the rate of frames; count them afterwards, for models differ in what they can.

    Raises:
        ProtocolError: Not offered.
    """
    require_choice(float(rate_hz), tuple(RATE_CODES), "rate")
    return write_register(Register.RATE, RATE_CODES[float(rate_hz)])


def set_bandwidth(bandwidth_hz: int) -> bytes:
    """Set the sensor's own filter.

    Raises:
        ProtocolError: Not offered.
    """
    require_choice(bandwidth_hz, tuple(BANDWIDTH_CODES), "bandwidth")
    return write_register(Register.BANDWIDTH, BANDWIDTH_CODES[bandwidth_hz])


def set_six_axis(on: bool) -> bytes:
    """Fuse without the magnetometer (steel near by does not turn the angles), or with it."""
    return write_register(Register.SIX_AXIS, int(on))


def change(*writes: bytes) -> tuple[Step, ...]:
    """Unlock, write, save: with the pauses that the maker's own program leaves."""
    return tuple(
        Step(StepAction.WRITE_QUICKLY, WitCharacteristic.WRITE, data, _BETWEEN_WRITES_S)
        for data in (unlock(), *writes, save())
    )


class WitDecoder:
    """Frames out of notifications, however they are cut.

    Whether bytes are a frame depends on the bytes alone, never on how they came: two bytes behind
    a frame are waited for only where a header stands inside it, as in a frame that lost its end.

    Attributes:
        discarded_bytes: What belonged to no frame.
    """

    def __init__(self) -> None:
        self.discarded_bytes = 0
        self._tail = b""
        self._ends = np.empty(0, np.int64)
        self._arrivals = np.empty(0, np.float64)

    def receive(self, characteristic: str, data: bytes, arrival_s: float) -> list[WitEvent]:
        """Decode one notification.

        Raises:
            ProtocolError: From another characteristic, or longer than a notification can be.
        """
        if characteristic.lower() != WitCharacteristic.NOTIFY:
            raise refuse(data, f"came from {characteristic[:36]}", "listen to the sensor's frames")
        if len(data) > MOST_NOTIFIED:
            raise refuse(data, "is longer than a notification can be", "pass it over")
        if not self._tail and _is_plain(data):
            return _plain_events(data, arrival_s)
        frames, arrivals = self._frames([data], np.array([arrival_s], np.float64))
        return _events(frames, arrivals)

    def receive_many(
        self, notifications: Sequence[bytes], arrivals_s: NDArray[np.float64]
    ) -> ManySamples:
        """Decode many notifications at once.

        Args:
            notifications: n of them, in order.
            arrivals_s: (n,) when each came.
        """
        frames, arrivals = self._frames(notifications, np.asarray(arrivals_s, np.float64))
        sampled = frames["head"][:, 1] == _SAMPLE
        samples, *others = _events(frames, arrivals, empty=True)
        assert isinstance(samples, SampleBlock)  # noqa: S101 - always first
        return ManySamples(samples, arrivals[sampled], tuple(others))

    def _frames(
        self, notifications: Sequence[bytes], arrivals_s: NDArray[np.float64]
    ) -> tuple[NDArray[np.void], NDArray[np.float64]]:
        """Whole frames, and when the notification came that completed each."""
        buffer = b"".join((self._tail, *notifications))
        lengths = np.fromiter(map(len, notifications), np.int64, len(notifications))
        some = lengths > 0
        fresh = len(self._tail) + np.cumsum(lengths[some])
        ends = np.concatenate((self._ends, fresh))
        arrivals = np.concatenate((self._arrivals, arrivals_s[some]))
        starts, used, discarded = find_frames(buffer)
        self.discarded_bytes += discarded
        table = np.frombuffer(buffer, np.uint8)
        frames = _cut(table, starts)
        completed = arrivals[np.searchsorted(ends, starts + FRAME_BYTES)]
        left = ends > used
        self._tail, self._ends, self._arrivals = buffer[used:], ends[left] - used, arrivals[left]
        return frames, completed


def find_frames(buffer: bytes) -> tuple[NDArray[np.int64], int, int]:
    """Where frames begin, how many bytes are decided, and how many of these are no frame's.

    A frame begins with a header. Where another header stands inside it, it counts only if a third
    follows right behind it; otherwise its end was lost, and the inner header begins a frame.
    """
    size = len(buffer)
    table = np.frombuffer(buffer, np.uint8)
    second = table[1:]
    heads = np.flatnonzero((table[:-1] == _HEAD) & ((second == _SAMPLE) | (second == _REPLY)))
    is_head = np.zeros(size + _DECIDED, bool)
    is_head[heads] = True
    following = is_head[heads + FRAME_BYTES]
    # The next header may stand inside the frame: from its third to its last byte but one.
    after = np.append(heads[1:], size + _DECIDED)
    doubtful = after - heads <= FRAME_BYTES - 2
    whole = heads + np.where(doubtful & ~following, _DECIDED, FRAME_BYTES) <= size
    good = whole & (following | ~doubtful)
    accepted, stopped = _walk(heads, good, whole)
    starts = heads[accepted]
    if stopped < len(heads):
        used = int(heads[stopped])
    else:
        position = int(starts[-1]) + FRAME_BYTES if len(starts) else 0
        begun = position < size and table[-1] == _HEAD
        used = size - 1 if begun else size
    return starts, used, used - FRAME_BYTES * len(starts)


def _cut(table: NDArray[np.uint8], starts: NDArray[np.int64]) -> NDArray[np.void]:
    """(n,) the frames that begin there."""
    if not len(starts):
        return np.empty(0, _FRAME)
    windows = np.lib.stride_tricks.sliding_window_view(table, FRAME_BYTES)
    return np.ascontiguousarray(windows[starts]).view(_FRAME)[:, 0]


def _walk(
    heads: NDArray[np.int64], good: NDArray[np.bool_], whole: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], int]:
    """Which headers begin frames, and the first that cannot be decided yet."""
    if (np.diff(heads) >= FRAME_BYTES).all():
        undecided = np.flatnonzero(~whole)
        stopped = int(undecided[0]) if len(undecided) else len(heads)
        return np.flatnonzero(good[:stopped]), stopped
    behind = np.searchsorted(heads, heads + FRAME_BYTES)
    follower = np.where(good, behind, np.arange(1, len(heads) + 1))
    follower[~whole] = -1
    jumps = follower.tolist()
    visited, here = [], 0
    while here < len(jumps) and jumps[here] >= 0:
        visited.append(here)
        here = jumps[here]
    seen = np.array(visited, np.int64)
    return seen[good[seen]], here


def _is_plain(data: bytes) -> bool:
    """Whether it is just one frame of samples with no other header in it: nearly always."""
    plain = len(data) == FRAME_BYTES and data.startswith(b"\x55\x61")
    return plain and data.find(b"\x55\x61", 2) < 0 and data.find(b"\x55\x71", 2) < 0


def _plain_events(data: bytes, arrival_s: float) -> list[WitEvent]:
    counts = np.frombuffer(data, "<i2", 9, 2).astype(np.int16).reshape(1, 9)
    angles = counts[:, 6:] * np.float32(ANGLE_DEG_PER_UNIT)
    return [
        SampleBlock(arrival_s, counts[:, :3], counts[:, 3:6]),
        OrientationBlock(arrival_s, None, euler_deg=angles),
    ]


def _events(
    frames: NDArray[np.void], arrivals_s: NDArray[np.float64], *, empty: bool = False
) -> list[WitEvent]:
    """Samples with their angles first, then the answers."""
    sampled = frames["head"][:, 1] == _SAMPLE
    counts = frames["counts"][sampled]
    found: list[WitEvent] = []
    if len(counts) or empty:
        came = arrivals_s[sampled]
        arrival_s = float(came[-1]) if len(came) else float("nan")
        found.append(SampleBlock(arrival_s, counts[:, :3].copy(), counts[:, 3:6].copy()))
        angles = counts[:, 6:] * np.float32(ANGLE_DEG_PER_UNIT)
        found.append(OrientationBlock(arrival_s, None, euler_deg=angles))
    for frame in frames[~sampled]:
        register, *values = frame["counts"].tolist()
        found.append(RegisterReply(register & 0xFFFF, tuple(values)))
    return found
