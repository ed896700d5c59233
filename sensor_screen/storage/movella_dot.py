"""One sensor's samples from the CSV export of a Movella DOT (formerly Xsens DOT).

    sep=,
    DeviceTag:,shank,,,
    FirmwareVersion:,2.4.0,,,
    StartTime:,2026-11-27 10:15:00.000 +0100,,,

    PacketCounter,SampleTimeFine,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z

`SampleTimeFine` counts microseconds in 32 bits and starts again after 71 minutes; acceleration is
in m/s2 with gravity in it, angular velocity in deg/s ("Movella DOT BLE Services Specifications",
as programs that speak it cite it). The format says so and the file does not, so a file that does
not say that it comes from a DOT is refused.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import RecordingError
from sensor_screen.model import GyroSampling, Placement, SensorInfo, Side
from sensor_screen.storage.csv_table import read_text
from sensor_screen.storage.imported_sensor import (
    OR_CSV,
    ImportedSensor,
    Preamble,
    make_sensor,
    refuse_missing,
    sequence_numbers,
    split_preamble,
    unwrap,
)
from sensor_screen.units import RADIANS_PER_DEGREE

if TYPE_CHECKING:
    from sensor_screen.storage.given_file import FileSource

CLOCK_ROUND = 2.0**32
CHANNELS = tuple(f"{quantity}_{axis}" for quantity in ("acc", "gyr") for axis in "xyz")
_INCREMENTS = "increments (dq, dv), not acceleration and rate of turn"
_INSTEAD = {
    "dv[1]": _INCREMENTS,
    "dq_w": _INCREMENTS,
    "freeacc_x": "acceleration without gravity (FreeAcc), not Acc and Gyr",
    "quat_w": "orientations (Quat), not raw samples",
    "euler_x": "orientations (Euler), not raw samples",
}
_REMEDY = "measure in the mode 'Rate quantities' or 'Custom mode 5', or export Acc and Gyr"


def read_movella_dot(
    path: FileSource,
    *,
    side: Side,
    placement: Placement,
    gyro_sampling: GyroSampling = GyroSampling.INSTANT,
) -> ImportedSensor:
    """Read the samples of one sensor.

    Raises:
        RecordingError: It is no export of a DOT, holds other quantities, or is damaged.
    """
    preamble, table = split_preamble(path, read_text(path), _is_header, _read_line)
    if not preamble.value("devicetag", "firmwareversion"):
        raise RecordingError(
            str(path),
            "nothing in it says that it comes from a Movella DOT, and so what its units are",
            f"export it again with its header, or {OR_CSV}",
        )
    needed = ("packetcounter", "sampletimefine", *CHANNELS)
    refuse_missing(table, needed, _INSTEAD, _REMEDY)
    values = table.numbers(needed)
    samples = np.stack([values[name] for name in CHANNELS], axis=1)
    samples[:, 3:] *= RADIANS_PER_DEGREE
    return make_sensor(
        path,
        SensorInfo(
            side,
            placement,
            serial=preamble.value("devicetag"),
            model="Movella DOT",
            gyro_sampling=gyro_sampling,
        ),
        unwrap(values["sampletimefine"], CLOCK_ROUND) * 1e-6,
        samples,
        make="a Movella DOT",
        sequence=sequence_numbers(table, "packetcounter", values["packetcounter"]),
        ignored=tuple(name for name in table.header if name and name not in needed),
        notes=preamble.notes(
            "firmwareversion", "appversion", "syncstatus", "outputrate", "filterprofile"
        ),
        recorded_on=_day(preamble),
    )


def _is_header(line: str) -> bool:
    return re.match(r'\s*"?packetcounter"?\s*[,;\t]', line, re.IGNORECASE) is not None


def _read_line(line: str) -> tuple[str, str]:
    """Name and value of `DeviceTag:,shank,,,`; the separator is the first that follows the name."""
    match = re.match(r'"?([A-Za-z ]+):"?\s*[,;\t]\s*(.*)', line)
    if match is None:
        return "", ""
    return match[1], re.sub(r"[,;\t]+$", "", match[2]).strip('"')


def _day(preamble: Preamble) -> str:
    """The day of the start, on the clock of the place where it was recorded."""
    day = preamble.value("starttime")[:10]
    try:
        return date.fromisoformat(day).isoformat() if re.match(r"\d{4}-", day) else ""
    except ValueError:
        return ""
