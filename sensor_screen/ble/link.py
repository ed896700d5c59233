"""One connection, from the first request to its end: does what the protocol wants, stamps the rest.

Every link has a client of its own. What arrives is stamped first of all, handed to the sink, and
left for the protocol in a queue: a callback never waits and never decodes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from sensor_screen.ble.characteristics import CHARACTERISTICS, SERIAL_NUMBER
from sensor_screen.ble.door import (
    DisableValue,
    DropLink,
    EnableValue,
    ReadValue,
    WriteValue,
)
from sensor_screen.ble.troubles import Trouble, needs_pairing, trouble
from sensor_screen.protocol.relay_frame import (
    LINK_DOWN_LAYOUT,
    LINK_UP_LAYOUT,
    Channel,
    RelayArrival,
    RelayKind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from bleak import BleakClient
    from bleak.backends.characteristic import BleakGATTCharacteristic
    from bleak.backends.device import BLEDevice

    from sensor_screen.ble.door import Action, LinkLogic
    from sensor_screen.ble.introduction import WantedSensor
    from sensor_screen.ble.outside import Outside

    Sink = Callable[[RelayArrival], object]
    Emit = Callable[[RelayKind, Channel, bytes, float], None]

_T = TypeVar("_T")
_ATT_HEADER_BYTES = 3
_SHORTEST_WAIT_S = 0.001
"""So that a protocol that wants something, and does not say what, cannot spin."""


@dataclass(frozen=True, slots=True)
class LinkParams:
    """How long anything of the radio may take; no stack is trusted to give up by itself."""

    connect_s: float = 15.0
    """Seconds for a connection with its services; Windows takes up to ten where all is well."""
    disconnect_s: float = 5.0
    """Seconds for taking leave; a stack that hangs here must not keep the sensor from us."""
    request_s: float = 6.0
    """Seconds for a read, a write or enabling: longer than the longest supervision time-out, after
    which a link that is gone says so itself."""
    pair_s: float = 30.0
    """Seconds for pairing: a person may have to press a button and answer a question."""


class SinkError(Exception):
    """Records are not taken any more, so none may be drawn from the sensor.

    Args:
        error: Why.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class Link:
    """One connection to one sensor.

    Args:
        device: As the scanner found it for this attempt.
        sensor: As a person knows it.
        outside: Radio and clock.
        params: Time-outs.
        on_pairing: Called when the person may have to press the sensor's button.
    """

    def __init__(
        self,
        device: BLEDevice,
        sensor: str,
        outside: Outside,
        params: LinkParams = LinkParams(),
        on_pairing: Callable[[], None] = lambda: None,
    ) -> None:
        self._sensor, self._outside, self._params = sensor, outside, params
        self._on_pairing = on_pairing
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._client: BleakClient = outside.backend.new_client(
            device, self._set_lost, params.connect_s
        )
        self._up = False
        self._fault: SinkError | None = None
        self._wake = asyncio.Event()
        self._inbox: deque[tuple[Channel, bytes, float]] = deque()
        self._emit: Emit | None = None

    @property
    def is_lost(self) -> bool:
        """Whether it has broken."""
        return self._lost.done()

    def poke(self) -> None:
        """Something outside changed what is wanted: ask the protocol again."""
        self._wake.set()

    async def connect(self) -> None:
        """Make the connection; its services are known afterwards.

        Raises:
            Exception: Whatever the stack raises, or TimeoutError.
        """
        # On the way stacks may call a link lost and try again by themselves: only the end counts.
        self._up = False
        await self._request(self._client.connect(), self._params.connect_s)
        self._up = True
        if not self._client.is_connected:
            self._set_lost()

    async def disconnect(self) -> None:
        """Take leave, whatever state it is in; never raises, and takes bounded time."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(self._params.disconnect_s):
                await self._client.disconnect()

    async def read(self, uuid: str) -> bytes:
        """Read a characteristic, pairing first if the sensor asks for it.

        Raises:
            Exception: Whatever the stack raises, TimeoutError, or RadioError.
        """
        read = await self._paired(lambda: self._client.read_gatt_char(uuid))
        return bytes(read)

    # --- the protocol -----------------------------------------------------------------------------

    async def run(
        self,
        logic: LinkLogic,
        wanted: WantedSensor,
        sink: Sink,
        on_turn: Callable[[], None] = lambda: None,
    ) -> None:
        """Do what the protocol wants until it is done or has failed.

        Args:
            logic: The sensor's protocol.
            wanted: Whose records these are; that it is this sensor has been made sure of.
            sink: Takes each record at once, without waiting: it is called in callbacks.
            on_turn: Called each time that the protocol was asked what to do.

        Raises:
            RadioError: The link broke, or nothing answered on it.
            Exception: Whatever the stack raises.
        """

        def emit(kind: RelayKind, channel: Channel, value: bytes, at_s: float) -> None:
            try:
                sink(RelayArrival(kind, wanted.slot, wanted.sensor, channel, at_s, value))
            except Exception as error:  # noqa: BLE001 - in a callback nobody would hear of it
                self._fault = self._fault or SinkError(error)
                self._wake.set()

        mtu = self.mtu()
        now_s = self._outside.clock()
        emit(RelayKind.LINK_UP, Channel.NONE, LINK_UP_LAYOUT.pack((mtu or 0,), "MTU"), now_s)
        self._emit = emit
        try:
            logic.connected(now_s, mtu)
            await self._pump(logic, on_turn)
        finally:
            self._end(logic, emit)

    def _end(self, logic: LinkLogic, emit: Emit) -> None:
        self._emit = None
        down_s = self._outside.clock()
        # No stack that bleak drives says for which reason a link broke.
        none = LINK_DOWN_LAYOUT.pack((0,), "reason")
        emit(RelayKind.LINK_DOWN, Channel.NONE, none, down_s)
        try:
            self._drain(logic)
        finally:
            logic.disconnected(down_s)

    async def _pump(self, logic: LinkLogic, on_turn: Callable[[], None]) -> None:
        while logic.failure is None and not logic.done:
            self._wake.clear()
            self._drain(logic)
            if self._fault is not None:
                raise self._fault
            if self.is_lost:
                raise trouble(Trouble.LINK_LOST, self._sensor)
            action = logic.next(self._outside.clock())
            on_turn()
            if isinstance(action, DropLink):
                raise action.reason
            if action is not None:
                await self._do(action, logic)
            elif not logic.done:
                await self._wait(logic.wanted_at(self._outside.clock()))

    async def _wait(self, until_s: float | None) -> None:
        """Until something comes, the link breaks, or it is time."""
        left_s = None if until_s is None else until_s - self._outside.clock()
        at_least_s = None if left_s is None else max(left_s, _SHORTEST_WAIT_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_least_s):
                await self._wake.wait()

    def _drain(self, logic: LinkLogic) -> None:
        while self._inbox:
            logic.received(*self._inbox.popleft())

    async def _do(self, action: Action, logic: LinkLogic) -> None:
        from bleak.exc import BleakGATTProtocolError

        clock = self._outside.clock
        try:
            if isinstance(action, ReadValue):
                value = await self.read(CHARACTERISTICS[action.channel])
                self._record(RelayKind.READ, action.channel, value)
                logic.read_done(action.channel, value, clock())
            elif isinstance(action, WriteValue):
                await self._write(action)
                self._record(RelayKind.WRITTEN, action.channel, action.value)
                logic.wrote(clock())
            elif isinstance(action, EnableValue):
                await self._enable(action.channel)
                logic.enabled(action.channel, clock())
            elif isinstance(action, DisableValue):
                uuid = CHARACTERISTICS[action.channel]
                await self._request(self._client.stop_notify(uuid), self._params.request_s)
                logic.enabled(action.channel, clock())
        except BleakGATTProtocolError as error:
            if needs_pairing(error):
                raise
            logic.refused(int(error.code), clock())

    async def _write(self, action: WriteValue) -> None:
        uuid, response = CHARACTERISTICS[action.channel], not action.quickly
        await self._paired(
            lambda: self._client.write_gatt_char(uuid, action.value, response=response)
        )

    async def _enable(self, channel: Channel) -> None:
        uuid, notified = CHARACTERISTICS[channel], partial(self._notified, channel)
        await self._paired(lambda: self._client.start_notify(uuid, notified))

    def _notified(self, channel: Channel, _: BleakGATTCharacteristic, value: bytearray) -> None:
        arrival_s = self._outside.clock()
        # A stack may hand over what it held back after the link is down: it is left, as what was
        # lost on the way is, and asked for again.
        if self._emit is None:
            return
        kept = bytes(value)
        self._emit(RelayKind.NOTIFIED, channel, kept, arrival_s)
        self._inbox.append((channel, kept, arrival_s))
        self._wake.set()

    def _record(self, kind: RelayKind, channel: Channel, value: bytes) -> None:
        if self._emit is not None:
            self._emit(kind, channel, value, self._outside.clock())

    # --- requests ---------------------------------------------------------------------------------

    def mtu(self) -> int | None:
        """Of the link; None: the stack does not tell.

        BlueZ tells it per characteristic only, and the property of the client is always 23 there.
        """
        found = (self._client.services.get_characteristic(uuid) for uuid in _TELLING)
        largest = [c.max_write_without_response_size for c in found if c is not None]
        return max(largest) + _ATT_HEADER_BYTES if largest else None

    async def _paired(self, request: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """A request; where the sensor wants an encrypted link, it is paired and asked once more."""
        try:
            return await self._request(request(), self._params.request_s)
        except Exception as error:
            if not needs_pairing(error):
                raise
        self._on_pairing()
        # macOS pairs by itself as soon as it is refused, and has no call for it.
        with contextlib.suppress(NotImplementedError):
            await self._request(self._client.pair(), self._params.pair_s)
        return await self._request(request(), self._params.request_s)

    async def _request(self, request: Coroutine[Any, Any, _T], within_s: float) -> _T:
        """Await it until the link breaks or time is up, and leave nothing of it behind."""
        task = asyncio.get_running_loop().create_task(request)
        # Its error is looked at here or, once it is given up, nowhere.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        both: set[asyncio.Future[Any]] = {task, self._lost}
        try:
            await asyncio.wait(both, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise trouble(Trouble.LINK_LOST, self._sensor) if self.is_lost else TimeoutError
        finally:
            if not task.done():
                task.cancel()
                # Bounded: a stack that swallows the cancellation must not hold us.
                await asyncio.wait({task}, timeout=self._params.disconnect_s)

    def _set_lost(self) -> None:
        if self._up and not self._lost.done():
            self._lost.set_result(None)
        self._wake.set()


_TELLING = (
    *(CHARACTERISTICS[channel] for channel in (Channel.LIVE, Channel.DOT_MEDIUM)),
    *(CHARACTERISTICS[channel] for channel in (Channel.WIT_FRAMES, Channel.META_DATA)),
    SERIAL_NUMBER,
)
"""Characteristics that show how large a value may be, one at least in each family."""
