from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from sensor_screen.errors import RecordingError
from sensor_screen.model import Placement, Side, Task, TaskInterval
from sensor_screen.storage.folder import read_folder
from tests.storage.made import rocking, write_csv

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"
shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the public recordings are not beside the checkout"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Everything that a folder may hold; the foot is packed."""
    write_csv(tmp_path / "shank.csv")
    foot = write_csv(tmp_path / "foot.csv", rocking() * [1, 1, 1, 1, 0.5, 1, 1])
    (tmp_path / "foot.csv.gz").write_bytes(gzip.compress(foot.read_bytes()))
    foot.unlink()
    (tmp_path / "tasks.csv").write_text("start_s,end_s,task\n0,1,stand\n1,6,squat\n")
    (tmp_path / "reps.csv").write_text("start_s,end_s\n1,2.5\n2.5,4\n")
    (tmp_path / "truth.csv").write_text("time_s,dorsiflexion_deg\n0,0\n1,90\n")
    (tmp_path / "meta.json").write_text(json.dumps({"side": "left", "source": "me", "rate_hz": 50}))
    return tmp_path


def test_everything_in_a_folder_is_read(folder: Path) -> None:
    found = read_folder(folder)
    recording = found.recording
    assert [(s.info.side, s.info.placement) for s in recording.streams] == [
        (Side.LEFT, Placement.SHANK),
        (Side.LEFT, Placement.FOOT),
    ]
    assert recording.source == "me"
    assert recording.tasks[1] == TaskInterval(1, 6, Task.SQUAT)
    assert found.repetitions == (
        TaskInterval(1, 2.5, Task.SQUAT),
        TaskInterval(2.5, 4, Task.SQUAT),
    )
    assert found.truth_time_s is not None
    assert found.truth_dorsiflexion_rad is not None
    np.testing.assert_array_equal(found.truth_time_s, [0.0, 1.0])
    np.testing.assert_allclose(found.truth_dorsiflexion_rad, [0.0, np.pi / 2])
    assert found.meta["rate_hz"] == 50


def test_the_clocks_can_be_kept_apart(folder: Path) -> None:
    joined, apart = read_folder(folder), read_folder(folder, shared_clock=False)
    assert {s.clock.origin for s in joined.recording.streams if s.clock} == {"shared"}
    assert [s.clock for s in apart.recording.streams] == [None, None]


def test_repetitions_may_name_their_task(folder: Path) -> None:
    (folder / "reps.csv").write_text("start_s,end_s,task\n1,2,lunge\n")
    assert read_folder(folder).repetitions == (TaskInterval(1, 2, Task.LUNGE),)


def test_a_folder_may_hold_one_sensor_and_no_more(tmp_path: Path) -> None:
    write_csv(tmp_path / "foot.csv")
    found = read_folder(tmp_path)
    assert [s.info.placement for s in found.recording.streams] == [Placement.FOOT]
    assert found.recording.sides == (Side.NONE,)
    assert found.recording.source == tmp_path.name
    assert (found.truth_time_s, found.truth_dorsiflexion_rad) == (None, None)
    assert (found.repetitions, found.meta) == ((), {})


def test_a_folder_without_a_sensor_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"no shank\.csv or foot\.csv"):
        read_folder(tmp_path)
    with pytest.raises(RecordingError):
        read_folder(tmp_path / "none")


@pytest.mark.parametrize("content", ["", "{", "[1]", "\xff", "[" * 100_000])
def test_a_damaged_description_is_refused(folder: Path, content: str) -> None:
    (folder / "meta.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(RecordingError, match=r"meta\.json"):
        read_folder(folder)


@pytest.mark.shared
@shared
@pytest.mark.parametrize(
    ("name", "side", "sensors", "truth"),
    [
        ("rig1d/01", Side.NONE, 2, 2984),
        ("pp054/walk_right", Side.RIGHT, 2, 201),
        ("stairs_foot/up_left", Side.LEFT, 1, 0),
        ("kick/player1_S01_left", Side.LEFT, 2, 0),
    ],
)
def test_public_recordings_are_read(name: str, side: Side, sensors: int, truth: int) -> None:
    found = read_folder(SHARED / name)
    assert found.recording.sides == (side,)
    assert len(found.recording.streams) == sensors == len(found.meta["sensors"])
    assert found.recording.tasks
    assert (0 if found.truth_time_s is None else len(found.truth_time_s)) == truth
