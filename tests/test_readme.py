"""What the README shows is run exactly as printed."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen import read_recording
from sensor_screen.__main__ import main
from sensor_screen.model import Placement, Side
from sensor_screen.storage.samples import find_sample

if TYPE_CHECKING:
    from sensor_screen.model import SensorStream

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HEADER = "time_s,acc_x_mps2,acc_y_mps2,acc_z_mps2,gyr_x_radps,gyr_y_radps,gyr_z_radps"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def shell_lines() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines()]


def test_the_python_example_prints_what_the_readme_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    (example,) = blocks("python")
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102 - our own text
    promised = README.partition(f"{example}```")[2].partition("```text\n")[2].partition("```")[0]
    assert capsys.readouterr().out == promised != ""


def test_the_commands_for_your_own_data_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_own_data(tmp_path)
    (overlay,) = blocks("toml")
    (tmp_path / "clinic.toml").write_text(overlay, encoding="utf-8")
    lines = [line for line in shell_lines() if line.startswith("sensor-screen")]
    assert len(lines) == 11
    for line in lines:
        monkeypatch.setattr(sys, "argv", shlex.split(line))
        typed = "" if "record" in line else "\n" * 200  # Enter skips a question, or ends a task
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        with pytest.raises(SystemExit) as end:
            main()
        assert not end.value.code, (line, capsys.readouterr().err)
        if not any(word in line for word in ("--claims", "visit", "--virtual")):
            assert (tmp_path / shlex.split(line)[-1]).is_file(), line
    assert read_recording(tmp_path / "trial.parquet").tasks


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_three_calls_lead_from_a_recording_to_advice(tmp_path: Path) -> None:
    shutil.copy(find_sample("anterior-restricted"), tmp_path / "anna.parquet")
    serve, sign_in, calls = blocks("bash")
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": programs, "SENSOR_SCREEN_PASSWORD": "a long enough one"}
    script = (
        f"set -m; ({serve.strip().removesuffix('&')}) > said.txt 2> log.txt & SERVICE=$!\n"
        "trap 'kill -TERM -- -$SERVICE; wait' EXIT\n"
        "for i in $(seq 300); do grep -q Stop said.txt && break; sleep 0.1; done\n"
        'CODE=$(grep -o "setup#.*" said.txt | cut -d# -f2)\n'
        + sign_in.replace("#CODE'", "#'$CODE")
        + "".join(f"{line} -s -f -o answer{n}.json\n" for n, line in enumerate(lines_of(calls)))
    )
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=tmp_path,
        env=environment,
        check=False,
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode() + (tmp_path / "log.txt").read_text()
    upload, report, found = (
        json.loads((tmp_path / f"answer{number}.json").read_text()) for number in range(3)
    )
    assert upload["origin"] == "simulated"
    assert report["session_id"] == upload["session_id"]
    red = [p for p in found["positions"] if p["zone"] == "red"]
    assert {p["task"] for p in red} >= {"squat", "stairs_down"}
    assert all(position["advice"] for position in red)


def lines_of(block: str) -> list[str]:
    return [line for line in block.splitlines() if line]


def test_the_columns_shown_are_those_that_are_read() -> None:
    assert any(block.strip() == HEADER for block in blocks("text"))


def write_own_data(folder: Path) -> None:
    """The right leg of a sample, as a person would have it: one table a sensor, one of tasks."""
    recording = read_recording(find_sample("anterior-restricted"))
    for placement in (Placement.SHANK, Placement.FOOT):
        stream = recording.stream(Side.RIGHT, placement)
        assert stream is not None
        np.savetxt(
            folder / f"{placement}.csv", table(stream), delimiter=",", header=HEADER, comments=""
        )
    tasks = [f"{task.start_s},{task.end_s},{task.task}" for task in recording.tasks]
    (folder / "tasks.csv").write_text("\n".join(["start_s,end_s,task", *tasks]))


def table(stream: SensorStream) -> np.ndarray:
    return np.column_stack([stream.device_time_s, stream.acc_mps2, stream.gyr_radps])


def test_continuous_integration_runs_the_readme_s_test_command() -> None:
    (command,) = (line for line in shell_lines() if line.endswith("poe check"))
    script = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert script[-1] == command
    assert "set -eu" in script
    assert shutil.which("sh") is None or (ROOT / ".ci/run").stat().st_mode & 0o100


def test_the_demo_command_is_the_one_that_the_wheel_test_runs() -> None:
    """The set-up itself is proven by `test_wheel`: pip, an empty environment, then the demo."""
    (command,) = (line for line in shell_lines() if line.endswith("sensor-screen demo"))
    assert "pip install ." in command
