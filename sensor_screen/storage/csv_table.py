"""Tables of numbers as people save them: comma, semicolon or tab, plain or gzip."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sensor_screen.errors import RecordingError
from sensor_screen.storage.given_file import limits_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from sensor_screen.storage.given_file import FileSource

MAX_HEADER_BYTES = 1 << 16
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
DELIMITERS = (",", ";", "\t")
MISSING_CELLS = ("", "nan", "NaN", "NAN", "NA", "N/A", "null", "NULL", "None")


@dataclass(frozen=True, slots=True)
class CsvTable:
    """One opened file: its column names, and its lines not yet understood."""

    path: FileSource
    delimiter: str
    header: tuple[str, ...]
    """Lower case, without spaces around; as many as there are columns."""
    body: bytes
    first_line: int
    """Line number of the first line of the body, counted from 1 as editors do."""

    def numbers(self, names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
        """Columns of numbers by header name; an empty cell is nan.

        Raises:
            RecordingError: A cell is no number, or a line has too few or too many cells.
        """
        import pyarrow as pa

        table = self._parse(names, dict.fromkeys(names, pa.float64()))
        return {name: table[name].to_numpy() for name in names}

    def texts(self, name: str) -> tuple[str, ...]:
        """One column as texts without spaces around."""
        import pyarrow as pa

        cells = self._parse([name], {name: pa.string()})[name].to_pylist()
        return tuple((cell or "").strip() for cell in cells)

    def line_of(self, row: int) -> int:
        """Line number of a row, counted from 0 without empty lines; slow, for messages."""
        return next((line for i, (line, _) in enumerate(self._rows()) if i == row), 0)

    def _parse(self, names: Sequence[str], types: dict[str, pa.DataType]) -> pa.Table:
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        if not self.body.strip():
            raise RecordingError(str(self.path), "it has a header and no rows", _REMEDY)
        try:
            return arrow_csv.read_csv(
                io.BytesIO(self.body),
                read_options=arrow_csv.ReadOptions(column_names=_unique(self.header)),
                parse_options=arrow_csv.ParseOptions(delimiter=self.delimiter),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=list(names),
                    column_types=types,
                    null_values=list(MISSING_CELLS),
                    decimal_point="," if self._has_decimal_comma() else ".",
                ),
            )
        except pa.ArrowException as error:
            problem = self._find_fault(names) or "it cannot be read as a table"
            raise RecordingError(
                str(self.path), problem, "mend or remove that line, or export the file again"
            ) from error

    def _has_decimal_comma(self) -> bool:
        return self.delimiter != "," and b"," in self.body[:MAX_HEADER_BYTES]

    def _find_fault(self, names: Sequence[str]) -> str | None:
        """The first line that is wrong, in words; slow, for files known to be wrong."""
        columns = [(self.header.index(name), name) for name in names]
        for number, cells in self._rows():
            if len(cells) != len(self.header):
                return f"line {number} has {len(cells)} of {len(self.header)} columns"
            for index, name in columns:
                if not self._is_number(cells[index]):
                    return f"line {number} has {cells[index]!r:.40} in column {name}, not a number"
        return None

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        text = io.TextIOWrapper(io.BytesIO(self.body), encoding="utf-8", errors="replace")
        for number, line in enumerate(text, self.first_line):
            if line.strip("\r\n"):
                try:
                    yield number, next(csv.reader([line], delimiter=self.delimiter))
                except csv.Error:  # a quote or a carriage return where none belongs
                    yield number, []

    def _is_number(self, cell: str) -> bool:
        cell = cell.strip()
        if cell in MISSING_CELLS:
            return True
        try:
            float(cell.replace(",", ".") if self._has_decimal_comma() else cell)
        except ValueError:
            return False
        return "_" not in cell


_REMEDY = "export the file again"


def open_csv(path: FileSource) -> CsvTable:
    """Open a table and read its header.

    Raises:
        RecordingError: The file is missing, empty, cut off, too large or not a table.
    """
    return parse_csv(path, read_text(path))


def parse_csv(path: FileSource, content: bytes, *, lines_before: int = 0) -> CsvTable:
    """A table from its text: header, then rows.

    Args:
        path: What to call it in messages.
        content: UTF-8, with or without a byte order mark.
        lines_before: Lines of the file that went before, so that messages count as editors do.

    Raises:
        RecordingError: It is empty or not a table.
    """
    content = content.removeprefix(BYTE_ORDER_MARK)
    if not content.strip():
        raise RecordingError(str(path), "it is empty", _REMEDY)
    if content.startswith(b"PAR1"):
        raise RecordingError(str(path), "it is a recording already", "use it without importing it")
    blank_lines = content[: len(content) - len(content.lstrip(b"\r\n"))].count(b"\n")
    head, _, body = content.lstrip(b"\r\n").partition(b"\n")
    rows = max(body.count(b"\n"), body.count(b"\r"))
    if rows > limits_of(path).rows:
        raise RecordingError(str(path), f"it has {rows} rows, too many", "cut it into parts")
    if b"\0" in content[:MAX_HEADER_BYTES] or len(head) > MAX_HEADER_BYTES:
        raise RecordingError(str(path), "it is not a text file", "export it as CSV in UTF-8")
    try:
        text = head.decode().strip("\r")
        delimiter = max(DELIMITERS, key=text.count)
        names = next(csv.reader([text], delimiter=delimiter))
    except (UnicodeDecodeError, csv.Error) as error:
        raise RecordingError(
            str(path), "it is not a text file", "export it as CSV in UTF-8"
        ) from error
    header = tuple(name.strip().lower() for name in names)
    return CsvTable(path, delimiter, header, body, first_line=lines_before + blank_lines + 2)


def read_text(path: FileSource) -> bytes:
    """The bytes of a file, unpacked where it is gzip, and never more than fit.

    Raises:
        RecordingError: It is missing, cut off, too large or may not be read.
    """
    most = limits_of(path).text_bytes
    try:
        with path.open("rb") as file:
            is_gzip = file.peek(2).startswith(b"\x1f\x8b")
            source = gzip.GzipFile(fileobj=file) if is_gzip else file
            content = source.read(most + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise RecordingError(str(path), "it is cut off or damaged", "copy it again") from error
    except OSError as error:
        reason = error.strerror or "no reason given"
        raise RecordingError(
            str(path), f"it cannot be opened ({reason})", "check the name and your access to it"
        ) from error
    if len(content) > most:
        raise RecordingError(
            str(path), f"it holds more than {most >> 20} MB of text", "cut it into parts"
        )
    return content


def _unique(header: tuple[str, ...]) -> list[Any]:
    """Names for the parser, which wants each once; callers refuse doubles that they need."""
    seen: set[str] = set()
    names = []
    for index, name in enumerate(header):
        names.append(f"{name}#{index}" if name in seen else name)
        seen.add(name)
    return names
