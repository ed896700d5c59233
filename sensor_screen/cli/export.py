"""`sensor-screen export`: a recording and its measures in the formats of other programs."""

from pathlib import Path
from typing import Annotated

import typer

from sensor_screen.cli.choices import (
    ClaimsMode,
    ClaimsOption,
    ExportFormat,
    FlipOption,
    RuleBookOption,
    TrustSignOption,
    Zero,
    ZeroOption,
)
from sensor_screen.cli.progress import show_steps
from sensor_screen.errors import UsageError

EXPORT_HELP = """
Write a recording and its ankle angles for other programs.

- csv: a folder of tables; every sample, wide and tidy (angle, velocity, task, zone, repetition),
  every repetition, and README.json with the meaning of each column.
- opensim: a folder with orientations.sto (OpenSense) and ankle angles as motions (.mot); of each
  leg its valid samples, of both together those at which both are valid.
- motion-bids: a folder that is a BIDS dataset of one person; samples in SI units and angles.
- mcap: one file for viewers of time series; samples as received and angles.

csv needs an angle; the others leave without one where none could be measured, and say so. A folder
that is there already is not touched.

Examples:

    sensor-screen export anna.parquet --to csv --out anna-tables

    sensor-screen export anna.parquet --to opensim --out anna-opensim

    sensor-screen export anna.parquet --to motion-bids --out dataset --subject 07

    sensor-screen export anna.parquet --to mcap --out anna.mcap
"""


def export(
    recording: Annotated[Path, typer.Argument(metavar="REC", help="Recording file.")],
    to: Annotated[ExportFormat, typer.Option("--to", help="For which programs.")],
    out: Annotated[
        Path, typer.Option(metavar="PATH", help="The folder to make; for mcap the file.")
    ],
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="LABEL", help="motion-bids only: label of the person, 01 if not given."
        ),
    ] = None,
    claims: ClaimsOption = ClaimsMode.CLINICIAN,
    rulebook: RuleBookOption = None,
    zero: ZeroOption = Zero.QUIET_STANDING,
    flip: FlipOption = False,
    trust_sign: TrustSignOption = False,
) -> None:
    from sensor_screen import wiring
    from sensor_screen.cli.options import measure_options
    from sensor_screen.judgement import Claims
    from sensor_screen.session.export import measure_for_export

    if subject is not None and to is not ExportFormat.MOTION_BIDS:
        raise UsageError("subject", f"{to.value} has no place for it", "leave --subject out")
    label = "01" if subject is None else subject
    wiring.refuse_export(to.value, out, label)
    with show_steps() as step:
        step("reading the recording")
        measured = measure_for_export(
            wiring.open_recording(recording),
            angle_needed=to is ExportFormat.CSV,
            claims=Claims(claims.value),
            options=measure_options(zero, flip=flip, trust_sign=trust_sign),
            rulebook=wiring.open_rulebook(rulebook),
            progress=step,
        )
        step("writing")
        wiring.save_export(measured, to.value, out, label)
    for sentence in (*measured.provenance.marks, *measured.provenance.missing):
        typer.echo(sentence, err=True)
    angles = ", ".join(leg.side.value for leg in measured.measured)
    typer.echo(f"wrote {out}: {len(measured.recording.streams)} sensors, angle: {angles or 'none'}")
