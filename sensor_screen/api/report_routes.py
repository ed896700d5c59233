"""Reports, and the positions in impingement-prone ranges with advice."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from fastapi import Response

from sensor_screen.api.forms import After, Form, Id, Key, Limit, Page, Shown, page_of, time_of
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.judgement import Claims, Language
from sensor_screen.service import reports
from sensor_screen.service.report_job import FACES
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.rows import find, list_rows

if TYPE_CHECKING:
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


class NewReport(Form):
    """How it is judged and said."""

    claims: Claims = Claims.CLINICIAN
    language: Language = Language.ENGLISH
    rulebook_id: Id | None = None
    compare: bool = True


class Report(Shown):
    """What is known of a report; its content is a face of it."""

    id: str
    session_id: str
    claims: Claims
    language: Language
    software_version: str
    rulebook_version: str
    rulebook_id: str | None
    simulated: bool
    sha256: str
    created_at: datetime


def show_report(row: Row) -> Report:
    """A row as it is answered."""
    shown = {name: row[name] for name in Report.model_fields if name in row}
    return Report(**shown, created_at=time_of(row["created_at_us"]))


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
    asked = form or NewReport()
    row = reports.create_report(
        access,
        session_id,
        claims=asked.claims.value,
        language=asked.language.value,
        rulebook_id=asked.rulebook_id,
        compare=asked.compare,
        key=key,
    )
    return show_report(row)


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
    return page_of(rows, limit, show_report)


@router.get("/reports/{report_id}", operation_id="reports.find", responses=responses(404))
def find_report(report_id: Id, access: Allowed) -> Report:
    """What is known of one."""
    with access.read() as connection:
        return show_report(find(connection, schema.report, report_id, access.reach))


@router.get(
    "/reports/{report_id}/positions", operation_id="reports.positions", responses=responses(404)
)
def tell_positions(report_id: Id, access: Allowed) -> dict[str, Any]:
    """Positions that fall into impingement-prone ranges, with prevention advice."""
    return reports.read_positions(access, report_id)


@router.get(
    "/sessions/{session_id}/positions", operation_id="sessions.positions", responses=responses(404)
)
def tell_latest_positions(session_id: Id, access: Allowed) -> dict[str, Any]:
    """The same of the newest report of a session."""
    return reports.read_positions(access, reports.latest_report(access, session_id)["id"])


@router.get(
    "/reports/{report_id}/{face}",
    operation_id="reports.face",
    response_class=Response,
    responses={
        **responses(404),
        200: {"content": {kind.partition(";")[0]: {} for kind in MEDIA_TYPES.values()}},
    },
)
def tell_face(report_id: Id, face: Face, access: Allowed) -> Response:
    """One face of a report, as it was made."""
    content = reports.read_face(access, report_id, face.value)
    headers = {"Content-Disposition": f'inline; filename="{report_id[:12]}-{face.value}"'}
    if face.value == "report.html":
        headers["Content-Security-Policy"] = PAGE_POLICY
    return Response(content, media_type=MEDIA_TYPES[face.value], headers=headers)
