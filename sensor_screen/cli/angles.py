"""`sensor-screen angles`: the ankle angle of every sample, as a table."""

from pathlib import Path
from typing import Annotated

import typer

from sensor_screen.cli.choices import FlipOption, TrustSignOption, Zero, ZeroOption
from sensor_screen.cli.progress import show_steps

ANGLES_HELP = """
Write the ankle angle of every sample as CSV.

Columns: time_s, side, dorsiflexion_deg (plantarflexion is negative), inversion_deg, valid.
With --live each value rests only on the samples up to it.
With --with-errors two more columns: dorsiflexion_sigma_deg (1 sigma), and marks, the words for
what stands against a sample (gap+uncertain), empty where nothing does.

Example:

    sensor-screen angles walk.parquet --out walk-angles.csv --live
"""


def angles(
    recording: Annotated[Path, typer.Argument(metavar="REC", help="Recording file.")],
    out: Annotated[Path, typer.Option(metavar="F", help="The table to make.")],
    live: Annotated[
        bool, typer.Option("--live", help="As it would have been known at the time.")
    ] = False,
    zero: ZeroOption = Zero.QUIET_STANDING,
    flip: FlipOption = False,
    trust_sign: TrustSignOption = False,
    with_errors: Annotated[
        bool, typer.Option("--with-errors", help="Also 1 sigma and marks of every sample.")
    ] = False,
) -> None:
    from sensor_screen import wiring
    from sensor_screen.cli.options import measure_options

    with show_steps() as step:
        step("reading the recording")
        opened = wiring.open_recording(recording)
        traces, missing = wiring.trace(
            opened,
            live=live,
            options=measure_options(zero, flip=flip, trust_sign=trust_sign),
            progress=step,
        )
        wiring.save_angles(traces, out, with_errors=with_errors)
    for sentence in missing:
        typer.echo(sentence, err=True)
    for trace in traces:
        share = 100.0 * trace.valid.mean()
        typer.echo(f"wrote {out}: {trace.side}, {len(trace.time_s)} samples, {share:.0f} % valid")
