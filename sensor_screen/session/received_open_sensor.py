"""One sensor of the open protocol, received: samples in order, their times, what is gone."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import ProtocolError
from sensor_screen.model import GyroSampling, Placement, Side
from sensor_screen.protocol.assembler import AssemblerParams
from sensor_screen.protocol.assembly_counts import NEVER_CAME, NOT_HELD
from sensor_screen.protocol.clock import ClockModel
from sensor_screen.protocol.open_sensor_control import Reply, SensorTime
from sensor_screen.protocol.open_sensor_hearing import (
    CHANNEL_LANES,
    HearingParams,
    OpenSensorHearing,
)
from sensor_screen.protocol.open_sensor_info import measured_sensor
from sensor_screen.protocol.relay_frame import Channel, RelayKind
from sensor_screen.protocol.sequence_ranges import unwrap_sequence
from sensor_screen.session.received import FinishedSlot, ReceivedBlock, SlotFacts, SlotSetting
from sensor_screen.session.received_epochs import EpochSamples, describe_gone, join_epochs

if TYPE_CHECKING:
    from sensor_screen.protocol.clock import EpochClock
    from sensor_screen.protocol.epoch_assembly import EpochAssembly, ReadyBlock
    from sensor_screen.protocol.open_sensor_info import OpenSensorInfo
    from sensor_screen.protocol.open_sensor_packet import SamplePacket
    from sensor_screen.protocol.open_sensor_status import SensorStatus
    from sensor_screen.protocol.relay_frame import RelayArrival
    from sensor_screen.session.received import ReceiverParams

_LONGEST_WAIT_US = 2_000_000
_LATE_SAMPLES = 1 << 20
_SHOWN = HearingParams(AssemblerParams(numbers_only=True))


class _Line:
    """Times of the newest samples along a straight line that is looked at again once a second."""

    def __init__(self, params: ReceiverParams) -> None:
        self._params = params
        self._due_s = float("-inf")
        self._first_s: float | None = None
        self._boot: int | None = None
        self._sequence = 0
        self._device = self._host = (float("nan"), float("nan"))

    def times(
        self, clock: EpochClock, boot_id: int, sequence: np.ndarray, arrival_s: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """(n,) device and (n,) host times."""
        if boot_id != self._boot or arrival_s >= self._due_s:
            self._boot, self._due_s = boot_id, arrival_s + self._wait_s(arrival_s)
            self._sequence = int(sequence[-1])
            self._device, self._host = self._look(clock)
            if np.isnan(self._host[0]):
                self._due_s = arrival_s
        away = sequence - self._sequence
        return (
            self._device[0] + self._device[1] * away,
            self._host[0] + self._host[1] * away,
        )

    def _look(self, clock: EpochClock) -> tuple[tuple[float, float], tuple[float, float]]:
        """Both lines at the newest sample."""
        if not self._params.in_order:
            shown = clock.shown_line(self._sequence)
            nothing = (float("nan"), float("nan"))
            return (nothing, nothing) if shown is None else (shown.device_s, shown.host_s)
        known = clock.times(np.array([self._sequence - 100, self._sequence]))
        return _line(known.device_s), _line(known.host_s)

    def _wait_s(self, arrival_s: float) -> float:
        """Until the next look at the clock."""
        params = self._params
        if self._first_s is None:
            self._first_s = arrival_s
        share_s = params.refresh_share * (arrival_s - self._first_s)
        return max(params.refresh_s, min(share_s, params.longest_refresh_s))


def _line(pair: np.ndarray) -> tuple[float, float]:
    return float(pair[1]), float(pair[1] - pair[0]) / 100.0


class OpenSensorReceiver:
    """All records of one slot.

    Attributes:
        facts: Counts, as they are now.
        hearing: What is known of the sensor.
    """

    def __init__(self, slot: int, base_s: float, params: ReceiverParams) -> None:
        self.facts = SlotFacts()
        shown = not (params.keep or params.in_order)
        self.hearing = OpenSensorHearing(_SHOWN if shown else None)
        self._slot, self._base_s, self._params = slot, base_s, params
        self._clock: ClockModel | None = None
        self._line = _Line(params)
        self._pair: tuple[int, int] | None = None
        self._newest_live: tuple[int, int] | None = None
        self._kept: dict[int, list[ReadyBlock]] = {}
        self._taken_end: tuple[int, int] | None = None
        self._ready: deque[ReceivedBlock] = deque(maxlen=params.most_waiting)
        self._live: deque[ReceivedBlock] = deque(maxlen=params.most_waiting)
        self._info: OpenSensorInfo | None = None
        self._scales = (float("nan"), float("nan"))
        self._paused_s = 0.0
        self._lost_inside = 0
        self._counted_s = float("-inf")

    # --- what came --------------------------------------------------------------------------------

    def hear(self, arrival: RelayArrival) -> None:
        """Take in one record."""
        kind, value, at_s = arrival.kind, arrival.value, arrival.arrival_s
        if kind in (RelayKind.LINK_UP, RelayKind.LINK_DOWN):
            self.hearing.link_changed()
        elif kind is RelayKind.PAUSED:
            self._paused_s += arrival.paused_s
        elif kind is RelayKind.WRITTEN and arrival.channel is Channel.CONTROL:
            self.hearing.hear_written(value)
        elif kind in (RelayKind.NOTIFIED, RelayKind.READ):
            self._hear_value(arrival.channel, value, at_s)
        self._collect(at_s)

    def _hear_value(self, channel: Channel, value: bytes, at_s: float) -> None:
        if channel in CHANNEL_LANES:
            heard = self.hearing.hear_packet(value, at_s, CHANNEL_LANES[channel])
            if heard is not None and channel is Channel.LIVE:
                self._hear_live(heard[0], at_s)
        elif channel is Channel.STATUS:
            status = self.hearing.hear_status(value, at_s)
            if status is not None:
                self._hear_status(status, at_s)
        elif channel is Channel.CONTROL:
            self._hear_control(value, at_s)
        elif channel is Channel.INFO:
            self._hear_info(value)
        elif channel is Channel.BATTERY and len(value) >= 1 and value[0] <= 100:
            self.facts.battery_percent = value[0]

    def _hear_info(self, value: bytes) -> None:
        try:
            self._info = self.hearing.hear_info(value)
        except ProtocolError:
            return
        self._pair = None

    def _hear_control(self, value: bytes, at_s: float) -> None:
        try:
            said = self.hearing.hear_control(value)
        except ProtocolError:
            return
        epoch_clock = self._epoch_clock()
        body = said.body if isinstance(said, Reply) else None
        if isinstance(body, SensorTime) and self._pair is not None and epoch_clock is not None:
            number, device_us = self._pair
            if 0 <= body.sent_us - device_us < _LONGEST_WAIT_US:
                epoch_clock.hear_status(number, device_us, at_s, body.sent_us)

    def _hear_status(self, status: SensorStatus, at_s: float) -> None:
        if status.battery_percent is not None:
            self.facts.battery_percent = status.battery_percent
        self._lost_inside = max(self._lost_inside, status.lost)
        epoch = self.hearing.epoch
        self.facts.missing = 0 if epoch is None else epoch.missing_samples
        self._pair = status.pair
        epoch_clock = self._epoch_clock()
        if self._pair is not None and epoch_clock is not None:
            epoch_clock.hear_status(*self._pair, at_s)

    def _hear_live(self, packet: SamplePacket, at_s: float) -> None:
        epoch, epoch_clock = self.hearing.epoch, self._epoch_clock()
        if epoch is None or epoch.top is None or epoch_clock is None:
            return
        count = len(packet.counts)
        epoch_clock.hear_packet(packet.first_sequence, count, packet.t100us, at_s)
        first = unwrap_sequence(packet.first_sequence, epoch.top)
        known = self._newest_live
        if known is not None and known[0] == epoch.boot_id and first <= known[1]:
            return
        self._newest_live = (epoch.boot_id, first + count - 1)
        sequence = np.arange(first, first + count, dtype=np.int64)
        self._live.append(self._block(epoch.boot_id, sequence, packet.counts, at_s))

    def _epoch_clock(self) -> EpochClock | None:
        epoch = self.hearing.epoch
        if epoch is None:
            return None
        if self._clock is None:
            self._clock = ClockModel(self.hearing.rate_hz)
        if epoch.boot_id not in self._clock.epochs:
            self._scales = self._find_scales()
        return self._clock.begin_epoch(epoch.boot_id)

    def _find_scales(self) -> tuple[float, float]:
        start, info = self.hearing.start, self._info
        if start is None or info is None:
            return float("nan"), float("nan")
        try:
            # Where it is worn changes nothing in what a count is.
            measured = measured_sensor(
                info, start.acc_range_g, start.gyr_range_dps, Side.NONE, Placement.FOOT
            )
        except ProtocolError:
            return float("nan"), float("nan")
        return measured.acc_scale_mps2, measured.gyr_scale_radps

    def _collect(self, at_s: float) -> None:
        """Samples that became ready with this record, so that it does not matter who asks when."""
        facts, epoch = self.facts, self.hearing.epoch
        if epoch is None:
            return
        end = epoch.contiguous_end
        if end is None or self._taken_end == (epoch.boot_id, end):
            return
        self._taken_end = (epoch.boot_id, end)
        if self._params.keep or self._params.in_order:
            for block in self.hearing.assembler.take_ready():
                self._keep(block, at_s)
            epoch.forget_before(end)
        else:
            epoch.drop_ready()
            self._give_up_late(epoch, end)
            if at_s < self._counted_s + self._params.refresh_s:
                return
            self._counted_s = at_s
        total = self.hearing.assembler.total()
        facts.samples, facts.recovered, facts.gone = total.received, total.recovered, total.gone
        counts = self.hearing.counts
        facts.refused = counts.refused + counts.ahead + counts.foreign + counts.other_boot

    @staticmethod
    def _give_up_late(epoch: EpochAssembly, end: int) -> None:
        """What has long been missing is not shown any more, and not kept in mind."""
        if epoch.top is not None and epoch.top - end > _LATE_SAMPLES:
            epoch.give_up(end, epoch.top - _LATE_SAMPLES, NOT_HELD)

    def _keep(self, block: ReadyBlock, at_s: float) -> None:
        if self._params.keep:
            self._kept.setdefault(block.boot_id, []).append(block)
        if not self._params.in_order:
            return
        chunk = block.chunk
        sequence = np.arange(chunk.first_sequence, chunk.end_sequence, dtype=np.int64)
        self._ready.append(self._block(block.boot_id, sequence, chunk.counts, at_s))

    def _block(
        self, boot_id: int, sequence: np.ndarray, counts: np.ndarray, at_s: float
    ) -> ReceivedBlock:
        clock = None if self._clock is None else self._clock.epochs.get(boot_id)
        if clock is not None:
            device_s, host_s = self._line.times(clock, boot_id, sequence, at_s)
        else:
            device_s = host_s = np.full(len(sequence), np.nan)
        return ReceivedBlock(
            slot=self._slot,
            arrival_s=at_s - self._base_s,
            raw=counts,
            acc_scale_mps2=self._scales[0],
            gyr_scale_radps=self._scales[1],
            device_time_s=device_s,
            time_s=host_s - self._base_s,
            sequence=sequence,
            boot_id=boot_id,
        )

    # --- what is known ----------------------------------------------------------------------------

    @property
    def setting(self) -> SlotSetting:
        """As the info and the start say."""
        start, info = self.hearing.start, self._info
        if start is None or info is None:
            return SlotSetting()
        rate_hz, labelled = self.hearing.rate_hz, info.label is not None
        try:
            measured = measured_sensor(
                info,
                start.acc_range_g,
                start.gyr_range_dps,
                placement=None if labelled else Placement.FOOT,
            )
        except ProtocolError:
            return SlotSetting(rate_hz=rate_hz)
        sensor = measured.sensor
        return SlotSetting(
            side=None if sensor.side is Side.NONE else sensor.side,
            placement=sensor.placement if labelled else None,
            rate_hz=rate_hz,
            interval_mean=sensor.gyro_sampling is GyroSampling.INTERVAL_MEAN,
        )

    def take(self) -> list[ReceivedBlock]:
        """Samples in order, each once."""
        blocks = list(self._ready)
        self._ready.clear()
        return blocks

    def take_live(self) -> list[ReceivedBlock]:
        """Samples as they come live, ever newer."""
        blocks = list(self._live)
        self._live.clear()
        return blocks

    def finish(self, side: Side | None, placement: Placement | None) -> FinishedSlot:
        """The whole.

        Raises:
            ProtocolError: Nobody says where the sensor was worn.
        """
        for epoch in self.hearing.assembler.epochs:
            epoch.give_up_all(NEVER_CAME)
        for block in self.hearing.assembler.take_ready():
            self._kept.setdefault(block.boot_id, []).append(block)
        start, info = self.hearing.start, self._info
        if start is None or info is None or self._clock is None or not self._kept:
            return FinishedSlot(None, {"nothing": "No sample of this sensor was received."})
        measured = measured_sensor(info, start.acc_range_g, start.gyr_range_dps, side, placement)
        epochs = [
            EpochSamples(boot_id, blocks, self._clock.epochs.get(boot_id))
            for boot_id, blocks in self._kept.items()
        ]
        stream, notes = join_epochs(epochs, measured, self.hearing.rate_hz)
        gone = describe_gone(self.hearing.assembler.gone, self.hearing.rate_hz)
        notes |= {"gone": gone} if gone else {}
        if self._lost_inside:
            notes["lost inside"] = (
                f"The sensor itself could not store {self._lost_inside} samples or more."
            )
        if self._paused_s:
            notes["pause"] = (
                f"The receiver stood still for {self._paused_s:.1f} s in all; samples of that time "
                "were fetched afterwards as far as the sensor held them."
            )
        return FinishedSlot(stream, notes)
