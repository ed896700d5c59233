"""The nouns of judging, in the order in which meaning is made.

    answers, measures -> red flags -> positions (zones), rule results -> pattern, concern
                      -> advice, pathway, readiness -> report

`model` lists what is measured; here is what it means. All are frozen and none holds a sentence:
what is said is a `Statement`, a key with its figures, which `rules.voice` says in a language.
Figures of rule results are in the unit in which people read them, named beside each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from sensor_screen.model import Direction, Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sensor_screen.model import (
        Capacity,
        Demand,
        LegMeasures,
        Origin,
        SideComparison,
        Task,
    )

# --- words ---------------------------------------------------------------------------------------


class Claims(StrEnum):
    """Whom a report is for, and so what it may claim."""

    WELLNESS = "wellness"
    """A healthy person: no zone, no limit, no concern, no disease word."""
    CLINICIAN = "clinician"
    RESEARCH = "research"
    """As for clinicians, and marked as not for care."""


class Language(StrEnum):
    """What a report can be said in."""

    ENGLISH = "en"
    GERMAN = "de"


class Panel(StrEnum):
    """The two sides of the joint, judged apart: what eases one loads the other."""

    ANTERIOR = "anterior"
    POSTERIOR = "posterior"


PANELS = {
    Direction.DORSIFLEXION: Panel.ANTERIOR,
    Direction.PLANTARFLEXION: Panel.POSTERIOR,
}
"""Bending can pinch the front of the ankle, pointing the back."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Something to be said: the key of a message, and what goes into it.

    A value is a number, a text of the user, a word of this vocabulary (an enum, said in the
    language asked for), another statement, or a tuple of these, which becomes a list.
    """

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


# --- what was asked ------------------------------------------------------------------------------

Answer = bool | float | str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """The checked answers and entries of one session, by item and, where it has one, side."""

    values: Mapping[tuple[str, Side], Answer] = field(default_factory=dict)

    def has(self, item: str, side: Side = Side.NONE) -> bool:
        """Whether it was answered."""
        return (item, side) in self.values

    def says(self, item: str, side: Side = Side.NONE) -> bool:
        """A yes; no where it was denied or not asked."""
        return self.values.get((item, side)) is True

    def number(self, item: str, side: Side = Side.NONE) -> float:
        """A figure; nan where there is none."""
        value = self.values.get((item, side))
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if is_number else math.nan  # type: ignore[arg-type]

    def choices(self, item: str, side: Side = Side.NONE) -> tuple[str, ...]:
        """What was chosen, one or several; empty where nothing was."""
        value = self.values.get((item, side), ())
        return (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ()


@dataclass(frozen=True, slots=True)
class SessionMeasures:
    """One occasion: the legs of its recordings and what was answered."""

    legs: tuple[LegMeasures, ...]
    answers: Answers = field(default_factory=Answers)
    recorded_on: str = ""
    """ISO date; empty where nobody said."""


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a judgement rests on."""

    now: SessionMeasures
    earlier: tuple[SessionMeasures, ...] = ()
    """Of the same person, oldest first."""


# --- red flags and stopping ----------------------------------------------------------------------


class Urgency(StrEnum):
    """Where a red flag sends a person, most pressing first."""

    EMERGENCY = "emergency"
    SAME_DAY = "same_day"
    URGENT = "urgent"
    CLINICIAN_FIRST = "clinician_first"


@dataclass(frozen=True, slots=True)
class RedFlag:
    """One answer that comes before everything else."""

    id: str
    urgency: Urgency
    statement: Statement


@dataclass(frozen=True, slots=True)
class StopReason:
    """Why a guided screen ends here."""

    id: str
    statement: Statement


# --- rule results --------------------------------------------------------------------------------


class Level(StrEnum):
    """What one rule says of one quantity."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    UNJUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule applied to one quantity of one leg, or to the difference of both."""

    rule: str
    """As in the rule book: `L1`, `Q3`."""
    side: Side
    """Of a difference between legs: the leg that it speaks against."""
    panel: Panel | None
    task: Task | None
    level: Level
    value: float = math.nan
    error_95: float = math.nan
    """Of the value, 95 %; nan where none is known, as for answers."""
    unit: str = ""
    amber: str = ""
    """The limit as it was applied, `>= 5`; empty where the zone bands decide."""
    red: str = ""
    within_error: bool = False
    """The value is nearer to a limit than its error: the level could be its neighbour."""
    rests_on: tuple[str, ...] = ()
    """Entries of the rule book that decided, by name."""
    statement: Statement | None = None
    """What was found, or why it could not be judged."""
    base_rate: Statement | None = None
    """How common it is in healthy people, where that is known."""
    grade: str = ""
    default: bool = True
    """A limit of our own, not a diagnostic cut-off."""

    @property
    def id(self) -> str:
        """Unique within a judgement."""
        parts = (self.rule, self.side, self.panel, self.task)
        return "-".join(part for part in parts if part)


# --- zones ---------------------------------------------------------------------------------------


