"""`sensor-screen screen`: recordings become a report."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from sensor_screen.cli.choices import (
    ClaimsMode,
    ClaimsOption,
    FhirVersion,
    FlipOption,
    LanguageOption,
    RuleBookOption,
    Speech,
    TrustSignOption,
    Zero,
    ZeroOption,
)
from sensor_screen.cli.progress import show_steps
from sensor_screen.errors import UsageError

SCREEN_HELP = """
Turn the recordings of one session of one person into a report.

A recording needs a still stand first, then pumps (seated, toes up first), then what is to be
measured. End ranges come from lunges (front) and pointing (back). Answers (pain, symptoms, what a
clinician measured) come from `sensor-screen intake`; a file `anna.intake.toml` beside
`anna.parquet` is used without asking. Without answers the report is about movement alone.

Examples:

    sensor-screen screen anna.parquet

    sensor-screen screen left.parquet right.parquet --intake anna.toml --json report.json

    sensor-screen screen anna.parquet --html report.html

    sensor-screen screen june.parquet --previous april.parquet --previous may.parquet

    sensor-screen screen anna.parquet --claims wellness --language de

    sensor-screen screen anna.parquet --pdf anna.pdf --handout for-anna.pdf --fhir anna.json
"""


def screen(
    recordings: Annotated[list[Path], typer.Argument(metavar="REC...", help="Recording files.")],
    intake: Annotated[
        Path | None, typer.Option(metavar="F", help="Answers and entries of this session.")
    ] = None,
    claims: ClaimsOption = ClaimsMode.CLINICIAN,
    rulebook: RuleBookOption = None,
    previous: Annotated[
        list[Path] | None,
        typer.Option(metavar="REC", help="An earlier recording of the same person; repeat."),
    ] = None,
    language: LanguageOption = Speech.ENGLISH,
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="F", help="Write the report as JSON, too.")
    ] = None,
    html_out: Annotated[
        Path | None,
        typer.Option("--html", metavar="F", help="Write the report as one web page, too."),
    ] = None,
    letter: Annotated[
        Path | None,
        typer.Option(metavar="F", help="Write a letter to hand over, for a clinician to sign."),
    ] = None,
    pdf: Annotated[
        Path | None, typer.Option(metavar="F", help="Write the report for paper: a page, appendix.")
    ] = None,
    handout: Annotated[
        Path | None,
        typer.Option(metavar="F", help="Write one page of plain words for who was measured (PDF)."),
    ] = None,
    fhir: Annotated[
        Path | None, typer.Option(metavar="F", help="Write the report as a FHIR bundle (JSON).")
    ] = None,
    fhir_version: Annotated[
        FhirVersion, typer.Option(help="Version of the FHIR bundle; r4b fits R4 as well.")
    ] = FhirVersion.R4B,
    fhir_patient: Annotated[
        str, typer.Option(metavar="ID", help="Pseudonym of the person in FHIR; else a random one.")
    ] = "",
    zero: ZeroOption = Zero.QUIET_STANDING,
    flip: FlipOption = False,
    trust_sign: TrustSignOption = False,
) -> None:
    from sensor_screen import wiring
    from sensor_screen.cli.options import measure_options
    from sensor_screen.judgement import Claims, Language

    if letter is not None and claims is ClaimsMode.WELLNESS:
        raise UsageError("letter", "a wellness report has none", "use --claims clinician")
    if pdf is not None or handout is not None:
        wiring.refuse_without_pdf()
    for path in (json_out, html_out, letter, pdf, handout, fhir):
        if path is not None:
            wiring.refuse_unwritable(path)
    with show_steps() as step:
        step("reading the recordings")
        said_in = Language(language.value)
        report = wiring.screen(
            wiring.open_session(recordings, intake, said_in),
            earlier=wiring.open_sessions(previous or [], said_in),
            claims=Claims(claims.value),
            language=said_in,
            rulebook=wiring.open_rulebook(rulebook),
            options=measure_options(zero, flip=flip, trust_sign=trust_sign),
            progress=step,
        )
    typer.echo(wiring.render_for_terminal(report))
    save_fhir = partial(wiring.save_fhir, version=fhir_version.value, person=fhir_patient)
    faces = (
        (json_out, wiring.save_report_json),
        (html_out, wiring.save_report_html),
        (letter, wiring.save_letter),
        (pdf, wiring.save_pdf),
        (handout, wiring.save_handout),
        (fhir, save_fhir),
    )
    for path, save in faces:
        if path is not None:
            save(report, path)
            typer.echo(f"wrote {path}", err=True)
