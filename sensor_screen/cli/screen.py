"""`sensor-screen screen`: recordings become a report."""

from pathlib import Path
from typing import Annotated

import typer

from sensor_screen.cli.choices import FlipOption, TrustSignOption, Zero, ZeroOption
from sensor_screen.cli.progress import show_steps

SCREEN_HELP = """
Turn recordings of one person into a report.

A recording needs a still stand first, then pumps (seated, toes up first), then what is to be
measured. End ranges come from lunges (front) and pointing (back).

Examples:

    sensor-screen screen anna.parquet

    sensor-screen screen left.parquet right.parquet --json report.json
"""


def screen(
    recordings: Annotated[list[Path], typer.Argument(metavar="REC...", help="Recording files.")],
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="F", help="Write the report as JSON, too.")
    ] = None,
    zero: ZeroOption = Zero.QUIET_STANDING,
    flip: FlipOption = False,
    trust_sign: TrustSignOption = False,
) -> None:
    from sensor_screen import wiring
    from sensor_screen.cli.options import measure_options

    if json_out is not None:
        wiring.refuse_unwritable(json_out)
    with show_steps() as step:
        step("reading the recordings")
        opened = [wiring.open_recording(path) for path in recordings]
        report = wiring.screen(
            opened, options=measure_options(zero, flip=flip, trust_sign=trust_sign), progress=step
        )
    typer.echo(wiring.render_for_terminal(report))
    if json_out is not None:
        wiring.save_report_json(report, json_out)
        typer.echo(f"wrote {json_out}", err=True)
