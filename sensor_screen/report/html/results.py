"""Every rule with its figure, limits and result, for clinicians."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Level
from sensor_screen.report.html.markup import Markup, join, tag
from sensor_screen.report.html.tables import table
from sensor_screen.report.html.verdict import listed
from sensor_screen.report.result_words import describe_limits, is_beside_sides, list_unjudged

if TYPE_CHECKING:
    from sensor_screen.judgement import RuleResult
    from sensor_screen.report.telling import Telling


def show_results(told: Telling) -> Markup:
    """The table, then the rules that could not be judged."""
    judged = [r for r in told.judgement.results if r.level is not Level.UNJUDGED]
    said: set[str] = set()
    rows = [_row(result, said, told) for result in judged]
    heads = [told.clinic(f"heading.rule_{name}") for name in ("id", "of", "value", "level")]
    heads += [told.clinic(f"page.head.{name}") for name in ("limits", "found")]
    kinds = {i: _kind(result) for i, result in enumerate(judged)}
    parts = []
    if rows:
        caption = told.clinic("defaults")
        parts += [
            tag("h2", told.clinic("heading.results")),
            table(caption, heads, rows, wide=True, flows=True, kinds=kinds),
        ]
    if unjudged := list_unjudged(told):
        parts += [tag("h3", told.clinic("heading.unjudged")), listed(unjudged)]
    return tag("section", *parts, class_="card alone stack") if parts else Markup()


def _kind(result: RuleResult) -> str:
    """How much of it paper needs: a measure that did not change is in the list of changes."""
    if result.level is not Level.GREEN:
        return ""
    is_change = result.statement is not None and result.statement.key.startswith("change.")
    return "quiet told" if is_change else "quiet"


def _row(result: RuleResult, said: set[str], told: Telling) -> list[str]:
    words = [told.voice.word(part) for part in (result.side, result.panel, result.task) if part]
    level = told.voice.word(result.level, "label")
    if result.within_error:
        level += f" ({told.clinic('within_error')})"
    found = "" if result.statement is None else told.say(result.statement)
    return [
        result.rule,
        ", ".join(word for word in words if word),
        told.result_figure(result),
        level,
        describe_limits(result, told),
        join(found, _base_rate(result, said, told)),
    ]


def _base_rate(result: RuleResult, said: set[str], told: Telling) -> Markup:
    """How common it is, once for all results that it is said of."""
    if result.base_rate is None or is_beside_sides(result, told):
        return Markup()
    text = told.say(result.base_rate)
    if text in said:
        return Markup()
    said.add(text)
    return tag("small", text)
