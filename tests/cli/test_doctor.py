from __future__ import annotations

import json
from importlib import metadata
from typing import TYPE_CHECKING

from sensor_screen.cli import doctor
from sensor_screen.cli.compiled_code import ENTRIES, is_newer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tests.cli.conftest import Outcome

    Run = Callable[..., Outcome]


def test_a_sound_installation_is_told_in_plain_words(run: Run) -> None:
    outcome = run("doctor")
    assert outcome.status == 0
    for word in ("python", "numpy", "compiled code", "sample recordings", "terminal"):
        assert word in outcome.out
    assert "BAD" not in outcome.out


def test_programs_get_the_same_as_json(run: Run) -> None:
    checks = {check["name"]: check for check in json.loads(run("doctor", "--json").out)}
    assert checks["pyarrow"]["found"] == metadata.version("pyarrow")
    assert all(check["good"] for check in checks.values())


def test_what_is_missing_is_told_with_its_remedy(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LIBRARIES", ("numpy", "no_such_library"))
    outcome = run("doctor")
    assert outcome.status == 2
    assert "BAD  no_such_library" in outcome.out
    assert "pip install no_such_library" in outcome.out


def test_compiled_code_is_ready_only_if_newer_than_every_source(tmp_path: Path) -> None:
    import os

    source, other = tmp_path / "some_kernels.py", tmp_path / "other_kernels.py"
    source.touch()
    other.touch()
    assert not is_newer(tmp_path, [source, other])
    for entry in ENTRIES:
        (tmp_path / f"{entry}-1.py311.nbi").touch()
    assert is_newer(tmp_path, [source, other])
    later = other.stat().st_mtime + 10
    os.utime(other, (later, later))
    assert not is_newer(tmp_path, [source, other])
