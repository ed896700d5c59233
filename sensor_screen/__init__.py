"""Ankle movement screening with two small inertial sensors. It screens, it never diagnoses.

`read_recording` opens a file made by `sensor-screen import` or `simulate`. What can go wrong is in
`sensor_screen.errors`, the nouns are in `sensor_screen.model`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sensor_screen.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from sensor_screen.model import Recording

__all__ = ["__version__", "read_recording"]


def read_recording(path: Path | str) -> Recording:
    """Open a recording file.

    Raises:
        sensor_screen.errors.RecordingError: The file is missing, damaged or of another kind.
    """
    from sensor_screen import wiring

    return wiring.open_recording(path)
