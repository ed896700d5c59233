"""`export`: what is written, what is refused by name, and that nothing half-written is left."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sensor_screen.model import Placement, Side
from sensor_screen.report import opensim_files
from sensor_screen.wiring import save_recording
from tests.made_exports import HOSTILE, recording

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Outcome

    Run = Callable[..., Outcome]

FORMATS = ("csv", "opensim", "motion-bids", "mcap")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    save_recording(recording(), tmp_path / "in/few.parquet")
    return tmp_path / "in/few.parquet"


def left(tmp_path: Path) -> list[str]:
    return sorted(p.name for p in tmp_path.iterdir() if p.name != "in")


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("csv", {"samples_wide.csv", "samples_tidy.csv", "repetitions.csv", "README.json"}),
        ("opensim", {"orientations.sto", "ankle_angle_l.mot", "ankle_angles.mot"}),
        ("motion-bids", {"dataset_description.json", "sub-01"}),
        ("mcap", None),
    ],
)
def test_each_format_is_written_whole(
    run: Run, tmp_path: Path, path: Path, to: str, expected: set[str] | None
) -> None:
    done = run("export", path, "--to", to, "--out", tmp_path / "out")
    assert done.status == 0
    assert done.out == f"wrote {tmp_path / 'out'}: 4 sensors, angle: left, right\n"
    assert "simulated" in done.err
    assert left(tmp_path) == ["out"]
    if expected is None:
        assert (tmp_path / "out").read_bytes().startswith(b"\x89MCAP")
    else:
        assert expected <= {p.name for p in (tmp_path / "out").iterdir()}


@pytest.mark.parametrize("to", FORMATS)
def test_what_cannot_be_written_is_refused_before_anything_is_read(
    run: Run, tmp_path: Path, to: str
) -> None:
    (tmp_path / "there").mkdir()
    nothing = tmp_path / "not-read.parquet"
    for out in (tmp_path / "there", tmp_path / "nowhere" / "out"):
        complaint = run("export", nothing, "--to", to, "--out", out).complaint
        assert str(out) in complaint
    assert left(tmp_path) == ["there"]


def foot_only(path: Path) -> Path:
    foot = next(s for s in recording().streams if s.info.placement is Placement.FOOT)
    save_recording(replace(recording(), streams=(foot,)), path.with_name("foot.parquet"))
    return path.with_name("foot.parquet")


def test_without_an_angle_csv_is_refused_by_name(run: Run, tmp_path: Path, path: Path) -> None:
    complaint = run("export", foot_only(path), "--to", "csv", "--out", tmp_path / "o").complaint
    assert "ankle angle" in complaint or "shank" in complaint
    assert left(tmp_path) == []


@pytest.mark.parametrize("to", FORMATS[1:])
def test_without_an_angle_the_samples_leave_and_it_is_said(
    run: Run, tmp_path: Path, path: Path, to: str
) -> None:
    done = run("export", foot_only(path), "--to", to, "--out", tmp_path / "o")
    assert done.status == 0
    assert done.out.endswith("1 sensors, angle: none\n")
    assert "shank" in done.err
    if to == "opensim":
        assert [p.name for p in (tmp_path / "o").iterdir()] == ["orientations.sto"]


def test_a_leg_without_an_angle_is_named(run: Run, tmp_path: Path, path: Path) -> None:
    kept = tuple(
        s
        for s in recording().streams
        if s.info.side is Side.LEFT or s.info.placement is Placement.FOOT
    )
    save_recording(replace(recording(), streams=kept), path)
    done = run("export", path, "--to", "csv", "--out", tmp_path / "o")
    assert done.status == 0
    assert "angle: left\n" in done.out
    assert "right leg" in done.err
    assert "right leg" in (tmp_path / "o/README.json").read_text(encoding="utf-8")


def test_a_failure_while_writing_leaves_nothing(
    run: Run, tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(opensim_files, "write_angles", fail)
    complaint = run("export", path, "--to", "opensim", "--out", tmp_path / "o").complaint
    assert "No space left" in complaint
    assert left(tmp_path) == []


def test_a_missing_library_is_one_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mcap", None)
    complaint = run("export", "x.parquet", "--to", "mcap", "--out", tmp_path / "o").complaint
    assert 'pip install "sensor-screen[mcap]"' in complaint


def test_options_that_do_not_fit_are_refused(run: Run, tmp_path: Path) -> None:
    def complain(to: str, label: str) -> str:
        args = ("x.parquet", "--to", to, "--out", tmp_path / "o", "--subject", label)
        return run("export", *args).complaint

    assert "no place for it" in complain("csv", "07")
    assert "letters and digits" in complain("motion-bids", "../07")
    assert run("export", "x.parquet", "--to", "c3d", "--out", "o").status == 2


def test_hostile_texts_reach_no_terminal(run: Run, tmp_path: Path, path: Path) -> None:
    text = HOSTILE.replace("\ud800", "")
    save_recording(replace(recording(), source=text, notes={text: text}), path)
    for to in ("csv", "opensim"):
        done = run("export", path, "--to", to, "--out", tmp_path / to)
        assert done.status == 0
        assert "\x1b" not in done.out + done.err
