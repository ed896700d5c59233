"""Looked for, connected, lost and found: by the rules, and with nothing left behind."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakGATTProtocolError,
)

from sensor_screen.ble.back_off import BackOffParams, wait_after
from sensor_screen.ble.link import LinkParams
from sensor_screen.ble.states import LinkState
from sensor_screen.ble.troubles import Trouble
from sensor_screen.errors import RadioError, RecordingError
from sensor_screen.protocol.relay_frame import Channel, RelayArrival, RelayKind, decode_slot
from tests.ble.jumping_loop import run_jumping
from tests.ble.scenes import CONTROL, INFO, LIVE, Scene, open_sensor, run_for, wanted

ENABLED = ["enable 0002", "enable 0006", "enable 0003", "write 0002"]


def kinds(records: list[RelayArrival]) -> list[RelayKind]:
    return [r.kind for r in records if r.kind is not RelayKind.NOTIFIED]


def test_a_sensor_is_found_asked_started_and_stopped() -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        await run_for(scene, 5.0, scene.task())
        assert scene.states == [
            *("connecting", "introducing", "starting", "streaming", "stopping", "stopped")
        ]
        assert scene.radio.sensors[0].diary == ["read 0005", *ENABLED, "write 0002"]
        assert scene.radio.sensors[0].client is None
        assert not scene.radio.scanners

        slot, up = scene.records[:2]
        assert decode_slot(slot.value) == wanted().sensor
        assert (up.kind, up.mtu) == (RelayKind.LINK_UP, 247)
        assert kinds(scene.records) == [
            *(RelayKind.SLOT, RelayKind.LINK_UP, RelayKind.WRITTEN),
            *(RelayKind.WRITTEN, RelayKind.LINK_DOWN),
        ]
        samples = [r for r in scene.records if r.kind is RelayKind.NOTIFIED]
        numbers = [int.from_bytes(r.value, "little") for r in samples]
        assert numbers == list(range(numbers[0], scene.sent + 1))
        # The radio notifies every 0.1 s, and nothing lies between it and the stamp.
        assert [r.arrival_s for r in samples] == pytest.approx([1000 + n * 0.1 for n in numbers])

    run_jumping(play())


def test_after_each_loss_everything_is_fresh_and_enabled_again() -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        sensor, task = scene.radio.sensors[0], scene.task()

        async def lose() -> None:
            for _ in range(3):
                await asyncio.sleep(10.0)
                sensor.lose()

        await asyncio.gather(run_for(scene, 40.0, task), lose())
        assert sensor.diary == 4 * ["read 0005", *ENABLED] + ["write 0002"]
        assert len({id(device) for device in scene.radio.devices}) == 4
        assert scene.states.count("lost") == 3
        assert kinds(scene.records).count(RelayKind.LINK_UP) == 4
        assert kinds(scene.records).count(RelayKind.LINK_DOWN) == 4
        assert task.status.links == 4
        # A link that had held counts as the first failure again.
        assert {status.failures for status in scene.told} == {0, 1}
        lost = [s for s in scene.told if s.state is LinkState.LOST]
        assert all("measures on" in status.sentence for status in lost)
        times = [record.arrival_s for record in scene.records]
        assert times == sorted(times)

    run_jumping(play())


def test_a_returning_sensor_is_linked_within_a_second() -> None:
    """So that most of the ten seconds after a return are there for the backlog."""

    async def play() -> None:
        scene = Scene.of(open_sensor())
        sensor = scene.radio.sensors[0]
        back_s = []

        async def leave() -> None:
            for away_s in (5.0, 20.0, 60.0):
                await asyncio.sleep(10.0)
                sensor.in_range = False
                sensor.lose()
                await asyncio.sleep(away_s)
                sensor.in_range = True
                back_s.append(scene.outside.clock())

        await asyncio.gather(run_for(scene, 125.0, scene.task()), leave())
        ups = [r.arrival_s for r in scene.records if r.kind is RelayKind.LINK_UP][1:]
        assert all(0.0 < up - back < 0.35 for up, back in zip(ups, back_s, strict=True))

    run_jumping(play())


def test_many_sensors_take_turns() -> None:
    """The radio itself asserts that nobody scans meanwhile."""

    async def play() -> None:
        serials = [f"SS-00{number}0" for number in range(4)]
        sensors = [open_sensor(serial, f"D0:0{i}") for i, serial in enumerate(serials)]
        scene = Scene.of(*sensors)
        tasks = [scene.task(wanted(serial, slot)) for slot, serial in enumerate(serials)]

        async def lose() -> None:
            await asyncio.sleep(10.0)
            for sensor in sensors:
                sensor.lose()

        await asyncio.gather(run_for(scene, 20.0, *tasks), lose())
        assert scene.radio.most_connecting == 1
        assert scene.radio.counts["connected"] == 8
        for slot in range(4):
            own = [r for r in scene.records if r.slot == slot]
            assert kinds(own).count(RelayKind.LINK_UP) == 2
            assert {r.sensor.serial for r in own} == {serials[slot]}

    run_jumping(play())


def test_attempts_that_fail_are_told_and_spaced() -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        broken = BleakDBusError("org.bluez.Error.Failed", ["le-connection-abort-by-remote"])
        scene.radio.sensors[0].connects = [broken] * 7
        await run_for(scene, 40.0, scene.task())
        waits = [s for s in scene.told if s.state is LinkState.WAITING]
        assert [s.failures for s in waits] == [1, 2, 3, 4, 5, 6, 7]
        assert {s.trouble.fault for s in waits if isinstance(s.trouble, RadioError)} == {
            Trouble.ABORTED
        }
        begun = [s.since_s for s in scene.told if s.state is LinkState.CONNECTING]
        gaps = [after - before for before, after in pairwise(begun)]
        # 0.02 s of leave, the wait, 0.11 s until a scan has begun and the sensor was heard.
        waited = [gap - 0.13 for gap in gaps]
        assert waited == pytest.approx([0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0], abs=0.001)
        assert scene.told[-1].state is LinkState.STOPPED
        assert scene.told[-1].failures == 0

    run_jumping(play())


def test_waits_grow_to_a_limit_and_are_spread_by_chance() -> None:
    params = BackOffParams(first_s=1.0, factor=3.0, longest_s=20.0, jitter=0.5)
    assert [wait_after(n, 0.0, params) for n in (1, 2, 3, 4, 10_000)] == [1.0, 3.0, 9.0, 20.0, 20.0]
    assert wait_after(2, 1.0, params) == 1.5


def test_a_connection_that_hangs_is_given_up() -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        scene.radio.sensors[0].connects = [3600.0]
        await run_for(scene, 30.0, scene.task())
        (late,) = [s for s in scene.told if s.state is LinkState.WAITING]
        assert isinstance(late.trouble, RadioError)
        assert late.trouble.fault == Trouble.TIMED_OUT
        begun = next(s for s in scene.told if s.state is LinkState.CONNECTING)
        # And 0.02 s of leave.
        assert late.since_s - begun.since_s == pytest.approx(LinkParams().connect_s + 0.02)
        assert "streaming" in scene.states

    run_jumping(play())


@pytest.mark.parametrize("uuid", [INFO, CONTROL, LIVE])
def test_a_request_that_hangs_is_given_up(uuid: str) -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        scene.radio.sensors[0].faults[uuid] = [3600.0]
        await run_for(scene, 30.0, scene.task())
        (late,) = [s for s in scene.told if s.state is LinkState.WAITING]
        assert "did not answer in time" in late.sentence
        assert scene.states[-2:] == ["stopping", "stopped"]

    run_jumping(play())


def test_a_hanging_leave_does_not_hold_up_the_next_attempt() -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        scene.radio.disconnect_takes_s = 3600.0
        scene.radio.sensors[0].faults[INFO] = [BleakGATTProtocolError(0x0E)]
        running = asyncio.create_task(scene.task().run())
        await asyncio.sleep(20.0)
        assert scene.radio.counts["disconnect"] == 1
        assert scene.radio.counts["connected"] >= 1
        running.cancel()
        await asyncio.wait({running})

    run_jumping(play())


def test_a_sensor_with_a_like_name_is_asked_once_and_left_alone() -> None:
    async def play() -> None:
        other, own = open_sensor("AA-0042", "D0:01"), open_sensor("BB-0042", "D0:02")
        other.rssi, own.rssi = -40, -80
        scene = Scene.of(other, own)
        task = scene.task(wanted("BB-0042"))

        async def lose() -> None:
            await asyncio.sleep(10.0)
            own.lose()

        await asyncio.gather(run_for(scene, 20.0, task), lose())
        assert other.diary == ["read 0005"]
        assert own.diary.count("read 0005") == 2
        assert {r.sensor.serial for r in scene.records} == {"BB-0042"}
        assert not [s for s in scene.told if s.state is LinkState.WAITING]

    run_jumping(play())


def test_an_address_that_changes_does_not_matter() -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        sensor = scene.radio.sensors[0]

        async def change() -> None:
            await asyncio.sleep(10.0)
            sensor.lose()
            sensor.address = "7A:11:22:33:44:55"

        await asyncio.gather(run_for(scene, 20.0, scene.task()), change())
        assert scene.radio.counts["connected"] == 2
        assert scene.told[-1].state is LinkState.STOPPED

    run_jumping(play())


def test_a_sensor_that_is_away_is_told_of_and_looked_for() -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        sensor = scene.radio.sensors[0]
        sensor.in_range = False

        async def come() -> None:
            await asyncio.sleep(50.0)
            sensor.in_range = True

        await asyncio.gather(run_for(scene, 60.0, scene.task()), come())
        away = [s for s in scene.told if s.state is LinkState.SEARCHING]
        assert "was not seen; switch it on" in away[-1].sentence
        # A scan that hears nothing is renewed, so that a pulled adapter is noticed.
        assert scene.radio.counts["scan"] >= 3
        assert "streaming" in scene.states

    run_jumping(play())


def test_who_has_left_while_others_had_their_turn_is_not_waited_for() -> None:
    async def play() -> None:
        first, second = open_sensor("A-0001", "D0:01"), open_sensor("B-0002", "D0:02")
        first.connects = [3600.0]
        scene = Scene.of(first, second)
        tasks = [scene.task(wanted("A-0001", 0)), scene.task(wanted("B-0002", 1))]

        async def leave() -> None:
            await asyncio.sleep(5.0)
            second.in_range = False

        await asyncio.gather(run_for(scene, 30.0, *tasks), leave())
        begun = [s.slot for s in scene.told if s.state is LinkState.CONNECTING]
        assert begun == [0, 0]
        assert tasks[0].status.links == 1

    run_jumping(play())


def test_bluetooth_that_is_off_is_told_of_until_it_is_on() -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        off = BleakBluetoothNotAvailableError("off", BleakBluetoothNotAvailableReason.POWERED_OFF)
        scene.radio.scan_faults = [off] * 4
        await run_for(scene, 20.0, scene.task())
        waiting = [s for s in scene.told if s.state is LinkState.WAITING]
        assert len(waiting) == 4
        assert "Bluetooth: it is switched off" in waiting[0].sentence
        assert scene.told[-1].state is LinkState.STOPPED

    run_jumping(play())


def test_a_sensor_that_wants_pairing_is_paired_once() -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        sensor = scene.radio.sensors[0]
        sensor.faults[INFO] = [BleakGATTProtocolError(0x0F)]
        await run_for(scene, 5.0, scene.task())
        assert sensor.diary[:4] == ["read 0005", "pair", "read 0005", "enable 0002"]
        told = next(s for s in scene.told if s.state is LinkState.PAIRING)
        assert "Press its button" in told.sentence
        assert "streaming" in scene.states

    run_jumping(play())


@pytest.mark.parametrize("uuid", [INFO, CONTROL])
def test_a_pairing_that_is_out_of_date_is_told_of(uuid: str) -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        scene.radio.sensors[0].faults[uuid] = [
            BleakGATTProtocolError(0x0F),
            BleakGATTProtocolError(0x0F),
        ]
        await run_for(scene, 10.0, scene.task())
        (told,) = [s for s in scene.told if s.state is LinkState.WAITING]
        assert isinstance(told.trouble, RadioError)
        assert told.trouble.fault == Trouble.STALE_PAIRING

    run_jumping(play())


def test_a_stack_that_tries_again_by_itself_is_let_try() -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        scene.radio.sensors[0].flaps = 2
        await run_for(scene, 5.0, scene.task())
        assert not {"lost", "waiting"} & {*scene.states}

    run_jumping(play())


def test_a_link_that_breaks_before_it_was_started_measures_nothing() -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        sensor = scene.radio.sensors[0]
        sensor.faults[INFO] = [5.0]
        asyncio.get_running_loop().call_later(1.0, sensor.lose)
        await run_for(scene, 10.0, scene.task())
        (told,) = [s for s in scene.told if s.state is LinkState.WAITING]
        assert isinstance(told.trouble, RadioError)
        assert told.trouble.fault == Trouble.LINK_LOST
        assert told.since_s < 1001.1
        assert "measures on" not in " ".join(s.sentence for s in scene.told)

    run_jumping(play())


def test_a_sink_that_takes_nothing_ends_the_link_and_is_heard_of() -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        task = scene.task()

        def full(record: RelayArrival) -> None:
            if record.kind is RelayKind.NOTIFIED and record.channel is Channel.LIVE:
                raise RecordingError("disk", "is full", "make room")

        task._sink = full  # a sink of another kind for the same scene
        with pytest.raises(RecordingError, match="is full"):
            await run_for(scene, 5.0, task)
        assert task.status.state is LinkState.FAILED
        assert scene.radio.sensors[0].client is None
        for other in asyncio.all_tasks() - {asyncio.current_task()}:
            other.cancel()
            await asyncio.wait({other})

    run_jumping(play())


def test_nothing_comes_after_the_link_is_down() -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        sensor = scene.radio.sensors[0]
        late = []

        async def keep() -> None:
            await asyncio.sleep(3.0)
            assert sensor.client is not None
            late.append(sensor.client.listening[LIVE])

        await asyncio.gather(run_for(scene, 5.0, scene.task()), keep())
        before = list(scene.records)
        late[0](bytearray(b"late"))
        assert scene.records == before
        assert scene.records[-1].kind is RelayKind.LINK_DOWN

    run_jumping(play())


@pytest.mark.parametrize("after_s", [0.005, 0.05, 0.13, 0.15, 0.18, 0.21, 0.25, 0.3, 2.0, 10.05])
def test_cancelled_at_any_moment_it_leaves_nothing_behind(after_s: float) -> None:
    """While a scan starts or runs, while connecting, asking, enabling, streaming, waiting."""

    async def play() -> None:
        scene = Scene.of(open_sensor())
        sensor = scene.radio.sensors[0]
        running = asyncio.create_task(scene.task().run())
        streaming = asyncio.create_task(scene.stream())
        asyncio.get_running_loop().call_later(10.0, sensor.lose)
        await asyncio.sleep(after_s)
        running.cancel()
        await asyncio.wait({running})
        assert running.cancelled()
        streaming.cancel()
        await asyncio.wait({streaming})
        assert sensor.client is None
        assert not scene.radio.scanners
        assert not scene.scanner.scans
        ups = kinds(scene.records).count(RelayKind.LINK_UP)
        assert kinds(scene.records).count(RelayKind.LINK_DOWN) == ups

    run_jumping(play())


@pytest.mark.parametrize("began", [False, True])
def test_a_sensor_without_a_memory_need_not_come_back_to_be_stopped(began: bool) -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        sensor, task = scene.radio.sensors[0], scene.task()
        sensor.in_range = began

        async def leave() -> None:
            await asyncio.sleep(3.0)
            sensor.in_range = False
            sensor.lose()

        await asyncio.gather(run_for(scene, 5.0, task), leave())
        assert task.status.state is LinkState.STOPPED
        assert scene.outside.clock() < 1005.2

    run_jumping(play())


def test_a_sensor_that_is_left_is_let_go_at_once() -> None:
    async def play() -> None:
        scene = Scene.of(open_sensor())
        task = scene.task()
        running = asyncio.create_task(task.run())
        await asyncio.sleep(3.0)
        task.leave()
        await running
        assert task.status.state is LinkState.STOPPED
        assert scene.radio.sensors[0].client is None
        assert scene.records[-1].kind is RelayKind.LINK_DOWN

    run_jumping(play())
