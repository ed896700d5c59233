"""What goes into a FHIR bundle, whatever its version: plain nouns, figures in UCUM units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sensor_screen.model import Side

if TYPE_CHECKING:
    from sensor_screen.model import Placement


@dataclass(frozen=True, slots=True)
class Word:
    """A coded word: where it is defined, its code, and what people read."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure with its unit."""

    value: float
    unit: str
    """UCUM."""
    at_least: bool = False
    """The true figure may be larger."""


@dataclass(frozen=True, slots=True)
class Part:
    """One component of a measure: a figure, a word, or nothing that is known."""

    code: Word
    value: Quantity | Word | None
    """None: not known."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a measure means; empty where nobody may judge, or no rule looks at it."""

    words: tuple[Word, ...] = ()
    said: str = ""
    reference: str = ""
    """The limits that it was held against."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One observation."""

    name: str
    """Unique within a screen; its resource id is made from it."""
    code: Word
    side: Side
    """`none` is the person, or both legs."""
    value: Quantity | None
    """None: it could not be measured; the notes say why."""
    parts: tuple[Part, ...] = ()
    method: str = ""
    judged: Judged = Judged()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sensor:
    """One sensor by its place."""

    side: Side
    placement: Placement
    display: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and what was answered."""

    link: str
    """`symptoms.where/left`."""
    text: str
    answers: tuple[bool | str | Quantity | Word, ...]
    is_date: bool = False


@dataclass(frozen=True, slots=True)
class Advised:
    """One thing to do."""

    name: str
    """Unique within a screen."""
    heading: str
    said: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """Everything that a bundle says."""

    person: str
    """Pseudonym."""
    issued: str
    """Instant with its zone, ISO 8601."""
    date: str
    """Of the session; empty where nobody said."""
    when: str
    """The same in words."""
    language: str
    simulated: bool
    category: str
    """`exam` or `activity`."""
    title: str
    conclusion: str
    marks: tuple[str, ...]
    """What a reader must know before the figures."""
    missing: tuple[str, ...]
    disclaimer: tuple[str, ...]
    source: str
    software: str
    rulebook: str
    sensors: tuple[Sensor, ...]
    measures: tuple[Measure, ...]
    answers: tuple[Asked, ...]
    advice: tuple[Advised, ...] = ()
    codes: dict[str, str] = field(default_factory=dict)
    """Every own code that is used, and what it means."""
