"""Making the sample recordings anew: whoever doubts them can."""

from __future__ import annotations

from hashlib import sha256
from statistics import median
from typing import TYPE_CHECKING

from sensor_screen.simulation import SCENARIOS, simulate
from sensor_screen.storage.recording_file import write_recording
from sensor_screen.storage.samples import Sample, TruePeak, write_manifest
from sensor_screen.units import DEGREES_PER_RADIAN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sensor_screen.simulation import Truth

SEEDS = {"healthy": 1, "anterior-restricted": 2, "kick-heavy": 3, "walk": 4}
"""Scenario -> seed. A whole screen of three people, and one worn logger without any pumps."""


def write_sample_set(folder: Path) -> Iterator[Sample]:
    """Simulate every sample recording into a folder, one at a time, and list them in the manifest.

    The same program and libraries make the same bytes; another version may not, so the hashes are
    those of the files as shipped.

    Raises:
        UsageError: The folder cannot be written.
    """
    samples = []
    for scenario, seed in SEEDS.items():
        samples.append(_write_sample(scenario, seed, folder))
        yield samples[-1]
    write_manifest(tuple(samples), folder)


def _write_sample(scenario: str, seed: int, folder: Path) -> Sample:
    simulation = simulate(scenario, seed=seed)
    path = folder / f"{scenario}.parquet"
    write_recording(simulation.recording, path)
    return Sample(
        name=scenario,
        file=path.name,
        sha256=sha256(path.read_bytes()).hexdigest(),
        origin=simulation.recording.origin.value,
        scenario=scenario,
        seed=seed,
        person=SCENARIOS[scenario].person.name,
        tasks=tuple(dict.fromkeys(interval.task.value for interval in simulation.recording.tasks)),
        true_peaks=tuple(
            peak for truth in simulation.truth.values() for peak in _find_true_peaks(truth)
        ),
    )


def _find_true_peaks(truth: Truth) -> Iterator[TruePeak]:
    for task in dict.fromkeys(repetition.task for repetition in truth.repetitions):
        done = [repetition for repetition in truth.repetitions if repetition.task == task]
        yield TruePeak(
            side=truth.side.value,
            task=task.value,
            repetitions=len(done),
            dorsiflexion_deg=_typical_deg([r.peak_dorsiflexion_rad for r in done]),
            plantarflexion_deg=_typical_deg([r.peak_plantarflexion_rad for r in done]),
        )


def _typical_deg(peaks_rad: list[float]) -> float:
    return round(median(peaks_rad) * DEGREES_PER_RADIAN, 2) + 0.0  # no -0.0
