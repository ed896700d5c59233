"""The faces of a report: for the terminal, and as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.wiring.uses import screen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sensor_screen.judgement import Language, ScreeningReport
    from sensor_screen.report.stored_positions import StoredPositions
    from sensor_screen.session.progress import ProgressReport


_IN_GERMAN = "stiff-front"
"""The sample person who also has a German page: somebody with findings."""


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


def render_positions(found: StoredPositions, *, as_json: bool) -> str:
    """Positions of a stored report for the terminal at hand, or as JSON."""
    import json
    import shutil
    import sys

    from sensor_screen.report import terminal_positions
    from sensor_screen.report.stored_positions import positions_to_json

    ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
    if as_json:
        content = positions_to_json(found)
        return json.dumps(content, indent=1, ensure_ascii=ascii_only, allow_nan=False)
    return terminal_positions.render_positions(
        found,
        width=shutil.get_terminal_size((80, 24)).columns,
        colour=sys.stdout.isatty(),
        ascii_only=ascii_only,
    )


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


def write_gallery(
    folder: Path, *, pdf: bool = False, progress: Callable[[str], None] = lambda _: None
) -> Path:
    """The reports of all sample people as pages, and an index of them; gives the index.

    Raises:
        sensor_screen.errors.UsageError: PDF is wanted, and what it needs is not installed.
    """
    from sensor_screen.report.html.gallery import GalleryEntry, render_index
    from sensor_screen.session.case import Session
    from sensor_screen.simulation.sample_people import SAMPLE_PEOPLE
    from sensor_screen.storage.atomic_file import replace_file

    if pdf:
        refuse_without_pdf()
    entries = []
    for name, person in SAMPLE_PEOPLE.items():
        progress(f"screening {name}")
        *earlier, now = (Session((visit.record(),), visit.answers) for visit in person.visits)
        report = screen(now, earlier=earlier)
        files = _write_sample(folder, name, report, pdf=pdf)
        entries.append(GalleryEntry(name, person.description, files))
    with replace_file(folder / "index.html") as stream:
        stream.write(render_index(entries).encode())
    return folder / "index.html"


def _write_sample(
    folder: Path, name: str, report: ScreeningReport, *, pdf: bool
) -> tuple[str, ...]:
    """Every face of one sample person; gives the names of the files."""
    from dataclasses import replace

    from sensor_screen.judgement import Claims, Language
    from sensor_screen.report.html.gallery import render_picture
    from sensor_screen.rules.claims import restrain
    from sensor_screen.storage.atomic_file import replace_file

    plain = restrain(report.judgement, Claims.WELLNESS)
    faces = {"": report, "-wellness": replace(report, claims=Claims.WELLNESS, judgement=plain)}
    if name == _IN_GERMAN:
        faces["-de"] = replace(report, language=Language.GERMAN)
    for ending, face in faces.items():
        save_report_html(face, folder / f"{name}{ending}.html")
    files = [f"{name}{ending}.html" for ending in faces]
    if report.legs and not report.judgement.red_flags:
        with replace_file(folder / f"{name}.svg") as stream:
            stream.write(render_picture(report).encode())
        files.append(f"{name}.svg")
    if pdf:
        save_pdf(report, folder / f"{name}.pdf")
        save_handout(report, folder / f"{name}-handout.pdf")
        files += [f"{name}.pdf", f"{name}-handout.pdf"]
    return tuple(files)


def save_fhir(
    report: ScreeningReport, path: Path, *, version: str = "r4b", person: str = ""
) -> None:
    """The report as a FHIR bundle, `r4b` or `r5`; without a pseudonym the person gets a new one."""
    import json
    from datetime import UTC, datetime
    from uuid import uuid4

    from sensor_screen.report.fhir.collect import collect_screen
    from sensor_screen.report.fhir.r4b import to_r4b
    from sensor_screen.report.fhir.r5 import to_r5
    from sensor_screen.storage.atomic_file import replace_file

    issued = datetime.now(UTC).isoformat(timespec="seconds")
    screen = collect_screen(report, person=person or str(uuid4()), issued=issued)
    write = {"r4b": to_r4b, "r5": to_r5}[version]
    text = json.dumps(write(screen), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    with replace_file(path) as stream:
        stream.write(text.encode())


def save_pdf(report: ScreeningReport, path: Path) -> None:
    """The report on paper: one page for a clinician, then the appendix.

    Raises:
        sensor_screen.errors.UsageError: What PDF needs is not installed.
    """
    from sensor_screen.report.pdf.clinician import render_pdf
    from sensor_screen.storage.atomic_file import replace_file

    content = render_pdf(report)
    with replace_file(path) as stream:
        stream.write(content)


def save_handout(report: ScreeningReport, path: Path) -> None:
    """One page in plain words for the person who was measured.

    Raises:
        sensor_screen.errors.UsageError: What PDF needs is not installed.
    """
    from sensor_screen.report.pdf.handout import render_handout
    from sensor_screen.storage.atomic_file import replace_file

    content = render_handout(report)
    with replace_file(path) as stream:
        stream.write(content)


def refuse_without_pdf() -> None:
    """Raise before long work where no PDF can be made."""
    from sensor_screen.report.pdf.typesetting import refuse_without_typst

    refuse_without_typst()


def save_letter(report: ScreeningReport, path: Path) -> None:
    """The letter to hand over.

    Raises:
        sensor_screen.errors.UsageError: The report is not for clinicians.
    """
    from sensor_screen.report.letter import write_letter
    from sensor_screen.rules.voice import Voice
    from sensor_screen.storage.atomic_file import replace_file

    text = write_letter(report, Voice(report.language))
    with replace_file(path) as stream:
        stream.write(text.encode())
