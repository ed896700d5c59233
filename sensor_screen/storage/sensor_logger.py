"""The samples of a phone from the folder or zip of the app Sensor Logger.

    Metadata.csv            device name, platform (android, ios), standardisation (true, false)
    Gyroscope.csv           time, seconds_elapsed, z, y, x    rad/s
    TotalAcceleration.csv   the same, m/s2 with gravity
    Accelerometer.csv       the same, m/s2 without gravity
    Gravity.csv             the same, m/s2

Acceleration without gravity and gravity are summed. On an iPhone both point the other way than
specific force, unless "Standardise Units & Frames" was on; the app's own documents say so
(github.com/tszheichoi/awesome-sensor-logger, UNITS, COORDINATES, CROSSPLATFORM), and without
Metadata.csv nobody does, so the file is refused.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sensor_screen.errors import RecordingError
from sensor_screen.model import GyroSampling, Placement, SensorInfo, Side
from sensor_screen.storage.csv_table import parse_csv
from sensor_screen.storage.imported_sensor import (
    ImportedSensor,
    make_sensor,
    printable,
    refuse_missing,
)
from sensor_screen.storage.phone_files import PhoneFiles

if TYPE_CHECKING:
    from sensor_screen.model import Floats
    from sensor_screen.storage.given_file import FileSource

SAME_TIME_S = 1e-6
"""Times that differ by less are one: the app writes microseconds."""
LONGEST_STEP = 2.5
"""Acceleration is read between two of its samples that are at most so many usual steps apart."""
_TOTAL, _USER, _GRAVITY, _GYRO = "TotalAcceleration", "Accelerometer", "Gravity", "Gyroscope"
_REMEDY = "record again with Accelerometer, Gravity and Gyroscope on, and export all as CSV"


class _Vectors(NamedTuple):
    """One file: (n,) seconds since the start, (n, 3) x, y, z."""

    time_s: Floats
    xyz: Floats


def read_sensor_logger(
    path: FileSource,
    *,
    side: Side,
    placement: Placement,
    gyro_sampling: GyroSampling = GyroSampling.INSTANT,
) -> ImportedSensor:
    """Read the samples of one phone.

    Args:
        path: The folder, or the zip as exported.
        side: The leg.
        placement: The segment.
        gyro_sampling: What a gyroscope sample means.

    Raises:
        RecordingError: A file is missing or damaged, or nothing says how the axes point.
    """
    with PhoneFiles(path) as files:
        details = _read_details(path, files)
        sign = _sign(path, details)
        gyro = _read(files, _GYRO)
        acceleration, origin = _read_acceleration(path, files, standard=sign > 0)
    notes = {"acceleration": origin}
    if not _same_times(gyro.time_s, acceleration.time_s):
        notes["times"] = "acceleration is read between its samples at the times of the gyroscope"
    samples = np.hstack([sign * _read_at(gyro.time_s, acceleration), gyro.xyz])
    kept = ("platform", "appversion", "standardisation", "recording time", "recording timezone")
    return make_sensor(
        path,
        SensorInfo(
            side,
            placement,
            serial=details.get("device id", ""),
            model=details.get("device name", ""),
            gyro_sampling=gyro_sampling,
        ),
        gyro.time_s,
        samples,
        make="Sensor Logger",
        notes=notes | {name: details[name] for name in kept if details.get(name)},
    )


def _read_details(path: FileSource, files: PhoneFiles) -> dict[str, str]:
    """The one row of Metadata.csv."""
    content = files.read("Metadata")
    if content is None:
        raise RecordingError(
            str(path),
            "it has no Metadata.csv, and nothing else says which way acceleration points",
            "give the whole folder or zip, as the app exports it",
        )
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig", "replace"))))
    except csv.Error as error:
        raise RecordingError(str(path / "Metadata.csv"), "it is no table", _REMEDY) from error
    if len(rows) < 2:
        raise RecordingError(str(path / "Metadata.csv"), "it has no row of values", _REMEDY)
    return {
        name.strip().lower(): printable(value)
        for name, value in zip(rows[0], rows[1], strict=False)
    }


def _sign(path: FileSource, details: dict[str, str]) -> float:
    """1 where acceleration points as specific force does, -1 where it is turned round."""
    platform = details.get("platform", "").lower()
    standardised = details.get("standardisation", "").lower()
    if platform == "android" or (platform == "ios" and standardised == "true"):
        return 1.0
    if platform == "ios" and standardised == "false":
        return -1.0
    raise RecordingError(
        str(path / "Metadata.csv"),
        f"platform {platform!r:.40} and standardisation {standardised!r:.40} do not say which way "
        "acceleration points",
        "record with Sensor Logger 1.29 or newer on Android or iOS",
    )


def _read_acceleration(
    path: FileSource, files: PhoneFiles, *, standard: bool
) -> tuple[_Vectors, str]:
    """Acceleration with gravity, and where it is from.

    Which way TotalAcceleration points on an iPhone that is not standardised is written nowhere.
    """
    if standard and files.has(_TOTAL):
        return _read(files, _TOTAL), "TotalAcceleration"
    if files.has(_USER) and files.has(_GRAVITY):
        user, gravity = _read(files, _USER), _read(files, _GRAVITY)
        return _Vectors(user.time_s, user.xyz + _read_at(user.time_s, gravity)), (
            "sum of Accelerometer and Gravity"
        )
    if files.has(_USER):
        problem = "its Accelerometer.csv is without gravity, and there is no Gravity.csv to add"
    elif files.has(_TOTAL):
        problem = "its TotalAcceleration.csv does not say which way it points on an iPhone"
    else:
        problem = f"it has no acceleration among {files.names()}"
    raise RecordingError(str(path), problem, _REMEDY)


def _read(files: PhoneFiles, name: str) -> _Vectors:
    content = files.read(name)
    path = files.path / f"{name}.csv"
    if content is None:
        raise RecordingError(str(files.path), f"it has no {name}.csv", _REMEDY)
    table = parse_csv(path, content)
    refuse_missing(table, ("seconds_elapsed", "x", "y", "z"), {}, "export all again as CSV")
    values = table.numbers(["seconds_elapsed", "x", "y", "z"])
    return _Vectors(values["seconds_elapsed"], np.stack([values[axis] for axis in "xyz"], axis=1))


def _same_times(first: Floats, second: Floats) -> bool:
    return len(first) == len(second) and bool((np.abs(first - second) < SAME_TIME_S).all())


def _read_at(time_s: Floats, vectors: _Vectors) -> Floats:
    """(n, 3) the vectors at other times; nan before, after, and where samples are far apart."""
    if _same_times(time_s, vectors.time_s):
        return vectors.xyz
    finite = np.isfinite(vectors.time_s) & np.isfinite(vectors.xyz).all(axis=1)
    known_s, first = np.unique(vectors.time_s[finite], return_index=True)
    if len(known_s) < 2:
        return np.full((len(time_s), 3), np.nan)
    xyz = vectors.xyz[finite][first]
    steps_s = np.diff(known_s)
    after = np.clip(np.searchsorted(known_s, time_s), 1, len(known_s) - 1)
    near = steps_s[after - 1] <= LONGEST_STEP * np.median(steps_s)
    read = np.stack(
        [np.interp(time_s, known_s, axis, left=np.nan, right=np.nan) for axis in xyz.T], axis=1
    )
    # A sample at just this time stands for itself, however far the next one is.
    exact = np.isin(time_s, known_s)
    read[~(near | exact)] = np.nan
    return read
