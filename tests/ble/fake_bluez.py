"""A service that answers as BlueZ does, on a message bus of its own: no radio, no root, no daemon.

bleak's own backend for Linux is what is tested with it, so only what that backend calls is here.
"""

# No `annotations` from `__future__`: the bus reads its signatures from them.

import asyncio
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from dbus_fast import DBusError, PropertyAccess
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import (
    DBusBool,
    DBusBytes,
    DBusInt16,
    DBusObjectPath,
    DBusSignature,
    DBusStr,
    DBusUInt16,
)
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

Options = Annotated[dict[str, Any], DBusSignature("a{sv}")]
Strings = Annotated[list[str], DBusSignature("as")]
READ = PropertyAccess.READ
ADAPTER = "/org/bluez/hci0"
_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>{address}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/>
<allow own="*"/></policy></busconfig>
"""


@contextmanager
def private_bus(folder: Path) -> Iterator[str]:
    """A message bus in this folder; its address."""
    socket = folder / "bus"
    address = f"unix:path={socket}"
    (folder / "bus.conf").write_text(_BUS.format(address=address), encoding="utf-8")
    command = ["dbus-daemon", "--nofork", "--print-address", "--config-file", folder / "bus.conf"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as daemon:
        # It says its address once it listens.
        assert daemon.stdout is not None
        assert daemon.stdout.readline().startswith(b"unix:")
        try:
            yield address
        finally:
            daemon.terminate()


@dataclass
class FakePeripheral:
    """What a device that BlueZ knows of is and does."""

    address: str
    name: str
    services: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Service -> characteristic -> flags, as BlueZ names them."""
    values: dict[str, bytes] = field(default_factory=dict)
    connect_errors: list[tuple[str, str]] = field(default_factory=list)
    """Name and text of the errors of the next attempts."""
    read_errors: list[tuple[str, str]] = field(default_factory=list)
    notify_errors: list[tuple[str, str]] = field(default_factory=list)
    on_write: Callable[[str, bytes], None] = lambda uuid, value: None  # noqa: ARG005
    rssi: int = -55


class _Adapter(ServiceInterface):
    def __init__(self, bluez: "FakeBluez") -> None:
        super().__init__("org.bluez.Adapter1")
        self.bluez, self.scanning = bluez, False

    @dbus_method()
    def SetDiscoveryFilter(self, options: Options) -> None:  # noqa: N802
        """Whatever is wished."""

    @dbus_method()
    def StartDiscovery(self) -> None:  # noqa: N802
        if self.bluez.scan_errors:
            raise DBusError(*self.bluez.scan_errors.pop(0))
        self.scanning = True
        self.bluez.scans += 1
        self.emit_properties_changed({"Discovering": True})
        self.bluez.appear()

    @dbus_method()
    def StopDiscovery(self) -> None:  # noqa: N802
        self.scanning = False
        self.emit_properties_changed({"Discovering": False})

    @dbus_property(access=READ)
    def Address(self) -> DBusStr:  # noqa: N802
        return "00:11:22:33:44:55"

    @dbus_property(access=READ)
    def Powered(self) -> DBusBool:  # noqa: N802
        return self.bluez.powered

    @dbus_property(access=READ)
    def Discovering(self) -> DBusBool:  # noqa: N802
        return self.scanning

    @dbus_property(access=READ)
    def Roles(self) -> Strings:  # noqa: N802
        return ["central", "peripheral"]


class _Device(ServiceInterface):
    def __init__(self, bluez: "FakeBluez", is_like: FakePeripheral) -> None:
        super().__init__("org.bluez.Device1")
        self.bluez, self.peripheral, self.up = bluez, is_like, False

    @dbus_method()
    async def Connect(self) -> None:  # noqa: N802
        assert not self.bluez.adapter.scanning, "nobody may scan while a connection is made"
        if self.peripheral.connect_errors:
            raise DBusError(*self.peripheral.connect_errors.pop(0))
        await asyncio.sleep(0.01)
        self.up = True
        self.emit_properties_changed({"Connected": True})
        self.bluez.show_services(self.peripheral)
        self.emit_properties_changed({"ServicesResolved": True})

    @dbus_method()
    def Disconnect(self) -> None:  # noqa: N802
        self.lose()

    def lose(self) -> None:
        """End the connection."""
        if self.up:
            self.up = False
            for characteristic in self.bluez.characteristics[self.peripheral.address].values():
                characteristic.notifying = False
            self.emit_properties_changed({"ServicesResolved": False, "Connected": False})

    @dbus_property(access=READ)
    def Address(self) -> DBusStr:  # noqa: N802
        return self.peripheral.address

    @dbus_property(access=READ)
    def Name(self) -> DBusStr:  # noqa: N802
        return self.peripheral.name

    @dbus_property(access=READ)
    def Alias(self) -> DBusStr:  # noqa: N802
        return self.peripheral.name

    @dbus_property(access=READ)
    def UUIDs(self) -> Strings:  # noqa: N802
        return list(self.peripheral.services)

    @dbus_property(access=READ)
    def RSSI(self) -> DBusInt16:  # noqa: N802
        return self.peripheral.rssi

    @dbus_property(access=READ)
    def Paired(self) -> DBusBool:  # noqa: N802
        return False

    @dbus_property(access=READ)
    def Trusted(self) -> DBusBool:  # noqa: N802
        return False

    @dbus_property(access=READ)
    def Connected(self) -> DBusBool:  # noqa: N802
        return self.up

    @dbus_property(access=READ)
    def ServicesResolved(self) -> DBusBool:  # noqa: N802
        return self.up

    @dbus_property(access=READ)
    def Adapter(self) -> DBusObjectPath:  # noqa: N802
        return ADAPTER


