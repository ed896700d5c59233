from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
import threading
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor_screen.errors import ProtocolError, RecordingError, UsageError
from sensor_screen.model import Origin
from sensor_screen.protocol.relay_frame import RelayFrame, RelayKind, RelayRecord, encode_frame
from sensor_screen.storage import journal_writer
from sensor_screen.storage.journal import (
    JournalFacts,
    JournalParams,
    Mark,
    create_journal,
    find_journals,
    name_journal,
    open_journal,
    resume_journal,
)
from tests.soak.kill_record import kill_many
from tests.soak.power_cut import Figures, cut_one_life
from tests.storage.power_disk import PowerDisk, PowerFile
from tests.storage.relay_records import a_session, came_up, described, notified

if TYPE_CHECKING:
    from sensor_screen.protocol.relay_frame import RelayArrival
    from sensor_screen.storage.disk import Disk

PATH = Path("knee.journal")
SESSION = a_session(random.Random(3), 40)  # noqa: S311


def read(path: Path, disk: Disk | None = None) -> list[RelayArrival]:
    with open_journal(path, disk) as scan:
        return [arrival for entry in scan.entries() for arrival in entry.arrivals]


def a_journal(session: list[RelayArrival] = SESSION) -> bytes:
    """Bytes of a journal with a commit after every fourth record, of a frame each."""
    disk = PowerDisk()
    with create_journal(PATH, disk=disk) as journal:
        for i, record in enumerate(session):
            journal.append(record)
            if i % 4 == 3:
                journal.commit()
    return bytes(disk.files[PATH.name])


# --- what goes in comes out -----------------------------------------------------------------------


def test_what_was_appended_is_read_in_order_and_to_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    with create_journal(path) as journal:
        for record in SESSION:
            assert journal.append(record) == record
    assert read(path) == SESSION


def test_a_time_is_said_as_it_will_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    with create_journal(path) as journal:
        said = [
            journal.append(described(0, 1.0)),
            journal.append(notified(0, 1.23456789, b"x" * 20)),
        ]
    assert said[1].arrival_s == pytest.approx(1.234568, abs=1e-12)
    assert read(path) == said


def test_a_buffer_that_is_used_again_changes_nothing() -> None:
    disk, value = PowerDisk(), bytearray(b"first")
    with create_journal(PATH, disk=disk) as journal:
        journal.append(described(0, 1.0))
        journal.append(notified(0, 2.0, value))
        value[:] = b"later"
    assert read(PATH, disk)[1].value == b"first"


