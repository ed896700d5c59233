from __future__ import annotations

import errno
import heapq
import os
import random
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sensor_screen.errors import RecordingError, ScreenError, UsageError
from sensor_screen.model import Origin, Placement, Recording, Side, Task, TaskInterval
from sensor_screen.protocol.open_sensor_control import Acknowledge
from sensor_screen.protocol.open_sensor_control_bytes import decode_request
from sensor_screen.protocol.open_sensor_link_words import LinkPlan
from sensor_screen.protocol.relay_frame import Channel, RelayArrival, RelayKind
from sensor_screen.session.receive import Receiver
from sensor_screen.storage import journal_fold
from sensor_screen.storage.journal import (
    JournalFacts,
    Mark,
    create_journal,
    find_journals,
    open_journal,
)
from sensor_screen.storage.journal_fold import (
    TASK_BEGINS,
    TASK_DROPPED,
    TASK_ENDS,
    find_tasks,
    fold_journal,
)
from sensor_screen.storage.recording_file import read_recording, write_recording
from tests.protocol.virtual_link import Air, VirtualSensor, counts_of
from tests.storage.power_disk import PowerDisk, after_cut
from tests.storage.relay_records import a_session

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = "2026-11-27"
PATH = Path("knee.journal")


def a_sensor(slot: int = 0) -> VirtualSensor:
    """The reference firmware behind a link that loses packets and breaks once."""
    air = Air(live_loss=0.03, clock_ppm=40.0 * slot, outages_s=((2.0, 2.5),))
    return VirtualSensor(air, LinkPlan(session=7), seed=slot, slot=slot)


@cache
def records() -> tuple[RelayArrival, ...]:
    """Five seconds of two sensors."""
    sensors = [a_sensor(slot) for slot in range(2)]
    for sensor in sensors:
        sensor.run(5.0)
    every = heapq.merge(*(sensor.records for sensor in sensors), key=lambda r: r.arrival_s)
    return tuple(every)


def left_over(folder: Path, marks: tuple[Mark, ...] = ()) -> Path:
    """A journal whose recorder is gone."""
    path = folder / "anna.journal"
    path.write_bytes(journal_bytes(marks))
    return path


@cache
def journal_bytes(marks: tuple[Mark, ...]) -> bytes:
    disk = PowerDisk()
    with create_journal(PATH, JournalFacts(Origin.SIMULATED, "a rig", DAY), disk=disk) as journal:
        for record in records():
            journal.append(record)
            if journal.is_due(record.arrival_s):
                journal.commit()
        for mark in marks:
            journal.mark(mark)
    return bytes(disk.files[PATH.name])


@cache
def direct() -> Recording:
    receiver = Receiver()
    receiver.receive_all(records())
    return receiver.finish(origin=Origin.SIMULATED, source="a rig", recorded_on=DAY)


def assert_same(one: Recording, other: Recording) -> None:
    assert (one.tasks, one.origin, one.source, one.notes, one.recorded_on) == (
        *(other.tasks, other.origin, other.source, other.notes, other.recorded_on),
    )
    assert [s.info for s in one.streams] == [s.info for s in other.streams]
    for mine, its in zip(one.streams, other.streams, strict=True):
        assert mine.clock == its.clock
        np.testing.assert_array_equal(mine.raw, its.raw)
        np.testing.assert_array_equal(mine.sequence, its.sequence)
        np.testing.assert_array_equal(mine.device_time_s, its.device_time_s)


# --- the whole way --------------------------------------------------------------------------------


def test_a_journal_becomes_what_the_live_receiver_had_and_is_dropped(tmp_path: Path) -> None:
    journal, out = left_over(tmp_path), tmp_path / "anna.parquet"
    done = fold_journal(journal, out)
    assert_same(read_recording(out), direct())
    assert_same(done.recording, direct())
    assert (done.cut, done.kept) == (None, None)
    assert sorted(tmp_path.iterdir()) == [out]
    for stream in done.recording.streams:
        assert stream.sequence is not None
        assert len(stream.raw) > 700
        np.testing.assert_array_equal(np.diff(stream.sequence), 1)
        assert stream.raw[5].tobytes() == counts_of(int(stream.sequence[5]))


def test_what_was_acknowledged_to_a_sensor_is_in_the_recording_after_a_power_cut() -> None:
    """The whole loop: firmware, link, journal, a cut behind every fourth step, receiver."""
    disk, sensor = PowerDisk(), a_sensor()
    journal = create_journal(PATH, disk=disk)
    for record in sensor.records:
        journal.append(record)
    sensor.on_record = journal.append
    told = sensor.firmware.write

    def write(value: bytes, now_us: int) -> Any:
        _, request = decode_request(value)
        if isinstance(request, Acknowledge):
            disk.say_safe(request.sequence)
        return told(value, now_us)

    sensor.firmware.write = write
    for step in range(24):
        sensor.run(0.25 * (step + 1))
        mark = sensor.link.held
        journal.commit()
        if mark is not None:
            sensor.link.durable(mark)
    journal.close()
    assert max(step.count for step in disk.steps) > 700
    rng, first = random.Random(4), sensor.number  # noqa: S311
    for steps in range(0, len(disk.steps), 4):
        files, safe = after_cut(disk, steps, rng)
        if safe:
            numbers = received(files[PATH.name])
            np.testing.assert_array_equal(numbers[: safe - first], np.arange(first, safe))


