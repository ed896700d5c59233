"""What the client takes from the world outside, so that a test can bring its own."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sensor_screen.errors import RadioError

if TYPE_CHECKING:
    from bleak import BleakClient, BleakScanner
    from bleak.backends.client import BaseBleakClient
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData, BaseBleakScanner


@dataclass(frozen=True, slots=True)
class Backend:
    """Which Bluetooth stack bleak is to use; None: that of this computer."""

    scanner: type[BaseBleakScanner] | None = None
    client: type[BaseBleakClient] | None = None
    client_options: Mapping[str, Any] = field(default_factory=dict)
    """Passed on to the client's class."""

    def new_scanner(self, seen: Callable[[BLEDevice, AdvertisementData], None]) -> BleakScanner:
        """A scanner that calls `seen` for each advertisement.

        Raises:
            RadioError: bleak is not installed.
        """
        require_bleak()
        from bleak import BleakScanner

        return BleakScanner(seen, backend=self.scanner)

    def new_client(
        self, device: BLEDevice, lost: Callable[[], None], within_s: float
    ) -> BleakClient:
        """A client for one attempt; it calls `lost` when a link that it had is gone.

        Raises:
            RadioError: bleak is not installed.
        """
        require_bleak()
        from bleak import BleakClient

        return BleakClient(
            device,
            lambda _: lost(),
            timeout=within_s,
            backend=self.client,
            **self.client_options,
        )


@dataclass(frozen=True, slots=True)
class Outside:
    """Radio, clock and chance."""

    backend: Backend = field(default_factory=Backend)
    clock: Callable[[], float] = time.monotonic
    """Seconds; never steps back. Arrivals are stamped with it."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.random
    """Within 0 to 1: spreads attempts of several programs, keeps no secret."""


def require_bleak() -> None:
    """Make sure that the library is there.

    Raises:
        RadioError: It is not.
    """
    try:
        import bleak  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise RadioError(
            "Bluetooth",
            "the library that speaks it is not installed",
            "run: pip install 'sensor-screen[ble]'",
            "no_library",
        ) from error
