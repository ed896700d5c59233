"""The whole client with the reference firmware, through real GATT on a virtual radio.

Times jump, so an outage of a minute costs none; the air is that of `AirParams`.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from sensor_screen.ble.states import LinkState
from sensor_screen.ble.troubles import Trouble
from sensor_screen.ble.virtual import (
    Wearer,
    dress,
    worn_sensors,
)  # fmt: skip
from sensor_screen.errors import RadioError
from sensor_screen.protocol.relay_frame import RelayKind
from tests.ble.air_room import Room, record

if TYPE_CHECKING:
    pass

SHANK, FOOT = worn_sensors()


@pytest.fixture(scope="module")
def wearer() -> Wearer:
    return dress("healthy", (SHANK, FOOT))


def test_links_that_break_cost_no_sample(wearer: Wearer) -> None:
    async def scene(room: Room) -> None:
        for away_s in (0.0, 5.0, 20.0):
            await asyncio.sleep(3.0)
            for sensor in room.air.sensors:
                if away_s:
                    await sensor.walk_away(away_s)
                else:
                    sensor.lose_link()
        await asyncio.sleep(5.0)

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
