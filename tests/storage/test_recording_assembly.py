from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.errors import RecordingError, UsageError
from sensor_screen.model import GyroSampling, Origin, Placement, Side, Task, TaskInterval
from sensor_screen.storage.recording_assembly import import_csv, merge_recordings
from sensor_screen.storage.recording_file import read_recording
from tests.storage.made import recording, rocking, write_csv

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Four sensor files with different samples, and labels."""
    made = {}
    for index, name in enumerate(("shank", "foot", "other_shank", "other_foot")):
        samples = rocking()
        samples[:, 1] += 0.1 * index
        made[name] = write_csv(tmp_path / f"{name}.csv", samples)
    made["tasks"] = tmp_path / "tasks.csv"
    made["tasks"].write_text("start_s,end_s,task\n0,1,stand\n1,6,pump\n")
    made["out"] = tmp_path / "rec.parquet"
    return made


def test_a_leg_becomes_a_recording_file(files: dict[str, Path]) -> None:
    made = import_csv(
        files["out"],
        side=Side.RIGHT,
        shank=files["shank"],
        foot=files["foot"],
        tasks=files["tasks"],
        gyro_sampling=GyroSampling.INTERVAL_MEAN,
    )
    stored = read_recording(files["out"])
    assert [(s.info.side, s.info.placement) for s in stored.streams] == [
        (Side.RIGHT, Placement.SHANK),
        (Side.RIGHT, Placement.FOOT),
    ]
    assert all(s.clock is None for s in stored.streams)
    assert all(s.info.gyro_sampling is GyroSampling.INTERVAL_MEAN for s in stored.streams)
    assert stored.tasks == (TaskInterval(0, 1, Task.STAND), TaskInterval(1, 6, Task.PUMP))
    assert stored.origin is Origin.MEASURED
    assert stored.source == made.source == "shank.csv, foot.csv"
    np.testing.assert_array_equal(stored.streams[1].raw, made.streams[1].raw)


def test_one_clock_for_all_is_the_users_word(files: dict[str, Path]) -> None:
    made = import_csv(
        files["out"], side=Side.LEFT, shank=files["shank"], foot=files["foot"], shared_clock=True
    )
    assert [s.clock and s.clock.origin for s in made.streams] == ["shared", "shared"]


@pytest.mark.parametrize("placement", ["shank", "foot"])
def test_one_sensor_is_enough(files: dict[str, Path], placement: str) -> None:
    made = import_csv(files["out"], side=Side.LEFT, **{placement: files[placement]})
    assert [s.info.placement.value for s in made.streams] == [placement]


def test_the_other_leg_is_added_and_nothing_lost(files: dict[str, Path]) -> None:
    out = files["out"]
    first = import_csv(
        out, side=Side.RIGHT, shank=files["shank"], foot=files["foot"], tasks=files["tasks"]
    )
    both = import_csv(
        out,
        side=Side.LEFT,
        shank=files["other_shank"],
        foot=files["other_foot"],
        tasks=files["tasks"],
        append=True,
    )
    assert both.sides == (Side.LEFT, Side.RIGHT)
    assert both.tasks == first.tasks
    stored = read_recording(out)
    np.testing.assert_array_equal(stored.streams[0].raw, first.streams[0].raw)
    assert len(stored.streams) == 4


def test_a_sensor_that_is_there_is_not_replaced(files: dict[str, Path]) -> None:
    import_csv(files["out"], side=Side.RIGHT, shank=files["shank"])
    before = files["out"].read_bytes()
    with pytest.raises(UsageError, match="right shank: the recording has this sensor already"):
        import_csv(files["out"], side=Side.RIGHT, shank=files["other_shank"], append=True)
    assert files["out"].read_bytes() == before


def test_adding_to_nothing_is_refused(files: dict[str, Path]) -> None:
    with pytest.raises(RecordingError, match="No such file"):
        import_csv(files["out"], side=Side.RIGHT, shank=files["shank"], append=True)


def test_no_sensor_is_nothing_to_import(files: dict[str, Path]) -> None:
    with pytest.raises(UsageError, match="--shank"):
        import_csv(files["out"], side=Side.RIGHT, tasks=files["tasks"])
    assert not files["out"].exists()


def test_one_file_for_two_sensors_is_refused(files: dict[str, Path]) -> None:
    with pytest.raises(RecordingError, match="same samples"):
        import_csv(files["out"], side=Side.RIGHT, shank=files["shank"], foot=files["shank"])
    import_csv(files["out"], side=Side.RIGHT, shank=files["shank"])
    with pytest.raises(RecordingError, match="right shank and left shank"):
        import_csv(files["out"], side=Side.LEFT, shank=files["shank"], append=True)


def test_labels_on_another_clock_are_refused(files: dict[str, Path]) -> None:
    files["tasks"].write_text("start_s,end_s,task\n1000,1010,squat\n")
    with pytest.raises(RecordingError, match=r"the samples are from 0 to 5\.98 s"):
        import_csv(files["out"], side=Side.LEFT, shank=files["shank"], tasks=files["tasks"])


def test_unused_columns_are_noted(files: dict[str, Path]) -> None:
    lines = files["shank"].read_text().splitlines()
    files["shank"].write_text(
        "\n".join([f"{lines[0]},mag_x_ut", *(f"{line},1" for line in lines[1:])])
    )
    made = import_csv(files["out"], side=Side.LEFT, shank=files["shank"])
    assert made.notes == {"columns not used, left shank": "mag_x_ut"}


def test_a_simulated_recording_stays_simulated_whatever_is_added(tmp_path: Path) -> None:
    from dataclasses import replace

    simulated = replace(recording(), origin=Origin.SIMULATED)
    measured = import_csv(tmp_path / "r", side=Side.LEFT, shank=write_csv(tmp_path / "a.csv"))
    assert merge_recordings(simulated, measured).origin is Origin.SIMULATED
