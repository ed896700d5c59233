"""Sessions: one occasion of one person."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Response
from fastapi.responses import JSONResponse
from pydantic import Field

from sensor_screen.api import report_schema
from sensor_screen.api.forms import After, Day, Form, Id, Key, Limit, Page, Shown, page_of, time_of
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.api.rulebook_routes import BookId, text_id
from sensor_screen.judgement import Language
from sensor_screen.service import reports, sessions
from sensor_screen.service.making import create_in
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import new_id
from sensor_screen.storage.database.rows import find, list_rows

if TYPE_CHECKING:
    from sensor_screen.storage.database.rows import Row

router = make_router("sessions")
Plan = Annotated[str, Field(max_length=40, pattern="^[a-z0-9-]+$", examples=["clinic"])]
COMPARED: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"schema": report_schema.comparison()}}}
}


class NewSession(Form):
    """One occasion."""

    person_id: Id
    recorded_on: Day
    plan: Plan | None = None


class ChangedSession(Form):
    """What is to be another; what is left out stays."""

    recorded_on: Day | None = None
    plan: Plan | None = None


class Session(Shown):
    """One occasion."""

    id: str
    person_id: str
    recorded_on: str
    plan: str | None
    created_at: datetime


def show_session(row: Row) -> Session:
    """A row as it is answered."""
    return Session(
        id=row["id"],
        person_id=row["person_id"],
        recorded_on=row["recorded_on"],
        plan=row["plan"],
        created_at=time_of(row["created_at_us"]),
    )


@router.post(
    "/sessions", operation_id="sessions.create", status_code=201, responses=responses(404, 409)
)
def create_session(form: NewSession, access: Allowed, key: Key = None) -> Session:
    """Open a session."""
    row_id = new_id()
    with access.write(row_id) as connection:
        find(connection, schema.person, form.person_id, access.reach)
        row = create_in(
            connection, access, schema.session, key, row_id, answers="", **form.model_dump()
        )
    return show_session(row)


@router.get("/sessions", operation_id="sessions.list")
def list_sessions(
    access: Allowed, person_id: Id | None = None, after: After = "", limit: Limit = 50
) -> Page[Session]:
    """Sessions of everybody, or of one person; the first made first."""
    where = [schema.session.c.person_id == person_id] if person_id else []
    with access.read() as connection:
        rows = list_rows(
            connection, schema.session, access.reach, *where, after=after, limit=limit + 1
        )
    return page_of(rows, limit, show_session)


@router.get("/sessions/{session_id}", operation_id="sessions.find", responses=responses(404))
def find_session(session_id: Id, access: Allowed) -> Session:
    """One of them."""
    with access.read() as connection:
        return show_session(find(connection, schema.session, session_id, access.reach))


@router.patch("/sessions/{session_id}", operation_id="sessions.change", responses=responses(404))
def change_session(session_id: Id, form: ChangedSession, access: Allowed) -> Session:
    """Another day or plan. Reports that were made stay as they are."""
    values = form.model_dump(exclude_unset=True)
    if values.get("recorded_on", "") is None:
        values.pop("recorded_on")  # every session has a day
    return show_session(sessions.change_session(access, session_id, values))


@router.delete(
    "/sessions/{session_id}",
    operation_id="sessions.remove",
    status_code=204,
    responses=responses(404, 409),
)
def remove_session(session_id: Id, access: Allowed) -> Response:
    """Remove a session with its recordings and reports; notes stay with the person."""
    sessions.drop_session(access, session_id)
    return Response(status_code=204)


@router.get(
    "/sessions/{session_id}/comparison",
    operation_id="sessions.comparison",
    response_class=JSONResponse,
    response_model=None,
    responses={**responses(404), **COMPARED},
)
def compare(session_id: Id, access: Allowed) -> Response:
    """Left beside right, and now beside the sessions before, from the newest report."""
    row = reports.latest_report(access, session_id)
    return JSONResponse(reports.compare_report(access, row))


# --- under another rule book ---------------------------------------------------------------------


class Books(Form):
    """Two rule books."""

    a: BookId = Field(default="shipped", description="To start from.")
    b: BookId = Field(description="To compare with.")
    language: Language = Language.ENGLISH


class DifferingEntry(Shown):
    """An entry that stands otherwise in the other book."""

    name: str
    value_a: str | None = Field(description="With its unit; null where there is none.")
    value_b: str | None
    source_b: str | None


class Difference(Shown):
    """An outcome that is another under the other book."""

    kind: str = Field(description="`zone`, `level` or `concern`.", examples=["zone"])
    id: str
    under_a: str | None
    under_b: str | None
    entries: list[DifferingEntry]
    text: str


class Rejudged(Shown):
    """The same measures under two rule books."""

    a: str = Field(description="Version of that book.", examples=["1.0.0"])
    b: str
    statements: list[str]
    differences: list[Difference]


@router.post(
    "/sessions/{session_id}/rejudge",
    operation_id="sessions.rejudge",
    responses=responses(404),
)
def rejudge(session_id: Id, form: Books, access: Allowed) -> Rejudged:
    """What would be judged otherwise under another rule book, and by which entries."""
    a, b = text_id(form.a), text_id(form.b)
    found = reports.rejudge(access, session_id, a, b, form.language.value)
    return Rejudged.model_validate(found)