def received(value: bytes) -> np.ndarray[Any, Any]:
    receiver = Receiver()
    with open_journal(PATH, PowerDisk.holding({PATH.name: value})) as scan:
        for entry in scan.entries():
            receiver.receive_all(entry.arrivals)
    (stream,) = receiver.finish().streams
    assert stream.sequence is not None
    return stream.sequence


# --- interrupted ----------------------------------------------------------------------------------


class StoppedError(BaseException):
    """The program ends here."""


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("stop", range(8))
def test_a_fold_that_was_stopped_anywhere_is_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int, late: bool
) -> None:
    journal, out = left_over(tmp_path), tmp_path / "anna.parquet"
    whole = journal.read_bytes()
    steps = 0

    def stopping(act: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **named: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps - 1 == stop and not late:
                raise StoppedError
            done = act(*arguments, **named)
            if steps - 1 == stop:
                raise StoppedError
            return done

        return step

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", stopping(os.fsync))
        patch.setattr(Path, "replace", stopping(Path.replace))
        patch.setattr(Path, "unlink", stopping(Path.unlink))
        patch.setattr(journal_fold, "read_recording", stopping(read_recording))
        try:
            fold_journal(journal, out)
        except StoppedError:
            pass
        else:
            assert stop >= steps
    if journal.exists():
        assert journal.read_bytes() == whole
        fold_journal(journal, out)
    assert_same(read_recording(out), direct())
    assert not find_journals(tmp_path)


def test_the_journal_goes_only_after_the_recording_is_safe_and_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, order = left_over(tmp_path), []

    def noting(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **named: Any) -> Any:
            order.append(name)
            return act(*arguments, **named)

        return step

    monkeypatch.setattr(os, "fsync", noting("sync", os.fsync))
    monkeypatch.setattr(Path, "replace", noting("rename", Path.replace))
    monkeypatch.setattr(journal_fold, "read_recording", noting("read", read_recording))
    monkeypatch.setattr(journal_fold, "drop_journal", noting("drop", journal_fold.drop_journal))
    fold_journal(journal, tmp_path / "anna.parquet")
    assert order == ["sync", "rename", "sync", "read", "drop", "sync"]


def test_a_recording_that_reads_back_otherwise_keeps_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = left_over(tmp_path)
    whole = journal.read_bytes()

    def changed(path: Path) -> Recording:
        recording = read_recording(path)
        recording.streams[0].raw[7, 3] ^= 1
        return recording

    monkeypatch.setattr(journal_fold, "read_recording", changed)
    with pytest.raises(UsageError, match="is not what was written; the journal is kept"):
        fold_journal(journal, tmp_path / "anna.parquet")
    assert journal.read_bytes() == whole


def test_a_full_disk_keeps_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = left_over(tmp_path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match=r"cannot be written \(No space left on device\)"):
        fold_journal(journal, tmp_path / "anna.parquet")
    assert [*tmp_path.iterdir()] == [journal]


@pytest.mark.parametrize("damaged", [False, True])
def test_a_journal_that_cannot_be_removed_is_said_and_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: bool
) -> None:
    journal, out = left_over(tmp_path), tmp_path / "anna.parquet"
    if damaged:
        value = bytearray(journal.read_bytes())
        value[len(value) // 2] ^= 1
        journal.write_bytes(value)
    act = {name: getattr(Path, name) for name in ("unlink", "replace")}

    def refuse(name: str) -> Callable[..., Any]:
        def step(path: Path, *arguments: Any, **named: Any) -> Any:
            if path == journal:
                raise PermissionError(errno.EACCES, "Permission denied")
            return act[name](path, *arguments, **named)

        return step

    with monkeypatch.context() as patch:
        for name in act:
            patch.setattr(Path, name, refuse(name))
        with pytest.raises(UsageError, match=r"\(Permission denied\).* its recording is complete"):
            fold_journal(journal, out)
    assert journal.exists()
    fold_journal(journal, out)
    assert not journal.exists()


def test_another_recording_is_never_replaced(tmp_path: Path) -> None:
    journal, out = left_over(tmp_path), tmp_path / "anna.parquet"
    other = Recording(direct().streams[:1])
    write_recording(other, out)
    held = out.read_bytes()
    with pytest.raises(UsageError, match="another file is there already"):
        fold_journal(journal, out)
    out.write_bytes(b"a letter")
    with pytest.raises(UsageError, match="another file is there already"):
        fold_journal(journal, out)
    out.write_bytes(held)
    assert_same(read_recording(out), other)
    assert journal.exists()


# --- not whole ------------------------------------------------------------------------------------


def test_a_cut_end_is_named_in_the_recording(tmp_path: Path) -> None:
    journal, out = left_over(tmp_path), tmp_path / "anna.parquet"
    journal.write_bytes(journal.read_bytes()[:-1000])
    done = fold_journal(journal, out)
    assert done.cut is not None
    assert done.kept is None
    assert read_recording(out).notes["journal"] == str(done.cut)
    assert "ends in the middle of an entry after frame" in str(done.cut)
    assert not journal.exists()


def test_a_damaged_journal_is_kept_beside_its_recording(tmp_path: Path) -> None:
    journal, out = left_over(tmp_path), tmp_path / "anna.parquet"
    value = bytearray(journal.read_bytes())
    value[len(value) // 2] ^= 1
    journal.write_bytes(value)
    done = fold_journal(journal, out)
    assert done.kept is not None
    assert done.kept.read_bytes() == value
    assert sorted(tmp_path.iterdir()) == sorted([out, done.kept])
    assert not find_journals(tmp_path)
    whole, half = direct().streams[0], read_recording(out).streams[0]
    assert 0.2 < len(half.raw) / len(whole.raw) < 0.8
    np.testing.assert_array_equal(half.raw, whole.raw[: len(half.raw)])


@pytest.mark.parametrize("size", [0, 4, 8, 60, 400])
def test_a_journal_without_a_sample_says_so_and_stays(tmp_path: Path, size: int) -> None:
    journal = left_over(tmp_path)
    journal.write_bytes(journal.read_bytes()[:size])
    with pytest.raises(RecordingError, match="it holds no sample; remove it"):
        fold_journal(journal, tmp_path / "anna.parquet")
    assert [*tmp_path.iterdir()] == [journal]


def test_records_that_say_nothing_of_a_protocol_are_no_samples(tmp_path: Path) -> None:
    journal = tmp_path / "a.journal"
    with create_journal(journal) as open_one:
        for record in a_session(random.Random(3), 200):  # noqa: S311
            open_one.append(record)
    with pytest.raises(ScreenError, match="it holds no sample"):
        fold_journal(journal, tmp_path / "anna.parquet")


# --- what the program said ------------------------------------------------------------------------


def test_tasks_and_places_come_from_the_person(tmp_path: Path) -> None:
    base_s = records()[0].arrival_s
    marks = (
        Mark(TASK_BEGINS, base_s + 1.0, "stand"),
        Mark(TASK_BEGINS, base_s + 2.0, "squat"),
        Mark(TASK_ENDS, base_s + 2.5),
        Mark(TASK_BEGINS, base_s + 3.0, "kick"),
    )
    serials = [r.sensor.serial for r in records() if r.kind is RelayKind.SLOT]
    places = {
        serials[0]: (Side.LEFT, Placement.FOOT),
        serials[1]: (Side.LEFT, Placement.SHANK),
    }
    out = tmp_path / "anna.parquet"
    fold_journal(left_over(tmp_path, marks), out, places)
    recording = read_recording(out)
    last_s = records()[-1].arrival_s - base_s
    assert recording.tasks == (
        TaskInterval(pytest.approx(1.0), pytest.approx(2.0), Task.STAND),
        TaskInterval(pytest.approx(2.0), pytest.approx(2.5), Task.SQUAT),
        TaskInterval(pytest.approx(3.0), pytest.approx(last_s), Task.KICK),
    )
    assert [(s.info.side, s.info.placement) for s in recording.streams] == [*places.values()]


@pytest.mark.parametrize(
    ("said", "tasks"),
    [
        ([], []),
        ([(TASK_ENDS, 1.0, "")], []),
        ([(TASK_BEGINS, 1.0, "squat"), (TASK_DROPPED, 2.0, "")], []),
        ([(TASK_DROPPED, 2.0, "")], []),
        ([(TASK_BEGINS, 1.0, "dance")], []),
        ([(TASK_BEGINS, 5.0, "squat"), (TASK_ENDS, 4.0, "")], []),
        (
            [(TASK_BEGINS, 1.0, "squat"), (TASK_DROPPED, 2.0, ""), (TASK_BEGINS, 3.0, "squat")],
            [(2.0, 8.0)],
        ),
        ([(TASK_BEGINS, 2.0, "squat"), (TASK_ENDS, 3.0, ""), (TASK_ENDS, 4.0, "")], [(1.0, 2.0)]),
    ],
)
def test_tasks_of_marks(
    said: list[tuple[str, float, str]], tasks: list[tuple[float, float]]
) -> None:
    found = find_tasks([Mark(*one) for one in said], 1.0, 9.0)
    assert found == tuple(TaskInterval(begin, end, Task.SQUAT) for begin, end in tasks)


def test_channels_of_the_session_are_those_of_the_sensor() -> None:
    """The stand-in is a real one: info, control, status, live and backfill are all in it."""
    wanted = {Channel.INFO, Channel.CONTROL, Channel.STATUS, Channel.LIVE, Channel.BACKFILL}
    assert wanted <= {record.channel for record in records()}
