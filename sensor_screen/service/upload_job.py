"""Files of an upload become one recording; in a process of its own, within bounds.

What a stranger sends is read nowhere else: a file that would hang or bloat ends that process.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensor_screen.service.uploads import UploadFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.model import Recording
    from sensor_screen.service.uploads import ReadUpload, Upload

MEMORY_BYTES = 3 * 2**30
"""That reading may take beyond what the process has: the largest uploads need one."""
PLACES = ("left_shank", "left_foot", "right_shank", "right_foot")


@dataclass(frozen=True, slots=True)
class SavedUpload:
    """Files in a folder, and what is said of them."""

    folder: str
    names: tuple[str, ...]
    """Of the files: `file`, places of sensors, `tasks`."""
    format: UploadFormat
    recorded_on: str = ""
    gyro_unit: str = ""
    gyro_sampling: str = "instant"
    shared_clock: bool = False


def read_saved(saved: SavedUpload) -> tuple[bytes, dict[str, Any]]:
    """Read an upload.

    Returns:
        The recording file, and what is told of it without opening it.

    Raises:
        UsageError: Files are missing, or are not of this format.
        TooLargeError: There is more than is read.
        RecordingError: A file is damaged, hostile or of another kind.
    """
    with bounded_memory(MEMORY_BYTES):
        read = _read(saved)
    facts = facts_of(read.recording, len(read.content))
    return read.content, facts | {"recorded_on": read.recording.recorded_on}


def facts_of(recording: Recording, size_bytes: int) -> dict[str, Any]:
    """Columns of a recording that are told without opening it."""
    spans = [
        float(s.device_time_s[-1] - s.device_time_s[0])
        for s in recording.streams
        if len(s.device_time_s)
    ]
    return {
        "bytes": size_bytes,
        "origin": recording.origin.value,
        "source": recording.source[:200],
        "sensors": len(recording.streams),
        "samples": sum(len(s.raw) for s in recording.streams),
        "duration_s": round(max(spans, default=0.0), 3),
    }


def _read(saved: SavedUpload) -> ReadUpload:
    """Each leg by itself, then both as one recording; labels come with the first."""
    from sensor_screen.service.uploads import ReadUpload, read_upload
    from sensor_screen.storage.recording_assembly import merge_recordings, refuse_contradictions
    from sensor_screen.storage.recording_file import encode_recording

    uploads = _uploads(saved)
    read = read_upload(uploads[0])
    for upload in uploads[1:]:
        recording = merge_recordings(read.recording, read_upload(upload).recording)
        refuse_contradictions(recording)
        read = ReadUpload(recording, encode_recording(recording))
    return read


def _uploads(saved: SavedUpload) -> list[Upload]:
    """What one reader reads at once: everything, or a leg."""
    from sensor_screen.model import GyroSampling, Side
    from sensor_screen.service.uploads import Upload

    given = {name: (Path(saved.folder) / name).read_bytes() for name in saved.names}
    sides = [side for side in (Side.LEFT, Side.RIGHT) if any(n.startswith(side) for n in given)]
    return [
        Upload(
            format=saved.format,
            file=given.get("file"),
            shank=given.get(f"{side}_shank"),
            foot=given.get(f"{side}_foot"),
            tasks=given.get("tasks") if number == 0 else None,
            side=side,
            shared_clock=saved.shared_clock,
            gyro_sampling=GyroSampling(saved.gyro_sampling),
            gyro_unit=saved.gyro_unit,
            recorded_on=saved.recorded_on,
        )
        for number, side in enumerate(sides or [None])
    ]


@contextmanager
def bounded_memory(more_bytes: int) -> Iterator[None]:
    """No more memory than so much beyond what is taken; where the system knows such a limit."""
    try:
        import resource
    except ImportError:  # Windows; the readers have bounds of their own
        yield
        return
    old = resource.getrlimit(resource.RLIMIT_AS)
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + more_bytes
        resource.setrlimit(resource.RLIMIT_AS, (most, old[1]))
    except (OSError, ValueError):
        yield  # no such file, or a lower limit is set already
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, old)
