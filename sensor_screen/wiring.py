"""The one place that chooses implementations: what is behind each port of the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from sensor_screen.core.pipeline import MeasureOptions
    from sensor_screen.judgement import Answers, Claims, Language, ScreeningReport
    from sensor_screen.model import AngleTrace, Recording
    from sensor_screen.rules.rulebook import RuleBook
    from sensor_screen.session.case import Session
    from sensor_screen.session.progress import ProgressReport
    from sensor_screen.session.validation import ValidationRow
    from sensor_screen.session.validation_kicks import LegKicks
    from sensor_screen.session.validation_stairs import StairsRow


_IN_GERMAN = "stiff-front"
"""The sample person who also has a German page: somebody with findings."""


def open_recording(path: Path | str) -> Recording:
    """A stored recording; today always a Parquet file."""
    from sensor_screen.storage.recording_file import read_recording

    return read_recording(path)


def save_recording(recording: Recording, path: Path | str) -> None:
    """Store a recording; an older file of that name is replaced in one step."""
    from sensor_screen.storage.recording_file import write_recording

    write_recording(recording, path)


def open_sample(name: str) -> Recording:
    """A shipped recording."""
    from sensor_screen.storage.samples import find_sample

    return open_recording(find_sample(name))


def open_answers(path: Path, language: Language) -> Answers:
    """The answers of a file; `language` is that of complaints."""
    from sensor_screen.storage.answer_file import read_answer_file

    return read_answer_file(path, language)


def save_answers(answers: Answers, path: Path, language: Language) -> None:
    """The answers as a file that people can read; the questions stand in it as comments."""
    from sensor_screen.storage.answer_file import write_answer_file

    write_answer_file(answers, path, language)


def open_session(paths: Sequence[Path], intake: Path | None, language: Language) -> Session:
    """Recordings of one occasion with its answers: those given, else those beside a recording.

    Raises:
        sensor_screen.errors.ScreenError: A file cannot be read, or answers contradict each other.
    """
    from sensor_screen.session.case import Session, join_sessions

    recordings = tuple(open_recording(path) for path in paths)
    if intake is not None:
        return Session(recordings, open_answers(intake, language))
    return join_sessions(
        [
            Session((recording,), answers_beside(path, language))
            for path, recording in zip(paths, recordings, strict=True)
        ]
    )


def open_sessions(paths: Sequence[Path], language: Language) -> tuple[Session, ...]:
    """Recordings of several days with the answers beside them, oldest first."""
    from sensor_screen.session.case import group_sessions

    return group_sessions([(open_recording(p), answers_beside(p, language)) for p in paths])


def answers_beside(path: Path, language: Language) -> Answers:
    """The answers in `anna.intake.toml` beside `anna.parquet`; none where there is no such file."""
    from sensor_screen.judgement import Answers

    beside = path.with_suffix(".intake.toml")
    return open_answers(beside, language) if beside.is_file() else Answers()


def open_sample_session(name: str) -> Session:
    """A shipped recording as a session without answers."""
    from sensor_screen.session.case import Session

    return Session((open_sample(name),))


def open_rulebook(path: Path | None) -> RuleBook:
    """A rule book or an overlay; the shipped book where there is no path.

    Raises:
        sensor_screen.errors.RuleBookError: It cannot be read, or it contradicts itself.
    """
    from sensor_screen.errors import RuleBookError
    from sensor_screen.rules.rulebook import parse_rulebook, shipped_rulebook

    if path is None:
        return shipped_rulebook()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleBookError(str(path), f"cannot be read ({error})", "check the file") from None
    return parse_rulebook(text, path.name)


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


def save_angles(traces: Iterable[AngleTrace], path: Path, *, with_errors: bool = False) -> None:
    """The angles as a table; with their errors and marks where asked for."""
    from sensor_screen.report.angles_csv import write_angles_csv
    from sensor_screen.storage.atomic_file import replace_file

    with replace_file(path) as stream:
        write_angles_csv(traces, stream, with_errors=with_errors)


def render_for_terminal(report: ScreeningReport) -> str:
    """The report for the terminal at hand: its width, its colours, its letters."""
    import shutil
    import sys

    from sensor_screen.report.terminal import render_terminal

    ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
    return render_terminal(
        report,
        width=shutil.get_terminal_size((80, 24)).columns,
        colour=sys.stdout.isatty(),
        ascii_only=ascii_only,
    )


def render_progress_for_terminal(report: ProgressReport, language: Language) -> str:
    """Several sessions for the terminal at hand."""
    import shutil
    import sys

    from sensor_screen.report.terminal_progress import render_progress

    return render_progress(
        report,
        language,
        width=shutil.get_terminal_size((80, 24)).columns,
        colour=sys.stdout.isatty(),
        ascii_only="utf" not in (sys.stdout.encoding or "").lower(),
    )


def refuse_unwritable(path: Path) -> None:
    """Raise before long work where no file can be written there."""
    from sensor_screen.storage.atomic_file import refuse_unwritable as refuse

    refuse(path)


def save_report_json(report: ScreeningReport, path: Path) -> None:
    """The report as JSON."""
    import json

    from sensor_screen.report.json_report import report_to_json
    from sensor_screen.storage.atomic_file import replace_file

    text = json.dumps(report_to_json(report), indent=1, ensure_ascii=False, allow_nan=False)
    with replace_file(path) as stream:
        stream.write(text.encode())


def save_report_html(report: ScreeningReport, path: Path) -> None:
    """The report as one web page."""
    from sensor_screen.report.html import render_html
    from sensor_screen.storage.atomic_file import replace_file

    with replace_file(path) as stream:
        stream.write(render_html(report).encode())


def make_folder(path: Path) -> None:
    """Make a folder, and see that files can be written in it.

    Raises:
        sensor_screen.errors.UsageError: There is a file of that name, or it cannot be made.
    """
    from sensor_screen.errors import UsageError
    from sensor_screen.storage.atomic_file import refuse_unwritable as refuse

    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"it cannot be made ({error.strerror or error})"
        raise UsageError(str(path), problem, "name a folder") from error
    refuse(path / "index.html")


def write_gallery(folder: Path, *, progress: Callable[[str], None] = lambda _: None) -> Path:
    """The reports of all sample people as pages, and an index of them; gives the index."""
    from dataclasses import replace

    from sensor_screen.judgement import Claims, Language
    from sensor_screen.report.html.gallery import GalleryEntry, render_index
    from sensor_screen.rules.claims import restrain
    from sensor_screen.session.case import Session
    from sensor_screen.simulation.sample_people import SAMPLE_PEOPLE
    from sensor_screen.storage.atomic_file import replace_file

    entries = []
    for name, person in SAMPLE_PEOPLE.items():
        progress(f"screening {name}")
        *earlier, now = (Session((visit.record(),), visit.answers) for visit in person.visits)
        report = screen(now, earlier=earlier)
        plain = restrain(report.judgement, Claims.WELLNESS)
        faces = {"": report, "-wellness": replace(report, claims=Claims.WELLNESS, judgement=plain)}
        if name == _IN_GERMAN:
            faces["-de"] = replace(report, language=Language.GERMAN)
        for ending, face in faces.items():
            save_report_html(face, folder / f"{name}{ending}.html")
        files = tuple(f"{name}{ending}.html" for ending in faces)
        entries.append(GalleryEntry(name, person.description, files))
    with replace_file(folder / "index.html") as stream:
        stream.write(render_index(entries).encode())
    return folder / "index.html"


def save_letter(report: ScreeningReport, path: Path) -> None:
    """The letter to hand over.

    Raises:
        sensor_screen.errors.UsageError: The report is not for clinicians.
    """
    from sensor_screen.rules.letter import write_letter
    from sensor_screen.rules.voice import Voice
    from sensor_screen.storage.atomic_file import replace_file

    text = write_letter(report, Voice(report.language))
    with replace_file(path) as stream:
        stream.write(text.encode())


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
