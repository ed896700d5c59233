"""Who is seen, and by what it is known."""

from __future__ import annotations

import asyncio

import pytest
from bleak.exc import BleakError

from sensor_screen.ble.characteristics import (
    CHARACTERISTICS,
    FAMILIES,
    OPEN_SENSOR_SERVICE,
    channel_of,
    family_of,
)
from sensor_screen.errors import RadioError
from sensor_screen.protocol.open_sensor_info import PlacementCode, SensorLabel, SideCode
from sensor_screen.protocol.relay_frame import Channel, Family
from tests.ble.jumping_loop import run_jumping
from tests.ble.scenes import Scene, open_sensor
from tests.ble.scripted_radio import ScriptedSensor

BATTERY_SERVICE = "0000180f-0000-1000-8000-00805f9b34fb"


@pytest.mark.parametrize(
    ("name", "services", "companies", "family"),
    [
        ("", (OPEN_SENSOR_SERVICE,), (), Family.OPEN_SENSOR),
        ("WT901", (OPEN_SENSOR_SERVICE.upper(),), (0x0886,), Family.OPEN_SENSOR),
        ("Movella DOT", (), (), Family.MOVELLA_DOT),
        ("left foot", (), (76, 0x0886), Family.MOVELLA_DOT),
        ("WT901BLE67", (), (), Family.WITMOTION),
        ("x", ("0000FFE5-0000-1000-8000-00805F9A34FB",), (), Family.WITMOTION),
        ("MetaWear", (), (), Family.METAMOTION),
        ("SS-0042", (), (), None),
        ("headphones", (BATTERY_SERVICE,), (76,), None),
    ],
)
def test_families_are_known_by_service_company_or_name(
    name: str, services: tuple[str, ...], companies: tuple[int, ...], family: Family | None
) -> None:
    assert family_of(name, services, companies) is family


def test_every_channel_has_one_characteristic_of_its_own() -> None:
    assert {*CHARACTERISTICS} == {*Channel} - {Channel.NONE}
    assert all(channel_of(uuid.upper()) is channel for channel, uuid in CHARACTERISTICS.items())
    assert {*FAMILIES} == {*Family} - {Family.OPEN_SENSOR}


def seen(sensor: ScriptedSensor) -> tuple[object, ...]:
    async def play() -> tuple[object, ...]:
        scene = Scene.of(sensor)
        found = await scene.scanner.look_around(1.0)
        assert not scene.radio.scanners
        return tuple(
            (s.label, s.battery_percent, s.measuring, s.pairing_open, s.rssi_dbm) for s in found
        )

    return run_jumping(play())


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\1\1\2\x57\1", (SensorLabel(SideCode.LEFT, PlacementCode.FOOT), 87, True, False)),
        (b"\1\0\0\xff\2 more", (SensorLabel(SideCode.NONE, PlacementCode.NONE), None, False, True)),
        (b"\1\7\2\x57\0", (None, 87, False, False)),
        (b"\1\1\2\x57", (None, None, None, None)),
        (b"", (None, None, None, None)),
    ],
)
def test_an_open_sensor_tells_where_it_is_worn_and_how_full_it_is(
    data: bytes, told: tuple[object, ...]
) -> None:
    sensor = open_sensor()
    sensor.service_data = {OPEN_SENSOR_SERVICE: data}
    assert seen(sensor) == ((*told, -60),)


def test_what_is_no_sensor_is_left_out() -> None:
    assert seen(ScriptedSensor("D0", "headphones", {BATTERY_SERVICE: ()})) == ()


def test_the_strongest_comes_first() -> None:
    async def play() -> None:
        near, far = open_sensor("A-0001", "D0:01"), open_sensor("A-0002", "D0:02")
        near.rssi, far.rssi = -45, -85
        scene = Scene.of(far, near)
        names = [sighting.name for sighting in await scene.scanner.look_around(1.0)]
        assert names == ["SS-0001", "SS-0002"]
        found = await scene.scanner.find(lambda _: True, 5.0)
        assert found is not None

    run_jumping(play())


def test_what_was_seen_long_ago_is_not_found() -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        assert await scene.scanner.look_around(1.0)
        scene.radio.sensors[0].in_range = False
        assert await scene.scanner.find(lambda _: True, 5.0) is None
        assert scene.outside.clock() == pytest.approx(1006.0, abs=0.1)

    run_jumping(play())


def test_all_who_look_share_one_scan() -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        looks = [scene.scanner.look_around(seconds) for seconds in (1.0, 2.0, 3.0)]
        assert [len(found) for found in await asyncio.gather(*looks)] == [1, 1, 1]
        assert scene.radio.counts["scan"] == 1

    run_jumping(play())


def test_a_scan_that_brought_nothing_is_begun_anew_for_all_who_look() -> None:
    """Who looks longer is not left without one."""

    async def play() -> None:
        scene = Scene.of(open_sensor())
        scene.radio.deaf = True
        long = asyncio.create_task(scene.scanner.find(lambda _: True, 60.0))
        for _ in range(2):
            assert await scene.scanner.find(lambda _: True, 15.0) is None
        assert scene.radio.counts["scan"] == 2
        scene.radio.deaf = False
        assert await long is not None

    run_jumping(play())


def test_a_scan_that_cannot_be_resumed_is_told_to_who_looks() -> None:
    """Not to who connected meanwhile: his link stands."""

    async def play() -> None:
        scene = Scene.of()
        looking = asyncio.create_task(scene.scanner.find(lambda _: True, 60.0))
        await asyncio.sleep(1.0)
        # Once as the scan is to be resumed, once as the one who looks tries for himself.
        scene.radio.scan_faults = [BleakError("adapter not found"), BleakError("is gone for good")]
        async with scene.scanner.connecting():
            assert not scene.scanner.scans
        with pytest.raises(RadioError, match="is gone for good"):
            await looking

    run_jumping(play())
