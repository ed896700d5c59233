"""The one place that chooses implementations: what is behind each port of the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from sensor_screen.model import Recording


def open_recording(path: Path | str) -> Recording:
    """A stored recording; today always a Parquet file."""
    from sensor_screen.storage.recording_file import read_recording

    return read_recording(path)


def save_recording(recording: Recording, path: Path | str) -> None:
    """Store a recording; an older file of that name is replaced in one step."""
    from sensor_screen.storage.recording_file import write_recording

    write_recording(recording, path)
