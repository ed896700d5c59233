"""Recordings of a session: kept as they came, and found again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sensor_screen.service.making import create_in
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import new_id, sha256_of
from sensor_screen.storage.database.rows import find
from sensor_screen.storage.recording_file import read_recording

if TYPE_CHECKING:
    from sensor_screen.model import Recording
    from sensor_screen.service.services import Access
    from sensor_screen.storage.database.rows import Row


def read_bytes(value: bytes, name: str) -> Recording:
    """A recording file as bytes.

    Raises:
        RecordingError: It is none, or damaged.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(name).name or "recording")
        path.write_bytes(value)
        return read_recording(path)


def keep_recording(
    access: Access,
    session_id: str,
    value: bytes,
    recording: Recording,
    came_as: str,
    key: str | None,
) -> Row:
    """Keep a recording file; it is durable when this returns.

    Raises:
        NotFoundError: There is no such session.
        StorageError: It cannot be kept now.
    """
    with access.read() as connection:
        session = find(connection, schema.session, session_id, access.reach)
    row_id, sha256 = new_id(), sha256_of(value)
    object_key = f"clinics/{session['clinic_id']}/recordings/{row_id}.parquet"
    access.services.objects.put_new(object_key, value)
    with access.write(row_id) as connection:
        row = create_in(
            connection,
            access,
            schema.recording,
            key,
            row_id,
            session_id=session_id,
            sha256=sha256,
            came_as=came_as,
            **facts_of(recording, value),
            object_key=object_key,
        )
    if row["id"] != row_id:
        access.services.objects.delete(object_key)
    return row


def facts_of(recording: Recording, value: bytes) -> dict[str, object]:
    """What the row of a recording tells."""
    spans = [
        float(s.device_time_s[-1] - s.device_time_s[0])
        for s in recording.streams
        if len(s.device_time_s)
    ]
    return {
        "bytes": len(value),
        "origin": recording.origin.value,
        "source": recording.source[:200],
        "sensors": len(recording.streams),
        "samples": sum(len(s.raw) for s in recording.streams),
        "duration_s": round(max(spans, default=0.0), 3),
    }


def read_object(access: Access, row: Row) -> bytes:
    """The bytes of a recording, held against their hash."""
    return access.services.objects.get(row["object_key"], row["sha256"])
