"""The analyst: the same messages as in one process, whoever dies, gets stuck or falls behind."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from sensor_screen.model import Side, Task
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.protocol.relay_frame import (
    Channel,
    Family,
    RelayFrame,
    RelayKind,
    RelayReader,
    RelayRecord,
    SlotDescription,
    encode_frame,
    encode_slot,
)
from sensor_screen.report.live_json import event_text
from sensor_screen.service.analyst import Analyst, AnalystParams, StreamSettings
from sensor_screen.service.analyst_queue import StreamQueue
from sensor_screen.session.live_stream import LiveStream
from sensor_screen.simulation import Scenario, Step
from tests.session.made_relay import MadeStream, made_stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sensor_screen.service.analyst_params import NumberedMark

QUICK = AnalystParams(tick_s=0.01, stuck_s=1.5, retry_s=0.1, far_behind_frames=1000)
"""Nothing is far behind: every event is told, however fast frames are committed."""
STEPS = (Step(Task.STAND, 3.0), Step(Task.PUMP, 3), Step(Task.LUNGE, 2), Step(Task.SQUAT, 3))


@dataclass(frozen=True)
class StoredMark:
    number: int
    at_us: int
    name: str
    text: str


def stored_marks(made: MadeStream) -> list[StoredMark]:
    return [
        StoredMark(number, round(mark.at_s * 1e6), mark.name, mark.text)
        for number, mark in enumerate(made.marks)
    ]


@dataclass
class World:
    """What is durable, and what viewers got."""

    rows: dict[str, list[bytes]] = field(default_factory=dict)
    marks: dict[str, list[StoredMark]] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    reads: int = 0
    away: bool = False

    def read_frames(self, stream_id: str, first: int, limit: int) -> Sequence[bytes]:
        self.reads += 1
        if self.away:
            raise OSError("the database is away")
        return self.rows.get(stream_id, [])[first : first + limit]

    def read_marks(self, stream_id: str, first: int) -> Sequence[NumberedMark]:
        return self.marks.get(stream_id, [])[first:]

    def hear(self, stream_id: str, texts: list[str]) -> None:
        self.texts.setdefault(stream_id, []).extend(texts)

    def told(self, stream_id: str) -> list[str]:
        return [t for t in self.texts.get(stream_id, []) if not t.startswith('{"type":"picture"')]


@pytest.fixture(scope="module")
def made() -> MadeStream:
    return made_stream(Scenario("short", "a stand, pumps, lunges and squats", STEPS), seed=4)


@pytest.fixture(scope="module")
def expected(made: MadeStream) -> list[str]:
    """What one process says of it."""
    reader, live = RelayReader(), LiveStream()
    events = list(live.feed((), made.marks))
    for frame in made.frames:
        events += live.feed(reader.read(frame))
    events += live.finish()
    return [event_text(event) for event in events]


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Analyst, World]]:
    world = World()
    analyst = Analyst(world.read_frames, world.read_marks, world.hear, params=QUICK)
    analyst.start()
    yield analyst, world
    analyst.stop()
    assert not multiprocessing.active_children()


def commit(
    analyst: Analyst, world: World, name: str, frames: Sequence[bytes], pause_s: float = 0.0
) -> None:
    for frame in frames:
        rows = world.rows.setdefault(name, [])
        rows.append(frame)
        analyst.offer(name, len(rows) - 1, [frame])
        time.sleep(pause_s)


def close(analyst: Analyst, name: str) -> None:
    """And wait until the last word is said."""
    analyst.close(name)
    until_s = time.monotonic() + 60.0
    while analyst.picture(name) is not None:
        assert time.monotonic() < until_s
        time.sleep(0.02)


def catch_up(analyst: Analyst, name: str) -> None:
    until_s = time.monotonic() + 30.0
    while analyst.behind_s(name):
        assert time.monotonic() < until_s
        time.sleep(0.02)


def test_viewers_get_what_one_process_says(
    made: MadeStream, expected: list[str], running: tuple[Analyst, World]
) -> None:
    analyst, world = running
    world.marks["live"] = stored_marks(made)
    analyst.open("live", StreamSettings())
    assert analyst.picture("live", timeout_s=120.0) is not None
    commit(analyst, world, "live", made.frames, 0.001)
    close(analyst, "live")
    assert world.told("live") == expected
    assert not analyst.restarts


def test_who_comes_late_gets_a_picture_and_then_what_follows(
    made: MadeStream, expected: list[str], running: tuple[Analyst, World]
) -> None:
    analyst, world = running
    world.marks["late"] = stored_marks(made)
    world.rows["late"] = list(made.frames[:-20])
    analyst.open("late")
    assert analyst.behind_s("late") > 0.0
    catch_up(analyst, "late")
    picture = json.loads(analyst.picture("late") or "")
    assert picture["time_s"] > 0.1 * (len(made.frames) - 40)
    assert picture["behind_s"] == 0.0
    assert picture["legs"][0]["repetitions"]
    after: list[str] = []
    analyst.ask_picture("late", lambda _: after.append(str(len(world.told("late")))))
    until_s = time.monotonic() + 30.0
    while not after:
        assert time.monotonic() < until_s
        time.sleep(0.01)
    commit(analyst, world, "late", made.frames[-20:])
    close(analyst, "late")
    news = world.told("late")[int(after[0]) :]
    assert news
    assert news == expected[-len(news) :]


def test_a_worker_that_is_killed_loses_nothing_and_says_nothing_twice(
    made: MadeStream, expected: list[str], running: tuple[Analyst, World]
) -> None:
    analyst, world = running
    names = ["one", "two"]
    middle = len(made.frames) - 30
    for name in names:
        world.marks[name] = stored_marks(made)
        analyst.open(name)
        assert analyst.picture(name) is not None
        commit(analyst, world, name, made.frames[:middle])
        catch_up(analyst, name)
    before = analyst.restarts
    (child,) = multiprocessing.active_children()
    os.kill(child.pid or 0, signal.SIGKILL)
    for name in names:
        commit(analyst, world, name, made.frames[middle:])
    for name in names:
        assert analyst.picture(name, timeout_s=120.0) is not None
        close(analyst, name)
        assert world.told(name) == expected
    assert analyst.restarts == before + 1


def endless() -> list[bytes]:
    """Two sensors that nobody could keep up with: each record comes most of a minute later."""
    told = [
        SlotDescription(Family.WITMOTION, SideCode.LEFT, place, f"W-{place}")
        for place in (PlacementCode.SHANK, PlacementCode.FOOT)
    ]
    rate = b"\xff\xaa\x03\x0b\x00"  # 200 Hz
    sample = b"\x55\x61" + bytes([0, 0, 0, 0, 0, 8]) + bytes(12)
    records = [
        RelayRecord(RelayKind.SLOT, s, Channel.NONE, 0, encode_slot(told[s])) for s in (0, 1)
    ]
    records += [RelayRecord(RelayKind.WRITTEN, s, Channel.WIT_COMMANDS, 0, rate) for s in (0, 1)]
    frames, at_us = [encode_frame(RelayFrame(0, 1_000_000, tuple(records)))], 1_000_000
    for number in range(1, 40):
        values = []
        for step in range(60):
            values += [
                RelayRecord(RelayKind.NOTIFIED, s, Channel.WIT_FRAMES, step * 59_000_000, sample)
                for s in (0, 1)
            ]
        frames.append(encode_frame(RelayFrame(number, at_us, tuple(values))))
        at_us += 60 * 59_000_000
    return frames


def test_a_stream_that_takes_too_long_ends_its_own_view_alone(
    made: MadeStream, expected: list[str], running: tuple[Analyst, World]
) -> None:
    analyst, world = running
    world.marks["good"] = stored_marks(made)
    analyst.open("good")
    analyst.open("endless")
    assert analyst.picture("good") is not None
    commit(analyst, world, "good", made.frames[:100], 0.001)
    before = analyst.restarts
    commit(analyst, world, "endless", endless())
    until_s = time.monotonic() + 60.0
    while not world.told("endless") or "view_ended" not in world.told("endless")[-1]:
        assert time.monotonic() < until_s
        time.sleep(0.05)
    assert analyst.restarts == before + 1
    picture = json.loads(analyst.picture("endless", timeout_s=60.0) or "")
    assert picture["notes"][0]["code"] == "view_ended"
    commit(analyst, world, "good", made.frames[100:])
    catch_up(analyst, "good")
    picture = json.loads(analyst.picture("good") or "")
    assert picture["time_s"] > 0.1 * (len(made.frames) - 10)
    assert picture["legs"][0]["state"] == "running"
    close(analyst, "good")
    assert world.told("good") == expected
    analyst.close("endless")


# --- what waits -----------------------------------------------------------------------------------


def taken(queue: StreamQueue, world: World, limit: int = 10) -> list[bytes]:
    queue.read_rows(world.read_frames, world.read_marks, limit, 0.0)
    item = queue.take(limit, 0.0, AnalystParams())
    if item is None:
        return []
    queue.done(item)
    return list(item.frames)


@pytest.mark.parametrize("room_bytes", [0, 25, 10_000])
def test_each_frame_is_taken_once_and_in_order_from_memory_or_rows(room_bytes: int) -> None:
    frames = [f"{number:010}".encode() for number in range(100)]
    world, found = World(), list[bytes]()
    queue = StreamQueue("s", StreamSettings(), 0, 0.0)
    for first in range(0, 100, 4):
        world.rows["s"] = frames[: first + 4]
        if first != 40:  # this one was never offered
            queue.offer(first, frames[first : first + 4], (), room_bytes - queue.held_bytes, 0.0)
        assert queue.held_bytes <= max(room_bytes, 0)
        if first % 3 == 0:
            found += taken(queue, world, 5)
    while more := taken(queue, world):
        found += more
    assert found == frames
    assert queue.is_done
    assert queue.held_bytes == 0


def test_who_is_far_behind_gets_pictures_until_it_has_caught_up() -> None:
    frames = [b"%d" % number for number in range(203)]
    world = World(rows={"s": frames[:200]})
    queue, params = StreamQueue("s", StreamSettings(), 0, 0.0), AnalystParams()
    said = []
    for now_s in range(10):
        queue.read_rows(world.read_frames, world.read_marks, 60, float(now_s))
        item = queue.take(60, float(now_s), params)
        if item is not None:
            queue.done(item)
            said.append((len(item.frames), item.quiet, item.picture))
    assert said == [(60, True, False), (60, True, False), (60, True, False), (20, True, True)]
    assert queue.behind_s(99.0) == 0.0
    queue.offer(200, frames[200:], (), 1000, 99.0)
    assert queue.behind_s(100.5) == 1.5
    item = queue.take(60, 100.5, params)
    assert item is not None
    assert (len(item.frames), item.quiet, item.picture) == (3, False, False)


def test_what_is_offered_again_is_left() -> None:
    frames = [b"a", b"b", b"c", b"d"]
    world = World(rows={"s": frames})
    queue = StreamQueue("s", StreamSettings(), 0, 0.0)
    queue.offer(0, frames[:2], (), 100, 0.0)
    queue.offer(0, frames[:3], (), 100, 0.0)
    queue.offer(1, frames[1:2], (), 100, 0.0)
    queue.offer(3, frames[3:], (), 100, 0.0)
    assert taken(queue, world) == frames


def test_a_database_that_is_away_is_asked_again(made: MadeStream) -> None:
    world = World(rows={"s": list(made.frames[:30])}, away=True)
    texts: list[str] = []
    analyst = Analyst(world.read_frames, world.read_marks, world.hear, params=QUICK)
    analyst.open("s")
    batch, _ = analyst._gather(0)  # without a process
    assert not batch.items
    world.away = False
    time.sleep(QUICK.retry_s)
    batch, _ = analyst._gather(0)
    assert [len(item.frames) for item in batch.items] == [30]
    assert not texts


def test_streams_that_may_calibrate_take_turns_with_the_others() -> None:
    """They cannot keep those waiting whose angle is known, and are not forgotten either."""
    names = [f"{kind}{number}" for kind in ("known", "new") for number in range(5)]
    world = World(rows={name: [b"1", b"2"] for name in names})
    params = replace(QUICK, learning_streams=2)
    analyst = Analyst(world.read_frames, world.read_marks, world.hear, params=params)
    for name in names:
        analyst.open(name)
    analyst._streams["known0"].learning = False  # without a process
    assert [len(analyst._gather(0)[0].items) for _ in range(6)] == [1, 2, 2, 2, 2, 1]
    for name in names[1:5]:
        analyst._streams[name].learning = False
    gathered = []
    for first in range(2, 8, 2):
        for name in names:
            analyst.offer(name, first, [b"3", b"4"])
    for _ in range(4):
        batch, _ = analyst._gather(0)
        gathered.append({item.stream_id.rstrip("01234") for item in batch.items})
        assert len(batch.items) <= 5
    assert gathered[0] != gathered[1]
    assert all(len(kinds) == 1 for kinds in gathered)
    assert {"known"} in gathered
    assert {"new"} in gathered


def test_sides_are_alike() -> None:
    """The same person on the other leg gives the same words with the other side in them."""
    scenario = Scenario("short", "a stand, pumps, lunges and squats", STEPS)
    for side in (Side.LEFT, Side.RIGHT):
        one = made_stream(scenario, seed=5, sides=(side,))
        reader, live = RelayReader(), LiveStream()
        live.feed((), one.marks)
        events = [e for frame in one.frames for e in live.feed(reader.read(frame))]
        said = [json.loads(event_text(e)) for e in events]
        assert {e["side"] for e in said if e["type"] in ("angle", "repetition")} == {side.value}
