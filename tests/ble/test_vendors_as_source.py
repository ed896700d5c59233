"""Other makers' sensors in a guided capture: linked, kept, shown, and marked for what they lack."""

from __future__ import annotations

import asyncio
import struct
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.ble.characteristics import CHARACTERISTICS
from sensor_screen.ble.introduction import WantedSensor
from sensor_screen.ble.outside import Outside
from sensor_screen.ble.radio_source import RadioSource
from sensor_screen.ble.scanner import Scanner
from sensor_screen.ble.sensor_driver import drive
from sensor_screen.model import Origin, Placement, Side
from sensor_screen.protocol.open_sensor_info import PlacementCode, SideCode
from sensor_screen.protocol.relay_frame import Channel, Family, SlotDescription
from sensor_screen.storage.journal import JournalFacts, create_journal
from sensor_screen.storage.journal_fold import fold_journal
from tests.ble.jumping_loop import JumpingLoop
from tests.ble.scripted_radio import ScriptedRadio
from tests.ble.test_vendor_logic import wit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ble.scripted_radio import ScriptedSensor

RATE_HZ = 100.0


def placed(family: Family, serial: str, placement: PlacementCode) -> SlotDescription:
    return SlotDescription(family, SideCode.RIGHT, placement, serial)


async def send(sensors: list[ScriptedSensor]) -> None:
    """Acceleration along x counts the frames; 1 g along z."""
    for number in range(10_000):
        await asyncio.sleep(1.0 / RATE_HZ)
        frame = b"\x55\x61" + struct.pack("<9h", number, 0, 2048, *([0] * 6))
        for sensor in sensors:
            sensor.notify(CHARACTERISTICS[Channel.WIT_FRAMES], frame)


def test_sensors_without_memory_and_clock_are_recorded_and_marked(tmp_path: Path) -> None:
    worn = [replace(wit(), name="WT-SHANK"), replace(wit(), address="E9", name="WT-FOOT")]
    with closing(JumpingLoop()) as loop:
        outside = Outside(ScriptedRadio(worn).backend(), loop.time)
        places = (PlacementCode.SHANK, PlacementCode.FOOT)
        wanted = [
            WantedSensor(slot, placed(Family.WITMOTION, one.name, place))
            for slot, (one, place) in enumerate(zip(worn, places, strict=True))
        ]
        journal, out = tmp_path / "a.journal", tmp_path / "a.parquet"
        facts = JournalFacts(origin=Origin.SIMULATED, source="scripted")
        source = RadioSource(
            *(loop, Scanner(outside), outside, wanted),
            lambda: create_journal(journal, facts),
            lambda: fold_journal(journal, out).recording,
            session=7,
        )
        assert [slot.rate_hz for slot in source.slots.values()] == [RATE_HZ, RATE_HZ]
        streaming = loop.create_task(send(worn))
        shown = {0: 0, 1: 0}
        for _ in range(300):
            source.wait(0.04)
            for block in source.receive(0.0):
                shown[block.slot] += len(block.time_s)
                assert block.acc_mps2[:, 2] == pytest.approx(9.81, abs=0.01)
        recording = source.finish()
        streaming.cancel()
        loop.run_until_complete(asyncio.wait({streaming}))
    assert [(s.info.side, s.info.placement, s.info.serial) for s in recording.streams] == [
        (Side.RIGHT, Placement.SHANK, "WT-SHANK"),
        (Side.RIGHT, Placement.FOOT, "WT-FOOT"),
    ]
    for slot, stream in enumerate(recording.streams):
        assert len(stream.raw) >= shown[slot] > 8 * RATE_HZ
        assert np.all(np.diff(stream.raw[:, 0]) == 1)  # each frame once, in order
        assert recording.notes[f"sensor {stream.info.serial}: timing estimated"]


@pytest.mark.parametrize(
    ("family", "wanted_hz", "had_hz"),
    [
        (Family.MOVELLA_DOT, 100.0, 60.0),
        (Family.WITMOTION, 100.0, 100.0),
        (Family.METAMOTION, 120.0, 100.0),
        (Family.METAMOTION, 10.0, 25.0),
        (Family.OPEN_SENSOR, 100.0, 100.0),
    ],
)
def test_each_family_measures_at_a_rate_that_it_has(
    family: Family, wanted_hz: float, had_hz: float
) -> None:
    driver = drive(placed(family, "ABC", PlacementCode.FOOT), 1, wanted_hz)
    assert driver.rate_hz == had_hz
    assert (driver.link is not None) == (family is Family.OPEN_SENSOR)
