"""`sensor-screen rejudge`: the same measures under two rule books."""

from pathlib import Path
from typing import Annotated

import typer

from sensor_screen.cli.choices import LanguageOption, Speech, Zero, ZeroOption
from sensor_screen.cli.progress import show_steps

REJUDGE_HELP = """
Judge a recording under two rule books, and say what differs and why.

A rule book is a file as the shipped `rulebook.toml`, complete or an overlay with only the entries
that a clinic changes; `shipped` is the one that comes with the software.

Example:

    sensor-screen rejudge anna.parquet --rulebook shipped --against clinic.toml
"""

_SHIPPED = Path("shipped")


def rejudge(
    recordings: Annotated[list[Path], typer.Argument(metavar="REC...", help="Recording files.")],
    against: Annotated[Path, typer.Option(metavar="B", help="The rule book to compare with.")],
    rulebook: Annotated[
        Path, typer.Option(metavar="A", help="The rule book to start from.")
    ] = _SHIPPED,
    intake: Annotated[
        Path | None, typer.Option(metavar="F", help="Answers and entries of this session.")
    ] = None,
    language: LanguageOption = Speech.ENGLISH,
    zero: ZeroOption = Zero.QUIET_STANDING,
) -> None:
    from sensor_screen import wiring
    from sensor_screen.cli.options import measure_options
    from sensor_screen.judgement import Language

    said_in = Language(language.value)
    books = [wiring.open_rulebook(None if p == _SHIPPED else p) for p in (rulebook, against)]
    with show_steps() as step:
        step("reading the recordings")
        lines = wiring.rejudge(
            wiring.open_session(recordings, intake, said_in),
            books[0],
            books[1],
            language=said_in,
            options=measure_options(zero, flip=False, trust_sign=False),
            progress=step,
        )
    typer.echo(f"{books[0].version} -> {books[1].version}")
    for line in lines:
        typer.echo(line)
