"""Findings: for each leg, each side of the joint and each task, how close to the own end range.

Every comparison is reported, also where there is room to spare. Front (dorsiflexion) and back
(plantarflexion) are judged apart, because they need opposite things.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.core.capacity import reference_capacity
from sensor_screen.model import Direction, Finding, Panel, Task
from sensor_screen.rules import texts
from sensor_screen.rules.zones import place, zone_bands

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.model import Capacity, Demand, LegMeasures, ZoneBands
    from sensor_screen.rules.rulebook import RuleBook

PANELS = {
    Direction.DORSIFLEXION: Panel.ANTERIOR,
    Direction.PLANTARFLEXION: Panel.POSTERIOR,
}
"""Bending can pinch the front of the ankle, pointing the back."""


def find_positions(legs: Iterable[LegMeasures], book: RuleBook) -> tuple[Finding, ...]:
    """One finding for each demand whose leg has an end range in that direction; front first."""
    found = [
        _judge(demand, capacity, book)
        for leg in legs
        for demand in leg.demands
        if (capacity := reference_capacity(leg.capacities, demand.side, demand.direction))
    ]
    return tuple(sorted(found, key=_order))


def _order(finding: Finding) -> tuple[str, str]:
    return finding.side.value, finding.panel.value


def _judge(demand: Demand, capacity: Capacity, book: RuleBook) -> Finding:
    panel = PANELS[demand.direction]
    bands = zone_bands(demand, capacity, book)
    zone = place(demand.typical_rad, bands)
    meaning = texts.finding_meaning(panel, zone)
    if demand.task == Task.KICK:
        meaning = f"{meaning} {_count_kicks(demand, bands, book)}"
    return Finding(
        id=f"{demand.side.value}-{panel.value}-{demand.task.value}",
        side=demand.side,
        panel=panel,
        task=demand.task,
        zone=zone,
        demand=demand,
        capacity=capacity,
        bands=bands,
        sentence=texts.finding_sentence(demand.task, demand.side, panel, zone),
        meaning=meaning,
        threshold_note=_note(bands),
    )


def _count_kicks(demand: Demand, bands: ZoneBands, book: RuleBook) -> str:
    """Single kicks are counted against the line, as in the study that the share comes from."""
    return texts.kick_count(
        sum(peak > bands.end_range_rad for peak in demand.peaks_rad),
        sum(peak > bands.beyond_from_rad for peak in demand.peaks_rad),
        len(demand.peaks_rad),
        book.value("kick_share_past_line"),
    )


def _note(bands: ZoneBands) -> str:
    end_deg, error_deg = math.degrees(bands.end_range_rad), math.degrees(bands.error_rad)
    if not bands.resolved:
        return texts.unresolved_note(end_deg, error_deg)
    return texts.threshold_note(
        math.degrees(bands.amber_from_rad), math.degrees(bands.red_from_rad), end_deg, error_deg
    )
