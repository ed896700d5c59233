"""One sensor's samples from a CSV file, with the units that its header names.

    time_s,acc_x_mps2,acc_y_mps2,acc_z_mps2,gyr_x_radps,gyr_y_radps,gyr_z_radps

Other units are written as other endings (`_ms _us`, `_g _mg`, `_dps _degps`). Columns may come in
any order; further columns are ignored and named. What is not finite stays: cleaning counts it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import RecordingError
from sensor_screen.model import GyroSampling, Placement, SensorInfo, SensorStream, Side
from sensor_screen.storage.csv_table import CsvTable, open_csv
from sensor_screen.storage.imported_sensor import ImportedSensor
from sensor_screen.storage.unit_check import UnitFault, find_unit_fault
from sensor_screen.units import SUFFIX_TO_SI

if TYPE_CHECKING:
    from sensor_screen.storage.given_file import FileSource

QUANTITIES = {
    "time": "s",
    **{f"acc_{axis}": "mps2" for axis in "xyz"},
    **{f"gyr_{axis}": "radps" for axis in "xyz"},
}
"""Quantity -> ending of its SI unit, in the order of the samples."""

_COLUMNS = "time_s, acc_x_mps2 .. acc_z_mps2, gyr_x_radps .. gyr_z_radps"
_ENDINGS = "_s _ms _us, _mps2 _g _mg, _radps _dps _degps"


def read_sensor_csv(
    path: FileSource,
    *,
    side: Side,
    placement: Placement,
    gyro_sampling: GyroSampling = GyroSampling.INSTANT,
) -> ImportedSensor:
    """Read the samples of one sensor.

    Raises:
        RecordingError: The file cannot be read, a column is missing, or its unit cannot be right.
    """
    table = open_csv(path)
    columns = _find_columns(table)
    values = table.numbers([name for name, _ in columns.values()])
    time_s, *channels = (
        values[name] if factor == 1.0 else values[name] * factor
        for name, factor in columns.values()
    )
    with np.errstate(over="ignore"):  # beyond float32 is not finite, and counted as such
        raw = np.stack(channels, axis=1).astype(np.float32)
    stream = SensorStream(SensorInfo(side, placement, gyro_sampling=gyro_sampling), time_s, raw)
    if len(time_s) < 2:
        raise RecordingError(
            str(path),
            "it has one row, and one sample shows no movement",
            "export the whole recording, a row for every sample",
        )
    fault = find_unit_fault(stream.device_time_s, stream.acc_mps2, stream.gyr_radps)
    if fault is not None:
        raise RecordingError(str(path), *_explain(fault))
    used = {name for name, _ in columns.values()}
    return ImportedSensor(stream, tuple(name for name in table.header if name not in used))


def _find_columns(table: CsvTable) -> dict[str, tuple[str, float]]:
    """Quantity -> (column name, factor to SI), in the order of the samples."""
    found: dict[str, tuple[str, float]] = {}
    for name in table.header:
        match = re.fullmatch(r"(time|(?:acc|gyr)_[xyz])(?:_(\w+))?", name)
        if match is None:
            continue
        quantity, suffix = match[1], match[2] or ""
        unit, factor = SUFFIX_TO_SI.get(suffix, ("", 0.0))
        if unit != QUANTITIES[quantity]:
            raise RecordingError(
                str(table.path), f"column {name} has no known unit", f"use one of {_ENDINGS}"
            )
        if quantity in found:
            raise RecordingError(
                str(table.path), f"it has {quantity} twice", "leave one column of each"
            )
        found[quantity] = (name, factor)
    missing = [quantity for quantity in QUANTITIES if quantity not in found]
    if missing:
        raise RecordingError(
            str(table.path),
            f"it has no column {', '.join(missing)}",
            f"name the columns {_COLUMNS}, or with the endings {_ENDINGS}",
        )
    return {quantity: found[quantity] for quantity in QUANTITIES}


def _explain(fault: UnitFault) -> tuple[str, str]:
    """Problem and remedy of a wrong unit."""
    columns = {"time": "time", "acceleration": "acc_x, acc_y, acc_z", "gyro": "gyr_x, gyr_y, gyr_z"}
    problem = f"its {fault.quantity} says {fault.value}"
    if fault.suffix is None:
        return problem, f"check the sensor and the unit of {columns[fault.quantity]}"
    unit = {"g": "g", "mg": "mg", "mps2": "m/s2", "dps": "deg/s", "radps": "rad/s"}.get(
        fault.suffix, fault.suffix
    )
    ending = f"_{fault.suffix}"
    return f"{problem}, as if it were in {unit}", (
        f"if so, end the column names {columns[fault.quantity]} with {ending}"
    )
