"""The one scanner: who advertises, and nobody scans while a connection is being made.

Adapters do one thing at a time: a scan and a connection attempt, or two attempts, disturb each
other on every platform. So all who look for sensors share one scan, and all who connect take turns.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.ble.characteristics import OPEN_SENSOR_SERVICE, family_of
from sensor_screen.ble.troubles import explain
from sensor_screen.protocol.open_sensor_info import PlacementCode, SensorLabel, SideCode
from sensor_screen.protocol.relay_frame import Family

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bleak import BleakScanner
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData

    from sensor_screen.ble.outside import Outside

_UNKNOWN_BATTERY = 255
_MEASURING, _PAIRING_OPEN = 1, 2
_SERVICE_DATA_BYTES = 5


@dataclass(frozen=True, slots=True)
class ScannerParams:
    """How the scan is kept going."""

    start_s: float = 10.0
    """Seconds that starting or stopping a scan may take; a stack that hangs is given up."""
    renew_s: float = 20.0
    """Seconds after which a scan that found nothing is begun anew: a pulled adapter says nothing
    to a scan that runs, and some stacks fall silent."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """The newest advertisement of one sensor."""

    address: str
    """Of this moment: phones and systems hide it, and it names nobody."""
    device: BLEDevice
    """What a connection is made to."""
    family: Family
    name: str
    rssi_dbm: int
    seen_s: float
    label: SensorLabel | None = None
    """What an open sensor was told of where it is worn."""
    battery_percent: int | None = None
    measuring: bool | None = None
    pairing_open: bool | None = None


class Scanner:
    """What advertises, for everybody in this program.

    Args:
        outside: Radio and clock.
        params: How the scan is kept going.
    """

    def __init__(self, outside: Outside, params: ScannerParams = ScannerParams()) -> None:
        self.sightings: dict[str, Sighting] = {}
        """Address -> newest, of all time."""
        self.met: dict[str, str] = {}
        """Address -> serial that was read there last: a hint, never proof."""
        self._outside, self._params = outside, params
        self._looking = 0
        self._connecting = False
        self._running: BleakScanner | None = None
        self._began_s = 0.0
        self._change = asyncio.Lock()
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()

    @property
    def scans(self) -> bool:
        """Whether a scan is running now."""
        return self._running is not None

    @contextlib.asynccontextmanager
    async def scanning(self) -> AsyncIterator[None]:
        """Scan for as long as anybody is inside.

        Raises:
            RadioError: Bluetooth cannot be used.
        """
        self._looking += 1
        try:
            await self._settle()
            yield
        finally:
            self._looking -= 1
            await self._settle_for_others()

    @contextlib.asynccontextmanager
    async def connecting(self) -> AsyncIterator[None]:
        """One connection attempt at a time, and no scan meanwhile."""
        async with self._turn:
            self._connecting = True
            try:
                await self._settle()
                yield
            finally:
                self._connecting = False
                await self._settle_for_others()

    async def find(self, wanted: Callable[[Sighting], bool], within_s: float) -> Sighting | None:
        """The strongest sensor that is wanted among those seen from now on; None: none in time.

        Raises:
            RadioError: Bluetooth cannot be used.
        """
        since_s = self._outside.clock()
        async with self.scanning():
            try:
                async with asyncio.timeout(within_s):
                    while True:
                        # First the event: what is seen while starting a scan must wake us, too.
                        news = self._news
                        await self._settle()
                        fresh = [s for s in self.sightings.values() if s.seen_s >= since_s]
                        found = [s for s in fresh if wanted(s)]
                        if found:
                            return max(found, key=lambda sighting: sighting.rssi_dbm)
                        await news.wait()
            except TimeoutError:
                await self._renew()
                return None

    async def look_around(self, for_s: float) -> tuple[Sighting, ...]:
        """Everything that is seen from now on, the strongest first.

        Raises:
            RadioError: Bluetooth cannot be used.
        """
        since_s = self._outside.clock()
        async with self.scanning():
            await self._outside.sleep(for_s)
        fresh = (s for s in self.sightings.values() if s.seen_s >= since_s)
        return tuple(sorted(fresh, key=lambda sighting: -sighting.rssi_dbm))

    # --- the scan itself --------------------------------------------------------------------------

    async def _settle(self) -> None:
        """Let the scan run if somebody looks and nobody connects, and stop it otherwise."""
        async with self._change:
            wanted = self._looking > 0 and not self._connecting
            if wanted and self._running is None:
                await self._start()
            elif not wanted and self._running is not None:
                await self._stop()

    async def _settle_for_others(self) -> None:
        """The same; whoever looks is woken, and finds out for himself why there is no scan."""
        with contextlib.suppress(Exception):
            await self._settle()
        self._tell()

    async def _renew(self) -> None:
        """Begin a scan that has long been running anew."""
        async with self._change:
            age_s = self._outside.clock() - self._began_s
            if self._running is not None and age_s >= self._params.renew_s:
                await self._stop()

    async def _start(self) -> None:
        scanner = self._outside.backend.new_scanner(self._seen)
        try:
            async with asyncio.timeout(self._params.start_s):
                await scanner.start()
        except BaseException as error:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(self._params.start_s):
                    await scanner.stop()
            if not isinstance(error, Exception):
                raise
            raise explain(error) from error
        self._running, self._began_s = scanner, self._outside.clock()

    async def _stop(self) -> None:
        scanner, self._running = self._running, None
        # A scan that cannot be stopped has lost its adapter; the next start says so.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(self._params.start_s):
                await scanner.stop()  # type: ignore[union-attr]

    def _seen(self, device: BLEDevice, advertised: AdvertisementData) -> None:
        now_s = self._outside.clock()
        name = advertised.local_name or device.name or ""
        services = tuple(advertised.service_uuids)
        family = family_of(name, services, tuple(advertised.manufacturer_data))
        if family is None:
            return
        told = advertised.service_data.get(OPEN_SENSOR_SERVICE, b"")
        known = (device.address, device, family, name, advertised.rssi, now_s)
        self.sightings[device.address] = Sighting(*known, *_told(told))
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def _told(data: bytes) -> tuple[SensorLabel | None, int | None, bool | None, bool | None]:
    """Label, battery, measuring and open for pairing, of an open sensor's service data."""
    if len(data) < _SERVICE_DATA_BYTES:
        return None, None, None, None
    _, side, placement, battery, state = data[:_SERVICE_DATA_BYTES]
    try:
        label = SensorLabel(SideCode(side), PlacementCode(placement))
    except ValueError:
        label = None
    percent = None if battery == _UNKNOWN_BATTERY else battery
    return label, percent, bool(state & _MEASURING), bool(state & _PAIRING_OPEN)
