"""Sensors that do not exist, over real GATT: needs the extra `virtual`.

`async with virtual_sensors("healthy") as virtual:` brings a person's sensors to life;
`virtual.scanner_backend` and `virtual.client_backend` are what bleak wants as `backend=`.
"""

from __future__ import annotations

from sensor_screen.ble.virtual.air import AirParams
from sensor_screen.ble.virtual.sensor_params import SensorParams, worn_sensors
from sensor_screen.ble.virtual.virtual_sensors import (
    VirtualSensors,
    Wearer,
    dress,
    virtual_sensors,
)

__all__ = [
    "AirParams",
    "SensorParams",
    "VirtualSensors",
    "Wearer",
    "dress",
    "virtual_sensors",
    "worn_sensors",
]
