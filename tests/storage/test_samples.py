from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen import read_recording
from sensor_screen.errors import RecordingError, UsageError
from sensor_screen.simulation import simulate
from sensor_screen.storage import samples as samples_module
from sensor_screen.storage.samples import (
    Sample,
    find_sample,
    find_samples,
    read_manifest,
    write_manifest,
)

if TYPE_CHECKING:
    from pathlib import Path

SAMPLES = {sample.name: sample for sample in read_manifest()}


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_every_sample_is_the_one_in_the_manifest(sample: Sample) -> None:
    path = find_sample(sample.name)
    assert sha256(path.read_bytes()).hexdigest() == sample.sha256
    assert path.stat().st_size < 1_000_000
    recording = read_recording(path)
    assert recording.origin == sample.origin == "simulated"
    assert {interval.task for interval in recording.tasks} == set(sample.tasks)
    assert {peak.task for peak in sample.true_peaks} <= set(sample.tasks)
    assert f"seed {sample.seed}" in recording.source
    assert sample.person in recording.source


def test_every_sample_is_listed() -> None:
    files = {path.name for path in find_samples().glob("*.parquet")}
    assert files == {sample.file for sample in SAMPLES.values()}


def test_a_sample_can_be_made_again() -> None:
    stored = read_recording(find_sample("walk"))
    made = simulate("walk", seed=SAMPLES["walk"].seed).recording
    for one, other in zip(stored.streams, made.streams, strict=True):
        assert one.raw.shape == other.raw.shape
        # Other releases of numpy may round the last count differently.
        np.testing.assert_allclose(one.raw.astype(float), other.raw.astype(float), atol=1.0)


def test_an_unknown_sample_is_answered_with_the_names() -> None:
    with pytest.raises(UsageError, match="use one of healthy"):
        find_sample("nobody")


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_manifest(tuple(SAMPLES.values()), tmp_path)
    assert read_manifest(tmp_path) == tuple(SAMPLES.values())


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"recordings": [{"name": "a"}]}'])
def test_a_damaged_manifest_is_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(RecordingError, match="missing or damaged"):
        read_manifest(tmp_path)


def test_a_program_without_samples_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "package" / "storage"
    monkeypatch.setattr(samples_module, "__file__", str(package / "samples.py"))
    with pytest.raises(RecordingError, match="install the program again"):
        find_samples()
