"""The answers of a person as coded questions and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Claims
from sensor_screen.model import Side
from sensor_screen.report.fhir.codes import INTAKE, UNITS
from sensor_screen.report.fhir.content import Asked, Quantity, Word
from sensor_screen.report.printable import printable
from sensor_screen.rules.items import Item, Kind
from sensor_screen.rules.questionnaire import shipped_intake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.judgement import Answer
    from sensor_screen.report.telling import Telling


def collect_answers(told: Telling) -> tuple[Asked, ...]:
    """Every answer in the order of the questions; none in wellness mode, for they ask of pain."""
    if told.report.claims is Claims.WELLNESS:
        return ()
    return tuple(_ask(told))


def _ask(told: Telling) -> Iterator[Asked]:
    values = told.report.answers.values
    for item in shipped_intake().items:
        for side in (Side.NONE, Side.LEFT, Side.RIGHT):
            value = values.get((item.id, side))
            if value is None:
                continue
            link = item.id if side is Side.NONE else f"{item.id}/{side.value}"
            text = told.voice.text(f"intake.question.{item.id}", side=side)
            said = tuple(_answer(item, part, told) for part in _each(item, value))
            if said := tuple(part for part in said if part != ""):
                yield Asked(link, text, said, item.kind is Kind.DATE)


def _each(item: Item, value: Answer) -> tuple[Answer, ...]:
    """One answer or several; to choose none of several is an answer, too."""
    if isinstance(value, tuple):
        return value or (("none",) if item.kind is Kind.SEVERAL else ())
    return (value,)


def _answer(item: Item, value: Answer, told: Telling) -> bool | str | Quantity | Word:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return Quantity(float(value), UNITS[item.unit])
    text = str(value)
    if item.kind not in (Kind.CHOICE, Kind.SEVERAL):
        return printable(text)
    key = f"intake.choice.{item.id}.{text}"
    display = told.voice.text(key) if told.voice.has(key) else told.text("fhir.none")
    return Word(INTAKE, f"{item.id}.{text}", display)