def test_a_record_that_came_late_keeps_its_own_time(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    times_s = [5.0, 6.0, 5.5, 5.5, 9000.0, 2.0]
    with create_journal(path) as journal:
        journal.append(described(0, 7.0))
        for time_s in times_s:
            journal.append(notified(0, time_s, b"x" * 20))
    assert [record.arrival_s for record in read(path)] == [7.0, *times_s]


def test_values_of_any_size_that_a_frame_holds(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    values = [bytes(size) for size in (0, 65_505, 1, 40_000, 40_000, 65_504)]
    with create_journal(path) as journal:
        journal.append(described(0, 1.0))
        for value in values:
            journal.append(notified(0, 2.0, value))
        with pytest.raises(ProtocolError, match="sent 65506 bytes at once"):
            journal.append(notified(0, 2.0, bytes(65_506)))
    assert [record.value for record in read(path)][1:] == values


def test_marks_and_facts_stand_where_they_were_said(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    facts = JournalFacts(Origin.SIMULATED, "a rig", "2026-11-27")
    mark = Mark("task_begins", 100.5, "squat")
    with create_journal(path, facts) as journal:
        journal.append(SESSION[0])
        journal.mark(mark)
        journal.append(SESSION[1])
    with open_journal(path) as scan:
        entries = list(scan.entries())
    assert entries[0].mark is not None
    assert JournalFacts.from_mark(entries[0].mark) == facts
    assert [entry.mark or entry.arrivals[0] for entry in entries[1:]] == [
        SESSION[0],
        mark,
        SESSION[1],
    ]


def test_a_journal_is_due_after_a_quarter_second_or_64_kb() -> None:
    journal = create_journal(PATH, disk=PowerDisk())
    journal.append(described(0, 10.0))
    assert not journal.is_due(10.2)
    assert journal.is_due(10.25)
    journal.commit()
    assert not journal.is_due(1e6)
    journal.append(notified(0, 20.0, bytes(60_000)))
    assert not journal.is_due(20.0)
    journal.append(notified(0, 20.0, bytes(6_000)))
    assert journal.is_due(20.0)


def test_a_commit_says_the_frame_that_is_next() -> None:
    with create_journal(PATH, disk=PowerDisk()) as journal:
        assert journal.commit() == 0
        journal.append(described(0, 1.0))
        assert journal.durable_sequence == 0
        assert journal.commit() == journal.durable_sequence == 1
        journal.append(notified(0, 2.0, b""))
        journal.append(notified(0, 2.0, b""))
        assert journal.commit() == 2


def test_what_goes_on_with_a_journal_hears_what_is_in_it(tmp_path: Path) -> None:
    path, heard = tmp_path / "a.journal", []
    with create_journal(path) as journal:
        for record in SESSION[:20]:
            journal.append(record)
    path.write_bytes(path.read_bytes() + b"torn")
    with resume_journal(path, hear=heard.append) as journal:
        assert heard == SESSION[:20]
        for record in SESSION[20:]:
            journal.append(record)
    assert read(path) == SESSION


# --- frames of a relay ----------------------------------------------------------------------------


def relayed(sequence: int, records: list[RelayArrival]) -> bytes:
    bare = tuple(RelayRecord(r.kind, r.slot, r.channel, i, r.value) for i, r in enumerate(records))
    return encode_frame(RelayFrame(sequence, 5_000_000, bare))


def test_frames_of_a_phone_are_kept_byte_for_byte_and_once(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    frames = [relayed(0, [SESSION[0], SESSION[0]]), relayed(1, [came_up(0, 1.0)])]
    with create_journal(path) as journal:
        assert len(journal.append_frame(frames[0], 5.0)) == 2
        assert journal.append_frame(frames[0], 5.1) == ()
        with pytest.raises(ProtocolError, match="came where 1 was expected"):
            journal.append_frame(relayed(2, [SESSION[0]]), 5.2)
        assert journal.is_due(5.25)
        journal.append_frame(frames[1], 5.3)
    with resume_journal(path) as journal:
        assert journal.durable_sequence == 2
        assert journal.append_frame(frames[1], 6.0) == ()
        last = relayed(2, [notified(0, 1.0, b"y")])
        journal.append_frame(last, 6.1)
    with open_journal(path) as scan:
        assert [e.value for e in scan.entries() if e.mark is None] == [*frames, last]


# --- what may not be in it ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (notified(1, 5.0, b"x"), "Slot 1: was not described"),
        (replace(notified(0, 5.0, b"x"), channel=0), "sent something on no channel"),
        (replace(notified(0, 5.0, b"x"), arrival_s=float("nan")), "is no time"),
        (replace(notified(0, 5.0, b"x"), arrival_s=-1.0), "is no time"),
        (replace(came_up(0, 5.0), value=b"\1"), "has a value of 1 bytes"),
        (replace(described(1, 5.0), slot=0), "is described as"),
        (replace(came_up(1, 5.0), kind=RelayKind.LINK_DOWN, value=b"\0"), "was not described"),
    ],
)
def test_a_record_that_could_not_be_read_is_refused_and_changes_nothing(
    record: RelayArrival, problem: str
) -> None:
    disk = PowerDisk()
    with create_journal(PATH, disk=disk) as journal:
        journal.append(described(0, 1.0))
        journal.append(notified(0, 2.0, b"before"))
        with pytest.raises(ProtocolError, match=problem):
            journal.append(record)
        journal.append(notified(0, 3.0, b"after"))
    assert [r.value for r in read(PATH, disk)][1:] == [b"before", b"after"]


# --- a journal that is not whole ------------------------------------------------------------------


def entry_ends(value: bytes) -> list[int]:
    """Where entries end, found without the package."""
    ends, at = [], 8
    while at < len(value):
        at += 4 + int.from_bytes(value[at : at + 4], "little")
        ends.append(at)
    return ends


def test_a_journal_cut_at_any_byte_opens_with_all_whole_frames() -> None:
    value = a_journal(SESSION[:12])
    ends = entry_ends(value)
    assert ends[-1] == len(value)
    for size in range(len(value) + 1):
        disk = PowerDisk.holding({PATH.name: value[:size]})
        with open_journal(PATH, disk) as scan:
            entries = list(scan.entries())
        assert [entry.end_bytes for entry in entries] == [end for end in ends if end <= size]
        assert (scan.cut is None) == (size in {8, *ends})
        assert scan.cut is None or scan.cut.left_bytes == size - (
            scan.sound_bytes if size >= 8 else 0
        )
        with resume_journal(PATH, disk=disk) as journal:
            found = [r for e in entries for r in e.arrivals]
            more = [journal.append(r) for r in SESSION[:3]]
        assert read(PATH, disk) == found + more


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damage_anywhere_takes_only_what_is_behind_it(data: st.DataObject) -> None:
    value = bytearray(a_journal())
    at = data.draw(st.integers(8, len(value) - 1))
    value[at] ^= data.draw(st.integers(1, 255))
    with open_journal(PATH, PowerDisk.holding({PATH.name: bytes(value)})) as scan:
        found = [r for entry in scan.entries() for r in entry.arrivals]
    assert found == SESSION[: len(found)]
    ends = entry_ends(a_journal())
    assert scan.sound_bytes == max((end for end in ends if end <= at), default=8)
    assert scan.cut is not None
    assert scan.cut.sound_behind == (ends[-2] > at)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_behind_the_beginning_open(rubbish: bytes, checksum: bool) -> None:
    """Also with a right length and checksum, which a hostile file would have."""
    if checksum:
        rubbish += zlib.crc32(rubbish).to_bytes(4, "little")
        rubbish = len(rubbish).to_bytes(4, "little") + rubbish
    begin = a_journal(SESSION[:4])
    disk = PowerDisk.holding({PATH.name: begin + rubbish})
    assert read(PATH, disk) == SESSION[:4]


@pytest.mark.parametrize("body", [b"[" * 60_000, b"{}", b'{"name": "a", "at_s": NaN, "text": ""}'])
def test_a_mark_that_is_none_ends_the_reading(body: bytes) -> None:
    entry = b"\0" + body
    entry += zlib.crc32(entry).to_bytes(4, "little")
    begin = a_journal(SESSION[:4])
    disk = PowerDisk.holding({PATH.name: begin + len(entry).to_bytes(4, "little") + entry})
    with open_journal(PATH, disk) as scan:
        assert len(list(scan.entries())) == 1 + 3
    assert "would not have written after frame 2" in str(scan.cut)


def test_what_was_left_behind_a_cut_never_comes_back() -> None:
    """The old frame after the torn one has the right number, and the new one the same length."""
    old = [described(0, 1.0), *(came_up(0, 2.0 + i) for i in range(3))]
    disk = PowerDisk()
    with create_journal(PATH, disk=disk) as journal:
        for record in old:
            journal.append(record)
    value = disk.files[PATH.name]
    value[entry_ends(bytes(value))[2] - 1] ^= 1
    with resume_journal(PATH, disk=disk) as journal:
        assert journal.cut is not None
        assert journal.cut.sound_behind
        new = journal.append(came_up(0, 50.0))
    assert read(PATH, disk) == [old[0], new]


def test_another_file_is_no_journal(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    path.write_bytes(b"PAR1 and so on")
    for act in (read, resume_journal):
        with pytest.raises(RecordingError, match="it is not a journal"):
            act(path)
    assert path.read_bytes() == b"PAR1 and so on"
    with pytest.raises(RecordingError, match="it cannot be read"):
        read(tmp_path / "none.journal")


# --- power, kills ---------------------------------------------------------------------------------


def test_a_power_cut_behind_any_step_takes_nothing_that_was_called_safe() -> None:
    figures = Figures()
    for seed in range(8):
        cut_one_life(seed, 3, figures)
    assert (figures.lost, figures.invented) == (0, 0)
    assert figures.failures > 0
    assert figures.cut_ends > 50
    assert figures.recovered > figures.safe > 10_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_kill_at_any_moment_takes_nothing_that_was_called_safe(tmp_path: Path) -> None:
    figures = kill_many(10, 5, tmp_path, longest_s=0.06, records=6_000)
    assert (figures.lost, figures.changed, figures.unopened) == (0, 0, 0)
    assert figures.safe > 100


# --- a disk that is full or fails -----------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 2])  # the write, the sync
@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (
            errno.ENOSPC,
            "the disk is full; what was saved so far is safe; make room and it goes on|",
        ),
        (errno.EIO, r"it cannot be written \(.*\); what was saved so far is safe; end here"),
    ],
)
def test_a_full_disk_is_said_and_nothing_is_lost(number: int, sentence: str, step: int) -> None:
    disk = PowerDisk()
    journal = create_journal(PATH, disk=disk)
    for record in SESSION[:10]:
        journal.append(record)
    safe = journal.commit()
    for record in SESSION[10:20]:
        journal.append(record)
    disk.failing = {disk.tried + step: (number, 0.4)}
    with pytest.raises(UsageError, match=sentence):
        journal.commit()
    assert journal.durable_sequence == safe
    assert not journal.is_due(SESSION[19].arrival_s + 0.2)
    assert journal.is_due(SESSION[19].arrival_s + 0.25)
    assert read_beside(disk) == SESSION[:10]
    for record in SESSION[20:]:
        journal.append(record)
    journal.close()
    assert read(PATH, disk) == SESSION


def read_beside(disk: PowerDisk) -> list[RelayArrival]:
    """What another program would find after the recorder's end."""
    return read(PATH, PowerDisk.holding({PATH.name: bytes(disk.files[PATH.name])}))


def test_memory_is_bounded_while_the_disk_takes_nothing() -> None:
    disk = PowerDisk()
    journal = create_journal(PATH, params=JournalParams(largest_held_bytes=900), disk=disk)
    journal.append(described(0, 1.0))
    disk.failing = {disk.tried + i: (errno.ENOSPC, 0.0) for i in range(1, 100)}
    for _ in range(4):
        journal.append(notified(0, 2.0, bytes(200)))
        with pytest.raises(UsageError, match="full"):
            journal.commit()
    with pytest.raises(UsageError, match="no more fits in memory; make room"):
        journal.append(notified(0, 2.0, bytes(200)))
    disk.failing = {}
    journal.close()
    assert len(read(PATH, disk)) == 1 + 4


def test_a_full_disk_is_tried_four_times_a_second_and_not_with_each_record() -> None:
    disk = PowerDisk()
    journal = create_journal(PATH, disk=disk)
    journal.append(described(0, 1.0))
    disk.failing = {disk.tried + i: (errno.ENOSPC, 0.0) for i in range(1, 1000)}
    tries = 0
    for i in range(1000):  # five seconds
        journal.append(notified(0, 1.0 + 0.005 * i, bytes(200)))
        if journal.is_due(1.0 + 0.005 * i):
            tries += 1
            with pytest.raises(UsageError, match="full"):
                journal.commit()
    assert 18 <= tries <= 20
    disk.failing = {}
    journal.commit()
    journal.append(notified(0, 6.0, bytes(65_000)))
    journal.append(notified(0, 6.0, bytes(1_000)))
    assert journal.is_due(6.0)
    journal.close()
    assert len(read(PATH, disk)) == 1003


def test_the_place_is_tried_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it cannot be written"):
        create_journal(tmp_path / "none" / "a.journal")
    create_journal(tmp_path / "a.journal").close()
    with pytest.raises(UsageError, match="it is there already"):
        create_journal(tmp_path / "a.journal")
    full = PowerDisk(failing={2: (errno.ENOSPC, 0.5)})
    with pytest.raises(UsageError, match="the disk is full; choose a folder"):
        create_journal(PATH, disk=full)
    assert not full.files


# --- more than one at once ------------------------------------------------------------------------


def test_nobody_else_writes_or_folds_a_journal_that_is_being_written(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    with create_journal(path):
        script = (
            "import sys; from pathlib import Path; from sensor_screen.storage.journal import *; "
        )
        for act in (
            "resume_journal(Path(sys.argv[1]))",
            "open_journal(Path(sys.argv[1])).__enter__()",
        ):
            done = subprocess.run(
                [sys.executable, "-c", script + act, path],
                capture_output=True,
                text=True,
                check=False,
            )
            assert "another program is writing it" in done.stderr
    assert read(path) == []
    assert find_journals(tmp_path) == (name_journal(tmp_path / "a.parquet"),) == (path,)


def test_records_come_in_while_the_disk_is_slow() -> None:
    disk = PowerDisk()
    journal = create_journal(PATH, disk=disk)
    journal.append(described(0, 1.0))
    syncing, go_on = threading.Event(), threading.Event()

    def slow_sync(self: PowerFile) -> None:
        del self
        syncing.set()
        assert go_on.wait(10.0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PowerFile, "sync", slow_sync)
        thread = threading.Thread(target=journal.commit)
        thread.start()
        assert syncing.wait(10.0)
        journal.append(notified(0, 2.0, b"meanwhile"))
        assert journal.durable_sequence == 0
        go_on.set()
        thread.join(10.0)
    assert journal.durable_sequence == 1
    assert journal.is_due(2.25)
    journal.close()
    assert [record.value for record in read(PATH, disk)][1:] == [b"meanwhile"]


def test_an_interrupt_inside_an_append_costs_nothing_that_was_safe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk = PowerDisk()
    journal = create_journal(PATH, disk=disk)
    journal.append(described(0, 1.0))
    journal.commit()

    def interrupted(_: bytes) -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(journal_writer, "encode_entry", interrupted)
        with pytest.raises(KeyboardInterrupt):
            journal.append(came_up(0, 2.0))
    with pytest.raises(UsageError, match="interrupted while it took a record; what was saved is"):
        journal.append(came_up(0, 3.0))
    with pytest.raises(UsageError, match="interrupted"):
        journal.close()
    assert read(PATH, disk) == [described(0, 1.0)]


def test_a_closed_journal_says_so() -> None:
    journal = create_journal(PATH, disk=PowerDisk())
    journal.close()
    journal.close()
    with pytest.raises(UsageError, match="the journal is closed; begin a new one"):
        journal.append(described(0, 1.0))
