"""A virtual sensor: the reference firmware on a virtual radio, worn by nobody who exists."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

from bumble import att
from bumble.device import Device, Peer
from bumble.hci import Address
from bumble.host import Host
from bumble.transport.common import AsyncPipeSink

from sensor_screen.ble.virtual.air import VirtualAir, VirtualController
from sensor_screen.ble.virtual.claims import (
    claim_in_info,
    claim_in_packet,
    claim_in_response,
    describe,
)
from sensor_screen.ble.virtual.clock import Performance, SensorClock
from sensor_screen.ble.virtual.gatt_table import serve
from sensor_screen.ble.virtual.inertial import Inertial
from sensor_screen.ble.virtual.pairing import pairing_rules
from sensor_screen.firmware import info, packet
from sensor_screen.firmware import sensor as firmware

if TYPE_CHECKING:
    from bumble.device import Connection
    from numpy.typing import NDArray

    from sensor_screen.ble.virtual.sensor_params import SensorParams
    from sensor_screen.simulation.worn import Worn

_FAST_MS, _SLOW_MS = 100, 500
"""Intervals of advertising: for a minute after a link and after power on, and later."""
_FAST_S = 60.0
_PAIRING_S = 60.0
_MOST_BONDS = 2
_RESTART_S = 1.0
"""From one start to the next."""
_LOW_PERCENT, _EMPTY_PERCENT = 5, 1
"""Below the first, less than ten minutes are left; at the second, measuring ends."""


class VirtualSensor:
    """One sensor; faults are methods.

    Args:
        air: What it sends through.
        address: Static random address.
        params: What it is.
        worn: What it feels.
        performance: When its wearer began.
        seed: Of boot ids and dropped packets.
    """

    def __init__(
        self,
        air: VirtualAir,
        address: str,
        params: SensorParams,
        worn: Worn,
        performance: Performance,
        seed: int,
    ) -> None:
        self.params = params
        self.air = air
        self.address = address
        self.imu = Inertial(params, worn, performance, self._now_s)
        self.imu.on_reset = self._reset_soon
        self.imu.on_sleep = self._sleep_soon
        self.battery_percent = params.battery_percent
        self.asleep = False
        self.live_dropped = 0
        self._random = random.Random(seed)  # noqa: S311 - repeatable, keeps no secret
        self._controller = VirtualController(params.serial, air, address)
        self._controller.on_room = self._turn
        self._device = Device(
            name=info.advertised_name(params.serial),
            address=Address(address),
            host=Host(self._controller, AsyncPipeSink(self._controller)),
        )
        server = self._device.gatt_server
        server.max_mtu = params.largest_mtu
        server.on_att_handle_value_confirmation = self._confirmed  # type: ignore[method-assign]
        self._device.pairing_config_factory = pairing_rules(self._may_pair)
        self._device.on("connection", self._connected)
        self._connection: Connection | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._advertising = asyncio.Lock()
        self._fast_until_s = 0.0
        self._pairing_until_s = self._now_s() + params.pairing_open_s
        self._start_firmware()
        self._table = serve(self._device, self, self.firmware.config, self.battery_percent)

    # --- as it is seen ----------------------------------------------------------------------------

    @property
    def boot_id(self) -> int:
        """Of the present start."""
        return int(self.firmware.config.boot_id)

    @property
    def connected(self) -> bool:
        """Whether a client, or another phone, holds the link."""
        return self._connection is not None

    @property
    def next_number(self) -> int:
        """Number of the sample that is measured next."""
        return int(self.firmware.ring.next)

    def truth(self, boot_id: int, first: int, count: int) -> NDArray[Any]:
        """(count, 6) counts that were measured under these numbers."""
        return self.imu.truth(boot_id, first, count)

    # --- power ------------------------------------------------------------------------------------

    async def power_on(self) -> None:
        """Begin to advertise."""
        await self._device.power_on()
        await self._advertise_anew()

    async def power_off(self) -> None:
        """No link, no advertising, no timer."""
        self.air.drop(self._controller)
        if self._timer is not None:
            self._timer.cancel()
        self.asleep = True
        # A command that the host has begun is let end: bumble does not bear its being cancelled.
        others = [task for task in self._tasks if task is not asyncio.current_task()]
        if others:
            await asyncio.wait(others, timeout=_RESTART_S + 1.0)
        await self._end_advertising()

    async def press_button(self) -> None:
        """Open the pairing window for a minute, and wake up from sleep."""
        self._pairing_until_s = self._now_s() + _PAIRING_S
        if self.asleep:
            self.asleep = False
            self._start_firmware()
        if not self.connected:
            await self._advertise_anew()

    def close_pairing(self) -> None:
        """The window is over."""
        self._pairing_until_s = self._now_s()

    # --- faults -----------------------------------------------------------------------------------

    def lose_link(self) -> None:
        """The link ends, as after a supervision time-out."""
        self.air.drop(self._controller)

    async def walk_away(self, seconds: float) -> None:
        """Out of range for so long; shorter than the supervision time-out, the link survives."""
        self.air.leave(self._controller)
        await asyncio.sleep(seconds)
        self.air.come_back(self._controller)

    async def reboot(self) -> None:
        """The firmware starts anew: numbers, clock and ring begin anew, label and bonds stay."""
        self.asleep = True
        await self._end_advertising()
        self.air.vanish(self._controller)
        await asyncio.sleep(_RESTART_S)
        self.asleep = False
        self._start_firmware()
        await self._advertise_anew()

    def set_battery(self, percent: int) -> None:
        """Its charge; below 5 % it warns, at 1 % it stops measuring."""
        self.battery_percent = percent
        self._tell_battery()
        self._table.battery.value = bytes([percent])
        if self._connection is not None:
            notified = self._device.notify_subscriber(self._connection, self._table.battery)
            self._do(notified)
        elif not self.asleep:
            self._do(self._advertise_anew())
        self._turn()

    def lose_samples(self, count: int) -> None:
        """The FIFO runs over."""
        self.imu.measure(self._now_s())
        self.imu.lose(count)

    def break_imu(self, broken: bool = True) -> None:
        """The inertial sensor does not answer to the next START."""
        self.imu.silent = broken

    def _reset_soon(self) -> None:
        self._do(self._forget_and_reboot())

    async def _forget_and_reboot(self) -> None:
        if self._device.keystore is not None:
            await self._device.keystore.delete_all()
        await self.reboot()

    def _sleep_soon(self) -> None:
        self._do(self.power_off())

    # --- what the client reads, writes and enables ------------------------------------------------

    def read_value(self, channel: int) -> bytes:
        """Value, with the version that this sensor claims."""
        value = self.firmware.read(channel, self._now_us())
        if isinstance(value, int):
            raise att.ATT_Error(value)
        return claim_in_info(value, self.params.major) if channel == packet.INFO else bytes(value)

    def write_request(self, value: bytes) -> None:
        """A request; its reply goes when the write was answered."""
        self.imu.measure(self._now_s())
        self._refuse(self.firmware.write(value, self._now_us()))
        asyncio.get_running_loop().call_soon(self._turn)

    def enable(self, channel: int, on: bool) -> None:
        """Notifications or indications."""
        self._refuse(self.firmware.enable(channel, on, self._now_us()))
        asyncio.get_running_loop().call_soon(self._turn)

    @staticmethod
    def _refuse(error: int) -> None:
        if error:
            raise att.ATT_Error(error)

    # --- the link ---------------------------------------------------------------------------------

    def _connected(self, connection: Connection) -> None:
        self._connection = connection
        self.firmware.connected(self._now_us())
        connection.on("disconnection", lambda _reason: self._disconnected(connection))
        connection.on("connection_att_mtu_update", lambda: self._take_mtu(connection))
        connection.on("connection_encryption_change", lambda: self._take_encryption(connection))
        # Browsers cannot ask for a larger MTU: the sensor must.
        self._do(Peer(connection).request_mtu(self.params.largest_mtu))

    def _take_mtu(self, connection: Connection) -> None:
        self.firmware.set_mtu(self.params.believed_mtu or connection.att_mtu)

    def _take_encryption(self, connection: Connection) -> None:
        self.firmware.set_encrypted(connection.is_encrypted)

    def _disconnected(self, connection: Connection) -> None:
        if connection is not self._connection:
            return
        self._connection = None
        self.firmware.disconnected(self._now_us())
        self._turn()
        if not self.asleep:
            self._do(self._advertise_anew())

    async def _may_pair(self) -> bool:
        keystore = self._device.keystore
        bonds = await keystore.get_all() if keystore is not None else []
        return self._now_s() < self._pairing_until_s and len(bonds) < _MOST_BONDS

    # --- advertising ------------------------------------------------------------------------------

    async def _advertise_anew(self) -> None:
        self._fast_until_s = self._now_s() + _FAST_S
        await self._advertise(_FAST_MS)
        self._turn()

    async def _advertise(self, interval_ms: int) -> None:
        side, placement = self.firmware.label
        pairing = await self._may_pair()
        answer = info.scan_response(
            side, placement, self.battery_percent, self.firmware.measuring, pairing
        )
        async with self._advertising:
            if self.connected or self.asleep:
                return
            await self._device.start_advertising(
                advertising_data=info.advertising_data(self.params.serial),
                scan_response_data=claim_in_response(answer, self.params.major),
                advertising_interval_min=interval_ms,
                advertising_interval_max=interval_ms,
            )

    async def _end_advertising(self) -> None:
        async with self._advertising:
            if self._device.is_advertising:
                await self._device.stop_advertising()

    # --- once round -------------------------------------------------------------------------------

    def _turn(self) -> None:
        """Samples in, packets out, and the next turn ordered."""
        if self.asleep:
            return
        now_s = self._now_s()
        self.imu.measure(now_s)
        self._send()
        if self._connection is None and 0 < self._fast_until_s <= now_s:
            self._fast_until_s = 0.0
            self._do(self._advertise(_SLOW_MS))
        self._order_turn(now_s)

    def _order_turn(self, now_s: float) -> None:
        wanted_us = self.firmware.wanted_at()
        due = [self.imu.next_s]
        # A packet that waits for room is fetched when there is room.
        if wanted_us is not None and wanted_us > self._now_us():
            due.append(self._clock.powered_s + (wanted_us + 1) / (1e6 + self.params.clock_ppm))
        if self._connection is None and self._fast_until_s:
            due.append(self._fast_until_s)
        times_s = [at_s for at_s in due if at_s is not None]
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        at_s = max(min(times_s, default=now_s + 1.0), now_s)
        self._timer = loop.call_at(at_s, self._turn)

    def _send(self) -> None:
        """What waits, as long as the stack has a buffer; time passes without a link, too."""
        while self._connection is None or self.air.waiting(self._controller) < self.params.buffers:
            out = self.firmware.next(self._now_us())
            if out is None or self._connection is None:
                return
            channel, value = out
            value = claim_in_packet(channel, value, self.params.major)
            if channel == packet.CONTROL:
                self._indicate(self._connection, value)
            elif channel == packet.LIVE and self._random.random() < self.params.live_drop_share:
                self.live_dropped += 1
            else:
                self._notify(self._connection, channel, value)

    def _notify(self, connection: Connection, channel: int, value: bytes) -> None:
        """At once, cut at what the link carries, as every stack does without telling anybody."""
        notification = att.ATT_Handle_Value_Notification(
            attribute_handle=self._table.channels[channel].handle,
            attribute_value=value[: connection.att_mtu - 3],
        )
        self._device.gatt_server.send_gatt_pdu(connection, bytes(notification))

    def _indicate(self, connection: Connection, value: bytes) -> None:
        indication = att.ATT_Handle_Value_Indication(
            attribute_handle=self._table.channels[packet.CONTROL].handle, attribute_value=value
        )
        self._device.gatt_server.send_gatt_pdu(connection, bytes(indication))

    def _confirmed(self, bearer: object, confirmation: object) -> None:  # noqa: ARG002
        """At once: the next request may follow in the same connection event."""
        if bearer is self._connection:
            self.firmware.confirmed(self._now_us())
            asyncio.get_running_loop().call_soon(self._turn)

    # --- within -----------------------------------------------------------------------------------

    def _start_firmware(self) -> None:
        boot_id = self._random.randrange(1, 1 << 32)
        config = describe(self.params, self.imu.label, boot_id)
        self._clock = SensorClock(self._now_s(), self.params.clock_ppm)
        self.firmware = firmware.Sensor(config, self.imu)
        self.imu.power_on(self.firmware, self._clock)
        self._tell_battery()

    def _tell_battery(self) -> None:
        percent = self.battery_percent
        low, empty = percent < _LOW_PERCENT, percent <= _EMPTY_PERCENT
        self.firmware.battery(percent, low, False, empty)

    def _do(self, work: Any) -> None:  # noqa: ANN401 - any coroutine
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        """A link that ends takes with it what was being done over it: no error."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None and self.connected:
            asyncio.get_running_loop().call_exception_handler(
                {"message": f"virtual sensor {self.params.serial}", "exception": task.exception()}
            )

    @staticmethod
    def _now_s() -> float:
        return asyncio.get_running_loop().time()

    def _now_us(self) -> int:
        return self._clock.now_us(self._now_s())
