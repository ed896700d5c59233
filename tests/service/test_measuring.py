"""Processes that measure: what goes wrong in them is told, and what hangs in them is ended."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Iterator

import pytest

from sensor_screen import errors
from sensor_screen.errors import BusyError, IntakeError, RuleBookError, ScreenError
from sensor_screen.rules.rulebook import parse_rulebook
from sensor_screen.service import measuring
from sensor_screen.service.measuring import Measuring


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Measuring]:
    monkeypatch.setattr(measuring, "_warm_up", os.getpid)  # what is tested here measures nothing
    made = Measuring(1)
    made.start()
    yield made
    made.stop()


def test_errors_cross_processes_whole(processes: Measuring) -> None:
    with pytest.raises(RuleBookError) as here:
        parse_rulebook("[book", "clinic.toml")
    with pytest.raises(RuleBookError) as there:
        processes.run(parse_rulebook, "[book", "clinic.toml")
    assert str(there.value) == str(here.value)
    assert (there.value.value, there.value.remedy) == (here.value.value, here.value.remedy)


def test_every_error_can_cross() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, ScreenError) and kind is not IntakeError
    ]
    assert len(kinds) > 10
    for kind in kinds:
        error = kind("value", "problem", "remedy")
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
        assert type(again) is kind
        assert (str(again), vars(again)) == (str(error), vars(error))
    intake = IntakeError("answers", [errors.FieldProblem("a", "b", "c", "d")])
    again = pickle.loads(pickle.dumps(intake))  # noqa: S301
    assert (str(again), again.problems) == (str(intake), intake.problems)


def test_a_job_that_hangs_is_ended(processes: Measuring, monkeypatch: pytest.MonkeyPatch) -> None:
    before = processes.run(os.getpid)
    monkeypatch.setattr(measuring, "LONGEST_S", 0.5)
    with pytest.raises(BusyError, match="too long"):
        processes.run(time.sleep, 600)
    monkeypatch.setattr(measuring, "LONGEST_S", 60.0)
    assert processes.run(os.getpid) != before
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)


def test_a_process_that_ends_is_replaced(processes: Measuring) -> None:
    with pytest.raises(BusyError, match="ended its process"):
        processes.run(os._exit, 3)
    assert processes.run(len, "abc") == 3
    assert processes.waiting == 0


def test_stopping_waits_for_no_warm_up() -> None:
    made = Measuring(1)
    made.start()
    begin_s = time.monotonic()
    made.stop()
    assert time.monotonic() - begin_s < 5.0
