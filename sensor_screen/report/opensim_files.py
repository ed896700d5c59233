"""Files that OpenSim opens: orientations for its IMU inverse kinematics, and ankle angles.

`orientations.sto` is what the OpenSense workflow reads. `ankle_angle_l.mot` and `ankle_angle_r.mot`
are motions with the coordinate of that name of its gait models (dorsiflexion positive), and
`ankle_angles.mot` is both legs together. A sample that is not valid has no row, because one of the
two readers of OpenSim silently ends at the first `nan`: in the file of both legs there are only the
samples at which both are valid. There is no `subtalar_angle`: that is about an oblique axis which
two sensors do not show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import MeasurementError
from sensor_screen.model import Placement, Side
from sensor_screen.session.sample_table import common_rows, nearest_samples

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
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
    """All files into a folder; a leg without a valid angle has no file of its angle.

    Raises:
        MeasurementError: The side of a sensor is not known.
    """
    with (folder / ORIENTATIONS).open("w", encoding="utf-8", newline="") as stream:
        write_orientations(found, export.provenance, stream)
    traces = [leg.angle for leg in export.measured if leg.angle and leg.angle.valid.any()]
    groups = {f"{_coordinate(trace)}.mot": [trace] for trace in traces}
    if len(traces) > 1:
        groups[ANGLES] = traces
    for name, group in groups.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            write_angles(group, export.provenance, stream)


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
        "heading": "from the flexion axis in the still stand, or the quietest moment where nobody "
        "stood still; drifts afterwards, no magnetometer",
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


def write_angles(traces: Sequence[AngleTrace], provenance: Provenance, stream: TextIO) -> None:
    """Ankle angles in degrees, at the samples at which all of these legs have a valid one.

    Args:
        traces: Of one leg or both, each with a known side.
        provenance: Where they come from.
        stream: Where to.
    """
    rows_s = common_rows(traces)
    angles_deg = np.column_stack([_angle_at(trace, rows_s) for trace in traces])
    usable = np.isfinite(angles_deg).all(axis=1)
    table = np.column_stack([rows_s, angles_deg])[usable]
    names = [_coordinate(trace) for trace in traces]
    header = {
        "version": "1",
        "nRows": str(len(table)),
        "nColumns": str(table.shape[1]),
        "inDegrees": "yes",
        "samples_left_out_not_valid": str(int((~usable).sum())),
        "method": ", ".join(f"{trace.side}: {trace.method}" for trace in traces),
        **_facts(provenance),
    }
    stream.write(" ".join(names) + "\n")
    stream.writelines(_header(header))
    stream.write("\t".join(["time", *names]) + "\n")
    stream.writelines(_lines(table, "%.6f" + "\t%.6f" * len(names) + "\n"))


def _coordinate(trace: AngleTrace) -> str:
    return f"ankle_angle_{_LETTERS[trace.side]}"


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
