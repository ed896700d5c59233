"""The questions of a guided capture: which are open, what was answered, and what follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sensor_screen.judgement import Answers
from sensor_screen.model import Side, Task
from sensor_screen.rules.answer_check import Problem, check_value
from sensor_screen.rules.questionnaire import shipped_intake
from sensor_screen.rules.red_flags import find_red_flags
from sensor_screen.rules.stopping import stop_reasons
from sensor_screen.session.capture_view import Question

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sensor_screen.judgement import Answer, RedFlag, StopReason
    from sensor_screen.rules.rulebook import RuleBook


@dataclass(slots=True)
class Questions:
    """Asked one by one, in the order of the intake."""

    answers: Answers
    book: RuleBook
    open: list[Question] = field(default_factory=list)
    after: Task = Task.STAND
    """The task that was done last, whose pain may stop the session."""

    @property
    def current(self) -> Question | None:
        """The one that is open now."""
        return self.open[0] if self.open else None

    @property
    def red_flags(self) -> tuple[RedFlag, ...]:
        """Among all answers so far."""
        return find_red_flags(self.answers, self.book)

    @property
    def stop_reasons(self) -> tuple[StopReason, ...]:
        """To end here, by all answers so far."""
        return stop_reasons(self.answers, self.after, self.book)

    def ask(self, asked: Iterable[str], sides: tuple[Side, ...], task: Task | None = None) -> None:
        """Open the questions of some sections or items that have no answer yet.

        Args:
            asked: Sections or items.
            sides: Legs that are asked about.
            task: After which they are asked.
        """
        wanted = set(asked)
        self.after = task or self.after
        self.open = [
            Question(item, side, task, needed=bool(item.urgency) and not item.clinician_only)
            for section in shipped_intake().sections
            for item in section.items
            for side in (sides if item.sided else (Side.NONE,))
            if {section.id, item.id} & wanted
            and not self.answers.has(item.id, side)
            and (item.asked_when is None or item.asked_when.holds(self.answers, side))
        ]

    def answer(self, value: object) -> Problem | None:
        """Keep an answer to the open question; what is wrong with it, where it is none."""
        question = self.open[0]
        checked = check_value(question.item, value)
        if isinstance(checked, Problem):
            return checked
        values: dict[tuple[str, Side], Answer] = {
            **self.answers.values,
            (question.item.id, question.side): checked,
        }
        if problems := shipped_intake().contradictions_of(Answers(values)):
            return problems[0]
        self.answers = Answers(values)
        return None

    def leave(self) -> None:
        """On to the next one."""
        self.open.pop(0)

    def forget(self, asked: Iterable[str], sides: tuple[Side, ...]) -> None:
        """Answers to some sections or items, to be given anew."""
        wanted, legs = set(asked), (*sides, Side.NONE)
        kept = {
            (item, side): value
            for (item, side), value in self.answers.values.items()
            if not {item, item.partition(".")[0]} & wanted or side not in legs
        }
        self.answers = Answers(kept)
