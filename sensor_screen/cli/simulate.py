"""`sensor-screen simulate`: a recording of a person who does not exist, with known truth."""

from pathlib import Path
from typing import Annotated

import typer

from sensor_screen.cli.progress import show_work
from sensor_screen.errors import UsageError

SIMULATE_HELP = """
Make a recording by simulation. Every report made from it says so.

SCENARIO is one of the scenarios, or one of the sample people, who come with their answers: beside
`anna.parquet` there will be `anna.intake.toml`. Without SCENARIO all are listed.

Examples:

    sensor-screen simulate healthy --out healthy.parquet --seed 3

    sensor-screen simulate improving --out anna.parquet

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
    elif not _write_person(scenario, out):
        _write_recording(scenario, out, seed)


def _list_scenarios() -> None:
    from sensor_screen.simulation import SCENARIOS
    from sensor_screen.simulation.sample_people import SAMPLE_PEOPLE

    for scenario in SCENARIOS.values():
        typer.echo(f"{scenario.name:20} {scenario.description}")
    typer.echo("\nSample people, with their answers:\n")
    for person in SAMPLE_PEOPLE.values():
        typer.echo(f"{person.name:20} {person.description}")


def _write_person(name: str, out: Path) -> bool:
    """A recording and an intake for each visit of a sample person; False where there is none."""
    from sensor_screen import wiring
    from sensor_screen.judgement import Language
    from sensor_screen.simulation.sample_people import SAMPLE_PEOPLE

    person = SAMPLE_PEOPLE.get(name)
    if person is None:
        return False
    for number, visit in enumerate(person.visits, start=1):
        several = len(person.visits) > 1
        path = out.with_stem(f"{out.stem}-{number}") if several else out
        with show_work(f"Simulating {name}, visit {number} of {len(person.visits)} ..."):
            recording = visit.record()
        wiring.save_recording(recording, path)
        beside = path.with_suffix(".intake.toml")
        wiring.save_answers(visit.answers, beside, Language.ENGLISH)
        typer.echo(f"wrote {path} and {beside.name}: {recording.source}, {visit.recorded_on}")
    return True


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
