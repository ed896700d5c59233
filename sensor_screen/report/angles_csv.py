"""The whole ankle angle as a table: one row a sample, for spreadsheets and other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from sensor_screen.session.sample_table import mark_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sensor_screen.model import AngleTrace

HEADER = "time_s,side,dorsiflexion_deg,inversion_deg,valid\n"

ERROR_COLUMNS = ("dorsiflexion_sigma_deg", "marks")
"""Appended where asked for; the five columns before them are a fixed contract."""

_BLOCK_ROWS = 100_000


def write_angles_csv(
    traces: Iterable[AngleTrace], stream: BinaryIO, *, with_errors: bool = False
) -> None:
    """Writes the angles of one or two legs, one leg after the other.

    Angles have four decimals and are empty where nothing can be said; `valid` is 1 or 0.

    Args:
        traces: Of one or two legs.
        stream: Where to.
        with_errors: Append 1 sigma in degrees and the marks of each sample, words joined by `+`.
    """
    header = HEADER
    if with_errors:
        header = ",".join([header.rstrip("\n"), *ERROR_COLUMNS]) + "\n"
    stream.write(header.encode())
    for trace in traces:
        for rows in _rows(trace, with_errors=with_errors):
            stream.write(rows.encode())


def _rows(trace: AngleTrace, *, with_errors: bool) -> Iterator[str]:
    """The rows of one leg, in blocks so that hours of samples need little memory."""
    dorsiflexion_deg = np.degrees(trace.dorsiflexion_rad)
    inversion_deg = np.degrees(trace.inversion_rad)
    line = f"%.6f,{trace.side.value},%.4f,%.4f,%d" + (",%.4f,%s" if with_errors else "") + "\n"
    words = {int(m): mark_words(int(m)) for m in np.unique(trace.marks)}
    for start in range(0, trace.time_s.size, _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        columns = [trace.time_s, dorsiflexion_deg, inversion_deg, trace.valid]
        cells = [column[block].tolist() for column in columns]
        if with_errors:
            cells.append(np.degrees(trace.sigma_rad[block]).tolist())
            cells.append([words[m] for m in trace.marks[block].tolist()])
        rows = zip(*cells, strict=True)
        yield "".join([line % row for row in rows]).replace(",nan", ",")
