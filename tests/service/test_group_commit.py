from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from sensor_screen.errors import StorageError
from sensor_screen.service.durable_streams import DurableStreams
from sensor_screen.service.group_commit import GroupCommit, GroupCommitParams
from sensor_screen.service.relay_acts import Finish, Taken
from sensor_screen.service.relay_messages import Trouble, TroubleCode
from sensor_screen.storage.database.frames import read_frames
from sensor_screen.storage.database.stream_batch import StreamBatch, Verdict
from tests.service.databases import add_streams
from tests.service.relay_frames import FOOT, a_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.service.group_commit import Lane
    from sensor_screen.storage.database.engine import Database

QUICK = GroupCommitParams(interval_s=0.005, first_retry_s=0.01, longest_retry_s=0.02)


@dataclass
class Listener:
    """Notes what it is told."""

    told: list[object] = field(default_factory=list)
    next_sequence: int = 0

    def durable(self, next_sequence: int, marks: int, *, finished: bool) -> None:
        self.next_sequence = next_sequence
        self.told.append((next_sequence, marks, finished))

    def refused(self, verdict: Verdict) -> None:
        self.told.append(verdict)

    def trouble(self, trouble: Trouble) -> None:
        self.told.append(trouble.code)

    def trouble_over(self) -> None:
        self.told.append("over")

    def room(self) -> None:
        self.told.append("room")


@dataclass
class ListStore:
    """Keeps all, or raises what it was given to."""

    kept: list[StreamBatch] = field(default_factory=list)
    calls: int = 0
    faults: list[Exception | None] = field(default_factory=list)

    def append(self, batches: Sequence[StreamBatch]) -> list[Verdict]:
        self.calls += 1
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        self.kept += batches
        return [Verdict.KEPT] * len(batches)


def frames(first: int, end: int, size: int = 40) -> Taken:
    return Taken([(k, bytes([k % 251]) * size) for k in range(first, end)])


def a_lane(commits: GroupCommit, name: str = "a", writer: int = 1) -> tuple[Lane, Listener]:
    listener = Listener()
    return commits.open(name, writer, (0, 0), listener), listener


def test_all_streams_go_in_one_transaction_and_are_told_behind_it() -> None:
    store, seen = ListStore(), list[str]()
    commits = GroupCommit(store, on_durable=lambda batch: seen.append(batch.stream_id))
    (one, hears_one), (other, hears_other) = a_lane(commits, "a"), a_lane(commits, "b")
    one.add(frames(0, 3))
    other.add(frames(0, 2))
    one.add(Taken(frames(3, 4).frames, slots={0: FOOT}, finish=Finish(4, 0)))
    assert hears_one.told == []
    assert commits.commit() == 0.0
    assert store.calls == 1
    assert [len(batch.frames) for batch in store.kept] == [4, 2]
    assert store.kept[0].slots == {0: FOOT}
    assert store.kept[0].finish == (4, 0)
    assert hears_one.told == [(4, 0, True)]
    assert hears_other.told == [(2, 0, False)]
    assert seen == ["a", "b"]
    assert commits.held_bytes == 0
    commits.commit()
    assert store.calls == 1, "nothing waits"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (StorageError("a", "b", "c", fault="full"), TroubleCode.STORAGE_FULL),
        (StorageError("a", "b", "c", fault="away"), TroubleCode.DATABASE_AWAY),
        (StorageError("a", "b", "c", fault="damaged"), TroubleCode.STORAGE_FAILED),
        (OSError(5, "Input/output error"), TroubleCode.STORAGE_FAILED),
        (RuntimeError("anything"), TroubleCode.STORAGE_FAILED),
    ],
)
def test_nothing_is_acknowledged_or_lost_while_the_store_fails(
    fault: Exception, code: TroubleCode
) -> None:
    store = ListStore(faults=[fault, fault, fault])
    commits = GroupCommit(store)
    lane, listener = a_lane(commits)
    lane.add(frames(0, 3))
    waits = [commits.commit()]
    lane.add(frames(3, 5))
    waits += [commits.commit(), commits.commit()]
    assert waits == [0.25, 0.5, 1.0]
    assert listener.told == [code], "said once"
    late, hears_late = a_lane(commits, "late")
    assert hears_late.told == [code]
    late.add(frames(0, 1))
    assert commits.commit() == 0.0
    assert listener.told == [code, "over", (5, 0, False)]
    assert hears_late.told == [code, "over", (1, 0, False)]
    assert [value for b in store.kept if b.stream_id == "a" for _, value in b.frames] == [
        value for _, value in frames(0, 5).frames
    ]


