"""A screen plan: what a person is asked and asked to do, in which order: data, read from TOML.

Each `[[step]]` is one of three: `ask` alone asks questions of the intake, `wear` waits until every
sensor sends, and `task` is done, with exactly one thing that it waits for: `still_s`, `pumps`,
`repetitions` or `seconds`. A task may ask afterwards. Its words are the messages
`capture.step.<task>` in every language.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from sensor_screen.errors import UsageError
from sensor_screen.model import Side, Task
from sensor_screen.rules.questionnaire import shipped_intake

SCHEMA = "sensor-screen-plan/1"
PLANS = ("clinic", "quick", "self-test")
"""Those that come with the software."""


class Wait(StrEnum):
    """What ends a task."""

    STILL = "still_s"
    """Seconds of stillness without a break."""
    PUMPS = "pumps"
    REPETITIONS = "repetitions"
    """Counted ones, of each leg that acts."""
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step; a plain list of questions where there is neither task nor wear."""

    task: Task | None = None
    """Also the label that is written."""
    wear: bool = False
    wait: Wait = Wait.SECONDS
    amount: float = 0.0
    each_leg: bool = False
    """One leg after the other; else all that carry sensors at once."""
    ask: tuple[str, ...] = ()
    """Sections or items of the intake; of a task, what is asked after it."""
    redo: bool = True
    """May be done again."""
    skip: bool = True
    """May be left out; what later steps rest on may not."""
    ready_s: float = 4.0
    """Countdown before it: time to read and to take one's place."""
    settle_s: float = 1.0
    """The label goes on for so long after the last repetition, so that its end is seen."""
    most_s: float = 120.0
    """After so long it ends by itself and what was done is kept: a person two metres away may not
    reach a key, and what the live count missed the report may still find."""
    side: Side = Side.NONE
    """Of a turn: the leg that acts; none where all do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in their order."""

    id: str
    legs: int
    """That carry sensors: 1 or 2."""
    steps: tuple[PlanStep, ...]

    def turns(self, sides: tuple[Side, ...]) -> tuple[PlanStep, ...]:
        """The steps of some legs: what is done by each leg in turn becomes one step a leg.

        Raises:
            UsageError: It is a plan for another number of legs.
        """
        if len(sides) != self.legs:
            legs = "one leg" if self.legs == 1 else "two legs"
            remedy = "add --side left or right" if self.legs == 1 else "leave out --side"
            raise UsageError(f"plan {self.id}", f"it is a plan for {legs}", remedy)
        turns: list[PlanStep] = []
        for step in self.steps:
            one_by_one = step.each_leg or len(sides) == 1
            turns += [replace(step, side=s) for s in sides] if one_by_one and step.task else [step]
        return tuple(turns)


def parse_plan(text: str, name: str) -> Plan:
    """A plan from its TOML text; `name` is what messages call it.

    Raises:
        UsageError: It is not TOML, or a step is not one that can be done.
    """
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else type(error).__name__
        raise UsageError(
            name, f"it is not TOML ({reason})", "compare it with a shipped plan"
        ) from None
    head, listed = table.get("plan"), table.get("step")
    if not isinstance(head, dict) or head.get("schema") != SCHEMA:
        raise UsageError(name, "it is no plan that is known here", f'add schema = "{SCHEMA}"')
    if head.get("legs") not in (1, 2) or not isinstance(listed, list) or not listed:
        raise UsageError(name, "it needs legs = 1 or 2 and at least one step", "add them")
    common = {"ready_s": head["ready_s"]} if "ready_s" in head else {}
    steps = tuple(
        _step(common | given, f"{name}, step {number}")
        if isinstance(given, dict)
        else _no_step(name)
        for number, given in enumerate(listed, start=1)
    )
    _check_order(steps, name)
    return Plan(str(head.get("id", name)), head["legs"], steps)


@cache
def shipped_plan(plan: str) -> Plan:
    """A plan that comes with the software.

    Raises:
        UsageError: There is none of that name.
    """
    if plan not in PLANS:
        raise UsageError(plan, "is no plan", f"choose one of {', '.join(PLANS)}, or name a file")
    file = resources.files(__package__).joinpath("plans", f"{plan}.toml")
    return parse_plan(file.read_text(encoding="utf-8"), plan)


def _no_step(name: str) -> PlanStep:
    raise UsageError(name, "a step is not a table", "write each as [[step]]")


def _step(given: dict[str, Any], where: str) -> PlanStep:
    known = {"ask", "wear", "task", "each_leg", "redo", "skip", "ready_s", "settle_s", "most_s"}
    waits = [wait for wait in Wait if wait in given]
    strange = sorted(set(given) - known - set(waits))
    if strange:
        raise UsageError(where, f"{strange[0]} is not known here", "leave it out")
    ask = _asked(given.get("ask", []), where)
    options: dict[str, Any] = {
        **{key: _flag(given, key, where) for key in ("each_leg", "redo", "skip") if key in given},
        **{
            key: _amount(given, key, where)
            for key in ("ready_s", "settle_s", "most_s")
            if key in given
        },
    }
    if "task" not in given:
        if waits or (not ask and not given.get("wear")):
            raise UsageError(
                where, "it neither asks, nor waits for sensors, nor has a task", "add one"
            )
        return PlanStep(wear=_flag(given, "wear", where), ask=ask, **options)
    if given["task"] not in list(Task) or given["task"] == Task.MOVE:
        raise UsageError(where, f"{given['task']!r} is no task", f"choose one of {', '.join(Task)}")
    if len(waits) != 1:
        raise UsageError(
            where, "it must wait for exactly one thing", f"give one of {', '.join(Wait)}"
        )
    amount = _amount(given, waits[0], where)
    return PlanStep(Task(given["task"]), wait=waits[0], amount=amount, ask=ask, **options)


def _asked(listed: Any, where: str) -> tuple[str, ...]:  # noqa: ANN401 - of a file
    intake = shipped_intake()
    known = {s.id for s in intake.sections} | {item.id for item in intake.items}
    if not isinstance(listed, list) or not all(name in known for name in listed):
        raise UsageError(
            where, f"{listed!r} is not a list of questions of the intake", "correct it"
        )
    return tuple(listed)


def _flag(given: dict[str, Any], key: str, where: str) -> bool:
    value = given.get(key, False)
    if not isinstance(value, bool):
        raise UsageError(where, f"{key} is {value!r}", "write true or false")
    return value


def _amount(given: dict[str, Any], key: str, where: str) -> float:
    value = given[key]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not 0 <= value <= 3600:
        raise UsageError(where, f"{key} is {value!r}", "write a number from 0 to 3600")
    return float(value)


def _check_order(steps: tuple[PlanStep, ...], name: str) -> None:
    """What the safety of a person and the angle rest on."""
    tasks = [k for k, step in enumerate(steps) if step.task is not None]
    if not tasks or not any(step.wear for step in steps[: tasks[0]]):
        raise UsageError(
            name, "no step waits for the sensors before the first task", "add wear = true"
        )
    if not any("red_flags" in step.ask for step in steps[: tasks[0]]):
        raise UsageError(
            name, "red flags are not asked before the first task", 'begin with ask = ["red_flags"]'
        )
    if steps[tasks[0]].task is not Task.STAND:
        raise UsageError(name, "its first task is not a still stand", 'begin with task = "stand"')
