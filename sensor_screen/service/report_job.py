"""One report, made in a process of its own: bytes in, bytes out."""

from __future__ import annotations

import pickle
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sensor_screen.judgement import ScreeningReport
    from sensor_screen.session.case import Session


@dataclass(frozen=True, slots=True)
class StoredSession:
    """One occasion as it is kept."""

    recordings: tuple[bytes, ...]
    """Recording files."""
    answers: str
    """TOML; empty: none."""
    recorded_on: str = ""
    """Day of the session, which counts whatever a recording says; empty: as they say."""


@dataclass(frozen=True, slots=True)
class ReportJob:
    """What a report is made of."""

    session: StoredSession
    earlier: tuple[StoredSession, ...]
    claims: str
    language: str
    rulebook: str | None
    """Text of a rule book or overlay; None: the shipped one."""
    person: str
    """Pseudonym in FHIR."""
    issued: str
    """ISO time, for FHIR."""


@dataclass(frozen=True, slots=True)
class MadeReport:
    """What came of it."""

    content: bytes
    """JSON."""
    software_version: str
    rulebook_version: str
    simulated: bool
    kept: bytes
    """For `render_faces`; of one version of the software, never stored."""


def make_report(job: ReportJob) -> MadeReport:
    """Measure and judge.

    Raises:
        ScreenError: Nothing can be measured, or something stored cannot be read.
    """
    from sensor_screen.judgement import Claims, Language
    from sensor_screen.model import Origin
    from sensor_screen.rules.rulebook import parse_rulebook
    from sensor_screen.session.screen import screen_session

    report = screen_session(
        open_stored(job.session),
        earlier=[open_stored(one) for one in job.earlier],
        claims=Claims(job.claims),
        language=Language(job.language),
        rulebook=parse_rulebook(job.rulebook, "rule book") if job.rulebook else None,
    )
    return MadeReport(
        content=json_bytes(report),
        software_version=report.software_version,
        rulebook_version=report.judgement.rulebook_version,
        simulated=report.origin is Origin.SIMULATED,
        kept=pickle.dumps(report, protocol=pickle.HIGHEST_PROTOCOL),
    )


def json_bytes(report: ScreeningReport) -> bytes:
    """The report as it is stored and sent: the same bytes wherever it is made."""
    import json

    from sensor_screen.report.json_report import report_to_json

    content = report_to_json(report)
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def open_stored(stored: StoredSession) -> Session:
    """What was kept, read.

    Every recording is of the day of its session.

    Raises:
        ScreenError: It cannot be read.
    """
    from dataclasses import replace

    from sensor_screen.judgement import Answers
    from sensor_screen.rules.questionnaire import read_answers
    from sensor_screen.session.case import Session
    from sensor_screen.storage.recording_file import read_recording

    recordings = []
    with tempfile.TemporaryDirectory() as folder:
        for number, value in enumerate(stored.recordings):
            path = Path(folder) / f"recording {number + 1}.parquet"
            path.write_bytes(value)
            read = read_recording(path)
            recordings.append(replace(read, recorded_on=stored.recorded_on or read.recorded_on))
    answers = read_answers(stored.answers, "answers") if stored.answers else Answers()
    return Session(tuple(recordings), answers)


FACES: Mapping[str, str] = {
    "report.html": "text/html; charset=utf-8",
    "report.pdf": "application/pdf",
    "handout.pdf": "application/pdf",
    "fhir-r4b.json": "application/fhir+json; fhirVersion=4.3",
    "fhir-r5.json": "application/fhir+json; fhirVersion=5.0",
    "letter.txt": "text/plain; charset=utf-8",
}
"""Other faces of a report, and what they are."""


def render_faces(kept: bytes, person: str, issued: str) -> dict[str, bytes | str]:
    """Every face; a sentence where there is none.

    Args:
        kept: Of `make_report`, from this very program: never bytes from elsewhere.
        person: Pseudonym in FHIR.
        issued: ISO time, for FHIR.
    """
    from sensor_screen.errors import ScreenError

    report: ScreeningReport = pickle.loads(kept)  # noqa: S301 - made by ourselves a moment ago
    faces: dict[str, bytes | str] = {}
    for name in FACES:
        try:
            faces[name] = _render(name, report, person, issued)
        except ScreenError as error:
            faces[name] = str(error)
    return faces


def _render(name: str, report: ScreeningReport, person: str, issued: str) -> bytes:
    import json

    from sensor_screen.report.fhir.collect import collect_screen
    from sensor_screen.report.fhir.r4b import to_r4b
    from sensor_screen.report.fhir.r5 import to_r5
    from sensor_screen.report.html import render_html
    from sensor_screen.report.letter import write_letter
    from sensor_screen.report.pdf.clinician import render_pdf
    from sensor_screen.report.pdf.handout import render_handout
    from sensor_screen.rules.voice import Voice

    if name == "report.html":
        return render_html(report).encode()
    if name == "report.pdf":
        return render_pdf(report)
    if name == "handout.pdf":
        return render_handout(report)
    if name == "letter.txt":
        return write_letter(report, Voice(report.language)).encode()
    screen = collect_screen(report, person=person, issued=issued)
    bundle = (to_r4b if name == "fhir-r4b.json" else to_r5)(screen)
    return json.dumps(bundle, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
