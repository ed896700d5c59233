"""The published schema of reports as a part of the description of the API.

References are written out: a part of the description is read from its own root.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sensor_screen.report.json_report import read_schema

Json = dict[str, Any]


@cache
def whole_report() -> Json:
    """Of `report.json`."""
    whole: Json = _part({key: value for key, value in read_schema().items() if key not in _OWN})
    return whole


def positions() -> Json:
    """Of the positions in impingement-prone ranges; see `report.stored_positions`."""
    finding = definition("finding")
    advice = {"type": "array", "items": definition("advice"), "description": "What to change"}
    told = ("schema", "schema_version", "software_version", "rulebook_version", "claims",
            "language", "origin", "source", "recorded_on", "marks", "disclaimer")  # fmt: skip
    parts = whole_report()["properties"]
    with_advice = {
        **finding,
        "properties": {**finding["properties"], "advice": advice},
        "required": [*finding["required"], "advice"],
    }
    return _object(
        {
            "report": _object({name: parts[name] for name in told}, "What its reader must know"),
            "red_flags": _listed(
                definition("red_flag"), "Where there is one, no position was judged"
            ),
            "positions": _listed(
                with_advice, "Each position at or near its end, the furthest first"
            ),
            "undecided": _listed(finding, "The data do not tell how close these come"),
            "judged": {"type": "integer", "minimum": 0, "description": "Positions in all"},
        },
        "Positions that fall into impingement-prone ranges, with prevention advice",
    )


def comparison() -> Json:
    """Of left beside right, and now beside before."""
    parts = whole_report()["properties"]
    told = ("claims", "language", "origin", "recorded_on", "marks", "disclaimer")
    return _object(
        {
            "report_id": {"type": "string", "description": "Where it comes from"},
            **{name: parts[name] for name in told},
            "earlier_sessions": _listed({"type": "string"}, "Ids of what it was compared with"),
            "sides": _listed(definition("comparison"), "Left beside right"),
            "changes": _listed(definition("change"), "Now beside earlier sessions"),
        },
        "Left beside right, and now beside the sessions before",
    )


def definition(name: str) -> Json:
    """One definition of the published schema."""
    found: Json = _part(read_schema()["$defs"][name])
    return found


_OWN = ("$schema", "$id", "$defs")


def _part(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, list):
        return [_part(one) for one in value]
    if not isinstance(value, dict):
        return value
    told = {key: _part(one) for key, one in value.items() if key != "$ref"}
    if "$ref" in value:
        return {**definition(value["$ref"].rpartition("/")[2]), **told}
    return told


def _object(properties: Json, description: str) -> Json:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _listed(items: Json, description: str) -> Json:
    return {"type": "array", "items": items, "description": description}


def example_positions() -> Json:
    """One position with one piece of advice."""
    said = "In squats, your right ankle comes to about the end of its bending range."
    finding = {
        "id": "right-anterior-squat",
        "side": "right",
        "panel": "anterior",
        "task": "squat",
        "zone": "red",
        "typical_deg": 20.1,
        "capacity_deg": 19.5,
        "ratio": 1.03,
        "ratio_error_95": 0.05,
        "bands": {
            "resolved": True,
            "amber_from_deg": 7.5,
            "red_from_deg": 13.5,
            "end_range_deg": 19.5,
            "beyond_from_deg": 25.5,
            "error_deg": 6.0,
        },
        "said": {"key": "finding.sentence.red", "text": said},
        "meaning": [],
        "threshold_note": {"key": "finding.note.resolved", "text": "Near end range from 13.5°."},
    }
    less = "Squat less deep for now if it hurts at the front of your right ankle."
    advice = {
        "id": "modify-right-anterior-squat",
        "kind": "modify",
        "said": [{"key": "advice.modify.if_it_hurts", "text": less}],
        "reason": {"key": "advice.reason.ratio", "text": "In squats: 103 ± 5 % of the range."},
        "grade": "D",
        "source": "Default of ours",
        "rests_on": ["right-anterior-squat"],
    }
    return {
        "report": {
            "schema": "screening-report-2",
            "schema_version": "2.1.0",
            "software_version": "0.1.0",
            "rulebook_version": "1.0.0",
            "claims": "clinician",
            "language": "en",
            "origin": "simulated",
            "source": "simulation",
            "recorded_on": "2026-11-27",
            "marks": ["simulated: no person was measured"],
            "disclaimer": ["This is a movement screen, not a diagnosis."],
        },
        "red_flags": [],
        "positions": [{**finding, "advice": [advice]}],
        "undecided": [],
        "judged": 1,
    }
