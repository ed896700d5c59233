"""People who are screened: pseudonyms first."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from sensor_screen.api.forms import After, Form, Id, Key, Limit, Line, Page, Shown, page_of, time_of
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.service.erasure import erase_person
from sensor_screen.service.making import create
from sensor_screen.service.people import change_row, shown_person
from sensor_screen.service.person_export import export_person
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.rows import find, list_rows

if TYPE_CHECKING:
    from sensor_screen.service.services import Access
    from sensor_screen.storage.database.rows import Row

router = make_router("people")
ZIP = "application/zip"
BirthYear = Annotated[int, Field(ge=1900, le=2100)]


class NewPerson(Form):
    """Somebody who is screened."""

    label: Line = Field(description="A pseudonym, unique in the clinic.", examples=["P-017"])
    name: Line | None = Field(default=None, description="Kept sealed where keys are set.")
    birth_year: BirthYear | None = None


class ChangedPerson(Form):
    """What is to be changed; what is not sent stays."""

    label: Line = Field(default="", examples=["P-018"])
    name: Line | None = Field(default=None, description="null takes it away.")
    birth_year: BirthYear | None = Field(default=None, description="null takes it away.")


class Person(Shown):
    """Somebody who is screened."""

    id: str
    label: str
    name: str | None = Field(description="For staff; null for all others.")
    birth_year: int | None
    created_at: datetime


class ErasedPerson(Shown):
    """What is left of somebody who was erased."""

    person_id: str
    erased_at: datetime
    sessions: int
    recordings: int
    objects_left: int = Field(description="That could not be removed yet; tried again daily.")


def show_person(access: Access, row: Row) -> Person:
    """A row as it is answered."""
    shown = shown_person(access, row)
    return Person(
        id=row["id"],
        label=row["label"],
        name=shown["name"],
        birth_year=row["birth_year"],
        created_at=time_of(row["created_at_us"]),
    )


@router.post("/people", operation_id="people.create", status_code=201, responses=responses(409))
def create_person(form: NewPerson, access: Allowed, key: Key = None) -> Person:
    """Add somebody under a pseudonym."""
    return show_person(access, create(access, schema.person, key, **form.model_dump()))


@router.get("/people", operation_id="people.list")
def list_people(
    access: Allowed, label: Line | None = None, after: After = "", limit: Limit = 50
) -> Page[Person]:
    """Everybody, the first added first; or the one of a pseudonym."""
    table = schema.person
    where = [table.c.label == label.strip()] if label else []
    with access.read() as connection:
        rows = list_rows(connection, table, access.reach, *where, after=after, limit=limit + 1)
    return page_of(rows, limit, lambda row: show_person(access, row))


@router.get("/people/{person_id}", operation_id="people.find", responses=responses(404))
def find_person(person_id: Id, access: Allowed) -> Person:
    """One of them."""
    with access.read() as connection:
        row = find(connection, schema.person, person_id, access.reach)
    return show_person(access, row)


@router.patch("/people/{person_id}", operation_id="people.change", responses=responses(404, 409))
def change_person(person_id: Id, form: ChangedPerson, access: Allowed) -> Person:
    """Change pseudonym, name or year of birth."""
    values = form.model_dump(exclude_unset=True)
    change_row(access, schema.person, person_id, **values)
    return find_person(person_id, access)


@router.delete("/people/{person_id}", operation_id="people.erase", responses=responses(404))
def erase(person_id: Id, access: Allowed) -> ErasedPerson:
    """Erase somebody with everything that is kept about them. This cannot be undone."""
    row = erase_person(access, person_id)
    return ErasedPerson(
        person_id=person_id,
        erased_at=time_of(row["erased_at_us"]),
        sessions=row["sessions"],
        recordings=row["recordings"],
        objects_left=row["still_there"],
    )


@router.get(
    "/people/{person_id}/export",
    operation_id="people.export",
    response_class=Response,
    responses={
        **responses(404),
        200: {"content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}},
    },
)
def export(person_id: Id, access: Allowed) -> StreamingResponse:
    """Everything that is kept about somebody, in one zip with a README.txt."""
    name = f'attachment; filename="person-{person_id[:12]}.zip"'
    pieces = export_person(access, person_id)
    return StreamingResponse(pieces, media_type=ZIP, headers={"Content-Disposition": name})
