"""What a person reads first, in words that every face shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import ConcernLevel, Verdict, Zone

if TYPE_CHECKING:
    from sensor_screen.judgement import Change, Concern, Finding
    from sensor_screen.report.telling import Telling

CLOSENESS = [Zone.GREEN, Zone.UNRESOLVED, Zone.AMBER, Zone.RED, Zone.BEYOND]
"""Zones by how close they are to the end range."""
MOST_PIPS = 3
MOST_REASONS = 5
"""The most telling; all are in the JSON report."""


def lead(told: Telling) -> tuple[str, list[str]]:
    """What was found in one sentence, and sentences that can follow it, the most telling first.

    What was found comes first, then the largest real change since the last session.
    """
    first, others = _lead(told)
    changed = [told.say_change(change) for change in real_changes(told)]
    return first, [*others[:1], *changed[:1]]


def real_changes(told: Telling) -> list[Change]:
    """Since the last session, the largest first."""
    real = [
        change
        for change in told.judgement.changes
        if change.against == "last" and change.verdict in (Verdict.BETTER, Verdict.WORSE)
    ]
    return sorted(real, key=lambda change: -change.size)


def _lead(told: Telling) -> tuple[str, list[str]]:
    """The same without what has changed.

    Where something is worth discussing, that is the sentence, and its first reason the second. Else
    the first reason of a note leads, as what is felt counts more than a position. Where all was
    judged and nothing is to be noted, that is said before the position closest to its end.
    """
    findings = told.judgement.findings
    close = sorted((f for f in findings if f.zone != Zone.GREEN), key=_closeness, reverse=True)
    matters = [c for c in _by_level(told) if c.level >= ConcernLevel.DISCUSS]
    if matters:
        first = matters[0]
        return told.say(first.statement), [told.say(reason) for reason in first.why[:1]]
    noted = [c for c in _by_level(told) if c.level is ConcernLevel.NOTE and c.why]
    if noted:
        reasons = [told.say(concern.why[0]) for concern in noted]
        return reasons[0], [reason for reason in reasons if reason != reasons[0]]
    concerns = told.judgement.concerns
    judged = [f for f in close if f.zone != Zone.UNRESOLVED]
    if judged == close and close and concerns and all(c.judged for c in concerns):
        return told.clinic("verdict.quiet"), [told.say(close[0].statement)]
    if close:
        others = [told.say(f.statement) for f in close if f.panel != close[0].panel]
        return told.say(close[0].statement), others
    return told.clinic("verdict.all_green" if findings else "verdict.nothing"), []


def _closeness(finding: Finding) -> tuple[int, float]:
    return CLOSENESS.index(finding.zone), finding.demand.ratio


def _by_level(told: Telling) -> list[Concern]:
    return sorted(told.judgement.concerns, key=lambda concern: -concern.level)


def lead_plainly(told: Telling) -> str:
    """The first sentence for a healthy person."""
    room = told.judgement.room
    tight = [s for s in room if not s.key.endswith(".left")]
    if tight:
        kind = tight[0].key.rpartition(".")[2]
        return told.voice.text(f"wellness.headline.{kind}", **tight[0].values)
    return told.voice.text(f"wellness.headline.{'left' if room else 'none'}")
