"""The audit log: who did what, and who read what is personal. It can be read, and only read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sensor_screen.api.forms import After, Day, Id, Limit, Page, Shown, page_of, time_of
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.errors import UsageError
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.rows import list_rows

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from sensor_screen.storage.database.rows import Row

router = make_router("audit")
Action = Annotated[str, Field(pattern=r"^[a-z_.]{1,60}$", examples=["people.erase"])]


class AuditLine(Shown):
    """One thing that was done or read."""

    id: str
    at: datetime
    account_id: str | None = Field(description="Whose; null: a program's, or the service itself.")
    token_id: str | None
    action: str
    object_id: str | None
    outcome: str
    request_id: str


def show_line(row: Row) -> AuditLine:
    """A row as it is answered."""
    shown = {name: row[name] for name in AuditLine.model_fields if name in row}
    return AuditLine(**shown, at=time_of(row["at_us"]))


@router.get("/audit", operation_id="audit.list")
def list_audit(
    access: Allowed,
    account_id: Id | None = None,
    action: Action | None = None,
    object_id: Id | None = None,
    day: Day | None = None,
    after: After = "",
    limit: Limit = 50,
) -> Page[AuditLine]:
    """Lines of the clinic, the oldest first. Reads come a second after they were made.

    `day` is a day of UTC.
    """
    table = schema.audit
    asked = {"account_id": account_id, "action": action, "object_id": object_id}
    where = [table.c[name] == value for name, value in asked.items() if value is not None]
    if day is not None:
        where += _on_day(day)
    with access.read() as connection:
        rows = list_rows(connection, table, access.reach, *where, after=after, limit=limit + 1)
    return page_of(rows, limit, show_line)


def _on_day(day: str) -> list[ColumnElement[bool]]:
    try:
        begins = datetime.fromisoformat(day).replace(tzinfo=UTC)
        ends = begins + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"day {day!r}", "is no day", "give it as 2026-11-27") from error
    begins_us, ends_us = (int(at.timestamp() * 1_000_000) for at in (begins, ends))
    at_us = schema.audit.c.at_us
    return [at_us >= begins_us, at_us < ends_us]
