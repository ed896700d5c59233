"""What a clinician entered by hand, as the measuring takes it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.core.capacity import CapacityEntry
from sensor_screen.core.leg_events import Entries
from sensor_screen.model import Direction, Side, Task
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from sensor_screen.judgement import Answers
    from sensor_screen.rules.rulebook import RuleBook

_PASSIVE = {
    Direction.DORSIFLEXION: "entries.dorsiflexion_passive_deg",
    Direction.PLANTARFLEXION: "entries.plantarflexion_passive_deg",
}


def entries_of(answers: Answers, book: RuleBook, given: Entries) -> Entries:
    """End ranges by goniometer and range tests that pain ended, added to what was given."""
    sigma_rad = book.value("goniometer_error") / NORMAL_95
    capacities = tuple(
        CapacityEntry(side, direction, math.radians(answers.number(item, side)), sigma_rad)
        for side in (Side.LEFT, Side.RIGHT)
        for direction, item in _PASSIVE.items()
        if answers.has(item, side)
    )
    painful = {
        (side, Task(test))
        for side in (Side.LEFT, Side.RIGHT)
        for test in answers.choices("entries.ended_by_pain", side)
    }
    return Entries(given.capacities + capacities, given.painful | painful)
