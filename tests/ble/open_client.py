"""Not a test: the least client of an open sensor that gets every sample, through bleak's API."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakError

from sensor_screen.firmware import packet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bleak.backends.device import BLEDevice

    from sensor_screen.ble.virtual import VirtualSensors

SERVICE, CONTROL, LIVE, BACKFILL, INFO, STATUS = (
    f"860a{short:04x}-e3f6-42f7-82b5-f48a83c986ed" for short in range(1, 7)
)
BATTERY, SERIAL = "2a19", "2a25"


async def find(virtual: VirtualSensors, name: str, within_s: float = 3.0) -> BLEDevice | None:
    return await BleakScanner.find_device_by_name(
        name, timeout=within_s, backend=virtual.scanner_backend
    )


async def scan(virtual: VirtualSensors, seconds: float = 2.0) -> dict[str, Any]:
    """Advertisements by name."""
    found = await BleakScanner.discover(
        timeout=seconds, return_adv=True, backend=virtual.scanner_backend, service_uuids=[SERVICE]
    )
    return {told.local_name: told for _, told in found.values()}


class OpenClient:
    """One sensor: what it sent, by number."""

    def __init__(self, virtual: VirtualSensors, device: BLEDevice, within_s: float = 5.0) -> None:
        self.virtual = virtual
        self.device = device
        self.within_s = within_s
        self.lost_s: list[float] = []
        self.replies: asyncio.Queue[bytes] = asyncio.Queue()
        self.packets: list[tuple[float, bytes]] = []
        self.statuses: list[tuple[float, bytes]] = []
        self.samples: dict[int, bytes] = {}
        self.twice = 0
        self._renew()

    def _renew(self) -> None:
        loop = asyncio.get_running_loop()
        self.bleak = BleakClient(
            self.device,
            lambda _: self.lost_s.append(loop.time()),
            timeout=self.within_s,
            backend=self.virtual.client_backend,
        )

    async def begin(self, rate_hz: float = 200.0, session: int = 7, batch: int = 0) -> bytes:
        """A new link, everything enabled, START; its reply."""
        self._renew()
        await self.bleak.connect()
        await self.bleak.read_gatt_char(INFO)
        loop = asyncio.get_running_loop()
        await self.bleak.start_notify(CONTROL, lambda _, value: self.replies.put_nowait(value))
        await self.bleak.start_notify(
            STATUS, lambda _, value: self.statuses.append((loop.time(), bytes(value)))
        )
        await self.bleak.start_notify(LIVE, self._take)
        await self.bleak.start_notify(BACKFILL, self._take)
        return await self.ask(packet.START, round(rate_hz * 1000), 16, 2000, session, 0, batch)

    async def ask(self, op: int, *fields: int) -> bytes:
        request = packet.pack_request(op, 1, *fields)
        await self.bleak.write_gatt_char(CONTROL, request, response=True)
        return bytes(await asyncio.wait_for(self.replies.get(), 5.0))

    def _take(self, _: object, value: bytearray) -> None:
        self.packets.append((asyncio.get_running_loop().time(), bytes(value)))
        first = int.from_bytes(value[2:6], "little")
        for at in range(value[1]):
            self.twice += first + at in self.samples
            self.samples[first + at] = bytes(value[8 + 12 * at : 20 + 12 * at])

    def counts(self, first: int = 0) -> np.ndarray[Any, Any]:
        """(n, 6) from this number on, which all must be there."""
        last = max(self.samples)
        joined = b"".join(self.samples[number] for number in range(first, last + 1))
        return np.frombuffer(joined, "<i2").reshape(-1, 6)

    async def fetch_missing(self, end: int) -> None:
        """Everything before `end` that is not there, oldest first."""
        missing = [number for number in range(end) if number not in self.samples]
        while missing:
            first = missing[0]
            count = next((k for k, n in enumerate(missing) if n != first + k), len(missing))
            await self.ask(packet.RESEND, first, count)
            done = bytes(await asyncio.wait_for(self.replies.get(), 60.0))
            assert done[0] == packet.DONE
            await asyncio.sleep(0.1)
            missing = [number for number in missing if number not in self.samples]

    async def end(self) -> None:
        try:
            await self.bleak.disconnect()
        except BleakError:
            assert not self.bleak.is_connected


@asynccontextmanager
async def linked(virtual: VirtualSensors, name: str = "SS-LS01") -> AsyncIterator[OpenClient]:
    """A client of the sensor of that name; without a link yet."""
    device = await find(virtual, name)
    assert device is not None
    client = OpenClient(virtual, device)
    yield client
    await client.end()
