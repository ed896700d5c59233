"""What the measures mean, as JSON: each block with what is said, its keys and its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sensor_screen.report.json_numbers import deg, number
from sensor_screen.units import NORMAL_95

if TYPE_CHECKING:
    from sensor_screen.judgement import (
        Advice,
        Change,
        Concern,
        Finding,
        PatternLabel,
        ReadinessItem,
        RedFlag,
        RuleResult,
        Statement,
        ZoneBands,
    )
    from sensor_screen.report.telling import Telling

Json = dict[str, Any]


def judgement_to_json(told: Telling) -> Json:
    """The judgement as far as the claims allow; a red flag leaves no position and no rule."""
    judgement = told.judgement
    changes = [_change(change, told) for change in judgement.changes]
    if told.plain:
        return {
            "stop": [_statement(flag.statement, told) for flag in judgement.red_flags],
            "changes": changes,
            "room": [_statement(statement, told) for statement in judgement.room],
            "advice": [_gentle(advice, told) for advice in judgement.advice],
        }
    findings = () if told.stopped else judgement.findings
    results = () if told.stopped else judgement.results
    return {
        "red_flags": [_flag(flag, told) for flag in judgement.red_flags],
        "changes": changes,
        "findings": [_finding(finding, told) for finding in findings],
        "results": [_result(result, told) for result in results],
        "patterns": [_pattern(label, told) for label in judgement.patterns],
        "concerns": [_concern(concern, told) for concern in judgement.concerns],
        "advice": [_advice(advice, told) for advice in judgement.advice],
        "pathway": [
            {"id": step.id, "current": step.current, "said": _statement(step.statement, told)}
            for step in judgement.pathway
        ],
        "readiness": [_readiness(item, told) for item in judgement.readiness],
        "cards": [_statement(card, told) for card in judgement.cards],
    }


def _statement(statement: Statement, told: Telling) -> Json:
    return {"key": statement.key, "text": told.say(statement)}


def _maybe(statement: Statement | None, told: Telling) -> Json | None:
    return None if statement is None else _statement(statement, told)


def _flag(flag: RedFlag, told: Telling) -> Json:
    return {
        "id": flag.id,
        "urgency": flag.urgency.value,
        "said": _statement(flag.statement, told),
    }


def _finding(finding: Finding, told: Telling) -> Json:
    return {
        "id": finding.id,
        "side": finding.side.value,
        "panel": finding.panel.value,
        "task": finding.task.value,
        "zone": finding.zone.value,
        "typical_deg": deg(finding.demand.typical_rad),
        "capacity_deg": deg(finding.capacity.value_rad),
        "ratio": number(finding.demand.ratio, 4),
        "ratio_error_95": number(NORMAL_95 * finding.demand.ratio_sigma, 4),
        "bands": _bands(finding.bands),
        "said": _statement(finding.statement, told),
        "meaning": [_statement(statement, told) for statement in finding.meaning],
        "threshold_note": _statement(finding.threshold_note, told),
    }


def _bands(bands: ZoneBands) -> Json:
    return {
        "resolved": bands.resolved,
        "amber_from_deg": deg(bands.amber_from_rad),
        "red_from_deg": deg(bands.red_from_rad),
        "end_range_deg": deg(bands.end_range_rad),
        "beyond_from_deg": deg(bands.beyond_from_rad),
        "error_deg": deg(bands.error_rad),
    }


def _result(result: RuleResult, told: Telling) -> Json:
    return {
        "id": result.id,
        "rule": result.rule,
        "side": result.side.value,
        "panel": None if result.panel is None else result.panel.value,
        "task": None if result.task is None else result.task.value,
        "level": result.level.value,
        "value": number(result.value, 3),
        "error_95": number(result.error_95, 3),
        "unit": result.unit,
        "amber": result.amber,
        "red": result.red,
        "within_error": result.within_error,
        "rests_on": list(result.rests_on),
        "said": _maybe(result.statement, told),
        "base_rate": _maybe(result.base_rate, told),
        "grade": result.grade,
        "default": result.default,
    }


def _pattern(label: PatternLabel, told: Telling) -> Json:
    return {
        "side": label.side.value,
        "pattern": label.pattern.value,
        "front_points": number(label.front_points, 2),
        "back_points": number(label.back_points, 2),
        "rests_on": list(label.rests_on),
        "said": _statement(label.statement, told),
    }


def _concern(concern: Concern, told: Telling) -> Json:
    return {
        "side": concern.side.value,
        "panel": concern.panel.value,
        "level": int(concern.level),
        "judged": concern.judged,
        "word": told.voice.word(concern.level, "label"),
        "rests_on": list(concern.rests_on),
        "said": _statement(concern.statement, told),
        "why": [_statement(reason, told) for reason in concern.why],
    }


def _change(change: Change, told: Telling) -> Json:
    return {
        "side": change.side.value,
        "measure": change.measure,
        "what": told.foreign(change.what),
        "panel": None if change.panel is None else change.panel.value,
        "against": change.against,
        "now": number(change.now, 3),
        "before": number(change.before, 3),
        "smallest": number(change.smallest, 3),
        "smallest_is_own": change.smallest_is_own,
        "unit": change.unit,
        "verdict": change.verdict.value,
        "text": told.say_change(change),
    }


def _advice(advice: Advice, told: Telling) -> Json:
    return {
        "id": advice.id,
        "kind": advice.kind,
        "said": [_statement(statement, told) for statement in advice.statements],
        "reason": _statement(advice.reason, told),
        "grade": advice.grade,
        "source": advice.source,
        "rests_on": list(advice.rests_on),
    }


def _gentle(advice: Advice, told: Telling) -> Json:
    return {
        "id": advice.id,
        "kind": advice.kind,
        "said": [_statement(statement, told) for statement in advice.statements],
        "reason": _statement(advice.reason, told),
    }


def _readiness(item: ReadinessItem, told: Telling) -> Json:
    return {
        "id": item.id,
        "side": item.side.value,
        "state": item.state.value,
        "said": _statement(item.statement, told),
        "grade": item.grade,
        "source": item.source,
    }