def test_a_trouble_ends_though_nothing_waits() -> None:
    store = ListStore(faults=[StorageError("a", "b", "c", fault="away")])
    commits = GroupCommit(store)
    lane, _ = a_lane(commits)
    lane.add(frames(0, 1))
    commits.commit()
    newer, listener = a_lane(commits, writer=2)
    assert commits.held_bytes == 0, "the older writer's is dropped"
    commits.commit()
    assert listener.told[-1] == "over"
    assert commits.current_trouble is None
    assert not newer.refused


def test_a_refused_lane_drops_what_it_holds() -> None:
    class Refusing(ListStore):
        def append(self, batches: Sequence[StreamBatch]) -> list[Verdict]:
            return [Verdict.GONE if b.stream_id == "a" else Verdict.KEPT for b in batches]

    seen = list[str]()
    commits = GroupCommit(Refusing(), on_durable=lambda batch: seen.append(batch.stream_id))
    (one, hears_one), (other, hears_other) = a_lane(commits, "a"), a_lane(commits, "b")
    one.add(frames(0, 3))
    other.add(frames(0, 3))
    commits.commit()
    one.add(frames(3, 4))
    assert hears_one.told == [Verdict.GONE]
    assert hears_other.told == [(3, 0, False)]
    assert seen == ["b"]
    assert commits.held_bytes == 0


def test_a_lane_that_is_taken_over_while_it_is_committed_tells_nothing_more() -> None:
    commits: GroupCommit

    class Slow(ListStore):
        def append(self, batches: Sequence[StreamBatch]) -> list[Verdict]:
            if not self.calls:
                a_lane(commits, writer=2)
            return super().append(batches)

    commits = GroupCommit(Slow())
    lane, listener = a_lane(commits)
    lane.add(frames(0, 2))
    commits.commit()
    assert listener.told == [Verdict.SUPERSEDED]
    assert commits.held_bytes == 0


def test_memory_is_bounded_and_room_is_told_to_all() -> None:
    commits = GroupCommit(ListStore(), GroupCommitParams(most_held_bytes=1000))
    (lane, listener), (_, hears_idle) = a_lane(commits), a_lane(commits, "b")
    lane.add(frames(0, 20, 50))
    assert not commits.has_room
    assert commits.held_bytes == 1000
    commits.commit()
    assert commits.has_room
    assert listener.told == [(20, 0, False), "room"]
    assert hears_idle.told == ["room"]
    lane.add(frames(20, 25, 50))
    commits.commit()
    assert hears_idle.told == ["room"]


def test_room_that_comes_of_a_refused_lane_is_told() -> None:
    commits = GroupCommit(ListStore(), GroupCommitParams(most_held_bytes=1000))
    (lane, _), (_, hears_idle) = a_lane(commits), a_lane(commits, "b")
    lane.add(frames(0, 20, 50))
    a_lane(commits, writer=2)
    assert commits.has_room
    assert hears_idle.told == ["room"]


def test_a_large_backlog_is_committed_in_pieces_and_none_starves() -> None:
    store = ListStore()
    commits = GroupCommit(store, GroupCommitParams(most_commit_bytes=1000))
    lanes = [a_lane(commits, str(k)) for k in range(5)]
    for lane, _ in lanes:
        lane.add(frames(0, 15))
    for lane, listener in lanes:
        lane.add(frames(15, 20))
        assert listener.told == []
    for _ in range(5):
        commits.commit()
    assert all(listener.next_sequence == 20 for _, listener in lanes)
    assert store.calls == 3


