"""Findings: for each leg, each side of the joint and each task, how close to the own end range.

Every comparison is reported, also where there is room to spare. Front (dorsiflexion) and back
(plantarflexion) are judged apart, because they need opposite things.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.core.capacity import reference_capacity
from sensor_screen.judgement import PANELS, Finding, Statement
from sensor_screen.model import Task
from sensor_screen.rules.zones import place, zone_bands

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.judgement import ZoneBands
    from sensor_screen.model import Capacity, Demand, LegMeasures
    from sensor_screen.rules.rulebook import RuleBook


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
    meaning = [Statement(f"finding.meaning.{zone.name.lower()}", {"panel": panel})]
    if demand.task == Task.KICK:
        meaning.append(_count_kicks(demand, bands, book))
    return Finding(
        id=f"{demand.side.value}-{panel.value}-{demand.task.value}",
        side=demand.side,
        panel=panel,
        task=demand.task,
        zone=zone,
        demand=demand,
        capacity=capacity,
        bands=bands,
        statement=Statement(
            f"finding.sentence.{zone.name.lower()}",
            {"task": demand.task, "side": demand.side, "panel": panel},
        ),
        meaning=tuple(meaning),
        threshold_note=_note(bands),
    )


def _count_kicks(demand: Demand, bands: ZoneBands, book: RuleBook) -> Statement:
    """Single kicks are counted against the line, as in the study that the share comes from."""
    past = sum(peak > bands.end_range_rad for peak in demand.peaks_rad)
    return Statement(
        f"finding.kicks.{'past' if past else 'none_past'}",
        {
            "past": past,
            "past_error": sum(peak > bands.beyond_from_rad for peak in demand.peaks_rad),
            "count": len(demand.peaks_rad),
            "usual": 100.0 * book.value("kick_share_past_line"),
        },
    )


def _note(bands: ZoneBands) -> Statement:
    end_deg, error_deg = math.degrees(bands.end_range_rad), math.degrees(bands.error_rad)
    if not bands.resolved:
        return Statement("finding.note.unresolved", {"end_deg": end_deg, "error_deg": error_deg})
    return Statement(
        "finding.note.resolved",
        {
            "amber_deg": math.degrees(bands.amber_from_rad),
            "red_deg": math.degrees(bands.red_from_rad),
            "beyond_deg": math.degrees(bands.beyond_from_rad),
            "end_deg": end_deg,
            "error_deg": error_deg,
        },
    )
