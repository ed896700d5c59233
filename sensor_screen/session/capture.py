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
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.live_repetitions import EventKind
from sensor_screen.errors import PlacementError
from sensor_screen.judgement import Answers, Claims, Statement, StopReason
from sensor_screen.model import GyroSampling, Placement, Side, Task, TaskInterval
from sensor_screen.rules.answer_check import Problem
from sensor_screen.rules.red_flags import find_red_flags
from sensor_screen.rules.rulebook import RuleBook, shipped_rulebook
from sensor_screen.rules.stopping import stop_reasons
from sensor_screen.session.attempt import Attempt
from sensor_screen.session.capture_view import (
    CaptureEvent,
    CaptureKey,
    CaptureResult,
    CaptureView,
    Happening,
    Light,
    Outcome,
    Phase,
    Question,
)
from sensor_screen.session.capture_words import big_words, find_troubles, keys_of, sentence
from sensor_screen.session.leg_grid import LegGrid
from sensor_screen.session.live_leg import LiveLeg
from sensor_screen.session.questions import give, open_questions
from sensor_screen.session.sensor_lights import SensorWatch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sensor_screen.core.live_repetitions import RepetitionEvent
    from sensor_screen.model import Floats, SensorInfo
    from sensor_screen.session.plan import Plan, PlanStep

RESUME_S = 3.0
"""Countdown after a pause."""
_EVENTS = ("events",)


@dataclass(frozen=True, slots=True)
class Slot:
    """One sensor that takes part."""

    info: SensorInfo
    rate_hz: float


