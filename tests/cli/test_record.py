"""`record --virtual`: hands off, from the first question to the report."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from sensor_screen.errors import UsageError
from sensor_screen.model import Origin, Task
from sensor_screen.storage.recording_file import read_recording

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Outcome

FAST = ("--virtual", "--speed", "1000")


@pytest.fixture(autouse=True)
def nobody_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))


def test_the_quick_plan_goes_from_start_to_report(
    run: Callable[..., Outcome], tmp_path: Path
) -> None:
    out, page = tmp_path / "me.parquet", tmp_path / "me.json"
    done = run("record", *FAST, "--plan", "quick", "--side", "left", "--out", out, "--json", page)
    assert done.status == 0
    recording = read_recording(out)
    assert recording.origin is Origin.SIMULATED
    done_tasks = [Task.STAND, Task.PUMP, Task.WALK, Task.LUNGE, Task.SQUAT]
    assert [t.task for t in recording.tasks] == done_tasks
    assert recording.notes["plan"] == "quick"
    assert recording.notes["capture"] == "complete"
    assert min(len(stream.raw) for stream in recording.streams) > 6000
    (leg,) = json.loads(page.read_text(encoding="utf-8"))["legs"]
    assert leg["side"] == "left"
    for line in ("Step 6 of 7: Lunge", "Begin: Squat", "left 5, ", "your left ankle"):
        assert line in done.out
    again = run("screen", out)
    assert again.status == 0
    assert again.out.strip() in done.out


def test_a_red_flag_in_an_intake_of_today_ends_it_without_a_recording(
    run: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\ny\n"))
    out = tmp_path / "me.parquet"
    done = run("record", *FAST, "--ask", "--plan", "quick", "--side", "right", "--out", out)
    assert done.status == 0
    assert "Stop here, this comes first." in done.out
    assert "Begin" not in done.out
    assert not out.exists()
    answers = out.with_suffix(".intake.toml").read_text(encoding="utf-8")
    assert "deformity_or_cold = true" in answers


def test_old_red_flags_are_asked_again(run: Callable[..., Outcome], tmp_path: Path) -> None:
    old = tmp_path / "old.intake.toml"
    old.write_text(
        '[session]\ndate = "2020-01-01"\n[red_flags]\nhot_joint = false\n[person]\nage_years = 31\n'
    )
    out = tmp_path / "me.parquet"
    done = run(
        "record",
        *FAST,
        "--ask",
        "--plan",
        "quick",
        "--side",
        "right",
        "--out",
        out,
        "--intake",
        old,
    )
    assert "Does your chest hurt" in done.out
    answers = out.with_suffix(".intake.toml").read_text(encoding="utf-8")
    assert "age_years = 31" in answers
    assert "hot_joint" not in answers
    assert "Ended by key" in done.out, "nobody types: the input has ended"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--virtual", "--plan", "quick"), "quick: it is a plan for one leg; add --side"),
        (("--no-radio", "--plan", "quick", "--side", "left"), "--no-radio: leaves no sensor"),
        (("--virtual", "--plan", "fly"), "fly: is no plan"),
        (("--sensor", "SS-0042=left-knee"), "SS-0042=left-knee: left-knee is no place; choose"),
        (("--virtual", "--no-radio", "--sensor", "A=left-foot"), "--sensor: names a sensor, and"),
        (("--virtual", "--plan", "clinic", "--side", "left"), "it is a plan for two legs"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    run: Callable[..., Outcome], tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = run("record", *arguments, "--out", tmp_path / "me.parquet")
    assert said in done.complaint
    assert not list(tmp_path.iterdir())


def test_answers_outlast_a_recording_that_cannot_be_made(
    run: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise UsageError("me.journal", "the disk is full", "make room, and run recover")

    monkeypatch.setattr("sensor_screen.wiring.record.RunningCapture.finish", fail)
    monkeypatch.setattr(sys, "stdin", io.StringIO("q\n"))
    done = run(
        "record", *FAST, "--plan", "quick", "--side", "right", "--out", tmp_path / "me.parquet"
    )
    assert done.status == 2
    assert done.err.endswith("me.journal: the disk is full; make room, and run recover.\n")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"me.intake.toml", "me.journal"}  # what the sensors sent can be recovered
