"""`sensor-screen simulate`: a recording of a person who does not exist, with known truth."""

from pathlib import Path
from typing import Annotated

import typer

from sensor_screen.cli.progress import show_work
from sensor_screen.errors import UsageError

SIMULATE_HELP = """
Make a recording by simulation. Every report made from it says so.

Without SCENARIO the scenarios are listed.

Examples:

    sensor-screen simulate healthy --out healthy.parquet --seed 3

    sensor-screen simulate
"""


def simulate(
    scenario: Annotated[str | None, typer.Argument(help="Who does what.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="REC", help="The recording to make.")] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Another number, another recording of the same.")
    ] = 0,
    sample_set: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Make all sample recordings and their manifest anew."),
    ] = None,
) -> None:
    if sample_set is not None:
        _write_sample_set(sample_set)
    elif scenario is None:
        _list_scenarios()
    elif out is None:
        raise UsageError("simulate", "there is no place for the recording", "add --out REC")
    else:
        _write_recording(scenario, out, seed)


def _list_scenarios() -> None:
    from sensor_screen.simulation import SCENARIOS

    for scenario in SCENARIOS.values():
        typer.echo(f"{scenario.name:20} {scenario.description}")


def _write_recording(scenario: str, out: Path, seed: int) -> None:
    from sensor_screen import wiring
    from sensor_screen.simulation import simulate as simulate_scenario

    with show_work(f"Simulating {scenario} ..."):
        recording = simulate_scenario(scenario, seed=seed).recording
    wiring.save_recording(recording, out)
    typer.echo(f"wrote {out}: {recording.source}")


def _write_sample_set(folder: Path) -> None:
    from sensor_screen.storage.sample_set import write_sample_set

    with show_work("Simulating the sample recordings ..."):
        for sample in write_sample_set(folder):
            typer.echo(f"wrote {folder / sample.file}")
