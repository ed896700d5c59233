"""Files of an upload become one recording file; in a process of its own, within bounds.

What a stranger sends is read nowhere else: a file that would hang or bloat ends that process.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sensor_screen.model import Recording
    from sensor_screen.storage.recording_assembly import SensorReader

MEMORY_BYTES = 3 * 2**30
"""That reading may take beyond what the process has: seven hours of four sensors need two."""
PLACES = ("left_shank", "left_foot", "right_shank", "right_foot")


class Format(StrEnum):
    """What recordings come as."""

    PARQUET = "parquet"
    """The own one; kept as it came."""
    MCAP = "mcap"
    CSV = "csv"
    MOVELLA_DOT = "movella-dot"
    XSENS = "xsens"
    SENSOR_LOGGER = "sensor-logger"


WHOLE = (Format.PARQUET, Format.MCAP)
"""One file holds all sensors; of the others each sensor has its own."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Files in a folder of their own, and what is said of them."""

    folder: str
    format: Format
    files: dict[str, str]
    """`file`, or the places of sensors, and `tasks` -> file name in the folder."""
    recorded_on: str = ""
    gyro_unit: str = ""
    gyro_sampling: str = "instant"
    shared_clock: bool = False


def read_upload(upload: Upload) -> dict[str, Any]:
    """Read an upload and write `recording.parquet` beside it.

    Returns:
        What the row of a recording tells, and `recorded_on`.

    Raises:
        UsageError: Files are missing, or are not of this format.
        RecordingError: A file is damaged, hostile or of another kind.
    """
    from sensor_screen.storage.recording_file import read_recording

    out = Path(upload.folder) / "recording.parquet"
    _refuse_other_files(upload)
    with bounded_memory(MEMORY_BYTES), _names_hidden(upload):
        if upload.format is Format.PARQUET:
            given = Path(upload.folder) / upload.files["file"]
            recording = read_recording(given)
            given.rename(out)
        else:
            recording = _import(upload, out)
    return facts_of(recording, out.stat().st_size)


def facts_of(recording: Recording, size_bytes: int) -> dict[str, Any]:
    """What is told of a recording without opening it."""
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
        "recorded_on": recording.recorded_on,
    }


def _import(upload: Upload, out: Path) -> Recording:
    from sensor_screen.model import Side
    from sensor_screen.storage.mcap_recording import read_mcap
    from sensor_screen.storage.recording_assembly import import_leg, import_recording

    files = {place: Path(upload.folder) / name for place, name in upload.files.items()}
    if upload.format is Format.MCAP:
        return import_recording(read_mcap(files["file"]), out, recorded_on=upload.recorded_on)
    read, recording = _reader(upload), None
    for side in (Side.LEFT, Side.RIGHT):
        shank, foot = files.get(f"{side}_shank"), files.get(f"{side}_foot")
        if shank or foot:
            recording = import_leg(
                read,
                out,
                side=side,
                shank=shank,
                foot=foot,
                # Once: labels are of the whole recording.
                tasks=files.get("tasks") if recording is None else None,
                append=recording is not None,
                shared_clock=upload.shared_clock,
                recorded_on=upload.recorded_on,
            )
    if recording is None:
        raise RuntimeError("files were looked at before")
    return recording


def _reader(upload: Upload) -> SensorReader:
    from functools import partial

    from sensor_screen.model import GyroSampling
    from sensor_screen.storage.movella_dot import read_movella_dot
    from sensor_screen.storage.sensor_csv import read_sensor_csv
    from sensor_screen.storage.sensor_logger import read_sensor_logger
    from sensor_screen.storage.xsens_text import read_xsens_text

    sampling = GyroSampling(upload.gyro_sampling)
    if upload.format is Format.CSV:
        return partial(read_sensor_csv, gyro_sampling=sampling)
    if upload.format is Format.MOVELLA_DOT:
        return partial(read_movella_dot, gyro_sampling=sampling)
    if upload.format is Format.XSENS:
        return partial(read_xsens_text, gyro_sampling=sampling, gyro_unit=upload.gyro_unit)
    return read_sensor_logger


def _refuse_other_files(upload: Upload) -> None:
    from sensor_screen.errors import UsageError

    given = set(upload.files)
    if upload.format in WHOLE:
        if given != {"file"}:
            raise UsageError(
                f"format {upload.format}", "it is one file with all sensors", "send it as `file`"
            )
    elif not given & set(PLACES) or "file" in given:
        raise UsageError(
            f"format {upload.format}",
            "each sensor has its own file",
            f"send them as {', '.join(f'`{place}`' for place in PLACES)}",
        )


@contextmanager
def _names_hidden(upload: Upload) -> Iterator[None]:
    """Messages speak of the fields of the upload, never of a folder of the server."""
    from sensor_screen.errors import ScreenError

    try:
        yield
    except ScreenError as error:
        kind = type(error)
        value, problem, remedy = (
            _plain(text, upload.folder) for text in (error.value, error.problem, error.remedy)
        )
        raise kind(value, problem, remedy) from None


def _plain(text: str, folder: str) -> str:
    return text.replace(f"{folder}/", "").replace(json.dumps(folder)[1:-1], "the upload")


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
