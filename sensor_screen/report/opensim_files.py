"""Files that OpenSim opens: orientations for its IMU inverse kinematics, and ankle angles.

`orientations.sto` is what the OpenSense workflow reads, `ankle_angles.mot` a motion with the
coordinates `ankle_angle_r` and `ankle_angle_l` of its gait models (dorsiflexion positive). There is
no `subtalar_angle`: that is about an oblique axis which two sensors do not show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import MeasurementError
from sensor_screen.model import Placement, Side
from sensor_screen.session.sample_table import common_rows, nearest_samples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

    from sensor_screen.model import AngleTrace, Floats
    from sensor_screen.session.export import Export, Provenance
    from sensor_screen.session.segment_orientations import SegmentOrientations

OPENSIM_VERSION = "4.6"
"""The version with which the files were opened."""
ORIENTATIONS, ANGLES = "orientations.sto", "ankle_angles.mot"
_BODIES = {Placement.SHANK: "tibia", Placement.FOOT: "calcn"}
_LETTERS = {Side.LEFT: "l", Side.RIGHT: "r"}
_BLOCK_ROWS = 50_000


def write_opensim(export: Export, found: SegmentOrientations, folder: Path) -> None:
    """Both files into a folder; without an angle only the orientations.

    Raises:
        MeasurementError: The side of a sensor is not known.
    """
    with (folder / ORIENTATIONS).open("w", encoding="utf-8", newline="") as stream:
        write_orientations(found, export.provenance, stream)
    if export.measured:
        with (folder / ANGLES).open("w", encoding="utf-8", newline="") as stream:
            write_angles(export, stream)


def write_orientations(found: SegmentOrientations, provenance: Provenance, stream: TextIO) -> None:
    """The orientation of every leg sensor, one row a sample, each cell `w,x,y,z`.

    Raises:
        MeasurementError: The side of a sensor is not known, so that it belongs to no body.
    """
    names = [_imu_name(side, placement) for side, placement in found.segments]
    free = [name for name, aligned in zip(names, found.aligned, strict=True) if not aligned]
    header = {
        "DataRate": f"{found.rate_hz:.6f}",
        "DataType": "Quaternion",
        "version": "3",
        "OpenSimVersion": OPENSIM_VERSION,
        "Units": "scalar first, sensor to earth",
        "earth": "x forward, y left, z up (turn by -90 deg about x for a model with y up)",
        "heading": "from the flexion axis in the still stand; drifts afterwards, no magnetometer",
        "heading_not_known": " ".join(free) or "none",
        "samples_left_out_in_gaps": str(found.left_out),
        **_facts(provenance),
    }
    stream.writelines(_header(header))
    stream.write("\t".join(["time", *names]) + "\n")
    count = found.time_s.size
    flat = np.column_stack([found.time_s, found.earth_from_sensor.reshape(count, -1)])
    line = "%.6f" + "\t%.9f,%.9f,%.9f,%.9f" * len(names) + "\n"
    stream.writelines(_lines(flat, line))


def write_angles(export: Export, stream: TextIO) -> None:
    """The ankle angles of both legs in degrees; nan where one is not valid.

    Raises:
        MeasurementError: No leg with a known side has an angle.
    """
    traces = [leg.angle for leg in export.measured if leg.angle and leg.side in _LETTERS]
    if not traces:
        why = "; ".join(export.provenance.missing) or "no leg has both sensors"
        raise MeasurementError("ankle angle", why.rstrip("."), "wear both sensors of a leg")
    rows_s = common_rows(traces)
    columns = [rows_s, *(_angle_at(trace, rows_s) for trace in traces)]
    methods = ", ".join(f"{trace.side}: {trace.method}" for trace in traces)
    header = {
        "version": "1",
        "nRows": str(rows_s.size),
        "nColumns": str(len(columns)),
        "inDegrees": "yes",
        "not_valid": "nan",
        "method": methods,
        **_facts(export.provenance),
    }
    stream.write("ankle_angles\n")
    stream.writelines(_header(header))
    names = [f"ankle_angle_{_LETTERS[trace.side]}" for trace in traces]
    stream.write("\t".join(["time", *names]) + "\n")
    line = "%.6f" + "\t%.6f" * len(names) + "\n"
    stream.writelines(_lines(np.column_stack(columns), line))


def _imu_name(side: Side, placement: Placement) -> str:
    if side not in _LETTERS:
        raise MeasurementError(
            "orientations",
            f"nobody said on which leg the {placement} sensor was",
            "import the recording with its side",
        )
    return f"{_BODIES[placement]}_{_LETTERS[side]}_imu"


def _angle_at(trace: AngleTrace, rows_s: Floats) -> Floats:
    index = nearest_samples(trace.time_s, rows_s, trace.rate_hz)
    usable = (index >= 0) & trace.valid[index]
    return np.where(usable, np.degrees(trace.dorsiflexion_rad[index]), np.nan)


def _facts(provenance: Provenance) -> dict[str, str]:
    """Where it comes from, as values of one line each."""
    return {
        key: " | ".join(value) if isinstance(value, list) else str(value)
        for key, value in provenance.facts().items()
    }


def _header(values: dict[str, str]) -> Iterator[str]:
    # Readers split at the first `=`; a second one would be a value of its own to some.
    for key, value in values.items():
        yield f"{key}={value.replace('=', ':')}\n"
    yield "endheader\n"


def _lines(table: Floats, line: str) -> Iterator[str]:
    for start in range(0, len(table), _BLOCK_ROWS):
        block = table[start : start + _BLOCK_ROWS].tolist()
        yield "".join([line % tuple(row) for row in block])
