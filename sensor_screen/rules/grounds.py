"""The grounds of advice: everything that a line may rest on, and how a line is made from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sensor_screen.judgement import Advice, Level, Statement, Zone
from sensor_screen.model import Side
from sensor_screen.rules.complaints import gives_way, injuries, sides_of
from sensor_screen.rules.zones import zone_bands

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.judgement import (
        Answers,
        Case,
        Concern,
        Finding,
        PatternLabel,
        RuleResult,
    )
    from sensor_screen.rules.rulebook import RuleBook

NOTABLE = (Level.AMBER, Level.RED)
"""Levels of a rule that ask for something."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """Everything that a line may rest on."""

    case: Case
    findings: tuple[Finding, ...]
    results: tuple[RuleResult, ...]
    concerns: tuple[Concern, ...]
    patterns: tuple[PatternLabel, ...]
    book: RuleBook

    @property
    def answers(self) -> Answers:
        """Of this session."""
        return self.case.now.answers

    @property
    def sides(self) -> tuple[Side, ...]:
        """Every leg of which anything is known."""
        told = {*sides_of(self.case)}
        for part in (self.findings, self.results, self.concerns, self.patterns):
            told |= {one.side for one in part}
        return tuple(side for side in Side if side in told)

    def notable(self, side: Side, *rules: str) -> list[RuleResult]:
        """Results of these rules that ask for something."""
        return [
            result
            for result in self.results
            if result.rule in rules and result.side == side and result.level in NOTABLE
        ]

    def small_ranges(self, side: Side) -> list[Finding]:
        """Findings on a range too small for zones, however well it was measured."""
        return [f for f in self.findings if f.side == side and range_is_small(f, self.book)]

    def line(
        self,
        name: str,
        statements: Iterable[Statement],
        reason: Statement,
        rests_on: Iterable[str] = (),
        basis: str = "",
    ) -> Advice:
        """One line; its kind is the first part of its name."""
        kind = name.partition("-")[0]
        entry = self.book.advice[basis or kind]
        return Advice(
            id=name,
            kind=kind,
            statements=tuple(statements),
            reason=reason,
            grade=entry.grade,
            source=entry.source,
            rests_on=tuple(dict.fromkeys(rests_on)),
        )

    def general(self, kind: str, *more: Statement) -> Advice:
        """The line of one kind where nothing asks for a specific one."""
        said = (Statement(f"advice.{kind}.general"), *more)
        return self.line(kind, said, Statement("advice.reason.general"))

    def instability(self, side: Side) -> list[str]:
        """The answers that tell of an ankle that gives way or was sprained."""
        told = []
        if gives_way(self.answers, side):
            told.append("symptoms.gives_way")
        if "sprain" in injuries(self.answers, side):
            told.append("symptoms.earlier_injury")
        return told


def range_is_small(finding: Finding, book: RuleBook) -> bool:
    """Zones as wide as the smallest change do not fit, also if this recording had no error.

    What a poor recording hides is no small range: no zone of it is left, and its note says why.
    """
    demand, capacity = finding.demand, finding.capacity
    exact = zone_bands(replace(demand, sigma_rad=0.0), replace(capacity, sigma_rad=0.0), book)
    if exact.resolved:
        return False
    by_range = finding.threshold_note.key == "finding.note.unresolved"
    return by_range and finding.zone in {Zone.UNRESOLVED, Zone.BEYOND}
