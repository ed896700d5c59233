"""Backend classes for bleak 3 over bumble: `BleakClient(device, backend=client)`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from bleak.assigned_numbers import gatt_char_props_to_strs
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bleak.uuids import normalize_uuid_str
from bumble import att, core
from bumble.core import UUID, AdvertisingData
from bumble.device import Peer
from bumble.hci import Address, HCI_Error

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from bleak.backends.device import BLEDevice
    from bumble.device import Advertisement, Connection

    from sensor_screen.ble.virtual.central import Central

T = TypeVar("T")

_TYPES = AdvertisingData.Type
_NAMES = (_TYPES.COMPLETE_LOCAL_NAME, _TYPES.SHORTENED_LOCAL_NAME)
_UUIDS = (
    _TYPES.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
    _TYPES.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
    _TYPES.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    _TYPES.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
)
_SERVICE_DATA = (_TYPES.SERVICE_DATA_16_BIT_UUID, _TYPES.SERVICE_DATA_128_BIT_UUID)
_NOT_SECURE = (0x05, 0x0F)
"""ATT errors: insufficient authentication, insufficient encryption."""
_MTU = 517


def _text(uuid: UUID) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-"))


class BumbleScanner(BaseBleakScanner):
    """What `BleakScanner(backend=...)` drives; `bound_to` ties it to an adapter."""

    central: Central

    def __init__(
        self,
        detection_callback: Any = None,  # noqa: ANN401 - bleak's
        service_uuids: list[str] | None = None,
        scanning_mode: str = "active",
        **_others: object,
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._active = scanning_mode == "active"

    async def start(self) -> None:
        """Begin to hear."""
        if not self.central.powered:
            raise BleakError("Bluetooth is switched off")
        self.seen_devices = {}
        await self.central.scan(self, self._active)

    async def stop(self) -> None:
        """Hear no more."""
        await self.central.end_scan(self)

    def heard(self, advertisement: Advertisement) -> None:
        """Tell bleak."""
        data: Any = advertisement.data
        names = [name for kind in _NAMES if (name := data.get(kind))]
        uuids = [_text(uuid) for kind in _UUIDS for uuid in data.get(kind) or ()]
        served = [entry for kind in _SERVICE_DATA if (entry := data.get(kind))]
        maker = data.get(_TYPES.MANUFACTURER_SPECIFIC_DATA)
        told = AdvertisementData(
            local_name=names[0] if names else None,
            manufacturer_data={maker[0]: bytes(maker[1])} if maker else {},
            service_data={_text(uuid): bytes(value) for uuid, value in served},
            service_uuids=uuids,
            tx_power=None,
            rssi=advertisement.rssi,
            platform_data=(advertisement,),
        )
        if not self.is_allowed_uuid(uuids):
            return
        address = advertisement.address.to_string(False)
        device = self.create_or_update_device(
            address, address, told.local_name, advertisement.address, told
        )
        self.call_detection_callbacks(device, told)


class BumbleClient(BaseBleakClient):
    """What `BleakClient(backend=...)` drives; `bound_to` ties it to an adapter.

    As BlueZ does, it asks for the largest MTU when it connects, encrypts at once with a sensor that
    it is bonded to, and pairs by itself when a sensor demands encryption.
    """

    central: Central

    def __init__(
        self,
        address_or_ble_device: BLEDevice | str,
        *,
        services: set[str] | None = None,
        disconnected_callback: Callable[[], None] | None = None,
        timeout: float = 10.0,
        **_others: object,
    ) -> None:
        super().__init__(
            address_or_ble_device, disconnected_callback=disconnected_callback, timeout=timeout
        )
        self._wanted = services
        self._target = getattr(address_or_ble_device, "details", None) or Address(self.address)
        self._called = getattr(address_or_ble_device, "name", None)
        self._connection: Connection | None = None
        self._callbacks: dict[int, Any] = {}

    # --- the link ---------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Name, or what stands for it."""
        return self._called or self.address.replace(":", "-")

    @property
    def mtu_size(self) -> int:
        """As agreed."""
        return int(self._linked().att_mtu)

    @property
    def is_connected(self) -> bool:
        """Whether there is a link."""
        return self._connection is not None

    async def connect(self, pair: bool = False, **_others: object) -> None:
        """Link, MTU, and everything that the sensor offers."""
        if self._connection is not None:
            raise BleakError("Client is already connected")
        if not self.central.powered:
            raise BleakError("Bluetooth is switched off")
        try:
            connection = await self.central.connect(self._target, self._timeout)
        except (core.TimeoutError, TimeoutError) as error:
            problem = f"Device {self.address} was not found"
            raise BleakDeviceNotFoundError(self.address, problem) from error
        except core.InvalidStateError as error:
            raise BleakError(f"{error}") from error
        self._connection = connection
        connection.on("disconnection", lambda _reason: self._lost(connection))
        try:
            if pair or await self.central.is_bonded(connection.peer_address):
                await self._over_link(self.central.secure(connection))
            peer = Peer(connection)
            await self._over_link(peer.request_mtu(_MTU))
            self.services = await self._over_link(self._discover(peer))
        except BaseException:
            await self.disconnect()
            raise

    async def disconnect(self) -> None:
        """End the link; without one, nothing."""
        connection = self._connection
        if connection is None:
            return
        try:
            await connection.disconnect()
        except (HCI_Error, core.ProtocolError, asyncio.CancelledError):
            if self._connection is not None:
                raise

    async def pair(self, *_args: object, **_others: object) -> None:
        """Encrypt, with a new bond if there is none."""
        await self._over_link(self.central.secure(self._linked()))

    async def unpair(self) -> None:
        """Forget the bond."""
        await self.central.forget(self._target)

    def _lost(self, connection: Connection) -> None:
        if connection is not self._connection:
            return
        self._connection = None
        self.services = None
        self._callbacks.clear()
        if self._disconnected_callback is not None:
            self._disconnected_callback()

    def _linked(self) -> Any:  # noqa: ANN401
        if self._connection is None:
            raise BleakError("Not connected")
        return self._connection

    # --- what is there ----------------------------------------------------------------------------

    async def _discover(self, peer: Peer) -> BleakGATTServiceCollection:
        found = BleakGATTServiceCollection()
        for service in await peer.discover_services():
            uuid = _text(service.uuid)
            if self._wanted and uuid not in self._wanted:
                continue
            told = BleakGATTService(service, service.handle, uuid)
            found.add_service(told)
            for characteristic in await service.discover_characteristics():
                found.add_characteristic(one := self._told(characteristic, told))
                for descriptor in await characteristic.discover_descriptors():
                    uuid = _text(descriptor.type)
                    found.add_descriptor(
                        BleakGATTDescriptor(descriptor, descriptor.handle, uuid, one)
                    )
        return found

    def _told(self, characteristic: Any, service: BleakGATTService) -> BleakGATTCharacteristic:  # noqa: ANN401
        return BleakGATTCharacteristic(
            characteristic,
            characteristic.handle,
            _text(characteristic.uuid),
            list(gatt_char_props_to_strs(int(characteristic.properties))),
            lambda: self.mtu_size - 3,
            service,
        )

    # --- reading, writing, listening --------------------------------------------------------------

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, **_others: object
    ) -> bytearray:
        """Value, however long."""
        return bytearray(await self._securely(characteristic.obj.read_value))

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, **_others: object
    ) -> bytearray:
        """Value of a descriptor."""
        return bytearray(await self._securely(descriptor.obj.read_value))

    async def write_gatt_char(
        self,
        characteristic: BleakGATTCharacteristic,
        data: Any,  # noqa: ANN401 - any buffer
        response: bool,
    ) -> None:
        """Write, and wait for the answer if one is wanted."""
        value = bytes(data)
        await self._securely(lambda: characteristic.obj.write_value(value, with_response=response))

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: Any) -> None:  # noqa: ANN401
        """Write a descriptor."""
        value = bytes(data)
        await self._securely(lambda: descriptor.obj.write_value(value, with_response=True))

    async def start_notify(
        self,
        characteristic: BleakGATTCharacteristic,
        callback: Callable[[bytearray], None],
        **_others: object,
    ) -> None:
        """Notifications, or indications where there are only those."""
        if characteristic.handle in self._callbacks:
            raise BleakError("Characteristic notifications already started")

        def relay(value: bytes) -> None:
            callback(bytearray(value))

        self._callbacks[characteristic.handle] = relay
        try:
            await self._securely(lambda: characteristic.obj.subscribe(relay, prefer_notify=True))
        except BaseException:
            self._callbacks.pop(characteristic.handle, None)
            raise

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """No more of them."""
        relay = self._callbacks.pop(characteristic.handle, None)
        if relay is not None:
            await self._securely(lambda: characteristic.obj.unsubscribe(relay))

    async def _securely(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do it; if the sensor demands encryption, encrypt and do it again."""
        try:
            return await self._over_link(make())
        except BleakGATTProtocolError as error:
            connection = self._linked()
            if int(error.code) not in _NOT_SECURE or connection.is_encrypted:
                raise
            await self._over_link(self.central.secure(connection))
        return await self._over_link(make())

    async def _over_link(self, work: Coroutine[Any, Any, T]) -> T:
        """Errors of bumble as bleak would tell them."""
        if self._connection is None:
            work.close()
            raise BleakError("Not connected")
        try:
            return await work
        except att.ATT_Error as error:
            raise BleakGATTProtocolError(error.error_code) from error
        except (core.TimeoutError, TimeoutError) as error:
            raise BleakError("GATT request timed out") from error
        except (core.ProtocolError, HCI_Error, core.InvalidStateError) as error:
            raise BleakError(f"{error}") from error
        except asyncio.CancelledError:
            # bumble cancels what waits when the link is lost.
            if self._connection is None:
                raise BleakError("Not connected") from None
            raise


def bound_to(central: Central) -> tuple[type[BumbleScanner], type[BumbleClient]]:
    """Scanner and client classes of one adapter: bleak wants classes, not objects."""
    scanner = type("BumbleScanner", (BumbleScanner,), {"central": central})
    client = type("BumbleClient", (BumbleClient,), {"central": central})
    return scanner, client
