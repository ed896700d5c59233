"""Recordings: uploaded in any format that can be imported, downloaded raw or exported."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import File, Form, Response, UploadFile

from sensor_screen.api.forms import Day, Id, Key, Line, Shown, time_of
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.service import recordings
from sensor_screen.service.making import person_by_label
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.rows import add, find, list_rows

if TYPE_CHECKING:
    from sensor_screen.storage.database.rows import Row

router = make_router("recordings")
PARQUET = "application/vnd.apache.parquet"


class Recording(Shown):
    """What is known of a recording."""

    id: str
    session_id: str
    came_as: str
    origin: str
    source: str
    sensors: int
    samples: int
    duration_s: float
    bytes: int
    sha256: str
    created_at: datetime


def show_recording(row: Row) -> Recording:
    """A row as it is answered."""
    shown = {name: row[name] for name in Recording.model_fields if name in row}
    return Recording(**shown, created_at=time_of(row["created_at_us"]))


@router.post(
    "/recordings", operation_id="recordings.screen", status_code=201, responses=responses(409)
)
def upload_for_person(
    access: Allowed,
    file: Annotated[UploadFile, File(description="A recording file.")],
    person: Annotated[Line, Form(description="Pseudonym; a new one is added.")],
    recorded_on: Annotated[Day | None, Form(description="Without it: as in the file.")] = None,
    key: Key = None,
) -> Recording:
    """Upload in one step: person and session are made where they are not there."""
    value = file.file.read()
    recording = recordings.read_bytes(value, file.filename or "recording")
    day = recorded_on or recording.recorded_on or datetime.now(UTC).date().isoformat()
    table = schema.session
    with access.write() as connection:
        owner = person_by_label(connection, access, person)
        same = [table.c.person_id == owner["id"], table.c.recorded_on == day]
        found = list_rows(connection, table, access.reach, *same)
        session = (
            found[-1]
            if found
            else add(
                connection,
                table,
                clinic_id=access.actor.clinic_id,
                person_id=owner["id"],
                recorded_on=day,
                answers="",
            )
        )
    return show_recording(
        recordings.keep_recording(access, session["id"], value, recording, "parquet", key)
    )


@router.post(
    "/sessions/{session_id}/recordings",
    operation_id="recordings.upload",
    status_code=201,
    responses=responses(404, 409),
)
def upload(
    session_id: Id,
    access: Allowed,
    file: Annotated[UploadFile, File(description="A recording file.")],
    key: Key = None,
) -> Recording:
    """Upload a recording of a session."""
    value = file.file.read()
    recording = recordings.read_bytes(value, file.filename or "recording")
    return show_recording(
        recordings.keep_recording(access, session_id, value, recording, "parquet", key)
    )


@router.get("/recordings/{recording_id}", operation_id="recordings.find", responses=responses(404))
def find_recording(recording_id: Id, access: Allowed) -> Recording:
    """What is known of one."""
    with access.read() as connection:
        return show_recording(find(connection, schema.recording, recording_id, access.reach))


@router.get(
    "/recordings/{recording_id}/file",
    operation_id="recordings.download",
    response_class=Response,
    responses={**responses(404), 200: {"content": {PARQUET: {}}}},
)
def download(recording_id: Id, access: Allowed) -> Response:
    """The samples as received, in one Parquet file."""
    with access.read() as connection:
        row = find(connection, schema.recording, recording_id, access.reach)
    name = f'attachment; filename="recording-{recording_id[:12]}.parquet"'
    return Response(
        recordings.read_object(access, row),
        media_type=PARQUET,
        headers={"Content-Disposition": name},
    )
