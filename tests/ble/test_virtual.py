"""Virtual sensors through bleak's own API: everything they are asked for, and every fault."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError

from sensor_screen.ble.virtual import (
    AirParams,
    Wearer,
    dress,
    virtual_sensors,
    worn_sensors,
)
from sensor_screen.ble.virtual.jumping_loop import run_jumping
from sensor_screen.ble.virtual.remote import remote_adapter
from sensor_screen.errors import ProtocolError
from sensor_screen.firmware import packet
from sensor_screen.model import Placement, Side, Task
from sensor_screen.protocol.open_sensor_info_bytes import decode_info
from sensor_screen.protocol.open_sensor_packet import decode_packet
from sensor_screen.protocol.open_sensor_status import StatusFlag, decode_status
from sensor_screen.simulation import Scenario, Step
from tests.ble.open_client import (
    BATTERY,
    CONTROL,
    INFO,
    LIVE,
    SERIAL,
    SERVICE,
    find,
    linked,
    scan,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from sensor_screen.ble.virtual import SensorParams, VirtualSensors

SHORT = Scenario("short", "a stand and two squats", (Step(Task.STAND, 2.0), Step(Task.SQUAT, 2)))
AT_ONCE = AirParams(interval_s=0.0, loss_share=0.0)
CALM = AirParams(loss_share=0.0)
SHANK, FOOT = worn_sensors()


@pytest.fixture(scope="module")
def wearer() -> Wearer:
    return dress(SHORT, worn_sensors())


def run(main: Coroutine[Any, Any, None]) -> None:
    run_jumping(asyncio.wait_for(main, 3600.0))


def changed(**changes: Any) -> tuple[SensorParams, ...]:
    return (replace(SHANK, **changes),)


# --- what every sensor must do --------------------------------------------------------------------


def test_a_scan_tells_name_label_and_battery(wearer: Wearer) -> None:
    async def main() -> None:
        async with virtual_sensors(wearer=wearer) as virtual:
            found = await scan(virtual)
            assert set(found) == {"SS-LS01", "SS-LF01"}
            # Major, left, foot, 87 %, idle with an open pairing window.
            assert found["SS-LF01"].service_data == {SERVICE: bytes([1, 1, 2, 87, 2])}

    run(main())


def test_info_battery_and_device_information_agree(wearer: Wearer) -> None:
    async def main() -> None:
        async with virtual_sensors(wearer=wearer) as virtual, linked(virtual) as client:
            await client.bleak.connect()
            assert client.bleak.mtu_size == 247
            info = decode_info(bytes(await client.bleak.read_gatt_char(INFO)))
            assert info.serial == SHANK.serial
            assert await client.bleak.read_gatt_char(SERIAL) == info.serial.encode()
            assert await client.bleak.read_gatt_char(BATTERY) == bytes([87])
            with pytest.raises(BleakGATTProtocolError, match="Read Not Permitted"):
                await client.bleak.read_gatt_char(CONTROL)

    run(main())


def test_live_samples_are_what_the_person_did(wearer: Wearer) -> None:
    async def main() -> None:
        async with (
            virtual_sensors(wearer=wearer, air=CALM) as virtual,
            linked(virtual) as client,
        ):
            assert (await client.begin())[2] == packet.OK
            await asyncio.sleep(30.0)
            sensor = virtual.sensor(SHANK.serial)
            numbers = [number for number in client.samples]  # noqa: C416 - in order of arrival
            assert numbers == list(range(len(numbers)))
            assert len(numbers) > 30.0 * 200.0 - 50.0
            assert client.twice == 0
            got = client.counts()
            assert np.array_equal(got, sensor.truth(sensor.boot_id, 0, len(got)))
            # It began with the person, and the person begins again after its end.
            stream = wearer.simulation.recording.streams[0]
            assert len(got) > len(stream.raw)
            assert np.array_equal(got, np.resize(stream.raw, got.shape))

    run(main())


def test_two_clocks_run_apart_as_told(wearer: Wearer) -> None:
    async def main() -> None:
        async with (
            virtual_sensors(wearer=wearer, air=AT_ONCE) as virtual,
            linked(virtual) as shank,
            linked(virtual, "SS-LF01") as foot,
        ):
            await shank.begin()
            await foot.begin()
            loop = asyncio.get_running_loop()
            told = []
            for _ in range(2):
                for client in (shank, foot):
                    reply = await client.ask(packet.TIME)
                    told.append((loop.time(), int.from_bytes(reply[3:11], "little")))
                await asyncio.sleep(20.0)
            ppm = [
                (last_us - first_us) / (last_s - first_s) - 1e6
                for (first_s, first_us), (last_s, last_us) in zip(told[:2], told[2:], strict=True)
            ]
            assert ppm == pytest.approx([-40.0, 40.0], abs=0.1)

    run(main())


def test_times_of_samples_lie_on_the_grid(wearer: Wearer) -> None:
    async def main() -> None:
        async with virtual_sensors(wearer=wearer) as virtual, linked(virtual) as client:
            await client.begin(rate_hz=100.0)
            await asyncio.sleep(20.0)
            told = [one for _, value in client.packets if (one := decode_packet(value))]
            firsts = np.array([one.first_sequence for one in told])
            times = np.array([one.t100us for one in told])
            steps = np.diff(times) % 65_536 - np.diff(firsts) * 100
            assert np.abs(steps).max() <= 1

    run(main())


def test_a_lower_rate_is_the_mean_of_the_higher(wearer: Wearer) -> None:
    worn = wearer.at(Side.LEFT, Placement.SHANK)
    fine = worn.block(40, 80).astype(float)
    assert np.array_equal(worn.block(20, 40, 2), np.rint(fine.reshape(40, 2, 6).mean(axis=1)))


def test_at_the_smallest_mtu_a_packet_has_one_sample(wearer: Wearer) -> None:
    async def main() -> None:
        async with (
            virtual_sensors(SHORT, changed(largest_mtu=23), wearer=wearer) as virtual,
            linked(virtual) as client,
        ):
            await client.begin(rate_hz=50.0)
            assert client.bleak.mtu_size == 23
            await asyncio.sleep(5.0)
            assert {len(value) for _, value in client.packets} == {20}
            assert sorted(client.samples) == list(range(len(client.samples)))

    run(main())


def test_the_person_turns_to_something_else_in_every_sensor_at_once(wearer: Wearer) -> None:
    pumps = dress(Scenario("pumps", "pumps", (Step(Task.PUMP, 2),)), worn_sensors())

    async def main() -> None:
        async with (
            virtual_sensors(wearer=wearer, air=CALM) as virtual,
            linked(virtual) as shank,
            linked(virtual, "SS-LF01") as foot,
        ):
            await shank.begin()
            await asyncio.sleep(3.0)
            virtual.perform(pumps)
            turned = virtual.sensors[0].next_number
            await asyncio.sleep(1.0)
            await foot.begin()
            began = virtual.sensors[0].next_number - turned
            await asyncio.sleep(1.0)
            stream, later = pumps.simulation.recording.streams
            after = shank.counts(turned)
            # One sample may have waited in the FIFO.
            assert np.array_equal(after[1:], stream.raw[: len(after) - 1])
            # The foot joined a second later, and finds the person where the shank has him.
            start = foot.counts()[:50]
            at = next(k for k in range(began + 50) if np.array_equal(later.raw[k : k + 50], start))
            # The reply to START needs some connection events.
            assert began - 20 < at <= began

    run(main())


# --- the air --------------------------------------------------------------------------------------


def test_a_bad_radio_delays_but_loses_nothing(wearer: Wearer) -> None:
    async def main() -> None:
        async with (
            virtual_sensors(wearer=wearer, air=AirParams(loss_share=0.3)) as virtual,
            linked(virtual) as client,
        ):
            await client.begin()
            await asyncio.sleep(20.0)
            assert list(client.samples) == list(range(len(client.samples)))

    run(main())


def test_a_slow_link_drops_packets_and_a_resend_brings_every_sample(wearer: Wearer) -> None:
    slow = AirParams(interval_s=0.050, packets_per_event=1, loss_share=0.0)
    params = changed(largest_mtu=23)

    async def main() -> None:
        async with (
            virtual_sensors(sensors=params, wearer=wearer, air=slow) as virtual,
            linked(virtual) as client,
        ):
            await client.begin(rate_hz=100.0)
            await asyncio.sleep(10.0)
            end = int.from_bytes((await client.ask(packet.STOP))[3:7], "little")
            assert len(client.samples) < 0.3 * end
            await client.fetch_missing(end)
            sensor = virtual.sensors[0]
            assert np.array_equal(client.counts(), sensor.truth(sensor.boot_id, 0, end))

    run(main())


def test_a_short_absence_keeps_the_link_and_a_long_one_ends_it(wearer: Wearer) -> None:
    async def main() -> None:
        async with virtual_sensors(wearer=wearer) as virtual, linked(virtual) as client:
            sensor = virtual.sensors[0]
            await client.begin()
            await sensor.walk_away(3.0)
            assert client.bleak.is_connected
            assert not client.lost_s
            begin_s = asyncio.get_running_loop().time()
            away = asyncio.create_task(sensor.walk_away(8.0))
            await asyncio.sleep(5.0)
            assert client.lost_s == [pytest.approx(begin_s + 4.0)]
            client.within_s = 1.0
            with pytest.raises(BleakDeviceNotFoundError):
                await client.begin()
            await away
            await client.begin()
            await client.fetch_missing(sensor.next_number)
            got = client.counts()
            assert np.array_equal(got, sensor.truth(sensor.boot_id, 0, len(got)))
            assert len(got) > 200 * 11

    run(main())


def test_reading_while_the_link_ends_is_an_error_of_bleak(wearer: Wearer) -> None:
    async def main() -> None:
        async with virtual_sensors(wearer=wearer) as virtual, linked(virtual) as client:
            await client.bleak.connect()
            reading = asyncio.create_task(client.bleak.read_gatt_char(INFO))
            await asyncio.sleep(0)
            virtual.sensors[0].lose_link()
            with pytest.raises(BleakError):
                await reading
            assert not client.bleak.is_connected

    run(main())


# --- pairing --------------------------------------------------------------------------------------


def test_a_bond_outlives_the_link_and_the_pairing_window(wearer: Wearer) -> None:
    async def main() -> None:
        async with virtual_sensors(wearer=wearer) as virtual, linked(virtual) as client:
            await client.begin()
            virtual.sensors[0].close_pairing()
            await client.end()
            await asyncio.sleep(1.0)
            assert (await client.begin())[2] == packet.OK

    run(main())


def test_without_the_button_nobody_pairs(wearer: Wearer) -> None:
    params = changed(pairing_open_s=0.0)

    async def main() -> None:
        async with virtual_sensors(sensors=params, wearer=wearer) as virtual:
            assert (await scan(virtual))["SS-LS01"].service_data[SERVICE][4] == 0
            async with linked(virtual) as client:
                await client.bleak.connect()
                for _ in range(2):
                    with pytest.raises(BleakError):
                        await client.bleak.read_gatt_char(INFO)
                await client.end()
                await asyncio.sleep(1.0)
                await virtual.sensors[0].press_button()
                await client.bleak.connect()
                assert await client.bleak.read_gatt_char(INFO)

    run(main())


# --- faults on demand -----------------------------------------------------------------------------


def test_a_sensor_that_another_phone_holds_is_not_seen(wearer: Wearer) -> None:
    async def main() -> None:
        async with virtual_sensors(wearer=wearer) as virtual:
            async with virtual.held_by_another(SHANK.serial):
                assert set(await scan(virtual)) == {"SS-LF01"}
            assert await find(virtual, "SS-LS01") is not None

    run(main())


def test_a_restart_begins_anew(wearer: Wearer) -> None:
    async def main() -> None:
        async with virtual_sensors(wearer=wearer) as virtual, linked(virtual) as client:
            sensor = virtual.sensors[0]
            await client.begin()
            await asyncio.sleep(5.0)
            before = sensor.boot_id
            await sensor.reboot()
            await asyncio.sleep(4.0)
            assert not client.bleak.is_connected
            client.samples.clear()
            reply = await client.begin(session=8)
            assert sensor.boot_id != before
            assert reply[2:7] == bytes(5)
            await asyncio.sleep(1.0)
            got = client.counts()
            assert np.array_equal(got, sensor.truth(sensor.boot_id, 0, len(got)))

    run(main())


def test_a_battery_runs_down(wearer: Wearer) -> None:
    async def main() -> None:
        async with virtual_sensors(wearer=wearer) as virtual, linked(virtual) as client:
            sensor, levels = virtual.sensors[0], []
            await client.begin()
            await client.bleak.start_notify(BATTERY, lambda _, value: levels.append(value[0]))
            sensor.set_battery(4)
            await asyncio.sleep(2.0)
            sensor.set_battery(1)
            await asyncio.sleep(2.0)
            assert levels == [4, 1]
            assert not decode_status(client.statuses[-1][1]).flags & StatusFlag.MEASURING
            assert (await client.ask(packet.START, 200_000, 16, 2000, 9, 0, 0))[2] == (
                packet.LOW_BATTERY
            )

    run(main())


def test_lost_samples_leave_their_numbers_empty(wearer: Wearer) -> None:
    async def main() -> None:
        async with (
            virtual_sensors(wearer=wearer, air=CALM) as virtual,
            linked(virtual) as client,
        ):
            sensor = virtual.sensors[0]
            await client.begin()
            await asyncio.sleep(1.0)
            sensor.lose_samples(7)
            at = sensor.next_number
            await asyncio.sleep(1.0)
            assert set(range(at + 100)) - set(client.samples) == set(range(at, at + 7))
            last = client.samples[at + 50]
            assert last == sensor.truth(sensor.boot_id, at + 50, 1).tobytes()

    run(main())


def test_a_sensor_that_lies_about_its_rate_sends_more(wearer: Wearer) -> None:
    async def main() -> None:
        async with (
            virtual_sensors(sensors=changed(rate_lie=0.05), wearer=wearer) as virtual,
            linked(virtual) as client,
        ):
            await client.begin()
            await asyncio.sleep(20.0)
            assert len(client.samples) == pytest.approx(20.0 * 210.0, abs=40.0)

    run(main())


def test_a_sensor_that_ignores_the_mtu_is_cut(wearer: Wearer) -> None:
    params = changed(largest_mtu=100, believed_mtu=247)

    async def main() -> None:
        async with (
            virtual_sensors(sensors=params, wearer=wearer) as virtual,
            linked(virtual) as client,
        ):
            await client.bleak.connect()
            await client.bleak.read_gatt_char(INFO)
            cut: list[bytes] = []
            await client.bleak.start_notify(CONTROL, lambda _, __: None)
            await client.bleak.start_notify(LIVE, lambda _, value: cut.append(bytes(value)))
            start = packet.pack_request(packet.START, 1, 200_000, 16, 2000, 7, 0, 0)
            await client.bleak.write_gatt_char(CONTROL, start, response=True)
            await asyncio.sleep(2.0)
            assert {len(value) for value in cut} == {97}
            with pytest.raises(ProtocolError):
                decode_packet(cut[0])

    run(main())


def test_live_packets_that_a_phone_drops_come_again(wearer: Wearer) -> None:
    async def main() -> None:
        params = changed(live_drop_share=0.1)
        async with (
            virtual_sensors(sensors=params, wearer=wearer) as virtual,
            linked(virtual) as client,
        ):
            await client.begin()
            await asyncio.sleep(20.0)
            end = int.from_bytes((await client.ask(packet.STOP))[3:7], "little")
            assert virtual.sensors[0].live_dropped > 5
            assert len(client.samples) < end
            await client.fetch_missing(end)
            truth = virtual.sensors[0].truth(virtual.sensors[0].boot_id, 0, end)
            assert np.array_equal(client.counts(), truth)

    run(main())


def test_two_sensors_may_have_one_label(wearer: Wearer) -> None:
    both = (SHANK, replace(FOOT, label=(Side.LEFT, Placement.SHANK)))

    async def main() -> None:
        async with virtual_sensors(sensors=both, wearer=wearer) as virtual:
            labels = {
                bytes(told.service_data[SERVICE][1:3]) for told in (await scan(virtual)).values()
            }
            assert labels == {bytes([1, 1])}

    run(main())


def test_another_version_is_told_by_info_and_packets(wearer: Wearer) -> None:
    async def main() -> None:
        async with virtual_sensors(sensors=changed(major=2), wearer=wearer) as virtual:
            assert (await scan(virtual))["SS-LS01"].service_data[SERVICE][0] == 2
            async with linked(virtual) as client:
                await client.begin()
                await asyncio.sleep(1.0)
                assert {value[0] for _, value in client.packets} == {0x21}
                with pytest.raises(ProtocolError):
                    decode_info(bytes(await client.bleak.read_gatt_char(INFO)))

    run(main())


def test_a_silent_inertial_sensor_is_a_fault(wearer: Wearer) -> None:
    async def main() -> None:
        async with virtual_sensors(wearer=wearer) as virtual, linked(virtual) as client:
            virtual.sensors[0].break_imu()
            assert (await client.begin())[2] == packet.FAULT

    run(main())


def test_advertising_tells_the_battery_of_now(wearer: Wearer) -> None:
    async def main() -> None:
        async with virtual_sensors(wearer=wearer) as virtual:
            virtual.sensors[0].set_battery(12)
            assert (await scan(virtual))["SS-LS01"].service_data[SERVICE][3] == 12

    run(main())


def test_an_adapter_that_is_switched_off_says_so(wearer: Wearer) -> None:
    async def main() -> None:
        async with virtual_sensors(wearer=wearer) as virtual, linked(virtual) as client:
            virtual.central.powered = False
            with pytest.raises(BleakError, match="switched off"):
                await scan(virtual)
            with pytest.raises(BleakError, match="switched off"):
                await client.bleak.connect()

    run(main())


def test_sleep_and_button(wearer: Wearer) -> None:
    async def main() -> None:
        async with virtual_sensors(wearer=wearer) as virtual, linked(virtual) as client:
            await client.begin()
            await client.ask(packet.STOP)
            assert (await client.ask(packet.SLEEP))[2] == packet.OK
            await asyncio.sleep(1.0)
            assert not client.bleak.is_connected
            assert set(await scan(virtual)) == {"SS-LF01"}
            await virtual.sensors[0].press_button()
            assert (await client.begin())[2] == packet.OK

    run(main())


def test_nothing_is_left_behind(wearer: Wearer) -> None:
    async def main() -> None:
        before = asyncio.all_tasks()
        async with virtual_sensors(wearer=wearer) as virtual:
            device = await find(virtual, "SS-LS01")
            assert device is not None
            async with linked(virtual) as client:
                await client.begin()
                virtual.sensors[0].lose_link()
        await asyncio.sleep(60.0)
        assert asyncio.all_tasks() == before

    run(main())


def test_equal_seeds_give_equal_packets(wearer: Wearer) -> None:
    heard: list[list[tuple[float, bytes]]] = []

    async def main() -> None:
        air = AirParams(loss_share=0.1, seed=3)
        async with virtual_sensors(wearer=wearer, air=air) as virtual, linked(virtual) as client:
            await client.begin()
            await asyncio.sleep(5.0)
            heard.append(client.packets)

    run(main())
    run(main())
    assert [value for _, value in heard[0]] == [value for _, value in heard[1]]


# --- in another process ---------------------------------------------------------------------------


async def talk_across(process: asyncio.subprocess.Process, wearer: Wearer) -> None:
    """Scan, connect, stream, lose the link, return: the sensors are in the other process."""
    assert process.stdin is not None
    assert process.stdout is not None
    port = json.loads(await process.stdout.readline())["port"]
    async with remote_adapter(port) as (scanner, client_class):
        radio = cast(
            "VirtualSensors", SimpleNamespace(scanner_backend=scanner, client_backend=client_class)
        )
        async with linked(radio) as client:
            await client.begin()
            await asyncio.sleep(1.0)
            process.stdin.write(b"lose_link VIRTUAL-LS01\n")
            await process.stdout.readline()
            await asyncio.sleep(0.1)
            assert len(client.lost_s) == 1
            await client.begin()
            end = int.from_bytes((await client.ask(packet.STOP))[3:7], "little")
            await client.fetch_missing(end)
            process.stdin.write(b"runs VIRTUAL-LS01\n")
            (run,) = json.loads(await process.stdout.readline())["runs"]
    worn = wearer.at(Side.LEFT, Placement.SHANK)
    truth = worn.block(run["first_index"], end, run["every"])
    assert end > 150
    assert np.array_equal(client.counts(), truth)


def test_client_and_sensors_in_two_processes() -> None:
    async def main() -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sensor_screen.ble.virtual", "--scenario", "squat"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            await talk_across(process, dress("squat", worn_sensors()))
        finally:
            _, _ = await process.communicate(b"quit\n")
        assert process.returncode == 0

    asyncio.run(asyncio.wait_for(main(), 60.0))
