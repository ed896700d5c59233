"""Other makers' sensors through the same door, on a radio that answers as they do."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from itertools import pairwise

import pytest
from bleak.exc import BleakGATTProtocolError

from sensor_screen.ble.characteristics import CHARACTERISTICS, SERIAL_NUMBER
from sensor_screen.ble.introduction import WantedSensor
from sensor_screen.ble.sensor_task import SensorTask
from sensor_screen.ble.states import LinkState
from sensor_screen.ble.vendor_logic import MetaLogic, VendorLogic, dot_logic, wit_logic
from sensor_screen.protocol.metamotion import METAMOTION
from sensor_screen.protocol.movella_dot import MOVELLA_DOT, DotCharacteristic
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.protocol.relay_frame import Channel, Family, RelayKind, SlotDescription
from sensor_screen.protocol.witmotion import WITMOTION
from tests.ble.jumping_loop import run_jumping
from tests.ble.scenes import Scene
from tests.ble.scripted_radio import ScriptedSensor

WIT_FRAME = b"\x55\x61" + struct.pack("<9h", *range(9))


def channels(*wanted: Channel) -> tuple[str, ...]:
    return tuple(CHARACTERISTICS[channel] for channel in wanted)


def wit() -> ScriptedSensor:
    table = {WITMOTION.service_uuids[0]: channels(Channel.WIT_FRAMES, Channel.WIT_COMMANDS)}
    return ScriptedSensor("E0", "WT901BLE67", table)


def dot() -> ScriptedSensor:
    measured = channels(Channel.DOT_CONTROL, Channel.DOT_LONG, Channel.DOT_CONFIGURATION)
    info = struct.pack(
        "<6s3BH5BIQ6s", b"\1\2\3\4\5\6", 2, 1, 0, 2023, 1, 1, 0, 0, 0, 0, 0xD422CD001234, b"XS-T01"
    )
    table = {MOVELLA_DOT.service_uuids[0]: (*measured, DotCharacteristic.INFO.value)}
    return ScriptedSensor("E1", "Movella DOT", table, {DotCharacteristic.INFO.value: info})


def meta(gyro: int = 1) -> ScriptedSensor:
    command, data = channels(Channel.META_COMMANDS, Channel.META_DATA)
    sensor = ScriptedSensor(
        "E2", "MetaWear", {METAMOTION.service_uuids[0]: (command, data, SERIAL_NUMBER)}
    )
    sensor.values[SERIAL_NUMBER] = b"04ABCD\0"

    def answer(_: str, value: bytes) -> None:
        if value in (b"\x03\x80", b"\x13\x80"):
            chip = 4 if value[0] == 3 else gyro
            asyncio.get_running_loop().call_soon(sensor.notify, data, value + bytes((chip, 0)))

    sensor.on_write = answer
    return sensor


Case = tuple[Family, str, Callable[[], ScriptedSensor], Callable[[str], VendorLogic], Channel]
CASES: dict[str, Case] = {
    "witmotion": (Family.WITMOTION, "WT901BLE67", wit, wit_logic, Channel.WIT_FRAMES),
    "dot": (Family.MOVELLA_DOT, "D422CD001234", dot, dot_logic, Channel.DOT_LONG),
    "metamotion": (Family.METAMOTION, "04ABCD", meta, MetaLogic, Channel.META_DATA),
}


def task(scene: Scene, case: Case) -> SensorTask:
    family, serial, _, logic, _ = case
    described = SlotDescription(family, SideCode.LEFT, PlacementCode.SHANK, serial)
    sinks = scene.records.append, scene.told.append
    return SensorTask(
        WantedSensor(0, described), logic(serial), scene.scanner, scene.outside, *sinks
    )


async def play(scene: Scene, case: Case, seconds: float = 10.0) -> SensorTask:
    """Stream ten frames a second, lose the link in the middle, then stop."""
    sensor, one = scene.radio.sensors[0], task(scene, case)
    running = asyncio.create_task(one.run())
    for beat in range(int(seconds * 10)):
        await asyncio.sleep(0.1)
        sensor.notify(CHARACTERISTICS[case[4]], WIT_FRAME)
        if beat == 50:
            sensor.lose()
    one.stop()
    await running
    return one


def _written_after_each_link(scene: Scene) -> list[list[bytes]]:
    found: list[list[bytes]] = []
    for record in scene.records:
        if record.kind is RelayKind.LINK_UP:
            found.append([])
        elif record.kind is RelayKind.WRITTEN:
            found[-1].append(record.value)
    return found


@pytest.mark.parametrize("name", CASES)
def test_each_family_is_started_after_each_link_and_stopped(name: str) -> None:
    case = CASES[name]

    async def whole() -> None:
        scene = Scene.of(case[2]())
        one = await play(scene, case)
        assert one.status.state is LinkState.STOPPED
        assert one.status.links == 2
        assert "streaming" in scene.states
        frames = [r for r in scene.records if r.kind is RelayKind.NOTIFIED and r.value == WIT_FRAME]
        assert {r.channel for r in frames} == {case[4]}
        assert len(frames) > 80
        first, second = _written_after_each_link(scene)
        assert len(first) >= 3
        assert second[: len(first)] == first
        assert scene.radio.sensors[0].client is None

    run_jumping(whole())


def test_a_witmotion_is_unlocked_set_and_saved_with_pauses() -> None:
    async def whole() -> None:
        scene = Scene.of(wit())
        await play(scene, CASES["witmotion"])
        first = [r for r in scene.records if r.kind is RelayKind.WRITTEN][:4]
        assert [r.value.hex(" ") for r in first] == [
            *("ff aa 69 88 b5", "ff aa 03 09 00", "ff aa 24 01 00", "ff aa 00 00 00")
        ]
        pauses = [after.arrival_s - before.arrival_s for before, after in pairwise(first)]
        assert all(pause >= 0.1 for pause in pauses)

    run_jumping(whole())


def test_a_dot_may_refuse_to_stop_what_does_not_run() -> None:
    async def whole() -> None:
        sensor = dot()
        sensor.faults[CHARACTERISTICS[Channel.DOT_CONTROL]] = [BleakGATTProtocolError(0x80)]
        scene = Scene.of(sensor)
        assert (await play(scene, CASES["dot"])).status.links == 2
        assert "waiting" not in scene.states

    run_jumping(whole())


def test_a_dot_that_refuses_its_rate_is_told_of_and_tried_again() -> None:
    async def whole() -> None:
        sensor = dot()
        sensor.faults[CHARACTERISTICS[Channel.DOT_CONFIGURATION]] = [BleakGATTProtocolError(0x80)]
        scene = Scene.of(sensor)
        assert (await play(scene, CASES["dot"])).status.links == 3
        told = [s.sentence for s in scene.told if s.state is LinkState.WAITING]
        assert "refused what it was asked" in told[0]

    run_jumping(whole())


def test_a_metamotion_of_two_minds_about_its_chip_cannot_be_used() -> None:
    async def whole() -> None:
        scene = Scene.of(meta(gyro=0))
        one = await play(scene, CASES["metamotion"])
        assert one.status.state is LinkState.FAILED
        assert "does not have what a sensor of its kind has" in one.status.sentence

    run_jumping(whole())


def test_a_sensor_that_falls_silent_is_connected_anew() -> None:
    async def whole() -> None:
        scene = Scene.of(wit())
        one = task(scene, CASES["witmotion"])
        running = asyncio.create_task(one.run())
        await asyncio.sleep(9.0)
        assert one.status.links == 2
        one.leave()
        await running

    run_jumping(whole())
