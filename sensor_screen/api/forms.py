"""What goes in and out has one form: strict in, complete out, times with a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar

from fastapi import Header, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sensor_screen.storage.database.rows import Row

Item = TypeVar("Item")


class Form(BaseModel):
    """What somebody sends; what it does not know it refuses."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Shown(BaseModel):
    """What is answered."""


class Page(BaseModel, Generic[Item]):
    """Some of a list."""

    items: list[Item]
    next: str | None = Field(
        default=None, description="Give it as `after` for the next page; null: this was the last."
    )


def _real_day(day: str) -> str:
    try:
        date.fromisoformat(day)
    except ValueError as error:
        raise PydanticCustomError("no_day", "there is no such date") from error
    return day


Id = Annotated[str, Field(pattern="^[0-9a-f]{32}$", examples=["01946c0d5a7e3f9b2c4d5e6f708192a3"])]
ON_A_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"
"""No control characters: PostgreSQL keeps no NUL, and the others write on terminals."""
IN_A_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
"""The same, but for tabs and ends of lines."""
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=ON_A_LINE),
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000, pattern=IN_A_TEXT)]
Day = Annotated[
    str,
    Field(
        pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        examples=["2026-11-27"],
        json_schema_extra={"format": "date"},
    ),
    AfterValidator(_real_day),
]
After = Annotated[str, Query(pattern="^[0-9a-f]{0,32}$", description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200, description="At most so many.")]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=200,
        pattern="^[ -~]*$",
        description="The same key with the same request makes nothing twice.",
    ),
]


def time_of(at_us: int) -> datetime:
    """A stored time as it is shown."""
    return datetime.fromtimestamp(at_us / 1e6, UTC)


def page_of(rows: Sequence[Row], limit: int, show: Callable[[Row], Item]) -> Page[Item]:
    """A page out of one row more than it holds."""
    following = str(rows[limit - 1]["id"]) if len(rows) > limit else None
    return Page(items=[show(row) for row in rows[:limit]], next=following)
