"""What `record` says where sensors or the disk are not as they must be: one sentence each."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("bleak", reason="bleak is not installed: there is no Bluetooth")

from sensor_screen import wiring
from sensor_screen.ble.outside import Outside
from sensor_screen.ble.scanner import Scanner
from sensor_screen.protocol.open_sensor_info import PlacementCode, SensorLabel, SideCode
from sensor_screen.protocol.open_sensor_info_bytes import encode_info
from sensor_screen.storage.disk import LocalFile
from sensor_screen.storage.journal import create_journal
from sensor_screen.wiring.radio import Radio
from tests.ble.jumping_loop import JumpingLoop
from tests.ble.scenes import INFO, INFORMATION, open_sensor
from tests.ble.scripted_radio import ScriptedRadio, ScriptedSensor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Outcome

    Refuse = Callable[..., str]

SHANK, FOOT = PlacementCode.SHANK, PlacementCode.FOOT
PLACES = {SHANK: "shank", FOOT: "foot"}
VERSION_BYTE = 2
"""Of the info: the first entry is the protocol's version, after type and length."""


def worn(serial: str, side: SideCode, placement: PlacementCode) -> ScriptedSensor:
    """It says where it is worn; its address is its serial's last two figures."""
    sensor = open_sensor(serial, f"D0:00:00:00:00:{serial[-2:]}")
    label = SensorLabel(side, placement)
    sensor.values[INFO] = encode_info(replace(INFORMATION, serial=serial, label=label))
    return sensor


@pytest.fixture
def refuse(run: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Refuse:
    """Record with these sensors here, and give the sentence in which it ends."""

    def record(*sensors: ScriptedSensor, faults: tuple[Exception, ...] = ()) -> str:
        def open_scripted() -> Radio:
            loop = JumpingLoop()
            outside = Outside(ScriptedRadio([*sensors], [*faults]).backend(), loop.time)
            radio = Radio(loop, outside, Scanner(outside))
            radio._left.callback(loop.close)
            return radio

        monkeypatch.setattr(wiring.radio, "open_radio", open_scripted)
        out = tmp_path / "anna.parquet"
        plan = ("--plan", "quick", "--side", "left", "--plain")
        said = run("record", *plan, "--out", out).complaint
        assert not out.exists()
        return said

    return record


def test_a_sensor_that_is_missing(refuse: Refuse, tmp_path: Path) -> None:
    said = refuse(worn("SS-0001", SideCode.LEFT, SHANK))
    assert said.startswith("Sensor of left foot: was not found among 1 that is here; switch it on")
    assert "any other phone" in said
    assert "sensor-screen devices" in said
    assert refuse().startswith("Sensor of left shank, left foot: was not found, nor any other;")
    assert not [*tmp_path.iterdir()]  # no journal stays behind


def test_a_sensor_that_is_labelled_for_no_place(refuse: Refuse) -> None:
    """With as many of them as places the person would be asked to shake them."""
    said = refuse(open_sensor("SS-0002", "D0:02"))
    assert "SS-0002 is labelled for no leg and part" in said
    assert "among 1 that is here" in said
    assert "--sensor SERIAL=PLACE" in said


@pytest.mark.parametrize("placement", [SHANK, FOOT])
def test_two_sensors_with_one_label(refuse: Refuse, placement: PlacementCode) -> None:
    pair = [worn(f"SS-000{n}", SideCode.LEFT, one) for n, one in enumerate((SHANK, FOOT))]
    said = refuse(*pair, worn("SS-0007", SideCode.LEFT, placement))
    assert "SS-0007" in said
    assert f"both say that they are the left {PLACES[placement]}; switch one of them off" in said


def test_a_double_label_of_the_other_leg_is_nobodys_business(refuse: Refuse) -> None:
    others = [worn(f"SS-001{n}", SideCode.RIGHT, FOOT) for n in range(2)]
    assert refuse(*others).startswith("Sensor of left shank, left foot: was not found")


def test_a_sensor_of_another_protocol_version(refuse: Refuse) -> None:
    newer = worn("SS-0002", SideCode.LEFT, FOOT)
    told = bytearray(newer.values[INFO])
    told[VERSION_BYTE] = 9
    newer.values[INFO] = bytes(told)
    said = refuse(worn("SS-0001", SideCode.LEFT, SHANK), newer)
    assert said.startswith(
        "Sensor of left foot: was not found, and sensor SS-0002 is of protocol 9"
    )
    assert "this one knows version 1" in said


def test_bluetooth_that_is_off(refuse: Refuse) -> None:
    assert refuse(faults=(FileNotFoundError(2, "no bus"),)).startswith("Bluetooth: ")


def test_a_journal_that_was_left_is_not_touched(refuse: Refuse, tmp_path: Path) -> None:
    journal = tmp_path / "anna.journal"
    create_journal(journal).close()
    before = journal.read_bytes()
    said = refuse(worn("SS-0001", SideCode.LEFT, SHANK))
    assert said.startswith(f"{journal}: it is there already")
    assert f"run `sensor-screen recover {journal}`" in said
    assert journal.read_bytes() == before


def test_a_full_disk(refuse: Refuse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def write(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(LocalFile, "write", write)
    said = refuse(worn("SS-0001", SideCode.LEFT, SHANK))
    assert said.startswith(f"{tmp_path / 'anna.journal'}: the disk is full; choose a folder")
    assert not [*tmp_path.iterdir()]
