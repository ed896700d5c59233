"""`sensor-screen gallery`: the reports of all sample people, as pages to look at."""

from pathlib import Path
from typing import Annotated

import typer

from sensor_screen.cli.progress import show_steps

GALLERY_HELP = """
Simulate all sample people, screen them, and write their reports as web pages with an index.

Nobody of them exists. Each has a page for clinicians and one for healthy people; one is in German.

Example:

    sensor-screen gallery --out gallery
"""


def gallery(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the pages go; made where it is missing.")
    ],
    pdf: Annotated[bool, typer.Option("--pdf", help="Paper as well, beside each page.")] = False,
) -> None:
    from sensor_screen import wiring

    if pdf:
        wiring.refuse_without_pdf()
    wiring.make_folder(out)
    with show_steps() as step:
        index = wiring.write_gallery(out, pdf=pdf, progress=step)
    typer.echo(f"wrote {index}", err=True)
