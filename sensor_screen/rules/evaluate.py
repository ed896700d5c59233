"""The order of judging: positions first, then what to change, then whom to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.rules import texts
from sensor_screen.rules.advice import advise
from sensor_screen.rules.findings import find_positions

if TYPE_CHECKING:
    from sensor_screen.model import Advice, Finding, LegMeasures
    from sensor_screen.rules.rulebook import RuleBook


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the measures of a person mean, under one rule book."""

    findings: tuple[Finding, ...]
    advice: tuple[Advice, ...]
    care_pathway: tuple[str, ...]
    disclaimer: str
    rulebook_version: str


def judge(legs: tuple[LegMeasures, ...], book: RuleBook) -> Judgement:
    """Judges the measures of one person; mirrored legs give a mirrored judgement."""
    findings = find_positions(legs, book)
    return Judgement(
        findings=findings,
        advice=advise(findings, book),
        care_pathway=texts.CARE_PATHWAY,
        disclaimer=texts.DISCLAIMER,
        rulebook_version=book.version,
    )
