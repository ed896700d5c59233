"""A Bluetooth stack that does as a script says: bleak's two backend classes, without any radio.

It keeps a diary of what the client did to it, and checks rules that real adapters punish: nobody
scans while a connection is made, one connection attempt at a time, no client used twice.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakError

from sensor_screen.ble.outside import Backend, Outside

if TYPE_CHECKING:
    from collections.abc import Mapping

ADVERTISES_EVERY_S = 0.1


@dataclass
class ScriptedSensor:
    """One peripheral."""

    address: str
    name: str
    services: Mapping[str, tuple[str, ...]]
    """Service -> characteristics."""
    values: dict[str, bytes] = field(default_factory=dict)
    """Characteristic -> what a read gives."""
    service_data: dict[str, bytes] = field(default_factory=dict)
    companies: dict[int, bytes] = field(default_factory=dict)
    rssi: int = -60
    in_range: bool = True
    mtu: int = 247
    connects: list[Exception | float] = field(default_factory=list)
    """What becomes of the next attempts: an error, or so many seconds until it succeeds."""
    faults: dict[str, list[Exception | float]] = field(default_factory=dict)
    """Characteristic -> what becomes of its next requests, likewise."""
    flaps: int = 0
    """So often a link is told lost while it is being made, as stacks do that try again inside."""
    on_write: Callable[[str, bytes], None] = lambda uuid, value: None  # noqa: ARG005
    on_pair: Callable[[], None] = lambda: None
    client: ScriptedClientBase | None = None
    diary: list[str] = field(default_factory=list)

    def notify(self, uuid: str, value: bytes) -> None:
        """If a client listens."""
        if self.client is not None and uuid in self.client.listening:
            self.client.listening[uuid](bytearray(value))

    def lose(self) -> None:
        """Break the link."""
        if self.client is not None:
            self.client.drop()


class ScriptedClientBase(BaseBleakClient):
    """Bound to a radio by `ScriptedRadio.backend`."""

    radio: ScriptedRadio

    def __init__(self, device: Any, **options: Any) -> None:
        kept = {key: options[key] for key in ("disconnected_callback", "timeout")}
        super().__init__(device, **kept)
        self.sensor: ScriptedSensor = device.details
        self.radio.devices.append(device)
        self.listening: dict[str, Callable[[bytearray], None]] = {}
        self.used = False

    @property
    def name(self) -> str:
        return self.sensor.name

    @property
    def mtu_size(self) -> int:
        return 23

    @property
    def is_connected(self) -> bool:
        return self.sensor.client is self

    async def connect(self, pair: bool, **_: Any) -> None:  # noqa: ARG002
        radio, sensor = self.radio, self.sensor
        assert not self.used, "a client is for one attempt"
        assert not radio.scanners, "nobody may scan while a connection is made"
        self.used = True
        radio.connecting += 1
        radio.most_connecting = max(radio.most_connecting, radio.connecting)
        try:
            outcome = sensor.connects.pop(0) if sensor.connects else 0.05
            if isinstance(outcome, Exception):
                raise outcome
            await asyncio.sleep(outcome if sensor.in_range else 3600.0)
        finally:
            radio.connecting -= 1
        for _ in range(sensor.flaps):
            assert self._disconnected_callback is not None
            self._disconnected_callback()
        self.services = _services(sensor)
        sensor.client = self
        radio.counts["connected"] += 1

    async def disconnect(self) -> None:
        self.radio.counts["disconnect"] += 1
        await asyncio.sleep(self.radio.disconnect_takes_s)
        self.drop()

    def drop(self) -> None:
        if self.sensor.client is self:
            self.sensor.client = None
            self.listening.clear()
            if self._disconnected_callback is not None:
                self._disconnected_callback()

    async def pair(self, *_: Any, **__: Any) -> None:
        self.sensor.diary.append("pair")
        await asyncio.sleep(1.0)
        self.sensor.on_pair()

    async def unpair(self) -> None:
        raise NotImplementedError

    async def _request(self, doing: str, uuid: str) -> None:
        if not self.is_connected:
            raise BleakError("Not connected")
        self.sensor.diary.append(f"{doing} {uuid[4:8]}")
        await asyncio.sleep(self.radio.request_takes_s)
        faults = self.sensor.faults.get(uuid)
        fault = faults.pop(0) if faults else 0.0
        if isinstance(fault, Exception):
            raise fault
        await asyncio.sleep(fault)

    async def read_gatt_char(self, characteristic: Any, **_: Any) -> bytearray:
        await self._request("read", characteristic.uuid)
        return bytearray(self.sensor.values[characteristic.uuid])

    async def write_gatt_char(self, characteristic: Any, data: Any, response: bool) -> None:  # noqa: ARG002
        await self._request("write", characteristic.uuid)
        self.sensor.on_write(characteristic.uuid, bytes(data))

    async def start_notify(self, characteristic: Any, callback: Any, **_: Any) -> None:
        await self._request("enable", characteristic.uuid)
        self.listening[characteristic.uuid] = callback

    async def stop_notify(self, characteristic: Any) -> None:
        await self._request("disable", characteristic.uuid)
        del self.listening[characteristic.uuid]

    async def read_gatt_descriptor(self, *_: Any, **__: Any) -> bytearray:
        raise NotImplementedError

    async def write_gatt_descriptor(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError


def _services(sensor: ScriptedSensor) -> BleakGATTServiceCollection:
    found, handle = BleakGATTServiceCollection(), 1
    for uuid, characteristics in sensor.services.items():
        service = BleakGATTService(None, handle, uuid)
        found.add_service(service)
        for characteristic in characteristics:
            handle += 2
            made = BleakGATTCharacteristic(
                None, handle, characteristic, ["read", "write", "notify"],
                lambda: sensor.mtu - 3, service,
            )  # fmt: skip
            found.add_characteristic(made)
        handle += 2
    return found


class ScriptedScannerBase(BaseBleakScanner):
    """Bound to a radio by `ScriptedRadio.backend`."""

    radio: ScriptedRadio

    def __init__(self, seen: Any = None, uuids: Any = None, *_: Any, **__: Any) -> None:
        super().__init__(seen, uuids)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.radio.counts["scan"] += 1
        await asyncio.sleep(0.01)
        if self.radio.scan_faults:
            raise self.radio.scan_faults.pop(0)
        assert not self.radio.scanners, "one scanner"
        assert not self.radio.connecting, "nobody may connect while a scan begins"
        self.radio.scanners.append(self)
        self.seen_devices = {}
        self._task = asyncio.create_task(self._advertise())

    async def stop(self) -> None:
        if self._task is not None:
            self.radio.scanners.remove(self)
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    async def _advertise(self) -> None:
        while True:
            await asyncio.sleep(ADVERTISES_EVERY_S)
            for sensor in self.radio.sensors:
                if sensor.in_range and sensor.client is None and not self.radio.deaf:
                    self._hear(sensor)

    def _hear(self, sensor: ScriptedSensor) -> None:
        told = AdvertisementData(
            local_name=sensor.name,
            manufacturer_data=sensor.companies,
            service_data=sensor.service_data,
            service_uuids=list(sensor.services)[:1],
            tx_power=None,
            rssi=sensor.rssi,
            platform_data=(),
        )
        key = sensor.address
        device = self.create_or_update_device(key, key, sensor.name, sensor, told)
        self.call_detection_callbacks(device, told)


@dataclass
class ScriptedRadio:
    """One adapter and what is around it."""

    sensors: list[ScriptedSensor] = field(default_factory=list)
    scan_faults: list[Exception] = field(default_factory=list)
    deaf: bool = False
    request_takes_s: float = 0.03
    disconnect_takes_s: float = 0.02
    scanners: list[BaseBleakScanner] = field(default_factory=list)
    devices: list[Any] = field(default_factory=list)
    connecting: int = 0
    most_connecting: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def backend(self) -> Backend:
        scanner = type("ScriptedScanner", (ScriptedScannerBase,), {"radio": self})
        client = type("ScriptedClient", (ScriptedClientBase,), {"radio": self})
        return Backend(scanner, client)

    def outside(self, chance: float = 0.0) -> Outside:
        loop = asyncio.get_running_loop()
        return Outside(self.backend(), loop.time, _sleep, lambda: chance)


_sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
