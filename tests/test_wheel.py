"""The wheel alone is the whole product: installed in an empty environment it runs anywhere.

Cost: a minute with packages at hand, more over a slow line: pip unpacks scipy, numba and pyarrow,
and the first demo compiles, as it does for a new user.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from sensor_screen import __version__

ROOT = Path(__file__).parents[1]


def call(*command: str | Path, folder: Path) -> str:
    """Run a program with no help from this environment or the checkout."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        command, cwd=folder, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing in it but an environment that holds the wheel."""
    folder = tmp_path_factory.mktemp("elsewhere")
    build = (sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    call(*build, folder=ROOT)
    (wheel,) = folder.glob("sensor_screen-*.whl")
    venv.create(folder / "env", with_pip=True, system_site_packages=False)
    call(bin_of(folder) / "python", "-m", "pip", "install", "--quiet", wheel, folder=folder)
    return folder


def bin_of(folder: Path) -> Path:
    return folder / "env" / ("Scripts" if sys.platform == "win32" else "bin")


def test_the_installed_program_is_the_one_that_was_built(elsewhere: Path) -> None:
    said = call(bin_of(elsewhere) / "sensor-screen", "--version", folder=elsewhere)
    assert said == f"sensor-screen {__version__}\n"


def test_the_installed_program_has_all_it_needs(elsewhere: Path) -> None:
    said = call(bin_of(elsewhere) / "sensor-screen", "doctor", "--json", folder=elsewhere)
    checks = {check["name"]: check for check in json.loads(said)}
    assert all(check["good"] for check in checks.values() if check["needed"])
    assert str(elsewhere) in checks["sample recordings"]["found"]


def test_the_demo_runs_from_another_folder(elsewhere: Path) -> None:
    said = call(bin_of(elsewhere) / "sensor-screen", "demo", "--json", "r.json", folder=elsewhere)
    assert "not a diagnosis" in said
    report = json.loads((elsewhere / "r.json").read_text(encoding="utf-8"))
    assert report["origin"] == "simulated"
    assert len(report["legs"]) == 2


def test_the_wheel_holds_the_reference_firmware(elsewhere: Path) -> None:
    script = "from sensor_screen.firmware import sensor, packet; print(sensor.__file__)"
    said = call(bin_of(elsewhere) / "python", "-c", script, folder=elsewhere)
    assert str(elsewhere) in said


def test_virtual_sensors_say_what_they_need(elsewhere: Path) -> None:
    script = """
from sensor_screen.errors import UsageError
try:
    import sensor_screen.ble.virtual
except UsageError as error:
    print(error)
"""
    said = call(bin_of(elsewhere) / "python", "-c", script, folder=elsewhere)
    assert "pip install 'sensor-screen[virtual]'" in said
