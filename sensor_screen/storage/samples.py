"""The recordings that come with the program, listed with their hash in a manifest."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sensor_screen.errors import RecordingError, UsageError
from sensor_screen.storage.atomic_file import replace_file

MANIFEST = "manifest.json"
_REMEDY = "install the program again"


@dataclass(frozen=True, slots=True)
class TruePeak:
    """What one leg really did in one task: medians over its repetitions."""

    side: str
    task: str
    repetitions: int
    dorsiflexion_deg: float
    plantarflexion_deg: float
    """Negative, as everywhere."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One recording that comes with the program."""

    name: str
    file: str
    sha256: str
    origin: str
    scenario: str
    seed: int
    person: str
    tasks: tuple[str, ...]
    true_peaks: tuple[TruePeak, ...]


def find_samples() -> Path:
    """The folder of sample recordings: inside an installed package, or beside it in a checkout.

    Raises:
        RecordingError: There is none.
    """
    package = Path(__file__).parents[1]
    for folder in (package / "sample_recordings", package.parent / "sample_recordings"):
        if (folder / MANIFEST).is_file():
            return folder
    raise RecordingError("sample recordings", f"there are none beside {package}", _REMEDY)


def read_manifest(folder: Path | None = None) -> tuple[Sample, ...]:
    """What is known of every sample recording.

    Raises:
        RecordingError: There is no folder, or its manifest is damaged.
    """
    path = (folder or find_samples()) / MANIFEST
    try:
        entries: list[dict[str, Any]] = json.loads(path.read_bytes())["recordings"]
        return tuple(_decode(entry) for entry in entries)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordingError(str(path), "it is missing or damaged", _REMEDY) from error


def find_sample(name: str) -> Path:
    """The file of one sample recording.

    Raises:
        UsageError: There is no sample of that name.
    """
    folder = find_samples()
    samples = read_manifest(folder)
    for sample in samples:
        if sample.name == name:
            return folder / sample.file
    names = ", ".join(sample.name for sample in samples)
    raise UsageError(name, "there is no such sample recording", f"use one of {names}")


def write_manifest(samples: tuple[Sample, ...], folder: Path) -> None:
    """Write the manifest of a folder of samples."""
    content = {"recordings": [asdict(sample) for sample in samples]}
    with replace_file(folder / MANIFEST) as stream:
        stream.write(f"{json.dumps(content, indent=2)}\n".encode())


def _decode(entry: dict[str, Any]) -> Sample:
    peaks = tuple(TruePeak(**peak) for peak in entry["true_peaks"])
    return Sample(**{**entry, "tasks": tuple(entry["tasks"]), "true_peaks": peaks})
