"""The client of one open sensor, without a radio (PROTOCOL.md, section 9).

A radio shell tells what happens (`connected`, `disconnected`, `received`, `read_done`, `wrote`,
`refused`) and does what `next` asks for, one thing at a time, at the latest at `wanted_at`. The
journal tells what is safe (`durable`). Times are seconds of one monotonic clock.

    link.connected(now_s, mtu)
    while (action := link.next(now_s)) is not None:
        match action:
            case Read(channel): link.read_done(channel, await read(channel), now_s)
            case Enable(channel): await enable(channel); link.wrote(now_s)
            case Write(value): await write(value); link.wrote(now_s)
            case Drop(): await disconnect(); link.disconnected(now_s, reason)

No bytes of the sensor make it raise: what is not understood is counted in `hearing.counts`.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.assembly_counts import NEVER_CAME
from sensor_screen.protocol.epoch_assembly import Lane
from sensor_screen.protocol.open_sensor_choice import HeldMark, choose_start, explain_refusal
from sensor_screen.protocol.open_sensor_control import (
    Acknowledge,
    AskTime,
    Identify,
    Reply,
    Resend,
    ResendDone,
    Result,
    RunningSession,
    SelfTest,
    SelfTested,
    SetLabel,
    Start,
    Stop,
)
from sensor_screen.protocol.open_sensor_hearing import OpenSensorHearing, ResendOutcome
from sensor_screen.protocol.open_sensor_link_words import (
    Answered,
    Drop,
    Enable,
    InfoRead,
    LinkParams,
    LinkState,
    Read,
    Restarted,
    SamplesGone,
    StateChanged,
    Write,
)
from sensor_screen.protocol.open_sensor_requests import RequestLine
from sensor_screen.protocol.open_sensor_resending import Resending
from sensor_screen.protocol.open_sensor_watch import StatusWatch
from sensor_screen.protocol.relay_frame import Channel
from sensor_screen.protocol.sequence_ranges import SEQUENCES

if TYPE_CHECKING:
    from sensor_screen.protocol.epoch_assembly import EpochAssembly
    from sensor_screen.protocol.open_sensor_control import Request
    from sensor_screen.protocol.open_sensor_info import OpenSensorInfo
    from sensor_screen.protocol.open_sensor_link_words import Action, LinkEvent, LinkPlan

_ORDER = (Channel.CONTROL, Channel.STATUS, Channel.LIVE, Channel.BACKFILL)
_ATT_NOT_ENCRYPTED, _ATT_INDICATIONS_OFF = 0x0F, 0xFD
_GOLDEN = 0.618_033_988_749_895
_MOST_EVENTS = 4096
_PASSING = (Result.LOW_BATTERY, Result.FAULT, Result.DENIED, Result.IN_USE)


class OpenSensorLink:
    """One sensor, through all its connections, from the first to the last sample.

    Args:
        plan: What is to be measured.
        params: Tuning; None for the defaults.

    Attributes:
        plan: As given.
        state: Where it stands.
        trouble: Why it cannot go on by itself; empty where it can.
        hearing: What is known of the sensor: info, status, counts, samples.
        mtu: Of this connection; None: not known.
    """

    def __init__(self, plan: LinkPlan, params: LinkParams | None = None) -> None:
        self.plan = plan
        self.params = params or LinkParams()
        self.state = LinkState.APART
        self.trouble = ""
        self.hearing = OpenSensorHearing(self.params.hearing)
        self.hearing.own(plan.session)
        self.mtu: int | None = None
        self._events: deque[LinkEvent] = deque(maxlen=_MOST_EVENTS)
        self._requests = RequestLine(self.params)
        self._resending = Resending(self.params)
        self._watch = StatusWatch(self.params)
        self._begins, self._stops = not plan.hold, False
        self._takes_over = False
        self._session = plan.session
        self._up = False
        self._info_wanted = False
        self._info_tries = 0
        self._info_at_s = float("-inf")
        self._enabled: list[Channel] = []
        self._start: Start | None = None
        self._stopped = False
        self._refused = ""
        self._not_before_s = 0.0
        self._start_at_s = 0.0
        self._in_use = False
        self._time_at_s = 0.0
        self._time_count = 0
        self._ack_at_s = 0.0
        self._durable: HeldMark | None = None
        self._acknowledged: HeldMark | None = None
        self._progress_s = 0.0
        self._drop = ""

    # --- what the radio tells ---------------------------------------------------------------------

    def connected(self, now_s: float, mtu: int | None = None) -> None:
        """A new connection; `mtu` may be told again when it is known better."""
        self.mtu = mtu
        if self._up:
            return
        self._up = True
        self._reset_link(now_s)
        self._info_wanted = True
        self._settle(now_s)

    def disconnected(self, now_s: float, reason: int = 0) -> None:  # noqa: ARG002
        """The connection is gone (HCI reason; 0: not known). The sensor measures on."""
        self._up = False
        self._reset_link(now_s)
        self._settle(now_s)

    def _reset_link(self, now_s: float) -> None:
        self.hearing.link_changed()
        self._requests.forget()
        self._resending.forget()
        self._watch.forget()
        self._enabled.clear()
        self._stopped = self._in_use = False
        self._info_tries, self._drop = 0, ""
        self._not_before_s = self._start_at_s = 0.0
        self._progress_s = now_s

    def received(self, channel: Channel, value: bytes, now_s: float) -> None:
        """A notification or indication."""
        if channel in (Channel.LIVE, Channel.BACKFILL):
            self._hear_packet(channel, value, now_s)
        elif channel == Channel.STATUS:
            self._hear_status(value, now_s)
        elif channel == Channel.CONTROL:
            self._hear_control(value, now_s)
        elif channel == Channel.BATTERY:
            self._events.extend(self._watch.hear_battery(value))

    def read_done(self, channel: Channel, value: bytes, now_s: float) -> None:
        """What was read."""
        self._requests.action_ended(now_s)
        if channel == Channel.INFO:
            self._hear_info(value, now_s)
        else:
            self.received(channel, value, now_s)

    def wrote(self, now_s: float) -> None:
        """What `next` asked to write or to enable was accepted."""
        action = self._requests.action_ended(now_s)
        if isinstance(action, Enable) and action.channel not in self._enabled:
            self._enabled.append(action.channel)
        elif isinstance(action, Write):
            self.hearing.hear_written(action.value)
        self._settle(now_s)

    def refused(self, error: int, now_s: float) -> None:
        """What `next` asked for failed: the ATT error, or 0 where it is not known."""
        action = self._requests.action_ended(now_s, failed=True)
        self._not_before_s = now_s + self.params.retry_s
        if isinstance(action, Write):
            request = self._requests.withdraw()
            if isinstance(request, Resend):
                self._resending.failed(now_s)
            elif isinstance(request, Identify | SetLabel | SelfTest):
                self._requests.queue.appendleft(request)
        if error == _ATT_NOT_ENCRYPTED:
            self._drop = "The sensor wants to be paired first."
        elif error == _ATT_INDICATIONS_OFF and Channel.CONTROL in self._enabled:
            self._enabled.remove(Channel.CONTROL)
        if self._requests.failures >= self.params.write_tries:
            self._drop = "The sensor keeps refusing what it is asked."
        self._settle(now_s)

    # --- what the person and the journal tell -----------------------------------------------------

    def begin(self, now_s: float) -> None:
        """Measure, where the plan said to wait."""
        self._begins = True
        self._settle(now_s)

    def stop(self, now_s: float) -> None:
        """End measuring, and fetch what is missing; the connection is needed until `COMPLETE`."""
        self._stops, self._progress_s = True, now_s
        self._settle(now_s)

    def take_over(self, now_s: float) -> None:
        """End what the sensor measures for somebody else."""
        self._takes_over = self._in_use
        self._start_at_s = now_s

    def ask(self, request: Identify | SetLabel | SelfTest) -> None:
        """Blink, label or test; the answer is an `Answered`. A full queue drops the oldest."""
        self._requests.queue.append(request)

    @property
    def held(self) -> HeldMark | None:
        """Up to where nothing may yet come: give it to `durable` once all that is on a disk."""
        epoch = self.hearing.epoch
        end = None if epoch is None else epoch.contiguous_end
        return None if epoch is None or end is None else HeldMark(epoch.boot_id, end)

    def durable(self, mark: HeldMark) -> None:
        """Everything before a mark that `held` gave would survive a power cut."""
        epoch = self.hearing.epoch
        if epoch is None or mark.boot_id != epoch.boot_id:
            return
        known = self._durable
        if known is None or known.boot_id != mark.boot_id or known.end < mark.end:
            self._durable = mark

    def take_events(self) -> list[LinkEvent]:
        """What happened since the last call."""
        events = list(self._events)
        self._events.clear()
        return events

    # --- what is to be done -----------------------------------------------------------------------

    def next(self, now_s: float) -> Action | None:
        """The next thing to do; None: wait until something comes, or until `wanted_at`."""
        if not self._up:
            return None
        self._pass_time(now_s)
        if self._drop:
            reason, self._drop = self._drop, ""
            self._requests.begin_action(Drop(reason), now_s)
            return Drop(reason)
        if self._requests.action is not None or now_s < self._not_before_s:
            return None
        action = self._choose(now_s)
        if action is not None:
            self._requests.begin_action(action, now_s)
        return action

    def wanted_at(self, now_s: float) -> float | None:
        """When to call `next` again at the latest; None: not before something comes."""
        if not self._up:
            return None
        if self._drop:
            return now_s
        if self._requests.action is not None:
            return self._requests.due_s
        due = [self._not_before_s]
        if self._requests.waiting is None:
            due.append(self._request_due_s(now_s))
        elif self._requests.due_s is not None:
            due.append(self._requests.due_s)
        return max(now_s, *due)

    def _request_due_s(self, now_s: float) -> float:
        if self._info_wanted or len(self._enabled) < len(_ORDER) or self._requests.queue:
            return now_s
        if not self.hearing.started and not self._stopped:
            return self._start_at_s if self._begins or self._stops else now_s + 1.0
        due = [now_s + 1.0, self._time_at_s]
        if self._needs_ack():
            due.append(self._ack_at_s)
        epoch = self.hearing.epoch
        if epoch is not None:
            resend_s = self._resending.due_s(epoch, finished=self._stopped)
            due += [] if resend_s is None else [resend_s]
        return min(due)

    def _choose(self, now_s: float) -> Action | None:
        if self._refused:
            return None
        if self._info_wanted:
            return Read(Channel.INFO)
        for channel in _ORDER:
            if channel not in self._enabled:
                return Enable(channel)
        if self._requests.waiting is not None:
            return None
        request = self._choose_request(now_s)
        return None if request is None else Write(self._requests.send(request, now_s))

    def _choose_request(self, now_s: float) -> Request | None:
        if self._requests.queue:
            return self._requests.queue.popleft()
        epoch = self.hearing.epoch
        if self._stops:
            if not self._stopped and now_s >= self._start_at_s:
                return Stop()
        elif not self.hearing.started:
            if not self._begins or now_s < self._start_at_s:
                return None
            return Stop() if self._takes_over else self._start_request()
        if epoch is None:
            return None
        if self.hearing.started and now_s >= self._time_at_s:
            self._time_count += 1
            phase = self._time_count * _GOLDEN % 1.0 - (self._time_count - 1) * _GOLDEN % 1.0
            self._time_at_s = now_s + max(0.1, (1.0 + phase) * self.params.time_s)
            return AskTime()
        if self._needs_ack() and now_s >= self._ack_at_s and self._durable is not None:
            self._ack_at_s = now_s + self.params.acknowledge_s
            return Acknowledge(self._durable.end % SEQUENCES)
        return self._resending.choose(epoch, now_s, finished=self._stopped)

    def _start_request(self) -> Start | None:
        info = self.hearing.info
        if info is None:
            return None
        if self._start is None:
            try:
                self._start = choose_start(info, self.plan, self._session)
            except ProtocolError as error:
                self._refuse(str(error))
        return self._start

    def _needs_ack(self) -> bool:
        epoch = self.hearing.epoch
        mark = self._durable
        known = epoch is not None and mark is not None and mark.boot_id == epoch.boot_id
        return known and mark != self._acknowledged

    # --- time -------------------------------------------------------------------------------------

    def _pass_time(self, now_s: float) -> None:
        late = self._requests.overdue(now_s)
        if late:
            self._drop = late
        if self.hearing.asks_for_info and now_s >= self._info_at_s:
            self._info_wanted, self._info_tries = True, 0
            self._info_at_s = now_s + self.params.info_again_s
        epoch = self.hearing.epoch
        silent_s = now_s - self._progress_s
        if self._stopped and epoch is not None and silent_s > self.params.drain_silence_s:
            if epoch.top is not None and epoch.contiguous_end is not None:
                epoch.give_up(epoch.contiguous_end, epoch.top, NEVER_CAME)
        self._settle(now_s)

    # --- what the sensor says ---------------------------------------------------------------------

    def _hear_info(self, value: bytes, now_s: float) -> None:
        before = self.hearing.info
        try:
            info = self.hearing.hear_info(value)
        except ProtocolError as error:
            self._info_tries += 1
            self._not_before_s = now_s + self.params.retry_s
            if self._info_tries >= self.params.info_tries:
                self._refuse(str(error))
            self._settle(now_s)
            return
        self._info_wanted, self._info_tries = False, 0
        self._info_at_s = now_s + self.params.info_again_s
        self._events.append(InfoRead(info))
        if self.plan.serial and info.serial != self.plan.serial:
            self._refuse(
                f"Sensor {info.serial}: another one was meant, {self.plan.serial}; switch this one "
                "off, or choose it."
            )
        elif before is not None and before.boot_id != info.boot_id:
            self._hear_restart(before, info)
        self._settle(now_s)

    def _hear_restart(self, before: OpenSensorInfo, now: OpenSensorInfo) -> None:
        """Numbers and clock begin anew, and so does the session."""
        self._events.append(Restarted(before.boot_id, now.boot_id))
        if before.serial != now.serial:
            self._refuse(
                f"Sensor {now.serial}: answers where {before.serial} answered before; "
                "record it as a sensor of its own."
            )
        self._session = (self._session % (SEQUENCES - 1)) + 1
        self.hearing.own(self._session)
        self.hearing.link_changed()
        self._resending.forget()
        self._requests.forget_waiting()
        self._watch.forget()
        self._start = self._durable = self._acknowledged = None
        self._stopped = False

    def _hear_status(self, value: bytes, now_s: float) -> None:
        status = self.hearing.hear_status(value, now_s)
        if status is not None:
            ours = self.hearing.started and not self._stops
            self._events.extend(
                self._watch.hear_status(status, now_s, self.hearing.rate_hz, measuring=ours)
            )
            if self._watch.ended:
                self._watch.ended = self.hearing.started = False
                self._start_at_s = now_s + self.params.retry_s
        self._settle(now_s)

    def _hear_packet(self, channel: Channel, value: bytes, now_s: float) -> None:
        lane = Lane.LIVE if channel == Channel.LIVE else Lane.BACKFILL
        cut = self.hearing.counts.cut
        heard = self.hearing.hear_packet(value, now_s, lane)
        if heard is None:
            if self.hearing.counts.cut > cut:
                self._events.extend(self._watch.hear_cut(self.mtu))
            return
        if heard[1]:
            self._progress_s = now_s
        if lane is Lane.BACKFILL:
            self._resending.heard(now_s)
        epoch = self.hearing.epoch
        if epoch is not None:
            # The link needs numbers only: samples are kept by those who receive them.
            epoch.drop_ready()

    def _hear_control(self, value: bytes, now_s: float) -> None:
        try:
            said = self.hearing.hear_control(value)
        except ProtocolError as error:
            if self.hearing.info is not None and self.hearing.epoch is None:
                self._refuse(str(error))
            return
        if isinstance(said, ResendOutcome):
            self._resending.done(said, now_s)
        elif isinstance(said, ResendDone):
            pass
        elif isinstance(said, Reply):
            request = self._requests.answered(said)
            if request is not None:
                self._hear_reply(request, said, now_s)
        self._settle(now_s)

    def _hear_reply(self, request: Request, reply: Reply, now_s: float) -> None:
        ok = reply.result == Result.OK
        if isinstance(request, Start):
            self._hear_start(reply, now_s)
        elif isinstance(request, Stop):
            self._hear_stop(now_s, ok=ok)
        elif isinstance(request, Resend):
            self._hear_resend_reply(reply, now_s)
        elif isinstance(request, Acknowledge):
            self._acknowledged = self._durable if ok else self._acknowledged
            if reply.result == Result.INVALID:
                # The sensor knows a later one: what is safe here is safe there.
                self._acknowledged = self._durable
        elif isinstance(request, Identify | SetLabel | SelfTest):
            faults = reply.body.faults if isinstance(reply.body, SelfTested) else None
            self._events.append(Answered(type(request).__name__, ok, faults))

    def _hear_start(self, reply: Reply, now_s: float) -> None:
        if reply.result == Result.OK:
            self._in_use, self.trouble = False, ""
            self._time_at_s = now_s + 0.2
            return
        self.trouble = explain_refusal(reply)
        self._in_use = reply.result == Result.IN_USE and isinstance(reply.body, RunningSession)
        self._start_at_s = now_s + self.params.start_retry_s
        if reply.result not in _PASSING:
            self._refuse(self.trouble)

    def _hear_stop(self, now_s: float, *, ok: bool) -> None:
        if not ok:
            self._start_at_s = now_s + self.params.retry_s
        elif self._stops:
            self._stopped, self._progress_s = True, now_s
            self.hearing.started = False
        else:
            self._takes_over = self._in_use = False
            self._start_at_s = now_s

    def _hear_resend_reply(self, reply: Reply, now_s: float) -> None:
        self._resending.answered(reply.result, now_s)
        if reply.result == Result.STATE and Channel.BACKFILL in self._enabled:
            self._enabled.remove(Channel.BACKFILL)

    # --- where it stands --------------------------------------------------------------------------

    def _refuse(self, why: str) -> None:
        self._refused = self._refused or why
        self.trouble = self._refused
        self._drop = self._refused

    def _settle(self, now_s: float) -> None:
        """Tell what changed."""
        self._events.extend(map(SamplesGone, self.hearing.assembler.take_given_up()))
        state = self._find_state()
        if state is not self.state:
            self.state = state
            self._events.append(StateChanged(state, self.trouble))
            self._progress_s = now_s

    def _find_state(self) -> LinkState:
        if self._refused:
            return LinkState.REFUSED
        if self._stops and self._is_complete():
            safe = self._acknowledged is not None and self._acknowledged == self.held
            return LinkState.FINISHED if safe or self.held is None else LinkState.COMPLETE
        if not self._up:
            return LinkState.APART
        if self._info_wanted or len(self._enabled) < len(_ORDER):
            return LinkState.ASKING
        return self._find_measuring_state()

    def _find_measuring_state(self) -> LinkState:
        if self._stops:
            return LinkState.DRAINING if self._stopped else LinkState.STOPPING
        if self._in_use:
            return LinkState.IN_USE
        if not self.hearing.started:
            return LinkState.STARTING if self._begins else LinkState.READY
        behind = self._is_behind(self.hearing.epoch)
        return LinkState.CATCHING_UP if behind else LinkState.STREAMING

    def _is_behind(self, epoch: EpochAssembly | None) -> bool:
        return self._resending.running or (epoch is not None and bool(epoch.ranges_to_ask(1)))

    def _is_complete(self) -> bool:
        """The sensor has said where it ended, and nothing is missing before."""
        epoch = self.hearing.epoch
        if epoch is None:
            return self._stopped or (self.state is LinkState.APART and self.hearing.start is None)
        return (self._stopped or self.state in (LinkState.COMPLETE, LinkState.FINISHED)) and (
            epoch.contiguous_end == epoch.top
        )
