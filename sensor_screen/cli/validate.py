"""`sensor-screen validate`: the errors, on recordings with a truth and on simulation."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sensor_screen.cli.choices import Figures
from sensor_screen.cli.validate_figures import show_figures
from sensor_screen.cli.validate_kicks import show_kicks
from sensor_screen.cli.wide_table import print_table, wide_table, with_progress
from sensor_screen.errors import UsageError

if TYPE_CHECKING:
    from sensor_screen.session.validation import ValidationRow
    from sensor_screen.session.validation_stairs import StairsRow

VALIDATE_HELP = """
Measure the errors of the ankle angle, and of what is found in it.

DIR is a folder with shank.csv, foot.csv, tasks.csv, truth.csv and meta.json, or a folder of such
folders. Folders whose meta.json says how many kicks there were (`kicks_expected`) are counted
instead. Without DIR, the simulated benchmark: squat, stairs and kick with exact truth.

Folders without a truth, but with foot.csv and labelled stairs: how many strides went up, down and
level.

With `--table`, other figures on simulated people, each in up to three minutes:

- `impact`: the instant of the ball in kicks, and its stated error
- `tasks`: tasks found without labels, by time, and their repetitions
- `squats`: squats by a worn shank sensor alone, with pauses, half squats and fidgets
- `live`: repetitions while the person moves: announced, final, how late, how near
- `sway`: closed forms, the stated error of tilt, touch-downs and hops
- `faults`: sensors that are swapped, fell off, slipped, are late, of another person or misread

Examples:

    sensor-screen validate recordings/rig1d

    sensor-screen validate --seeds 10

    sensor-screen validate --table faults --seeds 4
"""
_BENCHMARK_SEEDS = 10


def validate(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Recordings with a truth.")
    ] = None,
    table: Annotated[
        Figures | None, typer.Option(help="Other figures, on simulated people.")
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(min=1, help="Simulated people; 10 in the benchmark, 2 to 8 in other tables."),
    ] = None,
) -> None:
    if folder is not None and (table is not None or seeds is not None):
        raise UsageError(
            f"{folder} with {'--table' if table else '--seeds'}",
            "a folder is compared with its own truth, and nobody is simulated",
            "name one of the two",
        )
    if folder is not None:
        _validate_folder(folder)
    elif table is not None:
        show_figures(table, seeds)
    else:
        _validate_simulated(seeds or _BENCHMARK_SEEDS)


def _validate_folder(folder: Path) -> None:
    from sensor_screen import wiring

    places = sorted(_with_truth(folder))
    counted = show_kicks(folder)
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
        for place in with_progress(places, "Comparing with the truth")
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
    table = wide_table(
        "Strides by the foot sensor alone, mid-swing to mid-swing; heights in metres",
        *("recording", "labelled", "strides", "up", "down", "level", "unknown"),
        *("up m", "down m", "1 sigma m"),
    )
    for row in rows:
        counts = (row.strides, row.up, row.down, row.level, row.unknown)
        heights = (row.height_up_m, row.height_down_m, row.sigma_m)
        cells = ["-" if height != height else f"{height:.2f}" for height in heights]  # noqa: PLR0124
        table.add_row(row.name, row.task, *map(str, counts), *cells)
    print_table(table)


def _validate_simulated(seeds: int) -> None:
    from sensor_screen.session.validation import benchmarks, run_benchmark

    rows = [
        run_benchmark(benchmark, range(seeds))
        for benchmark in with_progress(benchmarks(), "Simulating and estimating")
    ]
    table = wide_table(
        f"Own simulation, {seeds} seeds, medians in degrees; live / offline",
        *("recording", "RMSE", "peaks", "worst", "in 95 % band", "half-width", "valid"),
    )
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
    print_table(table)


def _print_rows(rows: "list[ValidationRow]") -> None:
    table = wide_table(
        "RMSE in degrees at the best time shift; live / offline",
        *("recording", "RMSE", "best VQF", "no shift", "offset removed", "shift ms"),
        *("in 95 % band", "half-width", "valid", "RMSE of valid"),
    )
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
    print_table(table)
    for row in rows:
        if row.note:
            typer.echo(f"{row.name}: {row.note}")


def _pair(row: "ValidationRow", name: str, form: str = "{:.2f}") -> str:
    """One figure, live and offline; a dash where there is none."""
    values = [getattr(error, name) if error else float("nan") for error in (row.live, row.offline)]
    return " / ".join("-" if value != value else form.format(value) for value in values)  # noqa: PLR0124
