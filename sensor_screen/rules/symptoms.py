"""Which answers speak for which side of one joint, and in which words they come back as reasons.

An answer counts for a side of the joint only where a place was named that belongs to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.judgement import Panel, Statement
from sensor_screen.model import Task
from sensor_screen.rules.sites import hurts_at, is_place_known

if TYPE_CHECKING:
    from sensor_screen.judgement import Answers
    from sensor_screen.model import Side
    from sensor_screen.rules.rulebook import RuleBook

COMPLAINTS: dict[Panel, tuple[str, ...]] = {
    Panel.ANTERIOR: ("squat_pain", "uphill_pain", "sprint_pain", "gives_way"),
    Panel.POSTERIOR: ("kick_pain", "downhill_pain", "pointing_pain"),
}
"""S2 to S5 and S6 to S8: what typically hurts at the front, and at the back."""
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
"""Tasks after which pain is asked."""


def complains(answers: Answers, side: Side, name: str) -> bool:
    """Whether a symptom was affirmed, be it a yes or how often."""
    item = f"symptoms.{name}"
    often = {"sometimes", "repeatedly"} & set(answers.choices(item, side))
    return answers.says(item, side) or bool(often)


def find_complaints(answers: Answers, side: Side, panel: Panel) -> dict[str, Statement]:
    """The affirmed symptoms of one side of the joint by item, where it hurts there."""
    if not hurts_at(answers, side, panel):
        return {}
    return {
        f"symptoms.{name}": Statement(f"concern.why.{name}", {"side": side, "panel": panel})
        for name in COMPLAINTS[panel]
        if complains(answers, side, name)
    }


def hurts_somewhere(answers: Answers, side: Side, book: RuleBook) -> bool:
    """Whether something hurts at a place that is neither clearly front nor clearly back."""
    if is_place_known(answers, side):
        return False
    names = {name for panel in Panel for name in COMPLAINTS[panel] if name != "gives_way"}
    return any(complains(answers, side, name) for name in sorted(names)) or any(
        answers.number(f"pain.{task.value}", side) >= book.shown("pain_any") for task in PAIN_TASKS
    )


def find_pains(answers: Answers, side: Side, panel: Panel, book: RuleBook) -> dict[Task, float]:
    """How much each task hurt at this side of the joint, where it did."""
    if not hurts_at(answers, side, panel):
        return {}
    pains = {task: answers.number(f"pain.{task.value}", side) for task in PAIN_TASKS}
    return {task: pain for task, pain in pains.items() if pain >= book.shown("pain_any")}
