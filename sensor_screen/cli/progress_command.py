"""`sensor-screen progress`: several sessions of one person beside each other."""

from pathlib import Path
from typing import Annotated

import typer

from sensor_screen.cli.choices import (
    ClaimsMode,
    ClaimsOption,
    LanguageOption,
    RuleBookOption,
    Speech,
    Zero,
    ZeroOption,
)
from sensor_screen.cli.progress import show_steps

PROGRESS_HELP = """
Compare the sessions of one person: what really changed, and what each week added up to.

Recordings of one day are one session. They are put in the order of their dates, or without any date
taken in the order given. Answers beside a recording (`anna.intake.toml`) are used.

Example:

    sensor-screen progress august.parquet september.parquet november.parquet
"""


def progress(
    recordings: Annotated[list[Path], typer.Argument(metavar="REC...", help="Recording files.")],
    claims: ClaimsOption = ClaimsMode.CLINICIAN,
    rulebook: RuleBookOption = None,
    language: LanguageOption = Speech.ENGLISH,
    zero: ZeroOption = Zero.QUIET_STANDING,
) -> None:
    from sensor_screen import wiring
    from sensor_screen.cli.options import measure_options
    from sensor_screen.judgement import Claims, Language

    said_in = Language(language.value)
    with show_steps() as step:
        step("reading the recordings")
        report = wiring.follow(
            wiring.open_sessions(recordings, said_in),
            claims=Claims(claims.value),
            rulebook=wiring.open_rulebook(rulebook),
            options=measure_options(zero, flip=False, trust_sign=False),
            progress=step,
        )
    typer.echo(wiring.render_progress_for_terminal(report, said_in))
