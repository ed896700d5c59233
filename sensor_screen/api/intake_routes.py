"""The intake: what is asked, what was answered, and what was measured by hand."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, WithJsonSchema

from sensor_screen.api.forms import Form, Id, Shown
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.judgement import Language
from sensor_screen.service import intake
from sensor_screen.service.intake import ENTRIES, Kept

router = make_router("intake")
ANSWERED = {
    "footwear": {"kind": "shoe", "heel_drop_mm": 8},
    "symptoms": {"left": {"squat_pain": True, "where": ["front"]}},
}
MEASURED = {"left": {"dorsiflexion_passive_deg": 24}, "right": {"dorsiflexion_passive_deg": 31}}
Table = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            **intake.answers_schema(),
            "description": "`{section: {name: value, left: {name: value}}}`; what was not "
            "answered is left out.",
            "examples": [ANSWERED],
        }
    ),
]
Entries = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            **intake.answers_schema((ENTRIES,))["properties"][ENTRIES],
            "description": "The section `entries` of the intake.",
            "examples": [MEASURED],
        }
    ),
]
Version = Annotated[str, Field(pattern="^[0-9a-f]{16}$", examples=["e3b0c44298fc1c14"])]
SEEN = "Of the answers that were read before; changed since: 409."


class Asked(Shown):
    """A question in words."""

    side: str = Field(examples=["left"])
    question: str
    help: str


class Choice(Shown):
    """What can be chosen."""

    id: str
    text: str


class Condition(BaseModel):
    """When it makes sense to ask."""

    item: str
    test: str = Field(examples=["is_not"])
    wanted: bool | float | str
    by: str | None = Field(description="Threshold of the rule book.")


class Item(Shown):
    """One question."""

    id: str = Field(examples=["symptoms.squat_pain"])
    name: str
    kind: str = Field(
        description="`yes_no`, `choice`, `several`, `number`, `text`, `texts` or `date`."
    )
    choices: list[Choice]
    unit: str | None
    least: float | None
    most: float | None
    whole: bool
    clinician_only: bool
    asked_when: Condition | None
    urgency: str | None = Field(description="A yes is a red flag, and how soon to be seen.")
    source: str | None
    asked: list[Asked] = Field(description="For each side; once where it has none.")


class Section(Shown):
    """Questions under one heading."""

    id: str
    title: str
    fresh: bool = Field(description="True today only: never offered again.")
    items: list[Item]


class Questionnaire(Shown):
    """Everything that is asked."""

    id: str
    language: Language
    sections: list[Section]


class Intake(Shown):
    """The answers of a session."""

    version: Version
    answers: Table


class NewIntake(Form):
    """Other answers in place of all."""

    version: Version = Field(description=SEEN)
    answers: Table


class HandMeasured(Shown):
    """What was measured by hand."""

    version: Version = Field(description="Of all answers of the session.")
    entries: Entries


class NewEntries(Form):
    """Other entries in place of all."""

    version: Version = Field(description=SEEN)
    entries: Entries


@router.get("/intake/questions", operation_id="intake.questions")
def tell_questions(_: Allowed, language: Language = Language.ENGLISH) -> Questionnaire:
    """The questionnaire: what is asked, how, and what can be answered."""
    return Questionnaire.model_validate(intake.describe_intake(language))


@router.get("/sessions/{session_id}/intake", operation_id="intake.find", responses=responses(404))
def find_intake(session_id: Id, access: Allowed) -> Intake:
    """The answers of a session, with their version."""
    return _intake(intake.find_answers(access, session_id))


@router.put(
    "/sessions/{session_id}/intake", operation_id="intake.put", responses=responses(404, 409)
)
def put_intake(
    session_id: Id, form: NewIntake, access: Allowed, language: Language = Language.ENGLISH
) -> Intake:
    """Answer anew; `places` of the problem name every answer that cannot be."""
    kept = intake.put_answers(access, session_id, form.answers, form.version, language)
    return _intake(kept)


@router.get("/sessions/{session_id}/entries", operation_id="entries.find", responses=responses(404))
def find_entries(session_id: Id, access: Allowed) -> HandMeasured:
    """What was measured by hand in a session: goniometer, lunge, heel raises, balance."""
    return _entries(intake.find_answers(access, session_id))


@router.put(
    "/sessions/{session_id}/entries", operation_id="entries.put", responses=responses(404, 409)
)
def put_entries(
    session_id: Id, form: NewEntries, access: Allowed, language: Language = Language.ENGLISH
) -> HandMeasured:
    """Enter what was measured by hand; other answers stay as they are."""
    table = {ENTRIES: form.entries}
    kept = intake.put_answers(access, session_id, table, form.version, language, section=ENTRIES)
    return _entries(kept)


def _intake(kept: Kept) -> Intake:
    return Intake(version=kept.version, answers=kept.table)


def _entries(kept: Kept) -> HandMeasured:
    return HandMeasured(version=kept.version, entries=kept.table.get(ENTRIES, {}))
