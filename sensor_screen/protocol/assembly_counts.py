"""What became of the samples of a sensor, and why some will never come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensor_screen.protocol.sequence_ranges import SequenceRange

NOT_HELD = "the sensor no longer held these samples when they were asked for"
RESTARTED = "the sensor restarted before these samples were sent"
NEVER_STORED = "the sensor itself holds nothing under these numbers"
NEVER_CAME = "these samples were asked for and never came"
REASONS = (NOT_HELD, RESTARTED, NEVER_STORED, NEVER_CAME)


@dataclass(slots=True)
class AssemblyCounts:
    """What became of the samples that came."""

    received: int = 0
    """Kept, each once."""
    recovered: int = 0
    """Of these, by the backfill lane."""
    duplicate: int = 0
    """Held already, with the same bytes, or no longer comparable."""
    conflicting: int = 0
    """Held already, with other bytes: the first was kept."""
    conflicting_times: int = 0
    """Packets that came again with another time."""
    late: int = 0
    """Of a range that was given up and passed, or from before the beginning: not kept."""
    refused_packets: int = 0
    """Numbered too far from everything known."""
    refused_reports: int = 0
    """Status reports that contradict themselves or lie too far from everything known."""
    gone: int = 0
    """Never received, and given up."""

    def __add__(self, other: AssemblyCounts) -> AssemblyCounts:
        return AssemblyCounts(
            self.received + other.received,
            self.recovered + other.recovered,
            self.duplicate + other.duplicate,
            self.conflicting + other.conflicting,
            self.conflicting_times + other.conflicting_times,
            self.late + other.late,
            self.refused_packets + other.refused_packets,
            self.refused_reports + other.refused_reports,
            self.gone + other.gone,
        )


@dataclass(frozen=True, slots=True)
class GoneRange:
    """A gap that no request can fill."""

    boot_id: int
    range: SequenceRange
    reason: str
