"""What is done with it: the use cases, with the implementations they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sensor_screen.core.pipeline import MeasureOptions
    from sensor_screen.judgement import Claims, Language, ScreeningReport
    from sensor_screen.model import AngleTrace, Origin, Recording, Side
    from sensor_screen.rules.rulebook import RuleBook
    from sensor_screen.session.case import Session
    from sensor_screen.session.progress import ProgressReport
    from sensor_screen.session.validation import ValidationRow
    from sensor_screen.session.validation_kicks import LegKicks
    from sensor_screen.session.validation_stairs import StairsRow


def screen(
    session: Session,
    *,
    earlier: Sequence[Session] = (),
    claims: Claims | None = None,
    language: Language | None = None,
    options: MeasureOptions | None = None,
    rulebook: RuleBook | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> ScreeningReport:
    """Measure and judge one session of a person."""
    from sensor_screen.core.pipeline import MeasureOptions
    from sensor_screen.judgement import Claims, Language
    from sensor_screen.session.screen import screen_session

    return screen_session(
        session,
        earlier=earlier,
        claims=claims or Claims.CLINICIAN,
        language=language or Language.ENGLISH,
        options=options or MeasureOptions(),
        rulebook=rulebook,
        progress=progress,
    )


def follow(
    sessions: Sequence[Session],
    *,
    options: MeasureOptions,
    claims: Claims,
    rulebook: RuleBook,
    progress: Callable[[str], None] = lambda _: None,
) -> ProgressReport:
    """Several sessions of one person beside each other."""
    from sensor_screen.session.progress import follow_progress

    return follow_progress(
        sessions, options=options, claims=claims, rulebook=rulebook, progress=progress
    )


def rejudge(
    session: Session,
    a: RuleBook,
    b: RuleBook,
    *,
    language: Language,
    options: MeasureOptions,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[str, ...]:
    """What differs between two rule books for one session, a sentence each."""
    from sensor_screen.rules.evaluate import judge
    from sensor_screen.rules.rejudge import diff_judgements
    from sensor_screen.rules.voice import Voice
    from sensor_screen.session.screen import open_case

    case, _ = open_case(session, (), a, options=options, progress=progress)
    voice = Voice(language)
    said = tuple(voice.say(d.statement) for d in diff_judgements(case, a, b, judge))
    return said or (voice.text("rejudge.same"),)


def trace(
    recording: Recording,
    *,
    live: bool,
    options: MeasureOptions,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[tuple[AngleTrace, ...], tuple[str, ...]]:
    """The ankle angle of every leg, and what could not be measured."""
    from sensor_screen.session.angles import trace_recording

    return trace_recording(recording, live=live, options=options, progress=progress)


def trace_orientations(
    path: Path, side: Side, *, neutral_s: tuple[float, float], dorsiflexed_at_s: float
) -> tuple[AngleTrace, Origin]:
    """The ankle angle from a file of orientations, behind which there are no samples."""
    from sensor_screen.core.orientation_angle import angle_of_orientations
    from sensor_screen.storage.opensense_sto import read_opensense

    leg = read_opensense(path, side=side)
    trace = angle_of_orientations(
        side,
        leg.time_s,
        leg.room_from_shank,
        leg.room_from_foot,
        neutral_s=neutral_s,
        dorsiflexed_at_s=dorsiflexed_at_s,
    )
    return trace, leg.origin


def validate_stairs_folder(folder: Path, name: str) -> tuple[StairsRow, ...]:
    """The strides of a folder without a truth.

    Raises:
        sensor_screen.errors.ScreenError: The folder cannot be read, or holds no foot sensor.
    """
    from sensor_screen.session.validation_stairs import validate_stairs
    from sensor_screen.storage.folder import read_folder

    return validate_stairs(name, read_folder(folder).recording)


def validate_folder(folder: Path, name: str) -> ValidationRow:
    """A folder with a truth, compared with it.

    Raises:
        sensor_screen.errors.RecordingError: The folder holds no truth, or it cannot be read.
    """
    import numpy as np

    from sensor_screen.errors import RecordingError
    from sensor_screen.session.validation import validate_recording
    from sensor_screen.storage.folder import read_folder

    found = read_folder(folder)
    if found.truth_time_s is None or found.truth_dorsiflexion_rad is None:
        raise RecordingError(str(folder), "there is no truth in it", "add truth.csv")
    axes = [found.meta.get(f"hinge_axis_{segment}") for segment in ("shank", "foot")]
    stepping = any(
        t.task.value in ("walk", "stairs_up", "stairs_down") for t in found.recording.tasks
    )
    given = np.array(axes, dtype=np.float64) if all(axes) and not stepping else None
    return validate_recording(
        name, found.recording, found.truth_time_s, found.truth_dorsiflexion_rad, given
    )


def count_kicks_in_folder(folder: Path, name: str) -> LegKicks | None:
    """The kicks of one leg in a folder that says how many there were; None where it does not.

    Raises:
        sensor_screen.errors.RecordingError: The folder cannot be read.
    """
    from sensor_screen.session.validation_kicks import count_leg
    from sensor_screen.storage.folder import read_folder

    found = read_folder(folder)
    expected = found.meta.get("kicks_expected")
    return count_leg(name, found.recording, expected) if isinstance(expected, int) else None
