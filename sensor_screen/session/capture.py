"""The guided capture: samples, answers and keys in; what to show, and at the end labels, out.

It does no I/O and reads no clock: `feed` takes samples as they arrive, `press` and `answer` what a
person does, and `tick` the time, on the base of the samples; call it after every block, and at
least every 0.04 s. `view` is what to show now, `take_events` what has happened since it was asked
last, `result` what a report is made from.

Red flags are asked before the first task and end the capture on the first yes. After each task its
pain is asked, and the stop rules decide whether the next one is offered. Calibration comes from the
stand and the pumps of this very capture.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sensor_screen.errors import PlacementError
from sensor_screen.judgement import Answers, Claims, Statement, StopReason
from sensor_screen.model import Side, Task
from sensor_screen.rules.rulebook import RuleBook, shipped_rulebook
from sensor_screen.session.attempt import Attempt
from sensor_screen.session.capture_log import CaptureLog
from sensor_screen.session.capture_view import (
    CaptureEvent,
    CaptureKey,
    CaptureResult,
    CaptureView,
    Happening,
    LinkReport,
    Outcome,
    Phase,
)
from sensor_screen.session.capture_words import big_words, find_troubles, keys_of, sentence
from sensor_screen.session.kept import Kept
from sensor_screen.session.live_sensors import LiveSensors
from sensor_screen.session.questions import Questions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sensor_screen.model import TaskInterval
    from sensor_screen.rules.answer_check import Problem
    from sensor_screen.session.live_sensors import SampleBlock, Slot
    from sensor_screen.session.plan import Plan, PlanStep

RESUME_S = 3.0
"""Countdown after a pause."""
_EVENTS = ("events",)


class Capture:
    """One person going through one plan.

    Args:
        plan: What is asked and done.
        slots: The sensors, by the number that their blocks carry.
        answers: What is known already is not asked again.
        claims: Whom it is for; wellness shows no zones.
        book: Holds limits of pain and zones; the shipped one where None.
        simulated: Said on every screen.

    Raises:
        UsageError: The plan is for another number of legs.
    """

    def __init__(
        self,
        plan: Plan,
        slots: Mapping[int, Slot],
        *,
        answers: Answers | None = None,
        claims: Claims = Claims.CLINICIAN,
        book: RuleBook | None = None,
        simulated: bool = False,
    ) -> None:
        self._book, self._simulated = book or shipped_rulebook(), simulated
        self._sensors = LiveSensors(slots, self._book, claims)
        self.sides = self._sensors.sides
        self.turns = plan.turns(self.sides)
        self._questions = Questions(answers or Answers(), self._book)
        self._kept = Kept({"plan": plan.id})
        self._now_s = 0.0
        self._turn = -1
        self._phase = Phase.READY
        self._start_s = math.nan
        self._attempt: Attempt | None = None
        self._last: int | None = None  # turn that was kept last, and may be done again
        self._interrupted = False  # events are asked in the middle of a task
        self._paused_by_link = False
        self._misplaced = ""
        self._log = CaptureLog()
        self._outcome: Outcome | None = None
        self._reasons: tuple[StopReason, ...] = ()
        self._go_on()

    # --- in ---

    def feed(self, block: SampleBlock) -> None:
        """Samples as they arrived; they are looked at by the next `tick`."""
        if self._phase is not Phase.ENDED:
            self._sensors.feed(block)

    def tick(self, now_s: float, links: Mapping[int, LinkReport] | None = None) -> None:
        """So late it is now, and so the links stand; everything that follows from it happens."""
        if self._phase is Phase.ENDED:
            return
        self._now_s = self._log.now_s = max(self._now_s, now_s)
        self._sensors.links = links or {}
        self._listen()
        self._look_at_lights()
        if self._phase is Phase.READY and self._now_s >= self._start_s:
            self._begin()
        elif self._phase is Phase.DOING and self._attempt and self._attempt.is_over(self._now_s):
            self._finish_task()
        self._look_for_troubles()

    def answer(self, value: object) -> Problem | None:
        """An answer to the open question; what is wrong with it, where it is none."""
        if self._phase is not Phase.ASKING:
            return None
        problem = self._questions.answer(value)
        if problem is None:
            self._next_question()
        return problem

    def press(self, key: CaptureKey) -> None:
        """A key; one that does nothing now is ignored."""
        if key not in self.keys():
            return
        if key is CaptureKey.STOP:
            self._end(Outcome.BROKEN_OFF)
        elif key is CaptureKey.EVENT:
            self._ask_events()
        elif key is CaptureKey.PAUSE:
            self._resume() if self._phase is Phase.PAUSED else self._pause(by_link=False)
        elif key is CaptureKey.SKIP:
            self._drop("skipped")
            self._go_on()
        elif key is CaptureKey.REDO:
            self._redo()
        else:
            self._next()

    # --- out ---

    def keys(self) -> tuple[CaptureKey, ...]:
        """That do something now."""
        if self._phase is Phase.ENDED:
            return ()
        question = self._questions.current
        return keys_of(self._phase, self._step, question, can_redo=self._can_redo)

    def view(self) -> CaptureView:
        """What to show now."""
        step, attempt = self._step, self._attempt
        counts = self._phase is Phase.READY
        return CaptureView(
            phase=self._phase,
            number=self._turn + 1,
            steps=len(self.turns),
            big=big_words(self._phase, step, self._outcome),
            say=sentence(self._phase, step, self._outcome, by_link=self._paused_by_link),
            task=step.task,
            side=step.side,
            countdown_s=max(0.0, self._start_s - self._now_s) if counts else math.nan,
            count=attempt.count(self._now_s) if attempt else None,
            bars=self._sensors.bars(step, attempt, self._tasks),
            lights=self._sensors.lights,
            troubles=self._log.troubles,
            keys=self.keys(),
            question=self._questions.current,
            reasons=tuple(reason.statement for reason in self._reasons),
            simulated=self._simulated,
        )

    def take_events(self) -> tuple[CaptureEvent, ...]:
        """What has happened since this was asked last."""
        return self._log.take()

    @property
    def is_over(self) -> bool:
        """Nothing more is to come."""
        return self._outcome is not None

    @property
    def needs_samples(self) -> bool:
        """The sensors are to send by now: the first questions are over."""
        return any(step.wear for step in self.turns[: self._turn + 1])

    def result(self) -> CaptureResult:
        """Labels and answers so far."""
        asked = self._questions
        outcome = self._outcome or Outcome.BROKEN_OFF
        notes = {**self._kept.notes, "capture": outcome.value}
        labels = tuple(self._kept.labels())
        return CaptureResult(outcome, labels, asked.answers, asked.red_flags, self._reasons, notes)

    # --- steps ---

    @property
    def _step(self) -> PlanStep:
        return self.turns[min(self._turn, len(self.turns) - 1)]

    @property
    def _can_redo(self) -> bool:
        if self._attempt is not None:
            return self._step.redo
        return self._last is not None and self._phase is Phase.READY and self.turns[self._last].redo

    def _go_on(self) -> None:
        """To the next step that has something to do."""
        self._turn += 1
        self._attempt = None
        if self._turn >= len(self.turns):
            self._end(Outcome.COMPLETE)
            return
        step = self._step
        if step.task is not None:
            self._phase, self._start_s = Phase.READY, self._now_s + step.ready_s
            self._say(Happening.STEP, sentence(Phase.READY, step, None))
            return
        self._ask(step.ask, self.sides, None)

    def _begin(self) -> None:
        """The task starts, or goes on."""
        step = self._step
        if step.task is Task.STAND:
            self._sensors.begin()
        if self._attempt is None:
            rates = self._sensors.rates_hz
            acting = {side: rates[side] for side in rates if step.side in (side, Side.NONE)}
            self._attempt = Attempt(step, acting)
        self._attempt.begin(self._now_s)
        self._phase = Phase.DOING
        self._say(Happening.BEGUN, big_words(Phase.DOING, step, None))

    def _finish_task(self) -> None:
        """Keep the attempt, ask what is asked after it."""
        step, attempt = self._step, self._attempt
        if attempt is not None:
            self._kept.add(self._turn, step.side, attempt.close(self._now_s))
            self._last = self._turn
            if math.isnan(attempt.enough_s):
                self._kept.note("shorter than planned", step)
            self._say(Happening.KEPT, Statement("capture.event.kept"))
        self._attempt = None
        sides = self.sides if step.side is Side.NONE else (step.side,)
        self._ask(step.ask, sides, step.task)

    def _next(self) -> None:
        if self._phase is Phase.ASKING:
            self._next_question()
        elif self._phase is Phase.WEARING and not self._sensors.are_silent:
            self._misplaced = ""
            self._go_on()
        elif self._phase is Phase.READY:
            self._start_s = self._now_s
            self._begin()
        elif self._phase is Phase.DOING:
            self._finish_task()

    def _redo(self) -> None:
        if self._attempt is not None:
            self._drop("done again")
        elif self._last is not None:
            self._turn = self._last
            self._kept.drop(self._turn)
            self._kept.note("done again", self._step)
            redone = self._step  # it will hurt anew, or not
            sides = self.sides if redone.side is Side.NONE else (redone.side,)
            self._questions.forget(redone.ask, sides)
        self._last = None
        self._turn -= 1
        self._go_on()

    def _drop(self, why: str) -> None:
        if self._step.task is not None:
            self._kept.note(why, self._step)
            self._say(Happening.DROPPED, Statement("capture.event.dropped"))
        self._attempt = None
        self._paused_by_link = False

    def _pause(self, *, by_link: bool) -> None:
        if self._attempt is not None:
            self._attempt.pause(self._now_s)
        self._phase, self._paused_by_link = Phase.PAUSED, by_link
        self._say(Happening.PAUSED, sentence(Phase.PAUSED, self._step, None, by_link=by_link))

    def _resume(self) -> None:
        self._phase, self._paused_by_link = Phase.READY, False
        self._start_s = self._now_s + RESUME_S
        self._say(Happening.RESUMED, Statement("capture.event.resumed"))

    def _end(self, outcome: Outcome) -> None:
        if self._attempt is not None:
            self._kept.add(self._turn, self._step.side, self._attempt.close(self._now_s))
            self._kept.note("shorter than planned", self._step)
        self._attempt, self._outcome, self._phase = None, outcome, Phase.ENDED
        self._questions.open = []
        self._say(Happening.ENDED, sentence(Phase.ENDED, self._step, outcome))

    # --- questions ---

    def _ask(self, asked: tuple[str, ...], sides: tuple[Side, ...], task: Task | None) -> None:
        self._questions.ask(asked, sides, task)
        self._phase = Phase.ASKING
        self._look_at_answers()

    def _ask_events(self) -> None:
        """Something happened: asked at once, in the middle of anything."""
        if self._attempt is not None:
            self._attempt.pause(self._now_s)
        self._questions.forget(_EVENTS, self.sides)
        self._interrupted = True
        self._ask(_EVENTS, self.sides, self._step.task)

    def _next_question(self) -> None:
        self._questions.leave()
        self._look_at_answers()

    def _look_at_answers(self) -> None:
        """A red flag ends everything at once, other reasons once all is asked."""
        flags, question = self._questions.red_flags, self._questions.current
        if question is not None and not flags:
            said = Statement(f"intake.question.{question.item.id}", {"side": question.side})
            self._say(Happening.QUESTION, said)
            return
        self._questions.open = []
        self._reasons = self._questions.stop_reasons
        if self._reasons:
            self._end(Outcome.RED_FLAG if flags else Outcome.STOP_RULE)
        elif self._interrupted:
            self._interrupted = False
            self._pause(by_link=False)
        elif self._step.wear:
            self._phase = Phase.WEARING
            self._say(Happening.STEP, sentence(Phase.WEARING, self._step, None))
        else:
            self._go_on()

    # --- samples ---

    def _listen(self) -> None:
        """Everything that the sensors tell by now."""
        for leg, block in self._sensors.give(self._now_s):
            if self._attempt is not None:
                self._attempt.take(leg.side, block)
            known = leg.is_known
            try:
                events = leg.feed(block, self._tasks(leg.side))
            except PlacementError as error:
                self._start_over(str(error))
                return
            if leg.is_known and not known:
                said = Statement("capture.event.angle", {"side": leg.side})
                self._say(Happening.ANGLE_KNOWN, said)
            for event in events:
                if self._attempt is not None and self._attempt.hear(leg.side, event):
                    number = len(self._attempt.repetitions[leg.side])
                    self._log.say_repetition(leg.side, event, number, self._step, self._turn)

    def _start_over(self, problem: str) -> None:
        """The sensors are not where they are said to be: done anew from the stand on."""
        self._misplaced = problem
        self._kept = Kept({**self._kept.notes, "started over": problem})
        self._last, self._attempt, self._sensors.legs = None, None, {}
        self._turn = max(k for k, step in enumerate(self.turns[: self._turn]) if step.wear)
        self._phase = Phase.WEARING
        self._say(Happening.STEP, sentence(Phase.WEARING, self._step, None))

    def _look_at_lights(self) -> None:
        for new in self._sensors.look(self._now_s):
            values = {"side": new.side, "placement": new.placement}
            self._say(Happening.LIGHT, Statement(f"capture.light.{new.light}", values))
        silent = self._sensors.are_silent
        if silent and self._phase in (Phase.READY, Phase.DOING):
            self._pause(by_link=True)
        elif self._phase is Phase.PAUSED and self._paused_by_link and not silent:
            self._resume()

    def _look_for_troubles(self) -> None:
        found = find_troubles(
            self._phase,
            self._sensors.lights,
            self._attempt,
            self._now_s,
            angle_known=self._sensors.angles_are_known,
            misplaced=self._misplaced,
        )
        self._log.say_troubles(found, self._step, self._turn)

    def _tasks(self, side: Side) -> list[TaskInterval]:
        """Labels of one leg as they are known now."""
        attempt = self._attempt
        acts = attempt is not None and attempt.step.side in (side, Side.NONE)
        return self._kept.labels(side) + (attempt.running() if attempt and acts else [])

    def _say(self, kind: Happening, said: Statement) -> None:
        self._log.say(kind, said, self._step, self._turn)
