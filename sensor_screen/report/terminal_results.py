"""Rules and changes in letters: each rule with figure and limits, this time beside before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Level
from sensor_screen.report.result_words import (
    base_rates_beside_sides,
    describe_limits,
    is_beside_sides,
    list_unjudged,
)

if TYPE_CHECKING:
    from sensor_screen.judgement import RuleResult
    from sensor_screen.report.telling import Telling
    from sensor_screen.report.terminal_page import Page

_WIDTHS = (6, 30, 14)
_WIDE = 80
_MARGIN = " " * _WIDTHS[0]


def show_results(told: Telling, page: Page) -> list[str]:
    """Each rule: of what, figure, level; where it matters its limits, grade and sentence below."""
    judged = [r for r in told.judgement.results if r.level is not Level.UNJUDGED]
    lines: list[str] = []
    rates: set[str] = set()
    for result in judged:
        lines += _row(result, told, page)
        said: list[str] = []
        if result.level is not Level.GREEN or result.within_error:
            limits = describe_limits(result, told)
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
    """Rules that could not be judged."""
    lines: list[str] = []
    for text in list_unjudged(told):
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


def list_base_rates(told: Telling, page: Page) -> list[str]:
    """How common such differences between the sides are in healthy people."""
    rates = base_rates_beside_sides(told)
    return [line for rate in rates for line in page.paragraph(rate, style="dim")]


def show_changes(told: Telling, page: Page) -> list[str]:
    """One line for each measure that was there before: then, now, and whether that is real."""
    lines = []
    for change in told.judgement.changes:
        lines += page.paragraph(told.say_change(change), first=" ·  ", indent="    ")
    return ["", *page.heading(told.text("heading.changes")), *lines] if lines else []
