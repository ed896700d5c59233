"""`sensor-screen import csv`: files of any sensor become a recording."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sensor_screen.cli.choices import GyroMeaning, Leg

if TYPE_CHECKING:
    from sensor_screen.model import Recording

import_app = typer.Typer(no_args_is_help=True, help="Make a recording from files of other sensors.")

CSV_HELP = """
Make a recording from the CSV files of one leg.

Each file has a header, the unit at the end of every name, the columns in any order:

    time_s,acc_x_mps2,acc_y_mps2,acc_z_mps2,gyr_x_radps,gyr_y_radps,gyr_z_radps

Other units: time_ms time_us, acc_x_g acc_x_mg, gyr_x_dps. Comma, semicolon or tab; .csv.gz too.
Acceleration with gravity in it. The tasks file has start_s,end_s,task with the tasks
stand pump lunge point squat stairs_up stairs_down kick balance walk move.

Examples:

    sensor-screen import csv --shank shank.csv --foot foot.csv --side right --out anna.parquet

    sensor-screen import csv --shank l.csv --side left --out anna.parquet --append
"""


@import_app.command("csv", help=CSV_HELP)
def import_csv(
    side: Annotated[Leg, typer.Option(help="The leg that wore the sensors.")],
    out: Annotated[Path, typer.Option(metavar="REC", help="The recording to make.")],
    shank: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Samples of the shank sensor.")
    ] = None,
    foot: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Samples of the foot sensor.")
    ] = None,
    tasks: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="What was done when; without it `screen` looks for it in the movement.",
        ),
    ] = None,
    append: Annotated[
        bool, typer.Option("--append", help="Add to REC, which keeps all that it has.")
    ] = False,
    shared_clock: Annotated[
        bool,
        typer.Option(
            "--shared-clock",
            help="All sensors were timed by one clock. Otherwise each has its own, and the two "
            "are brought together from the movement.",
        ),
    ] = False,
    gyro_sampling: Annotated[
        GyroMeaning,
        typer.Option(help="Gyro samples are values at an instant, or means since the last one."),
    ] = GyroMeaning.INSTANT,
    recorded_on: Annotated[
        str, typer.Option("--date", metavar="DATE", help="Day of the recording, as 2026-11-27.")
    ] = "",
) -> None:
    from sensor_screen.model import GyroSampling, Side
    from sensor_screen.storage.recording_assembly import import_csv as make_recording

    existed = out.exists()
    recording = make_recording(
        out,
        side=Side(side),
        shank=shank,
        foot=foot,
        tasks=tasks,
        append=append,
        shared_clock=shared_clock,
        gyro_sampling=GyroSampling(gyro_sampling),
        recorded_on=recorded_on,
    )
    tell_recording(recording, out, append=append, existed=existed)


def tell_recording(recording: "Recording", out: Path, *, append: bool, existed: bool) -> None:
    """What was made of the files."""
    verb = "added to" if append else "replaced" if existed else "wrote"
    typer.echo(f"{verb} {out}")
    for stream in recording.streams:
        span_s = float(stream.device_time_s[-1] - stream.device_time_s[0])
        name = f"{stream.info.side} {stream.info.placement}"
        typer.echo(f"  {name}: {len(stream.raw)} samples, {span_s:.1f} s")
    typer.echo(
        f"  tasks: {len(recording.tasks) or 'none given, `screen` looks for them in the movement'}"
    )
    for key, value in recording.notes.items():
        # Notes come from the file, which may be anybody's.
        typer.echo("".join(c if c.isprintable() else " " for c in f"  {key}: {value}"))
