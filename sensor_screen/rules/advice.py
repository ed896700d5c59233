"""Advice: six ways to prevent trouble, each with the findings it rests on, source and grade.

Front and back often need opposite things: a raised heel eases the front and loads the back. A line
that rests on no finding is general prevention, and says so by naming none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.judgement import Advice, Panel, Zone
from sensor_screen.model import Task
from sensor_screen.rules import texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sensor_screen.judgement import Finding
    from sensor_screen.model import Side
    from sensor_screen.rules.rulebook import RuleBook

_NEAR = (Zone.RED, Zone.BEYOND)
_TELLING = (*_NEAR, Zone.UNRESOLVED)
"""Zones that ask for a line of their own; getting close alone is no reason to change anything."""


def advise(findings: tuple[Finding, ...], book: RuleBook) -> tuple[Advice, ...]:
    """The six prevention measures, made specific where a finding asks for it."""
    return (
        *_modify(findings, book),
        *_footwear(findings, book),
        *_mobility(findings, book),
        _line("strength", texts.STRENGTH, (), book),
        _line("balance", texts.BALANCE, (), book),
        *_technique(findings, book),
    )


def _line(
    kind: str, sentence: str, findings: Iterable[Finding], book: RuleBook, name: str = ""
) -> Advice:
    basis = book.advice[kind]
    return Advice(
        id=f"{kind}-{name}" if name else kind,
        sentence=sentence,
        grade=basis.grade,
        source=basis.source,
        finding_ids=tuple(finding.id for finding in findings),
    )


def _modify(findings: tuple[Finding, ...], book: RuleBook) -> Iterator[Advice]:
    """One line for each position near or past end range, with the smallest change that leaves it.

    It is worded for the case that it hurts: near end range alone is no reason to change anything.
    """
    near = [finding for finding in findings if finding.zone in _NEAR]
    if not near:
        yield _line("modify", texts.MODIFY_GENERAL, (), book)
    for finding in near:
        template = texts.MODIFY.get((finding.panel, finding.task))
        template = template or texts.MODIFY[finding.panel, None]
        sentence = template.format(
            ankle=texts.ankle_name(finding.side),
            task=texts.SUBJECTS[finding.task][0].lower(),
            less=_smallest_change(finding),
        )
        yield _line("modify", sentence, [finding], book, finding.id)


def _smallest_change(finding: Finding) -> str:
    if not finding.bands.resolved:
        return ""
    excess_rad = finding.demand.typical_rad - finding.bands.red_from_rad
    # Rounded up, and at least one degree: zero would leave the peak on the line.
    degrees = math.floor(math.degrees(excess_rad)) + 1
    movement = "bend" if finding.panel == Panel.ANTERIOR else "pointing"
    return texts.MODIFY_LESS.format(degrees=degrees, movement=movement)


def _footwear(findings: tuple[Finding, ...], book: RuleBook) -> Iterator[Advice]:
    legs = list(_legs(findings))
    if not legs:
        yield _line("footwear", texts.FOOTWEAR_GENERAL, (), book)
    for side, where, close in legs:
        sentence = texts.FOOTWEAR[where].format(ankle=texts.ankle_name(side))
        yield _line("footwear", sentence, close, book, side.value)


def _mobility(findings: tuple[Finding, ...], book: RuleBook) -> Iterator[Advice]:
    legs = list(_legs(findings))
    if not legs:
        yield _line("mobility", texts.MOBILITY_GENERAL, (), book)
    change_deg = math.degrees(book.value("smallest_change_static"))
    for side, where, close in legs:
        sentence = texts.MOBILITY[where].format(ankle=texts.ankle_name(side), change=change_deg)
        yield _line("mobility", sentence, close, book, side.value)


def _technique(findings: tuple[Finding, ...], book: RuleBook) -> Iterator[Advice]:
    """A second pair of eyes for movements near end range, and where many kicks pass the line."""
    worth = [f for f in findings if f.zone in _NEAR or _many_past_line(f, book)]
    if not worth:
        yield _line("technique", texts.TECHNIQUE_GENERAL, (), book)
    for side in dict.fromkeys(finding.side for finding in worth):
        of_leg = [finding for finding in worth if finding.side == side]
        tasks = dict.fromkeys(texts.SUBJECTS[finding.task][0].lower() for finding in of_leg)
        sentence = texts.TECHNIQUE.format(tasks=", ".join(tasks), ankle=texts.ankle_name(side))
        yield _line("technique", sentence, of_leg, book, side.value)


def _many_past_line(finding: Finding, book: RuleBook) -> bool:
    peaks = finding.demand.peaks_rad
    past = sum(peak > finding.bands.end_range_rad for peak in peaks)
    return finding.task == Task.KICK and past > book.value("kick_share_worth_a_look") * len(peaks)


def _legs(
    findings: tuple[Finding, ...],
) -> Iterator[tuple[Side, tuple[bool, bool], list[Finding]]]:
    """Each leg with a telling finding: whether front and back come close, and in which findings.

    What eases one side loads the other, so here a side that only gets close counts too.
    """
    for side in dict.fromkeys(f.side for f in findings if f.zone in _TELLING):
        close = [f for f in findings if f.side == side and f.zone != Zone.GREEN]
        panels = {finding.panel for finding in close}
        yield side, (Panel.ANTERIOR in panels, Panel.POSTERIOR in panels), close
