from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, select

from sensor_screen.errors import StorageError
from sensor_screen.model import Placement, Recording, Side
from sensor_screen.protocol.relay_marks import MarkName, RelayMark
from sensor_screen.service import fold_stream as folding
from sensor_screen.service.durable_streams import DurableStreams
from sensor_screen.service.fold_stream import FoldedStream, fold_stream
from sensor_screen.service.stream_folds import StreamFolds
from sensor_screen.storage.database import frames, schema
from sensor_screen.storage.database.frames import read_frames, read_stream
from sensor_screen.storage.database.stream_batch import StreamBatch
from sensor_screen.storage.journal import JournalFacts, Mark, create_journal, open_journal
from sensor_screen.storage.journal_fold import are_same, fold_journal
from sensor_screen.storage.objects import ObjectStore, open_objects
from sensor_screen.storage.recording_file import decode_recording, encode_recording
from tests.service.databases import add_streams
from tests.service.relay_frames import a_frame
from tests.service.test_group_commit import wait_for
from tests.storage.power_disk import PowerDisk
from tests.storage.test_journal_fold import journal_bytes, records

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.storage.database.engine import Database

PATH = Path("a.journal")
DAY = "2026-11-27"


@cache
def made_frames() -> tuple[bytes, ...]:
    """Five seconds of two sensors, as frames."""
    disk = PowerDisk.holding({PATH.name: journal_bytes(())})
    with open_journal(PATH, disk) as scan:
        return tuple(entry.value for entry in scan.entries() if entry.mark is None)


@cache
def made_marks() -> tuple[RelayMark, ...]:
    base_us = round(records()[0].arrival_s * 1e6)
    said = [
        (1_000_000, MarkName.BEGINS, "stand"),
        (2_000_000, MarkName.BEGINS, "squat"),
        (2_500_001, MarkName.ENDS, ""),
        (3_000_000, MarkName.BEGINS, "kick"),
    ]
    return tuple(
        RelayMark(number, base_us + at_us, name, text)
        for number, (at_us, name, text) in enumerate(said)
    )


@pytest.fixture(scope="module")
def by_journal(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recording, bytes]:
    """What a journal of the same frames and marks becomes."""
    folder = tmp_path_factory.mktemp("journal")
    with create_journal(folder / "a.journal", JournalFacts(recorded_on=DAY)) as journal:
        for value in made_frames():
            journal.append_frame(value, 0.0)
        for mark in made_marks():
            journal.mark(Mark(mark.name.value, mark.at_us * 1e-6, mark.text))
    done = fold_journal(folder / "a.journal", folder / "a.parquet")
    return done.recording, (folder / "a.parquet").read_bytes()


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return open_objects(tmp_path / "objects")


def finished(
    database: Database,
    values: tuple[bytes, ...] | None = None,
    marks: tuple[RelayMark, ...] | None = None,
) -> str:
    """A stream that nobody writes any more."""
    values = made_frames() if values is None else values
    marks = made_marks() if marks is None else marks
    (one,) = add_streams(database)
    DurableStreams(database).append(
        [StreamBatch(one, 0, tuple(enumerate(values)), marks, None, (len(values), len(marks)))]
    )
    return one


def rows_of(database: Database, stream_id: str) -> int:
    with database.read() as connection:
        return sum(len(chunk) for chunk in read_frames(connection, stream_id))


def state_of(database: Database, stream_id: str) -> str:
    with database.read() as connection:
        found = read_stream(connection, stream_id)
    assert found is not None
    return found.state


def recording_row(database: Database, recording_id: str | None) -> dict[str, Any]:
    with database.read() as connection:
        query = select(schema.recording).where(schema.recording.c.id == recording_id)
        return dict(connection.execute(query).mappings().one())


