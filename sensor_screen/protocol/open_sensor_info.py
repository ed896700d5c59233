"""What a sensor of the open protocol says of itself (PROTOCOL.md, section 7), and in SI units.

How it lies in bytes is told in `open_sensor_info_bytes`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from sensor_screen.errors import ProtocolError
from sensor_screen.model import GyroSampling, Placement, SensorInfo, Side
from sensor_screen.protocol.field_layout import Fault
from sensor_screen.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

FULL_SCALE_COUNTS = 32_767
"""A count at the end of the scale says that the sensor was full."""


class InfoType(IntEnum):
    """Types of entries."""

    PROTOCOL = 0x01
    BOOT = 0x02
    SERIAL = 0x03
    MODEL = 0x04
    FIRMWARE = 0x05
    RATES = 0x06
    ACC_RANGES = 0x07
    GYR_RANGES = 0x08
    RING = 0x09
    CAPABILITIES = 0x0A
    LABEL = 0x0B
    AXES = 0x0C
    STREAM = 0x0D
    CLOCK = 0x0E
    SAMPLING = 0x0F


REQUIRED = frozenset(InfoType) - {
    InfoType.LABEL,
    InfoType.AXES,
    InfoType.STREAM,
    InfoType.CLOCK,
    InfoType.SAMPLING,
}


class Capability(IntFlag):
    """What a sensor can do beyond what all must."""

    WHOLE_SESSION_MEMORY = 1 << 0
    HARDWARE_TIMESTAMPS = 1 << 1
    IDENTIFY_LIGHT = 1 << 2
    SELF_TEST = 1 << 3
    FIRMWARE_UPDATE = 1 << 4
    RADIO_SYNC = 1 << 5


class SideCode(IntEnum):
    """Side as sent."""

    NONE = 0
    LEFT = 1
    RIGHT = 2


class PlacementCode(IntEnum):
    """Placement as sent."""

    NONE = 0
    SHANK = 1
    FOOT = 2
    LUMBAR = 3


class GyroCode(IntEnum):
    """What one gyroscope sample means, as sent."""

    INSTANT = 0
    MEAN_BEFORE = 1


@dataclass(frozen=True, slots=True)
class AccRange:
    """An accelerometer range that can be asked for."""

    range_g: int
    g_per_count: float


@dataclass(frozen=True, slots=True)
class GyrRange:
    """A gyroscope range that can be asked for."""

    range_dps: int
    dps_per_count: float


@dataclass(frozen=True, slots=True)
class SensorLabel:
    """Where the sensor was told that it is worn."""

    side: SideCode
    placement: PlacementCode


@dataclass(frozen=True, slots=True)
class RunningStream:
    """The session that runs, or the last one."""

    session: int
    rate_mhz: int
    acc_range_g: int
    gyr_range_dps: int
    first_sequence: int


@dataclass(frozen=True, slots=True)
class SampleTiming:
    """What a sample means in time."""

    gyro: GyroCode
    acc_delay_us: int
    """By how much a sample lags behind the movement."""
    gyr_delay_us: int


@dataclass(frozen=True, slots=True)
class UnknownEntry:
    """An entry of a type that this version does not know, as sent."""

    type: int
    value: bytes


@dataclass(frozen=True, slots=True)
class OpenSensorInfo:
    """What a sensor says of itself."""

    major: int
    minor: int
    boot_id: int
    serial: str
    model: str
    firmware: str
    rates_mhz: tuple[int, ...]
    """Nominal samples per 1,000 s."""
    acc_ranges: tuple[AccRange, ...]
    gyr_ranges: tuple[GyrRange, ...]
    ring_depth: int
    """Samples that are held at least."""
    capabilities: Capability
    label: SensorLabel | None = None
    axes: tuple[int, int, int] | None = None
    """Which axis of the samples (1, 2, 3) lies along the housing's x, y, z; negative: against."""
    stream: RunningStream | None = None
    clock_tolerance_ppm: int | None = None
    sampling: SampleTiming | None = None
    unknown: tuple[UnknownEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasuredSensor:
    """A sensor under the ranges it measures with, in SI units."""

    sensor: SensorInfo
    acc_scale_mps2: float
    """Size of one count."""
    gyr_scale_radps: float
    """Size of one count."""


_SIDES = {SideCode.LEFT: Side.LEFT, SideCode.RIGHT: Side.RIGHT, SideCode.NONE: Side.NONE}
_PLACEMENTS = {
    PlacementCode.SHANK: Placement.SHANK,
    PlacementCode.FOOT: Placement.FOOT,
    PlacementCode.LUMBAR: Placement.LUMBAR,
}


def measured_sensor(
    info: OpenSensorInfo,
    acc_range_g: int,
    gyr_range_dps: int,
    side: Side | None = None,
    placement: Placement | None = None,
) -> MeasuredSensor:
    """What the rest of the program must know of a sensor, in SI units.

    The full scale is that of the largest count, not the nominal range: a sensor of 2,000 deg/s at
    0.07 deg/s a count measures up to 2,294 deg/s and says by its last count that it was full.

    Args:
        info: What the sensor said.
        acc_range_g: Asked for at the start; one of the info.
        gyr_range_dps: Likewise.
        side: The person's word; None: the sensor's label.
        placement: Likewise.

    Raises:
        ProtocolError: The sensor has no such range, or nobody says where it is worn.
    """
    acc = {item.range_g: item.g_per_count for item in info.acc_ranges}
    gyr = {item.range_dps: item.dps_per_count for item in info.gyr_ranges}
    for name, asked, known in (("g", acc_range_g, acc), ("deg/s", gyr_range_dps, gyr)):
        if asked not in known:
            raise ProtocolError(
                f"Sensor {info.serial}: +-{asked} {name}",
                "is none of its ranges",
                f"choose one of {sorted(known)}",
                Fault.VALUE,
            )
    label = info.label or SensorLabel(SideCode.NONE, PlacementCode.NONE)
    worn = placement or _PLACEMENTS.get(label.placement)
    if worn is None:
        raise ProtocolError(
            f"Sensor {info.serial}",
            "does not say where it is worn",
            "label it, or say its placement",
            Fault.VALUE,
        )
    acc_scale = acc[acc_range_g] * STANDARD_GRAVITY_MPS2
    gyr_scale = gyr[gyr_range_dps] * RADIANS_PER_DEGREE
    mean = info.sampling is not None and info.sampling.gyro is GyroCode.MEAN_BEFORE
    sensor = SensorInfo(
        side=side or _SIDES[label.side],
        placement=worn,
        serial=info.serial,
        model=info.model,
        gyro_sampling=GyroSampling.INTERVAL_MEAN if mean else GyroSampling.INSTANT,
        acc_range_mps2=FULL_SCALE_COUNTS * acc_scale,
        gyr_range_radps=FULL_SCALE_COUNTS * gyr_scale,
    )
    return MeasuredSensor(sensor, acc_scale, gyr_scale)


# --- what must hold -------------------------------------------------------------------------------


def check_axes(axes: tuple[int, int, int]) -> None:
    """Refuse axes that are no right-handed permutation.

    Raises:
        ProtocolError: They are none.
    """
    x, y, z = axes
    problem = ""
    if sorted(map(abs, axes)) != [1, 2, 3]:
        problem = "do not name each axis once"
    else:
        # A permutation that is not cyclic mirrors, and so does each minus.
        cyclic = (abs(x), abs(y), abs(z)) in ((1, 2, 3), (2, 3, 1), (3, 1, 2))
        if (1 if cyclic else -1) * math.prod(1 if axis > 0 else -1 for axis in axes) < 0:
            problem = "are left-handed"
    if problem:
        raise ProtocolError(
            f"Axes {x}, {y}, {z}", problem, "send a right-handed permutation", Fault.AXES
        )


def check_rates_and_scales(info: OpenSensorInfo) -> None:
    """Refuse what cannot be measured with.

    Raises:
        ProtocolError: A rate, or a scale, is not above 0, or a list is empty.
    """
    if not info.rates_mhz or min(info.rates_mhz) <= 0:
        raise ProtocolError(
            f"Rates {info.rates_mhz} mHz", "are not above 0", "send those it has", Fault.VALUE
        )
    acc = [scale.g_per_count for scale in info.acc_ranges]
    gyr = [scale.dps_per_count for scale in info.gyr_ranges]
    for scales in (acc, gyr):
        if not scales or not all(math.isfinite(scale) and scale > 0 for scale in scales):
            raise ProtocolError(
                f"Scales {scales}",
                "are not finite and above 0",
                "send what a count is",
                Fault.SCALE,
            )
