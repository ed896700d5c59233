"""What comes out of a receiver: blocks while samples come, a stream and facts at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sensor_screen.model import Floats, Placement, SensorStream, Side
    from sensor_screen.protocol.relay_frame import RelayArrival

TIMING_ESTIMATED = "timing estimated"
"""Title of the note of a sensor that sends no time."""


@dataclass(frozen=True, slots=True)
class ReceiverParams:
    """Tuning of the receiver."""

    keep: bool = True
    """Keep every sample for `finish`. Where a journal holds them, 2.4 kB a second and sensor can be
    saved, and the recording is made from the journal."""
    most_waiting: int = 4096
    """Blocks that wait to be taken; of more, the oldest are left out of what is taken."""
    refresh_s: float = 1.0
    """Between two looks at the clock for the times of blocks."""
    refresh_share: float = 0.0
    """The same as a share of how long the sensor has been heard, where that is longer: what is
    known for long changes little."""
    longest_refresh_s: float = 5.0
    """And never more. Two crystals drift apart by 0.4 ms in it at the very worst."""
    in_order: bool = True
    """Make the blocks of `take`. Who only shows needs those of `take_live` alone."""
    rate_hz: float = 200.0
    """Of a sensor whose start nobody saw."""


@dataclass(frozen=True, slots=True)
class ReceivedBlock:
    """A few samples of one sensor that follow each other."""

    slot: int
    arrival_s: float
    """Receiver's monotonic time of the record that completed the block, since the first record."""
    raw: NDArray[np.int16] | NDArray[np.float32]
    """(n, 6) acc x, y, z, gyr x, y, z, as sent."""
    acc_scale_mps2: float
    gyr_scale_radps: float
    device_time_s: Floats
    """(n,) the sensor's own clock; nan before it is known."""
    time_s: Floats
    """(n,) on the common time base, as known now; nan before. The recording's are better."""
    sequence: NDArray[np.int64] | None = None
    """(n,) unwrapped numbers; None: the sensor counts nothing."""
    boot_id: int = 0
    """Of the sensor's start; 0: not known."""


@dataclass(slots=True)
class SlotFacts:
    """Counts of one sensor, for quality lights and reports."""

    samples: int = 0
    missing: int = 0
    """Asked for, or to be asked for."""
    gone: int = 0
    """Never to come."""
    recovered: int = 0
    """Came by being sent again."""
    refused: int = 0
    """Values that were not what the protocol allows, or not believed."""
    links: int = 0
    """Connections so far."""
    linked: bool = False
    battery_percent: int | None = None
    last_arrival_s: float | None = None


@dataclass(frozen=True, slots=True)
class SlotSetting:
    """What is known of a sensor on the way, apart from its samples."""

    side: Side | None = None
    """As the sensor itself says; None: it does not."""
    placement: Placement | None = None
    rate_hz: float | None = None
    """None: nobody saw how it was set."""
    interval_mean: bool = False
    """Its gyroscope sends means over the past interval."""


@dataclass(frozen=True, slots=True)
class FinishedSlot:
    """The whole of one sensor."""

    stream: SensorStream | None
    """None: no sample came."""
    notes: dict[str, str] = field(default_factory=dict)
    """What its reader must know; title and sentence."""


class SlotReceiver(Protocol):
    """One sensor of any family."""

    facts: SlotFacts

    @property
    def setting(self) -> SlotSetting:
        """What is known of the sensor by now."""

    def hear(self, arrival: RelayArrival) -> None:
        """Take in one record; whatever its bytes are, it does not raise."""

    def take(self) -> list[ReceivedBlock]:
        """Samples in order, each once, as far as nothing before them may yet come."""

    def take_live(self) -> list[ReceivedBlock]:
        """Samples as they come live, ever newer, whatever is missing between them."""

    def finish(self, side: Side | None, placement: Placement | None) -> FinishedSlot:
        """The whole; side and placement are the person's word, None: that of the sensor.

        Raises:
            ScreenError: Nobody says where the sensor was worn.
        """
