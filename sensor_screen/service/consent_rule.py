"""Nobody is recorded without their consent, where that is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.errors import ConflictError
from sensor_screen.service.consent_texts import NEWEST
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.rows import find_one

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Table

    from sensor_screen.settings import Settings

RECORDED = frozenset({schema.session, schema.recording, schema.stream})
"""Tables whose new rows mean that somebody is recorded."""


def require_consent(
    connection: Connection, settings: Settings, table: Table, values: Mapping[str, object]
) -> None:
    """Nobody is recorded without a consent, where that is set.

    Args:
        connection: In the transaction that makes the row.
        settings: Of the service.
        table: Of the row that is to be made; others than `RECORDED` need none.
        values: Of the row: `person_id`, or `session_id`.

    Raises:
        ConflictError: There is no valid consent to the newest text.
    """
    if not settings.require_consent or table not in RECORDED:
        return
    person_id = values.get("person_id")
    if person_id is None:
        sessions = schema.session
        row = find_one(connection, sessions, sessions.c.id == values["session_id"])
        person_id = row["person_id"] if row else None
    if has_consent(connection, str(person_id)):
        return
    raise ConflictError(
        "this person",
        "has not consented to the newest text, or has withdrawn it",
        "show them GET /v1/consents/text and POST their consent",
    )


def has_consent(connection: Connection, person_id: str) -> bool:
    """Whether a consent to the newest text is valid now."""
    table = schema.consent
    valid = (table.c.version == NEWEST, table.c.withdrawn_at_us.is_(None))
    return find_one(connection, table, table.c.person_id == person_id, *valid) is not None
