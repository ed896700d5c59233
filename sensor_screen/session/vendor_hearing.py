"""Which decoder hears a slot of another maker, and what was set on the sensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sensor_screen.protocol.metamotion import (
    ACC_RANGES_G,
    GYR_RANGES_DPS,
    REGISTERS,
    MetaCharacteristic,
    MetaSettings,
    Module,
)
from sensor_screen.protocol.metamotion_decoder import MetaDecoder
from sensor_screen.protocol.movella_decoder import MovellaDecoder
from sensor_screen.protocol.movella_dot import DOT_SCALE, DotCharacteristic, PayloadMode
from sensor_screen.protocol.relay_frame import Channel, Family
from sensor_screen.protocol.witmotion import (
    RATE_CODES,
    WIT_SCALE,
    WitCharacteristic,
    WitDecoder,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.protocol.vendors import SensorScale


class VendorHearing(Protocol):
    """One sensor of another maker."""

    rate_hz: float | None
    """As it was set; None: nobody saw it."""
    together: int
    """Samples that come in one packet."""

    @property
    def scale(self) -> SensorScale:
        """From what it sends to SI."""

    def link_up(self) -> None:
        """A new connection."""

    def hear_written(self, channel: Channel, value: bytes) -> None:
        """What was written to it."""

    def hear(self, channel: Channel, value: bytes, arrival_s: float) -> Sequence[object]:
        """What it notified or what was read.

        Raises:
            ProtocolError: It is not what the family may send.
        """


_DOT_PLACES = {
    Channel.DOT_SHORT: DotCharacteristic.SHORT,
    Channel.DOT_MEDIUM: DotCharacteristic.MEDIUM,
    Channel.DOT_LONG: DotCharacteristic.LONG,
    Channel.DOT_MESSAGE: DotCharacteristic.NOTIFICATION,
    Channel.DOT_CONFIGURATION: DotCharacteristic.DEVICE_CONTROL,
    Channel.DOT_CONTROL: DotCharacteristic.MEASUREMENT,
    Channel.BATTERY: DotCharacteristic.BATTERY,
}
_DOT_MODES = {Channel.DOT_LONG: PayloadMode.CUSTOM_5, Channel.DOT_MEDIUM: PayloadMode.RATE}


class MovellaHearing:
    """A Movella DOT in the mode in which it was started; where nobody saw that, the usual one."""

    together = 1

    def __init__(self) -> None:
        self.rate_hz: float | None = 60.0
        self._decoder: MovellaDecoder | None = None

    @property
    def scale(self) -> SensorScale:
        """The same in all modes."""
        return DOT_SCALE

    def link_up(self) -> None:
        """Nothing is cut over a break."""

    def hear_written(self, channel: Channel, value: bytes) -> None:
        """The start says the mode."""
        if channel is Channel.DOT_CONTROL and len(value) == 3 and value[:2] == b"\x01\x01":
            modes = frozenset(PayloadMode)
            if value[2] in modes and value[2] not in (1, 17, 25):
                self._decoder = MovellaDecoder(value[2])

    def hear(self, channel: Channel, value: bytes, arrival_s: float) -> Sequence[object]:
        """One notification or reading."""
        place = _DOT_PLACES.get(channel)
        if place is None:
            return ()
        if self._decoder is None:
            self._decoder = MovellaDecoder(_DOT_MODES.get(channel, PayloadMode.RATE))
        return self._decoder.receive(place, value, arrival_s)


class WitHearing:
    """A WitMotion sensor."""

    together = 1

    def __init__(self) -> None:
        self.rate_hz: float | None = None
        self._decoder = WitDecoder()

    @property
    def scale(self) -> SensorScale:
        """Fixed."""
        return WIT_SCALE

    def link_up(self) -> None:
        """What was cut in half is not continued."""
        self._decoder = WitDecoder()

    def hear_written(self, channel: Channel, value: bytes) -> None:
        """A write to register 3 sets the rate."""
        if channel is Channel.WIT_COMMANDS and len(value) == 5 and value[:3] == b"\xff\xaa\x03":
            rates = {code: rate_hz for rate_hz, code in RATE_CODES.items()}
            self.rate_hz = rates.get(value[3], self.rate_hz)

    def hear(self, channel: Channel, value: bytes, arrival_s: float) -> Sequence[object]:
        """One notification."""
        if channel is not Channel.WIT_FRAMES:
            return ()
        return self._decoder.receive(WitCharacteristic.NOTIFY, value, arrival_s)


class MetaHearing:
    """A MetaMotion sensor, with the ranges that were written to it."""

    def __init__(self) -> None:
        self.rate_hz: float | None = None
        self.together = MetaSettings().together
        self._decoder = MetaDecoder()
        self._acc_range_g, self._gyr_range_dps = 16, 2000
        self._acc_code: int | None = None

    @property
    def scale(self) -> SensorScale:
        """At the ranges that were set."""
        chip = self._decoder.chip
        if chip is not None and self._acc_code in REGISTERS[chip].acc_ranges:
            index = REGISTERS[chip].acc_ranges.index(self._acc_code)
            self._acc_range_g = ACC_RANGES_G[index]
        settings = MetaSettings(acc_range_g=self._acc_range_g, gyr_range_dps=self._gyr_range_dps)
        return settings.scale

    def link_up(self) -> None:
        """Halves that wait for each other belong to one connection."""
        self._decoder = MetaDecoder()

    def hear_written(self, channel: Channel, value: bytes) -> None:
        """The configurations of acceleration and gyroscope say rate and ranges."""
        if channel is not Channel.META_COMMANDS or len(value) != 4 or value[1] != 0x03:
            return
        if value[0] == Module.ACC:
            self._acc_code = value[3]
            code = value[2] & 0x0F
            self.rate_hz = 25.0 * 2.0 ** (code - 6) if 6 <= code <= 12 else self.rate_hz
        elif value[0] == Module.GYR and value[3] < len(GYR_RANGES_DPS):
            self._gyr_range_dps = GYR_RANGES_DPS[value[3]]

    def hear(self, channel: Channel, value: bytes, arrival_s: float) -> Sequence[object]:
        """One notification."""
        if channel is not Channel.META_DATA:
            return ()
        return self._decoder.receive(MetaCharacteristic.NOTIFY, value, arrival_s)


def hearing_of(family: Family) -> VendorHearing:
    """A fresh one for a slot."""
    if family is Family.MOVELLA_DOT:
        return MovellaHearing()
    return WitHearing() if family is Family.WITMOTION else MetaHearing()
