"""FHIR R5 (5.0.0): a device has several types, and its names stand under `name`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sensor_screen.report.fhir.resources import bundle, sensor_names, start

if TYPE_CHECKING:
    from sensor_screen.report.fhir.content import Screen


def to_r5(screen: Screen) -> dict[str, Any]:
    """The bundle."""
    software = start(screen, "Device", "software")
    software |= {
        "name": [{"value": "sensor-screen", "type": "registered-name"}],
        "type": [{"text": "software"}],
        "version": [
            {"type": {"text": "software"}, "value": screen.software},
            {"type": {"text": "rule book"}, "value": screen.rulebook},
        ],
    }
    sensors = [
        {
            **start(screen, "Device", name),
            "name": [{"value": display, "type": "user-friendly-name"}],
            "type": [{"text": "inertial sensor"}],
        }
        for name, display in sensor_names(screen)
    ]
    return bundle(screen, [software, *sensors], "plannedActivityReference")
