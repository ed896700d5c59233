"""Files that somebody sends become a recording, within bounds of memory; no disk is touched.

`parquet` and `mcap` are whole recordings. The others are files of the sensors of one leg: `csv`,
`movella-dot`, `xsens`, and `sensor-logger` (the zip of a phone on the shank). What is kept is
always encoded anew, so that nothing else that stood in a file is kept with it. Files are called by
what they are (`shank.csv`), never by names that came with them: those are often names of people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from sensor_screen.errors import RecordingError, TooLargeError, UsageError
from sensor_screen.model import GyroSampling, Placement, Side
from sensor_screen.storage.given_file import GivenFile, ReadLimits
from sensor_screen.storage.imported_sensor import printable
from sensor_screen.storage.movella_dot import read_movella_dot
from sensor_screen.storage.recording_assembly import (
    import_whole,
    read_leg,
    refuse_contradictions,
)
from sensor_screen.storage.recording_file import encode_recording, read_recording
from sensor_screen.storage.sensor_csv import read_sensor_csv
from sensor_screen.storage.sensor_logger import read_sensor_logger
from sensor_screen.storage.xsens_text import read_xsens_text

if TYPE_CHECKING:
    from sensor_screen.model import Recording
    from sensor_screen.storage.recording_assembly import SensorReader


class UploadFormat(StrEnum):
    """What the files of an upload are, in the words of `sensor-screen import`."""

    PARQUET = "parquet"
    CSV = "csv"
    MOVELLA_DOT = "movella-dot"
    XSENS = "xsens"
    SENSOR_LOGGER = "sensor-logger"
    MCAP = "mcap"


WHOLE = (UploadFormat.PARQUET, UploadFormat.MCAP)
"""Formats that are a recording already, with sides, labels and clocks."""
ENDINGS = {
    UploadFormat.CSV: "csv",
    UploadFormat.MOVELLA_DOT: "csv",
    UploadFormat.XSENS: "txt",
    UploadFormat.SENSOR_LOGGER: "zip",
}
MAX_DATE = 40
"""Characters; a day has ten."""


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What one upload may be."""

    file_bytes: int = 256 << 20
    """Of all files together, as sent."""
    text_bytes: int = 192 << 20
    """Of one file, unpacked: two and a half hours of one sensor at 200 Hz, with 100 bytes a row.
    Such a text takes about three times its size in memory while it is read."""
    tasks_bytes: int = 1 << 20
    """Of the labels: about 40,000 of them."""
    rows: int = 3_000_000
    """Samples of all sensors: four at 200 Hz for an hour. A file of half a MB can hold that many
    equal ones, and each takes about 150 bytes of memory while it is read."""


@dataclass(frozen=True, slots=True)
class Upload:
    """The files of one upload, and what the sender says of them."""

    format: UploadFormat
    file: bytes | None = None
    """A whole recording (`parquet`, `mcap`)."""
    shank: bytes | None = None
    foot: bytes | None = None
    tasks: bytes | None = None
    """CSV: start_s, end_s, task."""
    side: Side | None = None
    """Of shank and foot; the sender's word."""
    shared_clock: bool = False
    """All sensors were timed by one clock."""
    gyro_sampling: GyroSampling = GyroSampling.INSTANT
    gyro_unit: str = ""
    """Of `xsens` where its file does not say: `radps` or `degps`."""
    recorded_on: str = ""
    """ISO date; empty: what the files say."""


@dataclass(frozen=True, slots=True)
class ReadUpload:
    """What became of an upload."""

    recording: Recording
    content: bytes
    """The recording as a file of ours, to be kept."""


LIMITS = UploadLimits()


def read_upload(upload: Upload, limits: UploadLimits = LIMITS) -> ReadUpload:
    """Make a recording of what was sent.

    Raises:
        TooLargeError: It is larger than is read.
        UsageError: Files or words are missing, or do not belong to this format.
        RecordingError: A file is foreign, damaged or hostile, or its units cannot be right.
    """
    _refuse_too_large(upload, limits)
    _refuse_other_parts(upload)
    within = ReadLimits(text_bytes=limits.text_bytes, rows=limits.rows)
    recording = _read(upload, within)
    if not any(len(stream.raw) for stream in recording.streams):
        raise RecordingError("the upload", "there is no sample in it", "send what was recorded")
    rows = sum(len(stream.raw) for stream in recording.streams)
    if rows > limits.rows:
        raise TooLargeError(
            "the upload", f"it has {rows} samples, more than {limits.rows}", "cut it into parts"
        )
    refuse_contradictions(recording)
    recording = _with_plain_texts(recording)
    return ReadUpload(recording, encode_recording(recording))


