"""Sensors that do not exist, over real GATT: needs the extra `virtual`.

`async with virtual_sensors("healthy") as virtual:` brings a person's sensors to life;
`virtual.scanner_backend` and `virtual.client_backend` are what bleak wants as `backend=`.
"""

from __future__ import annotations

from sensor_screen.errors import UsageError

try:
    import bleak  # noqa: F401 - only whether it is there
    import bumble  # noqa: F401
except ImportError as error:
    raise UsageError(
        "Virtual sensors",
        "the libraries that they are made of are not installed",
        "run: pip install 'sensor-screen[virtual]'",
    ) from error

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
