"""What a link to one open sensor wants done, what it tells, and the states it can be in."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from sensor_screen.protocol.open_sensor_hearing import HearingParams

if TYPE_CHECKING:
    from sensor_screen.protocol.assembly_counts import GoneRange
    from sensor_screen.protocol.open_sensor_control import SelfTestFault
    from sensor_screen.protocol.open_sensor_info import OpenSensorInfo
    from sensor_screen.protocol.open_sensor_status import SensorStatus
    from sensor_screen.protocol.relay_frame import Channel


class LinkState(StrEnum):
    """Where a link stands; `SENTENCES` says it to a person."""

    APART = "apart"
    """There is no connection."""
    ASKING = "asking"
    """Connected; the info is read and notifications are enabled."""
    READY = "ready"
    """Connected, and told to wait before measuring."""
    STARTING = "starting"
    STREAMING = "streaming"
    """Samples come; single packets that were lost are being sent again."""
    CATCHING_UP = "catching up"
    """Samples come, and more than a second of earlier ones is being sent again."""
    STOPPING = "stopping"
    DRAINING = "draining"
    """Measuring has ended; what is missing is being sent again."""
    COMPLETE = "complete"
    """Measuring has ended and everything is here; it may not be safe and acknowledged yet."""
    FINISHED = "finished"
    """Complete, and acknowledged as safe."""
    IN_USE = "in use"
    """The sensor measures for somebody else."""
    REFUSED = "refused"
    """It cannot be used; `trouble` says why."""


SENTENCES = {
    LinkState.APART: "Not connected.",
    LinkState.ASKING: "Connected; asking the sensor what it is.",
    LinkState.READY: "Ready to measure.",
    LinkState.STARTING: "Starting to measure.",
    LinkState.STREAMING: "Measuring.",
    LinkState.CATCHING_UP: "Measuring; fetching samples that were missed.",
    LinkState.STOPPING: "Ending the measurement.",
    LinkState.DRAINING: "Measuring has ended; fetching samples that were missed.",
    LinkState.COMPLETE: "Measuring has ended; every sample is here.",
    LinkState.FINISHED: "Done; every sample is here and safe.",
    LinkState.IN_USE: "The sensor is measuring for another phone or computer.",
    LinkState.REFUSED: "This sensor cannot be used.",
}


# --- what is to be done ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Read:
    """Read a characteristic, then call `read_done`."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class Enable:
    """Enable notifications or indications, then call `wrote`."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class Write:
    """Write to the control point with response, then call `wrote`."""

    value: bytes


@dataclass(frozen=True, slots=True)
class Drop:
    """Give up this connection; a new one may do better unless the state is `REFUSED`."""

    reason: str


Action = Read | Enable | Write | Drop


# --- what is told ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The link stands elsewhere now."""

    state: LinkState
    trouble: str = ""
    """Why, where it cannot go on by itself; one sentence."""


@dataclass(frozen=True, slots=True)
class InfoRead:
    """What the sensor says of itself, after every connection."""

    info: OpenSensorInfo


@dataclass(frozen=True, slots=True)
class StatusHeard:
    """Once a second."""

    status: SensorStatus


@dataclass(frozen=True, slots=True)
class SamplesGone:
    """Samples that will not come any more."""

    gone: GoneRange


@dataclass(frozen=True, slots=True)
class Restarted:
    """The sensor was switched off and on: what it had not sent is lost."""

    boot_before: int
    boot_now: int


@dataclass(frozen=True, slots=True)
class BatteryHeard:
    """The battery has another level."""

    percent: int | None
    low: bool
    """Less than ten minutes of measuring are left."""
    charging: bool


@dataclass(frozen=True, slots=True)
class Clipped:
    """In the last second the sensor was at the end of its scale."""

    acc: bool
    gyr: bool


@dataclass(frozen=True, slots=True)
class RateDiffers:
    """The sensor measures at another rate than it says."""

    named_hz: float
    measured_hz: float
    """By the receiver's clock."""


@dataclass(frozen=True, slots=True)
class ClockStepped:
    """The sensor's clock jumped, or samples were lost inside it."""

    backwards: bool


@dataclass(frozen=True, slots=True)
class LostInside:
    """Samples that the sensor could not store, since it was started."""

    samples: int


@dataclass(frozen=True, slots=True)
class PacketsCut:
    """Packets come shorter than they say: something on the way cuts them."""

    mtu: int | None


@dataclass(frozen=True, slots=True)
class EndedByItself:
    """The sensor has stopped measuring though nobody asked it to."""

    battery_low: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """An identify, a label or a self-test was answered."""

    request: str
    """`Identify`, `SetLabel` or `SelfTest`."""
    ok: bool
    faults: SelfTestFault | None = None


LinkEvent = (
    StateChanged
    | InfoRead
    | StatusHeard
    | SamplesGone
    | Restarted
    | BatteryHeard
    | Clipped
    | RateDiffers
    | ClockStepped
    | LostInside
    | PacketsCut
    | EndedByItself
    | Answered
)


# --- what is wanted -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """What is to be measured with one sensor."""

    session: int
    """Random, not 0; the same for as long as one recording lasts."""
    rate_hz: float = 200.0
    """The slowest rate of the sensor that is not slower is taken, or its fastest."""
    acc_range_g: int | None = None
    """None: the largest useful one, which the sensor names last."""
    gyr_range_dps: int | None = None
    keep_s: int = 900
    """Measuring ends after so long without a link: a sensor left behind does not run empty."""
    live_batch: int = 7
    """Samples in a live packet: 35 ms at 200 Hz, and no factor in common with connection intervals,
    so that packets meet all phases of them and clocks are known better."""
    serial: str = ""
    """Of the sensor that is meant; empty: whichever answers."""
    hold: bool = False
    """Wait for `begin` before measuring: to blink and be confirmed first."""


@dataclass(frozen=True, slots=True)
class LinkParams:
    """Tuning of the link."""

    hearing: HearingParams = field(default_factory=HearingParams)
    reply_s: float = 5.0
    """Without a reply for so long, the link is dropped (PROTOCOL.md, 5)."""
    action_s: float = 10.0
    """Without an end of a read or write for so long, likewise."""
    info_tries: int = 3
    write_tries: int = 5
    """Failures running after which the link is dropped."""
    retry_s: float = 0.3
    """After an attribute error, a busy sensor, or the end of a resend whose last packets may still
    be on their way."""
    most_retry_s: float = 8.0
    """The wait doubles up to this while a range is asked for in vain."""
    start_retry_s: float = 10.0
    """After a refusal that may pass: low battery, in use."""
    acknowledge_s: float = 1.0
    """Between two ACKs at least."""
    time_s: float = 1.0
    """Between two TIMEs in the mean."""
    behind_s: float = 1.0
    """Of samples; with more missing the link is catching up, until nothing is missing."""
    resend_silence_s: float = 5.0
    """A resend that sends nothing for so long has ended without telling."""
    drain_silence_s: float = 30.0
    """At the end: connected for so long without any new sample, the rest is given up."""
    rate_tolerance: float = 0.1
    """By which the measured rate may differ from the name: inertial sensors are off by 5 %."""
    rate_over_s: float = 10.0
    info_again_s: float = 5.0
    """Between two readings of the info because something does not fit."""
