"""`sensor-screen positions`: what a stored report says of positions near the end range."""

from pathlib import Path
from typing import Annotated

import typer

POSITIONS_HELP = """
Read a stored report, and say which movements come into impingement-prone ranges and what to do.

The report is one that `screen --json` wrote, in its language. Positions are geometry: how close a
movement comes to the person's own end range. With --json the same comes as JSON, each position with
its figures, limits and advice, beside the marks that its reader must know.

Examples:

    sensor-screen positions anna.json

    sensor-screen positions anna.json --json
"""


def positions(
    report: Annotated[
        Path, typer.Argument(metavar="REPORT.json", help="A report that `screen --json` wrote.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False,
) -> None:
    from sensor_screen import wiring

    found = wiring.read_positions(report)
    typer.echo(wiring.render_positions(found, as_json=as_json))
