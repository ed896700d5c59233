"""How a sensor of each family is driven: its protocol, and the rate that it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensor_screen.ble.open_sensor_logic import OpenSensorLogic
from sensor_screen.ble.vendor_logic import MetaLogic, dot_logic, wit_logic
from sensor_screen.protocol.metamotion import METAMOTION, MetaSettings
from sensor_screen.protocol.movella_dot import MOVELLA_DOT
from sensor_screen.protocol.open_sensor_link import OpenSensorLink
from sensor_screen.protocol.open_sensor_link_words import LinkPlan
from sensor_screen.protocol.relay_frame import Family, SlotDescription
from sensor_screen.protocol.witmotion import WITMOTION

if TYPE_CHECKING:
    from sensor_screen.ble.door import LinkLogic

_RATES_HZ = {
    Family.MOVELLA_DOT: MOVELLA_DOT.live_rates_hz,
    Family.METAMOTION: METAMOTION.live_rates_hz,
    Family.WITMOTION: WITMOTION.live_rates_hz,
}


@dataclass(frozen=True, slots=True)
class SensorDriver:
    """One sensor's protocol, ready for the radio."""

    logic: LinkLogic
    rate_hz: float
    """That it is asked for."""
    link: OpenSensorLink | None = None
    """Of an open sensor: it keeps samples until it is told that they are safe. Others keep none."""


def drive(sensor: SlotDescription, session: int, rate_hz: float) -> SensorDriver:
    """The driver of a sensor.

    Args:
        sensor: Its family and serial.
        session: Random, not 0; of open sensors.
        rate_hz: Wanted; another maker's sensor measures at its fastest rate that is not faster, or
            at its slowest.
    """
    if sensor.family is Family.OPEN_SENSOR:
        link = OpenSensorLink(LinkPlan(session, rate_hz, serial=sensor.serial))
        return SensorDriver(OpenSensorLogic(link, sensor.serial), rate_hz, link)
    rates_hz = _RATES_HZ[sensor.family]
    had_hz = max((one for one in rates_hz if one <= rate_hz), default=min(rates_hz))
    logic: LinkLogic
    if sensor.family is Family.MOVELLA_DOT:
        logic = dot_logic(sensor.serial, round(had_hz))
    elif sensor.family is Family.WITMOTION:
        logic = wit_logic(sensor.serial, had_hz)
    else:
        logic = MetaLogic(sensor.serial, MetaSettings(rate_hz=had_hz))
    return SensorDriver(logic, had_hz)
