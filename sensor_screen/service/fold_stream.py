"""A stream that is finished becomes a recording: one object, read back, and only then no rows.

May be stopped at any moment and done again: until the one transaction that records the object and
drops the rows, the rows stay as they are, and the object has the same key each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sensor_screen.errors import ScreenError, StorageError
from sensor_screen.protocol.relay_frame import RelayReader
from sensor_screen.service.upload_job import facts_of
from sensor_screen.session.receive import Receiver
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.frames import (
    FAILED,
    FINISHING,
    FOLDED,
    StreamState,
    delete_rows,
    end_stream,
    read_frames,
    read_marks,
    read_stream,
)
from sensor_screen.storage.database.ids import now_us, sha256_of
from sensor_screen.storage.database.rows import add_once, find_one
from sensor_screen.storage.journal import JournalFacts, Mark
from sensor_screen.storage.journal_fold import NOTHING_LIVE, are_same, finish_recording
from sensor_screen.storage.recording_file import decode_recording, encode_recording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from sensor_screen.model import Placement, Recording, Side
    from sensor_screen.storage.database.engine import Database

CAME_AS = "stream"
"""Of the row of a recording."""


class Objects(Protocol):
    """Where recordings are kept."""

    def put_new(self, key: str, value: bytes) -> str:
        """Keep a value, durable; its sha256. The same again is welcome, another is refused."""

    def get(self, key: str, sha256: str | None = None) -> bytes:
        """The value of a key."""

    def delete(self, key: str) -> None:
        """Take a value away."""


@dataclass(frozen=True, slots=True)
class FoldedStream:
    """What became of a stream."""

    recording_id: str | None
    problem: str | None
    """One sentence, where it became none."""


def fold_stream(
    database: Database,
    objects: Objects,
    stream_id: str,
    places: Mapping[str, tuple[Side, Placement]] | None = None,
) -> FoldedStream | None:
    """Make the recording of a finished stream; one that failed is tried again.

    Args:
        database: Has its rows.
        objects: Gets the recording.
        stream_id: Which.
        places: Serial -> where that sensor was worn, by the person; None: as was said on the way.

    Returns:
        None: there is no such stream, or it is not finished.

    Raises:
        StorageError: It cannot be read or kept now; all is as it was.
    """
    with database.read() as connection:
        state = read_stream(connection, stream_id)
        if state is None or state.state not in (FINISHING, FAILED):
            folded = state is not None and state.state == FOLDED
            return FoldedStream(state.recording_id, None) if state and folded else None
        try:
            recording = _recording(connection, state, places or {})
        except StorageError:
            raise
        except ScreenError as error:
            recording, problem = None, str(error)
    if recording is None:
        return _fail(database, state, problem, drop=False)
    if not any(len(stream.raw) for stream in recording.streams):
        return _fail(database, state, "No sample came.", drop=True)
    return _keep(database, objects, state, recording)


def _recording(
    connection: Connection, state: StreamState, places: Mapping[str, tuple[Side, Placement]]
) -> Recording:
    reader, receiver = RelayReader(), Receiver(NOTHING_LIVE)
    last_s, frames = 0.0, 0
    for chunk in read_frames(connection, state.id):
        for _, value in chunk:
            frames += 1
            for arrival in reader.read(value):
                last_s = max(last_s, arrival.arrival_s)
                receiver.receive(arrival)
    marks = read_marks(connection, state.id)
    if (frames, reader.next_sequence, len(marks)) != (
        *(state.next_sequence, state.next_sequence, state.marks),
    ):
        raise StorageError(
            f"stream {state.id}",
            f"has {frames} of {state.next_sequence} frames and {len(marks)} of {state.marks} marks",
            "restore a backup of the database",
            fault="damaged",
        )
    session = find_one(connection, schema.session, schema.session.c.id == state.session_id)
    facts = JournalFacts(recorded_on=str(session["recorded_on"]) if session else "")
    said = [Mark(mark.name.value, mark.at_us * 1e-6, mark.text) for mark in marks]
    return finish_recording(receiver, [facts.to_mark(), *said], last_s, places)


def _fail(
    database: Database, state: StreamState, problem: str, *, drop: bool
) -> FoldedStream | None:
    """Say why; what holds samples stays for another attempt."""
    with database.write() as connection:
        end_stream(connection, state.id, problem=problem)
        if drop:
            delete_rows(connection, state.id)
    return FoldedStream(None, problem)


def _keep(
    database: Database, objects: Objects, state: StreamState, recording: Recording
) -> FoldedStream | None:
    recording_id = state.id[:12] + sha256_of(f"recording of {state.id}")[:20]
    key = f"clinics/{state.clinic_id}/recordings/{recording_id}.parquet"
    value = _put(objects, key, recording)
    row = {
        **{"id": recording_id, "clinic_id": state.clinic_id, "session_id": state.session_id},
        **{"object_key": key, "sha256": sha256_of(value), "came_as": CAME_AS},
        **{"created_at_us": now_us(), **facts_of(recording, len(value))},
    }
    with database.write() as connection:
        done = end_stream(connection, state.id, recording_id=recording_id)
        if done:
            add_once(connection, schema.recording, row)
            delete_rows(connection, state.id)
        now = read_stream(connection, state.id)
    if not done and (now is None or now.state != FOLDED):
        # It was erased meanwhile.
        objects.delete(key)
        return None
    return FoldedStream(recording_id, None)


def _put(objects: Objects, key: str, recording: Recording) -> bytes:
    """Keep it, read it back, and compare; the bytes that are there."""
    try:
        sha256: str | None = objects.put_new(key, encode_recording(recording))
    except StorageError as error:
        if error.fault != "taken":
            raise
        sha256 = None  # an earlier attempt, of another version of the writing library perhaps
    value = objects.get(key, sha256)
    if not are_same(decode_recording(value, key), recording):
        raise StorageError(
            key,
            "what was read back is not what was written; the frames are kept",
            "check the store of the objects",
            fault="damaged",
        )
    return value
