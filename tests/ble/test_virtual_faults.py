"""Faults in any order: the sensor never breaks, and a client that comes back finds every sample."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from bleak.exc import BleakError

from sensor_screen.ble.virtual import AirParams, Wearer, dress, virtual_sensors, worn_sensors
from sensor_screen.ble.virtual.jumping_loop import run_jumping
from sensor_screen.firmware import packet
from sensor_screen.model import Task
from sensor_screen.simulation import Scenario, Step
from tests.ble.open_client import OpenClient, find

if TYPE_CHECKING:
    from sensor_screen.ble.virtual import VirtualSensors

SERIAL = "VIRTUAL-LS01"
STAND = Scenario("stand", "a stand", (Step(Task.STAND, 2.0),))


@pytest.fixture(scope="module")
def wearer() -> Wearer:
    return dress(STAND, worn_sensors())


async def come_back_for_ever(client: OpenClient, chance: random.Random) -> None:
    """Connect, stay a while, fail, connect again; any error but bleak's ends it."""
    while True:
        with suppress(BleakError, TimeoutError):
            async with asyncio.timeout(20.0):
                await client.begin()
            await asyncio.sleep(chance.uniform(0.0, 5.0))
        async with asyncio.timeout(5.0):
            await client.end()
        while not client.replies.empty():
            client.replies.get_nowait()
        await asyncio.sleep(chance.uniform(0.0, 1.0))


async def do_harm(virtual: VirtualSensors, chance: random.Random) -> None:
    """One fault, at any moment."""
    sensor = virtual.sensor(SERIAL)
    await asyncio.sleep(chance.choice([0.0, 0.01, 0.3, 2.0, 6.0]) * chance.random())
    match chance.randrange(7):
        case 0:
            sensor.lose_link()
        case 1:
            await sensor.walk_away(chance.uniform(0.0, 10.0))
        case 2:
            await sensor.reboot()
        case 3:
            sensor.set_battery(chance.choice([87, 3]))
        case 4:
            sensor.lose_samples(chance.randrange(50))
        case 5:
            await sensor.press_button()
        case _ if not sensor.connected:
            with suppress(Exception):  # The client may be faster than the other phone.
                async with virtual.held_by_another(SERIAL):
                    await asyncio.sleep(chance.random())


async def recover(virtual: VirtualSensors, client: OpenClient) -> None:
    """After all: charged, connected, and everything of this start is there and true."""
    sensor = virtual.sensor(SERIAL)
    sensor.set_battery(87)
    await sensor.reboot()
    await asyncio.sleep(5.0)
    client.samples.clear()
    reply = await client.begin(session=9)
    assert reply[2] == packet.OK
    await asyncio.sleep(2.0)
    sensor.lose_link()
    await asyncio.sleep(1.0)
    await client.begin(session=9)
    end = int.from_bytes((await client.ask(packet.STOP))[3:7], "little")
    await client.fetch_missing(end)
    assert end > 500
    assert np.array_equal(client.counts(), sensor.truth(sensor.boot_id, 0, end))


@pytest.mark.parametrize("seed", range(4))
def test_faults_in_any_order(wearer: Wearer, seed: int) -> None:
    broken: list[dict[str, Any]] = []

    async def main() -> None:
        chance = random.Random(seed)  # noqa: S311 - repeatable
        asyncio.get_running_loop().set_exception_handler(lambda _, what: broken.append(what))
        air = AirParams(loss_share=chance.choice([0.0, 0.01, 0.2]), seed=seed)
        async with virtual_sensors(wearer=wearer, seed=seed, air=air) as virtual:
            device = None
            while device is None:
                device = await find(virtual, "SS-LS01")
            client = OpenClient(virtual, device, within_s=2.0)
            returning = asyncio.create_task(come_back_for_ever(client, chance))
            for _ in range(25):
                await do_harm(virtual, chance)
            assert not returning.done()
            returning.cancel()
            with suppress(asyncio.CancelledError):
                await returning
            await client.end()
            await recover(virtual, client)
            await client.end()

    run_jumping(asyncio.wait_for(main(), 3600.0))
    assert not broken
