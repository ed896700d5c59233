from __future__ import annotations

from threading import Barrier, Thread
from typing import TYPE_CHECKING

import pytest

from sensor_screen.protocol.relay_marks import MarkName, RelayMark
from sensor_screen.service.durable_streams import DurableStreams
from sensor_screen.storage.database import frames
from sensor_screen.storage.database.frames import (
    delete_rows,
    end_stream,
    find_streams,
    read_frames,
    read_marks,
    read_stream,
)
from sensor_screen.storage.database.stream_batch import StreamBatch, Verdict
from tests.service.databases import add_streams
from tests.service.relay_frames import FOOT, SHANK, a_frame

if TYPE_CHECKING:
    from sensor_screen.storage.database.engine import Database


def batch(
    stream_id: str, writer: int, first: int, end: int, marks: tuple[int, ...] = ()
) -> StreamBatch:
    return StreamBatch(
        stream_id,
        writer,
        tuple((k, a_frame(k)) for k in range(first, end)),
        tuple(RelayMark(k, 10 * k, MarkName.BEGINS, "squat") for k in marks),
        {0: FOOT, 1: SHANK} if first == 0 else None,
    )


def stored(database: Database, stream_id: str) -> list[bytes]:
    with database.read() as connection:
        rows = [one for chunk in read_frames(connection, stream_id) for one in chunk]
    assert [sequence for sequence, _ in rows] == [*range(len(rows))]
    return [value for _, value in rows]


def test_what_was_added_is_found_by_the_next_writer(database: Database) -> None:
    streams = DurableStreams(database)
    one, other = add_streams(database, 2)
    first = streams.claim(one)
    assert first is not None
    assert (first.writer, first.next_sequence, first.marks, first.open) == (1, 0, 0, True)
    assert first.last_base_us is None
    assert streams.append([batch(one, 1, 0, 5, (0, 1)), batch(other, 0, 0, 2)]) == [
        Verdict.KEPT,
        Verdict.KEPT,
    ]
    second = streams.claim(one)
    assert second is not None
    assert (second.writer, second.next_sequence, second.marks) == (2, 5, 2)
    assert second.last_base_us == 1_400_000
    assert second.slots == {0: FOOT, 1: SHANK}
    assert stored(database, one) == [a_frame(k) for k in range(5)]
    with database.read() as connection:
        assert read_marks(connection, one, 1) == [RelayMark(1, 10, MarkName.BEGINS, "squat")]


def test_what_is_there_already_stays_as_it_is(database: Database) -> None:
    streams = DurableStreams(database)
    (one,) = add_streams(database)
    streams.append([batch(one, 0, 0, 3, (0,))])
    changed = StreamBatch(
        one, 0, ((1, b"other"), (3, a_frame(3))), (RelayMark(0, 9, MarkName.ENDS),)
    )
    assert streams.append([changed]) == [Verdict.KEPT]
    assert stored(database, one) == [a_frame(k) for k in range(4)]
    with database.read() as connection:
        assert [mark.name for mark in read_marks(connection, one)] == [MarkName.BEGINS]


def test_only_the_writer_adds(database: Database) -> None:
    streams = DurableStreams(database)
    (one,) = add_streams(database)
    streams.claim(one)
    streams.claim(one)
    verdicts = streams.append(
        [batch(one, 1, 0, 3), batch(one, 2, 0, 2), batch(one, 3, 0, 9), batch("f" * 32, 1, 0, 1)]
    )
    assert verdicts == [Verdict.SUPERSEDED, Verdict.KEPT, Verdict.SUPERSEDED, Verdict.GONE]
    assert len(stored(database, one)) == 2
    assert streams.claim("f" * 32) is None


def test_a_finished_stream_takes_nothing_more(database: Database) -> None:
    streams = DurableStreams(database)
    (one,) = add_streams(database)
    streams.claim(one)
    end = StreamBatch(one, 1, ((0, a_frame(0)),), finish=(1, 0))
    assert streams.append([end]) == [Verdict.KEPT]
    assert streams.append([end]) == [Verdict.KEPT], "its answer was lost"
    assert streams.append([batch(one, 1, 1, 2)]) == [Verdict.CLOSED]
    again = streams.claim(one)
    assert again is not None
    assert (again.open, again.next_sequence, again.writer) == (False, 1, 1)
    with database.read() as connection:
        assert one in find_streams(connection, frames.FINISHING)


def test_a_stream_ends_once(database: Database) -> None:
    streams = DurableStreams(database)
    one, other = add_streams(database, 2)
    streams.append([StreamBatch(one, 0, ((0, a_frame(0)),), finish=(1, 0)), batch(other, 0, 0, 2)])
    with database.write() as connection:
        assert not end_stream(connection, other, problem="Not finished.")
        assert end_stream(connection, one, recording_id="a" * 32)
        assert not end_stream(connection, one, problem="Again.")
        delete_rows(connection, one)
    with database.read() as connection:
        state = read_stream(connection, one)
        assert state is not None
        assert (state.state, state.recording_id, state.problem) == (frames.FOLDED, "a" * 32, None)
        assert state.next_sequence == 1
    assert stored(database, one) == []
    assert len(stored(database, other)) == 2


def test_a_stream_that_is_ended_from_this_side_has_what_was_durable(database: Database) -> None:
    streams = DurableStreams(database)
    (one,) = add_streams(database)
    streams.claim(one)
    streams.append([batch(one, 1, 0, 3, (0, 1))])
    assert streams.finish(one)
    assert not streams.finish(one)
    assert not streams.finish("f" * 32)
    assert streams.append([batch(one, 1, 3, 5)]) == [Verdict.SUPERSEDED]
    with database.read() as connection:
        state = read_stream(connection, one)
    assert state is not None
    assert (state.state, state.next_sequence, state.marks) == (frames.FINISHING, 3, 2)
    assert streams.read_frames(one, 1, 5) == [a_frame(1), a_frame(2)]
    assert streams.read_frames(one, 1, 1) == [a_frame(1)]
    assert [mark.number for mark in streams.read_marks(one, 1)] == [1]


@pytest.mark.parametrize("count", [499, 500, 501, 1203])
def test_long_streams_are_read_in_chunks(sqlite_database: Database, count: int) -> None:
    (one,) = add_streams(sqlite_database)
    DurableStreams(sqlite_database).append([batch(one, 0, 0, count)])
    with sqlite_database.read() as connection:
        chunks = [*read_frames(connection, one)]
        part = [sequence for chunk in read_frames(connection, one, 7, 9) for sequence, _ in chunk]
    assert [len(chunk) for chunk in chunks[:-1]] == [500] * (count // 500 - (count % 500 == 0))
    assert sum(len(chunk) for chunk in chunks) == count
    assert part == [7, 8]


def test_a_claim_sees_all_of_a_commit_or_nothing(database: Database) -> None:
    """Two threads: one adds as the first writer, one takes over in the middle."""
    streams = DurableStreams(database)
    for one in add_streams(database, 15):
        streams.claim(one)
        barrier, verdicts, claims = Barrier(2), list[Verdict](), list[int]()

        def add(
            stream_id: str = one, wait: Barrier = barrier, out: list[Verdict] = verdicts
        ) -> None:
            wait.wait()
            for first in range(0, 200, 50):
                out += streams.append([batch(stream_id, 1, first, first + 50)])

        thread = Thread(target=add)
        thread.start()
        barrier.wait()
        state = streams.claim(one)
        assert state is not None
        claims.append(state.next_sequence)
        thread.join()
        assert verdicts.count(Verdict.KEPT) * 50 == claims[0] == len(stored(database, one))
