"""`sensor-screen record`: a guided capture, from the first question to the report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sensor_screen.cli.choices import (
    ClaimsMode,
    ClaimsOption,
    LanguageOption,
    Leg,
    RuleBookOption,
    Speech,
)
from sensor_screen.cli.progress import show_steps

if TYPE_CHECKING:
    from sensor_screen.judgement import Language
    from sensor_screen.rules.voice import Voice
    from sensor_screen.session.capture import Capture
    from sensor_screen.wiring import RunningCapture

RECORD_HELP = """
Guide a person through a session and make the report.

Questions come first, red flags before everything: on a yes it says what to do, and no task follows.
Then the sensors are put on, and each task is shown in letters to be read from two metres, with a
count, the angle on the person's own range, and how each sensor is heard. After each task its pain
is asked, and what hurts too much ends the session. What was recorded until then is kept and
reported.

While a task is on: Enter is enough of it, R does it again, S leaves it out, P pauses, E says that
something happened, Q or Ctrl-C ends the session. Into a pipe, or with `--plain`, everything is said
in lines, and keys are typed with Enter.

Plans: `clinic` (both legs, everything, four sensors), `quick` (one leg, lunges and squats),
`self-test` (one leg, alone at home), or a TOML file of your own.

Sensors of the open protocol are found by Bluetooth, by the leg and place that are stored in them
(see `devices`), or by your word: `--sensor SS-0042=left-foot` wins over what is stored. Where
neither says it, you are asked to shake one sensor after the other; `--store-labels` stores in each
what came of it. Every sample is on the disk before its sensor is told so: after a power cut
`recover` makes the recording out of the journal. Links may break; nothing is lost while a sensor
can hold it.

Movella DOT, WitMotion and MetaMotion take part where you name them so. They hold nothing: what they
measure while a link is broken is lost. Where they send no time, the report says that it is
estimated.

Beside `anna.parquet` there will be `anna.intake.toml` with the answers, which `screen` finds.

Examples:

    sensor-screen record --plan clinic --out anna.parquet --html anna.html

    sensor-screen record --plan quick --side left --out anna.parquet
        --sensor D422CD001234=left-shank --sensor D422CD001235=left-foot

    sensor-screen record --virtual --plan quick --side left --out trial.parquet --speed 20

    sensor-screen record --virtual --ask --plan clinic --out trial.parquet --html trial.html
