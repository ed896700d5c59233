from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen import read_recording
from sensor_screen.model import Origin
from sensor_screen.simulation import SCENARIOS
from sensor_screen.storage import sample_set
from sensor_screen.storage.samples import read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tests.cli.conftest import Outcome

    Run = Callable[..., Outcome]


def test_a_scenario_becomes_a_recording_that_says_it_is_simulated(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "r.parquet"
    assert run("simulate", "squat", "--out", out, "--seed", "7").status == 0
    recording = read_recording(out)
    assert recording.origin is Origin.SIMULATED
    assert "seed 7" in recording.source


def test_equal_seeds_give_equal_files(run: Run, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a", "b", "c")]
    for file, seed in zip(files, ("1", "1", "2"), strict=True):
        run("simulate", "squat", "--out", file, "--seed", seed)
    first, same, other = (file.read_bytes() for file in files)
    assert first == same != other


def test_without_a_name_the_scenarios_are_listed(run: Run) -> None:
    listed = run("simulate").out
    for scenario in SCENARIOS.values():
        assert scenario.name in listed
        assert scenario.description in listed


def test_what_cannot_be_simulated_is_one_sentence(run: Run, tmp_path: Path) -> None:
    assert "squat" in run("simulate", "swim", "--out", tmp_path / "r").complaint
    assert "--out" in run("simulate", "squat").complaint
    assert "cannot be written" in run("simulate", "squat", "--out", tmp_path / "no/r").complaint


def test_the_sample_set_is_made_with_its_manifest(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_set, "SEEDS", {"squat": 5})
    assert run("simulate", "--sample-set", tmp_path).status == 0
    (sample,) = read_manifest(tmp_path)
    assert (sample.name, sample.seed, sample.person) == ("squat", 5, "healthy")
    assert (tmp_path / sample.file).is_file()
    squats = [peak for peak in sample.true_peaks if peak.task == "squat"]
    assert [peak.repetitions for peak in squats] == [28]
