"""What the file of any make gives for one sensor, and what all makes have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sensor_screen.errors import RecordingError
from sensor_screen.model import SensorInfo, SensorStream
from sensor_screen.storage.csv_table import BYTE_ORDER_MARK, CsvTable, parse_csv
from sensor_screen.storage.unit_check import find_unit_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from sensor_screen.model import Floats
    from sensor_screen.storage.given_file import FileSource

MAX_PREAMBLE_LINES = 200
MAX_PREAMBLE_BYTES = 1 << 16
MAX_NOTE = 200
"""Characters of one value of a preamble that are kept."""
OR_CSV = "name the units in the columns and use `import csv`"
"""The way for what the file of a make does not say."""


@dataclass(frozen=True, slots=True)
class ImportedSensor:
    """What one file gave."""

    stream: SensorStream
    ignored: tuple[str, ...] = ()
    """Columns that were not used."""
    notes: dict[str, str] = field(default_factory=dict)
    """What the file says of how it was recorded, as it says it."""
    recorded_on: str = ""
    """ISO date where the file gives one."""


@dataclass(frozen=True, slots=True)
class Preamble:
    """The lines before the column names, as names and values."""

    values: dict[str, str]
    """Name in lower case, without colon -> value as written."""
    text: str

    def value(self, *names: str) -> str:
        """The first of these that is there, or an empty text."""
        return next((self.values[name] for name in names if self.values.get(name)), "")

    def notes(self, *names: str) -> dict[str, str]:
        """Those that are there and say something."""
        return {name: self.values[name] for name in names if self.values.get(name)}


def split_preamble(
    path: FileSource,
    content: bytes,
    is_header: Callable[[str], bool],
    read_line: Callable[[str], tuple[str, str]],
) -> tuple[Preamble, CsvTable]:
    """The lines before the table, and the table.

    Args:
        path: What to call the file.
        content: All of it.
        is_header: Whether a line holds the column names.
        read_line: Name and value of another line; an empty name where it has none.

    Raises:
        RecordingError: No line has the column names, or too much stands before them.
    """
    content = content.removeprefix(BYTE_ORDER_MARK)
    values: dict[str, str] = {}
    start = 0
    for number in range(MAX_PREAMBLE_LINES):
        end = content.find(b"\n", start, MAX_PREAMBLE_BYTES)
        line = content[start : end if end >= 0 else MAX_PREAMBLE_BYTES].decode("utf-8", "replace")
        if is_header(line):
            text = content[:start].decode("utf-8", "replace")
            return Preamble(values, text), parse_csv(path, content[start:], lines_before=number)
        name, value = read_line(line.strip())
        if name:
            values.setdefault(name.strip().lower(), printable(value))
        if end < 0:
            break
        start = end + 1
    raise RecordingError(
        str(path), "no line of it has the column names", "export the file again, with its header"
    )


def printable(value: str) -> str:
    """A text from a foreign file, without what could write on a terminal, and not endless."""
    return "".join(c if c.isprintable() else " " for c in value).strip()[:MAX_NOTE]


def refuse_missing(
    table: CsvTable, columns: Sequence[str], instead: dict[str, str], remedy: str
) -> None:
    """Say which columns are missing, and what the file holds in their place.

    Args:
        table: The table.
        columns: All that are needed, in lower case.
        instead: Column that may stand there instead -> what such a file holds.
        remedy: What to do then.

    Raises:
        RecordingError: One is missing, or there twice.
    """
    missing = [name for name in columns if name not in table.header]
    if missing:
        found = next((text for name, text in instead.items() if name in table.header), None)
        problem = f"it has no column {', '.join(missing)}" if found is None else f"it holds {found}"
        raise RecordingError(str(table.path), problem, remedy)
    doubled = next((name for name in columns if table.header.count(name) > 1), None)
    if doubled:
        raise RecordingError(str(table.path), f"it has {doubled} twice", "leave one column of each")


def make_sensor(
    path: FileSource,
    info: SensorInfo,
    time_s: Floats,
    samples: Floats,
    *,
    make: str,
    sequence: NDArray[np.int64] | None = None,
    ignored: tuple[str, ...] = (),
    notes: dict[str, str] | None = None,
    recorded_on: str = "",
) -> ImportedSensor:
    """One sensor from its columns in SI units, once gravity has confirmed the units.

    Args:
        path: What to call the file.
        info: What is known of the sensor.
        time_s: (n,) its own clock.
        samples: (n, 6) specific force in m/s2, angular velocity in rad/s.
        make: Of the sensor, in words.
        sequence: (n,) numbers as sent.
        ignored: Columns that were not used.
        notes: What the file says of itself.
        recorded_on: ISO date.

    Raises:
        RecordingError: There is one row only, or a unit cannot be right.
    """
    if len(time_s) < 2:
        raise RecordingError(
            str(path),
            "it has one row, and one sample shows no movement",
            "export the whole recording, a row for every sample",
        )
    with np.errstate(over="ignore"):  # beyond float32 is not finite, and counted as such
        raw = samples.astype(np.float32)
    stream = SensorStream(info, time_s, raw, sequence=sequence)
    fault = find_unit_fault(stream.device_time_s, stream.acc_mps2, stream.gyr_radps)
    if fault is not None:
        raise RecordingError(
            str(path),
            f"its {fault.quantity} says {fault.value}, which does not fit the units of {make}",
            f"export it again unchanged, or {OR_CSV}",
        )
    return ImportedSensor(stream, ignored, notes or {}, recorded_on)


def unwrap(values: Floats, period: float) -> Floats:
    """A counter that starts again at `period`, carried on; what is not finite stays so.

    A step of less than half a period back is a late sample, not a new round.
    """
    unwrapped = values.copy()
    finite = np.isfinite(values)
    steps = np.diff(values[finite])
    rounds = np.concatenate([np.zeros(min(1, finite.sum())), np.cumsum(np.round(-steps / period))])
    unwrapped[finite] += rounds * period
    return unwrapped


def sequence_numbers(table: CsvTable, name: str, values: Floats) -> NDArray[np.int64]:
    """Sequence numbers as sent.

    Raises:
        RecordingError: One is missing or no whole number; the line is named.
    """
    whole = np.isfinite(values) & (values == np.floor(values)) & (values >= 0) & (values < 2**53)
    if not whole.all():
        row = int(np.flatnonzero(~whole)[0])
        raise RecordingError(
            str(table.path),
            f"line {table.line_of(row)} has {values[row]:g} in column {name}, not a count",
            "mend or remove that line, or export the file again",
        )
    return values.astype(np.int64)
