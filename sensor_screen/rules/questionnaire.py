"""One engine for every questionnaire: what is asked is data, and so is what may be answered.

`intake.toml` is the shipped one. Its words stand in the messages, under the ids of its items.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from sensor_screen.judgement import Answers, Language, Urgency
from sensor_screen.model import Side
from sensor_screen.rules.answer_check import (
    Problem,
    check_table,
    find_contradictions,
    problems_error,
)
from sensor_screen.rules.items import Condition, Contradiction, Item, Kind, Relation, Section
from sensor_screen.rules.rulebook import shipped_rulebook
from sensor_screen.rules.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sensor_screen.judgement import Answer

SCHEMA = "sensor-screen-answers/1"
"""Of a file of answers; may be left out of a file written by hand."""
LARGEST_FILE = 100_000
"""Characters; the longest possible answers of the intake need a third."""


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """Items in the order in which they are asked, and what cannot both be true."""

    id: str
    sections: tuple[Section, ...]
    contradictions: tuple[Contradiction, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        """All items in order."""
        return tuple(item for section in self.sections for item in section.items)

    def item(self, item_id: str) -> Item:
        """One item.

        Raises:
            KeyError: There is none of that id.
        """
        return {item.id: item for item in self.items}[item_id]

    def check(
        self,
        values: Mapping[str, object],
        name: str = "answers",
        language: Language = Language.ENGLISH,
    ) -> Answers:
        """Checks a nested table of answers, as `[section] name` and `[section.left] name`.

        Args:
            values: What a file or a page holds; nothing of it is trusted.
            name: What messages call it.
            language: Of the messages.

        Raises:
            IntakeError: With every problem that was found.
        """
        answers, problems = check_table(self.sections, values)
        problems += self.contradictions_of(answers)
        if problems:
            raise problems_error(name, problems, Voice(language))
        return answers

    def contradictions_of(self, answers: Answers) -> list[Problem]:
        """What cannot both be true among checked answers."""
        items = {item.id: item for item in self.items}
        return find_contradictions(self.contradictions, items, answers)


def parse_questionnaire(text: str) -> Questionnaire:
    """A questionnaire from the TOML text of a shipped file.

    Raises:
        ValueError: A mistake in that file: an unknown kind, item, choice or threshold.
    """
    content = tomllib.loads(text)
    sections = tuple(
        Section(
            id=name,
            items=tuple(_item(f"{name}.{key}", table) for key, table in part["item"].items()),
            fresh=part.get("fresh", False),
        )
        for name, part in content["section"].items()
    )
    items = {item.id: item for section in sections for item in section.items}
    contradictions = tuple(_contradiction(part, items) for part in content.get("contradiction", ()))
    for condition in _conditions(items.values(), contradictions):
        _check_condition(condition, items)
    return Questionnaire(content["questionnaire"]["id"], sections, contradictions)


@cache
def shipped_intake() -> Questionnaire:
    """The intake that comes with the software."""
    file = resources.files(__package__).joinpath("intake.toml")
    return parse_questionnaire(file.read_text(encoding="utf-8"))


# --- files of answers ----------------------------------------------------------------------------


def read_answers(text: str, name: str, language: Language = Language.ENGLISH) -> Answers:
    """The answers of a TOML text to the shipped intake; `name` is what messages call it.

    Raises:
        IntakeError: It is not TOML, too long, or has impossible, contradictory or unknown answers.
    """
    voice = Voice(language)
    if len(text) > LARGEST_FILE:
        raise problems_error(name, [Problem("large", values={"most": LARGEST_FILE})], voice)
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # A text of brackets alone runs out of stack, and a number of thousands of digits is refused
        # by Python itself.
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else type(error).__name__
        raise problems_error(name, [Problem("toml", values={"reason": reason})], voice) from None
    schema = table.pop("schema", SCHEMA)
    if schema != SCHEMA:
        raise problems_error(name, [Problem("schema", values={"schema": SCHEMA})], voice)
    return shipped_intake().check(table, name, language)


def write_answers(answers: Answers, language: Language = Language.ENGLISH) -> str:
    """Answers as a TOML text that reads back equal, with the questions as comments.

    Contradictions are written as they are: what was answered is not lost, and reading names them.

    Raises:
        IntakeError: An answer is not one of the shipped intake, or is impossible.
    """
    voice = Voice(language)
    intake = shipped_intake()
    checked, problems = check_table(intake.sections, table_of(answers))
    if problems:
        raise problems_error("answers", problems, voice)
    lines = [f'schema = "{SCHEMA}"']
    for section in intake.sections:
        for side in (Side.NONE, Side.LEFT, Side.RIGHT):
            block = _block(section, side, checked, voice)
            if block:
                place = section.id if side is Side.NONE else f"{section.id}.{side}"
                lines += ["", f"[{place}]", *block]
    return "\n".join(lines) + "\n"


def _block(section: Section, side: Side, answers: Answers, voice: Voice) -> list[str]:
    lines = []
    for item in section.items:
        value = answers.values.get((item.id, side))
        if value is not None:
            question = voice.text(f"intake.question.{item.id}", side=side)
            lines += [f"# {question}", f"{item.name} = {_toml(value)}"]
    return lines


def _toml(value: Answer) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(part) for part in value)}]"
    if isinstance(value, int | float):
        return f"{int(value)}" if value == int(value) else repr(value)
    # A JSON string is a TOML string, but for the character that erased holes in paper tape.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def table_of(answers: Answers) -> dict[str, Any]:
    """Answers as a nested table, as `Questionnaire.check` takes it."""
    table: dict[str, Any] = {}
    for (item_id, side), value in answers.values.items():
        section, _, name = item_id.partition(".")
        part = table.setdefault(section, {})
        (part if side is Side.NONE else part.setdefault(side.value, {}))[name] = value
    return table


# --- the file of a questionnaire -----------------------------------------------------------------


def _item(item_id: str, table: dict[str, Any]) -> Item:
    given = dict(table)
    kind = Kind(given.pop("kind"))
    asked_when = given.pop("asked_when", None)
    urgency = given.pop("urgency", None)
    words = given.pop("words", {})
    try:
        item = Item(
            item_id,
            kind,
            choices=tuple(given.pop("choices", ())),
            asked_when=_condition(asked_when) if asked_when else None,
            urgency=Urgency(urgency) if urgency else None,
            words={name: tuple(listed) for name, listed in words.items()},
            **given,
        )
    except TypeError as error:
        raise ValueError(f"{item_id}: {error}") from None
    if bool(item.choices) != (kind in (Kind.CHOICE, Kind.SEVERAL)):
        raise ValueError(f"{item_id}: choices belong to choice and several, and to these alone")
    if kind is Kind.NUMBER and not (item.unit and item.least < item.most < 1e9):
        raise ValueError(f"{item_id}: a number needs unit, least and most")
    return item


def _condition(table: dict[str, Any]) -> Condition:
    given = dict(table)
    item, by = given.pop("item"), given.pop("by", "")
    ((name, wanted),) = given.items()
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        wanted = float(wanted)
    return Condition(item, Relation(name), wanted, by)


def _contradiction(table: dict[str, Any], items: dict[str, Item]) -> Contradiction:
    every = tuple(_condition(part) for part in table["all"])
    some = tuple(_condition(part) for part in table.get("any", ()))
    sided = any(items[c.item].sided for c in (*every, *some))
    return Contradiction(table["id"], every, some, sided)


def _conditions(items: Any, contradictions: tuple[Contradiction, ...]) -> list[Condition]:  # noqa: ANN401
    asked = [item.asked_when for item in items if item.asked_when]
    return asked + [c for found in contradictions for c in (*found.all, *found.any)]


def _check_condition(condition: Condition, items: dict[str, Item]) -> None:
    item = items[condition.item]
    named = (Relation.IS, Relation.IS_NOT, Relation.HAS)
    if item.choices and condition.test in named and condition.wanted not in item.choices:
        raise ValueError(f"{item.id}: {condition.wanted!r} is none of its choices")
    if condition.test is Relation.EXCEEDS and condition.wanted not in items:
        raise ValueError(f"{item.id}: {condition.wanted!r} is no item to exceed")
    if condition.by and condition.by not in shipped_rulebook().thresholds:
        raise ValueError(f"{item.id}: {condition.by!r} is no threshold of the rule book")
