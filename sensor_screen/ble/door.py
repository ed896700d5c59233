"""What a link needs of whoever knows the sensor's protocol: no radio, no waiting, no clock.

`Link` asks what to do next, does it, and says what came of it. Open sensors and other makers'
sensors stand behind the same door.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sensor_screen.ble.states import LinkState
    from sensor_screen.errors import ScreenError
    from sensor_screen.protocol.relay_frame import Channel


@dataclass(frozen=True, slots=True)
class ReadValue:
    """Read a characteristic; `read_done` follows."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class EnableValue:
    """Have it notified, or indicated; `enabled` follows."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class DisableValue:
    """Have it notified no longer; `enabled` follows."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class WriteValue:
    """Write it; `wrote` follows."""

    channel: Channel
    value: bytes
    quickly: bool = False
    """Without a response."""


@dataclass(frozen=True, slots=True)
class DropLink:
    """Give this link up and begin with a new one."""

    reason: ScreenError


Action = ReadValue | EnableValue | DisableValue | WriteValue | DropLink


class LinkLogic(Protocol):
    """One sensor's protocol, over all of its links. All times are monotonic, in seconds."""

    @property
    def state(self) -> LinkState:
        """What a person is told while a link is up."""
        ...

    @property
    def done(self) -> bool:
        """Whether it was told to stop and has everything: the link may end."""
        ...

    @property
    def failure(self) -> ScreenError | None:
        """Why no further link can help; None: one can."""
        ...

    def connected(self, now_s: float, mtu: int | None) -> None:
        """A new link is up; nothing is enabled on it."""
        ...

    def disconnected(self, now_s: float) -> None:
        """The link is gone; what was asked and not answered never will be."""
        ...

    def received(self, channel: Channel, value: bytes, arrival_s: float) -> None:
        """A notification or indication came."""
        ...

    def read_done(self, channel: Channel, value: bytes, now_s: float) -> None:
        """What was asked for by `ReadValue`."""
        ...

    def enabled(self, channel: Channel, now_s: float) -> None:
        """What was asked for by `EnableValue` or `DisableValue` is done."""
        ...

    def wrote(self, now_s: float) -> None:
        """What was asked for by `WriteValue` was accepted."""
        ...

    def refused(self, att_error: int, now_s: float) -> None:
        """The sensor refused the last action by this ATT error."""
        ...

    def stop(self, now_s: float) -> None:
        """The person says stop: end measuring, fetch the rest, then be `done`."""
        ...

    def next(self, now_s: float) -> Action | None:
        """What to do now; None: nothing before `wanted_at`, or before something is received."""
        ...

    def wanted_at(self, now_s: float) -> float | None:
        """When `next` must be asked again at the latest; None: only when something happens."""
        ...
