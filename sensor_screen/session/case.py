"""A session, measured, becomes the case that is judged.

A session is one or more recordings of one person on one day, with the answers and entries of that
day. Recordings of several attachments of the sensors stay apart: each of their legs keeps its own
end ranges and demands.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.core.pipeline import MeasureOptions, PipelineParams, measure_recording
from sensor_screen.core.task_hints import is_unlabelled
from sensor_screen.errors import ScreenError, StillnessError, UsageError
from sensor_screen.judgement import Answers, SessionMeasures
from sensor_screen.rules.entered import entries_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sensor_screen.model import LegMeasures, Recording
    from sensor_screen.rules.rulebook import RuleBook


@dataclass(frozen=True, slots=True)
class Session:
    """One occasion as it was stored."""

    recordings: tuple[Recording, ...]
    answers: Answers = field(default_factory=Answers)

    @property
    def recorded_on(self) -> str:
        """ISO date: of the recordings, else as answered; empty where nobody said."""
        dates = [recording.recorded_on for recording in self.recordings if recording.recorded_on]
        return min(dates) if dates else "".join(self.answers.choices("session.date"))


def group_sessions(found: Sequence[tuple[Recording, Answers]]) -> tuple[Session, ...]:
    """Recordings of one day are one session; oldest first where all have a date.

    Raises:
        UsageError: Some have a date and some have none, so that their order is not known; or two
            recordings of one day come with different answers.
    """
    sessions = [Session((recording,), answers) for recording, answers in found]
    dated = [session for session in sessions if session.recorded_on]
    if not dated:
        return tuple(sessions)
    if len(dated) < len(sessions):
        bare = next(s for s in sessions if not s.recorded_on)
        raise UsageError(
            bare.recordings[0].source or "a recording",
            "it has no date, and others have",
            "import it with --date, or answer the date in its intake",
        )
    days: dict[str, Session] = {}
    for session in sessions:
        day = session.recorded_on
        days[day] = join_sessions([days[day], session]) if day in days else session
    return tuple(days[day] for day in sorted(days))


def join_sessions(parts: Sequence[Session]) -> Session:
    """Recordings of one occasion with the answers of whichever has them.

    Raises:
        UsageError: Two have different answers.
    """
    answered = [part.answers for part in parts if part.answers.values]
    if any(answers != answered[0] for answers in answered):
        raise UsageError(
            "recordings of one session",
            "the answers beside them differ",
            "keep one intake for them all, or give one with --intake",
        )
    recordings = tuple(recording for part in parts for recording in part.recordings)
    return Session(recordings, answered[0] if answered else Answers())


def refuse_disorder(session: Session, earlier: Sequence[Session]) -> None:
    """A later session is no earlier one, and a session says nothing beside itself.

    Args:
        session: The one that is judged.
        earlier: What it is to be compared with.

    Raises:
        UsageError: One of the earlier sessions is of the same day or later, or has its samples.
    """
    for number, old in enumerate(earlier, start=1):
        if any(_are_same(a, b) for a in session.recordings for b in old.recordings):
            raise UsageError(
                f"earlier session {number}",
                "it holds the same samples as the session to be judged",
                "name a recording of another day",
            )
        both = (old.recorded_on, session.recorded_on)
        if all(both) and old.recorded_on >= session.recorded_on:
            raise UsageError(
                f"earlier session {number}",
                f"it is of {old.recorded_on}, which is not before {session.recorded_on}",
                "name only recordings of days before, or use `progress`, which sorts them",
            )


def measure_session(
    session: Session,
    book: RuleBook,
    *,
    options: MeasureOptions = MeasureOptions(),
    params: PipelineParams = PipelineParams(),
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[SessionMeasures, tuple[str, ...]]:
    """The measures of one session, and why any of its recordings gave none.

    Raises:
        ScreenError: No recording gave any.
    """
    if not session.recordings:
        raise UsageError("screen", "no recording was given", "name at least one recording file")
    _refuse_twice(session.recordings)
    entries = entries_of(session.answers, book, options.entries)
    options = replace(options, angle_needed=False, entries=entries)
    legs: list[LegMeasures] = []
    errors: list[ScreenError] = []
    lost: list[str] = []
    for number, recording in enumerate(session.recordings, start=1):
        try:
            legs += measure_recording(recording, options, params, progress)
        except ScreenError as reason:
            error = _ask_for_label(reason, recording)
            errors.append(error)
            lost.append(f"recording {number} of {len(session.recordings)}: {error}")
    if errors and not legs:
        raise errors[0]
    return SessionMeasures(tuple(legs), session.answers, session.recorded_on), tuple(lost)


def _ask_for_label(error: ScreenError, recording: Recording) -> ScreenError:
    """Who only stands may have balanced: that is measured where a label says so."""
    if not isinstance(error, StillnessError) or not is_unlabelled(recording.tasks):
        return error
    remedy = (
        "if it is a stance on one leg, label it as the task balance (`import csv --tasks F`, "
        f"where F has start_s,end_s,task); if not, {error.remedy}"
    )
    return StillnessError(error.value, error.problem, remedy)


def _refuse_twice(recordings: Sequence[Recording]) -> None:
    """Figures of one recording counted twice would look surer than they are."""
    for i, one in enumerate(recordings):
        for j in range(i):
            if _are_same(one, recordings[j]):
                raise UsageError(
                    f"recordings {j + 1} and {i + 1}",
                    "they hold the same samples",
                    "name each recording once",
                )


def _are_same(one: Recording, other: Recording) -> bool:
    return len(one.streams) == len(other.streams) and all(
        a.info == b.info
        and np.array_equal(a.raw, b.raw)
        and np.array_equal(a.device_time_s, b.device_time_s)
        for a, b in zip(one.streams, other.streams, strict=True)
    )
