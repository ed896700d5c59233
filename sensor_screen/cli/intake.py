"""`sensor-screen intake`: questions in the terminal become a file of answers."""

from pathlib import Path
from typing import Annotated

import typer

from sensor_screen.cli.choices import LanguageOption, Speech

INTAKE_HELP = """
Ask what a person feels, did and wants, and write the answers to a file.

Red flags come first: on a yes it says at once what to do, asks nothing more and writes what was
said so far. Every question can be skipped. Broken off, it writes nothing.

Examples:

    sensor-screen intake --out anna.toml

    sensor-screen intake --out today.toml --from anna.toml --clinician --language de
"""


def intake(
    out: Annotated[Path, typer.Option("--out", metavar="F.toml", help="File of answers to write.")],
    clinician: Annotated[
        bool, typer.Option("--clinician", help="Ask what only clinicians can test, too.")
    ] = False,
    language: LanguageOption = Speech.ENGLISH,
    earlier: Annotated[
        Path | None,
        typer.Option("--from", metavar="OLD.toml", help="Offer the lasting answers of this file."),
    ] = None,
) -> None:
    import io
    import sys
    from datetime import date

    from sensor_screen import wiring
    from sensor_screen.cli.intake_dialogue import IntakeDialogue
    from sensor_screen.errors import UsageError
    from sensor_screen.judgement import Answers, Language

    if not out.parent.is_dir():
        raise UsageError(str(out), "its folder does not exist", "choose one that does")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # another encoding shows, and does not fail
    spoken = Language(language.value)
    old = wiring.open_answers(earlier, spoken) if earlier else Answers()
    today = date.today().isoformat()  # noqa: DTZ011 - the day where the person is
    dialogue = IntakeDialogue(spoken, old, today=today, clinician=clinician)
    try:
        answers = dialogue.ask_all()
    except (KeyboardInterrupt, EOFError):
        typer.echo()
        raise UsageError(
            str(out), dialogue.say("stopped"), dialogue.say("stopped_remedy")
        ) from None
    wiring.save_answers(answers, out, spoken)
    count = len(answers.values)
    key = "wrote_one" if count == 1 else "wrote"
    typer.echo(dialogue.say(key, file=str(out), count=count), err=True)
