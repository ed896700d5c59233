"""`sensor-screen backup` and `restore`: everything that the service keeps, as one file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from sensor_screen.service.backup import BackupProgress, BackupSummary

BACKUP_HELP = """
Write everything that the service keeps into one file, while it serves.

The file holds the rows of one moment and every recording and report that they name, each with its
hash. It goes from SQLite to PostgreSQL and from a folder to S3. With `--verify` nothing is written:
a backup is read to its end and held against its hashes.

What is encrypted stays so: the keys are not in it, keep them apart. The file itself is not
encrypted, and holds what the service knows of people: keep it in a safe place.

Examples:

    sensor-screen backup --out screen-2026-11-27.tar.zst

    sensor-screen backup --verify screen-2026-11-27.tar.zst
"""

RESTORE_HELP = """
Put a backup into a new place: an empty folder, or an empty database and store.

It is verified first, and becomes visible as a whole. People who were erased after it was made are
erased again where the list of erased people is given: the newer backup, or the old data folder.

Examples:

    sensor-screen restore screen-2026-11-27.tar.zst --data /srv/screen-restored

    sensor-screen restore screen-2026-11-27.tar.zst --data /srv/new --erased /srv/screen
"""

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Folder of the service.")
]
DatabaseOption = Annotated[
    str | None, typer.Option("--database", metavar="URL", help="postgresql://..., else SQLite.")
]
ObjectsOption = Annotated[
    str | None, typer.Option("--objects", metavar="URL", help="Folder or s3://bucket/prefix.")
]


def backup(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The file to make.")
    ] = None,
    verify: Annotated[
        Path | None, typer.Option("--verify", metavar="FILE", help="Read this one instead.")
    ] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
    objects: ObjectsOption = None,
    leave_damaged: Annotated[
        bool,
        typer.Option("--leave-damaged", help="Leave out objects that are lost or damaged."),
    ] = False,
) -> None:
    from sensor_screen.cli.serve import settings_of
    from sensor_screen.errors import UsageError
    from sensor_screen.wiring import keep

    if (out is None) == (verify is None):
        raise UsageError("backup", "needs one of --out and --verify", "name one file")
    if verify is not None:
        _tell(verify, keep.verify(verify, _shower()), "is whole")
    elif out is not None:
        settings = settings_of(data=data, database_url=database, objects_url=objects)
        _tell(out, keep.back_up(settings, out, _shower(), leave_damaged=leave_damaged), "written")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")],
    data: DataOption = None,
    database: DatabaseOption = None,
    objects: ObjectsOption = None,
    erased: Annotated[
        Path | None,
        typer.Option(
            "--erased", metavar="PATH", help="Newer backup, or old data folder: who is erased."
        ),
    ] = None,
) -> None:
    from sensor_screen.cli.serve import settings_of
    from sensor_screen.wiring import keep

    settings = settings_of(data=data, database_url=database, objects_url=objects)
    summary, again = keep.restore(settings, file, erased, _shower())
    _tell(file, summary, f"restored to {settings.data}")
    if again:
        typer.echo(f"Erased again, as they were since: {again} people")


def _shower() -> "Callable[[BackupProgress], None]":
    """Progress on the error stream, a line a kind of part; nothing into a pipe."""
    import sys

    if not sys.stderr.isatty():
        return lambda _: None

    def show(progress: "BackupProgress") -> None:
        total = "" if progress.total is None else f" of {progress.total}"
        line = f"{progress.doing}: {progress.done}{total}"
        sys.stderr.write(f"\r{line:60}" + ("\n" if progress.done == progress.total else ""))
        sys.stderr.flush()

    return show


def _tell(path: Path, summary: "BackupSummary", done: str) -> None:
    people, recordings = (summary.rows.get(name, 0) for name in ("person", "recording"))
    typer.echo(
        f"{path} {done}: {people} people, {recordings} recordings, "
        f"{sum(summary.rows.values())} rows and {summary.objects} objects of revision "
        f"{summary.schema_revision}"
    )
    for name in summary.missing:
        typer.echo(f"Left out, erased meanwhile: {name}")
    for name in summary.damaged:
        typer.echo(f"Left out, lost or damaged: {name}")


NEW_KEY_HELP = """
Print a new key with which names and notes are encrypted.

Put it in front of the keys in SENSOR_SCREEN_SEALING_KEYS, with a comma behind it, and keep all of
them: without its key a name is lost.

Example:

    sensor-screen new-key
"""


def new_key() -> None:
    from sensor_screen.wiring import keep

    typer.echo(keep.new_key())
