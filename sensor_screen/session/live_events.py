"""What a live stream says: events as they happen, and a picture of everything so far.

Times are seconds on the common time base of the stream, angles radians, nan what is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensor_screen.core.live_repetitions import EventKind
    from sensor_screen.judgement import Zone, ZoneBands
    from sensor_screen.model import Calibration, Condition, Direction, Placement, Side, Task
    from sensor_screen.model import Repetition as CountedRepetition
    from sensor_screen.session.capture_view import Light


class LegState(StrEnum):
    """Whether a leg's angle is known, or what it waits for."""

    SENSOR = "waits_for_sensor"
    """Only one of its two sensors is known."""
    START = "waits_for_start"
    """Nobody saw what a sensor was set to: rate, ranges and times are not known."""
    STAND = "waits_for_stand"
    """It gathers a still stand and movement after it."""
    MOVEMENT = "waits_for_movement"
    """The stand is over; the leg has not moved as a whole."""
    RUNNING = "running"
    ENDED = "ended"
    """It cannot be gone on with; a new stand begins it anew."""


@dataclass(frozen=True, slots=True)
class Angle:
    """Where one ankle is."""

    side: Side
    time_s: float
    dorsiflexion_rad: float
    """nan where it is not valid."""
    error_rad: float
    """95 %; nan where it is not valid."""
    valid: bool
    marks: int
    """`AngleMark` bits: why it is not valid."""
    zone: Zone | None = None
    """Of this moment; None without a task that has zones, or without an end range."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """What is said of one repetition; the newest word of one number counts."""

    number: int
    """Of this leg in this stream, from 0."""
    kind: EventKind
    at_s: float
    repetition: CountedRepetition
    zone: Zone | None = None
    """Of its peak."""


@dataclass(frozen=True, slots=True)
class Zones:
    """Where the zones of the task at hand begin."""

    side: Side
    at_s: float
    task: Task
    direction: Direction
    condition: Condition
    """How the end range was taken."""
    bands: ZoneBands


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The angle of a leg is known from here on, or its sign turned out."""

    side: Side
    at_s: float
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class Leg:
    """What a leg waits for, or that it runs."""

    side: Side
    at_s: float
    state: LegState
    text: str
    """One sentence."""


@dataclass(frozen=True, slots=True)
class Link:
    """How one sensor is heard."""

    slot: int
    at_s: float
    serial: str
    side: Side
    placement: Placement | None
    """None: nobody says."""
    light: Light
    linked: bool
    received: float
    """Share of the newest seconds' samples."""
    battery_percent: int | None
    missing: int
    """Samples that may yet come."""


@dataclass(frozen=True, slots=True)
class TaskSaid:
    """A mark was heard."""

    at_s: float
    name: str
    """`task_begins`, `task_ends` or `task_dropped`."""
    task: Task | None


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a viewer should know."""

    at_s: float
    code: str
    text: str
    side: Side | None = None


LiveEvent = Angle | Repetition | Zones | Calibrated | Leg | Link | TaskSaid | Note


@dataclass(frozen=True, slots=True)
class LegPicture:
    """Everything so far of one leg."""

    leg: Leg
    calibrated: Calibrated | None
    zones: Zones | None
    repetitions: tuple[Repetition, ...]
    """The newest word on each."""
    left_out: int
    """Older repetitions that are no longer in it."""
    angles: tuple[Angle, ...]
    """Of the newest half minute."""


@dataclass(frozen=True, slots=True)
class LivePicture:
    """Everything so far of a stream."""

    at_s: float
    """Of the newest record."""
    legs: tuple[LegPicture, ...]
    links: tuple[Link, ...]
    tasks: tuple[tuple[Task, float, float | None], ...]
    """Task, begin and end; None: it is on."""
    notes: tuple[Note, ...]
