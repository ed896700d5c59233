"""The care pathway: four steps, and which of them is the one to take now.

    nothing to note --complaint--> therapy --not better in time, or serious--> clinician
                                                                               |  decides on
    red flag: urgent, before all of them                                       v
                                                             prescriber, surgery

The screen never goes beyond the clinician: medication, injections and surgery need an examination
and imaging that it does not know of. These steps are shown as later ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import ConcernLevel, PathwayStep, Statement, Urgency, Verdict
from sensor_screen.rules.complaints import complains, largest_pain, sides_of

if TYPE_CHECKING:
    from sensor_screen.judgement import Case, Change, Concern, RedFlag
    from sensor_screen.rules.rulebook import RuleBook

STEPS = ("therapy", "clinician", "prescriber", "surgery")
"""In the order in which they are taken."""


def place_on_pathway(
    case: Case,
    concerns: tuple[Concern, ...],
    changes: tuple[Change, ...],
    flags: tuple[RedFlag, ...],
    book: RuleBook,
) -> tuple[PathwayStep, ...]:
    """All steps of care, at most one of them current.

    Args:
        case: For the weeks of care and the complaints.
        concerns: For each side of each joint.
        changes: Since earlier sessions; those against the baseline count.
        flags: With any of these a step of its own comes first, and is current.
        book: How long a trial of therapy takes.
    """
    steps = []
    current, why = _current(case, concerns, changes, flags, book)
    if current == "urgent":
        steps.append(PathwayStep("urgent", True, Statement("pathway.now.urgent", {"why": why})))
    reached = STEPS.index(current) if current in STEPS else -1
    for place, name in enumerate(STEPS):
        step = Statement(f"pathway.step.{name}", _trial(book) if name == "therapy" else {})
        if place == reached:
            said = Statement("pathway.now.step", {"step": step, "why": why})
        else:
            said = Statement(f"pathway.{'beside' if place < reached else 'later'}", {"step": step})
        steps.append(PathwayStep(name, place == reached, said))
    return tuple(steps)


def _trial(book: RuleBook) -> dict[str, object]:
    return {"least": book.shown("trial_least"), "most": book.shown("trial_most")}


def _current(
    case: Case,
    concerns: tuple[Concern, ...],
    changes: tuple[Change, ...],
    flags: tuple[RedFlag, ...],
    book: RuleBook,
) -> tuple[str, Statement]:
    """The step to take now and why; no step where nothing asks for care."""
    worst = max((concern.level for concern in concerns), default=ConcernLevel.NONE)
    if flags or worst == ConcernLevel.RED_FLAG:
        order = list(Urgency)
        pressing = min((f.urgency for f in flags), key=order.index, default=Urgency.CLINICIAN_FIRST)
        return "urgent", Statement(f"pathway.why.{pressing}")
    if worst == ConcernLevel.SEE_CLINICIAN:
        return "clinician", Statement("pathway.why.concern")
    complaining = any(complains(case.now.answers, side) for side in sides_of(case))
    if worst < ConcernLevel.DISCUSS and not complaining:
        return "", Statement("pathway.why.nothing")
    return _by_weeks(case, concerns, changes, book)


def _by_weeks(
    case: Case, concerns: tuple[Concern, ...], changes: tuple[Change, ...], book: RuleBook
) -> tuple[str, Statement]:
    weeks = case.now.answers.number("session.weeks_of_care")
    if _has_eased(case, concerns, changes):
        return "therapy", Statement("pathway.why.better")
    if weeks >= book.shown("trial_most"):
        return "clinician", Statement("pathway.why.weeks", {"weeks": weeks})
    if weeks >= book.shown("trial_least") and _stalled(case, concerns, changes):
        return "clinician", Statement("pathway.why.stalled", {"weeks": weeks})
    if weeks > 0.0:
        return "therapy", Statement("pathway.why.under_way", {"weeks": weeks})
    return "therapy", Statement("pathway.why.complaint")


def _has_eased(case: Case, concerns: tuple[Concern, ...], changes: tuple[Change, ...]) -> bool:
    """Nothing is worth discussing or hurts now, and something is really better than before."""
    answers = case.now.answers
    if any(concern.level >= ConcernLevel.DISCUSS for concern in concerns):
        return False
    legs = {side for side in sides_of(case) if complains(answers, side)}
    return all(
        largest_pain(answers, side) == 0.0
        and any(c.side == side and c.verdict is Verdict.BETTER for c in changes)
        and not any(c.side == side and c.verdict is Verdict.WORSE for c in changes)
        for side in legs
    )


def _stalled(case: Case, concerns: tuple[Concern, ...], changes: tuple[Change, ...]) -> bool:
    """A leg of concern was compared with its baseline, and nothing of it has really improved.

    What was never compared is not known to have stalled.
    """
    sides = {concern.side for concern in concerns if concern.level >= ConcernLevel.DISCUSS}
    sides |= {side for side in sides_of(case) if complains(case.now.answers, side)}
    for side in sides:
        verdicts = {c.verdict for c in changes if c.side == side and c.against == "baseline"}
        if verdicts and Verdict.BETTER not in verdicts:
            return True
    return False
