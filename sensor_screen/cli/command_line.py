"""All commands of `sensor-screen`, in the order of its help."""

from typing import Annotated

import typer

from sensor_screen.cli.angles import ANGLES_HELP, angles
from sensor_screen.cli.backup import (
    BACKUP_HELP,
    NEW_KEY_HELP,
    RESTORE_HELP,
    backup,
    new_key,
    restore,
)
from sensor_screen.cli.demo import DEMO_HELP, demo
from sensor_screen.cli.devices import DEVICES_HELP, devices
from sensor_screen.cli.doctor import DOCTOR_HELP, doctor
from sensor_screen.cli.export import EXPORT_HELP, export
from sensor_screen.cli.gallery import GALLERY_HELP, gallery
from sensor_screen.cli.import_formats import import_app
from sensor_screen.cli.intake import INTAKE_HELP, intake
from sensor_screen.cli.positions import POSITIONS_HELP, positions
from sensor_screen.cli.progress_command import PROGRESS_HELP, progress
from sensor_screen.cli.record import RECORD_HELP, record
from sensor_screen.cli.recover import RECOVER_HELP, recover
from sensor_screen.cli.rejudge import REJUDGE_HELP, rejudge
from sensor_screen.cli.screen import SCREEN_HELP, screen
from sensor_screen.cli.serve import SERVE_HELP, serve
from sensor_screen.cli.sign_in import SIGN_IN_HELP, sign_in
from sensor_screen.cli.simulate import SIMULATE_HELP, simulate
from sensor_screen.cli.validate import VALIDATE_HELP, validate
from sensor_screen.version import __version__

HELP = """
Ankle movement screening with two small sensors, one on the shank and one on the foot.

It says how close a movement comes to your own end range, front and back of the ankle apart, how
sure that is, and what to change. It screens, it never diagnoses.
"""

app = typer.Typer(
    name="sensor-screen",
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    # A traceback with local variables would show a person's data.
    pretty_exceptions_enable=False,
)


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sensor-screen {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    pass


app.command(help=DEMO_HELP)(demo)
app.command(help=INTAKE_HELP)(intake)
app.command(help=DEVICES_HELP)(devices)
app.command(help=RECORD_HELP)(record)
app.command(help=SCREEN_HELP)(screen)
app.command(help=POSITIONS_HELP)(positions)
app.command(help=PROGRESS_HELP)(progress)
app.command(help=REJUDGE_HELP)(rejudge)
app.command(help=ANGLES_HELP)(angles)
app.command(help=EXPORT_HELP)(export)
app.add_typer(import_app, name="import")
app.command(help=SIMULATE_HELP)(simulate)
app.command(help=GALLERY_HELP)(gallery)
app.command(help=SERVE_HELP)(serve)
app.command("sign-in", help=SIGN_IN_HELP)(sign_in)
app.command(help=BACKUP_HELP)(backup)
app.command(help=RESTORE_HELP)(restore)
app.command("new-key", help=NEW_KEY_HELP)(new_key)
app.command(help=VALIDATE_HELP)(validate)
app.command(help=RECOVER_HELP)(recover)
app.command(help=DOCTOR_HELP)(doctor)
