"""Not tests: sensors in the virtual air, and the whole client that records them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from sensor_screen.ble.introduction import WantedSensor
from sensor_screen.ble.open_sensor_logic import OpenSensorLogic
from sensor_screen.ble.outside import Backend, Outside
from sensor_screen.ble.scanner import Scanner
from sensor_screen.ble.sensor_task import SensorTask, SensorTaskParams
from sensor_screen.ble.states import LinkState, SensorStatus
from sensor_screen.ble.troubles import Trouble
from sensor_screen.ble.virtual import (
    AirParams,
    SensorParams,
    VirtualSensors,
    Wearer,
    virtual_sensors,
)  # fmt: skip
from sensor_screen.ble.virtual.jumping_loop import run_jumping
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.protocol.open_sensor_link import OpenSensorLink
from sensor_screen.protocol.open_sensor_link_words import LinkPlan
from sensor_screen.protocol.relay_frame import Family, RelayArrival, SlotDescription
from sensor_screen.session.receive import Receiver

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from numpy.typing import NDArray


_AT_ONCE = 500
"""Records: fewer than the blocks that a receiver lets wait."""


class Room:
    """Sensors in the air, and a client that records them."""

    def __init__(self, air: VirtualSensors, sensors: tuple[SensorParams, ...]) -> None:
        loop = asyncio.get_running_loop()
        self.air = air
        backend = Backend(air.scanner_backend, air.client_backend)
        self.outside = Outside(backend, loop.time, random=lambda: 0.5)
        self.scanner = Scanner(self.outside)
        self.records: list[RelayArrival] = []
        self._counts: dict[int, dict[int, NDArray[Any]]] = {}
        self._counted = 0
        self.told: list[SensorStatus] = []
        self.links = [
            OpenSensorLink(LinkPlan(session=7 + slot, serial=sensor.serial))
            for slot, sensor in enumerate(sensors)
        ]
        self.tasks = [self._task(slot, sensor.serial) for slot, sensor in enumerate(sensors)]

    def _task(self, slot: int, serial: str) -> SensorTask:
        description = SlotDescription(
            Family.OPEN_SENSOR, SideCode.LEFT, PlacementCode(1 + slot % 2), serial
        )
        logic = OpenSensorLogic(self.links[slot], serial)
        sinks = self.records.append, self.told.append
        params = SensorTaskParams(search_s=8.0)
        known = self.scanner, self.outside, *sinks, params
        return SensorTask(WantedSensor(slot, description), logic, *known)

    async def journal(self) -> None:
        """All that is held is safe a moment later."""
        while True:
            await asyncio.sleep(0.25)
            for link in self.links:
                if link.held is not None:
                    link.durable(link.held)

    def counts(self, slot: int) -> dict[int, NDArray[Any]]:
        """Boot -> (n, 7) number and counts of its samples, in the order of a receiver."""
        if len(self.records) != self._counted:
            self._counts, self._counted = _counts(self.records), len(self.records)
        return self._counts[slot]

    def assert_all_is_here(self, slot: int) -> None:
        """Every sample of every start, once, in order, with the counts that were measured."""
        sensor = self.air.sensors[slot]
        for boot, rows in self.counts(slot).items():
            numbers = rows[:, 0]
            assert np.array_equal(numbers, np.arange(len(rows)))
            assert np.array_equal(rows[:, 1:], sensor.truth(boot, 0, len(rows)))
            if boot == sensor.boot_id:
                assert len(rows) == sensor.next_number

    def states(self, slot: int = 0) -> list[LinkState]:
        seen = [status.state for status in self.told if status.slot == slot]
        return [state for i, state in enumerate(seen) if i == 0 or seen[i - 1] != state]


def _counts(records: list[RelayArrival]) -> dict[int, dict[int, NDArray[Any]]]:
    """Slot -> boot -> (n, 7)."""
    receiver = Receiver()
    found: Any = defaultdict(lambda: defaultdict(list))
    for begin in range(0, len(records), _AT_ONCE):
        receiver.receive_all(records[begin : begin + _AT_ONCE])
        for block in receiver.take():
            if block.sequence is not None:
                rows = np.column_stack([block.sequence, block.raw])
                found[block.slot][block.boot_id].append(rows)
    return {
        slot: {boot: np.concatenate(blocks) for boot, blocks in boots.items()}
        for slot, boots in found.items()
    }


def record(
    wearer: Wearer,
    scene: Callable[[Room], Coroutine[Any, Any, None]],
    *sensors: SensorParams,
    air: AirParams | None = None,
) -> Room:
    """Record while the scene lasts, stop, and look whether anything is left running."""

    async def play() -> Room:
        before = asyncio.all_tasks()
        async with virtual_sensors(wearer=wearer, sensors=sensors, air=air or AirParams()) as world:
            room = Room(world, sensors)
            journal = asyncio.create_task(room.journal())
            running = [asyncio.create_task(task.run()) for task in room.tasks]
            await scene(room)
            for task in room.tasks:
                task.stop()
            async with asyncio.timeout(60.0):
                await asyncio.gather(*running)
            journal.cancel()
            await asyncio.wait({journal})
        unknown = [s for s in room.told if getattr(s.trouble, "fault", "") == Trouble.UNKNOWN]
        assert not unknown
        await asyncio.sleep(1.0)
        assert asyncio.all_tasks() == before
        return room

    return run_jumping(play())
