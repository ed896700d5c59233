from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from sensor_screen import __version__
from sensor_screen.cli import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Outcome

HEAVY = ("numpy", "scipy", "numba", "pyarrow", "vqf", "plotext")


def test_help_loads_nothing_heavy() -> None:
    """The start must stay below half a second; what costs more is not looked at by a stopwatch."""
    code = (
        "import sys; sys.argv = ['sensor-screen', '--help']\n"
        "from sensor_screen.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"sys.stderr.write(' '.join(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Usage" in done.stdout
    assert done.stderr == ""


def test_every_command_has_help_that_teaches() -> None:
    commands = [
        (info.name or getattr(info.callback, "__name__", ""), info.help or "")
        for typer_app in (app, *(group.typer_instance for group in app.registered_groups))
        if typer_app is not None
        for info in typer_app.registered_commands
    ]
    assert {"csv", "simulate", "doctor"} <= {name for name, _ in commands}
    for name, text in commands:
        assert "Example" in text, name
        assert "sensor-screen" in text, name


def test_the_version_is_that_of_the_package(run: Callable[..., Outcome]) -> None:
    assert run("--version").out == f"sensor-screen {__version__}\n"
    assert metadata.version("sensor-screen") == __version__


def test_no_command_shows_the_help(run: Callable[..., Outcome]) -> None:
    outcome = run()
    assert "import" in outcome.out + outcome.err


@pytest.mark.parametrize("command", ["fly", "--fly"])
def test_an_unknown_command_ends_with_status_2(run: Callable[..., Outcome], command: str) -> None:
    outcome = run(command)
    assert outcome.status == 2
    assert "Traceback" not in outcome.err


def test_a_plain_terminal_is_no_error(tmp_path: Path) -> None:
    arguments = ("import", "csv", "--shank", "Füße.csv", "--side", "left", "--out", tmp_path / "r")
    done = subprocess.run(
        [sys.executable, "-m", "sensor_screen", *arguments],
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii", "PATH": ""},
        check=False,
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert done.stderr.count(b"\n") == 1
