"""One sensor until the person says stop: looked for, connected, driven, and all of it again.

    task = SensorTask(WantedSensor(0, description), logic, scanner, outside, sink)
    async with asyncio.TaskGroup() as group:
        group.create_task(task.run())
        ...
        task.stop()

Every attempt has a fresh device from the scanner and a fresh client. A link that breaks is not an
error: the sensor measures on, and the protocol fetches what was missed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sensor_screen.ble.back_off import BackOffParams, wait_after
from sensor_screen.ble.introduction import introduce
from sensor_screen.ble.link import Link, LinkParams, SinkError
from sensor_screen.ble.states import ENDED, LINKED, LinkState, SensorStatus
from sensor_screen.ble.troubles import FOR_GOOD, Trouble, explain, name_sensor, recognise, trouble
from sensor_screen.errors import ProtocolError
from sensor_screen.protocol.field_layout import Fault
from sensor_screen.protocol.relay_frame import (
    Channel,
    RelayArrival,
    RelayKind,
    encode_slot,
)

if TYPE_CHECKING:
    from sensor_screen.ble.door import LinkLogic
    from sensor_screen.ble.introduction import WantedSensor
    from sensor_screen.ble.link import Sink
    from sensor_screen.ble.outside import Outside
    from sensor_screen.ble.scanner import Scanner, Sighting


@dataclass(frozen=True, slots=True)
class SensorTaskParams:
    """How a sensor is looked for, and connected again."""

    search_s: float = 15.0
    """Seconds without a sight of it until the person is told; it is looked for all the same. A
    sensor that measures advertises once a second at least, and a scan hears most of it."""
    fresh_s: float = 5.0
    """Seconds for which a sight of it is good: stacks forget devices that they no longer hear, and
    an attempt to connect to one that has left costs all others its time-out."""
    link: LinkParams = field(default_factory=LinkParams)
    back_off: BackOffParams = field(default_factory=BackOffParams)


class SensorTask:
    """Keeps one sensor linked.

    Args:
        wanted: Which sensor, and its slot in the stream of records.
        logic: Its protocol.
        scanner: Shared by all sensors.
        outside: Radio, clock and chance.
        sink: Takes each record at once; it is called in callbacks and must not wait. If it raises,
            the link is given up, so that the sensor keeps what is not taken, and `run` raises.
        on_status: Told of each change; called in the loop, must not wait.
        params: Times.
    """

    def __init__(
        self,
        wanted: WantedSensor,
        logic: LinkLogic,
        scanner: Scanner,
        outside: Outside,
        sink: Sink,
        on_status: Callable[[SensorStatus], None] = lambda _: None,
        params: SensorTaskParams = SensorTaskParams(),
    ) -> None:
        self.wanted, self.logic = wanted, logic
        self._scanner, self._outside, self._sink = scanner, outside, sink
        self._on_status, self._params = on_status, params
        self._link: Link | None = None
        self._work: asyncio.Task[None] | None = None
        self._linked_s: float | None = None
        self._stopping = self._over = False
        self._status = SensorStatus(
            wanted.slot, wanted.serial, LinkState.SEARCHING, outside.clock()
        )

    @property
    def status(self) -> SensorStatus:
        """How it stands now."""
        return self._status

    def stop(self) -> None:
        """Stop the sensor and fetch its last samples; `run` returns when all are there."""
        if not self._stopping:
            self._stopping = True
            self.logic.stop(self._outside.clock())
            self.poke()
        if self.logic.done and self._link is None:
            self.leave()

    def leave(self) -> None:
        """End now, as for a sensor that does not come back; what it still holds is left on it."""
        self._over = True
        if self._work is not None:
            self._work.cancel()

    def poke(self) -> None:
        """Ask the protocol again: something outside changed, as more samples became durable."""
        if self._link is not None:
            self._link.poke()

    async def run(self) -> None:
        """Until it was stopped and everything is there, or no attempt can help any more.

        Cancelling it takes leave of the sensor at once and leaves nothing behind; the sensor
        measures on.

        Raises:
            Exception: What the sink raised.
        """
        value = encode_slot(self.wanted.sensor)
        self._sink(self._record(RelayKind.SLOT, value))
        if not self._over:
            self._work = asyncio.create_task(self._keep_linked())
            await self._finish(self._work)
        if self._status.state is not LinkState.FAILED:
            self._show(LinkState.STOPPED, failures=0)

    async def _finish(self, work: asyncio.Task[None]) -> None:
        try:
            await work
        except asyncio.CancelledError:
            this = asyncio.current_task()
            if not self._over or (this is not None and this.cancelling()):
                raise

    async def _keep_linked(self) -> None:
        while not self.logic.done and self._status.state not in ENDED:
            await self._attempt()

    # --- one attempt ------------------------------------------------------------------------------

    async def _attempt(self) -> None:
        try:
            sighting = await self._look()
            if sighting is not None:
                await self._use(sighting)
        except SinkError as fault:
            self._show(LinkState.FAILED, trouble=explain(fault.error, self.wanted.serial))
            raise fault.error from fault
        except Exception as error:  # noqa: BLE001 - whatever a stack throws, it is tried again
            await self._fail(error)
        if self.logic.failure is not None:
            self._show(LinkState.FAILED, trouble=self.logic.failure)

    async def _look(self) -> Sighting | None:
        met = self._scanner.met
        found = await self._scanner.find(
            lambda sighting: self.wanted.may_be(sighting, met), self._params.search_s
        )
        if found is None:
            self._note(trouble=trouble(Trouble.NOT_SEEN, self.wanted.serial))
        return found

    async def _use(self, sighting: Sighting) -> None:
        link = Link(
            sighting.device,
            self.wanted.serial,
            self._outside,
            self._params.link,
            lambda: self._show(LinkState.PAIRING),
        )
        self._linked_s = None
        try:
            async with self._scanner.connecting():
                # Others had their turn first: what was seen before it may be forgotten by now.
                newest = self._scanner.sightings.get(sighting.address, sighting)
                if self._outside.clock() - newest.seen_s > self._params.fresh_s:
                    return
                self._show(LinkState.CONNECTING, rssi_dbm=sighting.rssi_dbm)
                await link.connect()
            await self._know(link, sighting)
            await self._drive(link)
        finally:
            self._link = None
            await link.disconnect()

    async def _know(self, link: Link, sighting: Sighting) -> None:
        """Make sure that it is the sensor that is wanted."""
        self._show(LinkState.INTRODUCING)
        who = await introduce(sighting.family, sighting.name, link.read)
        self._scanner.met[sighting.address] = who.serial
        if who.serial != self.wanted.serial:
            raise trouble(Trouble.OTHER_SENSOR, who.serial)

    async def _drive(self, link: Link) -> None:
        self._link, self._linked_s = link, self._outside.clock()
        self._note(links=self._status.links + 1, mtu=link.mtu())
        await link.run(self.logic, self.wanted, self._sink, self._follow)

    async def _fail(self, error: Exception) -> None:
        error = name_sensor(error, self.wanted.serial)
        kind = recognise(error)
        told = explain(error, self.wanted.serial)
        other = isinstance(error, ProtocolError) and error.fault == Fault.VERSION
        if other or kind in FOR_GOOD:
            self._show(LinkState.FAILED, trouble=told)
            return
        if kind is Trouble.OTHER_SENSOR:
            # Not a failure: the next candidate is asked at once.
            self._show(LinkState.SEARCHING)
            return
        failures = 1 if self._had_settled() else self._status.failures + 1
        # Before it was ever started nothing measures on.
        lost = kind is Trouble.LINK_LOST and self._status.links > 0
        state = LinkState.LOST if lost else LinkState.WAITING
        self._show(state, trouble=told, failures=failures)
        if not self.logic.done:
            wait_s = wait_after(failures, self._outside.random(), self._params.back_off)
            await self._outside.sleep(wait_s)

    def _had_settled(self) -> bool:
        """Whether the link that broke had held long enough to be no failure in a row."""
        if self._linked_s is None:
            return False
        held_s = self._outside.clock() - self._linked_s
        self._linked_s = None
        return held_s >= self._params.back_off.settled_s

    # --- what is shown ----------------------------------------------------------------------------

    def _follow(self) -> None:
        """Show what the protocol is at."""
        state = self.logic.state
        if state is not self._status.state:
            kept = None if state is LinkState.STREAMING else self._status.trouble
            self._show(state, trouble=kept)

    def _show(self, state: LinkState, **known: object) -> None:
        since_s = self._outside.clock() if state is not self._status.state else self._status.since_s
        mtu = self._status.mtu if state in LINKED else None
        self._note(**{"state": state, "since_s": since_s, "mtu": mtu} | known)

    def _note(self, **known: object) -> None:
        status = replace(self._status, **known)  # type: ignore[arg-type]
        if status != self._status:
            self._status = status
            self._on_status(status)

    def _record(self, kind: RelayKind, value: bytes) -> RelayArrival:
        return RelayArrival(
            kind,
            self.wanted.slot,
            self.wanted.sensor,
            Channel.NONE,
            self._outside.clock(),
            value,
        )
