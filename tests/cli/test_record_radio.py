"""From scan to report, hands off: virtual Bluetooth sensors on a person who does as asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen import read_recording
from sensor_screen.model import Origin, Placement, Side, Task

pytest.importorskip("bumble", reason="bumble is not installed: there is no virtual radio")

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Outcome

    Run = Callable[..., Outcome]


def test_devices_are_asked_who_they_are(run: Run) -> None:
    outcome = run("devices", "--virtual")
    assert outcome.status == 0, outcome.err
    assert "simulated" in outcome.out
    for serial, place in (("LS", "left shank"), ("RF", "right foot")):
        (line,) = [line for line in outcome.out.splitlines() if f"VIRTUAL-{serial}01" in line]
        assert place in line
        assert "battery" in line


def test_a_quick_plan_goes_from_scan_to_report(run: Run, tmp_path: Path) -> None:
    out, told = tmp_path / "trial.parquet", tmp_path / "trial.json"
    plan = ("--plan", "quick", "--side", "left", "--speed", "1000", "--plain")
    sensor = ("--sensor", "virtual-ls01=left-shank")
    outcome = run("record", "--virtual", *plan, *sensor, "--out", out, "--json", told)
    assert outcome.status == 0, outcome.err
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"trial.parquet", "trial.intake.toml", "trial.json"}  # the journal is folded
    recording = read_recording(out)
    assert recording.origin is Origin.SIMULATED
    places = {(s.info.side, s.info.placement) for s in recording.streams}
    assert places == {(Side.LEFT, Placement.SHANK), (Side.LEFT, Placement.FOOT)}
    for stream in recording.streams:
        assert stream.raw.dtype == np.int16
        assert stream.sequence is not None
        assert np.array_equal(np.diff(stream.sequence), np.ones(len(stream.sequence) - 1))
        assert stream.clock is not None
        assert stream.clock.origin == "arrivals"
    assert {Task.STAND, Task.LUNGE, Task.SQUAT} <= {label.task for label in recording.tasks}
    report = json.loads(told.read_text(encoding="utf-8"))
    found = {finding["task"] for finding in report["judgement"]["findings"]}
    assert "squat" in found


def test_a_sensor_that_is_not_here_is_said_to_be_missing(run: Run, tmp_path: Path) -> None:
    plan = ("--plan", "quick", "--side", "right", "--sensor", "SS-0042=right-foot")
    outcome = run("record", "--virtual", *plan, "--out", tmp_path / "trial.parquet")
    assert "Sensor SS-0042: was not found; here: VIRTUAL-RS01, VIRTUAL-RF01" in outcome.complaint
    assert not list(tmp_path.iterdir())
