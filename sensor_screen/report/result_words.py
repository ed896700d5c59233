"""Rules in words that every face shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Level
from sensor_screen.model import Task

if TYPE_CHECKING:
    from sensor_screen.judgement import Finding, RuleResult
    from sensor_screen.report.telling import Telling

_RANGE_TESTS = (Task.LUNGE, Task.POINT, None)


def describe_limits(result: RuleResult, told: Telling) -> str:
    """Its limits as they were applied, grade, and whether they are ours."""
    parts = []
    if limits := told.limits(result):
        parts.append(told.clinic("limits", limits=limits))
    elif any(_is_of(result, finding) for finding in told.judgement.findings):
        parts.append(told.clinic("by_zone"))
    if result.grade:
        parts.append(told.clinic("evidence_short", grade=result.grade))
    if result.default:
        parts.append(told.clinic("default"))
    return " · ".join(parts)


def _is_of(result: RuleResult, finding: Finding) -> bool:
    place = (finding.side, finding.panel, finding.task)
    return (result.side, result.panel, result.task) == place


def is_beside_sides(result: RuleResult, told: Telling) -> bool:
    """Whether its base rate is of a range test: it then stands below the table of both sides."""
    return bool(told.report.comparisons) and result.task in _RANGE_TESTS


def list_unjudged(told: Telling) -> list[str]:
    """Rules that could not be judged: one sentence a reason, with the first of its kind."""
    reasons: dict[str, list[RuleResult]] = {}
    for result in told.judgement.results:
        if result.level is Level.UNJUDGED:
            key = "" if result.statement is None else result.statement.key
            reasons.setdefault(key, []).append(result)
    lines = []
    for alike in reasons.values():
        rules = ", ".join(dict.fromkeys(result.rule for result in alike))
        said = alike[0].statement
        text = rules if said is None else f"{rules}: {told.say(said)}"
        if len(alike) > 1:
            text += f" {told.clinic('and_more', count=len(alike) - 1)}"
        lines.append(text)
    return lines


def base_rates_beside_sides(told: Telling) -> list[str]:
    """How common such differences between the sides are in healthy people."""
    rates = [
        told.say(result.base_rate)
        for result in told.judgement.results
        if result.base_rate is not None and is_beside_sides(result, told)
    ]
    return list(dict.fromkeys(rates))
