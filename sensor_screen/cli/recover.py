"""`sensor-screen recover`: a recording out of what an interrupted one left behind."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sensor_screen.cli.import_csv import tell_recording
from sensor_screen.errors import ScreenError, UsageError

if TYPE_CHECKING:
    from sensor_screen.model import Placement, Side

RECOVER_HELP = """
Make recordings of the journals that interrupted recordings left behind.

While sensors are recorded every sample goes to a journal first, `anna.journal` for `anna.parquet`.
It is dropped when the recording is complete. After a power cut, a crash or a full disk it is still
there, and holds everything up to the last quarter of a second. A journal is removed only when its
recording has been written, read again and found equal.

Examples:

    sensor-screen recover

    sensor-screen recover anna.journal --out anna.parquet --worn SS-0412=left-shank
"""

_HERE = Path()


def recover(
    place: Annotated[
        Path, typer.Argument(metavar="JOURNAL|FOLDER", help="A journal, or a folder of some.")
    ] = _HERE,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="REC", help="The recording to make; otherwise beside the journal, as named."
        ),
    ] = None,
    worn: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SERIAL=LEG-PART",
            help="Where a sensor was worn, as `SS-0412=left-shank`, where that is not known yet.",
        ),
    ] = None,
) -> None:
    from sensor_screen import wiring

    places = dict(map(_read_place, worn or []))
    journals = wiring.find_journals(place)
    if not journals:
        typer.echo(f"{place}: no journal is left here, nothing is to be recovered")
        return
    if out is not None and len(journals) > 1:
        raise UsageError(f"--out {out}", f"{len(journals)} journals are there", "name one of them")
    problem: ScreenError | None = None
    for journal in journals:
        try:
            _recover_one(journal, out or journal.with_suffix(".parquet"), places)
        except ScreenError as error:
            if len(journals) == 1:
                raise
            typer.echo(f"{journal}: not recovered")
            problem = problem or error
    if problem is not None:
        raise problem


def _recover_one(journal: Path, out: Path, places: dict[str, tuple["Side", "Placement"]]) -> None:
    from sensor_screen import wiring

    done = wiring.recover(journal, out, places)
    tell_recording(done.recording, out, append=False, existed=False)
    if done.kept is not None:
        typer.echo(f"  a part of {journal} cannot be read; it is kept as {done.kept}")


def _read_place(text: str) -> tuple[str, tuple["Side", "Placement"]]:
    from sensor_screen.model import Placement, Side

    serial, _, where = text.rpartition("=")
    side, _, placement = where.partition("-")
    try:
        if serial:
            return serial, (Side(side), Placement(placement))
    except ValueError:
        pass
    raise UsageError(f"--worn {text}", "it says no place", "write it as SS-0412=left-shank")
