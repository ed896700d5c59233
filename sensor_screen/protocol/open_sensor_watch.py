"""What the status of a sensor tells a person: battery, full scale, a wrong rate, jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.protocol.open_sensor_link_words import (
    BatteryHeard,
    Clipped,
    ClockStepped,
    EndedByItself,
    LostInside,
    PacketsCut,
    RateDiffers,
    StatusHeard,
)
from sensor_screen.protocol.open_sensor_status import StatusFlag

if TYPE_CHECKING:
    from sensor_screen.protocol.open_sensor_link_words import LinkEvent, LinkParams
    from sensor_screen.protocol.open_sensor_status import SensorStatus

_CUT_BEFORE_TELLING = 3
_NOT_MEASURING_BEFORE_TELLING = 2


class StatusWatch:
    """Remembers what was told already, so that each thing is told once.

    Attributes:
        ended: The sensor stopped measuring by itself; whoever takes note of it sets it back.
    """

    def __init__(self, params: LinkParams) -> None:
        self._params = params
        self.ended = False
        self._lost = 0
        self._battery: BatteryHeard | None = None
        self._status_knows = False
        self.forget()

    def forget(self) -> None:
        """The link, or the sensor's start, is another one."""
        self._idle = 0
        self._cut = 0
        self._told_rate = False
        self._first: tuple[int, float] | None = None
        self._last: SensorStatus | None = None
        self.ended = False

    def hear_battery(self, value: bytes) -> list[LinkEvent]:
        """A value of the Battery Service; what the status says comes first."""
        if len(value) < 1 or value[0] > 100 or self._status_knows:
            return []
        known = self._battery
        low, charging = (known.low, known.charging) if known else (False, False)
        return self._tell_battery(BatteryHeard(value[0], low, charging))

    def _tell_battery(self, heard: BatteryHeard) -> list[LinkEvent]:
        if heard == self._battery:
            return []
        self._battery = heard
        return [heard]

    def hear_cut(self, mtu: int | None) -> list[LinkEvent]:
        """A packet was shorter than it says."""
        self._cut += 1
        return [PacketsCut(mtu)] if self._cut == _CUT_BEFORE_TELLING else []

    def hear_status(
        self, status: SensorStatus, now_s: float, named_hz: float, *, measuring: bool
    ) -> list[LinkEvent]:
        """What is new in a status.

        Args:
            status: As believed.
            now_s: When it came.
            named_hz: Rate that was asked for.
            measuring: By all that is known, the sensor measures for us.
        """
        flags = status.flags
        events: list[LinkEvent] = [StatusHeard(status)]
        low, charging = StatusFlag.BATTERY_LOW in flags, StatusFlag.CHARGING in flags
        self._status_knows |= status.battery_percent is not None
        was_low = self._battery is not None and self._battery.low
        if status.battery_percent is not None or low != was_low:
            events += self._tell_battery(BatteryHeard(status.battery_percent, low, charging))
        acc, gyr = StatusFlag.ACC_CLIPPED in flags, StatusFlag.GYR_CLIPPED in flags
        events += [Clipped(acc, gyr)] if acc or gyr else []
        if status.lost > self._lost:
            events.append(LostInside(status.lost))
        self._lost = status.lost
        backwards = self._last is not None and status.time_us < self._last.time_us
        if backwards or StatusFlag.TIME_STEP in flags:
            events.append(ClockStepped(backwards))
            self._first = None
        self._last = status
        if measuring:
            events += self._judge_rate(status, now_s, named_hz)
            events += self._judge_measuring(status, low=low)
        return events

    def _judge_measuring(self, status: SensorStatus, *, low: bool) -> list[LinkEvent]:
        self._idle = 0 if StatusFlag.MEASURING in status.flags else self._idle + 1
        if self._idle != _NOT_MEASURING_BEFORE_TELLING:
            return []
        self.ended = True
        return [EndedByItself(low)]

    def _judge_rate(self, status: SensorStatus, now_s: float, named_hz: float) -> list[LinkEvent]:
        if self._first is None:
            self._first = (status.next_sequence, now_s)
        number, since_s = self._first
        over_s = now_s - since_s
        if self._told_rate or over_s < self._params.rate_over_s:
            return []
        measured_hz = ((status.next_sequence - number) % (1 << 32)) / over_s
        self._first = (status.next_sequence, now_s)
        if abs(measured_hz / named_hz - 1.0) <= self._params.rate_tolerance:
            return []
        self._told_rate = True
        return [RateDiffers(named_hz, measured_hz)]
