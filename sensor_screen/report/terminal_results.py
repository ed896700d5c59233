"""Rules and changes in letters: each rule with figure and limits, this time beside before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Level
from sensor_screen.model import Task

if TYPE_CHECKING:
    from sensor_screen.judgement import RuleResult
    from sensor_screen.report.telling import Telling
    from sensor_screen.report.terminal_page import Page

_WIDTHS = (6, 29, 14)
_WIDE = 80
_RANGE_TESTS = (Task.LUNGE, Task.POINT, None)


def show_results(told: Telling, page: Page) -> list[str]:
    """Each rule: of what, figure, level; below it its limits, grade and sentence."""
    lines = []
    for result in told.judgement.results:
        lines += _row(result, told, page)
        lines += page.paragraph(_limits(result, told), first="     ", indent="     ", style="dim")
        if result.statement is not None:
            lines += page.paragraph(told.say(result.statement), first="     ", indent="     ")
        if result.base_rate is not None and not is_beside_sides(result, told):
            lines += page.paragraph(told.say(result.base_rate), first="     ", indent="     ")
    if not lines:
        return []
    head = [told.clinic(f"heading.rule_{name}") for name in ("id", "of", "value", "level")]
    title = ["", page.rule(), *page.heading(told.clinic("heading.results"))]
    return [*title, *_columns(head, page), *lines]


def _row(result: RuleResult, told: Telling, page: Page) -> list[str]:
    words = [told.voice.word(part) for part in (result.side, result.panel, result.task) if part]
    level = told.voice.word(result.level, "label")
    if result.within_error:
        level += f", {told.clinic('within_error')}"
    of = ", ".join(word for word in words if word)
    return _columns([result.rule, of, told.result_figure(result), level], page)


def _columns(words: list[str], page: Page) -> list[str]:
    """Rule, of what, figure, result; the last two below where the page is narrow."""
    rule, of, figure, level = (page.words(word) for word in words)
    head = rule.ljust(_WIDTHS[0]) + of.ljust(_WIDTHS[1])
    margin = " " * _WIDTHS[0]
    if page.width < _WIDE:
        below = page.paragraph(level, first=margin + f"{figure}  ".lstrip(), indent=margin)
        return [head.rstrip(), *below]
    return page.paragraph(
        level, first=head + figure.ljust(_WIDTHS[2] - 1) + " ", indent=" " * sum(_WIDTHS)
    )


def _limits(result: RuleResult, told: Telling) -> str:
    shown = [told.limit(limit, result.unit) for limit in (result.amber, result.red) if limit]
    parts = [told.clinic("limits", limits=" / ".join(shown)) if shown else told.clinic("by_zone")]
    if result.level is Level.UNJUDGED:
        parts = []
    if result.grade:
        parts.append(told.clinic("evidence_short", grade=result.grade))
    if result.default:
        parts.append(told.clinic("default"))
    return " · ".join(parts)


def is_beside_sides(result: RuleResult, told: Telling) -> bool:
    """Whether its base rate stands below the table of both sides."""
    return bool(told.report.comparisons) and result.task in _RANGE_TESTS


def list_base_rates(told: Telling, page: Page) -> list[str]:
    """How common such differences between the sides are in healthy people."""
    rates = [
        told.say(result.base_rate)
        for result in told.judgement.results
        if result.base_rate is not None and is_beside_sides(result, told)
    ]
    return [line for rate in dict.fromkeys(rates) for line in page.paragraph(rate, style="dim")]


def show_changes(told: Telling, page: Page) -> list[str]:
    """One line for each measure that was there before: then, now, and whether that is real."""
    lines = []
    for change in told.judgement.changes:
        lines += page.paragraph(told.say_change(change), first=" ·  ", indent="    ")
    return ["", *page.heading(told.text("heading.changes")), *lines] if lines else []
