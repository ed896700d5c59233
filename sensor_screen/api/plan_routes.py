"""Screen plans: what is done one after the other, with the words of the guide."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import Field

from sensor_screen.api.forms import Page, Shown
from sensor_screen.api.problems import responses
from sensor_screen.api.routing import Allowed, make_router
from sensor_screen.judgement import Language
from sensor_screen.service import plans

router = make_router("plans")
PlanName = Annotated[str, Path(max_length=40, pattern="^[a-z0-9-]+$", examples=["clinic"])]


class Said(Shown):
    """What a person is told."""

    side: str = Field(description="Of the leg; `none` where all do it.", examples=["left"])
    title: str = Field(examples=["Stand still"])
    text: str


class Step(Shown):
    """One step."""

    kind: str = Field(description="`ask`, `wear` or `task`.", examples=["task"])
    task: str | None = Field(examples=["lunge"])
    ends_by: str | None = Field(description="What `amount` counts.", examples=["repetitions"])
    amount: float | None
    each_leg: bool = Field(description="One leg after the other.")
    ask: list[str] = Field(description="Sections or items of the intake; of a task, after it.")
    redo: bool
    skip: bool
    ready_s: float = Field(description="Countdown before it.")
    settle_s: float = Field(description="The label goes on for so long after the last repetition.")
    most_s: float = Field(description="Ends by itself after so long.")
    said: list[Said]


class Plan(Shown):
    """Steps in their order."""

    id: str
    language: Language
    legs: int = Field(description="That carry sensors.")
    steps: list[Step]


@router.get("/plans", operation_id="plans.list")
def list_plans(_: Allowed, language: Language = Language.ENGLISH) -> Page[Plan]:
    """The plans that come with the software."""
    return Page(items=[Plan.model_validate(one) for one in plans.describe_plans(language)])


@router.get("/plans/{plan}", operation_id="plans.find", responses=responses(404))
def find_plan(plan: PlanName, _: Allowed, language: Language = Language.ENGLISH) -> Plan:
    """One plan, with what a person is told at each step."""
    return Plan.model_validate(plans.describe_plan(plan, language))
