"""Complaints: what the answers say of pain, injury and giving way of one leg, and where.

What was denied and what was not asked are both no complaint; who needs to tell them apart asks the
answers themselves. A symptom counts for a side of the joint only where a place was named that
belongs to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Panel, Statement
from sensor_screen.model import Side, Task

if TYPE_CHECKING:
    from sensor_screen.judgement import Answers, Case
    from sensor_screen.rules.rulebook import RuleBook

PLACES: dict[Panel, frozenset[str]] = {
    Panel.ANTERIOR: frozenset({"front", "front_inner", "front_outer"}),
    Panel.POSTERIOR: frozenset({"back", "back_inner", "back_outer"}),
}
"""Answers to where it hurts that belong to one side of the joint; `diffuse` to neither."""
PAIN_TASKS = (
    Task.LUNGE,
    Task.POINT,
    Task.SQUAT,
    Task.STAIRS_UP,
    Task.STAIRS_DOWN,
    Task.KICK,
    Task.BALANCE,
    Task.WALK,
)
"""Tasks with a pain score, in the order in which they are asked."""
_SYMPTOMS: dict[Panel, tuple[str, ...]] = {
    Panel.ANTERIOR: ("squat_pain", "uphill_pain", "sprint_pain", "gives_way"),
    Panel.POSTERIOR: ("kick_pain", "downhill_pain", "pointing_pain"),
}
"""S2 to S5 and S6 to S8: what typically troubles the front, and the back."""
_OTHER_SYMPTOMS = ("big_toe_pain", "locks")
_TASK_SYMPTOMS = {
    (Panel.ANTERIOR, Task.SQUAT): "squat_pain",
    (Panel.ANTERIOR, Task.STAIRS_UP): "uphill_pain",
    (Panel.POSTERIOR, Task.KICK): "kick_pain",
    (Panel.POSTERIOR, Task.STAIRS_DOWN): "downhill_pain",
}
_UNSTABLE = frozenset({"sometimes", "repeatedly"})


def sides_of(case: Case) -> tuple[Side, ...]:
    """Every leg that was measured or asked about, left first."""
    measured = {leg.side for leg in case.now.legs}
    asked = {side for _, side in case.now.answers.values if side is not Side.NONE}
    return tuple(side for side in Side if side in measured | asked)


# --- where ---------------------------------------------------------------------------------------


def hurts_at(answers: Answers, side: Side, panel: Panel) -> bool:
    """Whether a place was named that belongs to this side of the joint."""
    return bool(PLACES[panel] & set(answers.choices("symptoms.where", side)))


def is_place_known(answers: Answers, side: Side) -> bool:
    """Whether any place was named that tells front from back."""
    return any(hurts_at(answers, side, panel) for panel in Panel)


def hurts_somewhere(answers: Answers, side: Side, book: RuleBook) -> bool:
    """Whether something hurts at a place that is neither clearly front nor clearly back."""
    if is_place_known(answers, side):
        return False
    pains = (name for names in _SYMPTOMS.values() for name in names if name != "gives_way")
    return any(answers.says(f"symptoms.{name}", side) for name in pains) or any(
        score >= book.shown("pain_any") for score in _scores(answers, side).values()
    )


# --- one side of the joint -----------------------------------------------------------------------


def find_complaints(answers: Answers, side: Side, panel: Panel) -> dict[str, Statement]:
    """The affirmed symptoms of one side of the joint by item, where it hurts there."""
    if not hurts_at(answers, side, panel):
        return {}
    return {
        f"symptoms.{name}": Statement(f"concern.why.{name}", {"side": side, "panel": panel})
        for name in _SYMPTOMS[panel]
        if _has(answers, side, name)
    }


def find_pains(answers: Answers, side: Side, panel: Panel, book: RuleBook) -> dict[Task, float]:
    """How much each task hurt at this side of the joint, where it did."""
    if not hurts_at(answers, side, panel):
        return {}
    least = book.shown("pain_any")
    return {task: score for task, score in _scores(answers, side).items() if score >= least}


def hurts_in_task(answers: Answers, side: Side, panel: Panel, task: Task) -> bool:
    """Whether that side of the joint is said to hurt in that task.

    The place decides where it was told. Without one, only a symptom that belongs to this side of
    the joint does. A task that was scored with no pain does not hurt, unless a symptom says so.
    """
    item = _TASK_SYMPTOMS.get((panel, task))
    named = item is not None and answers.says(f"symptoms.{item}", side)
    if answers.number(f"pain.{task}", side) == 0.0 and not named:
        return False
    is_told = bool(answers.choices("symptoms.where", side))
    return hurts_at(answers, side, panel) if is_told else named


# --- one leg -------------------------------------------------------------------------------------


def complains(answers: Answers, side: Side) -> bool:
    """Whether anything of that leg is said to hurt, swell, lock or give way."""
    symptoms = (*(name for names in _SYMPTOMS.values() for name in names), *_OTHER_SYMPTOMS)
    return (
        any(answers.choices(f"symptoms.{item}", side) for item in ("where", "course"))
        or any(_has(answers, side, name) for name in symptoms)
        or bool(answers.choices("events.seen", side))
        or largest_pain(answers, side) > 0.0
        or answers.number("pain.next_day", side) > 0.0
        or answers.number("pain.before", side) > 0.0
    )


def largest_pain(answers: Answers, side: Side) -> float:
    """The largest score in any task; nan where none was given."""
    return max(
        (score for score in _scores(answers, side).values() if score >= 0.0), default=float("nan")
    )


def gives_way(answers: Answers, side: Side) -> bool:
    """Whether the ankle gives way, now and then or often."""
    return bool(_UNSTABLE & set(answers.choices("symptoms.gives_way", side)))


def injuries(answers: Answers, side: Side) -> tuple[str, ...]:
    """Earlier injuries of that leg."""
    return answers.choices("symptoms.earlier_injury", side)


def _has(answers: Answers, side: Side, name: str) -> bool:
    """Whether a symptom was affirmed, be it by a yes or by how often."""
    if name == "gives_way":
        return gives_way(answers, side)
    return answers.says(f"symptoms.{name}", side)


def _scores(answers: Answers, side: Side) -> dict[Task, float]:
    """Pain by task; nan where it was not told."""
    return {task: answers.number(f"pain.{task.value}", side) for task in PAIN_TASKS}
