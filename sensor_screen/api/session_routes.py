"""Sessions: one occasion of one person."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field

from sensor_screen.api.forms import After, Day, Form, Id, Key, Limit, Page, Shown, page_of, time_of
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.service.making import create_in
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import new_id
from sensor_screen.storage.database.rows import find, list_rows

if TYPE_CHECKING:
    from sensor_screen.storage.database.rows import Row

router = make_router("sessions")


class NewSession(Form):
    """One occasion."""

    person_id: Id
    recorded_on: Day
    plan: str | None = Field(default=None, max_length=40, examples=["clinic"])


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
