"""Reports, and the positions in impingement-prone ranges with advice."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from sensor_screen.api import report_schema
from sensor_screen.api.caching import TAGGED, UNCHANGED, IfNoneMatch, tagged
from sensor_screen.api.forms import After, Form, Id, Key, Limit, Line, Page, Shown, page_of, time_of
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.api.rulebook_routes import BookId, text_id
from sensor_screen.judgement import Claims, Language
from sensor_screen.service import reports
from sensor_screen.service.report_job import FACES
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.rows import existing, find, list_rows

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sensor_screen.service.services import Access
    from sensor_screen.storage.database.rows import Row

router = make_router("reports")
MEDIA_TYPES = {"report.json": "application/json", **FACES}


class Face(StrEnum):
    """What a report can be read as."""

    JSON = "report.json"
    HTML = "report.html"
    PDF = "report.pdf"
    HANDOUT = "handout.pdf"
    FHIR_R4B = "fhir-r4b.json"
    FHIR_R5 = "fhir-r5.json"
    LETTER = "letter.txt"


PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-downloads"
)
"""Of the HTML report, one file with its own style and without a script."""


PersonLabel = Annotated[Line, Query(description="Pseudonym of a person.", examples=["P-017"])]


class NewReport(Form):
    """How it is judged and said."""

    claims: Claims = Claims.CLINICIAN
    language: Language = Language.ENGLISH
    rulebook_id: BookId | None = Field(default=None, description="Without it: the shipped one.")
    compare: bool = Field(default=True, description="With earlier sessions of that person.")


class Report(Shown):
    """What is known of a report; its content is a face of it."""

    id: str
    session_id: str
    claims: Claims
    language: Language
    software_version: str
    rulebook_version: str
    rulebook_id: str | None
    recording_ids: list[str] = Field(description="What it was made of.")
    removed_recording_ids: list[str] = Field(description="Those of them that are gone since.")
    simulated: bool
    sha256: str
    created_at: datetime


def show_reports(connection: Connection, rows: list[Row]) -> list[Report]:
    """Rows as they are answered."""
    made_of = {row["id"]: json.loads(row["recordings"]) for row in rows}
    there = existing(connection, schema.recording, [i for ids in made_of.values() for i in ids])
    return [
        Report(
            **{name: row[name] for name in Report.model_fields if name in row},
            recording_ids=made_of[row["id"]],
            removed_recording_ids=[i for i in made_of[row["id"]] if i not in there],
            created_at=time_of(row["created_at_us"]),
        )
        for row in rows
    ]


@router.post(
    "/sessions/{session_id}/reports",
    operation_id="reports.create",
    status_code=201,
    responses=responses(404, 409),
)
def create_report(
    session_id: Id, access: Allowed, form: NewReport | None = None, key: Key = None
) -> Report:
    """Measure and judge the recordings of a session."""
    return _make_report(access, session_id, form or NewReport(), key)


@router.post(
    "/reports",
    operation_id="reports.create_for_person",
    status_code=201,
    responses=responses(404, 409),
)
def create_report_for_person(
    person: PersonLabel, access: Allowed, form: NewReport | None = None, key: Key = None
) -> Report:
    """Measure and judge the newest session of a person."""
    session_id = reports.newest_session(access, person)
    return _make_report(access, session_id, form or NewReport(), key)


def _make_report(access: Access, session_id: str, asked: NewReport, key: str | None) -> Report:
    row = reports.create_report(
        access,
        session_id,
        claims=asked.claims.value,
        language=asked.language.value,
        rulebook_id=text_id(asked.rulebook_id),
        compare=asked.compare,
        key=key,
    )
    with access.read() as connection:
        return show_reports(connection, [row])[0]


@router.get("/sessions/{session_id}/reports", operation_id="reports.list", responses=responses(404))
def list_reports(
    session_id: Id, access: Allowed, after: After = "", limit: Limit = 50
) -> Page[Report]:
    """Reports of a session, the oldest first."""
    with access.read() as connection:
        find(connection, schema.session, session_id, access.reach)
        of_session = schema.report.c.session_id == session_id
        rows = list_rows(
            connection, schema.report, access.reach, of_session, after=after, limit=limit + 1
        )
        shown = {one.id: one for one in show_reports(connection, rows)}
    return page_of(rows, limit, lambda row: shown[row["id"]])


@router.get("/reports/{report_id}", operation_id="reports.find", responses=responses(404))
def find_report(report_id: Id, access: Allowed) -> Report:
    """What is known of one."""
    with access.read() as connection:
        row = find(connection, schema.report, report_id, access.reach)
        return show_reports(connection, [row])[0]


POSITIONS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/json": {
                "schema": report_schema.positions(),
                "example": report_schema.example_positions(),
            }
        }
    }
}


@router.get(
    "/reports/{report_id}/positions",
    operation_id="reports.positions",
    response_class=JSONResponse,
    response_model=None,
    responses={**responses(404), **POSITIONS},
)
def tell_positions(report_id: Id, access: Allowed) -> Response:
    """Positions that fall into impingement-prone ranges, with prevention advice."""
    with access.read() as connection:
        row = find(connection, schema.report, report_id, access.reach)
    return JSONResponse(reports.read_positions(access, row))


@router.get(
    "/sessions/{session_id}/positions",
    operation_id="sessions.positions",
    response_class=JSONResponse,
    response_model=None,
    responses={**responses(404), **POSITIONS},
)
def tell_latest_positions(session_id: Id, access: Allowed) -> Response:
    """Positions in impingement-prone ranges with advice, of the newest report of a session."""
    return JSONResponse(reports.read_positions(access, reports.latest_report(access, session_id)))


@router.get(
    "/positions",
    operation_id="positions.find",
    response_class=JSONResponse,
    response_model=None,
    responses={**responses(404), **POSITIONS},
)
def tell_positions_of_person(person: PersonLabel, access: Allowed) -> Response:
    """Positions in impingement-prone ranges with advice, of a person's newest session."""
    row = reports.latest_report(access, reports.newest_session(access, person))
    access.note_read(row["id"])
    return JSONResponse(reports.read_positions(access, row))


_FORMS: dict[str, dict[str, Any]] = {
    "application/json": {"schema": report_schema.whole_report()},
    "application/fhir+json": {"schema": {"type": "object"}},
    "application/pdf": {"schema": {"type": "string", "format": "binary"}},
}


@router.get(
    "/reports/{report_id}/{face}",
    operation_id="reports.face",
    response_class=Response,
    responses={
        **responses(404),
        **UNCHANGED,
        200: {
            "description": "As its name says.",
            "content": {
                kind: _FORMS.get(kind, {"schema": {"type": "string"}})
                for kind in (value.partition(";")[0] for value in MEDIA_TYPES.values())
            },
            "headers": TAGGED,
        },
    },
)
def tell_face(report_id: Id, face: Face, access: Allowed, held: IfNoneMatch = None) -> Response:
    """One face of a report, as it was made."""
    key, sha256 = reports.find_face(access, report_id, face.value)
    headers = {"Content-Disposition": f'inline; filename="{report_id[:12]}-{face.value}"'}
    if face.value == "report.html":
        headers["Content-Security-Policy"] = PAGE_POLICY
    return tagged(
        sha256,
        held,
        lambda: access.services.objects.get(key, sha256),
        MEDIA_TYPES[face.value],
        headers,
    )
