"""Movella DOT (formerly Xsens DOT): payloads of every mode that is openly described.

Bluetooth LE Service Specification XD0506P, revision C. Each notification is one sample: the
sensor's clock in microseconds (32 bits, so it starts again after 71.6 minutes), then what the mode
says, then zeros up to the length of the characteristic. Nothing numbers live samples, but the
clock shows what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.blocks import SampleBlock
from sensor_screen.protocol.vendors import (
    Battery,
    IncrementBlock,
    MagneticBlock,
    OrientationBlock,
    SensorScale,
    VendorIdentity,
    refuse,
    require_choice,
)
from sensor_screen.units import RADIANS_PER_DEGREE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class DotCharacteristic(StrEnum):
    """Characteristics, by what they are for."""

    INFO = "15171001-4947-11e9-8646-d663bd873d93"
    DEVICE_CONTROL = "15171002-4947-11e9-8646-d663bd873d93"
    REPORT = "15171004-4947-11e9-8646-d663bd873d93"
    MEASUREMENT = "15172001-4947-11e9-8646-d663bd873d93"
    LONG = "15172002-4947-11e9-8646-d663bd873d93"
    MEDIUM = "15172003-4947-11e9-8646-d663bd873d93"
    SHORT = "15172004-4947-11e9-8646-d663bd873d93"
    HEADING = "15172006-4947-11e9-8646-d663bd873d93"
    HEADING_RESULT = "15172007-4947-11e9-8646-d663bd873d93"
    BATTERY = "15173001-4947-11e9-8646-d663bd873d93"
    MESSAGE = "15177001-4947-11e9-8646-d663bd873d93"
    ACKNOWLEDGE = "15177002-4947-11e9-8646-d663bd873d93"
    NOTIFICATION = "15177003-4947-11e9-8646-d663bd873d93"


MOVELLA_DOT = VendorIdentity(
    family="Movella DOT",
    models=("Movella DOT", "Xsens DOT"),
    name_prefixes=("Movella DOT", "Xsens DOT"),
    company_id=0x0886,
    service_uuids=tuple(
        f"1517{number}-4947-11e9-8646-d663bd873d93" for number in (1000, 2000, 3000, 7000)
    ),
    live_rates_hz=(1.0, 4.0, 10.0, 12.0, 15.0, 20.0, 30.0, 60.0),
    sends_time=True,
    sends_sequence=False,
    keeps_samples=True,
    facts=(
        "Every sample carries the sensor's clock, so timing is measured.",
        "Live samples come at 60 Hz at most; 120 Hz only into the sensor's own memory.",
        "Several sensors can share one time base if they are synchronised before the session.",
        "What is lost while streaming is not sent again; only a recording made on the sensor is.",
    ),
)
RECORDING_RATES_HZ = (*MOVELLA_DOT.live_rates_hz, 120.0)
DOT_SCALE = SensorScale(acc_mps2_per_unit=1.0, gyr_radps_per_unit=RADIANS_PER_DEGREE)
"""m/s2 with gravity in it, and deg/s."""
CLOCK_ROUND_US = 2**32


class PayloadMode(IntEnum):
    """What each notification holds; the numbers are decimal, as in the specification."""

    HIGH_FIDELITY_MAG = 1
    EXTENDED_QUATERNION = 2
    COMPLETE_QUATERNION = 3
    EULER = 4
    QUATERNION = 5
    FREE_ACCELERATION = 6
    EXTENDED_EULER = 7
    COMPLETE_EULER = 16
    HIGH_FIDELITY = 17
    DELTA_MAG = 18
    DELTA = 19
    RATE_MAG = 20
    RATE = 21
    CUSTOM_1 = 22
    CUSTOM_2 = 23
    CUSTOM_3 = 24
    CUSTOM_4 = 25
    CUSTOM_5 = 26


FIELDS: dict[str, tuple[str, tuple[int, ...]]] = {
    "time": ("<u4", ()),
    "quaternion": ("<f4", (4,)),
    "euler": ("<f4", (3,)),
    "free_acc": ("<f4", (3,)),
    "acc": ("<f4", (3,)),
    "gyr": ("<f4", (3,)),
    "dq": ("<f4", (4,)),
    "dv": ("<f4", (3,)),
    "mag": ("<i2", (3,)),
    "status": ("<u2", ()),
    "clip_acc": ("u1", ()),
    "clip_gyr": ("u1", ()),
}
"""Measured quantities -> type and shape as sent."""
_CLIPS = "status clip_acc clip_gyr"
_CONTENT = {
    PayloadMode.CUSTOM_5: "quaternion acc gyr",
    PayloadMode.EXTENDED_QUATERNION: f"quaternion free_acc {_CLIPS}",
    PayloadMode.COMPLETE_QUATERNION: "quaternion free_acc",
    PayloadMode.EXTENDED_EULER: f"euler free_acc {_CLIPS}",
    PayloadMode.COMPLETE_EULER: "euler free_acc",
    PayloadMode.DELTA_MAG: "dq dv mag",
    PayloadMode.DELTA: "dq dv",
    PayloadMode.RATE_MAG: "acc gyr mag",
    PayloadMode.RATE: "acc gyr",
    PayloadMode.CUSTOM_1: "euler free_acc gyr",
    PayloadMode.CUSTOM_2: "euler free_acc mag",
    PayloadMode.CUSTOM_3: "quaternion gyr",
    PayloadMode.EULER: "euler",
    PayloadMode.QUATERNION: "quaternion",
    PayloadMode.FREE_ACCELERATION: "free_acc",
}
LENGTHS = {
    DotCharacteristic.SHORT: 20,
    DotCharacteristic.MEDIUM: 40,
    DotCharacteristic.LONG: 63,
}
"""Characteristics of payloads, by the most bytes that each notifies."""


def layout_of(fields: Sequence[str]) -> np.dtype[np.void]:
    """The bytes of these quantities one after the other, nothing between them."""
    return np.dtype([(name, *FIELDS[name]) for name in fields])


@dataclass(frozen=True, slots=True)
class Payload:
    """Where and how a mode is sent."""

    characteristic: DotCharacteristic
    layout: np.dtype[np.void]


def _payload(content: str) -> Payload:
    layout = layout_of(["time", *content.split()])
    place = next(place for place, most in LENGTHS.items() if layout.itemsize <= most)
    return Payload(place, layout)


_PAYLOADS = {mode: _payload(content) for mode, content in _CONTENT.items()}

DotBlock = SampleBlock | OrientationBlock | IncrementBlock | MagneticBlock


def payload_characteristic(mode: PayloadMode | int) -> DotCharacteristic:
    """The characteristic on which a mode is notified.

    Raises:
        ProtocolError: The mode cannot be decoded.
    """
    return described(mode).characteristic


def described(mode: PayloadMode | int) -> Payload:
    """Where and how a mode is sent.

    Raises:
        ProtocolError: The mode cannot be decoded.
    """
    require_choice(mode, tuple(PayloadMode), "payload mode")
    if mode not in _PAYLOADS:
        raise ProtocolError(
            f"payload mode {int(mode)} ({PayloadMode(mode).name.lower().replace('_', ' ')})",
            "is described by nobody but the maker's own library",
            "measure in mode 21 (rate quantities) or 26 (custom mode 5)",
        )
    return _PAYLOADS[PayloadMode(mode)]


def blocks_of(
    rows: NDArray[np.void], arrival_s: float, sequence: NDArray[np.int64] | None = None
) -> tuple[DotBlock, ...]:
    """Rows as blocks: samples first where there are any, then what else they hold.

    Args:
        rows: (n,) of a layout of `layout_of`.
        arrival_s: When the last of them came.
        sequence: (n,) their numbers, where they have any.
    """
    names = set(rows.dtype.names or ())
    time = rows["time"].astype(np.int64) if "time" in names else None
    found: list[DotBlock] = []
    sampled = {"acc", "gyr"} <= names
    if sampled:
        acc, gyr = np.array(rows["acc"], np.float32), np.array(rows["gyr"], np.float32)
        found.append(SampleBlock(arrival_s, acc, gyr, sequence, time))
    if names & {"quaternion", "euler", "free_acc"}:
        found.append(_orientation(rows, arrival_s, time, names - ({"gyr"} if sampled else set())))
    if {"dq", "dv"} <= names and time is not None:
        dq, dv = np.array(rows["dq"], np.float32), np.array(rows["dv"], np.float32)
        found.append(IncrementBlock(arrival_s, time, dq, dv))
    if "mag" in names:
        found.append(MagneticBlock(arrival_s, time, np.array(rows["mag"], np.int16)))
    return tuple(found)


def _orientation(
    rows: NDArray[np.void], arrival_s: float, time: NDArray[np.int64] | None, names: set[str]
) -> OrientationBlock:
    def floats(name: str) -> NDArray[np.float32] | None:
        return np.array(rows[name], np.float32) if name in names else None

    clipped = None
    if {"clip_acc", "clip_gyr"} <= names:
        clipped = np.column_stack((rows["clip_acc"], rows["clip_gyr"]))
    return OrientationBlock(
        arrival_s,
        time,
        quaternion=floats("quaternion"),
        euler_deg=floats("euler"),
        free_acc_mps2=floats("free_acc"),
        gyr_dps=floats("gyr"),
        status=np.array(rows["status"], np.uint16) if "status" in names else None,
        clipped=clipped,
    )


def finite_rows(rows: NDArray[np.void]) -> NDArray[np.bool_]:
    """(n,) whether every float of a row is a number."""
    good = np.ones(len(rows), bool)
    for name in rows.dtype.names or ():
        if rows.dtype[name].base.kind == "f":
            good &= np.isfinite(rows[name]).all(axis=1)
    return good


def read_battery(data: bytes) -> Battery:
    """The battery characteristic: percent, and whether it is charging.

    Raises:
        ProtocolError: Not two bytes, or more than 100 %.
    """
    if len(data) != 2 or data[0] > 100 or data[1] > 1:
        raise refuse(data, "is not a battery level and whether it charges", "read it once more")
    return Battery(data[0], charging=bool(data[1]))


def unwrap_clock_us(
    device_time_us: NDArray[np.int64], previous_us: int | None = None
) -> NDArray[np.int64]:
    """The sensor's clock without its starts from nought.

    Steps of less than half a round (35.8 minutes) either way are taken as they are, so late samples
    stay late.

    Args:
        device_time_us: (n,) as sent, in the order of arrival.
        previous_us: The last unwrapped time before them; None begins at the first as it is.
    """
    if not len(device_time_us):
        return np.empty(0, np.int64)
    start = int(device_time_us[0]) if previous_us is None else previous_us
    steps = np.diff(np.asarray(device_time_us, np.int64), prepend=start)
    half = CLOCK_ROUND_US // 2
    return start + np.cumsum(np.mod(steps + half, CLOCK_ROUND_US) - half)
