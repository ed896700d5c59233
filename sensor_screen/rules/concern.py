"""Concern: what positions, rule results and answers mean together, for each side of each joint.

A position alone is never more than a note: it takes a symptom at the same place, a restriction or
a difference between the legs. Front and back are weighed apart. Every reason is kept, the most
telling first, and the level is that of the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.judgement import (
    Concern,
    ConcernLevel,
    Level,
    Panel,
    Pattern,
    Statement,
    Zone,
)
from sensor_screen.model import Task
from sensor_screen.rules.complaints import find_complaints, find_pains, hurts_somewhere, sides_of
from sensor_screen.rules.improvement import has_not_improved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.judgement import (
        Answers,
        Case,
        Finding,
        PatternLabel,
        RedFlag,
        RuleResult,
    )
    from sensor_screen.model import Side
    from sensor_screen.rules.rulebook import RuleBook

NOTE, DISCUSS, SEE = ConcernLevel.NOTE, ConcernLevel.DISCUSS, ConcernLevel.SEE_CLINICIAN

_NEAR_END = (Zone.RED, Zone.BEYOND)
_RAISED = (Level.AMBER, Level.RED)
_RESTRICTION = ("L1", "N1")
_DIFFERENCE = {Panel.ANTERIOR: "L2", Panel.POSTERIOR: "P2"}
_END_RANGE = {Panel.ANTERIOR: Task.LUNGE, Panel.POSTERIOR: Task.POINT}
_PAINFUL_END = {Panel.ANTERIOR: "L3", Panel.POSTERIOR: "P1"}
_POSITIONS = ("Q1", "U1", "D1", "D2", "K1")
"""Rules that repeat a zone: only near or past the end range is it worth a note."""
_BALANCE = ("B1", "B2", "B3", "B4")
_FITS = {Panel.ANTERIOR: Pattern.FRONT, Panel.POSTERIOR: Pattern.BACK}


def weigh_concern(
    case: Case,
    findings: tuple[Finding, ...],
    results: tuple[RuleResult, ...],
    patterns: tuple[PatternLabel, ...],
    flags: tuple[RedFlag, ...],
    book: RuleBook,
) -> tuple[Concern, ...]:
    """One concern for each side of each joint that was measured or asked about."""
    return tuple(
        _raise_flag(side, panel, flags)
        if flags
        else _weigh(_View(case, side, panel, findings, results, book), patterns)
        for side in sides_of(case)
        for panel in Panel
    )


def _raise_flag(side: Side, panel: Panel, flags: tuple[RedFlag, ...]) -> Concern:
    return Concern(
        side=side,
        panel=panel,
        level=ConcernLevel.RED_FLAG,
        rests_on=tuple(flag.id for flag in flags),
        statement=Statement("concern.level.red_flag", {"side": side, "panel": panel}),
        why=tuple(flag.statement for flag in flags),
    )


@dataclass(frozen=True, slots=True)
class _Reason:
    level: ConcernLevel
    id: str
    statement: Statement | None


@dataclass(frozen=True, slots=True)
class _View:
    """What belongs to one side of one joint."""

    case: Case
    side: Side
    panel: Panel
    findings: tuple[Finding, ...]
    results: tuple[RuleResult, ...]
    book: RuleBook

    @property
    def answers(self) -> Answers:
        return self.case.now.answers

    @property
    def own_findings(self) -> tuple[Finding, ...]:
        """Findings at or past the end range."""
        return tuple(
            f
            for f in self.findings
            if (f.side, f.panel) == (self.side, self.panel) and f.zone in _NEAR_END
        )

    @property
    def is_judged(self) -> bool:
        """Whether a position could be told here; where none was found, whether a rule could.

        A range that was tested well says nothing of movements that were not measured well.
        """
        place = (self.side, self.panel)
        zones = [f.zone for f in self.findings if (f.side, f.panel) == place]
        if zones:
            return any(zone is not Zone.UNRESOLVED for zone in zones)
        levels = (r.level for r in self.results if (r.side, r.panel) == place)
        return any(level is not Level.UNJUDGED for level in levels)

    def raised(self, *rules: str, levels: tuple[Level, ...] = _RAISED) -> tuple[RuleResult, ...]:
        """Results of this side of this joint at these levels; of all rules where none is named."""
        return tuple(
            r
            for r in self.results
            if (r.side, r.panel) == (self.side, self.panel)
            and r.level in levels
            and (not rules or r.rule in rules)
        )

    def of_leg(self, *rules: str) -> tuple[RuleResult, ...]:
        """Red results that speak of the leg and not of one side of its joint."""
        return tuple(
            r
            for r in self.results
            if r.side is self.side and r.level is Level.RED and r.rule in rules
        )

    def pain_reason(self, level: ConcernLevel, task: Task) -> _Reason:
        """That a task hurt here."""
        named = {"task": task, "side": self.side, "panel": self.panel}
        return _Reason(level, f"pain.{task.value}", Statement("concern.why.pain", named))


def _weigh(view: _View, patterns: tuple[PatternLabel, ...]) -> Concern:
    found = (
        *_painful_end_range(view),
        *_leg_signs(view),
        *_painful_positions(view),
        *_restrictions(view),
        *_instability(view),
        *_notes(view),
    )
    highest: dict[str, _Reason] = {}
    for reason in found:
        if reason.id not in highest or reason.level > highest[reason.id].level:
            highest[reason.id] = reason
    reasons = sorted(highest.values(), key=lambda reason: -reason.level)
    level = reasons[0].level if reasons else ConcernLevel.NONE
    why: list[Statement] = []
    for reason in reasons:  # a rule that mirrors a position says the same sentence
        if reason.statement and reason.statement not in why:
            why.append(reason.statement)
    fitting = tuple(
        label.statement
        for label in patterns
        if reasons and label.side is view.side and label.pattern is _FITS[view.panel]
    )
    judged = bool(reasons) or view.is_judged
    key = level.name.lower() if judged else "unjudged"
    return Concern(
        side=view.side,
        panel=view.panel,
        level=level,
        rests_on=tuple(reason.id for reason in reasons),
        statement=Statement(f"concern.level.{key}", {"side": view.side, "panel": view.panel}),
        why=(*why, *fitting),
        judged=judged,
    )


# --- see a clinician soon ------------------------------------------------------------------------


def _painful_end_range(view: _View) -> Iterator[_Reason]:
    """Much pain at the end of a range that is clearly small, or smaller than the other's."""
    task = _END_RANGE[view.panel]
    pain = find_pains(view.answers, view.side, view.panel, view.book).get(task, 0.0)
    if pain < view.book.shown("pain_at_end_range"):
        return
    rules = (*_RESTRICTION, _DIFFERENCE[view.panel])
    if results := view.raised(*rules, levels=(Level.RED,)):
        yield view.pain_reason(SEE, task)
        yield from (_Reason(SEE, r.id, r.statement) for r in results)


