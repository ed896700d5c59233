"""Recordings: uploaded in any format that can be imported, downloaded raw or exported."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

from fastapi import Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import Field

from sensor_screen.api.caching import TAGGED, UNCHANGED, IfNoneMatch, is_held, tagged
from sensor_screen.api.forms import After, Day, Id, Key, Limit, Line, Page, Shown, page_of, time_of
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.errors import UsageError
from sensor_screen.judgement import Claims
from sensor_screen.model import GyroSampling
from sensor_screen.service import recordings
from sensor_screen.service.export_job import ExportFormat
from sensor_screen.service.upload_job import PLACES
from sensor_screen.service.uploads import UploadFormat
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.rows import find, list_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.storage.database.rows import Row

router = make_router("recordings")
PARQUET = "application/vnd.apache.parquet"
ZIP = "application/zip"
MCAP = "application/mcap"


class GyroUnit(StrEnum):
    """Of the gyroscope, where an Xsens file does not say it."""

    RADPS = "radps"
    DEGPS = "degps"


class Recording(Shown):
    """What is known of a recording."""

    id: str
    session_id: str
    came_as: str = Field(description="Format of the upload, or `stream`.", examples=["csv"])
    origin: str = Field(examples=["measured"])
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


# --- uploads -------------------------------------------------------------------------------------

FIELDS = frozenset(
    {*PLACES, "file", "tasks", "person", "recorded_on", "format", "gyro_unit", "gyro_sampling",
     "shared_clock"}
)  # fmt: skip
Whole = Annotated[
    UploadFile | None, File(description="Of `parquet` and `mcap`: one file with all sensors.")
]
Sensor = Annotated[UploadFile | None, File(description="Of other formats: file of this sensor.")]
Tasks = Annotated[
    UploadFile | None,
    File(description="CSV `start_s,end_s,task`: what was done when. Without it tasks are found."),
]
DayInFile = Annotated[Day | None, Form(description="Without it: as in the file, else today.")]
OwnFormat = Annotated[UploadFormat, Form(alias="format", description="What the files are.")]
Unit = Annotated[GyroUnit | None, Form(description="Of `xsens`, where the file does not say it.")]
Sampling = Annotated[
    GyroSampling,
    Form(description="Gyro samples are values at an instant, or means since the last."),
]
Shared = Annotated[bool, Form(description="All sensors were timed by one clock.")]


async def refuse_other_fields(request: Request) -> None:
    """A misspelt field would leave a sensor out without a word.

    Raises:
        UsageError: There is a field that is not known, or one comes twice.
    """
    names = [name for name, _ in (await request.form()).multi_items()]
    known = FIELDS if request.scope["route"].operation_id == "recordings.screen" else FIELDS - _HERE
    for name in names:
        if name not in known:
            raise UsageError(f"field {name[:40]!r}", "is not known", "see what can be sent")
        if names.count(name) > 1:
            raise UsageError(f"field {name!r}", "comes twice", "send each sensor's file once")


_HERE = {"person"}


class Sent:
    """The files of an upload and what is said of them."""

    def __init__(
        self,
        file: Whole = None,
        left_shank: Sensor = None,
        left_foot: Sensor = None,
        right_shank: Sensor = None,
        right_foot: Sensor = None,
        tasks: Tasks = None,
        own_format: OwnFormat = UploadFormat.PARQUET,
        gyro_unit: Unit = None,
        gyro_sampling: Sampling = GyroSampling.INSTANT,
        shared_clock: Shared = False,
    ) -> None:
        given = {
            "file": file,
            "left_shank": left_shank,
            "left_foot": left_foot,
            "right_shank": right_shank,
            "right_foot": right_foot,
            "tasks": tasks,
        }
        self.files: dict[str, BinaryIO] = {
            place: one.file for place, one in given.items() if one is not None
        }
        self.options: dict[str, Any] = {
            "format": own_format,
            "gyro_unit": gyro_unit.value if gyro_unit else "",
            "gyro_sampling": gyro_sampling.value,
            "shared_clock": shared_clock,
        }


Files = Annotated[Sent, Depends()]
Strict = [Depends(refuse_other_fields)]


@router.post(
    "/recordings",
    operation_id="recordings.screen",
    status_code=201,
    responses=responses(404, 409),
    dependencies=Strict,
)
def upload_for_person(
    access: Allowed,
    sent: Files,
    person: Annotated[Line, Form(description="Pseudonym; a new one is added.")],
    recorded_on: DayInFile = None,
    key: Key = None,
) -> Recording:
    """Upload in one step: person and session are made where they are not there."""
    options = {**sent.options, "recorded_on": recorded_on or ""}
    row = recordings.keep_upload(access, sent.files, options, key, person=person)
    return show_recording(row)


@router.post(
    "/sessions/{session_id}/recordings",
    operation_id="recordings.upload",
    status_code=201,
    responses=responses(404, 409),
    dependencies=Strict,
)
def upload(
    session_id: Id, access: Allowed, sent: Files, recorded_on: DayInFile = None, key: Key = None
) -> Recording:
    """Upload a recording of a session, in one of the formats that can be imported."""
    options = {**sent.options, "recorded_on": recorded_on or ""}
    row = recordings.keep_upload(access, sent.files, options, key, session_id=session_id)
    return show_recording(row)


# --- what is there -------------------------------------------------------------------------------


@router.get(
    "/sessions/{session_id}/recordings",
    operation_id="recordings.list",
    responses=responses(404),
)
def list_recordings(
    session_id: Id, access: Allowed, after: After = "", limit: Limit = 50
) -> Page[Recording]:
    """Recordings of a session, the first uploaded first."""
    table = schema.recording
    with access.read() as connection:
        find(connection, schema.session, session_id, access.reach)
        of_session = table.c.session_id == session_id
        rows = list_rows(connection, table, access.reach, of_session, after=after, limit=limit + 1)
    return page_of(rows, limit, show_recording)


@router.get("/recordings/{recording_id}", operation_id="recordings.find", responses=responses(404))
def find_recording(recording_id: Id, access: Allowed) -> Recording:
    """What is known of one."""
    with access.read() as connection:
        return show_recording(find(connection, schema.recording, recording_id, access.reach))


@router.delete(
    "/recordings/{recording_id}",
    operation_id="recordings.remove",
    status_code=204,
    responses=responses(404),
)
def remove_recording(recording_id: Id, access: Allowed) -> Response:
    """Remove the samples; reports that were made of them stay, and say so."""
    recordings.drop_recording(access, recording_id)
    return Response(status_code=204)


@router.get(
    "/recordings/{recording_id}/file",
    operation_id="recordings.download",
    response_class=Response,
    responses={
        **responses(404),
        **UNCHANGED,
        200: {
            "description": "One Parquet file.",
            "content": {PARQUET: {"schema": {"type": "string", "format": "binary"}}},
            "headers": TAGGED,
        },
    },
)
def download(recording_id: Id, access: Allowed, held: IfNoneMatch = None) -> Response:
    """The samples as received, in one Parquet file."""
    with access.read() as connection:
        row = find(connection, schema.recording, recording_id, access.reach)
    return tagged(
        row["sha256"],
        held,
        lambda: recordings.read_object(access, row),
        PARQUET,
        _named(f"recording-{recording_id[:12]}.parquet"),
    )


@router.get(
    "/recordings/{recording_id}/exports/{to}",
    operation_id="recordings.export",
    response_class=Response,
    responses={
        **responses(404),
        **UNCHANGED,
        200: {
            "description": "A zip archive, or an MCAP file.",
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}} for kind in (ZIP, MCAP)
            },
            "headers": TAGGED,
        },
    },
)
def export(
    recording_id: Id,
    to: ExportFormat,
    access: Allowed,
    claims: Claims = Claims.CLINICIAN,
    held: IfNoneMatch = None,
) -> Response:
    """The recording with its ankle angles for other programs."""
    with access.read() as connection:
        row = find(connection, schema.recording, recording_id, access.reach)
    tag = recordings.export_tag(row, to, claims.value)
    headers = {"ETag": f'"{tag}"'}
    if is_held(tag, held):
        return Response(status_code=304, headers=headers)
    made = recordings.exported(access, row, to, claims.value)
    path = made.__enter__()  # before the first byte is sent, so that a failure has its status

    def parts() -> Iterator[bytes]:
        try:
            yield from recordings.parts_of(path)
        finally:
            made.__exit__(None, None, None)

    is_mcap = to is ExportFormat.MCAP
    name = f"recording-{recording_id[:12]}{'.mcap' if is_mcap else f'-{to.value}.zip'}"
    kind = MCAP if is_mcap else ZIP
    return StreamingResponse(parts(), media_type=kind, headers={**headers, **_named(name)})


def _named(name: str) -> dict[str, str]:
    """What a browser saves it as: made of ids and formats, never of what somebody typed."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}
