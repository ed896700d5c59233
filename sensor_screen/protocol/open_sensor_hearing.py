"""What one open sensor says, understood: the same for a client on the link and for a replay.

A client (`open_sensor_link`) decides what to ask next by it, a receiver makes a recording of it.
Both hear the same bytes in the same order, so they hold the same samples and give up the same
ranges. Whatever is not believed is counted and left.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.assembler import Assembler, AssemblerParams, EpochAssembly, Lane
from sensor_screen.protocol.assembly_counts import NEVER_STORED, NOT_HELD
from sensor_screen.protocol.field_layout import Fault
from sensor_screen.protocol.open_sensor_control import (
    HeldRange,
    Reply,
    Resend,
    ResendDone,
    Resending,
    Result,
    Start,
    Started,
    Stopped,
    UnknownEvent,
)
from sensor_screen.protocol.open_sensor_control_bytes import decode_indication, decode_request
from sensor_screen.protocol.open_sensor_info_bytes import decode_info
from sensor_screen.protocol.open_sensor_packet import PacketKind, decode_packet
from sensor_screen.protocol.open_sensor_status import SensorStatus, decode_status
from sensor_screen.protocol.relay_frame import Channel, RelayKind
from sensor_screen.protocol.sequence_ranges import SEQUENCES, RangeSet, unwrap_sequence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.protocol.open_sensor_control import Request
    from sensor_screen.protocol.open_sensor_info import OpenSensorInfo
    from sensor_screen.protocol.open_sensor_packet import SamplePacket
    from sensor_screen.protocol.relay_frame import RelayArrival

CHANNEL_LANES = {Channel.LIVE: Lane.LIVE, Channel.BACKFILL: Lane.BACKFILL}
LANES = {PacketKind.LIVE: Lane.LIVE, PacketKind.BACKFILL: Lane.BACKFILL}


@dataclass(frozen=True, slots=True)
class HearingParams:
    """What is believed."""

    assembler: AssemblerParams = field(default_factory=AssemblerParams)
    fastest: float = 1.2
    """Times its named rate that a sensor may measure at: parts keep theirs to a few percent."""
    ahead_s: float = 2.0
    """By which packets may be ahead of what the last status allows: they come in bursts."""
    most_ranges: int = 4096
    """Missing ranges that are kept in mind; of more, the older half is given up. An honest link
    that loses every second packet for a minute makes 860 of them."""
    most_sessions: int = 64
    """Sessions that are remembered as our own."""


@dataclass(slots=True)
class HearingCounts:
    """What was not believed or not used."""

    refused: int = 0
    """Values that are not what the protocol allows."""
    cut: int = 0
    """Of these, packets that are shorter than they say."""
    unknown_kind: int = 0
    ahead: int = 0
    """Packets of numbers that the sensor cannot have reached."""
    foreign: int = 0
    """Packets that came before the session was known to be ours."""
    other_boot: int = 0
    """Statuses of another start than the info."""


@dataclass(slots=True)
class _RunningResend:
    tag: int
    first: int
    end: int
    came: RangeSet = field(default_factory=RangeSet)


@dataclass(frozen=True, slots=True)
class ResendOutcome:
    """How a resend ended."""

    done: ResendDone
    complete: bool
    """Everything that was sent has arrived."""


class OpenSensorHearing:
    """All that is known of one sensor from what it said.

    Attributes:
        info: As last read; None before.
        status: The last that was believed; None before.
        start: The last START that was written; None before.
        started: START was answered OK on this link.
        counts: What was not used.
        reused_boot: The sensor has the boot id of an earlier start, so its samples cannot be told
            from those.
        asks_for_info: Something fits so badly that the info should be read again.
    """

    def __init__(self, params: HearingParams | None = None) -> None:
        self.params = params or HearingParams()
        self.assembler = Assembler(self.params.assembler)
        self.info: OpenSensorInfo | None = None
        self.status: SensorStatus | None = None
        self.start: Start | None = None
        self.started = False
        self.counts = HearingCounts()
        self.asks_for_info = False
        self.reused_boot = False
        self._sessions: dict[int, None] = {}
        self._epoch: EpochAssembly | None = None
        self._known_next: tuple[int, float] | None = None
        self._requests: dict[int, Request] = {}
        self._resend: _RunningResend | None = None
        self._unasked: Reply | None = None

    # --- the link ---------------------------------------------------------------------------------

    def link_changed(self) -> None:
        """The link came up or went down: nothing that was asked for is under way any more."""
        self.started = False
        self._requests.clear()
        self._resend = self._unasked = None

    @property
    def epoch(self) -> EpochAssembly | None:
        """Samples of the sensor's present start; None where none of ours has begun."""
        return self._epoch

    @property
    def rate_hz(self) -> float:
        """Of the samples, by name; the fastest there is where none was chosen."""
        if self.start is not None:
            return self.start.rate_mhz * 1e-3
        return 1e-3 * max(self.info.rates_mhz) if self.info is not None else 200.0

    def own(self, session: int) -> None:
        """A session is ours, whoever began it."""
        self._sessions[session] = None
        while len(self._sessions) > self.params.most_sessions:
            del self._sessions[next(iter(self._sessions))]

    def replay(self, arrivals: Iterable[RelayArrival]) -> None:
        """Hear again what was written down of this sensor, to go on where a program ended."""
        for one in arrivals:
            if one.kind in (RelayKind.LINK_UP, RelayKind.LINK_DOWN):
                self.link_changed()
            elif one.kind is RelayKind.WRITTEN and one.channel is Channel.CONTROL:
                self.hear_written(one.value)
            elif one.kind in (RelayKind.NOTIFIED, RelayKind.READ):
                # What is refused was refused then, and is counted.
                with suppress(ProtocolError):
                    self._hear_again(one)
            if self._epoch is not None:
                self._epoch.drop_ready()
        self.link_changed()

    def _hear_again(self, one: RelayArrival) -> None:
        if one.channel is Channel.INFO:
            self.hear_info(one.value)
        elif one.channel is Channel.CONTROL:
            self.hear_control(one.value)
        elif one.channel is Channel.STATUS:
            self.hear_status(one.value, one.arrival_s)
        elif one.channel in CHANNEL_LANES:
            self.hear_packet(one.value, one.arrival_s, CHANNEL_LANES[one.channel])

    # --- what is read and written -----------------------------------------------------------------

    def hear_info(self, value: bytes) -> OpenSensorInfo:
        """What the sensor says of itself, read after every connection.

        Raises:
            ProtocolError: It is not what the protocol allows, or of another major version.
        """
        try:
            info = decode_info(value)
        except ProtocolError:
            self.counts.refused += 1
            raise
        self.asks_for_info = False
        if self.info is not None and info.boot_id != self.info.boot_id:
            if self._epoch is not None:
                self._epoch.close()
            self._epoch = self._known_next = self.status = self._resend = None
        self.info = info
        stream = info.stream
        if self._epoch is None and stream is not None and stream.session in self._sessions:
            self._begin(stream.first_sequence)
        return info

    def hear_written(self, value: bytes) -> None:
        """A request that the sensor took."""
        try:
            tag, request = decode_request(value)
        except ProtocolError:
            self.counts.refused += 1
            return
        if isinstance(request, Start):
            self.start = request
            self.own(request.session)
        early, self._unasked = self._unasked, None
        if early is not None and early.tag == tag:
            # A reply may overtake the news that the request was taken.
            self._hear_reply(early, request)
        else:
            self._requests[tag] = request

    def hear_control(self, value: bytes) -> Reply | ResendDone | ResendOutcome | UnknownEvent:
        """An indication of the control point.

        Raises:
            ProtocolError: It is none; or the sensor took the boot id of an earlier start.
        """
        try:
            said = decode_indication(value)
        except ProtocolError:
            self.counts.refused += 1
            raise
        if isinstance(said, ResendDone):
            return self._finish_resend(said)
        if isinstance(said, Reply):
            request = self._requests.pop(said.tag, None)
            self._unasked = said if request is None else None
            self._hear_reply(said, request)
        return said

    def _hear_reply(self, reply: Reply, request: Request | None) -> None:
        match reply.body:
            case Started(first_sequence=first) if isinstance(request, Start):
                self.started = True
                self._begin(first)
            case Stopped(next_sequence=following):
                self._hear_next(following)
            case Resending(first=first, count=count) if isinstance(request, Resend):
                self._begin_resend(reply.tag, request, first, count)
            case HeldRange(oldest=oldest, next=following) if isinstance(request, Resend):
                self._hear_not_held(request, oldest, following)

    def _begin(self, first_sequence: int) -> None:
        if self.info is None:
            return
        self.reused_boot = True
        self._epoch = self.assembler.begin_epoch(self.info.boot_id, first_sequence)
        self.reused_boot = False

    def _hear_next(self, following: int) -> None:
        """Measuring ended before this number."""
        if self._epoch is None or self._epoch.top is None:
            return
        end = unwrap_sequence(following, self._epoch.top)
        first = self._epoch.contiguous_end
        oldest = end if first is None else min(first, end)
        self._epoch.hear_status((following - 1) % SEQUENCES, oldest % SEQUENCES)

    # --- resends ----------------------------------------------------------------------------------

    def _begin_resend(self, tag: int, asked: Resend, first: int, count: int) -> None:
        epoch = self._epoch
        if epoch is None or epoch.top is None:
            return
        begin = unwrap_sequence(first, epoch.top)
        asked_first = unwrap_sequence(asked.first, epoch.top)
        asked_end = asked_first + asked.count
        end = min(begin + count, asked_end)
        if asked_first <= begin < end:
            epoch.give_up(asked_first, begin, NOT_HELD)
            self._resend = _RunningResend(tag, begin, end)

    def _hear_not_held(self, asked: Resend, oldest: int, following: int) -> None:
        epoch = self._epoch
        if epoch is None or epoch.top is None:
            return
        first = unwrap_sequence(asked.first, epoch.top)
        end = first + asked.count
        held_from = unwrap_sequence(oldest, epoch.top)
        held_to = unwrap_sequence(following, epoch.top)
        if first < held_from:
            epoch.give_up(first, min(end, held_from), NOT_HELD)
        if end > held_to:
            epoch.give_up(max(first, held_to), end, NEVER_STORED)

    def _finish_resend(self, done: ResendDone) -> ResendDone | ResendOutcome:
        running, epoch = self._resend, self._epoch
        if running is None or running.tag != done.tag or epoch is None:
            return done
        self._resend = None
        complete = running.came.count() >= done.sent
        if complete and done.result == Result.OK and done.sent < running.end - running.first:
            epoch.give_up(running.first, running.end, NEVER_STORED)
        return ResendOutcome(done, complete)

    # --- what is notified -------------------------------------------------------------------------

    def hear_status(self, value: bytes, arrival_s: float) -> SensorStatus | None:
        """A status; None where it is not believed."""
        try:
            status = decode_status(value)
        except ProtocolError:
            self.counts.refused += 1
            return None
        if self.info is None or status.boot != self.info.boot_id & 0xFFFF:
            self.counts.other_boot += 1
            self.asks_for_info = self.info is not None
            return None
        epoch = self._epoch
        if epoch is not None:
            newest = (status.next_sequence - 1) % SEQUENCES
            if not epoch.hear_status(newest, status.oldest_sequence):
                self.asks_for_info |= epoch.suspected_restart
                return None
            top = epoch.top if epoch.top is not None else 0
            self._known_next = (unwrap_sequence(status.next_sequence, top), arrival_s)
            self._bound(epoch)
        self.status = status
        return status

    def hear_packet(
        self, value: bytes, arrival_s: float, lane: Lane | None = None
    ) -> tuple[SamplePacket, int] | None:
        """A packet of samples, and how many were new; None where it is not used.

        Args:
            value: As notified.
            arrival_s: Monotonic time.
            lane: Of the characteristic; a packet of another kind is refused.
        """
        try:
            packet = decode_packet(value)
        except ProtocolError as error:
            self.counts.refused += 1
            self.counts.cut += error.fault == Fault.LENGTH
            return None
        if packet is None:
            self.counts.unknown_kind += 1
            return None
        if lane is not None and LANES[packet.kind] is not lane:
            self.counts.refused += 1
            return None
        epoch = self._epoch
        if epoch is None:
            self.counts.foreign += 1
            return None
        if self._is_ahead(epoch, packet, arrival_s):
            self.counts.ahead += 1
            return None
        new = epoch.receive(packet.first_sequence, packet.counts, packet.t100us, LANES[packet.kind])
        self.asks_for_info |= epoch.suspected_restart
        if packet.kind is PacketKind.BACKFILL and self._resend is not None:
            self._note_backfill(epoch, packet)
        return packet, new

    def _note_backfill(self, epoch: EpochAssembly, packet: SamplePacket) -> None:
        running = self._resend
        if running is None or epoch.top is None:
            return
        first = unwrap_sequence(packet.first_sequence, epoch.top)
        low, high = max(first, running.first), min(first + len(packet.counts), running.end)
        running.came.add(low, high)

    def _is_ahead(self, epoch: EpochAssembly, packet: SamplePacket, arrival_s: float) -> bool:
        """The sensor cannot have measured so many since it last said how many there are."""
        if self._known_next is None or epoch.top is None:
            return False
        following, heard_s = self._known_next
        elapsed_s = max(0.0, arrival_s - heard_s) + self.params.ahead_s
        most = following + self.params.fastest * self.rate_hz * elapsed_s
        end = unwrap_sequence(packet.first_sequence, epoch.top) + len(packet.counts)
        return end > most

    def _bound(self, epoch: EpochAssembly) -> None:
        """Whatever a sensor does, what is missing takes little room."""
        if epoch.missing_ranges > self.params.most_ranges:
            missing = epoch.missing
            middle = missing[len(missing) // 2].first
            epoch.give_up(missing[0].first, middle, NOT_HELD)
