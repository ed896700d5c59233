"""What the third-party families have in common: who they are, steps to take, further blocks, SI."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import ProtocolError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensor_screen.protocol.blocks import SampleBlock

MOST_QUOTED = 24
"""Bytes of a packet that an error repeats."""
MOST_NOTIFIED = 512
"""Bytes: no attribute of Bluetooth LE is longer, so no notification is."""


@dataclass(frozen=True, slots=True)
class VendorIdentity:
    """How a family is found, and what can be had from it."""

    family: str
    models: tuple[str, ...]
    name_prefixes: tuple[str, ...]
    """How the advertised names begin."""
    company_id: int | None
    """Bluetooth company number in the advertisement; None: nothing to rely on."""
    service_uuids: tuple[str, ...]
    """Services to ask for, in lower case; Web Bluetooth shows no others."""
    live_rates_hz: tuple[float, ...]
    """Rates at which acceleration and rate of turn can be streamed together."""
    sends_time: bool
    """Whether each sample carries the sensor's own clock."""
    sends_sequence: bool
    """Whether samples are numbered while they are streamed, so that loss is seen."""
    keeps_samples: bool
    """Whether samples that were not received live can be fetched afterwards, by what is built."""
    facts: tuple[str, ...]
    """What a user should know before choosing it, one sentence each."""


class StepAction(StrEnum):
    """What a client does with a characteristic."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    READ = "read"
    WRITE = "write"
    WRITE_QUICKLY = "write without response"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do with the radio; steps are done in order."""

    action: StepAction
    characteristic: str
    data: bytes = b""
    wait_s: float = 0.0
    """How long to leave the sensor alone afterwards."""


@dataclass(frozen=True, slots=True)
class OrientationBlock:
    """What a sensor's own fusion says: for display and comparison, not measured from."""

    arrival_s: float
    device_time_us: NDArray[np.int64] | None
    """(n,) the sensor's own clock, as sent; None: it sends no time."""
    quaternion: NDArray[np.float32] | None = None
    """(n, 4) w, x, y, z."""
    euler_deg: NDArray[np.float32] | None = None
    """(n, 3) roll, pitch, yaw."""
    free_acc_mps2: NDArray[np.float32] | None = None
    """(n, 3) in the earth's frame, gravity taken away."""
    gyr_dps: NDArray[np.float32] | None = None
    """(n, 3) where it comes without acceleration."""
    status: NDArray[np.uint16] | None = None
    """(n,) flags, as sent."""
    clipped: NDArray[np.uint8] | None = None
    """(n, 2) samples of acceleration and of rate of turn that were out of range."""


@dataclass(frozen=True, slots=True)
class IncrementBlock:
    """Integrated by the sensor over one interval of output."""

    arrival_s: float
    device_time_us: NDArray[np.int64]
    dq: NDArray[np.float32]
    """(n, 4) turn, w, x, y, z."""
    dv_mps: NDArray[np.float32]
    """(n, 3) change of velocity, gravity in it."""


@dataclass(frozen=True, slots=True)
class MagneticBlock:
    """Magnetic field in counts: arbitrary units."""

    arrival_s: float
    device_time_us: NDArray[np.int64] | None
    mag: NDArray[np.int16]
    """(n, 3) as sent."""


@dataclass(frozen=True, slots=True)
class Battery:
    """How full the battery is."""

    percent: int
    voltage_v: float | None = None
    charging: bool | None = None


@dataclass(frozen=True, slots=True)
class ManySamples:
    """Many notifications decoded at once."""

    samples: SampleBlock
    arrival_s: NDArray[np.float64]
    """(n,) when the notification came that completed each sample."""
    others: tuple[object, ...]
    """Everything else that came, in order."""


@dataclass(frozen=True, slots=True)
class SensorScale:
    """Factors from what a sensor sends to SI."""

    acc_mps2_per_unit: float
    gyr_radps_per_unit: float

    def to_si(
        self, block: SampleBlock
    ) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
        """Acceleration in m/s2 and rate of turn in rad/s, (n, 3) each; None stays None."""
        acc = None if block.acc is None else block.acc * np.float64(self.acc_mps2_per_unit)
        gyr = None if block.gyr is None else block.gyr * np.float64(self.gyr_radps_per_unit)
        return acc, gyr


def quote(data: bytes) -> str:
    """Bytes as an error shows them: at most 24, in hexadecimal."""
    shown = bytes(data[:MOST_QUOTED]).hex(" ") or "of no bytes"
    return f"packet {shown}{' ...' if len(data) > MOST_QUOTED else ''}"


def refuse(data: bytes, problem: str, remedy: str) -> ProtocolError:
    """The error for a packet that does not say what its protocol allows."""
    return ProtocolError(quote(data), problem, remedy)


def require_choice(value: object, choices: tuple[object, ...], what: str) -> None:
    """Refuse what a sensor does not offer.

    Raises:
        ProtocolError: `value` is not among `choices`.
    """
    if value not in choices:
        listed = ", ".join(
            f"{choice:g}" if isinstance(choice, float) else str(choice) for choice in choices
        )
        raise ProtocolError(
            f"{what} {value}", "is not offered by this sensor", f"choose of {listed}"
        )


def require_whole(value: int, low: int, high: int, what: str) -> None:
    """Refuse a number that its field cannot hold.

    Raises:
        ProtocolError: `value` is not within `low` to `high`.
    """
    if not low <= value <= high:
        raise ProtocolError(f"{what} {value}", "does not fit its field", f"give {low} to {high}")
