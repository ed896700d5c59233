"""What belongs on the lens of one side of one joint, for every face."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.core.capacity import reference_capacity
from sensor_screen.judgement import PANELS, Panel
from sensor_screen.model import Task

if TYPE_CHECKING:
    from sensor_screen.model import Capacity, Demand, LegMeasures
    from sensor_screen.report.telling import Telling

DIRECTIONS = {panel: direction for direction, panel in PANELS.items()}
"""The direction in which each side of the joint is used up."""


def unclear_tasks(leg: LegMeasures, panel: Panel, told: Telling) -> set[Task]:
    """Tasks of which nobody can say how much they left."""
    return {
        task
        for statement in told.judgement.room
        if statement.key == "wellness.room.unclear"
        and (statement.values["side"], statement.values["panel"]) == (leg.side, panel)
        and isinstance(task := statement.values["task"], Task)
    }


def find_panel(leg: LegMeasures, panel: Panel) -> tuple[Capacity | None, list[Demand]]:
    """The end range that counts for one side of the joint, and the demands on it."""
    direction = DIRECTIONS[panel]
    capacity = reference_capacity(leg.capacities, leg.side, direction)
    return capacity, [demand for demand in leg.demands if demand.direction == direction]
