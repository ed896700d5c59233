"""Consents of people to being recorded."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from sensor_screen.api.forms import After, Form, Id, Key, Limit, Line, Page, Shown, page_of, time_of
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.service import consents
from sensor_screen.service.consent_texts import NEWEST, TEXTS
from sensor_screen.service.people import list_about
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import sha256_of

if TYPE_CHECKING:
    from sensor_screen.storage.database.rows import Row

router = make_router("consents")


class TextLanguage(StrEnum):
    """Languages of the text."""

    ENGLISH = "en"
    GERMAN = "de"


class ConsentText(Shown):
    """What is consented to."""

    version: str = Field(examples=["2026-11-27"])
    language: TextLanguage
    text: str
    sha256: str
    retention_days: int | None = Field(
        description="Without a session for so long people are erased; null: when they ask for it."
    )
    required: bool = Field(description="Whether nothing is recorded without it.")


class NewConsent(Form):
    """That somebody has consented."""

    version: Line = Field(description="Of the text that they were shown.", examples=["2026-11-27"])
    language: TextLanguage = Field(description="That they were shown it in.")


class Consent(Shown):
    """That somebody has consented."""

    id: str
    person_id: str
    version: str
    language: str
    text_sha256: str
    given_at: datetime
    withdrawn_at: datetime | None
    recorded_by: str | None = Field(description="Account that entered it.")
    is_newest: bool = Field(description="Whether it is to the newest text.")


def show_consent(row: Row) -> Consent:
    """A row as it is answered."""
    withdrawn = row["withdrawn_at_us"]
    shown = {name: row[name] for name in Consent.model_fields if name in row}
    return Consent(
        **shown,
        given_at=time_of(row["given_at_us"]),
        withdrawn_at=None if withdrawn is None else time_of(withdrawn),
        is_newest=row["version"] == NEWEST,
    )


@router.get("/consents/text", operation_id="consents.text")
def tell_text(access: Allowed, language: TextLanguage = TextLanguage.ENGLISH) -> ConsentText:
    """The newest text, to be shown before somebody consents."""
    text = TEXTS[NEWEST][language.value]
    settings = access.services.settings
    return ConsentText(
        version=NEWEST,
        language=language,
        text=text,
        sha256=sha256_of(text),
        retention_days=settings.retention_days or None,
        required=settings.require_consent,
    )


@router.get("/people/{person_id}/consents", operation_id="consents.list", responses=responses(404))
def list_consents(
    person_id: Id, access: Allowed, after: After = "", limit: Limit = 50
) -> Page[Consent]:
    """Consents of somebody, those that ended too."""
    rows = list_about(access, schema.consent, person_id, after, limit + 1)
    return page_of(rows, limit, show_consent)


@router.post(
    "/people/{person_id}/consents",
    operation_id="consents.give",
    status_code=201,
    responses=responses(404, 409),
)
def give_consent(person_id: Id, form: NewConsent, access: Allowed, key: Key = None) -> Consent:
    """Somebody has consented to the newest text."""
    return show_consent(
        consents.give_consent(access, person_id, form.language.value, form.version, key)
    )


@router.post(
    "/consents/{consent_id}/withdrawal",
    operation_id="consents.withdraw",
    responses=responses(404),
)
def withdraw(consent_id: Id, access: Allowed) -> Consent:
    """Somebody has withdrawn a consent; what was recorded before stays until it is erased."""
    return show_consent(consents.withdraw_consent(access, consent_id))
