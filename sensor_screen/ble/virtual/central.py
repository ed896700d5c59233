"""The computer's end of the virtual radio: one adapter for every scanner and client."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from bumble import core
from bumble.device import Device
from bumble.hci import Address
from bumble.host import Host
from bumble.transport.common import AsyncPipeSink

from sensor_screen.ble.virtual.air import VirtualAir, VirtualController
from sensor_screen.ble.virtual.pairing import pairing_rules

if TYPE_CHECKING:
    from bumble.device import Advertisement, Connection

ADDRESS = "C0:00:00:00:00:01"


class Hears(Protocol):
    """A scanner."""

    def heard(self, advertisement: Advertisement) -> None:
        """One advertisement, or its scan response."""


class Central:
    """An adapter that can be switched off, as real ones can.

    Args:
        source: Where packets of its controller come from.
        sink: Where packets to its controller go.
        address: Static random address.
        largest_mtu: It takes no more.
    """

    def __init__(
        self,
        source: Any,  # noqa: ANN401 - a transport of bumble's, or a controller
        sink: Any,  # noqa: ANN401
        *,
        address: str = ADDRESS,
        largest_mtu: int = 517,
    ) -> None:
        self.powered = True
        self.connecting = asyncio.Lock()
        """One attempt at a time, as a real adapter."""
        self._device = Device(name="central", address=Address(address), host=Host(source, sink))
        self._device.gatt_server.max_mtu = largest_mtu
        self._device.pairing_config_factory = pairing_rules()
        self._device.on("advertisement", self._advertised)
        self._up = False
        self._scanners: list[Hears] = []

    async def device(self) -> Device:
        """The host, powered on by the first who needs it."""
        if not self._up:
            self._up = True
            await self._device.power_on()
        return self._device

    async def scan(self, scanner: Hears, active: bool) -> None:
        """Let a scanner hear."""
        device = await self.device()
        self._scanners.append(scanner)
        if not device.is_scanning:
            await device.start_scanning(active=active, filter_duplicates=False)

    async def end_scan(self, scanner: Hears) -> None:
        """Let it hear no more; the last one switches scanning off."""
        if scanner in self._scanners:
            self._scanners.remove(scanner)
        if not self._scanners and self._device.is_scanning:
            await self._device.stop_scanning()

    async def connect(self, address: Address, timeout_s: float) -> Connection:
        """A new link.

        Raises:
            core.TimeoutError: the sensor was not found.
            core.InvalidStateError: the link ended at the moment at which it began.
        """
        device = await self.device()
        async with self.connecting:
            connection = await device.connect(address, timeout=timeout_s)
        if device.connections.get(connection.handle) is not connection:
            raise core.InvalidStateError("the link ended as it began")
        return connection

    async def secure(self, connection: Connection) -> None:
        """Encrypt with the bond that is known, else pair."""
        if await self.is_bonded(connection.peer_address):
            await connection.encrypt()
        else:
            await connection.pair()

    async def is_bonded(self, address: Address) -> bool:
        """Whether a key is known."""
        keystore = (await self.device()).keystore
        return keystore is not None and await keystore.get(str(address)) is not None

    async def forget(self, address: Address) -> None:
        """Delete the bond."""
        keystore = (await self.device()).keystore
        if keystore is not None and await self.is_bonded(address):
            await keystore.delete(str(address))

    async def close(self) -> None:
        """End all links and scans."""
        self._scanners.clear()
        if self._device.is_scanning:
            await self._device.stop_scanning()
        for connection in list(self._device.connections.values()):
            await connection.disconnect()

    def _advertised(self, advertisement: Advertisement) -> None:
        for scanner in list(self._scanners):
            scanner.heard(advertisement)


def local_central(
    air: VirtualAir, address: str = ADDRESS, *, largest_mtu: int = 517
) -> tuple[Central, VirtualController]:
    """An adapter in the process of the sensors, and its controller."""
    controller = VirtualController("central", air, address)
    sink = AsyncPipeSink(controller)
    return Central(controller, sink, address=address, largest_mtu=largest_mtu), controller
