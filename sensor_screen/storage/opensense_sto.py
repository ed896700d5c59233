"""Orientations of shank and foot from a table of OpenSim's OpenSense (`.sto`).

    DataRate=100
    DataType=Quaternion
    version=3
    OpenSimVersion=4.5
    endheader
    time<TAB>tibia_r_imu<TAB>calcn_r_imu
    0.00<TAB>0.99,0.01,0.02,0.03<TAB>...

Each cell is a quaternion, scalar first, that turns the sensor (or the segment) into the room.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import RecordingError
from sensor_screen.model import Origin, Side
from sensor_screen.storage.csv_table import CsvTable, read_text
from sensor_screen.storage.imported_sensor import split_preamble

if TYPE_CHECKING:
    from pathlib import Path

    from sensor_screen.model import Floats

NORM_TOLERANCE = 0.01
"""Departure from length one that rounding to a few decimals explains."""
SEGMENTS = {"shank": "tibia", "foot": "calcn"}
_REMEDY = "give the orientations as OpenSense reads them, with `DataType=Quaternion`"


@dataclass(frozen=True, slots=True)
class LegOrientations:
    """How shank and foot of one leg lie in the room; there are no samples behind it."""

    side: Side
    time_s: Floats  # (n,)
    room_from_shank: Floats  # (n, 4) scalar first, unit length or nan
    room_from_foot: Floats  # (n, 4)
    origin: Origin = Origin.MEASURED


def read_opensense(path: Path, *, side: Side) -> LegOrientations:
    """Read the orientations of one leg.

    Raises:
        RecordingError: The leg is not in it, it holds no quaternions, or it is damaged.
    """
    preamble, table = split_preamble(path, read_text(path), _is_header, _read_line)
    kind = preamble.value("datatype")
    if kind.lower() != "quaternion":
        raise RecordingError(str(path), f"its DataType is {kind!r:.30} and not Quaternion", _REMEDY)
    table = _split_cells(table)
    columns = {segment: _column(table, body, side) for segment, body in SEGMENTS.items()}
    names = [f"{column}.{part}" for column in columns.values() for part in "wxyz"]
    values = table.numbers(["time", *names])
    time_s = values["time"]
    if not (np.isfinite(time_s).all() and (np.diff(time_s) > 0).all()):
        backwards = int(np.flatnonzero(~(np.diff(time_s, prepend=-np.inf) > 0))[0])
        raise RecordingError(
            str(path),
            f"line {table.line_of(backwards)} has {time_s[backwards]:g} in column time, "
            "which does not increase",
            "export it again",
        )
    shank, foot = (
        _unit(table, np.stack([values[f"{column}.{part}"] for part in "wxyz"], axis=1), column)
        for column in columns.values()
    )
    simulated = preamble.value("origin").lower() == Origin.SIMULATED
    origin = Origin.SIMULATED if simulated else Origin.MEASURED
    return LegOrientations(side, time_s, shank, foot, origin)


def _is_header(line: str) -> bool:
    return line.split("\t", 1)[0].strip().lower() == "time"


def _read_line(line: str) -> tuple[str, str]:
    name, equals, value = line.partition("=")
    return (name, value) if equals else ("", "")


def _split_cells(table: CsvTable) -> CsvTable:
    """The same table with one column for each part of a quaternion."""
    names: list[str] = []
    for name in table.header:
        names += [name] if name == "time" else [f"{name}.{part}" for part in "wxyz"]
    body = table.body.replace(b"\t", b",")
    return replace(table, delimiter=",", header=tuple(names), body=body)


def _column(table: CsvTable, body: str, side: Side) -> str:
    """The column of a segment, in lower case and without the part."""
    stem = f"{body}_{'l' if side is Side.LEFT else 'r'}"
    found = [name for name in (f"{stem}_imu", stem) if f"{name}.w" in table.header]
    if found:
        return found[0]
    present = ", ".join(name[:-2] for name in table.header if name.endswith(".w"))
    raise RecordingError(
        str(table.path),
        f"it has no column {stem}_imu among {present or 'its columns'}",
        "name the columns as the model does, or give the other --side",
    )


def _unit(table: CsvTable, quaternions: Floats, column: str) -> Floats:
    """At length one; nan where a part is missing."""
    lengths = np.linalg.norm(quaternions, axis=1)
    wrong = np.abs(lengths - 1.0) > NORM_TOLERANCE
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise RecordingError(
            str(table.path),
            f"line {table.line_of(row)} has a quaternion of length {lengths[row]:.3g} in column "
            f"{column}",
            _REMEDY,
        )
    if not np.isfinite(lengths).any():
        raise RecordingError(str(table.path), f"column {column} holds no quaternion", _REMEDY)
    unit: Floats = quaternions / lengths[:, None]
    return unit
