"""The whole ankle angle as a table: one row a sample, for spreadsheets and other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sensor_screen.model import AngleTrace

HEADER = "time_s,side,dorsiflexion_deg,inversion_deg,valid\n"

_BLOCK_ROWS = 100_000


def write_angles_csv(traces: Iterable[AngleTrace], stream: BinaryIO) -> None:
    """Writes the angles of one or two legs, one leg after the other.

    Angles have four decimals and are empty where nothing can be said; `valid` is 1 or 0.
    """
    stream.write(HEADER.encode())
    for trace in traces:
        for rows in _rows(trace):
            stream.write(rows.encode())


def _rows(trace: AngleTrace) -> Iterator[str]:
    """The rows of one leg, in blocks so that hours of samples need little memory."""
    dorsiflexion_deg = np.degrees(trace.dorsiflexion_rad)
    inversion_deg = np.degrees(trace.inversion_rad)
    line = f"%.6f,{trace.side.value},%.4f,%.4f,%d\n"
    for start in range(0, trace.time_s.size, _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        columns = (trace.time_s, dorsiflexion_deg, inversion_deg, trace.valid)
        rows = zip(*(column[block].tolist() for column in columns), strict=True)
        yield "".join([line % row for row in rows]).replace(",nan", ",")
