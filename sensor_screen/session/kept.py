"""What a guided capture keeps of the tasks that were done: labels of each turn, and notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sensor_screen.model import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.model import TaskInterval
    from sensor_screen.session.plan import PlanStep


@dataclass(frozen=True, slots=True)
class _Turn:
    """A stretch in which one leg works says nothing of the other one."""

    number: int
    side: Side
    labels: tuple[TaskInterval, ...]


@dataclass(slots=True)
class Kept:
    """Labels and notes."""

    notes: dict[str, str]
    turns: list[_Turn] = field(default_factory=list)

    def add(self, number: int, side: Side, labels: Sequence[TaskInterval]) -> None:
        """Labels of one turn."""
        self.turns.append(_Turn(number, side, tuple(labels)))

    def drop(self, number: int) -> None:
        """That turn is done again."""
        self.turns = [turn for turn in self.turns if turn.number != number]

    def labels(self, side: Side = Side.NONE) -> list[TaskInterval]:
        """All of them in order of time, or those in which a leg acts."""
        mine = [t for t in self.turns if Side.NONE in (side, t.side) or t.side is side]
        return sorted((one for turn in mine for one in turn.labels), key=lambda one: one.start_s)

    def note(self, why: str, step: PlanStep) -> None:
        """That a task was left out, done again or cut short."""
        name = f"{step.task or 'step'} {step.side}".removesuffix(" none")
        before = self.notes.get(why)
        self.notes[why] = f"{before}, {name}" if before else name
