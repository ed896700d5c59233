"""Sensors on the scripted radio, with a simple protocol: enable, start, stream, stop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sensor_screen.ble.characteristics import CHARACTERISTICS, OPEN_SENSOR_SERVICE
from sensor_screen.ble.introduction import WantedSensor
from sensor_screen.ble.scanner import Scanner
from sensor_screen.ble.sensor_task import SensorTask, SensorTaskParams
from sensor_screen.ble.troubles import Trouble
from sensor_screen.ble.vendor_logic import VendorLogic
from sensor_screen.protocol.open_sensor_info import (
    AccRange,
    Capability,
    GyrRange,
    OpenSensorInfo,
    PlacementCode,
    SideCode,
)
from sensor_screen.protocol.open_sensor_info_bytes import encode_info
from sensor_screen.protocol.relay_frame import Channel, Family, RelayArrival, SlotDescription
from sensor_screen.protocol.vendors import Step, StepAction
from tests.ble.scripted_radio import ScriptedRadio, ScriptedSensor

if TYPE_CHECKING:
    from sensor_screen.ble.outside import Outside
    from sensor_screen.ble.states import SensorStatus

LIVE, CONTROL = CHARACTERISTICS[Channel.LIVE], CHARACTERISTICS[Channel.CONTROL]
INFO, STATUS = CHARACTERISTICS[Channel.INFO], CHARACTERISTICS[Channel.STATUS]
TABLE = {
    OPEN_SENSOR_SERVICE: tuple(
        CHARACTERISTICS[Channel(number)] for number in range(Channel.CONTROL, Channel.STATUS + 1)
    )
}
INFORMATION = OpenSensorInfo(
    *(1, 0, 7, "SS-0042", "Ref-1", "1.0.0", (104_000,)),
    *((AccRange(16, 0.0005),), (GyrRange(2000, 0.07),), 18_000, Capability(0)),
)
START = (
    *(Step(StepAction.SUBSCRIBE, uuid) for uuid in (CONTROL, STATUS, LIVE)),
    Step(StepAction.WRITE, CONTROL, b"start"),
)
STOP = (Step(StepAction.WRITE, CONTROL, b"stop"),)


def open_sensor(serial: str = "SS-0042", address: str = "D0:00:00:00:00:01") -> ScriptedSensor:
    """It advertises `SS-` and the last four characters of its serial."""
    info = encode_info(replace(INFORMATION, serial=serial))
    return ScriptedSensor(address, f"SS-{serial[-4:]}", TABLE, {INFO: info})


def wanted(serial: str = "SS-0042", slot: int = 0) -> WantedSensor:
    description = SlotDescription(Family.OPEN_SENSOR, SideCode.LEFT, PlacementCode.FOOT, serial)
    return WantedSensor(slot, description)


@dataclass
class Scene:
    """Everything that a test looks at afterwards."""

    radio: ScriptedRadio
    outside: Outside
    scanner: Scanner
    records: list[RelayArrival] = field(default_factory=list)
    told: list[SensorStatus] = field(default_factory=list)
    sent: int = 0

    @classmethod
    def of(cls, *sensors: ScriptedSensor, chance: float = 0.0) -> Scene:
        radio = ScriptedRadio(list(sensors))
        outside = radio.outside(chance)
        return cls(radio, outside, Scanner(outside))

    def task(
        self, who: WantedSensor | None = None, params: SensorTaskParams | None = None
    ) -> SensorTask:
        chosen = who or wanted()
        logic = VendorLogic(chosen.serial, START, STOP)
        sink, told = self.records.append, self.told.append
        known = params or SensorTaskParams()
        return SensorTask(chosen, logic, self.scanner, self.outside, sink, told, known)

    async def stream(self, *sensors: ScriptedSensor) -> None:
        """Ten numbered notifications a second of each sensor, measured or not."""
        while True:
            await asyncio.sleep(0.1)
            self.sent += 1
            for sensor in sensors or self.radio.sensors:
                sensor.notify(LIVE, self.sent.to_bytes(4, "little"))

    @property
    def states(self) -> list[str]:
        """Each state once where it lasted."""
        named = [status.state.value for status in self.told]
        return [name for i, name in enumerate(named) if i == 0 or named[i - 1] != name]


async def run_for(scene: Scene, seconds: float, *tasks: SensorTask) -> None:
    """Let sensors stream for a while, then stop them and wait until all have ended."""
    streaming = asyncio.create_task(scene.stream())
    running = [asyncio.create_task(task.run()) for task in tasks]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.stop()
    await asyncio.gather(*running)
    streaming.cancel()
    await asyncio.wait({streaming})
    # Rules of the radio that were broken look like failures of it, which are tried again.
    assert not [s for s in scene.told if getattr(s.trouble, "fault", "") == Trouble.UNKNOWN]
