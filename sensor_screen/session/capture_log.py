"""What has happened in a guided capture, in order, until somebody asks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sensor_screen.core.live_repetitions import EventKind
from sensor_screen.judgement import Statement
from sensor_screen.session.capture_view import CaptureEvent, Happening

if TYPE_CHECKING:
    from sensor_screen.core.live_repetitions import RepetitionEvent
    from sensor_screen.model import Side
    from sensor_screen.session.plan import PlanStep


@dataclass(slots=True)
class CaptureLog:
    """Events, and the troubles that hold now."""

    now_s: float = 0.0
    events: list[CaptureEvent] = field(default_factory=list)
    troubles: tuple[Statement, ...] = ()

    def take(self) -> tuple[CaptureEvent, ...]:
        """What has happened since this was asked last."""
        taken, self.events = tuple(self.events), []
        return taken

    def say(self, kind: Happening, said: Statement, step: PlanStep, turn: int) -> None:
        """One thing."""
        self.events.append(CaptureEvent(kind, self.now_s, said, step, turn))

    def say_repetition(
        self, side: Side, event: RepetitionEvent, number: int, step: PlanStep, turn: int
    ) -> None:
        """What the live finder says of a repetition, now that so many are counted."""
        counted = event.repetition.counted and event.kind is not EventKind.WITHDRAWN
        key = "capture.event.repetition" if counted else "capture.event.not_counted"
        self.say(Happening.REPETITION, Statement(key, {"number": number, "side": side}), step, turn)
        self.events[-1] = replace(
            self.events[-1],
            repetition=event.repetition,
            repetition_kind=event.kind,
            number=number,
        )

    def say_troubles(self, found: tuple[Statement, ...], step: PlanStep, turn: int) -> None:
        """Those that begin and those that are over."""
        for trouble in found:
            if trouble not in self.troubles:
                self.say(Happening.TROUBLE, trouble, step, turn)
        for trouble in self.troubles:
            if trouble not in found:
                self.say(Happening.TROUBLE_OVER, trouble, step, turn)
        self.troubles = found
