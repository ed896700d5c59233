"""Control point of the open sensor protocol: requests, replies and events (PROTOCOL.md, section 5).

Each op has a class for what is asked and one for what is answered. How they lie in bytes is told
in `open_sensor_control_bytes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode

LARGEST_CONTROL = 20
"""Bytes of a request or reply: what the smallest MTU carries."""
REPLY = 0x80
"""Added to the op of the request."""
FIRST_EVENT = 0xC0
LAST_EVENT = 0xCF
DONE_OP = 0xC3
RESET_MAGIC = 0x54455352


class Op(IntEnum):
    """What can be asked for."""

    START = 0x01
    STOP = 0x02
    RESEND = 0x03
    ACK = 0x04
    TIME = 0x05
    IDENTIFY = 0x06
    LABEL = 0x07
    SELF_TEST = 0x08
    FACTORY_RESET = 0x09
    SLEEP = 0x0A


class Result(IntEnum):
    """What came of it."""

    OK = 0
    NOT_HELD = 1
    BUSY = 2
    UNSUPPORTED = 3
    INVALID = 4
    STATE = 5
    IN_USE = 6
    LOW_BATTERY = 7
    FAULT = 8
    DENIED = 9


class SelfTestFault(IntFlag):
    """What the self-test found."""

    ACC = 1 << 0
    GYR = 1 << 1
    MEMORY = 1 << 2
    CLOCK = 1 << 3


# --- requests -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Start:
    """Begin a session, or take it up again."""

    rate_mhz: int
    acc_range_g: int
    gyr_range_dps: int
    session: int
    keep_s: int = 0
    """Measuring ends after so long without a link; 0: never."""
    live_batch: int = 0
    """At most so many samples in a live packet; 0: as many as fit."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End measuring."""


@dataclass(frozen=True, slots=True)
class Resend:
    """Send samples again."""

    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Every sample before this number is safe."""

    sequence: int


@dataclass(frozen=True, slots=True)
class AskTime:
    """What the sensor's clock says."""


@dataclass(frozen=True, slots=True)
class Identify:
    """Blink."""

    seconds: int


@dataclass(frozen=True, slots=True)
class SetLabel:
    """Store where the sensor is worn."""

    side: SideCode
    placement: PlacementCode


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Try the parts of the sensor."""


@dataclass(frozen=True, slots=True)
class FactoryReset:
    """Delete bonds and label."""

    magic: int = RESET_MAGIC


@dataclass(frozen=True, slots=True)
class Sleep:
    """Power down."""


@dataclass(frozen=True, slots=True)
class UnknownRequest:
    """A request of an op that this version does not know."""

    op: int
    body: bytes


Request = (
    Start
    | Stop
    | Resend
    | Acknowledge
    | AskTime
    | Identify
    | SetLabel
    | SelfTest
    | FactoryReset
    | Sleep
    | UnknownRequest
)


# --- bodies of replies ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """The session runs."""

    first_sequence: int
    time_us: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """Measuring has ended."""

    next_sequence: int


@dataclass(frozen=True, slots=True)
class Resending:
    """The part that will be sent."""

    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The oldest sample held."""

    oldest: int


@dataclass(frozen=True, slots=True)
class SensorTime:
    """The sensor's clock at both ends of its answering."""

    received_us: int
    sent_us: int


@dataclass(frozen=True, slots=True)
class SelfTested:
    """What was found."""

    faults: SelfTestFault


@dataclass(frozen=True, slots=True)
class HeldRange:
    """NOT_HELD: what is held instead."""

    oldest: int
    next: int


@dataclass(frozen=True, slots=True)
class FieldAtFault:
    """INVALID: where."""

    offset: int
    """Of the first field at fault, counted from the op; of a wrong length: the right length."""


@dataclass(frozen=True, slots=True)
class RunningSession:
    """IN_USE: by what."""

    session: int


Body = (
    Started
    | Stopped
    | Resending
    | Acknowledged
    | SensorTime
    | SelfTested
    | HeldRange
    | FieldAtFault
    | RunningSession
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the sensor answers to one request."""

    op: int
    """Of the request; an `Op` where it is known."""
    tag: int
    result: int
    """A `Result` where it is known."""
    body: Body | bytes | None = None
    """None: nothing belongs to this result; bytes: op or result is not known."""


@dataclass(frozen=True, slots=True)
class ResendDone:
    """The last packet of a resend was handed to the link."""

    tag: int
    result: int
    first: int
    count: int
    sent: int


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An event that this version does not know."""

    op: int
    body: bytes
