from __future__ import annotations

import json
import sys
from importlib import metadata
from typing import TYPE_CHECKING

import pytest
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakError,
)

from sensor_screen import wiring
from sensor_screen.ble.outside import Outside
from sensor_screen.ble.scanner import Scanner
from sensor_screen.cli import doctor
from sensor_screen.cli.compiled_code import ENTRIES, is_newer
from sensor_screen.wiring.radio import Radio
from tests.ble.jumping_loop import JumpingLoop
from tests.ble.scenes import open_sensor
from tests.ble.scripted_radio import ScriptedRadio

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
    assert all(check["good"] for check in checks.values() if check["needed"])
    optional = {name for name, check in checks.items() if not check["needed"] or check["good"]}
    assert {"Bluetooth", "virtual sensors", "journals here"} <= optional


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


def line_of(out: str, name: str) -> tuple[str, str]:
    """Its line, and the remedy below it where there is one."""
    lines = [*out.splitlines(), ""]
    (at,) = [k for k, line in enumerate(lines) if line[5:].startswith(name)]
    below = lines[at + 1]
    return lines[at], below.strip() if below.startswith(" ") else ""


def use_radio(monkeypatch: pytest.MonkeyPatch, scripted: ScriptedRadio) -> None:
    def open_scripted() -> Radio:
        loop = JumpingLoop()
        outside = Outside(scripted.backend(), loop.time)
        radio = Radio(loop, outside, Scanner(outside))
        radio._left.callback(loop.close)
        return radio

    monkeypatch.setattr(wiring, "open_radio", open_scripted)


def test_bluetooth_that_works_is_tried(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted = ScriptedRadio([open_sensor()])
    use_radio(monkeypatch, scripted)
    line, below = line_of(run("doctor").out, "Bluetooth")
    assert line.startswith("ok ")
    assert "1 sensor heard" in line
    assert not below
    assert scripted.counts == {"scan": 1}  # nobody was connected
    assert not scripted.scanners
    use_radio(monkeypatch, ScriptedRadio())
    line, below = line_of(run("doctor").out, "Bluetooth")
    assert "no sensors heard" in line
    assert "sensor-screen devices" in below


@pytest.mark.parametrize(
    ("fault", "found", "on_linux"),
    [
        (
            BleakBluetoothNotAvailableError("x", BleakBluetoothNotAvailableReason.NO_BLUETOOTH),
            "no adapter was found",
            "Plug in",
        ),
        (
            BleakBluetoothNotAvailableError("x", BleakBluetoothNotAvailableReason.DENIED_BY_USER),
            "this program may not use it",
            "group `bluetooth`",
        ),
        (BleakDBusError("org.bluez.Error.NotReady", []), "it is switched off", "power on"),
        (FileNotFoundError(2, "no bus"), "service is not running", "systemctl"),
        (BleakError("strange things"), "(strange things)", "bluetooth"),
    ],
)
def test_bluetooth_that_does_not_is_told_and_no_failure(
    run: Run, monkeypatch: pytest.MonkeyPatch, fault: Exception, found: str, on_linux: str
) -> None:
    use_radio(monkeypatch, ScriptedRadio(scan_faults=[fault]))
    outcome = run("doctor")
    assert outcome.status == 0
    line, below = line_of(outcome.out, "Bluetooth")
    assert line.startswith("-- ")
    assert found in line
    assert below
    if sys.platform == "linux":
        assert on_linux in below


def test_libraries_that_are_optional_name_their_extra(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bleak", None)
    for name in [name for name in sys.modules if name.startswith("sensor_screen.ble.virtual")]:
        monkeypatch.delitem(sys.modules, name)
    outcome = run("doctor")
    assert outcome.status == 0
    for name, extra in (("Bluetooth", "ble"), ("virtual sensors", "virtual")):
        line, below = line_of(outcome.out, name)
        assert line.startswith("-- ")
        assert "not installed" in line
        assert below == f"Run: pip install 'sensor-screen[{extra}]'"


def test_journals_that_were_left_are_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert line_of(run("doctor").out, "journals here") == ("ok   journals here      none", "")
    for name in "abcde":
        (tmp_path / f"{name}.journal").touch()
    outcome = run("doctor")
    assert outcome.status == 0
    line, below = line_of(outcome.out, "journals here")
    assert line.startswith("-- ")
    assert "a.journal, b.journal, c.journal and 2 more" in line
    assert "sensor-screen recover" in below
