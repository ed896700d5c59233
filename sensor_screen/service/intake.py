"""The questionnaire as data, and the answers of a session as a table.

A table has the form of the file: `{section: {name: value, "left": {name: value}, "right": ...}}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sensor_screen.errors import ConflictError
from sensor_screen.judgement import Answers, Language, Statement
from sensor_screen.model import Side
from sensor_screen.rules.items import BOTH_SIDES, Kind
from sensor_screen.rules.questionnaire import (
    read_answers,
    shipped_intake,
    table_of,
    write_answers,
)
from sensor_screen.rules.voice import Voice
from sensor_screen.storage.database import schema
from sensor_screen.storage.database.ids import sha256_of
from sensor_screen.storage.database.rows import find
from sensor_screen.storage.database.session_rows import replace_answers

if TYPE_CHECKING:
    from sensor_screen.rules.items import Condition, Item
    from sensor_screen.service.services import Access

Json = dict[str, Any]
ENTRIES = "entries"
"""The section that somebody measures by hand."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Answers as they stand."""

    version: str
    """Another one after every change."""
    table: Json


def find_answers(access: Access, session_id: str) -> Kept:
    """The answers of a session.

    Raises:
        NotFoundError: There is no such session.
    """
    with access.read() as connection:
        text = find(connection, schema.session, session_id, access.reach)["answers"]
    return _kept(text)


def put_answers(
    access: Access,
    session_id: str,
    table: Json,
    version: str,
    language: Language,
    *,
    section: str | None = None,
) -> Kept:
    """Other answers in place of those of a version.

    Args:
        access: Whose request.
        session_id: Which session.
        table: All answers; what is not in it is taken back.
        version: Of the answers that the caller has seen.
        language: Of the problems.
        section: Only this one is replaced.

    Raises:
        NotFoundError: There is no such session.
        IntakeError: With everything that is wrong with the answers.
        ConflictError: They were changed by somebody else since.
    """
    with access.read() as connection:
        old = find(connection, schema.session, session_id, access.reach)["answers"]
    if section is not None:
        table = {**_kept(old).table, **table}
        table = {name: part for name, part in table.items() if part}
    new = write_answers(shipped_intake().check(table, "answers", language))
    with access.write(session_id) as connection:
        stands = version_of(old) == version and replace_answers(
            connection, session_id, access.reach, old, new
        )
        if not stands:
            raise ConflictError(
                "the answers", "were changed since that version", "read them again, then change"
            )
    return _kept(new)


def version_of(text: str) -> str:
    """The version of stored answers."""
    return sha256_of(text)[:16]


def _kept(text: str) -> Kept:
    answers = read_answers(text, "answers") if text else Answers()
    return Kept(version_of(text), table_of(answers))


# --- the questions -------------------------------------------------------------------------------


def describe_intake(language: Language) -> Json:
    """The whole questionnaire with its words in a language."""
    voice = Voice(language)
    intake = shipped_intake()
    return {
        "id": intake.id,
        "language": language.value,
        "sections": [
            {
                "id": section.id,
                "title": voice.text(f"intake.section.{section.id}"),
                "fresh": section.fresh,
                "items": [_item(item, voice) for item in section.items],
            }
            for section in intake.sections
        ],
    }


def _item(item: Item, voice: Voice) -> Json:
    is_number = item.kind is Kind.NUMBER
    return {
        "id": item.id,
        "name": item.name,
        "kind": item.kind.value,
        "choices": [
            {"id": choice, "text": voice.text(f"intake.choice.{item.id}.{choice}")}
            for choice in item.choices
        ],
        "unit": item.unit or None,
        "least": item.least if is_number else None,
        "most": item.most if is_number else None,
        "whole": item.whole,
        "clinician_only": item.clinician_only,
        "asked_when": None if item.asked_when is None else _condition(item.asked_when),
        "urgency": None if item.urgency is None else item.urgency.value,
        "source": item.source or None,
        "asked": [
            {
                "side": side.value,
                "question": voice.say(Statement(f"intake.question.{item.id}", {"side": side})),
                "help": voice.text(f"intake.help.{item.id}", side=side),
            }
            for side in item.sides
        ],
    }


def _condition(condition: Condition) -> Json:
    return {
        "item": condition.item,
        "test": condition.test.value,
        "wanted": condition.wanted,
        "by": condition.by or None,
    }


# --- the form of answers -------------------------------------------------------------------------


def answers_schema(sections: tuple[str, ...] | None = None) -> Json:
    """JSON schema of a table of answers, of all sections or of some; made from the questions."""
    parts = {
        section.id: _section_schema(section.items)
        for section in shipped_intake().sections
        if sections is None or section.id in sections
    }
    return {"type": "object", "properties": parts, "additionalProperties": False}


def _section_schema(items: tuple[Item, ...]) -> Json:
    plain = {item.name: _value_schema(item) for item in items if not item.sided}
    sided = {item.name: _value_schema(item) for item in items if item.sided}
    leg = {"type": "object", "properties": sided, "additionalProperties": False}
    legs = {side.value: leg for side in BOTH_SIDES} if sided else {}
    return {"type": "object", "properties": {**plain, **legs}, "additionalProperties": False}


def _value_schema(item: Item) -> Json:
    said = Voice(Language.ENGLISH).text(f"intake.question.{item.id}", side=Side.LEFT)
    about: Json = {} if item.sided else {"description": said}
    if item.kind is Kind.YES_NO:
        return {"type": "boolean", **about}
    if item.kind is Kind.CHOICE:
        return {"enum": list(item.choices), **about}
    if item.kind is Kind.SEVERAL:
        return {"type": "array", "items": {"enum": list(item.choices)}, **about}
    if item.kind is Kind.NUMBER:
        kind = "integer" if item.whole else "number"
        return {"type": kind, "minimum": item.least, "maximum": item.most, **about}
    if item.kind is Kind.TEXTS:
        return {"type": "array", "items": {"type": "string"}, **about}
    return {"type": "string", **({"format": "date"} if item.kind is Kind.DATE else {}), **about}
