"""Rule books: the shipped one, and those of the clinic."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from sensor_screen.api.forms import After, Form, Key, Limit, Line, Page, Shown, time_of
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.service import rulebooks
from sensor_screen.service.rulebooks import SHIPPED
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.rows import find, list_rows

if TYPE_CHECKING:
    from sensor_screen.storage.database.rows import Row

router = make_router("rule books")
BookId = Annotated[
    str,
    Field(
        pattern="^([0-9a-f]{32}|shipped)$",
        description="Id, or `shipped` for the one that comes with the software.",
        examples=[SHIPPED],
    ),
]
BEFORE_ALL = "0"
"""Sorts before every id: after the shipped book, where that fills a page."""
OVERLAY = """[book]
schema = "sensor-screen-rules/2"
version = "river-1"
base = "1.0.0"
"""


class NewRuleBook(Form):
    """A rule book, whole or an overlay."""

    name: Line = Field(examples=["Our limits"])
    text: str = Field(min_length=1, max_length=500_000, description="TOML.", examples=[OVERLAY])


class RuleBook(Shown):
    """What is known of a rule book."""

    id: str
    name: str
    version: str = Field(examples=["1.0.0+river-1"])
    sha256: str
    created_at: datetime | None = Field(description="Null: shipped.")


class RuleBookText(RuleBook):
    """A rule book with its text."""

    text: str = Field(description="TOML.")


def text_id(book: str | None) -> str | None:
    """The id of a stored book; None: the shipped one."""
    return None if book == SHIPPED else book


def show_rulebook(row: Row) -> RuleBook:
    """A row as it is answered."""
    return RuleBook(**_told(row))


def _told(row: Row) -> dict[str, Any]:
    at_us = row["created_at_us"]
    names = ("id", "name", "version", "sha256")
    return {
        **{name: row[name] for name in names},
        "created_at": None if at_us is None else time_of(at_us),
    }


@router.post(
    "/rulebooks", operation_id="rulebooks.create", status_code=201, responses=responses(404, 409)
)
def create_rulebook(form: NewRuleBook, access: Allowed, key: Key = None) -> RuleBook:
    """Add a rule book: whole, or an overlay with only the entries that are to be others."""
    return show_rulebook(rulebooks.create_rulebook(access, form.name, form.text, key))


@router.get("/rulebooks", operation_id="rulebooks.list")
def list_rulebooks(access: Allowed, after: After = "", limit: Limit = 50) -> Page[RuleBook]:
    """The shipped rule book, then those of the clinic."""
    with access.read() as connection:
        rows = list_rows(connection, schema.rulebook, access.reach, after=after, limit=limit + 1)
    if not after:
        rows = [rulebooks.shipped_row(), *rows]
    page = rows[:limit]
    last = page[-1]["id"] if page else ""
    following = (BEFORE_ALL if last == SHIPPED else last) if len(rows) > limit else None
    return Page(items=[show_rulebook(row) for row in page], next=following)


@router.get("/rulebooks/{rulebook_id}", operation_id="rulebooks.find", responses=responses(404))
def find_rulebook(rulebook_id: BookId, access: Allowed) -> RuleBookText:
    """One rule book with its text."""
    if rulebook_id == SHIPPED:
        row = rulebooks.shipped_row()
    else:
        with access.read() as connection:
            row = find(connection, schema.rulebook, rulebook_id, access.reach)
    return RuleBookText(**_told(row), text=row["text"])
