"""`angles`: columns, errors and marks, the meaning of zero, and folders that are not there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.core.pipeline import MeasureOptions
from sensor_screen.model import AngleMark, Placement, Side, Task, TaskInterval, ZeroMode
from sensor_screen.report.angles_csv import mark_words
from sensor_screen.session.angles import trace_recording
from sensor_screen.simulation import Scenario, Step, simulate
from sensor_screen.wiring import save_recording

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sensor_screen.model import Recording
    from tests.cli.conftest import Outcome

    Run = Callable[..., Outcome]

STAIRS = Scenario(
    "few-stairs",
    "stand, pumps, stairs",
    (Step(Task.STAND, 2.0), Step(Task.PUMP, 4), Step(Task.STAIRS_UP, 6)),
)


@pytest.fixture(scope="module")
def stairs() -> Recording:
    return simulate(STAIRS, seed=2).recording


@pytest.fixture
def path(stairs: Recording, tmp_path: Path) -> Path:
    save_recording(stairs, tmp_path / "stairs.parquet")
    return tmp_path / "stairs.parquet"


@pytest.mark.parametrize("live", [False, True])
def test_errors_and_marks_are_appended_and_nothing_else_changes(
    run: Run, tmp_path: Path, path: Path, stairs: Recording, live: bool
) -> None:
    more = ["--live"] if live else []
    plain, full = tmp_path / "plain.csv", tmp_path / "full.csv"
    assert run("angles", path, "--out", plain, *more).status == 0
    assert run("angles", path, "--out", full, "--with-errors", *more).status == 0
    rows = [line.split(",") for line in full.read_text(encoding="utf-8").splitlines()]
    assert rows[0][5:] == ["dorsiflexion_sigma_deg", "marks"]
    first_five = "".join(",".join(row[:5]) + "\n" for row in rows)
    assert first_five.encode() == plain.read_bytes()
    (trace,), _ = trace_recording(stairs, live=live)
    sigma_deg = np.array([float(row[5]) for row in rows[1:]])
    np.testing.assert_allclose(sigma_deg, np.degrees(trace.sigma_rad), atol=6e-5)
    for row, marks in zip(rows[1:], trace.marks, strict=True):
        assert {AngleMark[word.upper()] for word in row[6].split("+") if word} == set(
            AngleMark(int(marks))
        )
        assert (row[4] == "1") == (row[6] in ("", "caught_up"))


def test_marks_of_one_sample_are_joined() -> None:
    assert mark_words(0) == ""
    assert mark_words(int(AngleMark.GAP | AngleMark.SIGN_UNKNOWN)) == "gap+sign_unknown"


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("mode", list(ZeroMode))
def test_the_meaning_of_zero_is_kept(stairs: Recording, live: bool, mode: ZeroMode) -> None:
    (trace,), _ = trace_recording(stairs, live=live, options=MeasureOptions(zero_mode=mode))
    assert trace.zero_mode is mode


def test_a_folder_that_is_not_there_is_one_sentence(run: Run, tmp_path: Path, path: Path) -> None:
    out = tmp_path / "nowhere" / "a.csv"
    assert "nowhere" in run("angles", path, "--out", out).complaint
    assert not out.parent.exists()


def test_labels_before_the_first_sample_are_no_trouble_live(
    run: Run, tmp_path: Path, stairs: Recording
) -> None:
    begin_s = float(stairs.streams[0].time_s[0])
    before = [TaskInterval(begin_s - 9.0, begin_s - 7.0, t) for t in (Task.STAND, Task.PUMP)]
    early = replace(stairs, tasks=(*before, *stairs.tasks))
    save_recording(early, tmp_path / "early.parquet")
    out = tmp_path / "a.csv"
    assert run("angles", tmp_path / "early.parquet", "--live", "--out", out).status == 0
    assert len(out.read_text(encoding="utf-8").splitlines()) > 1000


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("kept", ["foot", "lumbar"])
def test_a_recording_without_an_ankle_ends_in_one_sentence_and_no_table(
    run: Run, tmp_path: Path, stairs: Recording, live: bool, kept: str
) -> None:
    """A lone foot knows where its strides went, but that is no angle."""
    foot = next(s for s in stairs.streams if s.info.placement is Placement.FOOT)
    if kept == "lumbar":
        info = replace(foot.info, placement=Placement.LUMBAR, side=Side.NONE)
        foot = replace(foot, info=info)
    alone, out = tmp_path / "alone.parquet", tmp_path / "alone.csv"
    save_recording(replace(stairs, streams=(foot,)), alone)
    done = run("angles", alone, "--out", out, *(["--live"] if live else []))
    assert done.status == 2
    assert "Traceback" not in done.err
    assert not out.exists()
