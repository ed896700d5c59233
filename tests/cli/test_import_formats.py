from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen import read_recording
from sensor_screen.model import Placement, Side, Task
from sensor_screen.storage.recording_file import write_recording
from tests.core.test_orientation_angle import TIME_S, bends, leg
from tests.storage.made import recording
from tests.storage.made_exports import (
    dot_table,
    phone_files,
    write_dot,
    write_mcap,
    write_phone,
    write_xsens,
    xsens_table,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Outcome

    Run = Callable[..., Outcome]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "r.parquet"


def test_two_dots_are_imported_and_told(run: Run, tmp_path: Path, out: Path) -> None:
    foot = dot_table()
    foot[:, 2:5] *= 1.01
    tasks = tmp_path / "tasks.csv"
    tasks.write_text("start_s,end_s,task\n1,2,stand\n")
    outcome = run(
        *("import", "movella-dot", "--side", "left", "--out", out, "--tasks", tasks),
        *("--shank", write_dot(tmp_path / "a.csv")),
        *("--foot", write_dot(tmp_path / "b.csv", foot)),
    )
    assert outcome.status == 0, outcome.err
    assert "left foot: 300 samples, 6.0 s" in outcome.out
    assert "filterprofile, left shank: General" in outcome.out
    found = read_recording(out)
    assert found.recorded_on == "2026-11-27"
    assert [task.task for task in found.tasks] == [Task.STAND]
    assert found.streams[1].info.serial == "left ankle 1"


def test_the_date_is_the_users_word_before_the_files(run: Run, tmp_path: Path, out: Path) -> None:
    dot = write_dot(tmp_path / "a.csv")
    options = ["--side", "left", "--out", out, "--date", "2026-11-26"]
    assert run("import", "movella-dot", "--shank", dot, *options).status == 0
    assert read_recording(out).recorded_on == "2026-11-26"


def test_a_phone_and_a_foot_sensor_of_another_make(run: Run, tmp_path: Path, out: Path) -> None:
    phone = write_phone(tmp_path / "phone", phone_files("ios", "false"))
    options = ["--side", "right", "--out", out]
    outcome = run("import", "sensor-logger", "--shank", phone, *options)
    assert outcome.status == 0, outcome.err
    assert "acceleration, right shank: sum of Accelerometer and Gravity" in outcome.out
    table = xsens_table()
    table[:, 2:5] *= 1.01
    foot = write_xsens(tmp_path / "a.txt", table)
    xsens = ["import", "xsens", "--foot", foot, *options, "--append"]
    assert "does not say the unit" in run(*xsens).complaint
    assert run(*xsens, "--gyro-unit", "radps").out.startswith("added to")
    found = read_recording(out)
    assert [s.info.placement for s in found.streams] == [Placement.SHANK, Placement.FOOT]
    assert [s.info.model for s in found.streams] == ["A phone", "MTW2-3A7G6"]


def test_an_mcap_file_becomes_the_same_recording(run: Run, tmp_path: Path, out: Path) -> None:
    file = write_mcap(tmp_path / "a.mcap", recording())
    outcome = run("import", "mcap", file, "--out", out, "--date", "2026-11-27")
    assert outcome.status == 0, outcome.err
    found = read_recording(out)
    assert found.recorded_on == "2026-11-27"
    np.testing.assert_array_equal(found.streams[0].raw, recording().streams[0].raw)
    again = run("import", "mcap", file, "--out", out, "--append")
    assert "has this sensor already" in again.complaint


def test_notes_cannot_write_on_the_terminal(run: Run, tmp_path: Path, out: Path) -> None:
    hostile = replace(recording(), notes={"a\x1b[2J": "b\nwrote \u202ec"})
    outcome = run("import", "mcap", write_mcap(tmp_path / "a.mcap", hostile), "--out", out)
    assert outcome.status == 0
    assert outcome.out.splitlines()[-1] == "  a [2J: b wrote  c"


def test_a_missing_library_is_one_sentence(
    run: Run, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_mcap(tmp_path / "a.mcap", recording())
    monkeypatch.setitem(sys.modules, "mcap.exceptions", None)
    complaint = run("import", "mcap", file, "--out", out).complaint
    assert 'pip install "sensor-screen[mcap]"' in complaint
    assert not out.exists()


def test_orientations_become_angles_and_no_recording(run: Run, tmp_path: Path) -> None:
    shank, foot = leg(bends())
    cells = [[",".join(f"{v:.9f}" for v in q) for q in part] for part in (shank, foot)]
    lines = [f"{t:.6f}\t{a}\t{b}" for t, a, b in zip(TIME_S, cells[0], cells[1], strict=True)]
    file = tmp_path / "a.sto"
    head = ["DataType=Quaternion", "endheader", "time\ttibia_l_imu\tcalcn_l_imu"]
    file.write_text("\n".join([*head, *lines, ""]))
    table = tmp_path / "angles.csv"
    options = ["--side", "left", "--out", table, "--neutral", "0", "2"]
    outcome = run("import", "opensense", file, *options, "--dorsiflexed-at", "3")
    assert outcome.status == 0, outcome.err
    assert "cannot be screened" in outcome.out
    rows = [line.split(",") for line in table.read_text().splitlines()]
    assert rows[0] == ["time_s", "side", "dorsiflexion_deg", "inversion_deg", "valid"]
    assert {(row[1], row[3], row[4]) for row in rows[1:]} == {("left", "", "1")}
    found = np.array([float(row[2]) for row in rows[1:]])
    np.testing.assert_allclose(found, np.degrees(bends()), atol=1e-3)
    assert (
        "too near" in run("import", "opensense", file, *options, "--dorsiflexed-at", "1").complaint
    )
    complaint = run("screen", table).complaint
    assert complaint.startswith(str(table))


@pytest.mark.parametrize("kind", ["movella-dot", "xsens", "sensor-logger", "mcap", "opensense"])
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 50, b"PAR1" + bytes(99), b"<html>404</html>\n" * 9, b"PK\x03\x04"]
)
def test_a_bad_file_is_one_sentence(
    run: Run, tmp_path: Path, out: Path, kind: str, content: bytes
) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(content)
    options: list[str | Path] = ["--out", out]
    options += [bad] if kind in ("mcap", "opensense") else ["--shank", bad]
    if kind != "mcap":
        options += ["--side", "left"]
    if kind == "opensense":
        options += ["--neutral", "0", "1", "--dorsiflexed-at", "2"]
    assert run("import", kind, *options).complaint.startswith(str(bad))
    assert not out.exists()


def test_an_import_never_replaces_a_recording_by_half(run: Run, tmp_path: Path, out: Path) -> None:
    write_recording(recording(), out)
    before = out.read_bytes()
    cut = write_dot(tmp_path / "a.csv")
    cut.write_bytes(cut.read_bytes()[:-15])
    run("import", "movella-dot", "--shank", cut, "--side", "left", "--out", out)
    assert out.read_bytes() == before
    assert Side.RIGHT in read_recording(out).sides