def test_a_closed_connection_is_still_made_durable() -> None:
    store = ListStore()
    commits = GroupCommit(store)
    lane, listener = a_lane(commits)
    lane.add(frames(0, 3))
    lane.close()
    commits.commit()
    assert len(store.kept[0].frames) == 3
    assert listener.told == []


# --- the thread -----------------------------------------------------------------------------------


def wait_for(condition: object, timeout_s: float = 5.0) -> None:
    end_s = time.monotonic() + timeout_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end_s
        time.sleep(0.002)


def test_the_thread_commits_what_comes_and_stops_behind_it() -> None:
    store = ListStore()
    commits = GroupCommit(store, QUICK)
    lane, listener = a_lane(commits)
    commits.start()
    for k in range(200):
        lane.add(frames(k, k + 1))
    wait_for(lambda: listener.next_sequence == 200)
    assert store.calls < 100, "not each for itself"
    lane.add(frames(200, 210))
    assert commits.stop(5.0)
    assert listener.next_sequence == 210


def test_stopping_tries_until_its_grace_is_over() -> None:
    away = StorageError("a", "b", "c", fault="away")
    store = ListStore(faults=[away, away, away])
    commits = GroupCommit(store, QUICK)
    lane, listener = a_lane(commits)
    lane.add(frames(0, 5))
    commits.start()
    assert commits.stop(5.0)
    assert listener.next_sequence == 5
    commits = GroupCommit(ListStore(faults=[away] * 10_000), QUICK)
    lane, listener = a_lane(commits)
    lane.add(frames(0, 5))
    commits.start()
    assert not commits.stop(0.1)
    assert listener.told == [TroubleCode.DATABASE_AWAY]


def test_a_database_that_is_locked_for_a_while_loses_nothing(sqlite_database: Database) -> None:
    """Of the real one: another holds the writing transaction."""
    ids = add_streams(sqlite_database, 3)
    commits = GroupCommit(DurableStreams(sqlite_database), QUICK)
    lanes = [a_lane(commits, stream_id, 0) for stream_id in ids]
    commits.start()
    held, let_go = Event(), Event()

    def hold() -> None:
        with sqlite_database.write():
            held.set()
            let_go.wait(5)

    thread = Thread(target=hold)
    thread.start()
    held.wait(5)
    for lane, _ in lanes:
        lane.add(Taken([(k, a_frame(k)) for k in range(20)]))
    time.sleep(0.1)
    assert all(listener.told == [] for _, listener in lanes)
    let_go.set()
    thread.join()
    wait_for(lambda: all(listener.next_sequence == 20 for _, listener in lanes))
    assert commits.stop(5.0)
    with sqlite_database.read() as connection:
        for stream_id in ids:
            found = [v for chunk in read_frames(connection, stream_id) for _, v in chunk]
            assert found == [a_frame(k) for k in range(20)]


def test_a_full_database_is_told_and_goes_on(sqlite_database: Database) -> None:
    """SQLite's own limit of pages: the error of a full disk from the real engine."""
    (one,) = add_streams(sqlite_database)
    with sqlite_database.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {int(pages or 0) + 4}")
    commits = GroupCommit(DurableStreams(sqlite_database))
    lane, listener = a_lane(commits, one, 0)
    values = [(k, a_frame(k)) for k in range(500)]
    lane.add(Taken(values[:300]))
    assert commits.commit() > 0.0
    assert listener.told == [TroubleCode.STORAGE_FULL]
    lane.add(Taken(values[300:]))
    assert commits.commit() > 0.0
    with sqlite_database.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 100000")
        assert not [*read_frames(connection, one)], "all or nothing"
    assert commits.commit() == 0.0
    assert listener.told[1:] == ["over", (500, 0, False)]
    with sqlite_database.read() as connection:
        assert [one for chunk in read_frames(connection, one) for one in chunk] == values
