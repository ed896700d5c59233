"""FHIR R4B (4.3.0); for these resources the same as R4 (4.0.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sensor_screen.report.fhir.resources import bundle, sensor_names, start

if TYPE_CHECKING:
    from sensor_screen.report.fhir.content import Screen


def to_r4b(screen: Screen) -> dict[str, Any]:
    """The bundle."""
    software = start(screen, "Device", "software")
    software |= {
        "deviceName": [{"name": "sensor-screen", "type": "model-name"}],
        "type": {"text": "software"},
        "version": [
            {"type": {"text": "software"}, "value": screen.software},
            {"type": {"text": "rule book"}, "value": screen.rulebook},
        ],
    }
    sensors = [
        {
            **start(screen, "Device", name),
            "deviceName": [{"name": display, "type": "user-friendly-name"}],
            "type": {"text": "inertial sensor"},
        }
        for name, display in sensor_names(screen)
    ]
    return bundle(screen, [software, *sensors], "reference")
