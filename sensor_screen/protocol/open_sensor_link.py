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
            case Drop(): await disconnect(); link.disconnected(now_s)

No bytes of the sensor make it raise: what is not understood is counted in `hearing.counts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.protocol.open_sensor_choice import HeldMark
from sensor_screen.protocol.open_sensor_link_words import (
    Drop,
    Enable,
    LinkParams,
    LinkState,
    Read,
    SamplesGone,
    StateChanged,
    Write,
)
from sensor_screen.protocol.open_sensor_talk import SensorTalk
from sensor_screen.protocol.relay_frame import Channel

if TYPE_CHECKING:
    from sensor_screen.protocol.open_sensor_control import Identify, SelfTest, SetLabel
    from sensor_screen.protocol.open_sensor_hearing import OpenSensorHearing
    from sensor_screen.protocol.open_sensor_link_words import Action, LinkEvent, LinkPlan

ENABLE_ORDER = (Channel.CONTROL, Channel.STATUS, Channel.LIVE, Channel.BACKFILL)
ATT_NOT_ENCRYPTED = 0x0F
ATT_INDICATIONS_OFF = 0xFD
_OVER = (LinkState.COMPLETE, LinkState.FINISHED)


class OpenSensorLink:
    """One sensor, through all its connections, from the first to the last sample.

    Args:
        plan: What is to be measured.
        params: Tuning; None for the defaults.
        hearing: What was heard before this program started, by `OpenSensorHearing.replay` of a
            journal; the link's alone from now on. The plan must have the session of then.

    Attributes:
        plan: As given.
        params: As given.
        state: Where it stands.
        mtu: Of this connection; None: not known.
    """

    def __init__(
        self,
        plan: LinkPlan,
        params: LinkParams | None = None,
        hearing: OpenSensorHearing | None = None,
    ) -> None:
        self.plan = plan
        self.params = params or LinkParams()
        self.state = LinkState.APART
        self.mtu: int | None = None
        self._talk = SensorTalk(plan, self.params, hearing)
        self._up = False
        self._ever_up = False
        self._told_trouble = ""

    @property
    def hearing(self) -> OpenSensorHearing:
        """What is known of the sensor: info, status, samples, counts of what was not believed."""
        return self._talk.hearing

    @property
    def trouble(self) -> str:
        """Why it does not go on; one sentence, empty where it does."""
        return self._talk.trouble

    # --- what the radio tells ---------------------------------------------------------------------

    def connected(self, now_s: float, mtu: int | None = None) -> None:
        """A new connection; `mtu` may be told again when it is known better."""
        self.mtu = mtu
        if self._up:
            return
        self._up = self._ever_up = True
        self._talk.link_changed(now_s)
        self._talk.info_wanted = True
        self._settle()

    def disconnected(self, now_s: float, reason: int = 0) -> None:  # noqa: ARG002
        """The connection is gone (HCI reason; 0: not known). The sensor measures on."""
        self._up = False
        self._talk.link_changed(now_s)
        self._settle()

    def received(self, channel: Channel, value: bytes, now_s: float) -> None:
        """A notification or indication; any bytes."""
        talk = self._talk
        if channel in (Channel.LIVE, Channel.BACKFILL):
            talk.hear_packet(channel, value, now_s, self.mtu)
            return
        if channel == Channel.STATUS:
            talk.hear_status(value, now_s)
        elif channel == Channel.CONTROL:
            talk.hear_control(value, now_s)
        elif channel == Channel.BATTERY:
            talk.hear_battery(value)
        self._settle()

    def read_done(self, channel: Channel, value: bytes, now_s: float) -> None:
        """What was read, asked for or not."""
        if isinstance(self._talk.requests.action, Read):
            self._talk.requests.action_ended(now_s)
        if channel == Channel.INFO:
            self._talk.hear_info(value, now_s)
            self._settle()
        else:
            self.received(channel, value, now_s)

    def wrote(self, now_s: float) -> None:
        """What `next` asked to write or to enable was accepted."""
        talk = self._talk
        action = talk.requests.action_ended(now_s)
        if isinstance(action, Enable) and action.channel not in talk.enabled:
            talk.enabled.append(action.channel)
        elif isinstance(action, Write):
            self.hearing.hear_written(action.value)
        self._settle()

    def refused(self, error: int, now_s: float) -> None:
        """What `next` asked for failed: the ATT error, or 0 where it is not known."""
        talk = self._talk
        action = talk.requests.action_ended(now_s, failed=True)
        talk.not_before_s = now_s + self.params.retry_s
        if isinstance(action, Write):
            talk.withdraw(now_s)
        if error == ATT_NOT_ENCRYPTED:
            talk.drop = talk.trouble = "The sensor wants to be paired first; press its button."
        elif error == ATT_INDICATIONS_OFF and Channel.CONTROL in talk.enabled:
            talk.enabled.remove(Channel.CONTROL)
        if talk.requests.failures >= self.params.write_tries:
            talk.drop = "The sensor keeps refusing what it is asked."
        self._settle()

    # --- what the person and the journal tell -----------------------------------------------------

    def begin(self, now_s: float) -> None:  # noqa: ARG002
        """Measure, where the plan said to wait."""
        self._talk.begins = True
        self._settle()

    def stop(self, now_s: float) -> None:
        """End measuring, and fetch what is missing; the connection is needed until `COMPLETE`."""
        self._talk.stops, self._talk.progress_s = True, now_s
        self._settle()

    def take_over(self, now_s: float) -> None:
        """End what the sensor measures for somebody else."""
        self._talk.takes_over = self._talk.in_use
        self._talk.start_at_s = now_s

    def ask(self, request: Identify | SetLabel | SelfTest) -> None:
        """Blink, label or test; the answer is an `Answered`. Of more than 16, the first go."""
        self._talk.requests.queue.append(request)

    @property
    def held(self) -> HeldMark | None:
        """Up to where nothing may yet come: give it to `durable` once all that is on a disk."""
        epoch = self.hearing.epoch
        end = None if epoch is None else epoch.contiguous_end
        return None if epoch is None or end is None else HeldMark(epoch.boot_id, end)

    def durable(self, mark: HeldMark) -> None:
        """Everything before a mark that `held` gave would survive a power cut."""
        held, known = self.held, self._talk.durable
        if held is None or mark.boot_id != held.boot_id or mark.end > held.end:
            return
        if known is None or known.boot_id != mark.boot_id or known.end < mark.end:
            self._talk.durable = mark

    def take_events(self) -> list[LinkEvent]:
        """What happened since the last call."""
        events = list(self._talk.events)
        self._talk.events.clear()
        return events

    # --- what is to be done -----------------------------------------------------------------------

    def next(self, now_s: float) -> Action | None:
        """The next thing to do; None: wait until something comes, or until `wanted_at`."""
        if not self._up:
            return None
        talk = self._talk
        talk.pass_time(now_s)
        action = self._choose(now_s)
        if action is not None:
            talk.requests.begin_action(action, now_s)
        self._settle()
        return action

    def _choose(self, now_s: float) -> Action | None:
        talk = self._talk
        if talk.drop:
            reason, talk.drop = talk.drop, ""
            return Drop(reason)
        if talk.requests.action is not None or now_s < talk.not_before_s or talk.refused:
            return None
        if talk.info_wanted:
            return Read(Channel.INFO)
        for channel in ENABLE_ORDER:
            if channel not in talk.enabled:
                return Enable(channel)
        request = talk.choose_request(now_s) if talk.requests.waiting is None else None
        return None if request is None else Write(talk.requests.send(request, now_s))

    def wanted_at(self, now_s: float) -> float | None:
        """When to call `next` again at the latest; None: not before something comes."""
        talk = self._talk
        if not self._up:
            return None
        if talk.drop:
            return now_s
        if talk.requests.due_s is not None:
            return max(now_s, talk.requests.due_s)
        if talk.info_wanted or len(talk.enabled) < len(ENABLE_ORDER):
            return max(now_s, talk.not_before_s)
        return max(now_s, talk.not_before_s, talk.due_s(now_s))

    # --- where it stands --------------------------------------------------------------------------

    def _settle(self) -> None:
        """Tell what changed."""
        talk = self._talk
        talk.events.extend(map(SamplesGone, self.hearing.assembler.take_given_up()))
        state = self._find_state()
        if state is not self.state or talk.trouble != self._told_trouble:
            self.state, self._told_trouble = state, talk.trouble
            talk.events.append(StateChanged(state, talk.trouble))

    def _find_state(self) -> LinkState:
        talk = self._talk
        if talk.refused:
            return LinkState.REFUSED
        if talk.stops and self._is_complete():
            safe = self.held is None or talk.acknowledged == self.held
            return LinkState.FINISHED if safe else LinkState.COMPLETE
        if not self._up:
            return LinkState.APART
        if talk.info_wanted or len(talk.enabled) < len(ENABLE_ORDER):
            return LinkState.ASKING
        return self._find_measuring_state()

    def _find_measuring_state(self) -> LinkState:
        talk, epoch = self._talk, self.hearing.epoch
        if talk.stops:
            return LinkState.DRAINING if talk.stopped else LinkState.STOPPING
        if talk.in_use:
            return LinkState.IN_USE
        if not self.hearing.started:
            return LinkState.STARTING if talk.begins else LinkState.READY
        if epoch is None:
            return LinkState.STREAMING
        if self.state is LinkState.CATCHING_UP:
            behind = talk.resending.running or bool(epoch.ranges_to_ask(1))
        else:
            behind = epoch.missing_samples > self.params.behind_s * self.hearing.rate_hz
        return LinkState.CATCHING_UP if behind else LinkState.STREAMING

    def _is_complete(self) -> bool:
        """The sensor has said where it ended, and nothing is missing before."""
        epoch = self.hearing.epoch
        if epoch is None:
            return self._talk.stopped or not self._ever_up
        ended = self._talk.stopped or self.state in _OVER
        return ended and epoch.contiguous_end == epoch.top
