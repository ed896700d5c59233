"""What a guided capture shows, and what it says has happened; no sentence is in it, only keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensor_screen.core.live_repetitions import EventKind
    from sensor_screen.judgement import Answers, RedFlag, Statement, StopReason, Zone, ZoneBands
    from sensor_screen.model import Direction, Placement, Repetition, Side, Task, TaskInterval
    from sensor_screen.rules.items import Item
    from sensor_screen.session.plan import PlanStep, Wait


class Phase(StrEnum):
    """What a capture is doing."""

    ASKING = "asking"
    """A question is open."""
    WEARING = "wearing"
    """Until every sensor sends, and a key says that they are on."""
    READY = "ready"
    """Countdown to a task."""
    DOING = "doing"
    PAUSED = "paused"
    ENDED = "ended"


class Outcome(StrEnum):
    """How a capture ended."""

    COMPLETE = "complete"
    RED_FLAG = "red_flag"
    STOP_RULE = "stop_rule"
    BROKEN_OFF = "broken_off"
    """By a key. What was done until then is kept."""


class CaptureKey(StrEnum):
    """What a person can want beside answering."""

    NEXT = "next"
    """On: sensors are worn, start now, enough of this task, no answer."""
    REDO = "redo"
    """This task again; before the next one has begun, the last one again."""
    SKIP = "skip"
    PAUSE = "pause"
    """And go on."""
    EVENT = "event"
    """Something happened: dizzy, gave way, locked, swollen."""
    STOP = "stop"


class Light(StrEnum):
    """How one sensor is heard."""

    WAITING = "waiting"
    """Not once yet."""
    GOOD = "good"
    WEAK = "weak"
    """Samples are missing, at least for now."""
    LOST = "lost"


class LinkTrouble(StrEnum):
    """Why a sensor is not linked as it should be, as far as a person can do something about it."""

    RADIO = "radio"
    """Bluetooth of this computer cannot be used."""
    FAILED = "failed"
    """No further attempt can help."""
    HELD = "held"
    """It measures for another phone or computer."""
    PAIRING = "pairing"
    """Its button is to be pressed."""
    NOT_STARTED = "not_started"
    """It is linked, and says why it does not measure."""
    SEARCHING = "searching"
    """It was never linked so far."""
    BROKEN = "broken"
    """It was linked, and measures on."""
    CATCHING_UP = "catching_up"
    """It is linked again, and what was missed is being fetched."""


LOW_BATTERY_PERCENT = 15
"""Below it a person is told: a coin cell or a small accumulator may not last a session."""


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What a source knows of one sensor beside its samples."""

    trouble: LinkTrouble | None = None
    reason: str = ""
    """What went wrong and what to do, in English, as the radio tells it; empty: the trouble says
    all."""
    battery_percent: int | None = None

    @property
    def battery_is_low(self) -> bool:
        """Low enough to say so."""
        return self.battery_percent is not None and self.battery_percent < LOW_BATTERY_PERCENT


@dataclass(frozen=True, slots=True)
class SensorLight:
    """One sensor, as the person knows it."""

    side: Side
    placement: Placement
    light: Light
    received: float = 1.0
    """Share of the newest seconds' samples."""
    link: LinkReport = field(default_factory=LinkReport)


@dataclass(frozen=True, slots=True)
class LiveBar:
    """Where one ankle is on its own range; nan is what is not known (yet)."""

    side: Side
    direction: Direction
    """In which the task at hand is judged; angles are positive in it."""
    time_s: float
    """Of the newest sample in it."""
    angle_rad: float
    sigma_rad: float
    best_rad: float
    """Furthest repetition of this task so far."""
    end_range_rad: float
    """Of this capture."""
    zone: Zone | None = None
    """Of the angle at this moment; None without an end range, or where claims do not allow it."""
    bands: ZoneBands | None = None
    """Where the zones begin; None where there is no zone."""

    @property
    def share(self) -> float:
        """Of the own end range, as it is drawn: 0 at neutral, 1 at its end."""
        return self.angle_rad / self.end_range_rad


@dataclass(frozen=True, slots=True)
class Count:
    """How much of a task is done."""

    wait: Wait
    done: float
    wanted: float


@dataclass(frozen=True, slots=True)
class Question:
    """One question that is open."""

    item: Item
    side: Side
    task: Task | None = None
    """After which it is asked."""
    needed: bool = False
    """It cannot be left open: a red flag before any load."""


@dataclass(frozen=True, slots=True)
class CaptureView:
    """Everything a screen needs at one moment."""

    phase: Phase
    number: int
    """Of the step, from 1."""
    steps: int
    big: Statement
    """At most two words, to be read from two metres."""
    say: Statement
    """One sentence: what to do."""
    task: Task | None
    side: Side
    countdown_s: float
    """To the start; nan where nothing counts down."""
    count: Count | None
    bars: tuple[LiveBar, ...]
    lights: tuple[SensorLight, ...]
    troubles: tuple[Statement, ...]
    keys: tuple[CaptureKey, ...]
    """That do something now."""
    question: Question | None
    reasons: tuple[Statement, ...]
    """Why it ended, the most pressing first."""
    simulated: bool


class Happening(StrEnum):
    """What an event says."""

    STEP = "step"
    """A step is shown."""
    BEGUN = "begun"
    """A task begins now."""
    REPETITION = "repetition"
    FAR_ENOUGH = "far_enough"
    """All repetitions, pumps or seconds are there."""
    KEPT = "kept"
    DROPPED = "dropped"
    """To be done again, or skipped."""
    PAUSED = "paused"
    RESUMED = "resumed"
    ANGLE_KNOWN = "angle_known"
    LIGHT = "light"
    TROUBLE = "trouble"
    TROUBLE_OVER = "trouble_over"
    QUESTION = "question"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class CaptureEvent:
    """One thing that happened."""

    kind: Happening
    at_s: float
    said: Statement
    """The same as a sentence."""
    step: PlanStep | None = None
    turn: int = -1
    """Which of the steps, from 0."""
    repetition: Repetition | None = None
    repetition_kind: EventKind | None = None
    number: int = 0
    """Of the repetition."""
    sensor: SensorLight | None = None


@dataclass(frozen=True, slots=True)
class CaptureResult:
    """What a capture leaves behind."""

    outcome: Outcome
    tasks: tuple[TaskInterval, ...]
    """On the time base of the samples."""
    answers: Answers
    red_flags: tuple[RedFlag, ...]
    stop_reasons: tuple[StopReason, ...]
    notes: dict[str, str]
    """For the recording: plan, steps left out or done again, why it ended."""
