"""Shipped screen plans, as steps with the words of the guide."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sensor_screen.errors import NotFoundError
from sensor_screen.model import Side
from sensor_screen.rules.voice import Voice
from sensor_screen.session.capture_view import Phase
from sensor_screen.session.capture_words import big_words, sentence
from sensor_screen.session.plan import PLANS, shipped_plan

if TYPE_CHECKING:
    from sensor_screen.judgement import Language
    from sensor_screen.session.plan import Plan, PlanStep

Json = dict[str, Any]


def describe_plans(language: Language) -> list[Json]:
    """Every shipped plan with its steps."""
    return [describe_plan(name, language) for name in PLANS]


def describe_plan(name: str, language: Language) -> Json:
    """A plan with its steps.

    Raises:
        NotFoundError: There is none of that name.
    """
    if name not in PLANS:
        raise NotFoundError(f"plan {name[:40]!r}", "is not there", f"use {', '.join(PLANS)}")
    plan, voice = shipped_plan(name), Voice(language)
    return {
        "id": plan.id,
        "language": language.value,
        "legs": plan.legs,
        "steps": [_step(step, plan, voice) for step in plan.steps],
    }


def _step(step: PlanStep, plan: Plan, voice: Voice) -> Json:
    kind = "wear" if step.wear else "ask" if step.task is None else "task"
    phase = {"wear": Phase.WEARING, "ask": Phase.ASKING, "task": Phase.DOING}[kind]
    one_by_one = step.task is not None and (step.each_leg or plan.legs == 1)
    sides = (Side.LEFT, Side.RIGHT) if one_by_one else (Side.NONE,)
    turns = [replace(step, side=side) for side in sides]
    return {
        "kind": kind,
        "task": None if step.task is None else step.task.value,
        "ends_by": None if step.task is None else step.wait.value,
        "amount": None if step.task is None else step.amount,
        "each_leg": step.each_leg,
        "ask": list(step.ask),
        "redo": step.redo,
        "skip": step.skip,
        "ready_s": step.ready_s,
        "settle_s": step.settle_s,
        "most_s": step.most_s,
        "said": [
            {
                "side": turn.side.value,
                "title": voice.say(big_words(phase, turn, None)),
                "text": voice.say(sentence(phase, turn, None)),
            }
            for turn in turns
        ],
    }
