"""The reference firmware is importable from a checkout, as it is from a wheel (`test_wheel.py`)."""

from __future__ import annotations

from pathlib import Path

from sensor_screen.firmware import packet, sensor

ROOT = Path(__file__).parents[1]


def test_the_firmware_is_the_one_of_the_protocol_folder() -> None:
    folder = ROOT / "firmware_protocol/micropython/open_sensor"
    assert Path(sensor.__file__) == folder / "sensor.py"
    assert packet.samples_per_packet(247) == 19
