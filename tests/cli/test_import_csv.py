from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sensor_screen import read_recording
from sensor_screen.model import GyroSampling, Side, Task
from tests.storage.made import HEADER, rocking, write_csv

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Outcome

    Run = Callable[..., Outcome]


@pytest.fixture
def leg(tmp_path: Path) -> list[str | Path]:
    """The options that import one good leg."""
    shank = write_csv(tmp_path / "shank.csv")
    foot = write_csv(tmp_path / "foot.csv", rocking() * [1, 1, 1, 1, 0.9, 1, 1])
    return ["import", "csv", "--shank", shank, "--foot", foot, "--out", tmp_path / "r.parquet"]


def test_a_leg_is_imported_and_told(run: Run, leg: list[str | Path], tmp_path: Path) -> None:
    tasks = tmp_path / "tasks.csv"
    tasks.write_text("start_s,end_s,task\n0,1,stand\n")
    outcome = run(*leg, "--side", "left", "--tasks", tasks, "--gyro-sampling", "interval_mean")
    assert outcome.status == 0, outcome.err
    assert "left shank: 300 samples, 6.0 s" in outcome.out
    assert outcome.err == ""
    recording = read_recording(tmp_path / "r.parquet")
    assert recording.sides == (Side.LEFT,)
    assert [interval.task for interval in recording.tasks] == [Task.STAND]
    assert recording.streams[0].info.gyro_sampling is GyroSampling.INTERVAL_MEAN
    assert recording.streams[0].clock is None


def test_a_replaced_file_is_told(run: Run, leg: list[str | Path]) -> None:
    assert run(*leg, "--side", "left").out.startswith("wrote")
    assert run(*leg, "--side", "left", "--shared-clock").out.startswith("replaced")


def test_the_other_leg_is_appended(run: Run, leg: list[str | Path], tmp_path: Path) -> None:
    run(*leg, "--side", "left")
    other = write_csv(tmp_path / "other.csv", rocking() * [1, 1, 1, 1, 0.8, 1, 1])
    out = ["--out", tmp_path / "r.parquet", "--append"]
    outcome = run("import", "csv", "--shank", other, "--side", "right", *out)
    assert outcome.out.startswith("added to")
    assert read_recording(tmp_path / "r.parquet").sides == (Side.LEFT, Side.RIGHT)
    again = run("import", "csv", "--shank", other, "--side", "right", *out)
    assert "has this sensor already" in again.complaint


def test_the_side_is_asked_for_and_never_guessed(run: Run, leg: list[str | Path]) -> None:
    outcome = run(*leg)
    assert outcome.status == 2
    assert "--side" in outcome.err


GOOD = "\n".join(",".join(f"{value:.9g}" for value in row) for row in rocking())
BAD_FILES = {
    "empty": b"",
    "header only": HEADER.encode(),
    "cut off": f"{HEADER}\n{GOOD}"[:-30].encode(),
    "foreign text": b"<html><body>404</body></html>",
    "foreign bytes": bytes(range(256)) * 10,
    "parquet": b"PAR1" + bytes(100),
    "cut gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\x00" * 5,
    "words": f"{HEADER}\n{GOOD}\n6,a,b,c,d,e,f\n".encode(),
    "no unit": f"{HEADER.replace('_mps2', '')}\n{GOOD}\n".encode(),
    "g": f"{HEADER.replace('mps2', 'mg')}\n{GOOD}\n".encode(),
    "milliseconds": f"{HEADER.replace('time_s', 'time_us')}\n{GOOD}\n".encode(),
    "all missing": (f"{HEADER}\n" + "nan,nan,nan,nan,nan,nan,nan\n" * 50).encode(),
}


@pytest.mark.parametrize("kind", BAD_FILES)
@pytest.mark.parametrize("sensor", ["--shank", "--foot"])
def test_a_bad_sensor_file_is_one_sentence(
    run: Run, tmp_path: Path, kind: str, sensor: str
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(BAD_FILES[kind])
    out = tmp_path / "r.parquet"
    outcome = run("import", "csv", sensor, bad, "--side", "left", "--out", out)
    assert outcome.complaint.startswith(str(bad))
    assert not out.exists()


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n", b"start_s,end_s,task\n0,1,swim\n", b"\0\0\0", b"PAR1"]
)
def test_a_bad_tasks_file_is_one_sentence(
    run: Run, leg: list[str | Path], tmp_path: Path, content: bytes
) -> None:
    bad = tmp_path / "tasks.csv"
    bad.write_bytes(content)
    assert run(*leg, "--side", "left", "--tasks", bad).complaint.startswith(str(bad))
    assert not (tmp_path / "r.parquet").exists()


def test_a_name_cannot_write_on_the_terminal(run: Run, tmp_path: Path) -> None:
    name = tmp_path / "a\x1b[31m\nb.csv"
    outcome = run("import", "csv", "--shank", name, "--side", "left", "--out", tmp_path / "r")
    assert "\x1b" not in outcome.complaint


def test_a_folder_that_is_not_there_is_one_sentence(run: Run, leg: list[str | Path]) -> None:
    leg[-1] = leg[-1].parent / "none" / "r.parquet"  # type: ignore[union-attr]
    assert "cannot be written" in run(*leg, "--side", "left").complaint


def test_appending_to_something_else_is_one_sentence(
    run: Run, leg: list[str | Path], tmp_path: Path
) -> None:
    other = tmp_path / "r.parquet"
    other.write_bytes(b"not a recording")
    assert "not a recording" in run(*leg, "--side", "left", "--append").complaint
    assert other.read_bytes() == b"not a recording"