def test_a_stream_becomes_to_the_bit_what_its_journal_becomes(
    database: Database, objects: ObjectStore, by_journal: tuple[Recording, bytes]
) -> None:
    one, other = finished(database), finished(database)
    folded = fold_stream(database, objects, one)
    assert folded is not None
    assert folded.problem is None
    row = recording_row(database, folded.recording_id)
    value = objects.get(row["object_key"], row["sha256"])
    assert value == by_journal[1]
    assert are_same(decode_recording(value, "a"), by_journal[0])
    assert row["object_key"].startswith(f"clinics/{row['clinic_id']}/recordings/")
    assert (row["came_as"], row["sensors"], row["bytes"]) == ("stream", 2, len(value))
    assert [task.task for task in by_journal[0].tasks] == ["stand", "squat", "kick"]
    assert (state_of(database, one), rows_of(database, one)) == (frames.FOLDED, 0)
    assert rows_of(database, other) == len(made_frames())
    assert fold_stream(database, objects, one) == folded, "again changes nothing"


class StoppedError(BaseException):
    """The program ends here."""


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "place",
    ["put_new", "get", "decode_recording", "end_stream", "add_once", "delete_rows", "commit"],
)
def test_a_fold_that_was_stopped_anywhere_is_done_again(
    sqlite_database: Database,
    objects: ObjectStore,
    monkeypatch: pytest.MonkeyPatch,
    by_journal: tuple[Recording, bytes],
    place: str,
    late: bool,
) -> None:
    database = sqlite_database
    one = finished(database)

    def stopping(act: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **named: Any) -> Any:
            if late:
                act(*arguments, **named)
            raise StoppedError

        return step

    with monkeypatch.context() as patch:
        if place in {"put_new", "get"}:
            patch.setattr(objects, place, stopping(getattr(objects, place)))
        elif place == "commit":
            patch.setattr(folding, "FoldedStream", stopping(FoldedStream))
        else:
            patch.setattr(folding, place, stopping(getattr(folding, place)))
        with pytest.raises(StoppedError):
            fold_stream(database, objects, one)
    if place != "commit":
        assert rows_of(database, one) == len(made_frames())
        assert state_of(database, one) == frames.FINISHING
    folded = fold_stream(database, objects, one)
    assert folded is not None
    row = recording_row(database, folded.recording_id)
    assert objects.get(row["object_key"], row["sha256"]) == by_journal[1]
    assert [found.key for found in objects.list()] == [row["object_key"]]
    assert rows_of(database, one) == 0


