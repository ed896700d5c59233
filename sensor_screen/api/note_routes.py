"""Notes of staff about people, and what people want to reach."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from fastapi import Response
from pydantic import Field

from sensor_screen.api.forms import (
    After,
    Day,
    Form,
    Id,
    Key,
    Limit,
    Page,
    Shown,
    Text,
    page_of,
    time_of,
)
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.service.people import add_about, change_goal, list_about, remove_row
from sensor_screen.storage.database import schema

if TYPE_CHECKING:
    from sensor_screen.storage.database.rows import Row

router = make_router("notes and goals")


class NewNote(Form):
    """What staff write about somebody."""

    text: Text
    session_id: Id | None = Field(default=None, description="The session that it is about.")


class Note(Shown):
    """What staff wrote about somebody."""

    id: str
    person_id: str
    session_id: str | None
    text: str
    written_by: str | None = Field(description="Account.")
    created_at: datetime


class NewGoal(Form):
    """What somebody wants to reach."""

    text: Text = Field(examples=["Run five kilometres without a sore heel."])
    by_date: Day | None = None


class ChangedGoal(Form):
    """What is to be changed; what is not sent stays."""

    text: Text = ""
    by_date: Day | None = Field(default=None, description="null takes it away.")
    reached: bool = Field(default=False, description="true: now; false: not any more.")


class Goal(Shown):
    """What somebody wants to reach."""

    id: str
    person_id: str
    text: str
    by_date: str | None
    reached_at: datetime | None
    created_at: datetime


def show_note(row: Row) -> Note:
    """A row as it is answered."""
    shown = {name: row[name] for name in Note.model_fields if name in row}
    return Note(**shown, created_at=time_of(row["created_at_us"]))


def show_goal(row: Row) -> Goal:
    """A row as it is answered."""
    shown = {name: row[name] for name in Goal.model_fields if name in row}
    reached = row["reached_at_us"]
    return Goal(
        **shown,
        reached_at=None if reached is None else time_of(reached),
        created_at=time_of(row["created_at_us"]),
    )


@router.get("/people/{person_id}/notes", operation_id="notes.list", responses=responses(404))
def list_notes(person_id: Id, access: Allowed, after: After = "", limit: Limit = 50) -> Page[Note]:
    """Notes about somebody, the oldest first. Their export holds them too."""
    return page_of(list_about(access, schema.note, person_id, after, limit + 1), limit, show_note)


@router.post(
    "/people/{person_id}/notes",
    operation_id="notes.create",
    status_code=201,
    responses=responses(404, 409),
)
def create_note(person_id: Id, form: NewNote, access: Allowed, key: Key = None) -> Note:
    """Write a note; kept sealed where keys are set."""
    values = form.model_dump() | {"written_by": access.actor.account_id}
    return show_note(add_about(access, schema.note, person_id, key, **values))


@router.delete(
    "/notes/{note_id}", operation_id="notes.remove", status_code=204, responses=responses(404)
)
def remove_note(note_id: Id, access: Allowed) -> Response:
    """Take a note away."""
    remove_row(access, schema.note, note_id)
    return Response(status_code=204)


@router.get("/people/{person_id}/goals", operation_id="goals.list", responses=responses(404))
def list_goals(person_id: Id, access: Allowed, after: After = "", limit: Limit = 50) -> Page[Goal]:
    """Goals of somebody, the oldest first."""
    return page_of(list_about(access, schema.goal, person_id, after, limit + 1), limit, show_goal)


@router.post(
    "/people/{person_id}/goals",
    operation_id="goals.create",
    status_code=201,
    responses=responses(404, 409),
)
def create_goal(person_id: Id, form: NewGoal, access: Allowed, key: Key = None) -> Goal:
    """Set a goal; its text is kept sealed where keys are set."""
    return show_goal(add_about(access, schema.goal, person_id, key, **form.model_dump()))


@router.patch("/goals/{goal_id}", operation_id="goals.change", responses=responses(404))
def change(goal_id: Id, form: ChangedGoal, access: Allowed) -> Goal:
    """Change a goal, or say that it is reached."""
    return show_goal(change_goal(access, goal_id, **form.model_dump(exclude_unset=True)))


@router.delete(
    "/goals/{goal_id}", operation_id="goals.remove", status_code=204, responses=responses(404)
)
def remove_goal(goal_id: Id, access: Allowed) -> Response:
    """Take a goal away."""
    remove_row(access, schema.goal, goal_id)
    return Response(status_code=204)
