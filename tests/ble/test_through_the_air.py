"""The whole client with the reference firmware, through real GATT on a virtual radio.

Times jump, so an outage of a minute costs none; the air is that of `AirParams`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sensor_screen.ble.introduction import WantedSensor
from sensor_screen.ble.open_sensor_logic import OpenSensorLogic
from sensor_screen.ble.outside import Backend, Outside
from sensor_screen.ble.scanner import Scanner
from sensor_screen.ble.sensor_task import SensorTask, SensorTaskParams
from sensor_screen.ble.states import LinkState, SensorStatus
from sensor_screen.ble.troubles import Trouble
from sensor_screen.ble.virtual import (
    SensorParams,
    VirtualSensors,
    Wearer,
    dress,
    virtual_sensors,
    worn_sensors,
)  # fmt: skip
from sensor_screen.ble.virtual.jumping_loop import run_jumping
from sensor_screen.errors import RadioError
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.protocol.open_sensor_link import OpenSensorLink
from sensor_screen.protocol.open_sensor_link_words import LinkPlan
from sensor_screen.protocol.relay_frame import Family, RelayArrival, RelayKind, SlotDescription
from sensor_screen.session.receive import Receiver

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from numpy.typing import NDArray

SHANK, FOOT = worn_sensors()


@pytest.fixture(scope="module")
def wearer() -> Wearer:
    return dress("healthy", (SHANK, FOOT))


class Room:
    """Sensors in the air, and a client that records them."""

    def __init__(self, air: VirtualSensors, sensors: tuple[SensorParams, ...]) -> None:
        loop = asyncio.get_running_loop()
        self.air = air
        backend = Backend(air.scanner_backend, air.client_backend)
        self.outside = Outside(backend, loop.time, random=lambda: 0.5)
        self.scanner = Scanner(self.outside)
        self.records: list[RelayArrival] = []
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
        receiver, found = Receiver(), defaultdict(list)
        receiver.receive_all(self.records)
        for block in receiver.take():
            if block.slot == slot and block.sequence is not None:
                found[block.boot_id].append(np.column_stack([block.sequence, block.raw]))
        return {boot: np.concatenate(blocks) for boot, blocks in found.items()}

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


def record(
    wearer: Wearer,
    scene: Callable[[Room], Coroutine[Any, Any, None]],
    *sensors: SensorParams,
) -> Room:
    """Record while the scene lasts, stop, and look whether anything is left running."""
    params = sensors or (SHANK, FOOT)

    async def play() -> Room:
        before = asyncio.all_tasks()
        async with virtual_sensors(wearer=wearer, sensors=params) as air:
            room = Room(air, params)
            journal = asyncio.create_task(room.journal())
            running = [asyncio.create_task(task.run()) for task in room.tasks]
            await scene(room)
            for task in room.tasks:
                task.stop()
            async with asyncio.timeout(60.0):
                await asyncio.gather(*running)
            journal.cancel()
            await asyncio.wait({journal})
        await asyncio.sleep(1.0)
        assert asyncio.all_tasks() == before
        return room

    return run_jumping(play())


def test_links_that_break_cost_no_sample(wearer: Wearer) -> None:
    async def scene(room: Room) -> None:
        for away_s in (0.0, 5.0, 30.0):
            await asyncio.sleep(5.0)
            for sensor in room.air.sensors:
                if away_s:
                    await sensor.walk_away(away_s)
                else:
                    sensor.lose_link()
        await asyncio.sleep(10.0)

    room = record(wearer, scene, replace(SHANK, live_drop_share=0.03), FOOT)
    for slot in (0, 1):
        room.assert_all_is_here(slot)
        assert room.tasks[slot].status.state is LinkState.STOPPED
        assert room.tasks[slot].status.links == 4
        # Without an error, for the journal said what is safe.
        assert room.links[slot].state == "finished"
    times = [r.arrival_s for r in room.records]
    assert all(before <= after for before, after in pairwise(times))


def test_a_sensor_that_restarts_is_recorded_on(wearer: Wearer) -> None:
    async def scene(room: Room) -> None:
        await asyncio.sleep(5.0)
        await room.air.sensors[0].reboot()
        await asyncio.sleep(10.0)

    room = record(wearer, scene, SHANK)
    assert len(room.counts(0)) == 2
    room.assert_all_is_here(0)


def test_a_sensor_that_another_phone_holds_is_told_of(wearer: Wearer) -> None:
    async def scene(room: Room) -> None:
        await asyncio.sleep(5.0)
        room.air.sensors[0].lose_link()
        async with room.air.held_by_another(SHANK.serial):
            await asyncio.sleep(20.0)
        await asyncio.sleep(10.0)

    room = record(wearer, scene, SHANK)
    told = [s.sentence for s in room.told if s.state is LinkState.LOST]
    assert "disconnect it from any other phone" in told[-1]
    room.assert_all_is_here(0)


def test_a_sensor_that_is_closed_asks_for_its_button(wearer: Wearer) -> None:
    async def scene(room: Room) -> None:
        await asyncio.sleep(10.0)
        assert room.tasks[0].status.links == 0
        await room.air.sensors[0].press_button()
        await asyncio.sleep(10.0)

    room = record(wearer, scene, replace(SHANK, pairing_open_s=0.0))
    told = [s.sentence for s in room.told if s.state is LinkState.WAITING]
    assert "press its button" in told[0]
    faults = {s.trouble.fault for s in room.told if isinstance(s.trouble, RadioError)}
    assert faults == {Trouble.NOT_PAIRED}
    room.assert_all_is_here(0)


def test_a_version_that_is_not_known_is_refused_by_name(wearer: Wearer) -> None:
    room = record(wearer, lambda _: asyncio.sleep(20.0), replace(SHANK, major=2))
    status = room.tasks[0].status
    assert status.state is LinkState.FAILED
    assert "is of protocol 2.0" in status.sentence
    # Once, for another attempt could not help.
    assert room.states().count(LinkState.CONNECTING) == 1


def test_at_the_smallest_mtu_nothing_is_lost_either(wearer: Wearer) -> None:
    async def scene(room: Room) -> None:
        await asyncio.sleep(4.0)
        room.air.sensors[0].lose_link()
        await asyncio.sleep(4.0)

    room = record(wearer, scene, replace(SHANK, largest_mtu=23, rates_hz=(100.0,)))
    assert {r.mtu for r in room.records if r.kind is RelayKind.LINK_UP} == {23}
    room.assert_all_is_here(0)


def test_bluetooth_switched_off_in_between(wearer: Wearer) -> None:
    async def scene(room: Room) -> None:
        await asyncio.sleep(5.0)
        room.air.central.powered = False
        room.air.sensors[0].lose_link()
        await asyncio.sleep(10.0)
        room.air.central.powered = True
        await asyncio.sleep(15.0)

    room = record(wearer, scene, SHANK)
    told = {s.trouble.fault for s in room.told if isinstance(s.trouble, RadioError)}
    assert Trouble.POWERED_OFF in told
    room.assert_all_is_here(0)
