"""One sensor's samples from the text export of Xsens MT Manager (MTw, MTi).

    // Update Rate: 100.0Hz
    //  DeviceId: 00B42D4F
    // Coordinate system: ENU
    PacketCounter  SampleTimeFine  Acc_X  Acc_Y  Acc_Z  Gyr_X  Gyr_Y  Gyr_Z

Tab or comma. Acceleration is in m/s2 with gravity in it. `SampleTimeFine` counts tenths of a
millisecond in 32 bits; where it is empty, as with the MTw, time is the packet counter (16 bits)
over the update rate. The export does not say the unit of the gyroscope unless someone wrote it
there, so it is asked for.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import RecordingError
from sensor_screen.model import GyroSampling, Placement, SensorInfo, Side
from sensor_screen.storage.csv_table import CsvTable, read_text
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
from sensor_screen.units import SUFFIX_TO_SI

if TYPE_CHECKING:
    from sensor_screen.model import Floats
    from sensor_screen.storage.given_file import FileSource

TICK_S = 1e-4
CLOCK_ROUND = 2.0**32
COUNTER_ROUND = 2.0**16
GYRO_UNITS = {"rad/s": "radps", "deg/s": "degps", "°/s": "degps", "degrees/s": "degps"}
CHANNELS = tuple(f"{quantity}_{axis}" for quantity in ("acc", "gyr") for axis in "xyz")
_INSTEAD = {
    "velinc_x": "increments (VelInc, OriInc), not acceleration and rate of turn",
    "freeacc_x": "acceleration without gravity (FreeAcc), not Acc and Gyr",
    "quat_q0": "orientations (Quat), not raw samples",
    "mat[1][1]": "orientations (Mat), not raw samples",
    "roll": "orientations (Roll, Pitch, Yaw), not raw samples",
}
_REMEDY = "export it again with the columns Acc_X .. Acc_Z and Gyr_X .. Gyr_Z"


def read_xsens_text(
    path: FileSource,
    *,
    side: Side,
    placement: Placement,
    gyro_sampling: GyroSampling = GyroSampling.INSTANT,
    gyro_unit: str = "",
) -> ImportedSensor:
    """Read the samples of one sensor.

    Args:
        path: The `.txt` of one sensor.
        side: The leg.
        placement: The segment.
        gyro_sampling: What a gyroscope sample means.
        gyro_unit: `radps` or `degps`, the user's word where the file does not say.

    Raises:
        RecordingError: The unit or the time is nowhere said, other quantities are held, or the
            file is damaged.
    """
    preamble, table = split_preamble(path, read_text(path), _is_header, _read_line)
    if not preamble.text.lstrip().startswith("//"):
        raise RecordingError(
            str(path),
            "it does not begin with the lines (//) of MT Manager",
            f"export it again with its header, or {OR_CSV}",
        )
    table, units = _take_units(table)
    refuse_missing(table, CHANNELS, _INSTEAD, _REMEDY)
    factor = SUFFIX_TO_SI[_gyro_unit(path, preamble, units, gyro_unit)][1]
    counter = "packetcounter" if "packetcounter" in table.header else "counter"
    times = [name for name in (counter, "sampletimefine") if name in table.header]
    values = table.numbers([*CHANNELS, *times])
    samples = np.stack([values[name] for name in CHANNELS], axis=1)
    samples[:, 3:] *= factor
    numbers = values.get(counter)
    used = {*CHANNELS, *times}
    return make_sensor(
        path,
        SensorInfo(
            side,
            placement,
            serial=preamble.value("deviceid", "device id"),
            model=preamble.value("productcode", "product code") or "Xsens",
            gyro_sampling=gyro_sampling,
        ),
        _time_s(path, preamble, values.get("sampletimefine"), numbers),
        samples,
        make="an Xsens export",
        sequence=None if numbers is None else sequence_numbers(table, counter, numbers),
        ignored=tuple(name for name in table.header if name and name not in used),
        notes=preamble.notes("firmware version", "filter profile", "update rate", "option flags"),
    )


def _is_header(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("//")


def _read_line(line: str) -> tuple[str, str]:
    name, colon, value = line.lstrip("/ ").partition(":")
    return (name, value) if colon else ("", "")


def _take_units(table: CsvTable) -> tuple[CsvTable, set[str]]:
    """Column names without units in brackets, and the units of the gyroscope that stood there."""
    units: set[str] = set()
    names = []
    for name in table.header:
        match = re.fullmatch(r"(acc|gyr)(_[xyz])\s*[(\[](.*)[)\]]", name)
        if match and match[1] == "gyr":
            units.add(match[3])
        # Acceleration in another unit keeps its name, and so is refused.
        known = match is not None and (match[1] == "gyr" or match[3] in ("m/s2", "m/s^2", "m/s²"))
        names.append(match[1] + match[2] if match and known else name)
    return replace(table, header=tuple(names)), units


def _gyro_unit(path: FileSource, preamble: Preamble, units: set[str], given: str) -> str:
    """`radps` or `degps`, of the header, of the columns or of the user, where all agree."""
    for line in preamble.text.lower().splitlines():
        if re.search(r"gyr|rate of turn|angular", line):
            units |= {u for u in GYRO_UNITS if re.search(rf"(?<![a-zµ]){re.escape(u)}", line)}
    said = {GYRO_UNITS.get(unit, unit) for unit in units}
    if given:
        said.add(given)
    if len(said) == 1 and said <= set(GYRO_UNITS.values()):
        return said.pop()
    if said:
        raise RecordingError(
            str(path), f"its gyroscope is said to be in {' and '.join(sorted(said))}", _UNIT_REMEDY
        )
    raise RecordingError(str(path), "it does not say the unit of its gyroscope", _UNIT_REMEDY)


_UNIT_REMEDY = (
    "say which unit was set when it was exported, radps or degps: --gyro-unit, or gyro_unit of an "
    "upload"
)


def _time_s(
    path: FileSource, preamble: Preamble, fine: Floats | None, counter: Floats | None
) -> Floats:
    if fine is not None and np.isfinite(fine).any():
        return unwrap(fine, CLOCK_ROUND) * TICK_S
    rate = preamble.value("update rate", "sample rate", "sampling rate")
    match = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*hz", rate.lower())
    rate_hz = float(match[1].replace(",", ".")) if match else 0.0
    if counter is None or rate_hz <= 0.0:
        raise RecordingError(
            str(path),
            "it has no SampleTimeFine, and no PacketCounter with an update rate, to tell the time",
            "export it again with SampleTimeFine, or with the line `// Update Rate: 100.0Hz`",
        )
    return unwrap(counter, COUNTER_ROUND) / rate_hz
