"""bleak's own backend for Linux, driven against a service that answers as BlueZ does."""

from __future__ import annotations

import asyncio
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sensor_screen.ble.back_off import BackOffParams
from sensor_screen.ble.characteristics import OPEN_SENSOR_SERVICE
from sensor_screen.ble.outside import Outside
from sensor_screen.ble.scanner import Scanner
from sensor_screen.ble.sensor_task import SensorTask, SensorTaskParams
from sensor_screen.ble.states import LinkState, SensorStatus
from sensor_screen.ble.troubles import Trouble
from sensor_screen.ble.vendor_logic import VendorLogic
from sensor_screen.errors import RadioError
from sensor_screen.protocol.open_sensor_info_bytes import encode_info
from sensor_screen.protocol.relay_frame import RelayArrival, RelayKind
from tests.ble.scenes import (
    CONTROL,
    INFO,
    INFORMATION,
    LIVE,
    START,
    STATUS,
    STOP,
    TABLE,
    wanted,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

if sys.platform != "linux":
    pytest.skip("BlueZ is the Bluetooth of Linux", allow_module_level=True)
if shutil.which("dbus-daemon") is None:
    pytest.skip("dbus-daemon is not installed", allow_module_level=True)

from tests.ble.fake_bluez import FakeBluez, FakePeripheral, private_bus

FLAGS = {
    CONTROL: ("write", "indicate"),
    INFO: ("read",),
    STATUS: ("read", "notify"),
}
FAST = SensorTaskParams(search_s=5.0, back_off=BackOffParams(first_s=0.02, longest_s=0.05))
WAIT_S = 10.0
"""Far longer than anything here takes."""


def peripheral(serial: str, address: str) -> FakePeripheral:
    table = {uuid: FLAGS.get(uuid, ("notify",)) for uuid in TABLE[OPEN_SENSOR_SERVICE]}
    info = encode_info(replace(INFORMATION, serial=serial))
    return FakePeripheral(address, f"SS-{serial[-4:]}", {OPEN_SENSOR_SERVICE: table}, {INFO: info})


@pytest.fixture
def bus(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with private_bus(tmp_path_factory.mktemp("b")) as address:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        yield address


class Person:
    """Runs sensors of one computer and looks at what they tell."""

    def __init__(self, bluez: FakeBluez) -> None:
        self.bluez, self.outside = bluez, Outside()
        self.scanner = Scanner(self.outside)
        self.records: list[RelayArrival] = []
        self.told: list[SensorStatus] = []
        self.tasks: list[SensorTask] = []
        self._change = asyncio.Event()

    def start(self, *serials: str) -> None:
        for slot, serial in enumerate(serials):
            logic = VendorLogic(serial, START, STOP)
            self.tasks.append(
                SensorTask(
                    *(wanted(serial, slot), logic, self.scanner, self.outside),
                    *(self._take, self._tell, FAST),
                )
            )
        self.running = [asyncio.create_task(task.run()) for task in self.tasks]

    async def stop(self) -> None:
        for task in self.tasks:
            task.stop()
        await asyncio.gather(*self.running)

    def count(self, kind: RelayKind) -> int:
        return sum(record.kind is kind for record in self.records)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not holds():
                self._change.clear()
                await self._change.wait()

    async def all_stream(self) -> None:
        await self.until(lambda: all(t.status.state is LinkState.STREAMING for t in self.tasks))

    def _take(self, record: RelayArrival) -> None:
        self.records.append(record)
        self._change.set()

    def _tell(self, status: SensorStatus) -> None:
        self.told.append(status)
        self._change.set()


def play(
    address: str, bluez: FakeBluez, scene: Callable[[Person], Coroutine[Any, Any, None]]
) -> Person:
    async def whole() -> Person:
        await bluez.start(address)
        person = Person(bluez)
        try:
            await scene(person)
        finally:
            bluez.stop()
        return person

    return asyncio.run(whole())


LEFT, RIGHT = ("SS-0042", "D0:00:00:00:00:11"), ("SS-0043", "D0:00:00:00:00:22")


def test_two_sensors_stream_and_lose_and_find_each_other(bus: str) -> None:
    bluez = FakeBluez(peripheral(*LEFT), peripheral(*RIGHT))
    written: list[bytes] = []
    bluez.peripherals[0].on_write = lambda _, value: written.append(value)

    async def scene(person: Person) -> None:
        person.start(LEFT[0], RIGHT[0])
        await person.all_stream()
        for number in range(200):
            for slot, (_, address) in enumerate((LEFT, RIGHT)):
                live = bluez.characteristics[address][LIVE]
                live.notify(bytes((slot,)) + number.to_bytes(2, "little") + bytes(200))
            # An unpaced burst makes a bus drop whoever sends it.
            await asyncio.sleep(0.001)
        await person.until(lambda: person.count(RelayKind.NOTIFIED) == 400)
        bluez.devices[LEFT[1]].lose()
        await person.until(lambda: person.count(RelayKind.LINK_UP) == 3)
        await person.all_stream()
        await person.stop()

    person = play(bus, bluez, scene)
    for slot in (0, 1):
        values = [
            r.value for r in person.records if r.slot == slot and r.kind is RelayKind.NOTIFIED
        ]
        assert {value[0] for value in values} == {slot}
        assert [int.from_bytes(value[1:3], "little") for value in values] == [*range(200)]
    assert {r.mtu for r in person.records if r.kind is RelayKind.LINK_UP} == {247}
    assert written == [b"start", b"start", b"stop"]
    assert person.count(RelayKind.LINK_DOWN) == 3
    times = [record.arrival_s for record in person.records]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("powered", "kind"), [(None, Trouble.NO_ADAPTER), (False, Trouble.POWERED_OFF)]
)
def test_an_adapter_that_is_missing_or_off(bus: str, powered: bool | None, kind: Trouble) -> None:
    async def scene(person: Person) -> None:
        with pytest.raises(RadioError) as raised:
            await person.scanner.look_around(0.1)
        assert raised.value.fault == kind

    play(bus, FakeBluez(powered=powered), scene)


def test_without_bluez_the_service_is_what_is_missing(
    bus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look() -> None:
        await Scanner(Outside()).look_around(0.1)

    for address in (bus, "unix:path=/nowhere/at/all"):
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        with pytest.raises(RadioError, match="service is not running") as raised:
            asyncio.run(look())
        assert raised.value.fault == Trouble.NO_SERVICE


def test_what_goes_wrong_is_told_and_tried_again(bus: str) -> None:
    sensor = peripheral(*LEFT)
    bluez = FakeBluez(sensor)
    bluez.scan_errors = [("org.bluez.Error.InProgress", "Operation already in progress")]
    sensor.connect_errors = [
        ("org.bluez.Error.Failed", "le-connection-abort-by-remote"),
        ("org.bluez.Error.AuthenticationFailed", "Authentication Failed"),
    ]
    sensor.read_errors = [("org.bluez.Error.Failed", "Operation failed with ATT error: 0x0e")]
    sensor.notify_errors = [("org.bluez.Error.NotPermitted", "Notify acquired")]

    async def scene(person: Person) -> None:
        person.start(LEFT[0])
        await person.all_stream()
        await person.stop()

    person = play(bus, bluez, scene)
    troubles = [s.trouble for s in person.told if s.state is LinkState.WAITING]
    assert [t.fault for t in troubles if isinstance(t, RadioError)] == [
        *(Trouble.BUSY, Trouble.ABORTED, Trouble.STALE_PAIRING),
        *(Trouble.REFUSED, Trouble.HELD_HERE),
    ]
    assert "bluetoothctl remove" in str(troubles[2])
    assert person.told[-1].state is LinkState.STOPPED


def test_cancelled_while_streaming_it_lets_the_sensor_go(bus: str) -> None:
    """BlueZ keeps a link that a program leaves behind, and nobody else gets the sensor."""
    bluez = FakeBluez(peripheral(*LEFT))

    async def scene(person: Person) -> None:
        person.start(LEFT[0])
        await person.all_stream()
        person.running[0].cancel()
        await asyncio.wait(person.running)
        assert not bluez.devices[LEFT[1]].up
        assert not bluez.adapter.scanning

    play(bus, bluez, scene)