"""


def record(
    out: Annotated[Path, typer.Option("--out", metavar="REC", help="The recording to write.")],
    plan: Annotated[
        str, typer.Option(metavar="PLAN", help="clinic, quick, self-test, or a TOML file.")
    ] = "clinic",
    side: Annotated[
        Leg | None, typer.Option(help="The leg that carries the sensors, where it is one.")
    ] = None,
    sensor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SERIAL=PLACE",
            help="Where a sensor is worn, as SS-0042=left-foot; once for each sensor.",
        ),
    ] = None,
    store_labels: Annotated[
        bool,
        typer.Option(
            "--store-labels", help="Store in each sensor that was shaken where it is worn."
        ),
    ] = False,
    virtual: Annotated[
        bool,
        typer.Option(
            "--virtual",
            help="Virtual Bluetooth sensors on a simulated person who does as asked.",
        ),
    ] = False,
    radio: Annotated[
        bool,
        typer.Option(
            "--radio/--no-radio", help="Virtual only: without the virtual radio in between."
        ),
    ] = True,
    speed: Annotated[
        float, typer.Option(min=0.1, max=1000.0, help="Virtual only: so many times as fast.")
    ] = 1.0,
    seed: Annotated[
        int, typer.Option(min=0, help="Virtual only: another number, another person.")
    ] = 0,
    ask: Annotated[
        bool, typer.Option("--ask", help="Virtual only: you answer and start, not the simulation.")
    ] = False,
    intake: Annotated[
        Path | None,
        typer.Option(metavar="F.toml", help="Answers given before; only what is open is asked."),
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Lines instead of a screen, as into a pipe.")
    ] = False,
    beep: Annotated[
        bool, typer.Option("--beep/--no-beep", help="A tone for each repetition; screen only.")
    ] = True,
    claims: ClaimsOption = ClaimsMode.CLINICIAN,
    language: LanguageOption = Speech.ENGLISH,
    rulebook: RuleBookOption = None,
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="F", help="Write the report as JSON, too.")
    ] = None,
    html_out: Annotated[
        Path | None,
        typer.Option("--html", metavar="F", help="Write the report as one web page, too."),
    ] = None,
) -> None:
    from sensor_screen import wiring
    from sensor_screen.ble.roles import parse_places
    from sensor_screen.cli.shake_lines import ShakeLines
    from sensor_screen.judgement import Claims, Language
    from sensor_screen.model import Side
    from sensor_screen.rules.voice import Voice

    answers_out = out.with_suffix(".intake.toml")
    for path in (out, answers_out, json_out, html_out):
        if path is not None:
            wiring.refuse_unwritable(path)
    said_in, meant = Language(language.value), Claims(claims.value)
    hands_off = virtual and not ask
    naming = wiring.Naming(
        parse_places(sensor or ()), None if hands_off else ShakeLines(Voice(said_in)), store_labels
    )
    book = wiring.open_rulebook(rulebook)
    running = wiring.open_capture(
        plan=wiring.open_plan(plan),
        side=Side(side.value) if side else None,
        virtual=virtual,
        radio=radio,
        out=out,
        speed=speed,
        seed=seed,
        answers=wiring.open_answers(intake, said_in) if intake else None,
        claims=meant,
        book=book,
        naming=naming,
    )
    try:
        try:
            _run(running, said_in, plain=plain, beep=beep, hands_off=hands_off)
        finally:
            # First what the person told: it does not hang on sensors or on what they sent.
            wiring.save_answers(running.answers(), answers_out, said_in)
            typer.echo(f"wrote {answers_out}", err=True)
        typer.echo("Stopping the sensors and fetching their last samples ...", err=True)
        recording = running.finish()
    finally:
        running.close()
    if not recording.tasks or running.capture.result().red_flags:
        typer.echo(Voice(said_in).text("capture.show.no_report"))
        return
    wiring.save_recording(recording, out)
    typer.echo(f"wrote {out}", err=True)
    with show_steps() as step:
        report = wiring.screen(
            wiring.open_session([out], None, said_in),
            claims=meant,
            language=said_in,
            rulebook=book,
            progress=step,
        )
    typer.echo(wiring.render_for_terminal(report))
    for path, save in ((json_out, wiring.save_report_json), (html_out, wiring.save_report_html)):
        if path is not None:
            save(report, path)
            typer.echo(f"wrote {path}", err=True)


def _run(
    running: "RunningCapture", language: "Language", *, plain: bool, beep: bool, hands_off: bool
) -> None:
    """Guide to the end on the screen that fits; Ctrl-C ends the session and keeps it."""
    import sys
    from contextlib import ExitStack

    from sensor_screen.cli.keyboard import LineInput, single_keys
    from sensor_screen.cli.record_screens import LargeScreen, PlainLines
    from sensor_screen.rules.voice import Voice
    from sensor_screen.session.capture_view import CaptureKey
    from sensor_screen.session.guide import HandsOff, guide

    voice = Voice(language)
    large = not plain and sys.stdin.isatty() and sys.stdout.isatty()
    with ExitStack() as stack:
        screen: LargeScreen | PlainLines
        if large:
            keys = stack.enter_context(single_keys())
            screen = stack.enter_context(LargeScreen(voice, keys, beep=beep))
        else:
            screen = PlainLines(voice, LineInput(), needs_answers=not hands_off)
        shown = HandsOff(screen) if hands_off else screen
        try:
            guide(running.capture, running.source, running.clock, shown)
        except KeyboardInterrupt:
            running.capture.press(CaptureKey.STOP)
    if large:
        _say_end(running.capture, voice)


def _say_end(capture: "Capture", voice: "Voice") -> None:
    """What the screen said last; it is gone by now."""
    import shutil
    import textwrap

    view = capture.view()
    width = shutil.get_terminal_size((80, 24)).columns
    for sentence in (view.say, *view.reasons):
        typer.secho(textwrap.fill(voice.say(sentence), width), bold=True)