def _leg_signs(view: _View) -> Iterator[_Reason]:
    """What needs a clinician by itself: giving way (a sign of the front), locking, no progress."""
    answers, side = view.answers, view.side
    named = {"side": side, "panel": view.panel}
    often = "repeatedly" in answers.choices("symptoms.gives_way", side)
    if often and view.panel is Panel.ANTERIOR:
        said = Statement("concern.why.gives_way_repeatedly", named)
        yield _Reason(SEE, "symptoms.gives_way", said)
    said = Statement("concern.why.locks", named)
    if answers.says("symptoms.locks", side):
        yield _Reason(SEE, "symptoms.locks", said)
    if "locked" in answers.choices("events.seen", side):
        yield _Reason(SEE, "events.seen", said)
    if has_not_improved(view.case, side, view.panel, view.book):
        said = Statement("concern.why.no_improvement", named)
        yield _Reason(SEE, "session.weeks_of_care", said)


# --- worth discussing ----------------------------------------------------------------------------


def _painful_positions(view: _View) -> Iterator[_Reason]:
    """A position near the end, or a smaller end range, on the side of the joint that hurts."""
    if hurts_somewhere(view.answers, view.side, view.book):
        said = Statement("concern.why.unplaced", {"side": view.side})
        yield _Reason(NOTE, "symptoms.where", said)
    complaints = find_complaints(view.answers, view.side, view.panel)
    pains = find_pains(view.answers, view.side, view.panel, view.book)
    positions = [(f.id, f.task, f.statement) for f in view.own_findings]
    differences = view.raised(_DIFFERENCE[view.panel])
    positions += [(r.id, _END_RANGE[view.panel], r.statement) for r in differences if r.statement]
    for name, task, statement in positions:
        if task in pains or complaints:
            yield _Reason(DISCUSS, name, statement)
            if task in pains:
                yield view.pain_reason(DISCUSS, task)
            yield from (_Reason(DISCUSS, item, said) for item, said in complaints.items())
    for result in view.raised(_PAINFUL_END[view.panel], levels=(Level.RED,)):
        yield _Reason(DISCUSS, result.id, result.statement)


def _restrictions(view: _View) -> Iterator[_Reason]:
    for result in view.raised(*_RESTRICTION, levels=(Level.RED,)):
        yield _Reason(DISCUSS, result.id, result.statement)


def _instability(view: _View) -> Iterator[_Reason]:
    """An unstable ankle that also balances poorly; it belongs to the front."""
    unstable, unsteady = view.of_leg("I1"), view.of_leg(*_BALANCE)
    if view.panel is Panel.ANTERIOR and unstable and unsteady:
        yield from (_Reason(DISCUSS, r.id, r.statement) for r in (*unstable, *unsteady))


# --- for information -----------------------------------------------------------------------------


def _notes(view: _View) -> Iterator[_Reason]:
    """What is felt first, then what the leg lacks, then how close a movement comes."""
    for task in find_pains(view.answers, view.side, view.panel, view.book):
        yield view.pain_reason(NOTE, task)
    complaints = find_complaints(view.answers, view.side, view.panel)
    yield from (_Reason(NOTE, item, said) for item, said in complaints.items())
    lacking = view.raised(_DIFFERENCE[view.panel], *_RESTRICTION)
    lacking = tuple(sorted(lacking, key=lambda result: result.within_error))  # what is sure first
    yield from (_Reason(NOTE, r.id, r.statement) for r in lacking)
    if view.panel is Panel.ANTERIOR:  # an ankle that gives way is a matter of the front
        unsteady = view.of_leg("I1", *_BALANCE)
        yield from (_Reason(NOTE, r.id, r.statement) for r in unsteady)
    yield from (_Reason(NOTE, f.id, f.statement) for f in view.own_findings)
    raised = [r for r in view.raised() if r.rule not in _POSITIONS]
    yield from (_Reason(NOTE, r.id, r.statement) for r in raised)
