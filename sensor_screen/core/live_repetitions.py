"""Repetitions while the person moves: announced soon after their end, final a second later.

Theory of operation. The newest stretch of the leg is kept, and the finders for whole recordings
look at it again whenever a cheap watch on the movement says that something may just have ended
(`live_watch`). The finder knows that the stretch ends in the middle of things, so what has not
ended is not counted. A repetition that two looks agree on is *announced*. Its peaks are still those
of the moment; they become those of the angle half a second later, and the movement after it shows
what it was: then it is *final*, or *withdrawn*.

Looks are taken at fixed samples: how samples arrive changes nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.foot_path import trace_foot
from sensor_screen.core.labels import merge_tasks
from sensor_screen.core.live_watch import WatchParams, may_have_ended
from sensor_screen.core.live_window import LiveWindow
from sensor_screen.core.repetitions import DIRECTIONS, RepetitionParams, find_repetitions
from sensor_screen.core.saved_state import SavedState
from sensor_screen.core.stairs import STRIDE_TASKS, add_strides
from sensor_screen.model import AngleMark, Placement, RepetitionMark, Side, Task, ZeroMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sensor_screen.core.foot_path import FootPath
    from sensor_screen.core.live_blocks import LegBlock, LiveAngles
    from sensor_screen.model import Repetition, TaskInterval

NOT_SEEN_AGAIN = "what followed shows that it was none"


class EventKind(StrEnum):
    """What is said of a repetition."""

    ANNOUNCED = "announced"
    """It has just ended; its figures may still change a little."""
    FINAL = "final"
    """Its figures stay; where it is not counted, it says why."""
    WITHDRAWN = "withdrawn"
    """It was announced, and later movement shows that it is not to be counted."""


@dataclass(frozen=True, slots=True)
class RepetitionEvent:
    """One thing said of one repetition."""

    kind: EventKind
    repetition: Repetition
    at_s: float
    """Time of the newest sample when it was said."""
    reason: str = ""
    """Why it was withdrawn; empty else."""


@dataclass(frozen=True, slots=True)
class LiveRepetitionParams:
    """Tuning of the live finder."""

    finder: RepetitionParams = field(default_factory=RepetitionParams)
    watch: WatchParams = field(default_factory=WatchParams)
    step_s: float = 0.04
    """Time between two looks. Shorter costs more; longer is later."""
    lag_s: float = 0.6
    """From this age on the lagged angle is surely there: it is half a second late and comes in
    blocks of 0.04 s."""
    final_s: float = 1.0
    """Age at which a repetition is final: lagged, guard of its peak and landing included."""
    doubtful_s: float = 3.0
    """What does not count is said so at this age: it may still become part of something that
    does."""
    same_end_s: float = 0.06
    """Two looks agree where the end has moved by no more."""
    bend_window_s: float = 30.0
    """Movement that squats, lunges and points are judged by: as the standing level is sought in."""
    stride_window_s: float = 6.0
    """The same for strides: a few of them, and the stances between."""
    kick_window_s: float = 10.0
    """The same for kicks: run-up, and the kick before."""


@dataclass(slots=True)
class _Candidate:
    repetition: Repetition
    looks: int = 1
    """That agreed."""
    announced: bool = False
    doubted: bool = False
    """Its foot went another way than the label says, as far as is known."""
    path: tuple[int, FootPath] | None = None
    """Of the foot, and the sample that it begins at."""
    seen: bool = True
    """By the newest look."""

    @property
    def is_fresh(self) -> bool:
        """It may be announced."""
        return self.repetition.counted and not self.announced and not self.doubted


@dataclass(slots=True)
class _Follower:
    """What is known of one task that is on."""

    task: TaskInterval
    open: list[_Candidate] = field(default_factory=list)
    done_s: float = -math.inf
    """End of the newest that is final and counts."""
    refused: Repetition | None = None
    """The newest that is final or withdrawn and does not count."""

    @property
    def known_s(self) -> float:
        """End of the newest that was announced."""
        ends = [c.repetition.end_s for c in self.open if c.announced]
        return max([self.done_s, *ends])


class LiveRepetitions(SavedState):
    """Repetitions of one leg, fed with what a `LiveAnkle` is fed with and what it answers.

    `tasks` may be replaced at any time; a task that is still on ends in the future, or never.

    Args:
        side: The leg.
        rate_hz: Of the regular grid of the samples.
        tasks: Labels, as far as they are known.
        zero_mode: What the neutral pose stands for.
        params: Tuning.
    """

    def __init__(
        self,
        side: Side,
        rate_hz: float,
        *,
        tasks: Sequence[TaskInterval] = (),
        zero_mode: ZeroMode = ZeroMode.QUIET_STANDING,
        params: LiveRepetitionParams = LiveRepetitionParams(),
    ) -> None:
        self.tasks = tuple(tasks)
        self.params = params
        self._window = LiveWindow(side, rate_hz, zero_mode)
        self._rate_hz = rate_hz
        self._step = max(1, round(params.step_s * rate_hz))
        self._lag = round(params.lag_s * rate_hz)
        self._looked = 0  # samples
        self._first_look = False  # after the catch-up
        self._merged_of: tuple[TaskInterval, ...] | None = None
        self._merged_tasks: tuple[TaskInterval, ...] = ()
        self._followers: dict[tuple[Task, float], _Follower] = {}

    def feed(self, block: LegBlock, answers: LiveAngles) -> tuple[RepetitionEvent, ...]:
        """Take some samples and the angles answered to them, say what is new.

        Args:
            block: As fed to the live estimator.
            answers: What it answered; none while it calibrates, later more than the block.
        """
        before = self._window.heard
        self._window.hear(block)
        if not len(answers.time_s):
            if not self._window.answered:
                self._window.forget(before - self._reach)
            return ()
        caught_up = int(np.count_nonzero(answers.marks & np.uint16(AngleMark.CAUGHT_UP)))
        if caught_up:
            self._window.forget(self._window.answered + caught_up - self._reach)
            self._looked = (self._window.answered + caught_up) // self._step * self._step
            self._first_look = True
        self._window.take(answers)
        events: list[RepetitionEvent] = []
        while self._looked + self._step <= self._window.answered:
            self._looked += self._step
            events += self._look(self._looked, last=False)
            self._first_look = False
            self._window.forget(self._looked - self._reach)
        return tuple(events)

    def finish(self) -> tuple[RepetitionEvent, ...]:
        """No more samples come: what has ended is final now."""
        if not self._window.answered:
            return ()
        return tuple(self._look(self._window.answered, last=True))

    @property
    def _reach(self) -> int:
        p = self.params
        return round(max(p.bend_window_s, p.stride_window_s, p.kick_window_s) * self._rate_hz)

    def _look(self, newest: int, *, last: bool) -> list[RepetitionEvent]:
        """What is new by the samples up to one."""
        now_s = float(self._window.rows(newest - 1, newest)["time_s"][0])
        events: list[RepetitionEvent] = []
        for task in self._merged():
            key = (task.task, task.start_s)
            over_s = task.end_s + self.params.doubtful_s + self.params.finder.squat.margin_s
            if task.task not in DIRECTIONS or task.start_s > now_s:
                continue
            if now_s > over_s:
                self._followers.pop(key, None)
                continue
            one = self._followers.setdefault(key, _Follower(task))
            one.task = task
            if last or self._first_look or self._is_due(one, newest, now_s):
                self._find(one, newest, now_s)
                events += self._settle(one, newest, now_s, last=last)
        return events

    def _merged(self) -> tuple[TaskInterval, ...]:
        """The labels, merged; the same ones are not merged again."""
        if self._merged_of is not self.tasks:
            self._merged_of, self._merged_tasks = self.tasks, merge_tasks(self.tasks)
        return self._merged_tasks

    def _is_due(self, one: _Follower, newest: int, now_s: float) -> bool:
        """Whether a look may bring anything new."""
        for candidate in one.open:
            if candidate.is_fresh or now_s >= _due_s(candidate, self.params) - 1e-9:
                return True
        return may_have_ended(self._window, one.task.task, one.known_s, newest, self.params.watch)

    def _find(self, one: _Follower, newest: int, now_s: float) -> None:
        """One look: what the finder says of the newest stretch, compared with the last look."""
        for candidate in one.open:
            candidate.seen = False
        for new in self._repetitions(one, newest):
            if new.start_s < one.done_s - 0.5 * (new.end_s - new.start_s):
                continue  # it is final already
            # Whether the recording ends here nobody knows.
            if not new.counted and _is_cut(new, now_s):
                continue
            same = next((c for c in one.open if _overlap(c.repetition, new)), None)
            if same is None:
                one.open.append(_Candidate(new))
                continue
            moved_s = abs(new.end_s - same.repetition.end_s)
            agreed = moved_s <= self.params.same_end_s and new.counted == same.repetition.counted
            same.looks = same.looks + 1 if agreed else 1
            same.repetition, same.seen = new, True

    def _repetitions(self, one: _Follower, newest: int) -> tuple[Repetition, ...]:
        task, window, params = one.task, self._window, self.params
        start = self._start(task.task, newest)
        angle = window.trace(start, newest, self._lag)
        return find_repetitions(
            angle,
            task,
            shank_rate_radps=window.swing_rate(start, newest),
            leg=window.leg(start, newest) if task.task is Task.KICK else None,
            beside=self.tasks,
            since_s=one.done_s + params.same_end_s,
            params=params.finder,
        )

    def _start(self, task: Task, newest: int) -> int:
        """Oldest sample that a look needs."""
        params, reach_s = self.params, self.params.bend_window_s
        if task in STRIDE_TASKS:
            reach_s = params.stride_window_s
        elif task is Task.KICK:
            reach_s = params.kick_window_s
        return max(self._window.first, newest - round(reach_s * self._rate_hz))

    def _follow_foot(self, candidate: _Candidate, newest: int) -> None:
        """Add the way of its foot to a stride; traced once, when the stride has just ended."""
        task = candidate.repetition.task
        if task not in STRIDE_TASKS:
            return
        if candidate.path is None:
            start = self._start(task, newest)
            foot = self._window.stream(Placement.FOOT, start, newest)
            candidate.path = (start, trace_foot(foot))
        start, path = candidate.path
        angle = self._window.trace(start, newest, self._lag)
        candidate.repetition = add_strides((candidate.repetition,), angle, path)[0]
        candidate.doubted = not candidate.repetition.counted

    def _settle(
        self, one: _Follower, newest: int, now_s: float, *, last: bool
    ) -> list[RepetitionEvent]:
        """What is to be said of the candidates after a look."""
        events: list[RepetitionEvent] = []
        for candidate in list(one.open):
            over = last or now_s >= _due_s(candidate, self.params) - 1e-9
            if not candidate.seen and not candidate.announced:
                one.open.remove(candidate)
                continue
            fresh = candidate.is_fresh and (candidate.looks > 1 or over)
            if candidate.seen and (fresh or over):
                self._follow_foot(candidate, newest)
            if candidate.seen and fresh and not candidate.doubted:
                candidate.announced = True
                events.append(RepetitionEvent(EventKind.ANNOUNCED, candidate.repetition, now_s))
            if over:
                one.open.remove(candidate)
                events += self._conclude(one, candidate, now_s)
        return events

    def _conclude(
        self, one: _Follower, candidate: _Candidate, now_s: float
    ) -> list[RepetitionEvent]:
        """The last word on one candidate."""
        new = candidate.repetition
        if candidate.seen and new.counted:
            one.done_s = max(one.done_s, new.end_s)
            return [RepetitionEvent(EventKind.FINAL, new, now_s)]
        reason = new.reason if candidate.seen else NOT_SEEN_AGAIN
        known = one.refused is not None and _overlap(one.refused, new)
        one.refused = new
        if candidate.announced:
            lost = replace(new, counted=False, reason=reason)
            return [RepetitionEvent(EventKind.WITHDRAWN, lost, now_s, reason)]
        return [] if known else [RepetitionEvent(EventKind.FINAL, new, now_s)]


def _due_s(candidate: _Candidate, params: LiveRepetitionParams) -> float:
    """When the last word on it is said."""
    sure = candidate.announced or candidate.doubted or candidate.repetition.counted
    return candidate.repetition.end_s + (params.final_s if sure else params.doubtful_s)


def _overlap(one: Repetition, other: Repetition) -> bool:
    together_s = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    return together_s > 0.5 * min(one.end_s - one.start_s, other.end_s - other.start_s)


def _is_cut(repetition: Repetition, now_s: float) -> bool:
    """It goes on beyond the newest sample, as far as anybody knows."""
    cut = RepetitionMark.CUT_OFF in repetition.quality or "cut off" in repetition.reason
    return cut or repetition.end_s > now_s - 0.02
