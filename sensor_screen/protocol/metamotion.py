"""MbientLab MetaMotion R, RL and S: who they are, their scales, and the commands they take.

The maker's protocol reference and the tests of its C++ library. A packet is a module, a register
(with bit 7 set for reading) and what belongs to it. Acceleration and rate of turn are two modules
that send apart; registers mean different things on the two chips, so the chip is asked for first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.vendors import (
    SensorScale,
    Step,
    StepAction,
    VendorIdentity,
    require_choice,
)
from sensor_screen.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2


class MetaCharacteristic(StrEnum):
    """All commands go through one characteristic, all answers through the other."""

    COMMAND = "326a9001-85cb-9195-d9dd-464cfbbae75a"
    NOTIFY = "326a9006-85cb-9195-d9dd-464cfbbae75a"


METAMOTION = VendorIdentity(
    family="MetaMotion",
    models=("MetaMotion R", "MetaMotion RL", "MetaMotion S"),
    name_prefixes=("MetaWear", "MetaMotion"),
    company_id=None,
    service_uuids=("326a9000-85cb-9195-d9dd-464cfbbae75a",),
    live_rates_hz=(25.0, 50.0, 100.0, 200.0),
    sends_time=False,
    sends_sequence=False,
    keeps_samples=False,
    facts=(
        "Live samples carry no time: it is estimated from when they arrive, and is marked so.",
        "Samples carry no number: lost ones can be suspected, never known.",
        "Acceleration and rate of turn come apart and are put together by their order.",
        "The sensor can log with ticks of 1.46 ms; fetching its log is not built.",
    ),
)


class Module(IntEnum):
    """Parts of the sensor that are used here."""

    ACC = 0x03
    PROCESSOR = 0x09
    EVENT = 0x0A
    LOGGING = 0x0B
    SETTINGS = 0x11
    GYR = 0x13


class Chip(IntEnum):
    """The inertial chip, by what the gyroscope module answers."""

    BMI160 = 0
    BMI270 = 1


ACC_IMPLEMENTATION = {1: Chip.BMI160, 4: Chip.BMI270}
"""What the acceleration module answers -> chip."""


@dataclass(frozen=True, slots=True)
class _Registers:
    acc: int
    acc_packed: int
    gyr: int
    gyr_packed: int
    acc_ranges: tuple[int, int, int, int]


REGISTERS = {
    Chip.BMI160: _Registers(0x04, 0x1C, 0x05, 0x07, (0x03, 0x05, 0x08, 0x0C)),
    Chip.BMI270: _Registers(0x04, 0x05, 0x04, 0x05, (0x00, 0x01, 0x02, 0x03)),
}
"""Where samples come from, and the codes of the ranges 2, 4, 8 and 16 g."""
ACC_RANGES_G = (2, 4, 8, 16)
PACKED_SAMPLES = 3
GYR_RANGES_DPS = (2000, 1000, 500, 250, 125)
_RATES_HZ = (25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0)
_FIRST_RATE = 6
_NORMAL_FILTER = 2 << 4
_HIGH_PERFORMANCE = 0x80
_READ = 0x80


@dataclass(frozen=True, slots=True)
class MetaSettings:
    """How both halves of the chip are to measure."""

    rate_hz: float = 100.0
    acc_range_g: int = 16
    gyr_range_dps: int = 2000
    packed: bool = True
    """Three samples in a packet: more than 100 Hz does not pass otherwise."""

    @property
    def together(self) -> int:
        """Samples in a packet: what `FrameTimingParams` must be told, lest beats look like loss."""
        return PACKED_SAMPLES if self.packed else 1

    @property
    def scale(self) -> SensorScale:
        """Factors from counts to SI at these ranges."""
        require_choice(self.acc_range_g, ACC_RANGES_G, "acceleration range")
        require_choice(self.gyr_range_dps, GYR_RANGES_DPS, "gyroscope range")
        per_dps = 16.4 * 2000.0 / self.gyr_range_dps
        return SensorScale(
            acc_mps2_per_unit=STANDARD_GRAVITY_MPS2 * self.acc_range_g / 32768.0,
            gyr_radps_per_unit=RADIANS_PER_DEGREE / per_dps,
        )


def discover(module: Module | int) -> bytes:
    """Ask a module for its implementation: before anything else of acceleration and gyroscope."""
    return bytes((module, _READ))


def read_battery() -> bytes:
    """Ask for the battery."""
    return bytes((Module.SETTINGS, 0x0C | _READ))


def configure_acc(chip: Chip, rate_hz: float, range_g: int) -> bytes:
    """Set rate and range of acceleration.

    Raises:
        ProtocolError: Not offered.
    """
    require_choice(float(rate_hz), _RATES_HZ, "rate")
    require_choice(range_g, ACC_RANGES_G, "acceleration range")
    rate = _FIRST_RATE + _RATES_HZ.index(float(rate_hz))
    # Bit 7 is under-sampling on the older chip, and high performance on the newer.
    high = _HIGH_PERFORMANCE if chip is Chip.BMI270 else 0
    reach = REGISTERS[chip].acc_ranges[ACC_RANGES_G.index(range_g)]
    return bytes((Module.ACC, 0x03, rate | _NORMAL_FILTER | high, reach))


def configure_gyr(rate_hz: float, range_dps: int) -> bytes:
    """Set rate and range of the gyroscope; the same on both chips.

    Raises:
        ProtocolError: Not offered.
    """
    require_choice(float(rate_hz), _RATES_HZ, "rate")
    require_choice(range_dps, GYR_RANGES_DPS, "gyroscope range")
    rate = _FIRST_RATE + _RATES_HZ.index(float(rate_hz))
    return bytes((Module.GYR, 0x03, rate | _NORMAL_FILTER, GYR_RANGES_DPS.index(range_dps)))


def enable(module: Module, *, on: bool = True) -> bytes:
    """Let samples of a module out of the chip, or not."""
    return bytes((module, 0x02, 0x01, 0x00) if on else (module, 0x02, 0x00, 0x01))


def run(module: Module, *, on: bool = True) -> bytes:
    """Let a module measure, or not."""
    return bytes((module, 0x01, int(on)))


def stream(chip: Chip, module: Module, *, packed: bool, on: bool = True) -> bytes:
    """Let a module's samples be notified, or not.

    Raises:
        ProtocolError: Not acceleration or gyroscope.
    """
    if module not in (Module.ACC, Module.GYR):
        raise ProtocolError(f"module {module.name.lower()}", "has no samples", "stream acc and gyr")
    return bytes((module, sample_register(chip, module, packed=packed), int(on)))


def sample_register(chip: Chip, module: Module, *, packed: bool) -> int:
    """The register from which samples of this chip come."""
    registers = REGISTERS[chip]
    if module is Module.ACC:
        return registers.acc_packed if packed else registers.acc
    return registers.gyr_packed if packed else registers.gyr


def find_out() -> tuple[Step, ...]:
    """Listen, then ask which chip there is."""
    ask = _steps(discover(Module.ACC), discover(Module.GYR), read_battery())
    return (Step(StepAction.SUBSCRIBE, MetaCharacteristic.NOTIFY), *ask)


def start_live(chip: Chip, settings: MetaSettings) -> tuple[Step, ...]:
    """Configure both halves, then stream, enable and run them.

    Raises:
        ProtocolError: A rate or range is not offered.
    """
    require_choice(float(settings.rate_hz), METAMOTION.live_rates_hz, "rate")
    both = (Module.ACC, Module.GYR)
    return _steps(
        configure_acc(chip, settings.rate_hz, settings.acc_range_g),
        configure_gyr(settings.rate_hz, settings.gyr_range_dps),
        *(stream(chip, module, packed=settings.packed) for module in both),
        *(enable(module) for module in both),
        *(run(module) for module in both),
    )


def stop_live(chip: Chip, settings: MetaSettings) -> tuple[Step, ...]:
    """Undo `start_live`, last first."""
    both = (Module.GYR, Module.ACC)
    return _steps(
        *(run(module, on=False) for module in both),
        *(enable(module, on=False) for module in both),
        *(stream(chip, module, packed=settings.packed, on=False) for module in both),
    )


def tear_down() -> tuple[Step, ...]:
    """Forget what earlier programs left on the sensor: processors, events, loggers."""
    return _steps(
        bytes((Module.PROCESSOR, 0x08)),
        bytes((Module.EVENT, 0x05)),
        bytes((Module.LOGGING, 0x0A)),
    )


def _steps(*commands: bytes) -> tuple[Step, ...]:
    return tuple(
        Step(StepAction.WRITE_QUICKLY, MetaCharacteristic.COMMAND, command) for command in commands
    )
