"""Positions in impingement-prone ranges with their advice, from a stored report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sensor_screen.errors import UsageError
from sensor_screen.judgement import Claims, Zone

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]
PRONE = (Zone.BEYOND, Zone.RED, Zone.AMBER)
"""Zones at or near the end range, the furthest first."""
_KEPT = (
    "schema", "schema_version", "software_version", "rulebook_version", "claims", "language",
    "origin", "source", "recorded_on", "marks", "disclaimer",
)  # fmt: skip
"""What must stay with the positions of a report: what its reader must know."""


@dataclass(frozen=True, slots=True)
class StoredPositions:
    """The positions of one report; all are parts of it as they were decoded."""

    about: Json
    """Date, marks, disclaimer and versions, as in the report."""
    red_flags: tuple[Json, ...]
    """Where there is one, no position was judged."""
    close: tuple[tuple[Json, tuple[Json, ...]], ...]
    """Each position at or near its end, the furthest first, with the advice that rests on it."""
    undecided: tuple[Json, ...]
    """Positions of which the data do not tell how close they come."""
    judged: int
    """How many positions were judged in all."""


def find_close_positions(report: Mapping[str, Any], name: str) -> StoredPositions:
    """The positions at or near the end range.

    Args:
        report: As by `report_check.check_report`.
        name: What to call it: a file name.

    Raises:
        UsageError: It is the report of a healthy person, which judges no position.
    """
    if report["claims"] == Claims.WELLNESS:
        raise UsageError(
            name, "a wellness report judges no position", "screen with --claims clinician"
        )
    judgement = report["judgement"]
    findings = sorted(
        (f for f in judgement["findings"] if f["zone"] in PRONE),
        key=lambda finding: PRONE.index(Zone(finding["zone"])),
    )
    return StoredPositions(
        about={key: report[key] for key in _KEPT if key in report},
        red_flags=tuple(judgement["red_flags"]),
        close=tuple((finding, _advice_on(finding, judgement)) for finding in findings),
        undecided=tuple(f for f in judgement["findings"] if f["zone"] == Zone.UNRESOLVED),
        judged=len(judgement["findings"]),
    )


def positions_to_json(found: StoredPositions) -> Json:
    """The same as plain JSON values."""
    return {
        "report": found.about,
        "red_flags": list(found.red_flags),
        "positions": [{**finding, "advice": list(advice)} for finding, advice in found.close],
        "undecided": list(found.undecided),
        "judged": found.judged,
    }


def _advice_on(finding: Json, judgement: Json) -> tuple[Json, ...]:
    """What rests on a position, or on a rule about the same movement and side of the joint."""
    place = ("side", "panel", "task")
    ids = {finding["id"]} | {
        result["id"]
        for result in judgement["results"]
        if all(result[key] == finding[key] for key in place)
    }
    return tuple(one for one in judgement["advice"] if ids & set(one["rests_on"]))
