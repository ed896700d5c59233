"""Tasks found without labels, against what simulated people did: time and repetitions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.pipeline import measure_recording
from sensor_screen.core.repetitions import DIRECTIONS
from sensor_screen.errors import ScreenError
from sensor_screen.model import Side, Task
from sensor_screen.session.span_scores import (
    SpanScore,
    covered_s,
    found_spans,
    merge_spans,
    score_spans,
    true_spans,
)
from sensor_screen.simulation import (
    BENCHMARK,
    HARSH,
    PEOPLE,
    Imperfections,
    Scenario,
    Step,
    simulate,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.model import LegMeasures
    from sensor_screen.session.span_scores import Span
    from sensor_screen.simulation import Simulation

FIRST_SEED = 100
"""People from here on: no test uses them."""
AROUND_S = 1.3
"""People are at rest for a second around a task, and a kick begins with a step: found so far
outside a task it is not wrong."""
BEFORE_A_WALK = "stand before a walk"
_ORDERED = (
    Step(Task.PUMP, 5),
    Step(Task.SQUAT, 3),
    Step(Task.LUNGE, 2),
    Step(Task.POINT, 2),
    Step(Task.WALK, 5),
    Step(Task.STAIRS_UP, 4),
    Step(Task.STAIRS_DOWN, 4),
    Step(Task.KICK, 2),
    Step(Task.BALANCE, 12.0),
)
_BOTH = (Side.LEFT, Side.RIGHT)


@dataclass(frozen=True, slots=True)
class TaskCondition:
    """What the sensors are like."""

    name: str
    rate_hz: float
    imperfections: Imperfections


TASK_CONDITIONS = (
    TaskCondition("50 Hz", 50.0, BENCHMARK),
    TaskCondition("100 Hz", 100.0, BENCHMARK),
    TaskCondition("200 Hz", 200.0, BENCHMARK),
    TaskCondition("100 Hz, soft tissue", 100.0, HARSH),
)


@dataclass(frozen=True, slots=True)
class TaskScore:
    """One task: seconds of it that were there, were found, and are both; and its repetitions."""

    true_s: float = 0.0
    recalled_s: float = 0.0
    found_s: float = 0.0
    right_s: float = 0.0
    """Of those found."""
    repetitions: SpanScore = field(default_factory=SpanScore)

    def __add__(self, other: TaskScore) -> TaskScore:
        return TaskScore(
            self.true_s + other.true_s,
            self.recalled_s + other.recalled_s,
            self.found_s + other.found_s,
            self.right_s + other.right_s,
            self.repetitions + other.repetitions,
        )

    @property
    def recall(self) -> float:
        """Share of the time of the task that was found as such."""
        return self.recalled_s / self.true_s if self.true_s else float("nan")

    @property
    def precision(self) -> float:
        """Share of the time found that is this task, or the rest around it."""
        return self.right_s / self.found_s if self.found_s else float("nan")


def score_people(condition: TaskCondition, seed: int) -> dict[str, TaskScore]:
    """Every task of one person, by its name: a screen, tasks in any order, and a walk.

    Args:
        condition: What the sensors are like.
        seed: The person; from `FIRST_SEED` on they are counted.
    """
    scores: dict[str, TaskScore] = {}
    for scenario in _scenarios(FIRST_SEED + seed):
        made = simulate(
            scenario,
            seed=FIRST_SEED + seed,
            rate_hz=condition.rate_hz,
            imperfections=condition.imperfections,
        )
        for name, score in score_tasks(made, short_stand=scenario.name == "walk"):
            scores[name] = scores.get(name, TaskScore()) + score
    return scores


def _scenarios(seed: int) -> tuple[Scenario, ...]:
    """What one person does: who it is, the order, the rests and the amounts are drawn."""
    random = np.random.default_rng([seed, 7])
    person = list(PEOPLE.values())[int(random.integers(len(PEOPLE)))]
    shuffled = tuple(
        replace(_ORDERED[i], rest_s=random.uniform(0.5, 2.0))
        for i in random.permutation(len(_ORDERED))
    )
    screen = tuple(replace(step, amount=step.amount + random.integers(3)) for step in _ORDERED)
    first = Step(Task.STAND, 2.5)
    walk = 3 * (Step(Task.STAND, 0.4, 2.6, rest_s=0.0), Step(Task.WALK, 8, rest_s=0.0))
    return (
        Scenario("in order", "as in a clinic", (first, *screen), person, _BOTH),
        Scenario("any order", "and short rests", (first, *shuffled), person, _BOTH),
        Scenario("walk", "walks, each after a short stand", walk, person),
    )


def score_tasks(made: Simulation, *, short_stand: bool = False) -> Iterator[tuple[str, TaskScore]]:
    """Each task of each leg of one recording that is measured without its labels, by name.

    Args:
        made: The recording, its labels and its truth.
        short_stand: Its stands are those before a walk.
    """
    try:
        legs = measure_recording(replace(made.recording, tasks=()))
    except ScreenError:
        legs = ()
    for side in made.truth:
        leg = next((one for one in legs if one.side is side), None)
        for task in Task:
            if task is Task.MOVE:
                continue
            name = BEFORE_A_WALK if task is Task.STAND and short_stand else _name(task)
            yield name, _score_task(made, side, leg, task)


def _score_task(made: Simulation, side: Side, leg: LegMeasures | None, task: Task) -> TaskScore:
    found = [] if leg is None else [(f.start_s, f.end_s) for f in leg.found_tasks if f.task is task]
    true = true_stretches(made, side, task)
    right_s = sum(covered_s(span, _where_right(made, side, task)) for span in found)
    repetitions = SpanScore()
    if task in DIRECTIONS:
        counted = [] if leg is None else found_spans(leg.repetitions, task)
        repetitions = score_spans(counted, true_spans(made.truth[side], task))
    return TaskScore(
        true_s=sum(b - a for a, b in true),
        recalled_s=sum(covered_s(span, found) for span in true),
        found_s=sum(b - a for a, b in found),
        right_s=right_s,
        repetitions=repetitions,
    )


def true_stretches(made: Simulation, side: Side, task: Task) -> list[Span]:
    """From the first to the last repetition of each label; stands and balances whole."""
    labels = [label for label in made.recording.tasks if label.task is task]
    if task is Task.BALANCE and labels:  # One leg after the other.
        labels = [one for one, leg in zip(labels, made.truth, strict=True) if leg is side]
    if task in (Task.STAND, Task.BALANCE):
        return [(label.start_s, label.end_s) for label in labels]
    spans = []
    for label in labels:
        mine = [
            r
            for r in made.truth[side].repetitions
            if r.task is task and label.start_s - 0.7 <= r.start_s < label.end_s
        ]
        if mine:
            spans.append((mine[0].start_s, mine[-1].end_s))
    return spans


def _where_right(made: Simulation, side: Side, task: Task) -> list[Span]:
    """Where this task may be found: it and the rest around it; a stand wherever nothing moves."""
    if task is not Task.STAND:
        true = true_stretches(made, side, task)
        return merge_spans([(a - AROUND_S, b + AROUND_S) for a, b in true])
    busy = [
        span for other in Task if other in _MOVING for span in true_stretches(made, side, other)
    ]
    end_s = float(made.truth[side].time_s[-1])
    edges_s = [0.0, *(edge for span in merge_spans(busy) for edge in span), end_s]
    return [(a, b) for a, b in zip(edges_s[::2], edges_s[1::2], strict=True) if b > a]


_MOVING = (*DIRECTIONS, Task.PUMP)


def _name(task: Task) -> str:
    return task.value.replace("_", " ")
