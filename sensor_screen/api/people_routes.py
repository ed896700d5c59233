"""People who are screened: pseudonyms first."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sensor_screen.api.forms import After, Form, Id, Key, Limit, Line, Page, Shown, page_of, time_of
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.service.making import create
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.rows import find, list_rows

if TYPE_CHECKING:
    from sensor_screen.storage.database.rows import Row

router = make_router("people")


class NewPerson(Form):
    """Somebody who is screened."""

    label: Line = Field(description="A pseudonym.", examples=["P-017"])
    birth_year: Annotated[int, Field(ge=1900, le=2100)] | None = None


class Person(Shown):
    """Somebody who is screened."""

    id: str
    label: str
    birth_year: int | None
    created_at: datetime


def show_person(row: Row) -> Person:
    """A row as it is answered."""
    return Person(
        id=row["id"],
        label=row["label"],
        birth_year=row["birth_year"],
        created_at=time_of(row["created_at_us"]),
    )


@router.post("/people", operation_id="people.create", status_code=201, responses=responses(409))
def create_person(form: NewPerson, access: Allowed, key: Key = None) -> Person:
    """Add somebody under a pseudonym."""
    return show_person(create(access, schema.person, key, **form.model_dump()))


@router.get("/people", operation_id="people.list")
def list_people(access: Allowed, after: After = "", limit: Limit = 50) -> Page[Person]:
    """Everybody, the first added first."""
    with access.read() as connection:
        rows = list_rows(connection, schema.person, access.reach, after=after, limit=limit + 1)
    return page_of(rows, limit, show_person)


@router.get("/people/{person_id}", operation_id="people.find", responses=responses(404))
def find_person(person_id: Id, access: Allowed) -> Person:
    """One of them."""
    with access.read() as connection:
        return show_person(find(connection, schema.person, person_id, access.reach))
