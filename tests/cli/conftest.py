"""The program as a person starts it: arguments in, exit status and both streams out."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from sensor_screen.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one sentence of a failed run; fails the test where it is anything else."""
        assert self.status == 2
        assert self.out == ""
        assert self.err.endswith(".\n")
        assert self.err.count("\n") == 1
        assert "Traceback" not in self.err
        return self.err.rstrip("\n")


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    def run_program(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["sensor-screen", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_info:
            main()
        streams = capsys.readouterr()
        return Outcome(int(exit_info.value.code or 0), streams.out, streams.err)

    return run_program
