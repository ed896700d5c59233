"""`sensor-screen validate`: the errors, on recordings with a truth and on simulation."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sensor_screen.cli.validate_kicks import show_kicks
from sensor_screen.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from sensor_screen.session.validation import ValidationRow
    from sensor_screen.session.validation_stairs import StairsRow

VALIDATE_HELP = """
Measure the errors of the ankle angle.

DIR is a folder with shank.csv, foot.csv, tasks.csv, truth.csv and meta.json, or a folder of such
folders. Folders whose meta.json says how many kicks there were (`kicks_expected`) are counted
instead. Without DIR, the simulated benchmark: squat, stairs and kick with exact truth.

Folders without a truth, but with foot.csv and labelled stairs: how many strides went up, down and
level.

Examples:

    sensor-screen validate recordings/rig1d

    sensor-screen validate --seeds 10
"""


def validate(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Recordings with a truth.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Simulated persons per row.")] = 10,
) -> None:
    if folder is None:
        _validate_simulated(seeds)
    else:
        _validate_folder(folder)


def _validate_folder(folder: Path) -> None:
    from rich.progress import track

    from sensor_screen import wiring

    places = sorted(_with_truth(folder))
    counted = show_kicks(folder, _stderr())
    stairs = sorted(place for place in _with_stairs(folder) if place not in places)
    if stairs:
        _print_stairs(
            row
            for place in stairs
            for row in wiring.validate_stairs_folder(place, str(place.relative_to(folder.parent)))
        )
    if not places and (counted or stairs):
        return
    if not places:
        raise UsageError(
            str(folder),
            "no folder with truth.csv and a sensor file in it",
            "name a folder laid out as `sensor-screen validate --help` says",
        )
    rows = [
        wiring.validate_folder(place, str(place.relative_to(folder.parent)))
        for place in track(places, "Comparing with the truth", console=_stderr(), transient=True)
    ]
    _print_rows(rows)


def _with_truth(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for truth in folder.rglob("truth.csv"):
        yield truth.parent


def _with_stairs(folder: Path) -> Iterator[Path]:
    for tasks in folder.rglob("tasks.csv"):
        stepping = any(word in tasks.read_text(errors="replace") for word in ("stairs_", "walk"))
        if stepping and any(tasks.parent.glob("foot.csv*")):
            yield tasks.parent


def _print_stairs(rows: "Iterator[StairsRow]") -> None:
    table = _table("Strides by the foot sensor alone, mid-swing to mid-swing; heights in metres")
    table.add_column("labelled")
    for heading in ("strides", "up", "down", "level", "unknown", "up m", "down m", "1 sigma m"):
        table.add_column(heading, justify="right")
    for row in rows:
        counts = (row.strides, row.up, row.down, row.level, row.unknown)
        heights = (row.height_up_m, row.height_down_m, row.sigma_m)
        cells = ["-" if height != height else f"{height:.2f}" for height in heights]  # noqa: PLR0124
        table.add_row(row.name, row.task, *map(str, counts), *cells)
    _print(table)


def _validate_simulated(seeds: int) -> None:
    from rich.progress import track

    from sensor_screen.session.validation import benchmarks, run_benchmark

    rows = [
        run_benchmark(benchmark, range(seeds))
        for benchmark in track(
            benchmarks(), "Simulating and estimating", console=_stderr(), transient=True
        )
    ]
    table = _table(f"Own simulation, {seeds} seeds, medians in degrees; live / offline")
    for heading in ("RMSE", "peaks", "worst", "in 95 % band", "half-width", "valid"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            row.name,
            f"{row.live_rmse_deg:.2f} / {row.rmse_deg:.2f}",
            f"{row.live_peak_deg:.2f} / {row.peak_deg:.2f}",
            f"{row.worst_rmse_deg:.2f}",
            f"{100 * row.live_covered:.1f} / {100 * row.covered:.1f} %",
            f"{row.live_half_width_deg:.1f} / {row.half_width_deg:.1f}",
            f"{100 * row.live_valid:.0f} / {100 * row.valid:.0f} %",
        )
    _print(table)


def _print_rows(rows: "list[ValidationRow]") -> None:
    table = _table("RMSE in degrees at the best time shift; live / offline")
    for heading in (
        "RMSE",
        "best VQF",
        "no shift",
        "offset removed",
        "shift ms",
        "in 95 % band",
        "half-width",
        "valid",
        "RMSE of valid",
    ):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            row.name,
            _pair(row, "rmse_deg"),
            f"{row.vqf_live_deg:.2f} / {row.vqf_offline_deg:.2f}",
            _pair(row, "unshifted_deg"),
            _pair(row, "removed_deg"),
            _pair(row, "shift_ms", "{:.0f}"),
            _pair(row, "covered", "{:.1%}"),
            _pair(row, "half_width_deg", "{:.1f}"),
            _pair(row, "valid", "{:.0%}"),
            _pair(row, "largest_valid_deg"),
        )
    _print(table)
    for row in rows:
        if row.note:
            typer.echo(f"{row.name}: {row.note}")


def _pair(row: "ValidationRow", name: str, form: str = "{:.2f}") -> str:
    """One figure, live and offline; a dash where there is none."""
    values = [getattr(error, name) if error else float("nan") for error in (row.live, row.offline)]
    return " / ".join("-" if value != value else form.format(value) for value in values)  # noqa: PLR0124


def _table(title: str) -> "Table":
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("recording", no_wrap=True)
    return table


def _print(table: "Table") -> None:
    from rich.console import Console

    console = Console()
    Console(width=max(console.width, 150)).print(table)


def _stderr() -> "Console":
    from rich.console import Console

    return Console(stderr=True)
