"""Rules and changes in letters: each rule with figure and limits, this time beside before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Level
from sensor_screen.model import Task

if TYPE_CHECKING:
    from sensor_screen.judgement import Finding, RuleResult
    from sensor_screen.report.telling import Telling
    from sensor_screen.report.terminal_page import Page

_WIDTHS = (6, 30, 14)
_WIDE = 80
_MARGIN = " " * _WIDTHS[0]
_RANGE_TESTS = (Task.LUNGE, Task.POINT, None)


def show_results(told: Telling, page: Page) -> list[str]:
    """Each rule: of what, figure, level; where it matters its limits, grade and sentence below."""
    judged = [r for r in told.judgement.results if r.level is not Level.UNJUDGED]
    lines: list[str] = []
    rates: set[str] = set()
    for result in judged:
        lines += _row(result, told, page)
        said: list[str] = []
        if result.level is not Level.GREEN or result.within_error:
            limits = _limits(result, told)
            lines += page.paragraph(limits, first=_MARGIN, indent=_MARGIN, style="dim")
            said += [] if result.statement is None else [told.say(result.statement)]
        said += _say_base_rate(result, rates, told)
        for text in said:
            lines += page.paragraph(text, first=_MARGIN, indent=_MARGIN)
    if lines:
        head = [told.clinic(f"heading.rule_{name}") for name in ("id", "of", "value", "level")]
        title = ["", page.rule(), *page.heading(told.clinic("heading.results"))]
        title += page.paragraph(told.clinic("defaults"), style="dim")
        lines = [*title, *_columns(head, page), *lines]
    return lines + _list_unjudged(told, page)


def _say_base_rate(result: RuleResult, said: set[str], told: Telling) -> list[str]:
    """How common it is, once for all results that it is said of."""
    if result.base_rate is None or is_beside_sides(result, told):
        return []
    text = told.say(result.base_rate)
    if text in said:
        return []
    said.add(text)
    return [text]


def _list_unjudged(told: Telling, page: Page) -> list[str]:
    """Rules that could not be judged: one line a reason, with the first of its kind."""
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
        lines += page.paragraph(text, first=" ·  ", indent="    ")
    return ["", *page.heading(told.clinic("heading.unjudged")), *lines] if lines else []


def _row(result: RuleResult, told: Telling, page: Page) -> list[str]:
    words = [told.voice.word(part) for part in (result.side, result.panel, result.task) if part]
    level = told.voice.word(result.level, "label")
    if result.within_error:
        level += f" ({told.clinic('within_error')})"
    of = ", ".join(word for word in words if word)
    return _columns([result.rule, of, told.result_figure(result), level], page)


def _columns(words: list[str], page: Page) -> list[str]:
    """Rule, of what, figure, result; the last two below where the page is narrow."""
    rule, of, figure, level = (page.words(word) for word in words)
    head = rule.ljust(_WIDTHS[0]) + of.ljust(_WIDTHS[1])
    if page.width < _WIDE:
        below = page.paragraph(level, first=_MARGIN + f"{figure}  ".lstrip(), indent=_MARGIN)
        return [head.rstrip(), *below]
    return page.paragraph(
        level, first=head + figure.ljust(_WIDTHS[2] - 1) + " ", indent=" " * sum(_WIDTHS)
    )


def _limits(result: RuleResult, told: Telling) -> str:
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