class _Service(ServiceInterface):
    def __init__(self, uuid: str, device: str) -> None:
        super().__init__("org.bluez.GattService1")
        self.uuid, self.device = uuid, device

    @dbus_property(access=READ)
    def UUID(self) -> DBusStr:  # noqa: N802
        return self.uuid

    @dbus_property(access=READ)
    def Device(self) -> DBusObjectPath:  # noqa: N802
        return self.device

    @dbus_property(access=READ)
    def Primary(self) -> DBusBool:  # noqa: N802
        return True


class _Characteristic(ServiceInterface):
    def __init__(
        self, is_like: FakePeripheral, uuid: str, service: str, flags: tuple[str, ...]
    ) -> None:
        super().__init__("org.bluez.GattCharacteristic1")
        self.peripheral, self.uuid, self.service, self.flags = is_like, uuid, service, flags
        self.notifying, self.value = False, b""

    @dbus_method()
    def ReadValue(self, options: Options) -> DBusBytes:  # noqa: ARG002, N802
        if self.peripheral.read_errors:
            raise DBusError(*self.peripheral.read_errors.pop(0))
        return self.peripheral.values[self.uuid]

    @dbus_method()
    def WriteValue(self, value: DBusBytes, options: Options) -> None:  # noqa: ARG002, N802
        self.peripheral.on_write(self.uuid, bytes(value))

    @dbus_method()
    def StartNotify(self) -> None:  # noqa: N802
        if self.peripheral.notify_errors:
            raise DBusError(*self.peripheral.notify_errors.pop(0))
        self.notifying = True

    @dbus_method()
    def StopNotify(self) -> None:  # noqa: N802
        self.notifying = False

    def notify(self, value: bytes) -> None:
        """If somebody listens."""
        if self.notifying:
            self.value = value
            self.emit_properties_changed({"Value": value})

    @dbus_property(access=READ)
    def UUID(self) -> DBusStr:  # noqa: N802
        return self.uuid

    @dbus_property(access=READ)
    def Service(self) -> DBusObjectPath:  # noqa: N802
        return self.service

    @dbus_property(access=READ)
    def Value(self) -> DBusBytes:  # noqa: N802
        return self.value

    @dbus_property(access=READ)
    def Notifying(self) -> DBusBool:  # noqa: N802
        return self.notifying

    @dbus_property(access=READ)
    def Flags(self) -> Strings:  # noqa: N802
        return list(self.flags)

    @dbus_property(access=READ)
    def MTU(self) -> DBusUInt16:  # noqa: N802
        return 247


class FakeBluez:
    """Owns `org.bluez` on a bus.

    Args:
        peripherals: What a scan finds.
        powered: Whether the adapter is on; None: there is no adapter.
    """

    def __init__(self, *peripherals: FakePeripheral, powered: bool | None = True) -> None:
        self.peripherals, self.powered, self.has_adapter = (
            peripherals, bool(powered), powered is not None,
        )  # fmt: skip
        self.adapter = _Adapter(self)
        self.devices: dict[str, _Device] = {}
        self.characteristics: dict[str, dict[str, _Characteristic]] = {}
        self.scan_errors: list[tuple[str, str]] = []
        self.scans = 0

    async def start(self, address: str) -> None:
        self.bus = await MessageBus(bus_address=address).connect()
        if self.has_adapter:
            self.bus.export(ADAPTER, self.adapter)
        await self.bus.request_name("org.bluez")

    def stop(self) -> None:
        self.bus.disconnect()

    def appear(self) -> None:
        """What a scan brings: new devices, or a new signal of known ones."""
        for peripheral in self.peripherals:
            known = self.devices.get(peripheral.address)
            if known is not None:
                known.emit_properties_changed({"RSSI": peripheral.rssi})
                continue
            device = self.devices[peripheral.address] = _Device(self, peripheral)
            self.bus.export(_path(peripheral.address), device)

    def show_services(self, peripheral: FakePeripheral) -> None:
        """Once connected; BlueZ keeps them."""
        if peripheral.address in self.characteristics:
            return
        shown = self.characteristics[peripheral.address] = {}
        handle, device = 16, _path(peripheral.address)
        for uuid, characteristics in peripheral.services.items():
            service = f"{device}/service{handle:04x}"
            self.bus.export(service, _Service(uuid, device))
            for name, flags in characteristics.items():
                handle += 3
                shown[name] = _Characteristic(peripheral, name, service, flags)
                self.bus.export(f"{service}/char{handle:04x}", shown[name])
            handle += 1


def _path(address: str) -> str:
    return f"{ADAPTER}/dev_{address.replace(':', '_')}"
