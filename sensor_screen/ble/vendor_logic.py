"""Other makers' sensors behind the same door: steps to start, steps to stop, no memory to empty."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sensor_screen.ble.characteristics import channel_of
from sensor_screen.ble.door import (
    Action,
    DisableValue,
    DropLink,
    EnableValue,
    ReadValue,
    WriteValue,
)
from sensor_screen.ble.states import LinkState
from sensor_screen.ble.troubles import Trouble, trouble
from sensor_screen.protocol.metamotion import (
    ACC_IMPLEMENTATION,
    Chip,
    MetaSettings,
    Module,
    find_out,
)
from sensor_screen.protocol.metamotion import start_live as start_meta
from sensor_screen.protocol.metamotion import stop_live as stop_meta
from sensor_screen.protocol.movella_control import set_rate as set_dot_rate
from sensor_screen.protocol.movella_control import start_live as start_dot
from sensor_screen.protocol.movella_control import stop_live as stop_dot
from sensor_screen.protocol.movella_dot import DotCharacteristic, PayloadMode
from sensor_screen.protocol.vendors import Step, StepAction
from sensor_screen.protocol.witmotion import WitCharacteristic, change, set_rate, set_six_axis

if TYPE_CHECKING:
    from sensor_screen.errors import ScreenError
    from sensor_screen.protocol.relay_frame import Channel

_SILENT_S = 5.0
"""Seconds without a sample after which a link is begun anew: the slowest rate gives one each."""


class VendorLogic:
    """Does steps in order after each connection; satisfies `LinkLogic`.

    Args:
        sensor: As a person knows it.
        start: Steps that make it send samples.
        stop: Steps that end it.
        silent_s: Seconds without a notification after which the link is dropped.
    """

    def __init__(
        self,
        sensor: str,
        start: tuple[Step, ...],
        stop: tuple[Step, ...],
        silent_s: float = _SILENT_S,
    ) -> None:
        self.failure: ScreenError | None = None
        self._sensor, self._start, self._stop, self._silent_s = sensor, start, stop, silent_s
        self._steps: deque[Step] = deque()
        self._doing: Step | None = None
        self._refused: ScreenError | None = None
        self._not_before_s = 0.0
        self._heard_s = 0.0
        self._linked = False
        self._stopping = False
        self._done = False

    @property
    def state(self) -> LinkState:
        """Starting while steps are left, then streaming."""
        if self._stopping:
            return LinkState.STOPPING
        busy = bool(self._steps) or self._doing is not None
        return LinkState.STARTING if busy else LinkState.STREAMING

    @property
    def done(self) -> bool:
        """Whether it was stopped; without a memory nothing is left to fetch."""
        return self._done

    def connected(self, now_s: float, mtu: int | None) -> None:  # noqa: ARG002 - the door's shape
        """Begin from the first step."""
        self._linked, self._doing, self._refused = True, None, None
        self._not_before_s = self._heard_s = now_s
        self._steps = deque(self._stop if self._stopping else self._start)

    def disconnected(self, now_s: float) -> None:  # noqa: ARG002 - the door's shape
        """Forget what was begun; a sensor that keeps nothing need not be found again to stop."""
        self._linked, self._doing = False, None
        self._steps.clear()
        self._done = self._stopping

    def received(self, channel: Channel, value: bytes, arrival_s: float) -> None:  # noqa: ARG002
        """Something came: it lives."""
        self._heard_s = arrival_s

    def read_done(self, channel: Channel, value: bytes, now_s: float) -> None:  # noqa: ARG002
        """Go on."""
        self._go_on(now_s)

    def enabled(self, channel: Channel, now_s: float) -> None:  # noqa: ARG002 - the door's shape
        """Go on."""
        self._go_on(now_s)

    def wrote(self, now_s: float) -> None:
        """Go on."""
        self._go_on(now_s)

    def refused(self, att_error: int, now_s: float) -> None:  # noqa: ARG002 - the door's shape
        """What ends measuring may be refused where nothing measures; all else is needed."""
        if self._doing in self._stop:
            self._go_on(now_s)
        else:
            self._refused = trouble(Trouble.REFUSED, self._sensor)

    def stop(self, now_s: float) -> None:
        """Do the steps that end it, if it is linked."""
        if self._stopping:
            return
        self._stopping = True
        self._done = not self._linked
        self._steps = deque(self._stop)
        self._not_before_s = now_s

    def next(self, now_s: float) -> Action | None:
        """The next step, once the pause after the one before is over."""
        if self._doing is None and self._steps and now_s >= self._not_before_s:
            self._doing = self._steps.popleft()
            return _action(self._doing)
        if self._refused is not None:
            return DropLink(self._refused)
        if self._doing is None and not self._steps:
            if self._stopping:
                self._done = True
            elif now_s >= self._heard_s + self._silent_s:
                return DropLink(trouble(Trouble.TIMED_OUT, self._sensor))
        return None

    def wanted_at(self, now_s: float) -> float | None:  # noqa: ARG002 - the door's shape
        """The end of a pause, or when silence has lasted too long."""
        if self._steps:
            return self._not_before_s
        return self._heard_s + self._silent_s

    def _go_on(self, now_s: float) -> None:
        done, self._doing = self._doing, None
        self._not_before_s = now_s + (done.wait_s if done is not None else 0.0)
        self._heard_s = now_s


class MetaLogic(VendorLogic):
    """MetaMotion: asks which chip there is before it knows the steps to start.

    Args:
        sensor: As a person knows it.
        settings: How it is to measure; None: as `MetaSettings` has it.
    """

    def __init__(self, sensor: str, settings: MetaSettings | None = None) -> None:
        super().__init__(sensor, find_out(), ())
        self._settings = settings or MetaSettings()
        self._answers: dict[int, int] = {}

    def connected(self, now_s: float, mtu: int | None) -> None:
        """Ask anew: the sensor behind the link may have been changed."""
        self._answers.clear()
        super().connected(now_s, mtu)

    def received(self, channel: Channel, value: bytes, arrival_s: float) -> None:
        """Both halves must have named the same chip; then it is started."""
        super().received(channel, value, arrival_s)
        asked = len(value) >= 3 and value[1] == 0x80 and value[0] in {Module.ACC, Module.GYR}
        if not asked or len(self._answers) == 2 or self._stopping:
            return
        self._answers[value[0]] = value[2]
        if len(self._answers) == 2:
            self._settle()

    def _settle(self) -> None:
        chip = ACC_IMPLEMENTATION.get(self._answers[Module.ACC])
        if chip is None or self._answers[Module.GYR] != chip:
            self.failure = trouble(Trouble.NOT_SUCH_A_SENSOR, self._sensor)
            return
        self._steps.extend(start_meta(Chip(chip), self._settings))
        self._stop = stop_meta(Chip(chip), self._settings)


def _action(step: Step) -> Action:
    channel = channel_of(step.characteristic)
    if step.action is StepAction.SUBSCRIBE:
        return EnableValue(channel)
    if step.action is StepAction.UNSUBSCRIBE:
        return DisableValue(channel)
    if step.action is StepAction.READ:
        return ReadValue(channel)
    return WriteValue(channel, step.data, quickly=step.action is StepAction.WRITE_QUICKLY)


def dot_logic(
    sensor: str, rate_hz: int = 60, mode: PayloadMode = PayloadMode.CUSTOM_5
) -> VendorLogic:
    """A Movella DOT: set its rate, then stream; it must be stopped before a rate can be set.

    Raises:
        ProtocolError: Rate or mode is not offered.
    """
    end, leave = stop_dot(mode)
    rate = Step(StepAction.WRITE, DotCharacteristic.DEVICE_CONTROL, set_dot_rate(rate_hz))
    return VendorLogic(sensor, (end, rate, *start_dot(mode)), (end, leave))


def wit_logic(sensor: str, rate_hz: float = 100.0) -> VendorLogic:
    """A WitMotion: listen, then set rate and six axes; it always sends, so it is only left alone.

    Raises:
        ProtocolError: The rate is not offered.
    """
    listen = Step(StepAction.SUBSCRIBE, WitCharacteristic.NOTIFY)
    leave = Step(StepAction.UNSUBSCRIBE, WitCharacteristic.NOTIFY)
    settings = change(set_rate(rate_hz), set_six_axis(True))
    return VendorLogic(sensor, (listen, *settings), (leave,))
