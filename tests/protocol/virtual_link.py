"""The reference firmware and the client over a radio that is not there, in virtual time.

The air: connection events on a grid (a new grid for every connection); at each event at most
`packets` values go up and what the client wrote goes down; the sensor's stack has as many buffers,
filled as soon as they are free. From the event to the receiver's time stamp 2.5 ms and an
exponential of `jitter_s` pass, in order. A share of live packets is dropped above the link.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.protocol.open_sensor_link import OpenSensorLink
from sensor_screen.protocol.open_sensor_link_words import Drop, Enable, LinkPlan, Read
from sensor_screen.protocol.relay_frame import (
    Channel,
    Family,
    RelayArrival,
    RelayKind,
    SlotDescription,
    encode_slot,
)
from tests.firmware.micropython_package import Recorder, counts_of, make_config, sensor

RATES_MHZ = (50_000, 100_000, 200_000)


@dataclass
class Air:
    """Everything about the way but chance."""

    interval_s: float = 0.015
    packets: int = 4
    mtu: int = 247
    live_loss: float = 0.0
    jitter_s: float = 0.002
    outages_s: tuple[tuple[float, float], ...] = ()
    """Start and end of times without a link."""
    reconnect_s: float = 0.3
    clock_ppm: float = 0.0
    first_time_us: int = 5_000_000
    rate_factor: float = 1.0
    """True rate over the named one."""
    restarts_s: tuple[float, ...] = ()
    confirms: bool = True


@dataclass(order=True)
class _Due:
    at_s: float
    order: int
    what: Any = field(compare=False)


class VirtualSensor:
    """One sensor, its air, its link, and what a relay would note down."""

    def __init__(
        self,
        air: Air,
        plan: LinkPlan,
        seed: int = 0,
        slot: int = 0,
        boot_id: int = 0x5EED0001,
        **config: Any,
    ) -> None:
        self.air, self.plan, self.slot = air, plan, slot
        self.random = random.Random(seed)  # noqa: S311
        self.link = OpenSensorLink(plan)
        self.config = {"rates_mhz": RATES_MHZ, "depth": 20_000, "serial": f"SS-{slot:04d}"} | config
        self.boot_id = boot_id
        self.firmware = self._switch_on()
        self.now_s = 0.0
        self.number = self.firmware.config.first_sequence
        self.measured: dict[tuple[int, int], float] = {}
        """(boot, number) -> true time."""
        self.records: list[RelayArrival] = []
        side, place = (SideCode.RIGHT, PlacementCode(1 + slot % 2))
        self.description = SlotDescription(
            Family.OPEN_SENSOR, side, place, str(self.config["serial"])
        )
        self._note(RelayKind.SLOT, Channel.NONE, encode_slot(self.description))
        self._due: list[_Due] = []
        self._order = 0
        self._up = False
        self._buffers: deque[tuple[int, bytes]] = deque()
        self._down: deque[Any] = deque()
        self._last_arrival_s = 0.0
        self._sample_s = 0.001
        self._event_s = 0.0
        self._up_at_s = 0.05
        self._wake_s = float("inf")
        self._outages = deque(air.outages_s)
        self._restarts = deque(air.restarts_s)
        self.events: list[Any] = []
        self.dropped = 0
        self.states: list[tuple[float, str]] = []
        self.on_record: Any = None

    def _switch_on(self) -> Any:
        self.started_s = getattr(self, "now_s", 0.0)
        return sensor.Sensor(make_config(boot_id=self.boot_id, **self.config), Recorder())

    def clock_us(self, true_s: float) -> int:
        shown_s = (true_s - self.started_s) * (1 + 1e-6 * self.air.clock_ppm)
        return int(1e6 * shown_s) + self.air.first_time_us

    # --- records ----------------------------------------------------------------------------------

    def _note(self, kind: RelayKind, channel: Channel, value: bytes) -> None:
        at_s = round(1e6 * self.now_s) * 1e-6
        record = RelayArrival(kind, self.slot, self.description, channel, at_s, value)
        self.records.append(record)
        if getattr(self, "on_record", None):
            self.on_record(record)

    # --- time -------------------------------------------------------------------------------------

    def run(self, until_s: float) -> None:
        """Let time pass."""
        while True:
            next_s = min(
                self._sample_s,
                self._event_s if self._up else self._up_at_s,
                self._due[0].at_s if self._due else float("inf"),
                self._outages[0][0] if self._up and self._outages else float("inf"),
                self._restarts[0] if self._restarts else float("inf"),
                self._wake_s,
            )
            if next_s > until_s:
                break
            self.now_s = max(self.now_s, next_s)
            self._step()
        self.now_s = until_s
        self._turn()

    def _step(self) -> None:
        now_s = self.now_s
        if now_s >= self._wake_s:
            self._wake_s = float("inf")
            self._turn()
        elif self._restarts and now_s >= self._restarts[0]:
            self._restart()
        elif self._up and self._outages and now_s >= self._outages[0][0]:
            self._lose(self._outages.popleft()[1])
        elif now_s >= self._sample_s:
            self._measure()
        elif self._due and now_s >= self._due[0].at_s:
            self._arrive()
        elif not self._up and now_s >= self._up_at_s:
            self._connect()
        elif self._up and now_s >= self._event_s:
            self._event()
            self._event_s += self.air.interval_s

    def _measure(self) -> None:
        firmware = self.firmware
        if firmware.measuring:
            boot, number = firmware.config.boot_id, firmware.ring.next
            self.measured[boot, number] = self.now_s
            firmware.sample(counts_of(number), self.clock_us(self.now_s))
            self._fill()
        rate_hz = firmware.stream[1] * 1e-3 if firmware.stream else 100.0
        self._sample_s += 1.0 / (rate_hz * self.air.rate_factor)

    def _fill(self) -> None:
        """The sensor's stack has a free buffer."""
        while self._up and len(self._buffers) < self.air.packets:
            out = self.firmware.next(self.clock_us(self.now_s))
            if out is None:
                break
            self._buffers.append(out)

    def _event(self) -> None:
        sent = list(self._buffers)
        self._buffers.clear()
        for channel, value in sent:
            if channel == 1:
                self.firmware.confirmed(self.clock_us(self.now_s))
            if channel == 2 and self.random.random() < self.air.live_loss:
                self.dropped += 1
                continue
            self._later(("up", Channel(channel), value))
        if self._down:
            self._serve(self._down.popleft())
        self._fill()

    def _later(self, what: Any) -> None:
        jitter_s = self.random.expovariate(1.0 / self.air.jitter_s) if self.air.jitter_s else 0.0
        at_s = max(self.now_s + 0.0025 + jitter_s, self._last_arrival_s)
        self._last_arrival_s = at_s
        self._order += 1
        heapq.heappush(self._due, _Due(at_s, self._order, what))

    def _serve(self, action: Any) -> None:
        now_us = self.clock_us(self.now_s)
        if isinstance(action, Read):
            self._later(("read", action.channel, self.firmware.read(action.channel, now_us)))
        elif isinstance(action, Enable):
            error = self.firmware.enable(action.channel, True, now_us)
            self._later(("wrote", error, None))
        else:
            error = self.firmware.write(action.value, now_us)
            self._later(("wrote", error, action.value if not error else None))

    def _arrive(self) -> None:
        what, first, value = heapq.heappop(self._due).what
        now_s = self.now_s
        if what == "up":
            self._note(RelayKind.NOTIFIED, first, value)
            self.link.received(first, value, now_s)
        elif what == "read":
            self._note(RelayKind.READ, first, value)
            self.link.read_done(first, value, now_s)
        elif first:
            self.link.refused(first, now_s)
        else:
            if value is not None:
                self._note(RelayKind.WRITTEN, Channel.CONTROL, value)
            self.link.wrote(now_s)
        self._turn()

    def _turn(self) -> None:
        while (action := self.link.next(self.now_s)) is not None:
            if isinstance(action, Drop):
                self.dropped_link = action.reason
                self._lose(self.now_s + 1.0)
                break
            self._down.append(action)
        for event in self.link.take_events():
            self.events.append((self.now_s, event))
        if not self.states or self.states[-1][1] != self.link.state:
            self.states.append((self.now_s, self.link.state))
        wanted_s = self.link.wanted_at(self.now_s)
        # What is wanted at once and gives nothing is asked for again a millisecond later.
        self._wake_s = float("inf") if wanted_s is None else max(wanted_s, self.now_s + 1e-3)

    # --- links ------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self._up = True
        self._event_s = self.now_s + self.random.uniform(0, self.air.interval_s)
        self.firmware.connected(self.clock_us(self.now_s))
        self.firmware.set_mtu(self.air.mtu)
        self.firmware.set_encrypted(True)
        self._note(RelayKind.LINK_UP, Channel.NONE, self.air.mtu.to_bytes(2, "little"))
        self.link.connected(self.now_s, self.air.mtu)
        self._turn()

    def _lose(self, until_s: float) -> None:
        if not self._up:
            return
        self._up = False
        self._up_at_s = until_s + self.air.reconnect_s
        self._due.clear()
        self._down.clear()
        self._buffers.clear()
        self.firmware.disconnected(self.clock_us(self.now_s))
        self._note(RelayKind.LINK_DOWN, Channel.NONE, b"\x08")
        self.link.disconnected(self.now_s, 8)
        self._turn()

    def _restart(self) -> None:
        self._restarts.popleft()
        self._lose(self.now_s + 1.0)
        self.boot_id += 1
        self.firmware = self._switch_on()
