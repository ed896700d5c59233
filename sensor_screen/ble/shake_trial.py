"""Sensors that stream for a moment, so that the person can show which is which.

Nothing of it is kept. The links are those of a capture, so what works here works there.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.ble.introduction import WantedSensor
from sensor_screen.ble.roles import codes_of
from sensor_screen.ble.sensor_driver import drive
from sensor_screen.ble.sensor_task import SensorTask
from sensor_screen.ble.shaking import Felt
from sensor_screen.protocol.open_sensor_control import Identify, SetLabel
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.protocol.open_sensor_link_words import Answered
from sensor_screen.protocol.relay_frame import SlotDescription
from sensor_screen.session.receive import Receiver
from sensor_screen.session.received import ReceiverParams

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.ble.introduction import Introduction
    from sensor_screen.ble.outside import Outside
    from sensor_screen.ble.roles import Place
    from sensor_screen.ble.scanner import Scanner

_KEEP_S = 3.0
"""Seconds of what was felt that are kept."""
_LEAVE_S = 10.0
"""Seconds for which a sensor is waited for to stop."""
_ANSWER_S = 6.0
"""Seconds for which an answer is waited for; the link itself waits for 5."""
_STEP_S = 0.05


class ShakeTrial:
    """Use it as a context: links begin with it, and the sensors are stopped at its end.

    Args:
        loop: Not running; it runs in `wait`.
        scanner: Shared by all sensors.
        outside: Radio and clock.
        sensors: Who may be shaken.
        session: Random, not 0, and not that of the capture.
        rate_hz: Samples per second.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        scanner: Scanner,
        outside: Outside,
        sensors: Sequence[Introduction],
        *,
        session: int,
        rate_hz: float,
    ) -> None:
        self._loop, self._outside = loop, outside
        self._receiver = Receiver(ReceiverParams(keep=False))
        place = SideCode.NONE, PlacementCode.NONE
        wanted = [
            WantedSensor(slot, SlotDescription(who.family, *place, who.serial))
            for slot, who in enumerate(sensors)
        ]
        self._names = [one.serial for one in wanted]
        self._drivers = [drive(one.sensor, session, rate_hz) for one in wanted]
        self._tasks = [
            SensorTask(one, driver.logic, scanner, outside, self._receiver.receive)
            for one, driver in zip(wanted, self._drivers, strict=True)
        ]
        self._running: list[asyncio.Task[None]] = []
        self._felt: dict[str, list[tuple[float, np.ndarray]]] = {}
        self.clear()

    def __enter__(self) -> ShakeTrial:
        self._running = [self._loop.create_task(task.run()) for task in self._tasks]
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.run_until_complete(self._end())

    def now_s(self) -> float:
        """On the time base of what is felt."""
        return self._outside.clock()

    def wait(self, seconds: float) -> None:
        """Let the sensors send for so long."""
        self._loop.run_until_complete(asyncio.sleep(seconds))
        self._let_go()
        now_s = self.now_s()
        for block in self._receiver.take_live():
            acc_mps2 = block.raw[:, :3].astype(np.float64) * block.acc_scale_mps2
            self._felt[self._names[block.slot]].append((now_s, acc_mps2))
        self._receiver.take()
        for blocks in self._felt.values():
            while blocks and blocks[0][0] < now_s - _KEEP_S:
                del blocks[0]

    @property
    def are_heard(self) -> bool:
        """Every sensor has sent something since `clear`."""
        return all(self._felt.values())

    @property
    def troubles(self) -> tuple[str, ...]:
        """What keeps sensors from being heard."""
        return tuple(task.status.sentence for task in self._tasks if task.status.trouble)

    def felt(self) -> dict[str, Felt]:
        """Serial -> what that sensor felt in the last seconds, by when it came."""
        return {
            name: Felt(
                np.concatenate([np.empty(0), *(np.full(len(a), at_s) for at_s, a in blocks)]),
                np.concatenate([np.empty((0, 3)), *(a for _, a in blocks)]),
            )
            for name, blocks in self._felt.items()
        }

    def clear(self) -> None:
        """Forget what was felt before."""
        self._felt = {name: [] for name in self._names}

    def blink(self, serial: str, seconds: int) -> None:
        """Have the sensor show itself, if it can."""
        number = self._names.index(serial)
        link = self._drivers[number].link
        if link is not None:
            link.ask(Identify(seconds))
            self._tasks[number].poke()

    def store_label(self, serial: str, place: Place) -> bool:
        """Store in the sensor where it is worn; whether it says that it did."""
        number = self._names.index(serial)
        link = self._drivers[number].link
        if link is None:
            return False
        link.take_events()
        link.ask(SetLabel(*codes_of(place)))
        self._tasks[number].poke()
        end_s = self.now_s() + _ANSWER_S
        while self.now_s() < end_s:
            self.wait(_STEP_S)
            for event in link.take_events():
                if isinstance(event, Answered) and event.request == SetLabel.__name__:
                    return event.ok
        return False

    def _let_go(self) -> None:
        """Nothing is kept, so sensors need not hold it."""
        for driver, task in zip(self._drivers, self._tasks, strict=True):
            if driver.link is not None and (mark := driver.link.held) is not None:
                driver.link.durable(mark)
                task.poke()

    async def _end(self) -> None:
        for task in self._tasks:
            task.stop()
        end_s = self.now_s() + _LEAVE_S
        while not all(one.done() for one in self._running) and self.now_s() < end_s:
            await asyncio.sleep(_STEP_S)
            self._let_go()
        for task in self._tasks:
            task.leave()
        await asyncio.gather(*self._running, return_exceptions=True)
