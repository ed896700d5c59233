"""Consents: given to the newest text, and withdrawn at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.errors import ConflictError
from sensor_screen.service.consent_texts import NEWEST, TEXTS
from sensor_screen.service.making import create_in
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import new_id, now_us, sha256_of
from sensor_screen.storage.database.rows import change, find

if TYPE_CHECKING:
    from sensor_screen.service.services import Access
    from sensor_screen.storage.database.rows import Row


def give_consent(
    access: Access, person_id: str, language: str, version: str, key: str | None
) -> Row:
    """Somebody has consented.

    Raises:
        NotFoundError: There is no such person.
        ConflictError: It is not to the newest text.
    """
    if version != NEWEST:
        raise ConflictError(
            f"consent to version {version[:20]!r}",
            f"the newest text is version {NEWEST}",
            "show that text, and ask again",
        )
    row_id = new_id()
    with access.write(row_id) as connection:
        find(connection, schema.person, person_id, access.reach)
        return create_in(
            connection,
            access,
            schema.consent,
            key,
            row_id,
            person_id=person_id,
            version=version,
            language=language,
            text_sha256=sha256_of(TEXTS[version][language]),
            recorded_by=access.actor.account_id,
        )


def withdraw_consent(access: Access, consent_id: str) -> Row:
    """A consent ends; one that has ended stays as it is.

    Raises:
        NotFoundError: There is no such consent.
    """
    table, reach = schema.consent, access.reach
    with access.write(consent_id) as connection:
        row = find(connection, table, consent_id, reach)
        if row["withdrawn_at_us"] is not None:
            return row
        return change(connection, table, consent_id, reach, withdrawn_at_us=now_us())
