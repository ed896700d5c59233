"""What a client and one open sensor say to each other: what is heard, and what to ask next.

The radio's side of it (one action at a time, connections, states) is `open_sensor_link`.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.assembly_counts import NEVER_CAME
from sensor_screen.protocol.epoch_assembly import Lane
from sensor_screen.protocol.open_sensor_choice import choose_start, explain_refusal
from sensor_screen.protocol.open_sensor_control import (
    Acknowledge,
    AskTime,
    Identify,
    Reply,
    Resend,
    Result,
    SelfTest,
    SelfTested,
    SetLabel,
    Start,
    Stop,
)
from sensor_screen.protocol.open_sensor_hearing import OpenSensorHearing, ResendOutcome
from sensor_screen.protocol.open_sensor_link_words import Answered, InfoRead, Restarted
from sensor_screen.protocol.open_sensor_requests import RequestLine
from sensor_screen.protocol.open_sensor_resending import Resending
from sensor_screen.protocol.open_sensor_watch import StatusWatch
from sensor_screen.protocol.relay_frame import Channel
from sensor_screen.protocol.sequence_ranges import SEQUENCES

if TYPE_CHECKING:
    from sensor_screen.protocol.open_sensor_choice import HeldMark
    from sensor_screen.protocol.open_sensor_control import Request
    from sensor_screen.protocol.open_sensor_info import OpenSensorInfo
    from sensor_screen.protocol.open_sensor_link_words import LinkEvent, LinkParams, LinkPlan

_GOLDEN = 0.618_033_988_749_895
_FIRST_TIME_S = 0.2
_MOST_EVENTS = 4096
_PASSING = (Result.LOW_BATTERY, Result.FAULT, Result.DENIED, Result.IN_USE)


class SensorTalk:
    """The conversation with one sensor, through all its connections.

    Attributes:
        hearing: What is known of the sensor.
        requests: What is under way.
        resending: Which range is being sent again.
        events: What happened and was not told yet.
        begins: Measuring is wanted.
        stops: The end of measuring is wanted.
        stopped: STOP was answered on this connection.
        in_use: The sensor measures for somebody else.
        takes_over: That shall end.
        refused: Why the sensor cannot be used; empty: it can.
        trouble: The same, or why it cannot be used now.
        drop: Why this connection is of no use; empty: it is.
        info_wanted: The info must be read.
        enabled: Channels that are notified on this connection.
        not_before_s: Nothing is to be done before.
        durable: Up to where everything is safe here.
        acknowledged: Up to where the sensor knows it.
    """

    def __init__(
        self, plan: LinkPlan, params: LinkParams, hearing: OpenSensorHearing | None = None
    ) -> None:
        self.plan, self.params = plan, params
        self.hearing = hearing or OpenSensorHearing(params.hearing)
        self.hearing.own(plan.session)
        self.requests = RequestLine(params)
        self.resending = Resending(params)
        self.events: deque[LinkEvent] = deque(maxlen=_MOST_EVENTS)
        self.begins, self.stops = not plan.hold, False
        self.stopped = self.in_use = self.takes_over = self.info_wanted = False
        self.refused = self.trouble = self.drop = ""
        self.enabled: list[Channel] = []
        self.not_before_s = 0.0
        self.durable: HeldMark | None = None
        self.acknowledged: HeldMark | None = None
        self.start_at_s = self.progress_s = 0.0
        self._watch = StatusWatch(params)
        self._session = plan.session
        self._start: Start | None = None
        self._info_tries = 0
        self._info_at_s = float("-inf")
        self._time_at_s = self._ack_at_s = 0.0
        self._times_asked = 0

    def link_changed(self, now_s: float) -> None:
        """A connection came or went: nothing is under way any more, nothing is enabled."""
        self.hearing.link_changed()
        self.requests.forget()
        self.resending.forget()
        self._watch.forget()
        self.enabled.clear()
        self.stopped = self.in_use = False
        self.drop = self.refused
        self._info_tries = 0
        self.not_before_s = self.start_at_s = 0.0
        self.progress_s = now_s

    def refuse(self, why: str) -> None:
        """The sensor cannot be used, whatever comes."""
        self.refused = self.refused or why
        self.trouble = self.drop = self.refused

    def pass_time(self, now_s: float) -> None:
        """What happens by itself."""
        late = self.requests.overdue(now_s)
        if late:
            self.drop = late
        if self.hearing.asks_for_info and now_s >= self._info_at_s:
            self.info_wanted, self._info_tries = True, 0
            self._info_at_s = now_s + self.params.info_again_s
        epoch = self.hearing.epoch
        silent = self.stopped and now_s - self.progress_s > self.params.drain_silence_s
        if silent and epoch is not None:
            epoch.give_up_all(NEVER_CAME)

    # --- what to ask ------------------------------------------------------------------------------

    def choose_request(self, now_s: float) -> Request | None:
        """What to write now; None: nothing."""
        if self.requests.queue:
            return self.requests.queue.popleft()
        if self.stops and not self.stopped:
            return Stop() if now_s >= self.start_at_s else None
        if not self.stops and not self.hearing.started:
            return self._choose_start(now_s)
        return self._choose_service(now_s)

    def _choose_start(self, now_s: float) -> Start | Stop | None:
        info = self.hearing.info
        if not self.begins or now_s < self.start_at_s or info is None:
            return None
        if self.takes_over:
            return Stop()
        if self._start is None:
            try:
                self._start = choose_start(info, self.plan, self._session)
            except ProtocolError as error:
                self.refuse(str(error))
        return self._start

    def _choose_service(self, now_s: float) -> AskTime | Acknowledge | Resend | None:
        epoch = self.hearing.epoch
        if epoch is None:
            return None
        if self.hearing.started and now_s >= self._time_at_s:
            return self._ask_time(now_s)
        if self.needs_ack() and now_s >= self._ack_at_s and self.durable is not None:
            self._ack_at_s = now_s + self.params.acknowledge_s
            return Acknowledge(self.durable.end % SEQUENCES)
        return self.resending.choose(epoch, now_s, finished=self.stopped)

    def _ask_time(self, now_s: float) -> AskTime:
        """At moments that have no rhythm: the golden section meets all phases evenly."""
        phase = self._times_asked * _GOLDEN % 1.0
        self._times_asked += 1
        step = 1.0 + self._times_asked * _GOLDEN % 1.0 - phase
        self._time_at_s = now_s + step * self.params.time_s
        return AskTime()

    def needs_ack(self) -> bool:
        """More is safe here than the sensor knows."""
        epoch, mark = self.hearing.epoch, self.durable
        ours = epoch is not None and mark is not None and mark.boot_id == epoch.boot_id
        return ours and mark != self.acknowledged

    def due_s(self, now_s: float) -> float:
        """When there may be something to write, while nothing is under way."""
        if self.requests.queue:
            return now_s
        if not self.hearing.started and not self.stopped:
            wanted = self.stops or (self.begins and not self.refused)
            return self.start_at_s if wanted else now_s + 1.0
        due = [now_s + 1.0]
        if self.hearing.started and not self.stops:
            due.append(self._time_at_s)
        if self.needs_ack():
            due.append(self._ack_at_s)
        if self.hearing.epoch is not None:
            resend_s = self.resending.due_s(self.hearing.epoch, finished=self.stopped)
            due += [] if resend_s is None else [resend_s]
        return min(due)

    def withdraw(self, now_s: float) -> None:
        """What was to be written was not taken."""
        self.not_before_s = now_s + self.params.retry_s
        request = self.requests.withdraw()
        if isinstance(request, Resend):
            self.resending.failed(now_s)
        elif isinstance(request, Identify | SetLabel | SelfTest):
            self.events.append(Answered(type(request).__name__, ok=False))

    # --- what the sensor says ---------------------------------------------------------------------

    def hear_info(self, value: bytes, now_s: float) -> None:
        """The info was read."""
        before = self.hearing.info
        try:
            info = self.hearing.hear_info(value)
        except ProtocolError as error:
            self._info_tries += 1
            self.not_before_s = now_s + self.params.retry_s
            if self._info_tries >= self.params.info_tries:
                self.refuse(str(error))
            return
        self.info_wanted, self._info_tries = False, 0
        self._info_at_s = now_s + self.params.info_again_s
        self.events.append(InfoRead(info))
        meant = self.plan.serial or (info if before is None else before).serial
        if info.serial != meant:
            self.refuse(
                f"Sensor {info.serial}: another one was meant, {meant}; switch this one off, or "
                "choose it."
            )
        elif before is not None and before.boot_id != info.boot_id:
            self._hear_restart(before, info)

    def _hear_restart(self, before: OpenSensorInfo, now: OpenSensorInfo) -> None:
        """Numbers and clock begin anew, and so does the session."""
        self.events.append(Restarted(before.boot_id, now.boot_id))
        self._session = self._session % (SEQUENCES - 1) + 1
        self.hearing.own(self._session)
        self.hearing.link_changed()
        self.resending.forget()
        self.requests.waiting = None
        self._watch.forget()
        self._start = self.durable = self.acknowledged = None
        self.stopped = False

    def hear_status(self, value: bytes, now_s: float) -> None:
        """A status."""
        status = self.hearing.hear_status(value, now_s)
        if status is None:
            return
        ours = self.hearing.started and not self.stops
        rate_hz = self.hearing.rate_hz
        self.events.extend(self._watch.hear_status(status, now_s, rate_hz, measuring=ours))
        if self._watch.ended:
            self._watch.ended = self.hearing.started = False
            self.start_at_s = now_s + self.params.retry_s

    def hear_battery(self, value: bytes) -> None:
        """A value of the Battery Service."""
        self.events.extend(self._watch.hear_battery(value))

    def hear_packet(self, channel: Channel, value: bytes, now_s: float, mtu: int | None) -> None:
        """A packet of samples."""
        lane = Lane.LIVE if channel == Channel.LIVE else Lane.BACKFILL
        cut = self.hearing.counts.cut
        heard = self.hearing.hear_packet(value, now_s, lane)
        if heard is None:
            if self.hearing.counts.cut > cut:
                self.events.extend(self._watch.hear_cut(mtu))
            return
        if heard[1]:
            self.progress_s = now_s
        if lane is Lane.BACKFILL:
            self.resending.heard(now_s)
        epoch = self.hearing.epoch
        if epoch is not None:
            # The link needs numbers only: samples are kept by those who receive them.
            epoch.drop_ready()

    def hear_control(self, value: bytes, now_s: float) -> None:
        """An indication of the control point."""
        try:
            said = self.hearing.hear_control(value)
        except ProtocolError as error:
            if self.hearing.reused_boot:
                self.refuse(str(error))
            return
        if isinstance(said, ResendOutcome):
            self.resending.done(said, now_s)
        elif isinstance(said, Reply):
            request = self.requests.answered(said)
            if request is not None:
                self._hear_reply(request, said, now_s)

    def _hear_reply(self, request: Request, reply: Reply, now_s: float) -> None:
        ok = reply.result == Result.OK
        if isinstance(request, Start):
            self._hear_start(reply, now_s)
        elif isinstance(request, Stop):
            self._hear_stop(now_s, ok=ok)
        elif isinstance(request, Resend):
            self.resending.answered(reply.result, now_s)
            if reply.result == Result.STATE and Channel.BACKFILL in self.enabled:
                self.enabled.remove(Channel.BACKFILL)
        elif isinstance(request, Acknowledge):
            # INVALID: the sensor knows a later one, so it knows this one.
            if ok or reply.result == Result.INVALID:
                self.acknowledged = self.durable
        elif isinstance(request, Identify | SetLabel | SelfTest):
            faults = reply.body.faults if isinstance(reply.body, SelfTested) else None
            self.events.append(Answered(type(request).__name__, ok, faults))

    def _hear_start(self, reply: Reply, now_s: float) -> None:
        if reply.result == Result.OK:
            self.in_use, self.trouble = False, ""
            self._time_at_s = now_s + _FIRST_TIME_S
            return
        self.trouble = explain_refusal(reply)
        self.in_use = reply.result == Result.IN_USE
        self.start_at_s = now_s + self.params.start_retry_s
        if reply.result not in _PASSING:
            self.refuse(self.trouble)

    def _hear_stop(self, now_s: float, *, ok: bool) -> None:
        if not ok:
            self.start_at_s = now_s + self.params.retry_s
        elif self.stops:
            self.stopped, self.progress_s = True, now_s
            self.resending.pause(now_s + self.params.retry_s)
            self.hearing.started = False
        else:
            self.takes_over = self.in_use = False
            self.start_at_s = now_s
