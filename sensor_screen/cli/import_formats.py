"""`sensor-screen import FORMAT`: files of certain makes and programs become a recording."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sensor_screen.cli.choices import GyroMeaning, GyroUnit, Leg
from sensor_screen.cli.import_csv import import_app, tell_recording

if TYPE_CHECKING:
    from sensor_screen.storage.recording_assembly import SensorReader

__all__ = ["import_app"]

MOVELLA_DOT_HELP = """
Make a recording from the CSV files that the Movella DOT app exports, one file a sensor.

Needs acceleration and rate of turn (Acc, Gyr): the modes "Rate quantities" and "Custom mode 5", or
Acc and Gyr ticked on export. Increments (dq, dv) and orientations alone are refused.

Example:

    sensor-screen import movella-dot --shank a.csv --foot b.csv --side right --out anna.parquet
"""

XSENS_HELP = """
Make a recording from the text files that Xsens MT Manager exports, one file a sensor.

Needs Acc and Gyr. The files do not say the unit of the gyroscope: say it with --gyro-unit.

Example:

    sensor-screen import xsens --shank a.txt --foot b.txt --side left --gyro-unit radps --out r
"""

SENSOR_LOGGER_HELP = """
Make a recording from a phone on the shank, as the app Sensor Logger exports it: folder or zip.

Needs Gyroscope, Metadata, and either TotalAcceleration (Android, or standardised units) or
Accelerometer and Gravity. A foot sensor of another make can be added with --append.

Example:

    sensor-screen import sensor-logger --shank 2026-11-27.zip --side left --out anna.parquet
"""

MCAP_HELP = """
Make a recording from an MCAP file that `sensor-screen export` wrote; samples come back to the bit.

Example:

    sensor-screen import mcap anna.mcap --out anna.parquet
"""

OPENSENSE_HELP = """
Make a table of ankle angles from an OpenSense file of orientations (tibia and calcn).

There are no raw samples in it, so it becomes no recording and cannot be screened: the angle is
that of the foot against the shank about the axis on which the ankle bends most, with zero in the
neutral stretch. Which way is dorsiflexion is your word. Inversion and errors stay empty.

Example:

    sensor-screen import opensense a.sto --side right --neutral 0 3 --dorsiflexed-at 7.5 --out a.csv
