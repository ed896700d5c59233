"""Streams: what comes in while a session lasts. Frames come over a socket, not here."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field

from sensor_screen.api.forms import After, Form, Id, Key, Limit, Page, Shown, page_of, time_of
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.service import streams

if TYPE_CHECKING:
    from sensor_screen.storage.database.rows import Row

router = make_router("streams")


class NewStream(Form):
    """What is about to come."""

    session_id: Id


class Stream(Shown):
    """How far a stream is."""

    id: str
    session_id: str
    state: str = Field(description="`open`, `finishing`, `folded` or `failed`.", examples=["open"])
    frames: int | None = Field(description="How many there are, once the sender has said so.")
    recording_id: str | None = Field(description="What became of it, once it is folded.")
    problem: str | None
    created_at: datetime


def show_stream(row: Row) -> Stream:
    """A row as it is answered."""
    shown = {name: row[name] for name in Stream.model_fields if name in row}
    return Stream(**shown, created_at=time_of(row["created_at_us"]))


@router.post(
    "/streams", operation_id="streams.create", status_code=201, responses=responses(404, 409)
)
def create_stream(form: NewStream, access: Allowed, key: Key = None) -> Stream:
    """Open a stream of a session."""
    return show_stream(streams.create_stream(access, form.session_id, key))


@router.get("/streams", operation_id="streams.list")
def list_streams(
    access: Allowed, session_id: Id | None = None, after: After = "", limit: Limit = 50
) -> Page[Stream]:
    """Streams of everybody, or of one session; the first opened first."""
    rows = streams.list_streams(access, session_id, after, limit + 1)
    return page_of(rows, limit, show_stream)


@router.get("/streams/{stream_id}", operation_id="streams.find", responses=responses(404))
def find_stream(stream_id: Id, access: Allowed) -> Stream:
    """How far one is."""
    return show_stream(streams.find_stream(access, stream_id))


@router.post("/streams/{stream_id}/finish", operation_id="streams.finish", responses=responses(404))
def finish_stream(stream_id: Id, access: Allowed) -> Stream:
    """No more will come: what is there becomes a recording. Again is no error."""
    return show_stream(streams.finish_stream(access, stream_id))
