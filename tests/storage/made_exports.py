"""Files as other makes and programs export them, written by hand around `rocking`."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.storage.recording_metadata import encode_header
from tests.storage.made import rocking

if TYPE_CHECKING:
    from pathlib import Path

    from sensor_screen.model import Floats, Recording

DOT_COLUMNS = "PacketCounter,SampleTimeFine,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z"
DOT_HEAD = """sep=,
DeviceTag:,left ankle 1,,,,,,
FirmwareVersion:,2.4.0,,,,,,
AppVersion:,v2023.6.1,,,,,,
SyncStatus:,Synced,,,,,,
OutputRate:,60Hz,,,,,,
FilterProfile:,General,,,,,,
Measurement Mode:,Rate quantities,,,,,,
StartTime:,2026-11-27 00:15:00.123 +0100,,,,,,
Movella Technologies B. V. 2005-2026,,,,,,,

"""
XSENS_HEAD = """// General information:
//  MT Manager version: 2022.2.0
// Device information:
//  DeviceId: 00B4AAAA
//  ProductCode: MTW2-3A7G6
//  Firmware Version: 4.6.0
// Device settings:
//  Filter Profile: human(46.1)
//  Update Rate: 50.0Hz
// Coordinate system: ENU
"""
XSENS_COLUMNS = DOT_COLUMNS.replace(",", "\t")
METADATA = (
    "version,device name,recording epoch time,recording time,recording timezone,platform,"
    "appVersion,device id,sensors,sampleRateMs,standardisation,platform version\n"
    "3,A phone,1795761000000,2026-11-27_06-30-00,Europe/Berlin,{platform},1.50,abc-1,"
    "Accelerometer|Gravity|Gyroscope,20,{standard},18\n"
)


def rows(table: Floats, separator: str = ",") -> str:
    """The lines of a table of numbers; nan is an empty cell."""
    cells = [["" if np.isnan(v) else f"{v:.10g}" for v in row] for row in table]
    return "\n".join(separator.join(row) for row in cells) + "\n"


def dot_table(first_us: float = 1e6) -> Floats:
    """(n, 8) of `rocking` as a DOT counts and measures, its clock starting at `first_us`."""
    samples = rocking()
    time_us = (first_us + np.round(samples[:, 0] * 1e6)) % 2**32
    counter = np.arange(1, len(samples) + 1)
    return np.column_stack([counter, time_us, samples[:, 1:4], np.degrees(samples[:, 4:])])


def write_dot(path: Path, table: Floats | None = None, columns: str = DOT_COLUMNS) -> Path:
    """An export of a Movella DOT."""
    table = dot_table() if table is None else table
    path.write_text(f"{DOT_HEAD}{columns}\n{rows(table)}", encoding="utf-8")
    return path


def xsens_table(first: int = 100) -> Floats:
    """(n, 8) of `rocking` as an MTw exports it: no time, a counter of 16 bits, rad/s."""
    samples = rocking()
    counter = (first + np.arange(len(samples))) % 2**16
    return np.column_stack([counter, np.full(len(samples), np.nan), samples[:, 1:]])


def write_xsens(
    path: Path,
    table: Floats | None = None,
    head: str = XSENS_HEAD,
    columns: str = XSENS_COLUMNS,
) -> Path:
    """A text export of MT Manager."""
    table = xsens_table() if table is None else table
    separator = "\t" if "\t" in columns else ","
    path.write_text(f"{head}{columns}\n{rows(table, separator)}", encoding="utf-8")
    return path


def phone_files(platform: str = "android", standard: str = "false") -> dict[str, str]:
    """Name -> text of the files of a phone that rocks, on one clock; of an iPhone without total."""
    samples = rocking()
    sign = -1.0 if platform == "ios" and standard == "false" else 1.0
    # User acceleration and gravity are any split of the whole.
    gravity = samples[:, 1:4] - 0.1
    parts = {
        "TotalAcceleration": samples[:, 1:4] * sign,
        "Accelerometer": np.full_like(gravity, 0.1) * sign,
        "Gravity": gravity * sign,
        "Gyroscope": samples[:, 4:],
    }
    if platform == "ios":
        del parts["TotalAcceleration"]
    files = {f"{name}.csv": vectors(samples[:, 0], xyz) for name, xyz in parts.items()}
    return files | {"Metadata.csv": METADATA.format(platform=platform, standard=standard)}


def vectors(time_s: Floats, xyz: Floats) -> str:
    """One file of the app: time in ns, seconds, then z, y, x."""
    lines = [
        f"{1795761000000000000 + round(t * 1e9)},{t:.6f},{z:.9f},{y:.9f},{x:.9f}"
        for t, (x, y, z) in zip(time_s, xyz, strict=True)
    ]
    return "\n".join(["time,seconds_elapsed,z,y,x", *lines, ""])


def write_phone(folder: Path, files: dict[str, str] | None = None) -> Path:
    """The folder of one recording."""
    folder.mkdir()
    for name, text in (phone_files() if files is None else files).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def samples_of(recording: Recording) -> dict[str, list[dict[str, object]]]:
    """Topic -> the messages that stand for the samples of a recording."""
    found = {}
    for stream in recording.streams:
        sequence = [None] * len(stream.raw) if stream.sequence is None else stream.sequence.tolist()
        found[f"/{stream.info.side}/{stream.info.placement}/imu"] = [
            {
                "device_time_s": t,
                "sequence": number,
                "acc": [None if math.isnan(value) else value for value in values[:3]],
                "gyr": [None if math.isnan(value) else value for value in values[3:]],
            }
            for t, number, values in zip(
                stream.device_time_s.tolist(), sequence, stream.raw.tolist(), strict=True
            )
        ]
    return found


def write_mcap(
    path: Path,
    recording: Recording,
    topics: dict[str, list[dict[str, object]]] | None = None,
    *,
    described: bool = True,
    encoding: str = "json",
) -> Path:
    """A recording as an MCAP file, or other messages under its description."""
    from mcap.writer import Writer

    with path.open("wb") as file:
        writer = Writer(file)
        writer.start(profile="", library="test")
        schema = writer.register_schema("any", "jsonschema", b'{"type": "object"}')
        for topic, messages in (samples_of(recording) if topics is None else topics).items():
            channel = writer.register_channel(topic, encoding, schema)
            for i, message in enumerate(messages):
                writer.add_message(channel, i, json.dumps(message).encode(), i, i)
        if described:
            writer.add_metadata("recording", {"json": encode_header(recording).decode()})
        writer.finish()
    return path
