"""What is stored and opened: recordings, answers, rule books, exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sensor_screen.judgement import Answers, Language
    from sensor_screen.model import AngleTrace, Placement, Recording, Side
    from sensor_screen.report.stored_positions import StoredPositions
    from sensor_screen.rules.rulebook import RuleBook
    from sensor_screen.session.case import Session
    from sensor_screen.session.export import Export
    from sensor_screen.storage.journal_fold import FoldedJournal


def open_recording(path: Path | str) -> Recording:
    """A stored recording; today always a Parquet file."""
    from sensor_screen.storage.recording_file import read_recording

    return read_recording(path)


def save_recording(recording: Recording, path: Path | str) -> None:
    """Store a recording; an older file of that name is replaced in one step."""
    from sensor_screen.storage.recording_file import write_recording

    write_recording(recording, path)


def open_report(path: Path) -> dict[str, Any]:
    """A report that was stored as JSON, checked against its schema and decoded.

    Raises:
        sensor_screen.errors.ReportError: It cannot be read, or is no report that is known here.
    """
    from sensor_screen.report.report_check import check_report
    from sensor_screen.storage.report_file import read_json_object

    return check_report(read_json_object(path), path.name)


def read_positions(path: Path) -> StoredPositions:
    """The positions of a stored report that come close to an end range.

    Raises:
        sensor_screen.errors.ScreenError: It cannot be read, or judges no position.
    """
    from sensor_screen.report.stored_positions import find_close_positions

    return find_close_positions(open_report(path), path.name)


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
        reason = getattr(error, "strerror", None) or "it is not text"
        raise RuleBookError(str(path), f"cannot be read ({reason})", "check the file") from None
    return parse_rulebook(text, path.name)


def refuse_unwritable(path: Path) -> None:
    """Raise before long work where no file can be written there."""
    from sensor_screen.storage.atomic_file import refuse_unwritable as refuse

    refuse(path)


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


def save_angles(traces: Iterable[AngleTrace], path: Path, *, with_errors: bool = False) -> None:
    """The angles as a table; with their errors and marks where asked for."""
    from sensor_screen.report.angles_csv import write_angles_csv
    from sensor_screen.storage.atomic_file import replace_file

    with replace_file(path) as stream:
        write_angles_csv(traces, stream, with_errors=with_errors)


def refuse_export(to: str, path: Path, subject: str) -> None:
    """Raise before long work where an export cannot be written."""
    from sensor_screen.storage.atomic_file import refuse_unwritable, refuse_unwritable_folder
    from sensor_screen.storage.mcap_export import refuse_without_mcap
    from sensor_screen.storage.motion_bids import refuse_label

    if to == "mcap":
        refuse_without_mcap()
        return refuse_unwritable(path)
    if to == "motion-bids":
        refuse_label(subject)
    return refuse_unwritable_folder(path)


def save_export(export: Export, to: str, path: Path, subject: str) -> None:
    """Write a recording for other programs: a file for mcap, else a new folder."""
    from sensor_screen.report import opensim_files
    from sensor_screen.report.sample_tables import write_sample_tables
    from sensor_screen.session.segment_orientations import orient_segments
    from sensor_screen.storage.atomic_file import make_folder, replace_file
    from sensor_screen.storage.mcap_export import write_mcap
    from sensor_screen.storage.motion_bids import write_motion_bids

    if to == "mcap":
        with replace_file(path) as stream:
            write_mcap(export, stream)
        return
    with make_folder(path) as folder:
        if to == "csv":
            write_sample_tables(export, folder)
        elif to == "motion-bids":
            write_motion_bids(export, folder, subject)
        else:
            found = orient_segments(export.recording, export.legs)
            opensim_files.write_opensim(export, found, folder)


def find_journals(place: Path) -> tuple[Path, ...]:
    """Journals that interrupted recordings left in a folder; of a file that file."""
    from sensor_screen.storage.journal import find_journals as find

    return find(place) if place.is_dir() else (place,)


def recover(
    journal: Path, out: Path, places: Mapping[str, tuple[Side, Placement]]
) -> FoldedJournal:
    """The recording of a journal, which is then dropped; `places` are by serial."""
    from sensor_screen.storage.journal_fold import fold_journal

    return fold_journal(journal, out, places)
