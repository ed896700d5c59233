"""Peaks, time near the end and changes within a task, for every face."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.core.capacity import RANGE_TESTS
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from sensor_screen.model import Demand, Direction, LegMeasures, Task
    from sensor_screen.report.telling import Telling


def find_peaks(
    leg: LegMeasures, task: Task, direction: Direction
) -> tuple[float, float, tuple[float, ...]] | None:
    """Best trial of a range test or typical peak of a task, its sigma, and all peaks."""
    if task in RANGE_TESTS:
        for capacity in leg.capacities:
            if (capacity.condition, capacity.direction) == (task.value, direction):
                return capacity.value_rad, capacity.sigma_rad, capacity.trials_rad
    for demand in leg.demands:
        if (demand.task, demand.direction) == (task, direction):
            return demand.typical_rad, demand.sigma_rad, demand.peaks_rad
    return None


def exposure_words(demand: Demand, told: Telling) -> list[str]:
    exposure = demand.exposure
    if exposure is None or exposure.time_high_s == 0.0:
        return []
    speed = ""
    if math.isfinite(exposure.entry_velocity_radps):
        speed = told.clinic("entered_at", speed_degps=math.degrees(exposure.entry_velocity_radps))
    said = told.clinic(
        "near_end",
        time_s=exposure.time_s,
        entries=exposure.entries,
        share=100 * exposure.share,
        low_s=exposure.time_low_s,
        high_s=exposure.time_high_s,
    )
    return [said + speed]


def trend_words(demand: Demand, told: Telling) -> list[str]:
    """Only a change beyond its own scatter is worth a line."""
    trend = demand.trend
    if trend is None or abs(trend.change_rad) <= NORMAL_95 * trend.sigma_rad:
        return []
    change = told.figure(
        abs(math.degrees(trend.change_rad)), NORMAL_95 * math.degrees(trend.sigma_rad)
    )
    return [told.text("peaks_grew" if trend.change_rad > 0 else "peaks_fell", change=change)]
