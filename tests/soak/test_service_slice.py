"""A short slice of what the soak commands do: their content is what it says, their checks see every
fault, and the service holds for some seconds."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("picows", reason="simulated phones need picows, which is for Linux")

from sensor_screen.core.alignment import assemble_leg
from sensor_screen.core.live_repetitions import EventKind
from sensor_screen.model import Task
from sensor_screen.protocol.relay_frame import RelayReader
from sensor_screen.session.live_screen import replay_repetitions
from tests.soak.bad_network import travel
from tests.soak.kill_service import kill_often
from tests.soak.load_service import Load, begin_load, check_all, stream_frames
from tests.soak.reference_service import SERVE, spoil
from tests.soak.relay_clients import RelayFigures
from tests.soak.relay_streams import RelayStream
from tests.soak.service_at import COMMAND, ServiceProcess
from tests.soak.service_figures import Usage
from tests.soak.stored_check import check_stored

FRAMES = 200
"""20 s."""


# --- what is sent ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("frames_per_second", "length_s"), [(10, 110), (50, 15)])
def test_frames_hold_the_samples_that_they_say(frames_per_second: int, length_s: int) -> None:
    stream, frames = RelayStream(6, frames_per_second), length_s * frames_per_second
    recording = stream.recording(frames, stream.marks_within(frames))
    assert not recording.notes
    began_again = len(recording.streams[0].raw) > stream.person.samples
    assert began_again == (length_s > 100)
    for slot, sensor in enumerate(recording.streams):
        assert sensor.info.serial == stream.serial(slot)
        assert np.array_equal(sensor.raw, stream.counts(slot, frames))
        assert sensor.sequence is not None
        assert (np.diff(sensor.sequence) == 1).all()
        device_us = [stream.device_us(slot, at) for at in range(len(sensor.raw))]
        assert np.abs(sensor.device_time_s * 1e6 - device_us).max() < 2.0
        asked = np.arange(0, len(sensor.raw), 7)
        found = [stream.frame_of(float(sensor.time_s[at])) for at in asked]
        assert found == (asked // stream.samples_per_frame + 1).tolist()


def test_any_frame_can_be_made_again_and_no_two_streams_are_alike() -> None:
    one, other = RelayStream(1), RelayStream(5)
    assert one.person is other.person
    frames = [one.frame(at) for at in range(40)]
    assert frames[::-1] == [one.frame(at) for at in reversed(range(40))]
    reader = RelayReader()
    assert all(reader.read(frame) for frame in frames)
    assert not {*frames} & {other.frame(at) for at in range(40)}


def test_marks_come_with_the_frames_that_they_are_about() -> None:
    stream = RelayStream(0)
    count = stream.marks_within(2_000)
    said = [stream.mark(number) for number in range(count)]
    assert [at_us for at_us, _, _ in said] == sorted(at_us for at_us, _, _ in said)
    for number, (at_us, _, _) in enumerate(said):
        frame = next(n for n in range(2_000) if stream.marks_within(n + 1) > number)
        first_us = stream.begin_us + (frame - 1) * stream.samples_per_frame * 10_000
        assert -100_000 <= first_us - at_us <= 100_000


def test_a_stream_is_calibrated_and_yields_repetitions_live() -> None:
    stream, frames = RelayStream(3), 700
    recording = stream.recording(frames, stream.marks_within(frames))
    leg = assemble_leg(*recording.streams, stream.person.side)
    events = replay_repetitions(leg, recording.tasks)
    final = [
        e.repetition.task for e in events if e.kind is EventKind.FINAL and e.repetition.counted
    ]
    assert final.count(Task.LUNGE) == 3
    assert final.count(Task.SQUAT) == 6


# --- what is checked ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "figure"),
    [("lose", "lost"), ("double", "duplicated"), ("reorder", "reordered"), ("change", "changed")],
)
def test_one_wrong_sample_is_noticed(fault: str, figure: str) -> None:
    stream = RelayStream(2)
    marks = stream.marks_within(FRAMES)
    recording = stream.recording(FRAMES, marks)
    assert check_stored(stream, FRAMES, marks, recording).faults == 0
    found = check_stored(stream, FRAMES, marks, spoil(recording, fault), whole=False)
    assert (getattr(found, figure), found.faults) == (1, 1)


def test_what_is_missing_is_noticed() -> None:
    stream = RelayStream(2)
    marks = stream.marks_within(FRAMES)
    assert marks > 1
    assert check_stored(stream, FRAMES, marks, None).lost == FRAMES
    shorter = check_stored(stream, FRAMES, marks, stream.recording(FRAMES - 3, marks), whole=False)
    assert (shorter.lost, shorter.faults) == (3, 3)
    unmarked = check_stored(stream, FRAMES, marks, stream.recording(FRAMES, marks - 1))
    assert (unmarked.not_the_same, unmarked.faults) == (1, 1)


# --- a service ------------------------------------------------------------------------------------


@pytest.fixture
def services() -> Iterator[list[ServiceProcess]]:
    started: list[ServiceProcess] = []
    yield started
    for one in started:
        one.stop(5.0)


def begin(services: list[ServiceProcess], folder: Path, command: str, streams: int) -> Load:
    services.append(ServiceProcess(command, folder))
    return begin_load(services[-1], streams, 10)


def kill(load: Load, kills: int) -> RelayFigures:
    asyncio.run(kill_often(load, kills, (0.3, 0.6), random.Random(1)))  # noqa: S311
    return load.relay


def test_a_service_that_acknowledges_too_early_is_noticed(
    services: list[ServiceProcess], tmp_path: Path
) -> None:
    load = begin(services, tmp_path, SERVE + "early", 2)
    assert kill(load, 3).acked_lost > 0
    load.api.close()


def test_some_seconds_of_load_lose_nothing(services: list[ServiceProcess], tmp_path: Path) -> None:
    load = begin(services, tmp_path, COMMAND, 4)
    asyncio.run(stream_frames(load, 30, 2, Usage(load.service.pid), spread_s=0.8))
    stored = check_all(load)
    assert (stored.faults, load.relay.faults, stored.notes) == (0, 0, [])
    assert stored.stored == load.relay.ack.count == 4 * 30
    begun_s = [phone.begin_s - load.phones[0].begin_s for phone in load.phones]
    assert begun_s == pytest.approx([0.0, 0.225, 0.45, 0.675])


def test_a_kill_and_bad_ways_lose_nothing(services: list[ServiceProcess], tmp_path: Path) -> None:
    load = begin(services, tmp_path, COMMAND, 5)
    by_kill = Load(load.service, load.api, load.phones[:2], load.streams[:2], load.relay)
    by_road = Load(load.service, load.api, load.phones[2:], load.streams[2:], load.relay)
    assert kill(by_kill, 1).connections >= 4
    assert asyncio.run(travel(by_road, 60, 7, speed=20.0))
    stored = check_all(load)
    assert (stored.faults, load.relay.faults, stored.notes) == (0, 0, [])