def _read(upload: Upload, within: ReadLimits) -> Recording:
    if upload.format is UploadFormat.PARQUET:
        whole = read_recording(GivenFile("recording.parquet", upload.file or b"", within))
        return import_whole(whole, upload.recorded_on)
    if upload.format is UploadFormat.MCAP:
        from sensor_screen.storage.mcap_recording import read_mcap

        whole = read_mcap(GivenFile("recording.mcap", upload.file or b"", within))
        return import_whole(whole, upload.recorded_on)
    ending = ENDINGS[upload.format]
    files = {
        placement: GivenFile(f"{placement}.{ending}", content, within)
        for placement, content in (
            (Placement.SHANK, upload.shank),
            (Placement.FOOT, upload.foot),
        )
        if content is not None
    }
    return read_leg(
        _reader(upload),
        files,
        None if upload.tasks is None else GivenFile("tasks.csv", upload.tasks, within),
        side=upload.side or Side.NONE,
        shared_clock=upload.shared_clock,
        recorded_on=upload.recorded_on,
    )


def _with_plain_texts(recording: Recording) -> Recording:
    """Without characters that no database keeps (NUL, half characters) or that write on screens."""
    streams = tuple(
        replace(
            stream,
            info=replace(
                stream.info,
                serial=printable(stream.info.serial),
                model=printable(stream.info.model),
            ),
        )
        for stream in recording.streams
    )
    notes = {printable(name): printable(note) for name, note in recording.notes.items()}
    return replace(recording, streams=streams, source=printable(recording.source), notes=notes)


def _reader(upload: Upload) -> SensorReader:
    sampling = upload.gyro_sampling
    if upload.format is UploadFormat.CSV:
        return partial(read_sensor_csv, gyro_sampling=sampling)
    if upload.format is UploadFormat.MOVELLA_DOT:
        return partial(read_movella_dot, gyro_sampling=sampling)
    if upload.format is UploadFormat.XSENS:
        return partial(read_xsens_text, gyro_sampling=sampling, gyro_unit=upload.gyro_unit)
    return read_sensor_logger


def _refuse_too_large(upload: Upload, limits: UploadLimits) -> None:
    sent = sum(len(part or b"") for part in (upload.file, upload.shank, upload.foot))
    for name, size, most in (
        ("the upload", sent, limits.file_bytes),
        ("tasks.csv", len(upload.tasks or b""), limits.tasks_bytes),
    ):
        if size > most:
            raise TooLargeError(
                name, f"it is larger than {most >> 20} MB", "send a shorter recording"
            )


def _refuse_other_parts(upload: Upload) -> None:
    """Say what is missing or has no meaning in this format: nothing sent is ignored silently."""
    whole = upload.format in WHOLE
    others: dict[str, object]
    if whole:
        others = {"shank": upload.shank, "foot": upload.foot, "tasks": upload.tasks}
        others |= {"side": upload.side, "shared_clock": upload.shared_clock or None}
    else:
        others = {"file": upload.file}
    if upload.format is UploadFormat.SENSOR_LOGGER:
        others |= {"foot": upload.foot, "shared_clock": upload.shared_clock or None}
    if upload.format is not UploadFormat.XSENS:
        others["gyro_unit"] = upload.gyro_unit or None
    wrong = [name for name, value in others.items() if value is not None]
    if wrong:
        raise UsageError(wrong[0], f"it does not belong to {upload.format}", "leave it out")
    if whole and upload.file is None:
        raise UsageError("file", "there is none", f"send the {upload.format} file as `file`")
    if not whole and upload.shank is None and upload.foot is None:
        raise UsageError("no sensor", "there is nothing to read", "send shank, foot or both")
    if not whole and upload.side not in (Side.LEFT, Side.RIGHT):
        raise UsageError("side", "it is not said which leg it was", "send side: left or right")
    if upload.gyro_unit not in ("", "radps", "degps"):
        raise UsageError("gyro_unit", f"{upload.gyro_unit!r:.20} is none", "send radps or degps")
    if len(upload.recorded_on) > MAX_DATE:
        raise UsageError("date", "it is not a date", "write it as 2026-11-27")