class Zone(StrEnum):
    """Geometry only: how close to the person's own end range. Not a concern."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    BEYOND = "beyond"
    UNRESOLVED = "cannot_be_told_apart"


@dataclass(frozen=True, slots=True)
class ZoneBands:
    """Where the zones of one task begin, positive in its own direction."""

    amber_from_rad: float
    red_from_rad: float
    end_range_rad: float
    beyond_from_rad: float
    """Past the end range by more than the error; between the two a peak cannot be told from it."""
    error_rad: float
    """Smallest change that can be told; no zone is narrower."""
    resolved: bool
    """False where the end range is too small for zones that wide, or the data are too poor."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One position beside the own end range, with what it rests on."""

    id: str
    side: Side
    panel: Panel
    task: Task
    zone: Zone
    demand: Demand
    capacity: Capacity
    bands: ZoneBands
    statement: Statement
    """What was found, in plain words and without figures."""
    meaning: tuple[Statement, ...]
    """What that position means for this side of the joint."""
    threshold_note: Statement


# --- pattern, concern, change --------------------------------------------------------------------


class Pattern(StrEnum):
    """What the answers of one leg fit more with: a label, never a probability."""

    FRONT = "front"
    BACK = "back"
    UNCLEAR = "unclear"
    """Both, and neither clearly more."""
    NONE = "none"
    """Nothing was reported."""


@dataclass(frozen=True, slots=True)
class PatternLabel:
    """The pattern of one leg, with the points and the answers behind it."""

    side: Side
    pattern: Pattern
    front_points: float
    back_points: float
    rests_on: tuple[str, ...]
    """Codes of the answers that counted: `S2`, `C1`."""
    statement: Statement


class ConcernLevel(IntEnum):
    """What a person sees first: what the findings mean together with symptoms."""

    NONE = 0
    NOTE = 1
    DISCUSS = 2
    SEE_CLINICIAN = 3
    RED_FLAG = 4


@dataclass(frozen=True, slots=True)
class Concern:
    """How much one side of one joint matters, and by which rules."""

    side: Side
    panel: Panel
    level: ConcernLevel
    rests_on: tuple[str, ...]
    """Ids of the findings, rule results and answers that decided."""
    statement: Statement
    why: tuple[Statement, ...]
    """One reason each, the most telling first."""
    judged: bool = True
    """False where no position and no rule could be judged and nothing was said: not the same as
    nothing to note."""


class Verdict(StrEnum):
    """What became of one measure since last time."""

    BETTER = "better"
    WORSE = "worse"
    DIFFERENT = "different"
    """More than can be by chance, and neither good nor bad in itself."""
    SAME = "no_real_change"


@dataclass(frozen=True, slots=True)
class Change:
    """One measure now beside the same measure earlier, in units of the smallest change."""

    side: Side
    measure: str
    """`end_range`, `typical_peak`, `excursion` or `hold_time`."""
    what: str
    """Condition or task."""
    panel: Panel | None
    against: str
    """`last`, `baseline` or, where it is no change over time but one of footwear, `footwear`."""
    now: float
    before: float
    smallest: float
    """Smallest change that can be told, in the same unit."""
    smallest_is_own: bool
    """From the person's own sessions, not a default."""
    unit: str
    verdict: Verdict

    @property
    def difference(self) -> float:
        """Now minus before."""
        return self.now - self.before

    @property
    def size(self) -> float:
        """In smallest changes."""
        return abs(self.difference) / self.smallest


# --- advice --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to change, and what it rests on."""

    id: str
    kind: str
    """`seek_care`, `measure`, or one of the six ways: `modify`, `footwear`, `mobility`, `strength`,
    `balance` and `technique`."""
    statements: tuple[Statement, ...]
    """What to do, then the smallest change that helps, in degrees and in things."""
    reason: Statement
    grade: str
    source: str
    rests_on: tuple[str, ...] = ()
    """Ids of findings, rule results or answers; empty for general prevention."""


class Readiness(StrEnum):
    """Whether one item of a return to activity is met."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "not_known"


@dataclass(frozen=True, slots=True)
class ReadinessItem:
    """One line of the return-to-activity checklist."""

    id: str
    side: Side
    state: Readiness
    statement: Statement
    grade: str
    source: str


@dataclass(frozen=True, slots=True)
class PathwayStep:
    """One step of care, and whether it is the one to take now."""

    id: str
    current: bool
    statement: Statement


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the measures and answers of a person mean, under one rule book."""

    rulebook_version: str
    red_flags: tuple[RedFlag, ...] = ()
    findings: tuple[Finding, ...] = ()
    results: tuple[RuleResult, ...] = ()
    patterns: tuple[PatternLabel, ...] = ()
    concerns: tuple[Concern, ...] = ()
    changes: tuple[Change, ...] = ()
    advice: tuple[Advice, ...] = ()
    pathway: tuple[PathwayStep, ...] = ()
    readiness: tuple[ReadinessItem, ...] = ()
    cards: tuple[Statement, ...] = ()
    """What to know of the joint, where it helps to understand a finding."""
    room: tuple[Statement, ...] = ()
    """Wellness only, in place of findings: what each movement leaves of the own range."""


# --- report --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScreeningReport:
    """What one screen found. Every face of the report is made from this."""

    origin: Origin
    source: str
    legs: tuple[LegMeasures, ...]
    judgement: Judgement
    missing: tuple[str, ...]
    marks: tuple[str, ...]
    """What a reader must know before the figures: simulated, estimated timing, single sensor ..."""
    software_version: str
    claims: Claims = Claims.CLINICIAN
    language: Language = Language.ENGLISH
    answers: Answers = field(default_factory=Answers)
    comparisons: tuple[SideComparison, ...] = ()
    """Left beside right, where both were measured."""
    recorded_on: str = ""
    """ISO date of the session; empty where nobody said."""
