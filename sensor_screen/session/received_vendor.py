"""One sensor of another maker, received: what comes is all there is; nothing is asked for again."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import ProtocolError, RecordingError
from sensor_screen.model import ClockMap, SensorInfo, SensorStream, Side
from sensor_screen.protocol.arrival_floor import FloorParams, fit_floor
from sensor_screen.protocol.blocks import SampleBlock
from sensor_screen.protocol.device_time import DeviceTimeUnwrapper
from sensor_screen.protocol.frame_timing import FrameTimingParams, fit_frame_times
from sensor_screen.protocol.relay_frame import Family, RelayKind
from sensor_screen.protocol.vendors import Battery
from sensor_screen.session.received import (
    TIMING_ESTIMATED,
    FinishedSlot,
    ReceivedBlock,
    SlotFacts,
    SlotSetting,
)
from sensor_screen.session.vendor_hearing import hearing_of

if TYPE_CHECKING:
    from sensor_screen.model import Floats, Placement
    from sensor_screen.protocol.relay_frame import RelayArrival, SlotDescription
    from sensor_screen.session.received import ReceiverParams

_FEWEST_FOR_A_CLOCK = 10
_MODELS = {
    Family.MOVELLA_DOT: "Movella DOT",
    Family.WITMOTION: "WitMotion",
    Family.METAMOTION: "MetaMotion",
}


class VendorReceiver:
    """All records of one slot.

    Attributes:
        facts: Counts, as they are now.
    """

    def __init__(
        self, slot: int, sensor: SlotDescription, base_s: float, params: ReceiverParams
    ) -> None:
        self.facts = SlotFacts()
        self._slot, self._sensor, self._base_s, self._params = slot, sensor, base_s, params
        self._hearing = hearing_of(sensor.family)
        self._unwrap = DeviceTimeUnwrapper()
        self._least_delay_s = float("inf")
        self._raw: list[np.ndarray] = []
        self._device_us: list[np.ndarray] = []
        self._arrival_s: list[np.ndarray] = []
        self._link: list[np.ndarray] = []
        self._ready: deque[ReceivedBlock] = deque(maxlen=params.most_waiting)
        self._live: deque[ReceivedBlock] = deque(maxlen=params.most_waiting)
        self._paused_s = 0.0

    def hear(self, arrival: RelayArrival) -> None:
        """Take in one record."""
        if arrival.kind is RelayKind.LINK_UP:
            # Halves of frames do not go on over a break.
            self._hearing.link_up()
        elif arrival.kind is RelayKind.PAUSED:
            self._paused_s += arrival.paused_s
        elif arrival.kind is RelayKind.WRITTEN:
            self._hearing.hear_written(arrival.channel, arrival.value)
        elif arrival.kind in (RelayKind.NOTIFIED, RelayKind.READ):
            try:
                events = self._hearing.hear(arrival.channel, arrival.value, arrival.arrival_s)
            except ProtocolError:
                self.facts.refused += 1
                return
            for event in events:
                if isinstance(event, SampleBlock):
                    self._hear_samples(event, arrival.arrival_s)
                elif isinstance(event, Battery):
                    self.facts.battery_percent = event.percent

    def _hear_samples(self, block: SampleBlock, at_s: float) -> None:
        if block.acc is None or block.gyr is None or not len(block):
            return
        raw = np.concatenate([block.acc, block.gyr], axis=1)
        count = len(raw)
        self.facts.samples += count
        device_s = np.full(count, np.nan)
        # Samples of one packet lie behind each other, the last of them now.
        apart_s = 1.0 / self._hearing.rate_hz if self._hearing.rate_hz else 0.0
        time_s = np.full(count, at_s - self._base_s)
        time_s -= apart_s * np.arange(count - 1, -1, -1)
        if block.device_time_us is not None:
            sent = [self._unwrap.unwrap(int(us), at_s) for us in block.device_time_us]
            device_us = np.array(sent, dtype=np.int64)
            device_s = device_us * 1e-6
            self._least_delay_s = min(self._least_delay_s, at_s - float(device_s[-1]))
            time_s = device_s + self._least_delay_s - self._base_s
            if self._params.keep:
                self._device_us.append(device_us)
        if self._params.keep:
            self._raw.append(raw)
            self._arrival_s.append(np.full(count, at_s))
            self._link.append(np.full(count, self.facts.links))
        scale = self._hearing.scale
        ready = ReceivedBlock(
            self._slot,
            at_s - self._base_s,
            raw,
            scale.acc_mps2_per_unit,
            scale.gyr_radps_per_unit,
            device_s,
            time_s,
        )
        if self._params.in_order:
            self._ready.append(ready)
        self._live.append(ready)

    @property
    def setting(self) -> SlotSetting:
        """Its rate as it was set; where it is worn no such sensor knows."""
        return SlotSetting(rate_hz=self._hearing.rate_hz)

    def take(self) -> list[ReceivedBlock]:
        """Samples in order, each once."""
        blocks = list(self._ready)
        self._ready.clear()
        return blocks

    def take_live(self) -> list[ReceivedBlock]:
        """The same again, for showing."""
        blocks = list(self._live)
        self._live.clear()
        return blocks

    # --- the whole --------------------------------------------------------------------------------

    def finish(self, side: Side | None, placement: Placement | None) -> FinishedSlot:
        """The whole.

        Raises:
            RecordingError: Nobody says where the sensor was worn.
        """
        if not self._raw:
            return FinishedSlot(None, {"nothing": "No sample of this sensor was received."})
        if placement is None:
            raise RecordingError(
                f"Sensor {self._sensor.serial}",
                "does not say where it was worn",
                "say its side and placement",
            )
        raw = np.concatenate(self._raw)
        arrival_s = np.concatenate(self._arrival_s)
        notes: dict[str, str] = {}
        if self._device_us:
            device_s = np.concatenate(self._device_us) * 1e-6
            clock = _clock_under(device_s, arrival_s)
        else:
            links = np.concatenate(self._link)
            device_s, clock, notes = self._estimate(arrival_s, links)
        if self._paused_s:
            notes["pause"] = (
                f"The receiver stood still for {self._paused_s:.1f} s in all; what this sensor "
                "sent then is lost."
            )
        scale = self._hearing.scale
        info = SensorInfo(
            side or Side.NONE,
            placement,
            self._sensor.serial,
            _MODELS.get(self._sensor.family, ""),
        )
        stream = SensorStream(
            info, device_s, raw, scale.acc_mps2_per_unit, scale.gyr_radps_per_unit, None, clock
        )
        return FinishedSlot(stream, notes)

    def _estimate(
        self, arrival_s: Floats, links: np.ndarray
    ) -> tuple[Floats, ClockMap, dict[str, str]]:
        """Times of a sensor that sends none: one line for each connection."""
        params = FrameTimingParams(
            nominal_rate_hz=self._hearing.rate_hz, together=self._hearing.together
        )
        found, residual_s, suspected = [], 0.0, 0
        for link in np.unique(links):
            mine = arrival_s[links == link]
            try:
                fitted = fit_frame_times(mine, params)
            except ProtocolError:
                found.append(mine)
                residual_s = max(residual_s, 0.1)
                continue
            found.append(fitted.time_s)
            residual_s = max(residual_s, fitted.residual_s)
            suspected += fitted.suspected_lost
        sentence = (
            "This sensor sends no time: when its samples were taken is estimated from when they "
            f"arrived, to about {1e3 * residual_s:.0f} ms"
        )
        if suspected:
            sentence += f"; {suspected} samples seem to be missing, which cannot be known"
        clock = ClockMap(residual_s=residual_s, origin="arrivals")
        return np.concatenate(found), clock, {TIMING_ESTIMATED: f"{sentence}."}


def _clock_under(device_s: Floats, arrival_s: Floats) -> ClockMap | None:
    if len(device_s) < _FEWEST_FOR_A_CLOCK:
        return None
    order = np.argsort(device_s, kind="stable")
    fit = fit_floor(device_s[order], (arrival_s - device_s)[order], FloorParams())
    reach_s = np.array([device_s[order[0]], device_s[order[-1]]])
    return ClockMap(
        fit.offset_s - fit.skew * fit.middle_s,
        fit.skew,
        float(np.max(fit.residual_at_s(reach_s))),
        "arrivals",
    )
