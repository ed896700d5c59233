"""What a questionnaire consists of: items, conditions on answers, and what cannot both be true."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from sensor_screen.model import Side
from sensor_screen.rules.rulebook import shipped_rulebook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sensor_screen.judgement import Answer, Answers, Urgency

BOTH_SIDES = (Side.LEFT, Side.RIGHT)


class Kind(StrEnum):
    """What an answer is."""

    YES_NO = "yes_no"
    CHOICE = "choice"
    """One of the choices."""
    SEVERAL = "several"
    """Any of the choices; none of them is an answer, too."""
    NUMBER = "number"
    TEXT = "text"
    TEXTS = "texts"
    DATE = "date"
    """Year, month, day: 2026-05-31."""


class Relation(StrEnum):
    """How a condition looks at an answer."""

    IS = "is"
    IS_NOT = "is_not"
    """Another value, or no answer."""
    HAS = "has"
    SOME = "some"
    NONE = "none"
    """Expressly nothing; no answer is not that."""
    ABOVE = "above"
    EXCEEDS = "exceeds"
    """By more than a threshold of the rule book."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A question to one answer, without which it holds for `is_not` only."""

    item: str
    test: Relation
    wanted: Answer
    by: str = ""
    """Of `exceeds`: a threshold of the shipped rule book, in the unit of the item."""

    def holds(self, answers: Answers, side: Side) -> bool:
        """Whether it holds on a side; items without sides are the same for both."""
        value = _find(answers, self.item, side)
        if self.test is Relation.IS_NOT:
            return value != self.wanted
        if value is None:
            return False
        if self.test is Relation.IS:
            return value == self.wanted
        if self.test in (Relation.SOME, Relation.NONE):
            is_some = value not in ((), "", False)
            return is_some == (self.test is Relation.SOME)
        if self.test is Relation.HAS:
            return isinstance(value, tuple) and self.wanted in value
        return self._is_above(answers, side)

    def _is_above(self, answers: Answers, side: Side) -> bool:
        value = _number(answers, self.item, side)
        if self.test is Relation.ABOVE:
            return value > float(self.wanted)  # type: ignore[arg-type]
        least = shipped_rulebook().shown(self.by) if self.by else 0.0
        return value - _number(answers, str(self.wanted), side) > least


@dataclass(frozen=True, slots=True)
class Item:
    """One question."""

    id: str
    """`section.name`."""
    kind: Kind
    code: str = ""
    """By which the rule book counts the answer; empty where it does not."""
    choices: tuple[str, ...] = ()
    unit: str = ""
    least: float = -math.inf
    most: float = math.inf
    whole: bool = False
    sided: bool = False
    clinician_only: bool = False
    asked_when: Condition | None = None
    urgency: Urgency | None = None
    """A yes, or a positive test, is a red flag."""
    source: str = ""
    """What a red flag rests on."""
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """Of a text: words that mean one thing, in any language."""

    @property
    def section(self) -> str:
        """The first part of the id."""
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        """The second part of the id."""
        return self.id.partition(".")[2]

    @property
    def sides(self) -> tuple[Side, ...]:
        """For which sides it is asked."""
        return BOTH_SIDES if self.sided else (Side.NONE,)


@dataclass(frozen=True, slots=True)
class Section:
    """Items under one heading."""

    id: str
    items: tuple[Item, ...]
    fresh: bool = False
    """Answers are of today only."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What cannot both be true."""

    id: str
    all: tuple[Condition, ...]
    any: tuple[Condition, ...] = ()
    sided: bool = False
    """One of its items is."""

    @property
    def sides(self) -> tuple[Side, ...]:
        """On which sides it is looked for."""
        return BOTH_SIDES if self.sided else (Side.NONE,)

    def holds(self, answers: Answers, side: Side) -> bool:
        """Whether the answers of a side contradict each other."""
        every = all(condition.holds(answers, side) for condition in self.all)
        return every and (not self.any or any(c.holds(answers, side) for c in self.any))


def _find(answers: Answers, item: str, side: Side) -> Answer | None:
    return answers.values.get((item, side), answers.values.get((item, Side.NONE)))


def _number(answers: Answers, item: str, side: Side) -> float:
    return answers.number(item, side if answers.has(item, side) else Side.NONE)
