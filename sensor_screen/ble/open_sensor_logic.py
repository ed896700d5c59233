"""The open sensor behind the door: `OpenSensorLink`, in the words of the radio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.ble.door import Action, DropLink, EnableValue, ReadValue, WriteValue
from sensor_screen.ble.states import LinkState
from sensor_screen.ble.troubles import Trouble
from sensor_screen.errors import RadioError
from sensor_screen.protocol.open_sensor_link_words import Drop, Enable, Read
from sensor_screen.protocol.open_sensor_link_words import LinkState as Stands
from sensor_screen.protocol.relay_frame import Channel

if TYPE_CHECKING:
    from sensor_screen.errors import ScreenError
    from sensor_screen.protocol.open_sensor_link import OpenSensorLink

_STATES = {
    Stands.APART: LinkState.LOST,
    Stands.ASKING: LinkState.INTRODUCING,
    Stands.READY: LinkState.READY,
    Stands.STARTING: LinkState.STARTING,
    Stands.STREAMING: LinkState.STREAMING,
    Stands.CATCHING_UP: LinkState.CATCHING_UP,
    Stands.STOPPING: LinkState.STOPPING,
    Stands.DRAINING: LinkState.STOPPING,
    Stands.COMPLETE: LinkState.STOPPING,
    Stands.FINISHED: LinkState.STOPPED,
    Stands.IN_USE: LinkState.IN_USE,
    Stands.REFUSED: LinkState.FAILED,
}


class OpenSensorLogic:
    """Satisfies `LinkLogic`.

    Args:
        link: Which knows the protocol; journal and page talk with it directly.
        sensor: As a person knows it.
        acknowledge_s: Seconds to wait, once everything is here, for the journal to say that it is
            safe, so that the sensor can be told. Nothing is lost where it does not.
    """

    def __init__(self, link: OpenSensorLink, sensor: str, acknowledge_s: float = 5.0) -> None:
        self.link = link
        self._sensor, self._acknowledge_s = sensor, acknowledge_s
        self._complete_s: float | None = None
        self._done = False

    @property
    def state(self) -> LinkState:
        """What a person is told."""
        return _STATES[self.link.state]

    @property
    def done(self) -> bool:
        """Everything is here, and acknowledged if it could be."""
        return self._done

    @property
    def failure(self) -> ScreenError | None:
        """Why it is refused for good."""
        refused = self.link.state is Stands.REFUSED
        return self._told(self.link.trouble, Trouble.REFUSED) if refused else None

    def connected(self, now_s: float, mtu: int | None) -> None:
        """Pass it on."""
        self.link.connected(now_s, mtu)

    def disconnected(self, now_s: float) -> None:
        """Pass it on; what is complete needs no further link."""
        self._look(now_s)
        self._done = self._done or self._complete_s is not None
        self.link.disconnected(now_s)

    def received(self, channel: Channel, value: bytes, arrival_s: float) -> None:
        """Pass it on."""
        self.link.received(channel, value, arrival_s)

    def read_done(self, channel: Channel, value: bytes, now_s: float) -> None:
        """Pass it on."""
        self.link.read_done(channel, value, now_s)

    def enabled(self, channel: Channel, now_s: float) -> None:  # noqa: ARG002 - the door's shape
        """The protocol calls it written."""
        self.link.wrote(now_s)

    def wrote(self, now_s: float) -> None:
        """Pass it on."""
        self.link.wrote(now_s)

    def refused(self, att_error: int, now_s: float) -> None:
        """Pass it on."""
        self.link.refused(att_error, now_s)

    def stop(self, now_s: float) -> None:
        """Pass it on."""
        self.link.stop(now_s)
        self._look(now_s)

    def next(self, now_s: float) -> Action | None:
        """What the protocol wants, in the words of the radio."""
        wanted = self.link.next(now_s)
        self._look(now_s)
        if wanted is None:
            return None
        if isinstance(wanted, Drop):
            return DropLink(self._told(wanted.reason, Trouble.TIMED_OUT))
        if isinstance(wanted, Read):
            return ReadValue(wanted.channel)
        if isinstance(wanted, Enable):
            return EnableValue(wanted.channel)
        return WriteValue(Channel.CONTROL, wanted.value)

    def wanted_at(self, now_s: float) -> float | None:
        """When it must be asked again, or when waiting for the journal ends."""
        wanted_s = self.link.wanted_at(now_s)
        if self._complete_s is None:
            return wanted_s
        end_s = self._complete_s + self._acknowledge_s
        return end_s if wanted_s is None else min(wanted_s, end_s)

    def _look(self, now_s: float) -> None:
        """Whether the end has come."""
        if self.link.state is Stands.FINISHED:
            self._done = True
        elif self.link.state is not Stands.COMPLETE:
            self._complete_s = None
        elif self._complete_s is None:
            self._complete_s = now_s
        elif now_s >= self._complete_s + self._acknowledge_s:
            self._done = True

    def _told(self, sentence: str, kind: Trouble) -> RadioError:
        """What the protocol says, as an error of its parts.

        It says `value: problem; remedy.` of a sensor that is refused, and only what happened of a
        link that is dropped.
        """
        told = sentence.rstrip(".")
        value, colon, rest = told.partition(": ")
        problem, semicolon, remedy = rest.rpartition("; ")
        if colon and semicolon:
            return RadioError(value, problem, remedy, kind)
        happened = told[:1].lower() + told[1:] or "it cannot be used"
        return RadioError(
            f"Sensor {self._sensor}", happened, "it is connected again by itself", kind
        )