@dataclass(frozen=True, slots=True)
class SampleBlock:
    """Samples of one sensor, in order, on the time base of all."""

    slot: int
    time_s: Floats  # (n,)
    acc_mps2: Floats  # (n, 3)
    gyr_radps: Floats  # (n, 3)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Labels of one turn. A stretch in which one leg works says nothing of the other one."""

    turn: int
    side: Side
    labels: tuple[TaskInterval, ...]


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
        answers: Answers = Answers(),
        claims: Claims = Claims.CLINICIAN,
        book: RuleBook | None = None,
        simulated: bool = False,
    ) -> None:
        legs = {s.info.side for s in slots.values() if s.info.placement is not Placement.LUMBAR}
        self.sides = tuple(side for side in Side if side in legs)
        self.turns = plan.turns(self.sides)
        self.answers = answers
        self._plan, self._claims, self._book = plan, claims, book or shipped_rulebook()
        self._simulated, self._slots = simulated, dict(slots)
        self._watches = {
            n: SensorWatch(s.info.side, s.info.placement, s.rate_hz) for n, s in slots.items()
        }
        whole = [side for side in self.sides if {*self._placed(side)} >= {*Placement} - {Placement.LUMBAR}]
        self._grids = {side: LegGrid(min(self._placed(side).values())) for side in whole}
        self._legs: dict[Side, LiveLeg] = {}
        self._now_s = 0.0
        self._turn = -1
        self._phase = Phase.READY
        self._start_s = math.nan
        self._attempt: Attempt | None = None
        self._last: int | None = None  # turn that was kept last, and may be done again
        self._kept: list[_Kept] = []
        self._questions: deque[Question] = deque()
        self._asked_after: Task | None = None
        self._interrupted = False  # events are asked in the middle of a task
        self._paused_by_link = False
        self._misplaced = ""
        self._troubles: tuple[Statement, ...] = ()
        self._lights = tuple(w.light(0.0) for w in self._watches.values())
        self._events: list[CaptureEvent] = []
        self._outcome: Outcome | None = None
        self._reasons: tuple[StopReason, ...] = ()
        self._notes = {"plan": plan.id}
        self._go_on()

    # --- in ---

    def feed(self, block: SampleBlock) -> None:
        """Samples as they arrived; they are looked at by the next `tick`."""
        if not len(block.time_s) or self._phase is Phase.ENDED:
            return
        info = self._slots[block.slot].info
        self._watches[block.slot].take(float(block.time_s[-1]), len(block.time_s))
        if info.side in self._grids and info.placement is not Placement.LUMBAR:
            felt = np.concatenate([block.acc_mps2, block.gyr_radps], axis=1)
            self._grids[info.side].take(info.placement, block.time_s, felt)

    def tick(self, now_s: float) -> None:
        """So late it is now; everything that follows from it happens."""
        if self._phase is Phase.ENDED:
            return
        self._now_s = max(self._now_s, now_s)
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
        given = give(self.answers, self._questions[0], value)
        if isinstance(given, Problem):
            return given
        self.answers = given
        self._next_question()
        return None

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
        question = self._questions[0] if self._phase is Phase.ASKING else None
        return keys_of(self._phase, self._step, question, can_redo=self._can_redo)

    def view(self) -> CaptureView:
        """What to show now."""
        step, attempt = self._step, self._attempt
        asked = self._questions[0] if self._phase is Phase.ASKING else None
        legs = [leg for side, leg in self._legs.items() if step.side in (side, Side.NONE)]
        done = attempt.repetitions if attempt else {}
        shown = step.task is not None and step.task not in (Task.STAND, Task.PUMP)
        bars = tuple(
            leg.bar(step.task or Task.MOVE, self._tasks(leg.side), done.get(leg.side, ()))
            for leg in legs
            if shown and leg.is_known
        )
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
            bars=bars,
            lights=self._lights,
            troubles=self._troubles,
            keys=self.keys(),
            question=asked,
            reasons=tuple(reason.statement for reason in self._reasons),
            simulated=self._simulated,
        )

    def take_events(self) -> tuple[CaptureEvent, ...]:
        """What has happened since this was asked last."""
        taken, self._events = tuple(self._events), []
        return taken

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
        flags = find_red_flags(self.answers, self._book)
        outcome = self._outcome or Outcome.BROKEN_OFF
        notes = {**self._notes, "capture": outcome.value}
        labels = tuple(sorted(self._labels(), key=lambda label: label.start_s))
        return CaptureResult(outcome, labels, self.answers, flags, self._reasons, notes)

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
        self._ask(open_questions(step.ask, self.sides, self.answers), self._asked_after)

    def _begin(self) -> None:
        """The task starts, or goes on."""
        step = self._step
        if step.task is Task.STAND:
            self._legs = {side: self._leg(side) for side in self._grids}
        if self._attempt is None:
            acting = [side for side in self._grids if step.side in (side, Side.NONE)]
            rates = {side: self._grids[side].rate_hz for side in acting}
            self._attempt = Attempt(step, rates)
        self._attempt.begin(self._now_s)
        self._phase = Phase.DOING
        self._say(Happening.BEGUN, big_words(Phase.DOING, step, None))

    def _finish_task(self) -> None:
        """Keep the attempt, ask what is asked after it."""
        step, attempt = self._step, self._attempt
        if attempt is not None:
            self._keep(attempt)
            self._last = self._turn
            if math.isnan(attempt.enough_s):
                self._note("shorter than planned", step)
            self._say(Happening.KEPT, Statement("capture.event.kept"))
        self._attempt = None
        sides = self.sides if step.side is Side.NONE else (step.side,)
        self._ask(open_questions(step.ask, sides, self.answers, step.task), step.task)

    def _next(self) -> None:
        if self._phase is Phase.ASKING:
            self._next_question()
        elif self._phase is Phase.WEARING and not self._silent():
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
            self._kept = [kept for kept in self._kept if kept.turn != self._turn]
            self._note("done again", self._step)
            for item in self._step.ask:  # it will hurt anew, or not
                kept = {k: v for k, v in self.answers.values.items() if k[0] != item}
                self.answers = Answers(kept)
        self._last = None
        self._turn -= 1
        self._go_on()

    def _drop(self, why: str) -> None:
        if self._step.task is not None:
            self._note(why, self._step)
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
            self._keep(self._attempt)
            self._note("shorter than planned", self._step)
        self._attempt, self._outcome, self._phase = None, outcome, Phase.ENDED
        self._say(Happening.ENDED, sentence(Phase.ENDED, self._step, outcome))

    # --- questions ---

    def _ask(self, questions: list[Question], task: Task | None) -> None:
        self._asked_after = task
        self._questions = deque(questions)
        self._phase = Phase.ASKING
        self._next_question(pop=False)

    def _ask_events(self) -> None:
        """Something happened: asked at once, in the middle of anything."""
        if self._attempt is not None:
            self._attempt.pause(self._now_s)
        fresh = {k: v for k, v in self.answers.values.items() if not k[0].startswith("events.")}
        self.answers = Answers(fresh)
        self._interrupted = True
        self._ask(open_questions(_EVENTS, self.sides, self.answers), self._step.task)

    def _next_question(self, *, pop: bool = True) -> None:
        if pop:
            self._questions.popleft()
            if find_red_flags(self.answers, self._book):
                self._stop_by_rule(Outcome.RED_FLAG)
                return
        if self._questions:
            said = Statement(
                f"intake.question.{self._questions[0].item.id}", {"side": self._questions[0].side}
            )
            self._say(Happening.QUESTION, said)
            return
        flagged = bool(find_red_flags(self.answers, self._book))
        if flagged or stop_reasons(self.answers, self._asked_after or Task.STAND, self._book):
            self._stop_by_rule(Outcome.RED_FLAG if flagged else Outcome.STOP_RULE)
        elif self._interrupted:
            self._interrupted = False
            self._pause(by_link=False)
        elif self._step.wear:
            self._phase = Phase.WEARING
            self._say(Happening.STEP, sentence(Phase.WEARING, self._step, None))
        else:
            self._go_on()

    def _stop_by_rule(self, outcome: Outcome) -> None:
        self._reasons = stop_reasons(self.answers, self._asked_after or Task.STAND, self._book)
        self._end(outcome)

    # --- samples ---

    def _listen(self) -> None:
        """Everything that the grids know by now."""
        for side, grid in self._grids.items():
            block = grid.give(self._now_s)
            if block is None or side not in self._legs:
                continue
            if self._attempt is not None:
                self._attempt.take(side, block)
            known = self._legs[side].is_known
            try:
                events = self._legs[side].feed(block, self._tasks(side))
            except PlacementError as error:
                self._start_over(str(error))
                return
            if self._legs[side].is_known and not known:
                self._say(Happening.ANGLE_KNOWN, Statement("capture.event.angle", {"side": side}))
            for event in events:
                self._hear(side, event)

    def _hear(self, side: Side, event: RepetitionEvent) -> None:
        attempt = self._attempt
        if attempt is None or not attempt.hear(side, event):
            return
        number = len(attempt.repetitions[side])
        counted = event.repetition.counted and event.kind is not EventKind.WITHDRAWN
        key = "capture.event.repetition" if counted else "capture.event.not_counted"
        said = Statement(key, {"number": number, "side": side})
        happened = CaptureEvent(
            kind=Happening.REPETITION,
            at_s=self._now_s,
            said=said,
            step=self._step,
            turn=self._turn,
            repetition=event.repetition,
            repetition_kind=event.kind,
            number=number,
        )
        self._events.append(happened)

    def _start_over(self, problem: str) -> None:
        """The sensors are not where they are said to be: everything from the stand on is done anew."""
        self._misplaced = problem
        self._kept, self._last, self._legs, self._attempt = [], None, {}, None
        self._notes["started over"] = problem
        self._turn = max(k for k, step in enumerate(self.turns[: self._turn]) if step.wear)
        self._phase = Phase.WEARING
        self._say(Happening.STEP, sentence(Phase.WEARING, self._step, None))

    def _look_at_lights(self) -> None:
        before = self._lights
        self._lights = tuple(watch.light(self._now_s) for watch in self._watches.values())
        for old, new in zip(before, self._lights, strict=True):
            if old.light is not new.light:
                values = {"side": new.side, "placement": new.placement}
                said = Statement(f"capture.light.{new.light}", values)
                self._say(Happening.LIGHT, said)
        if self._phase in (Phase.READY, Phase.DOING) and self._silent():
            self._pause(by_link=True)
        elif self._phase is Phase.PAUSED and self._paused_by_link and not self._silent():
            self._resume()

    def _look_for_troubles(self) -> None:
        known = bool(self._legs) and all(leg.is_known for leg in self._legs.values())
        found = find_troubles(
            self._phase, self._lights, self._attempt, self._now_s,
            angle_known=known, misplaced=self._misplaced,
        )  # fmt: skip
        for trouble in found:
            if trouble not in self._troubles:
                self._say(Happening.TROUBLE, trouble)
        for trouble in self._troubles:
            if trouble not in found:
                self._say(Happening.TROUBLE_OVER, trouble)
        self._troubles = found

    def _silent(self) -> bool:
        return any(light.light in (Light.LOST, Light.WAITING) for light in self._lights)

    def _keep(self, attempt: Attempt) -> None:
        labels = tuple(attempt.close(self._now_s))
        self._kept.append(_Kept(self._turn, attempt.step.side, labels))

    def _labels(self, side: Side = Side.NONE) -> list[TaskInterval]:
        """That were kept: all, or those in which a leg acts."""
        mine = [k for k in self._kept if Side.NONE in (side, k.side) or k.side is side]
        return [label for kept in mine for label in kept.labels]

    def _tasks(self, side: Side) -> list[TaskInterval]:
        """Labels of one leg as they are known now."""
        attempt = self._attempt
        acts = attempt is not None and attempt.step.side in (side, Side.NONE)
        return self._labels(side) + (attempt.running() if attempt and acts else [])

    def _placed(self, side: Side) -> dict[Placement, float]:
        return {s.info.placement: s.rate_hz for s in self._slots.values() if s.info.side is side}

    def _leg(self, side: Side) -> LiveLeg:
        foot = next(
            s.info for s in self._slots.values()
            if s.info.side is side and s.info.placement is Placement.FOOT
        )  # fmt: skip
        mean = foot.gyro_sampling is GyroSampling.INTERVAL_MEAN
        rate_hz = self._grids[side].rate_hz
        return LiveLeg(side, rate_hz, interval_mean=mean, book=self._book, claims=self._claims)

    def _note(self, why: str, step: PlanStep) -> None:
        name = f"{step.task or 'step'} {step.side}".removesuffix(" none")
        before = self._notes.get(why)
        self._notes[why] = f"{before}, {name}" if before else name

    def _say(self, kind: Happening, said: Statement) -> None:
        event = CaptureEvent(kind, self._now_s, said, self._step, self._turn)
        self._events.append(event)