def test_what_is_read_back_otherwise_keeps_the_frames(
    sqlite_database: Database, objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = finished(sqlite_database)

    def changed(value: bytes, name: str) -> Recording:
        recording = decode_recording(value, name)
        recording.streams[0].raw[7, 3] ^= 1
        return recording

    monkeypatch.setattr(folding, "decode_recording", changed)
    with pytest.raises(StorageError, match="is not what was written; the frames are kept"):
        fold_stream(sqlite_database, objects, one)
    assert rows_of(sqlite_database, one) == len(made_frames())
    assert state_of(sqlite_database, one) == frames.FINISHING


def test_the_same_recording_in_other_bytes_is_taken_and_another_one_is_not(
    sqlite_database: Database, objects: ObjectStore, by_journal: tuple[Recording, bytes]
) -> None:
    import io

    import pyarrow.parquet as pq

    for same in (True, False):
        one = finished(sqlite_database)
        recording = by_journal[0]
        if not same:
            recording = Recording(recording.streams[:1])
        table = pq.read_table(io.BytesIO(encode_recording(recording)))
        out = io.BytesIO()
        pq.write_table(table, out, compression="gzip")
        # The key that the fold will use, found by letting one fold fail.
        key = key_of(sqlite_database, objects, one)
        objects.put_new(key, out.getvalue())
        if same:
            folded = fold_stream(sqlite_database, objects, one)
            assert folded is not None
            row = recording_row(sqlite_database, folded.recording_id)
            assert objects.get(key, row["sha256"]) == out.getvalue()
        else:
            with pytest.raises(StorageError, match="the frames are kept"):
                fold_stream(sqlite_database, objects, one)
            assert rows_of(sqlite_database, one) == len(made_frames())


def key_of(database: Database, objects: ObjectStore, stream_id: str) -> str:
    keys: list[str] = []

    class Nowhere(ObjectStore):
        def put_new(self, key: str, value: bytes) -> str:
            keys.append(key)
            raise StorageError(key, f"{len(value)} bytes find no room", "make room", fault="full")

    nowhere = Nowhere(objects._store, "nowhere")
    with pytest.raises(StorageError, match="find no room"):
        fold_stream(database, nowhere, stream_id)
    return keys[0]


@pytest.mark.parametrize("count", [0, 1])
def test_a_stream_without_samples_fails_with_a_sentence(
    database: Database, objects: ObjectStore, count: int
) -> None:
    one = finished(database, tuple(a_frame(k) for k in range(count)), ())
    assert fold_stream(database, objects, one) == FoldedStream(None, "No sample came.")
    assert (state_of(database, one), rows_of(database, one)) == (frames.FAILED, 0)
    assert [*objects.list()] == []


def test_rows_that_are_missing_are_never_smoothed_over(
    sqlite_database: Database, objects: ObjectStore
) -> None:
    one = finished(sqlite_database)
    with sqlite_database.write() as connection:
        last = len(made_frames()) - 1
        where = (schema.frame.c.stream_id == one) & (schema.frame.c.sequence == last)
        connection.execute(delete(schema.frame).where(where))
    with pytest.raises(StorageError, match=f"has {last} of {last + 1} frames"):
        fold_stream(sqlite_database, objects, one)
    assert rows_of(sqlite_database, one) == last


def test_a_stream_that_is_open_or_gone_is_left(
    sqlite_database: Database, objects: ObjectStore
) -> None:
    (one,) = add_streams(sqlite_database)
    assert fold_stream(sqlite_database, objects, one) is None
    assert fold_stream(sqlite_database, objects, "f" * 32) is None
    assert state_of(sqlite_database, one) == frames.OPEN


def test_a_stream_that_is_erased_meanwhile_leaves_no_object(
    sqlite_database: Database, objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = finished(sqlite_database)

    def erasing(value: bytes, name: str) -> Recording:
        with sqlite_database.write() as connection:
            frames.delete_rows(connection, one)
            connection.execute(delete(schema.stream).where(schema.stream.c.id == one))
        return decode_recording(value, name)

    monkeypatch.setattr(folding, "decode_recording", erasing)
    assert fold_stream(sqlite_database, objects, one) is None
    assert [*objects.list()] == []


def test_what_nobody_can_place_fails_and_is_folded_once_somebody_can(
    sqlite_database: Database, objects: ObjectStore
) -> None:
    one = finished(sqlite_database)
    serials = sorted({record.sensor.serial for record in records()})
    both = dict.fromkeys(serials, (Side.LEFT, Placement.FOOT))
    failed = fold_stream(sqlite_database, objects, one, both)
    assert failed is not None
    assert "say where each of them was worn" in str(failed.problem)
    assert state_of(sqlite_database, one) == frames.FAILED
    assert rows_of(sqlite_database, one) == len(made_frames())
    places = {
        serials[0]: (Side.LEFT, Placement.FOOT),
        serials[1]: (Side.LEFT, Placement.SHANK),
    }
    folded = fold_stream(sqlite_database, objects, one, places)
    assert folded is not None
    assert state_of(sqlite_database, one) == frames.FOLDED
    assert rows_of(sqlite_database, one) == 0


# --- the thread -----------------------------------------------------------------------------------


def test_what_an_earlier_run_left_is_folded_at_the_start(
    sqlite_database: Database, objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [finished(sqlite_database), finished(sqlite_database, (), ())]
    done: list[tuple[str, FoldedStream]] = []
    put, fails = objects.put_new, [1, 1]

    def sometimes(key: str, value: bytes) -> str:
        if fails:
            fails.pop()
            raise StorageError(key, "it cannot be used", "wait", fault="away")
        return put(key, value)

    monkeypatch.setattr(objects, "put_new", sometimes)
    folds = StreamFolds(sqlite_database, objects, lambda *one: done.append(one), retry_s=0.01)
    folds.start()
    try:
        wait_for(lambda: len(done) == 2)
        later = finished(sqlite_database)
        folds.submit(later)
        wait_for(lambda: len(done) == 3)
    finally:
        folds.stop()
    assert [stream_id for stream_id, _ in done] == [*left, later]
    assert [folded.problem for _, folded in done] == [None, "No sample came.", None]
    assert not fails
