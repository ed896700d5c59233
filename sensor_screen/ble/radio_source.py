"""Sensors over Bluetooth as the source of a guided capture.

Capture and radio share one thread: the event loop runs while the capture waits. What arrives is
stamped and kept first, and looked at afterwards.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sensor_screen.ble.link_report import report_link
from sensor_screen.ble.sensor_driver import drive
from sensor_screen.ble.sensor_task import SensorTask
from sensor_screen.ble.states import LinkState
from sensor_screen.errors import UsageError
from sensor_screen.model import Origin, Recording, SensorInfo
from sensor_screen.session.live_sensors import SampleBlock, Slot
from sensor_screen.session.receive import PLACEMENTS, SIDES, Receiver
from sensor_screen.session.received import ReceiverParams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sensor_screen.ble.introduction import WantedSensor
    from sensor_screen.ble.outside import Outside
    from sensor_screen.ble.scanner import Scanner
    from sensor_screen.ble.states import SensorStatus
    from sensor_screen.protocol.relay_frame import RelayArrival
    from sensor_screen.session.capture_view import CaptureEvent, LinkReport
    from sensor_screen.session.received import ReceivedBlock


class RecordKeeper(Protocol):
    """Keeps records so that nothing acknowledged is lost: the journal."""

    def append(self, record: RelayArrival) -> RelayArrival:
        """Take one; gives it as it will be read again."""

    def is_due(self, now_s: float) -> bool:
        """Whether it is time to make sure."""

    def commit(self) -> int:
        """Everything appended before is safe when this returns."""

    def close(self) -> None:
        """Make sure of the rest, and let go."""


@dataclass(frozen=True, slots=True)
class RadioSourceParams:
    """How records are kept and how the end is waited for."""

    look_s: float = 0.05
    """Seconds between two looks whether records are to be made safe."""
    full_disk_s: float = 10.0
    """Seconds for which a disk that takes nothing is borne; sensors hold samples meanwhile."""
    drain_s: float = 60.0
    """Seconds for which the last samples are waited for; a sensor that left keeps them."""
    rate_hz: float = 100.0
    """Samples per second and sensor that are asked for."""
    receiver: ReceiverParams = field(default_factory=lambda: ReceiverParams(keep=False))
    """The recording is made from the journal."""


class RadioSource:
    """Sensors that are linked, kept and shown.

    Args:
        loop: Not running; it runs whenever the capture waits.
        scanner: Shared by all sensors.
        outside: Radio, clock and chance; its clock is that of the loop.
        wanted: Sensors with their slots, sides and placements.
        keep: Opens where records are safe; called once, when links begin.
        fold: Makes the recording of what was kept; called once, at the end.
        session: Random, not 0; the same for all sensors.
        heard: Told of each event: a virtual person acts on it.
        simulated: No person is measured.
        params: Times and rate.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        scanner: Scanner,
        outside: Outside,
        wanted: Sequence[WantedSensor],
        keep: Callable[[], RecordKeeper],
        fold: Callable[[], Recording],
        *,
        session: int,
        heard: Callable[[CaptureEvent], None] = lambda _: None,
        simulated: bool = False,
        params: RadioSourceParams | None = None,
    ) -> None:
        self._loop, self._outside, self._wanted = loop, outside, tuple(wanted)
        self._keep, self._fold, self._heard = keep, fold, heard
        self._keeper: RecordKeeper | None = None
        self._params = params or RadioSourceParams()
        self._receiver = Receiver(self._params.receiver)
        self.is_simulated = simulated
        self.statuses: dict[int, SensorStatus] = {}
        """Slot -> how its link stands."""
        self._drivers = [drive(one.sensor, session, self._params.rate_hz) for one in wanted]
        self._tasks = [
            SensorTask(one, driver.logic, scanner, outside, self._take, self._know)
            for one, driver in zip(wanted, self._drivers, strict=True)
        ]
        self._running: list[asyncio.Task[None]] = []
        self._keeping: asyncio.Task[None] | None = None
        self._failing_since_s: float | None = None
        self._left: dict[str, str] = {}
        self._begin_s = outside.clock()

    @property
    def slots(self) -> Mapping[int, Slot]:
        """Who takes part."""
        return {
            one.slot: Slot(_info_of(one), driver.rate_hz)
            for one, driver in zip(self._wanted, self._drivers, strict=True)
        }

    @property
    def links(self) -> Mapping[int, LinkReport]:
        """How each link stands once it has begun, and its sensor's battery."""
        facts = self._receiver.facts
        return {
            task.wanted.slot: report_link(
                task.status,
                measured=facts[task.wanted.slot].samples > 0,
                refusal="" if driver.link is None else driver.link.trouble,
                battery_percent=facts[task.wanted.slot].battery_percent,
            )
            for task, driver in zip(self._tasks, self._drivers, strict=True)
            if task.wanted.slot in facts
        }

    def now_s(self) -> float:
        """On the time base of the samples."""
        base_s = self._receiver.base_s
        return self._outside.clock() - (self._begin_s if base_s is None else base_s)

    def wait(self, seconds: float) -> None:
        """Let the radio work for so long; Ctrl-C is heard at its end, so that it tears nothing."""
        with _interrupt_later():
            self._loop.run_until_complete(asyncio.sleep(seconds))

    def receive(self, now_s: float) -> Sequence[SampleBlock]:  # noqa: ARG002 - the source's shape
        """What came since the last call; links begin with the first.

        Raises:
            ScreenError: Nothing can be kept any more; what was kept is safe.
        """
        if self._keeping is None:
            self._begin()
        for task in (*self._running, self._keeping):
            if task is not None and task.done() and (error := task.exception()):
                raise error
        return [_block(one) for one in self._receiver.take_live() if len(one.raw)]

    def hear(self, event: CaptureEvent) -> None:
        """What the capture says."""
        self._heard(event)

    def finish(self) -> Recording:
        """Stop the sensors, fetch what they still hold, and make the recording.

        Raises:
            ScreenError: Something cannot be kept or made; what was kept is safe.
        """
        if self._keeper is None:
            return Recording((), origin=Origin.SIMULATED if self.is_simulated else Origin.MEASURED)
        try:
            self._loop.run_until_complete(self._end())
        finally:
            self.close()
        made = self._fold()
        return replace(made, notes=made.notes | self._left)

    def close(self) -> None:
        """Take leave of the sensors, which measure on, and let the journal go; `finish` does it.

        Raises:
            ScreenError: What waited could not be kept.
        """
        running = [one for one in (*self._running, self._keeping) if one is not None]
        for one in running:
            one.cancel()
        if running:
            self._loop.run_until_complete(asyncio.wait(running, timeout=self._params.drain_s))
        self._running, self._keeping = [], None
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.close()

    # --- in the loop ------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._keeper = self._keep()
        self._keeping = self._loop.create_task(self._make_safe(self._keeper))
        self._running = [self._loop.create_task(task.run()) for task in self._tasks]
        self.wait(0.0)  # the description of each sensor: the base of all times

    def _take(self, record: RelayArrival) -> None:
        if self._keeper is not None:
            self._receiver.receive(self._keeper.append(record))

    def _know(self, status: SensorStatus) -> None:
        self.statuses[status.slot] = status

    async def _make_safe(self, keeper: RecordKeeper) -> None:
        """Make records safe, then say so to the sensors that sent them."""
        while True:
            await self._outside.sleep(self._params.look_s)
            if keeper.is_due(self._outside.clock()):
                self._commit(keeper)

    def _commit(self, keeper: RecordKeeper) -> None:
        held = [one.link.held if one.link else None for one in self._drivers]
        try:
            keeper.commit()
        except UsageError:
            now_s = self._outside.clock()
            self._failing_since_s = self._failing_since_s or now_s
            if now_s - self._failing_since_s > self._params.full_disk_s:
                raise
            return
        self._failing_since_s = None
        for driver, task, mark in zip(self._drivers, self._tasks, held, strict=True):
            if driver.link is not None and mark is not None:
                driver.link.durable(mark)
                task.poke()

    async def _end(self) -> None:
        for task in self._tasks:
            task.stop()
        done, late = await asyncio.wait(self._running, timeout=self._params.drain_s)
        self._left = dict(self._tell_left())
        if late:
            for task in self._tasks:
                task.leave()
            more, _ = await asyncio.wait(late, timeout=self._params.drain_s)
            done |= more
        for one in done:
            if not one.cancelled() and (error := one.exception()):
                raise error

    def _tell_left(self) -> Iterator[tuple[str, str]]:
        """Of each sensor that never said that all of it is here; title and sentence."""
        for task in self._tasks:
            if task.status.state is not LinkState.STOPPED:
                heard = self._receiver.facts.get(task.wanted.slot)
                last_s = None if heard is None else heard.last_arrival_s
                since = "" if last_s is None else f" after {last_s:.1f} s"
                yield (
                    f"sensor {task.wanted.serial}: not fetched",
                    f"It was not reached{since}; what it measured and had not sent is not here.",
                )


@contextmanager
def _interrupt_later() -> Iterator[None]:
    """An interrupt inside a callback would end the task of a sensor, or half take a record."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
    if asked and callable(before):
        before(asked[0], None)


def _info_of(wanted: WantedSensor) -> SensorInfo:
    told = wanted.sensor
    return SensorInfo(SIDES[told.side], PLACEMENTS[told.placement], told.serial)


def _block(received: ReceivedBlock) -> SampleBlock:
    """In SI; samples whose time is not known yet are left to the recording."""
    known = np.isfinite(received.time_s)
    raw = received.raw[known].astype(np.float64)
    return SampleBlock(
        received.slot,
        received.time_s[known],
        acc_mps2=raw[:, :3] * received.acc_scale_mps2,
        gyr_radps=raw[:, 3:] * received.gyr_scale_radps,
    )
