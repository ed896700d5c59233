"""One stream of relay records, live: what its sensors show, while it runs.

    stream = LiveStream(book, claims)
    events = stream.feed(arrivals, marks)      as often as records come
    picture = stream.picture()                 everything so far, for who comes late

Sensors appear while it runs: a slot says where its sensor is worn, or the sensor itself does. Time
comes from the records alone, so the same records give the same events, however they are cut into
calls. A mark holds from the first record on that is not older, so it must be given before that
record; one that comes later holds from then on.

Whatever the bytes are, nothing is raised: what an estimator refuses is told, and ends the view of
that leg until the next still stand begins.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sensor_screen.errors import PlacementError
from sensor_screen.judgement import Claims
from sensor_screen.model import Placement, Side, Task
from sensor_screen.protocol.relay_frame import Channel, RelayKind
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.session.leg_grid import LegGrid, LegGridParams
from sensor_screen.session.live_events import Leg, LegPicture, LegState, LivePicture, Note, TaskSaid
from sensor_screen.session.marks import TASK_BEGINS, TASK_DROPPED, TASK_ENDS, TASK_WORDS, TaskList
from sensor_screen.session.receive import PLACEMENTS, SIDES, Receiver
from sensor_screen.session.received import ReceiverParams
from sensor_screen.session.stream_leg import StreamLeg, StreamLegParams
from sensor_screen.session.stream_sensor import StreamSensor, StreamSensorParams

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.core.live_blocks import LegBlock
    from sensor_screen.model import TaskInterval
    from sensor_screen.protocol.relay_frame import RelayArrival
    from sensor_screen.rules.rulebook import RuleBook
    from sensor_screen.session.live_events import LiveEvent
    from sensor_screen.session.marks import Mark
    from sensor_screen.session.received import ReceivedBlock

_BOTH = (Placement.SHANK, Placement.FOOT)
_QUIET = frozenset({Channel.LIVE, Channel.BACKFILL, Channel.STATUS, Channel.BATTERY})
"""Channels that say nothing of what a sensor is."""
_TASK_MARKS = (TASK_BEGINS, TASK_ENDS, TASK_DROPPED)


@dataclass(frozen=True, slots=True)
class LiveStreamParams:
    """Tuning of the live view."""

    receiver: ReceiverParams = field(
        default_factory=lambda: ReceiverParams(
            keep=False, in_order=False, refresh_share=0.1, most_waiting=64
        )
    )
    grid: LegGridParams = field(default_factory=lambda: LegGridParams(group_s=0.01, least_s=0.08))
    """All samples that are there, once there are 0.08 s of them: a packet holds 0.1 s, give or take
    a sample, and none of it waits for the next packet. Groups that begin at fixed times would, as
    the clocks of sensors drift against any such grid."""
    leg: StreamLegParams = field(default_factory=StreamLegParams)
    sensor: StreamSensorParams = field(default_factory=StreamSensorParams)
    look_s: float = 1.0
    """Between two looks at how the sensors are heard."""
    anew_s: float = 60.0
    """Where both sensors of a leg are silent for longer, it begins anew."""
    most_marks: int = 4096
    """Tasks that are known, and marks that wait for their time; of more, the oldest are left."""
    most_notes: int = 100
    """In the picture."""


@dataclass(slots=True)
class _Worn:
    """The two sensors of one leg."""

    slots: dict[Placement, int] = field(default_factory=dict)
    grid: LegGrid | None = None
    leg: StreamLeg | None = None
    newest_s: float = -math.inf
    said: Leg | None = None
    before: LegPicture | None = None
    """What was said before its sensors began anew."""


class LiveStream:
    """The live view of one stream.

    Args:
        book: Holds where zones begin; the shipped one where None.
        claims: Whom it is for; wellness has no zones.
        params: Tuning.
    """

    def __init__(
        self,
        book: RuleBook | None = None,
        claims: Claims = Claims.CLINICIAN,
        params: LiveStreamParams | None = None,
    ) -> None:
        self._book, self._claims = book or shipped_rulebook(), claims
        self._params = params or LiveStreamParams()
        self._receiver = Receiver(self._params.receiver)
        self._sensors: dict[int, StreamSensor] = {}
        self._worn: dict[Side, _Worn] = {}
        self._marks: deque[Mark] = deque(maxlen=self._params.most_marks)
        self._list = TaskList()
        self._tasks: tuple[TaskInterval, ...] = ()
        self._notes: deque[Note] = deque(maxlen=self._params.most_notes)
        self._now_s = self._look_s = 0.0
        self._events: list[LiveEvent] = []

    # --- in ---------------------------------------------------------------------------------------

    def feed(
        self, arrivals: Iterable[RelayArrival], marks: Iterable[Mark] = ()
    ) -> tuple[LiveEvent, ...]:
        """What follows from some records, and from marks that were said meanwhile.

        Args:
            arrivals: In the order in which they came.
            marks: In the order in which they were said; on the clock of the arrivals.
        """
        self._marks.extend(mark for mark in marks if math.isfinite(mark.at_s))
        for arrival in arrivals:
            while self._marks and self._marks[0].at_s <= arrival.arrival_s:
                self._hear_mark(self._marks.popleft())
            self._hear(arrival)
        return self._take_events()

    def finish(self) -> tuple[LiveEvent, ...]:
        """No more will come: the last word on everything."""
        while self._marks:
            self._hear_mark(self._marks.popleft())
        for worn in self._worn.values():
            if worn.leg is not None:
                self._events += worn.leg.finish()
        return self._take_events()

    def _take_events(self) -> tuple[LiveEvent, ...]:
        events, self._events = self._events, []
        return tuple(events)

    def _hear(self, arrival: RelayArrival) -> None:
        self._receiver.receive(arrival)
        number, base_s = arrival.slot, self._receiver.base_s or 0.0
        self._now_s = arrival.arrival_s - base_s
        if arrival.channel not in _QUIET or number not in self._sensors:
            self._settle(number)
        for block in self._receiver.take_live_of(number):
            self._take(number, block)
        if self._now_s >= self._look_s:
            self._look_s = math.floor(self._now_s) + self._params.look_s
            for one in self._sensors:
                self._look(one)
        elif arrival.kind in (RelayKind.LINK_UP, RelayKind.LINK_DOWN):
            self._look(number)

    def _hear_mark(self, mark: Mark) -> None:
        self._list.hear(mark)
        if mark.name not in _TASK_MARKS:
            return
        del self._list.spans[: -self._params.most_marks]
        base_s = self._receiver.base_s
        at_s = mark.at_s - (mark.at_s if base_s is None else base_s)
        begins = mark.name == TASK_BEGINS and mark.text in TASK_WORDS
        task = Task(mark.text) if begins else None
        self._events.append(TaskSaid(at_s, mark.name, task))
        self._tasks = self._list.intervals(base_s or 0.0, math.inf)
        if task is Task.STAND:
            for side, worn in self._worn.items():
                if worn.leg is None or not worn.leg.is_known:
                    self._begin(side, worn)

    # --- sensors ----------------------------------------------------------------------------------

    def _settle(self, number: int) -> None:
        """Where a sensor is worn and what it was set to, as far as it is known by now."""
        told, setting = self._receiver.sensors[number], self._receiver.setting_of(number)
        side = SIDES.get(told.side, setting.side or Side.NONE)
        placement = PLACEMENTS.get(told.placement, setting.placement)
        sensor = self._sensors.get(number)
        if sensor is None:
            sensor = self._sensors[number] = StreamSensor(number, told.serial, self._params.sensor)
        known = (sensor.side, sensor.placement, sensor.rate_hz, sensor.interval_mean)
        sensor.set(side, placement, setting)
        if known == (sensor.side, sensor.placement, sensor.rate_hz, sensor.interval_mean):
            return
        if (side, placement) != known[:2] and known[0] in self._worn:
            self._take_off(number, known[0])
        if side is not Side.NONE and placement in _BOTH:
            self._put_on(number, side, placement)
        self._look(number)

    def _take_off(self, number: int, side: Side) -> None:
        worn = self._worn[side]
        worn.slots = {place: slot for place, slot in worn.slots.items() if slot != number}
        self._begin(side, worn)

    def _put_on(self, number: int, side: Side, placement: Placement) -> None:
        worn = self._worn.setdefault(side, _Worn())
        if worn.slots.get(placement, number) != number:
            other = self._sensors[worn.slots[placement]].serial
            text = f"Sensors {other} and {self._sensors[number].serial} are both said to be worn "
            self._note(
                "place_taken", f"{text}at the {side} {placement}; the first one counts.", side
            )
            return
        worn.slots[placement] = number
        self._begin(side, worn)

    def _begin(self, side: Side, worn: _Worn) -> None:
        """Everything of a leg is learnt from here on, as far as its sensors are known."""
        if worn.leg is not None:
            worn.before = worn.leg.picture()
        worn.grid = worn.leg = None
        pair = [self._sensors[worn.slots[p]] for p in _BOTH if p in worn.slots]
        if len(pair) < len(_BOTH):
            lacking = " and ".join(p for p in _BOTH if p not in worn.slots)
            self._say(side, worn, LegState.SENSOR, f"Its {lacking} sensor is not known yet.")
            return
        rates = [one.rate_hz for one in pair if one.rate_hz is not None]
        if len(rates) < len(_BOTH):
            names = " and ".join(one.serial for one in pair if one.rate_hz is None)
            self._say(side, worn, LegState.START, f"Nobody saw what {names} was set to.")
            return
        worn.grid = LegGrid(min(rates), self._params.grid)
        worn.newest_s = -math.inf
        worn.leg = StreamLeg(
            side,
            worn.grid.rate_hz,
            interval_mean=pair[1].interval_mean,
            book=self._book,
            claims=self._claims,
            params=self._params.leg,
        )
        if worn.before is not None:
            worn.leg.go_on_from(worn.before)

    # --- samples ----------------------------------------------------------------------------------

    def _take(self, number: int, block: ReceivedBlock) -> None:
        sensor = self._sensors[number]
        had_rate = sensor.rate_hz
        time_s, felt = sensor.take(block)
        if sensor.rate_hz != had_rate and sensor.placement in _BOTH:
            self._put_on(number, sensor.side, sensor.placement)
        worn = self._worn.get(sensor.side)
        if worn is None or worn.grid is None or sensor.placement is None or not len(time_s):
            return
        if worn.slots.get(sensor.placement) != number:
            return
        if time_s[0] - worn.newest_s > self._params.anew_s and math.isfinite(worn.newest_s):
            text = f"Nothing came of this leg for {time_s[0] - worn.newest_s:.0f} s."
            self._note("anew", f"{text} It begins anew with the next still stand.", sensor.side)
            self._begin(sensor.side, worn)
        worn.newest_s = max(worn.newest_s, float(time_s[-1]))
        worn.grid.take(sensor.placement, time_s, felt)
        self._listen(sensor.side, worn, block.arrival_s)

    def _listen(self, side: Side, worn: _Worn, now_s: float) -> None:
        """Everything that the samples of a leg tell by now."""
        if worn.grid is None or worn.leg is None:
            return
        block = worn.grid.give(now_s)
        if block is not None:
            self._feed_leg(side, worn, worn.leg, block)

    def _feed_leg(self, side: Side, worn: _Worn, leg: StreamLeg, block: LegBlock) -> None:
        try:
            events = leg.feed(block, self._tasks)
        except PlacementError as error:
            self._end(side, worn, "misplaced", str(error))
        except Exception as error:  # noqa: BLE001 - samples may be anything; the others go on
            self._end(side, worn, "refused", f"The samples make no leg ({type(error).__name__}).")
        else:
            worn.said = leg.said
            self._events += events

    def _end(self, side: Side, worn: _Worn, code: str, text: str) -> None:
        self._note(code, text, side)
        if worn.leg is not None:
            worn.before = worn.leg.picture()
        worn.grid = worn.leg = None
        self._say(side, worn, LegState.ENDED, f"{text} A new still stand begins it anew.")

    # --- out --------------------------------------------------------------------------------------

    @property
    def now_s(self) -> float:
        """Of the newest record, on the common time base."""
        return self._now_s

    @property
    def is_known(self) -> bool:
        """The angle of every leg is known; there is one."""
        legs = [worn.leg for worn in self._worn.values()]
        return bool(legs) and all(leg is not None and leg.is_known for leg in legs)

    def _say(self, side: Side, worn: _Worn, state: LegState, text: str) -> None:
        if worn.said is None or (worn.said.state, worn.said.text) != (state, text):
            worn.said = Leg(side, self._now_s, state, text)
            self._events.append(worn.said)

    def _note(self, code: str, text: str, side: Side | None = None) -> None:
        note = Note(self._now_s, code, text, side)
        if not self._notes or replace(self._notes[-1], at_s=note.at_s) != note:
            self._notes.append(note)
            self._events.append(note)

    def _look(self, number: int) -> None:
        """Say how a sensor is heard, where that has changed."""
        new = self._sensors[number].look(self._now_s, self._receiver.facts_of(number))
        if new is not None:
            self._events.append(new)

    def picture(self) -> LivePicture:
        """Everything so far."""
        legs = []
        for worn in self._worn.values():
            found = worn.before if worn.leg is None else worn.leg.picture()
            if worn.said is not None:
                found = found or LegPicture(worn.said, None, None, (), 0, ())
                legs.append(replace(found, leg=worn.said))
        base_s = self._receiver.base_s or 0.0
        return LivePicture(
            self._now_s,
            tuple(legs),
            tuple(one.said for one in self._sensors.values() if one.said is not None),
            tuple(
                (t, a - base_s, None if b is None else b - base_s) for t, a, b in self._list.spans
            ),
            tuple(self._notes),
        )
