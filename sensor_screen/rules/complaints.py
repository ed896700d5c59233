"""Complaints: what the answers say of pain, injury and giving way of one leg, and where.

What was denied and what was not asked are both no complaint; who needs to tell them apart asks the
answers themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Panel
from sensor_screen.model import Side, Task

if TYPE_CHECKING:
    from sensor_screen.judgement import Answers, Case

PLACES = {
    Panel.ANTERIOR: ("front", "front_inner", "front_outer"),
    Panel.POSTERIOR: ("back", "back_outer", "back_inner"),
}
"""Answers to where it hurts that match one side of the joint."""
PAIN_ITEMS = (
    "lunge", "point", "squat", "stairs_up", "stairs_down", "kick", "balance", "walk",
)  # fmt: skip
"""Tasks with a pain score, in the order in which they are asked."""
_TASK_SYMPTOMS = {
    (Panel.ANTERIOR, Task.SQUAT): "squat_pain",
    (Panel.ANTERIOR, Task.STAIRS_UP): "uphill_pain",
    (Panel.POSTERIOR, Task.KICK): "kick_pain",
    (Panel.POSTERIOR, Task.STAIRS_DOWN): "downhill_pain",
}
_YES_NO = (
    "squat_pain", "uphill_pain", "sprint_pain", "kick_pain", "downhill_pain", "pointing_pain",
    "big_toe_pain", "locks",
)  # fmt: skip
_UNSTABLE = ("sometimes", "repeatedly")


def hurts_in_task(answers: Answers, side: Side, panel: Panel, task: Task) -> bool:
    """Whether that side of the joint is said to hurt in that task.

    The place decides where it was told. Without one, only a symptom that belongs to this side of
    the joint does. A task that was scored with no pain does not hurt, unless a symptom says so.
    """
    item = _TASK_SYMPTOMS.get((panel, task))
    named = item is not None and answers.says(f"symptoms.{item}", side)
    if answers.number(f"pain.{task}", side) == 0.0 and not named:
        return False
    places = answers.choices("symptoms.where", side)
    return bool(set(places) & set(PLACES[panel])) if places else named


def largest_pain(answers: Answers, side: Side) -> float:
    """The largest score in any task; nan where none was given."""
    scores = [answers.number(f"pain.{item}", side) for item in PAIN_ITEMS]
    given = [score for score in scores if score >= 0.0]
    return max(given) if given else float("nan")


def complains(answers: Answers, side: Side) -> bool:
    """Whether anything of that leg is said to hurt, swell, lock or give way."""
    return (
        any(answers.choices(f"symptoms.{item}", side) for item in ("where", "course"))
        or any(answers.says(f"symptoms.{item}", side) for item in _YES_NO)
        or bool(answers.choices("events.seen", side))
        or gives_way(answers, side)
        or largest_pain(answers, side) > 0.0
        or answers.number("pain.next_day", side) > 0.0
        or answers.number("pain.before", side) > 0.0
    )


def gives_way(answers: Answers, side: Side) -> bool:
    """Whether the ankle gives way, now and then or often."""
    return bool(set(answers.choices("symptoms.gives_way", side)) & set(_UNSTABLE))


def injuries(answers: Answers, side: Side) -> tuple[str, ...]:
    """Earlier injuries of that leg."""
    return answers.choices("symptoms.earlier_injury", side)


def sides_of(case: Case) -> tuple[Side, ...]:
    """Every leg that was measured or asked about, left first."""
    measured = {leg.side for leg in case.now.legs}
    asked = {side for _, side in case.now.answers.values if side != Side.NONE}
    return tuple(side for side in Side if side in measured | asked)