"""

SideOption = Annotated[Leg, typer.Option("--side", help="The leg that wore the sensors.")]
OutOption = Annotated[Path, typer.Option("--out", metavar="REC", help="The recording to make.")]
ShankOption = Annotated[
    Path | None, typer.Option("--shank", metavar="F", help="File of the shank sensor.")
]
FootOption = Annotated[
    Path | None, typer.Option("--foot", metavar="F", help="File of the foot sensor.")
]
TasksOption = Annotated[
    Path | None, typer.Option("--tasks", metavar="CSV", help="What was done when.")
]
AppendOption = Annotated[
    bool, typer.Option("--append", help="Add to REC, which keeps all that it has.")
]
SharedClockOption = Annotated[
    bool, typer.Option("--shared-clock", help="All sensors were timed by one clock.")
]
GyroSamplingOption = Annotated[
    GyroMeaning,
    typer.Option(
        "--gyro-sampling", help="Gyro samples are values at an instant, or means since the last."
    ),
]
DateOption = Annotated[
    str, typer.Option("--date", metavar="DATE", help="Day of the recording, as 2026-11-27.")
]


@import_app.command("movella-dot", help=MOVELLA_DOT_HELP)
def import_movella_dot(
    side: SideOption,
    out: OutOption,
    shank: ShankOption = None,
    foot: FootOption = None,
    tasks: TasksOption = None,
    append: AppendOption = False,
    shared_clock: SharedClockOption = False,
    gyro_sampling: GyroSamplingOption = GyroMeaning.INSTANT,
    recorded_on: DateOption = "",
) -> None:
    from functools import partial

    from sensor_screen.model import GyroSampling
    from sensor_screen.storage.movella_dot import read_movella_dot

    read = partial(read_movella_dot, gyro_sampling=GyroSampling(gyro_sampling))
    _import_leg(read, out, side, shank, foot, tasks, append, shared_clock, recorded_on)


@import_app.command("xsens", help=XSENS_HELP)
def import_xsens(
    side: SideOption,
    out: OutOption,
    shank: ShankOption = None,
    foot: FootOption = None,
    tasks: TasksOption = None,
    gyro_unit: Annotated[
        GyroUnit | None,
        typer.Option(help="Unit of the gyroscope, where the file does not say it."),
    ] = None,
    append: AppendOption = False,
    shared_clock: SharedClockOption = False,
    gyro_sampling: GyroSamplingOption = GyroMeaning.INSTANT,
    recorded_on: DateOption = "",
) -> None:
    from functools import partial

    from sensor_screen.model import GyroSampling
    from sensor_screen.storage.xsens_text import read_xsens_text

    read = partial(
        read_xsens_text, gyro_sampling=GyroSampling(gyro_sampling), gyro_unit=gyro_unit or ""
    )
    _import_leg(read, out, side, shank, foot, tasks, append, shared_clock, recorded_on)


@import_app.command("sensor-logger", help=SENSOR_LOGGER_HELP)
def import_sensor_logger(
    side: SideOption,
    out: OutOption,
    shank: Annotated[Path, typer.Option(metavar="F", help="Folder or zip of the phone.")],
    tasks: TasksOption = None,
    append: AppendOption = False,
    recorded_on: DateOption = "",
) -> None:
    from sensor_screen.storage.sensor_logger import read_sensor_logger

    _import_leg(read_sensor_logger, out, side, shank, None, tasks, append, False, recorded_on)


@import_app.command("mcap", help=MCAP_HELP)
def import_mcap(
    file: Annotated[Path, typer.Argument(metavar="F", help="The MCAP file.")],
    out: OutOption,
    append: AppendOption = False,
    recorded_on: DateOption = "",
) -> None:
    from sensor_screen.storage.mcap_recording import read_mcap
    from sensor_screen.storage.recording_assembly import import_recording

    existed = out.exists()
    recording = import_recording(read_mcap(file), out, append=append, recorded_on=recorded_on)
    tell_recording(recording, out, append=append, existed=existed)


@import_app.command("opensense", help=OPENSENSE_HELP)
def import_opensense(
    file: Annotated[Path, typer.Argument(metavar="F", help="The .sto file of orientations.")],
    side: Annotated[Leg, typer.Option(help="The leg.")],
    out: Annotated[Path, typer.Option(metavar="CSV", help="The table to make.")],
    neutral: Annotated[
        tuple[float, float],
        typer.Option(metavar="START END", help="Seconds in which the person stands still: zero."),
    ],
    dorsiflexed_at: Annotated[
        float, typer.Option(metavar="S", help="A time at which the foot is clearly pulled up.")
    ],
) -> None:
    from sensor_screen import wiring
    from sensor_screen.model import Origin, Side

    wiring.refuse_unwritable(out)
    trace, origin = wiring.trace_orientations(
        file, Side(side), neutral_s=neutral, dorsiflexed_at_s=dorsiflexed_at
    )
    wiring.save_angles([trace], out)
    share = 100.0 * trace.valid.mean()
    typer.echo(f"wrote {out}: {trace.side}, {len(trace.time_s)} rows, {share:.0f} % valid")
    if origin is Origin.SIMULATED:
        typer.echo("  simulated: no person was measured")
    typer.echo("  orientations only, no raw samples: this cannot be screened")
    typer.echo(f"  {100.0 * trace.hinge_share:.0f} % of the turning is about one axis")


def _import_leg(
    read: "SensorReader",
    out: Path,
    side: Leg,
    shank: Path | None,
    foot: Path | None,
    tasks: Path | None,
    append: bool,
    shared_clock: bool,
    recorded_on: str,
) -> None:
    from sensor_screen.model import Side
    from sensor_screen.storage.recording_assembly import import_leg

    existed = out.exists()
    recording = import_leg(
        read,
        out,
        side=Side(side),
        shank=shank,
        foot=foot,
        tasks=tasks,
        append=append,
        shared_clock=shared_clock,
        recorded_on=recorded_on,
    )
    tell_recording(recording, out, append=append, existed=existed)
