"""`sensor-screen demo`: the whole job on a shipped recording, no sensor, no server."""

from pathlib import Path
from typing import Annotated

import typer

from sensor_screen.cli.progress import show_steps

DEMO_HELP = """
The whole job on a shipped recording of a simulated person: no sensor, no server.

Examples:

    sensor-screen demo

    sensor-screen demo --person kick-heavy --json report.json
"""


def demo(
    person: Annotated[
        str, typer.Option(help="healthy, anterior-restricted or kick-heavy.")
    ] = "anterior-restricted",
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="F", help="Write the report as JSON, too.")
    ] = None,
    html_out: Annotated[
        Path | None,
        typer.Option("--html", metavar="F", help="Write the report as one web page, too."),
    ] = None,
) -> None:
    from sensor_screen import wiring

    for path in (json_out, html_out):
        if path is not None:
            wiring.refuse_unwritable(path)
    with show_steps() as step:
        step("reading the sample recording")
        report = wiring.screen(wiring.open_sample_session(person), progress=step)
    typer.echo(wiring.render_for_terminal(report))
    faces = ((json_out, wiring.save_report_json), (html_out, wiring.save_report_html))
    for path, save in faces:
        if path is not None:
            save(report, path)
            typer.echo(f"wrote {path}", err=True)
