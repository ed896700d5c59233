"""What a sensor's link is doing, in one word for programs and one sentence for people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sensor_screen.ble.troubles import Trouble
from sensor_screen.errors import ScreenError


class LinkState(StrEnum):
    """From looking for a sensor to having everything it measured."""

    SEARCHING = "searching"
    CONNECTING = "connecting"
    PAIRING = "pairing"
    INTRODUCING = "introducing"
    READY = "ready"
    IN_USE = "in_use"
    STARTING = "starting"
    STREAMING = "streaming"
    CATCHING_UP = "catching_up"
    LOST = "lost"
    WAITING = "waiting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


LINKED = frozenset(
    {
        LinkState.PAIRING,
        LinkState.INTRODUCING,
        LinkState.READY,
        LinkState.IN_USE,
        LinkState.STARTING,
        LinkState.STREAMING,
        LinkState.CATCHING_UP,
        LinkState.STOPPING,
    }
)
"""While a connection is up."""
TROUBLED = frozenset(
    {
        LinkState.SEARCHING,
        LinkState.CONNECTING,
        LinkState.INTRODUCING,
        LinkState.LOST,
        LinkState.WAITING,
        LinkState.FAILED,
    }
)
"""While it is not linked as it should be, and what went wrong last is worth telling."""
ENDED = frozenset({LinkState.STOPPED, LinkState.FAILED})
"""Nothing more will happen."""

SENTENCES = {
    LinkState.SEARCHING: "Looking for {sensor}. Switch it on and keep it near.",
    LinkState.CONNECTING: "Connecting to {sensor}.",
    LinkState.PAIRING: "Pairing with {sensor}. Press its button once.",
    LinkState.INTRODUCING: "Connected to {sensor}; asking who it is.",
    LinkState.READY: "{sensor} is connected and ready to measure.",
    LinkState.IN_USE: "{sensor} is measuring for another phone or computer.",
    LinkState.STARTING: "{sensor} is being started.",
    LinkState.STREAMING: "{sensor} is measuring, and everything arrives.",
    LinkState.CATCHING_UP: "{sensor} is measuring; earlier samples are being fetched.",
    LinkState.LOST: "The link to {sensor} broke. It measures on. Bring it near.",
    LinkState.WAITING: "{sensor} was not reached; the next attempt follows in a moment.",
    LinkState.STOPPING: "{sensor} is being stopped; its last samples are being fetched.",
    LinkState.STOPPED: "{sensor} has been stopped.",
    LinkState.FAILED: "{sensor} cannot be used.",
}


@dataclass(frozen=True, slots=True)
class SensorStatus:
    """One sensor at one moment, as a page shows it."""

    slot: int
    sensor: str
    """As a person knows it: its serial."""
    state: LinkState
    since_s: float
    """When it came into this state, by the monotonic clock."""
    failures: int = 0
    """Attempts that failed in a row."""
    links: int = 0
    """Times that it was connected so far."""
    rssi_dbm: int | None = None
    """Of its last advertisement; while it is connected nothing tells how strong it is."""
    mtu: int | None = None
    """Of the link that is up; None: none is, or it is not known."""
    trouble: ScreenError | None = None
    """What went wrong last; forgotten once it streams."""

    @property
    def sentence(self) -> str:
        """What is going on, and if something went wrong, what to do."""
        sentence = SENTENCES[self.state].format(sensor=self.sensor)
        return f"{sentence} {self.reason}" if self.reason else sentence

    @property
    def reason(self) -> str:
        """What went wrong last and what to do, where that is worth telling; empty otherwise."""
        # That the link broke is what `LOST` says already.
        said = getattr(self.trouble, "fault", "") == Trouble.LINK_LOST
        told = self.trouble is not None and self.state in TROUBLED and not said
        return str(self.trouble) if told else ""
