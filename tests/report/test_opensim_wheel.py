"""OpenSim files, opened by OpenSim itself.

Its wheel is large and has wishes of its own about numpy, so it lives in an environment of its own:
`python -m venv .venv-opensim && .venv-opensim/bin/pip install opensim` beside `pyproject.toml`, or
any interpreter that `SENSOR_SCREEN_OPENSIM_PYTHON` names.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensor_screen.report.opensim_files import OPENSIM_VERSION, write_opensim
from sensor_screen.session.segment_orientations import orient_segments
from tests.made_exports import export, hostile_export

NAMED = "SENSOR_SCREEN_OPENSIM_PYTHON"
OWN = Path(__file__).parents[2] / ".venv-opensim/bin/python"
READER = Path(__file__).with_name("opensim_reading.py")
FILES = {"orientations.sto", "ankle_angle_l.mot", "ankle_angle_r.mot", "ankle_angles.mot"}


def interpreter() -> str | None:
    """One that has opensim: the one named, the one in its own environment, or this one."""
    if named := os.environ.get(NAMED):
        return named
    if OWN.exists():
        return str(OWN)
    return sys.executable if find_spec("opensim") else None


pytestmark = pytest.mark.skipif(
    interpreter() is None,
    reason="OpenSim reads its files (python -m venv .venv-opensim && "
    f".venv-opensim/bin/pip install opensim, or {NAMED}=a python that has it)",
)


def opened(folder: Path, work: Path) -> dict[str, Any]:
    """What OpenSim reads from every file of a folder."""
    python = interpreter()
    assert python is not None
    done = subprocess.run(
        [python, str(READER), str(folder)], cwd=work, capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("hostile", [False, True])
def test_opensim_reads_what_was_measured(tmp_path: Path, hostile: bool) -> None:
    made = hostile_export() if hostile else export()
    poses = orient_segments(made.recording, made.legs)
    folder = tmp_path / "files"
    folder.mkdir()
    write_opensim(made, poses, folder)
    found = opened(folder, tmp_path)
    assert found.pop("version").startswith(OPENSIM_VERSION)
    assert {*found} == FILES
    assert {one["origin"] for one in found.values()} == {"simulated"}

    sto = found.pop("orientations.sto")
    assert sto["labels"] == ["tibia_l_imu", "calcn_l_imu", "tibia_r_imu", "calcn_r_imu"]
    np.testing.assert_allclose(sto["time_s"], poses.time_s, atol=1e-6)
    np.testing.assert_allclose(sto["cells"], poses.earth_from_sensor, atol=1e-8)
    assert sto["turned_rows"] == poses.time_s.size

    for name, mot in found.items():
        letters = "lr" if name == "ankle_angles.mot" else name[-5]
        legs = [leg.angle for leg in made.measured if leg.angle and leg.side[0] in letters]
        assert mot["labels"] == [f"ankle_angle_{letter}" for letter in letters]
        assert mot["storage_in_degrees"]
        both = np.logical_and.reduce([leg.valid for leg in legs])
        assert mot["storage_rows"] == len(mot["time_s"]) == both.sum() > 1000
        for column, leg in zip(mot["columns"], legs, strict=True):
            degrees = np.degrees(leg.dorsiflexion_rad[both])
            np.testing.assert_allclose(column, degrees, atol=1e-6)
            np.testing.assert_allclose(mot["time_s"], leg.time_s[both], atol=1e-6)
