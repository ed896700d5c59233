"""Open sensors as the source of a guided capture: kept, acknowledged, fetched, let go."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sensor_screen.ble.introduction import WantedSensor
from sensor_screen.ble.outside import Backend, Outside
from sensor_screen.ble.radio_source import RadioSource, RadioSourceParams
from sensor_screen.ble.scanner import Scanner
from sensor_screen.ble.states import LinkState
from sensor_screen.ble.virtual import dress, virtual_sensors, worn_sensors
from sensor_screen.ble.virtual.jumping_loop import JumpingLoop
from sensor_screen.errors import UsageError
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.protocol.relay_frame import Family, SlotDescription
from sensor_screen.session.receive import Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.ble.virtual import VirtualSensors, Wearer
    from sensor_screen.model import Recording
    from sensor_screen.protocol.relay_frame import RelayArrival

SENSORS = worn_sensors(rates_hz=(100.0,), clock_ppm=0.0)


class Shelf:
    """Keeps records in memory; `safe` is what a commit has returned for."""

    def __init__(self) -> None:
        self.records: list[RelayArrival] = []
        self.safe = 0
        self.full = self.closed = False
        self.interrupted_at = -1

    def append(self, record: RelayArrival) -> RelayArrival:
        if len(self.records) == self.interrupted_at:
            signal.raise_signal(signal.SIGINT)
        self.records.append(record)
        return record

    def is_due(self, now_s: float) -> bool:  # noqa: ARG002 - as a journal's
        return len(self.records) > self.safe

    def commit(self) -> int:
        if self.full:
            raise UsageError("the shelf", "is full", "make room")
        self.safe = len(self.records)
        return self.safe

    def close(self) -> None:
        self.closed = True
        self.commit()

    def fold(self) -> Recording:
        receiver = Receiver()
        receiver.receive_all(self.records)
        return receiver.finish()


class Session:
    """Two virtual sensors and their source."""

    def __init__(self, loop: JumpingLoop, virtual: VirtualSensors, **params: Any) -> None:
        self.loop, self.virtual, self.shelf = loop, virtual, Shelf()
        outside = Outside(Backend(virtual.scanner_backend, virtual.client_backend), loop.time)
        wanted = [
            WantedSensor(slot, SlotDescription(Family.OPEN_SENSOR, SideCode.LEFT, place, p.serial))
            for slot, (p, place) in enumerate(
                zip(SENSORS, (PlacementCode.SHANK, PlacementCode.FOOT), strict=True)
            )
        ]
        self.source = RadioSource(
            loop, Scanner(outside), outside, wanted, lambda: self.shelf, self.shelf.fold,
            session=5, simulated=True, params=RadioSourceParams(**params),
        )  # fmt: skip
        self.seen = dict.fromkeys(range(2), 0)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.04)):
            for block in self.source.receive(self.source.now_s()):
                self.seen[block.slot] += len(block.time_s)
            self.source.wait(0.04)

    def do(self, work: Any) -> None:
        self.loop.run_until_complete(work)

    def assert_whole(self, recording: Recording, slot: int, count: int | None = None) -> None:
        """Each sample from the first on, once, in order, with the counts that were measured."""
        sensor = self.virtual.sensors[slot]
        (stream,) = [s for s in recording.streams if s.info.serial == sensor.params.serial]
        count = sensor.next_number if count is None else count
        assert stream.sequence is not None
        assert np.array_equal(stream.sequence, np.arange(count))
        assert np.array_equal(stream.raw, sensor.truth(sensor.boot_id, 0, count))


@pytest.fixture(scope="module")
def wearer() -> Wearer:
    return dress("healthy", SENSORS)


@pytest.fixture
def loop() -> Iterator[JumpingLoop]:
    loop = JumpingLoop()
    yield loop
    left = asyncio.all_tasks(loop)
    loop.close()
    assert not left


@pytest.fixture
def virtual(loop: JumpingLoop, wearer: Wearer) -> Iterator[VirtualSensors]:
    bringing = virtual_sensors(wearer=wearer, sensors=SENSORS)
    yield loop.run_until_complete(bringing.__aenter__())
    loop.run_until_complete(bringing.__aexit__(None, None, None))
    loop.run_until_complete(asyncio.sleep(1.0))


def test_what_is_measured_is_recorded_through_losses(
    loop: JumpingLoop, virtual: VirtualSensors
) -> None:
    session = Session(loop, virtual)
    for sensor in virtual.sensors:
        sensor.params = replace(sensor.params, live_drop_share=0.03)
    session.run(5.0)
    session.do(virtual.sensors[0].walk_away(8.0))
    session.loop.call_soon(virtual.sensors[1].lose_link)
    session.run(5.0)
    recording = session.source.finish()
    for slot in (0, 1):
        session.assert_whole(recording, slot)
        assert session.seen[slot] > 300
    assert recording.notes == {}
    assert session.shelf.closed


def test_what_is_not_safe_is_not_acknowledged(loop: JumpingLoop, virtual: VirtualSensors) -> None:
    session = Session(loop, virtual, full_disk_s=8.0)
    session.run(5.0)
    session.shelf.full = True
    session.run(1.5)  # what was safe by then is still said
    before = [sensor.firmware.acknowledged for sensor in virtual.sensors]
    safe = Receiver()
    safe.receive_all(session.shelf.records[: session.shelf.safe])
    streams = safe.finish().streams
    assert all(100 < b <= len(s.raw) for b, s in zip(before, streams, strict=True))
    session.run(4.0)
    assert [sensor.firmware.acknowledged for sensor in virtual.sensors] == before
    session.shelf.full = False
    session.run(3.0)
    assert all(s.firmware.acknowledged > b for s, b in zip(virtual.sensors, before, strict=True))
    recording = session.source.finish()
    session.assert_whole(recording, 0)
    session.assert_whole(recording, 1)


def test_a_disk_that_stays_full_ends_it_and_lets_go(
    loop: JumpingLoop, virtual: VirtualSensors
) -> None:
    session = Session(loop, virtual, full_disk_s=2.0)
    session.run(4.0)
    session.shelf.full = True
    with pytest.raises(UsageError, match="is full"):
        session.run(4.0)
    with pytest.raises(UsageError, match="is full"):
        session.source.close()
    assert session.shelf.closed
    session.do(asyncio.sleep(1.0))
    assert not any(sensor.connected for sensor in virtual.sensors)
    # Nothing was told to be safe that was not: the sensors hold it, and measure on.
    assert all(sensor.firmware.measuring for sensor in virtual.sensors)


def test_a_sensor_that_is_gone_is_named(loop: JumpingLoop, virtual: VirtualSensors) -> None:
    session = Session(loop, virtual, drain_s=10.0)
    session.run(5.0)
    session.do(virtual.sensors[1].power_off())
    session.run(3.0)
    recording = session.source.finish()
    session.assert_whole(recording, 0)
    (title,) = recording.notes
    assert title == f"sensor {SENSORS[1].serial}: not fetched"
    assert "after 5" in recording.notes[title]
    (foot,) = [s for s in recording.streams if s.info.serial == SENSORS[1].serial]
    assert 0 <= virtual.sensors[1].next_number - len(foot.raw) < 20
    session.assert_whole(recording, 1, len(foot.raw))


def test_a_session_that_is_broken_off_leaves_nothing_behind(
    loop: JumpingLoop, virtual: VirtualSensors
) -> None:
    session = Session(loop, virtual)
    session.run(3.0)
    assert session.source.statuses[0].state is LinkState.STREAMING
    session.source.close()
    session.source.close()
    assert session.shelf.closed
    assert session.shelf.safe == len(session.shelf.records)
    session.do(asyncio.sleep(1.0))
    assert not any(sensor.connected for sensor in virtual.sensors)


@pytest.mark.parametrize("record", [1, 9, 60])
def test_ctrl_c_tears_nothing(loop: JumpingLoop, virtual: VirtualSensors, record: int) -> None:
    session = Session(loop, virtual)
    session.shelf.interrupted_at = record  # while the link is made, or samples come
    with pytest.raises(KeyboardInterrupt):
        session.run(5.0)
    recording = session.source.finish()
    assert len(session.shelf.records) > record
    for slot, stream in enumerate(recording.streams):
        session.assert_whole(recording, slot, len(stream.raw))
    assert not any("not fetched" in title for title in recording.notes)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_nothing_is_kept_before_it_begins(loop: JumpingLoop, virtual: VirtualSensors) -> None:
    session = Session(loop, virtual)
    assert session.source.finish().streams == ()
    session.source.close()
    assert not session.shelf.closed
