"""The recording file: one Parquet file, samples as received, one row a sample.

    stream         int16    which sensor: index into the streams of the description
    sequence       int64    as sent by the sensor; null where it sends none
    device_time_s  float64  the sensor's own clock
    acc_x .. gyr_z counts   int16    what the sensor sent; null in streams of floats
    acc_x .. gyr_z          float32  m/s2 and rad/s; null in streams of counts

Everything else is JSON in the file's metadata under `sensor_screen` (see `recording_metadata`).
Integers are stored as differences and nothing in dictionaries, which halves the size of counts;
every page carries a checksum, so a flipped bit is found and not measured.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from sensor_screen.errors import RecordingError, UsageError
from sensor_screen.model import Recording, SensorStream
from sensor_screen.storage.atomic_file import replace_file
from sensor_screen.storage.given_file import (
    OWN_FILES,
    FileSource,
    GivenFile,
    ReadLimits,
    limits_of,
)
from sensor_screen.storage.parquet_pages import unpacked_bytes
from sensor_screen.storage.recording_metadata import StreamHeader, decode_header, encode_header

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from numpy.typing import NDArray

METADATA_KEY = b"sensor_screen"
CHANNELS = ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")
COUNT_COLUMNS = tuple(f"{channel}_counts" for channel in CHANNELS)
FLOAT_COLUMNS = tuple(
    f"{channel}_{'mps2' if channel.startswith('acc') else 'radps'}" for channel in CHANNELS
)
MAX_FOOTER_BYTES = 4 << 20
"""Of one text or list in the footer, where the description has a MB."""
BYTES_A_ROW = 100
"""Unpacked, at most: the columns have 62, and nulls, lengths and small pages add some."""
BYTES_BESIDE = 1 << 20
"""Unpacked without regard to rows: heads of pages in short recordings."""
ROWS_A_GROUP = 1000
ROWS_A_PAGE = 100
"""Fewer, beyond the first hundred groups or pages, is a file made to keep its reader busy."""


def encode_recording(recording: Recording) -> bytes:
    """A recording as the bytes of its file.

    Raises:
        UsageError: The recording holds what a file cannot.
    """
    stream = io.BytesIO()
    _write_table(_table(recording, "recording"), stream)
    return stream.getvalue()


def decode_recording(
    content: bytes, name: str = "recording", limits: ReadLimits = OWN_FILES
) -> Recording:
    """A recording from the bytes of its file.

    Args:
        content: The bytes.
        name: What to call them in messages.
        limits: How much is read.

    Raises:
        RecordingError: They are cut off, damaged, of another kind or hostile.
    """
    return read_recording(GivenFile(name, content, limits))


def write_recording(recording: Recording, path: Path | str) -> None:
    """Write a recording as one file; an older file of that name is replaced in one step.

    Raises:
        UsageError: The recording holds what a file cannot, or the place cannot be written.
    """
    path = Path(path)
    table = _table(recording, str(path))
    with replace_file(path) as stream:
        _write_table(table, stream)


def read_recording(path: FileSource | str) -> Recording:
    """Read a recording file.

    Raises:
        RecordingError: The file is missing, cut off, damaged, of another kind or hostile.
    """
    import pyarrow as pa

    path = Path(path) if isinstance(path, str) else path
    problem: str
    cause: Exception
    try:
        return _read(path)
    except (pa.ArrowException, MemoryError) as error:
        problem, cause = "it is cut off, damaged or not a recording", error
    except ValueError as error:
        problem, cause = str(error), error
    except OSError as error:
        # Arrow reports a damaged page as an OSError without a reason.
        reason = error.strerror
        problem = f"it cannot be opened ({reason})" if reason else "it is cut off or damaged"
        cause = error
    raise RecordingError(str(path), problem, _REMEDY) from cause


_REMEDY = "give a file made by `sensor-screen import` or `simulate`"


def _table(recording: Recording, name: str) -> pa.Table:
    import pyarrow as pa

    try:
        for stream in recording.streams:
            _check_arrays(stream)
        header = encode_header(recording)
    except ValueError as error:
        raise UsageError(name, f"not written, {error}", "mend the recording first") from error
    tables = [_encode_samples(index, s) for index, s in enumerate(recording.streams)]
    table = pa.concat_tables(tables) if tables else _schema().empty_table()
    return table.cast(_schema().with_metadata({METADATA_KEY: header}))


def _write_table(table: pa.Table, stream: BinaryIO) -> None:
    import pyarrow.parquet as pq

    pq.write_table(
        table,
        stream,
        compression="zstd",
        use_dictionary=False,
        column_encoding={
            name: "BYTE_STREAM_SPLIT" if _is_float(table.schema, name) else "DELTA_BINARY_PACKED"
            for name in table.schema.names
        },
        write_page_checksum=True,
    )


def _read(path: FileSource) -> Recording:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with path.open("rb") as source:
        if not source.peek(1):
            raise ValueError("it is empty")
        file = pq.ParquetFile(
            source,
            page_checksum_verification=True,
            thrift_string_size_limit=MAX_FOOTER_BYTES,
            thrift_container_size_limit=MAX_FOOTER_BYTES,
        )
        header = decode_header(_find_header(file))
        rows = sum(stream.samples for stream in header.streams)
        if rows != file.metadata.num_rows or rows > limits_of(path).rows:
            raise ValueError(f"it claims {rows} samples and holds {file.metadata.num_rows}")
        _refuse_bomb(file, source, rows)
        table = file.read(use_threads=False)
    owner = table["stream"].to_numpy()
    streams = tuple(
        _decode_samples(stream, table.filter(pa.array(owner == index)))
        for index, stream in enumerate(header.streams)
    )
    return Recording(
        streams, header.tasks, header.origin, header.source, header.notes, header.recorded_on
    )


def _find_header(file: pq.ParquetFile) -> bytes:
    """The description of a file that has our columns; refused before any column is read."""
    metadata = file.schema_arrow.metadata or {}
    if METADATA_KEY not in metadata:
        raise ValueError("it is a Parquet file, but not a recording")
    if not file.schema_arrow.equals(_schema()):
        raise ValueError("its columns are not those of a recording")
    return bytes(metadata[METADATA_KEY])


def _refuse_bomb(file: pq.ParquetFile, source: BinaryIO, rows: int) -> None:
    """What the file says of its size has to fit its rows; refused before any column is read."""
    metadata = file.metadata
    if metadata.num_row_groups > 100 + rows // ROWS_A_GROUP:
        raise ValueError(f"it has {metadata.num_row_groups} groups of rows")
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    if rows != sum(group.num_rows for group in groups):
        raise ValueError("its groups of rows contradict it")
    size = 0
    for group in groups:
        for index in range(group.num_columns):
            chunk = group.column(index)
            if chunk.num_values != group.num_rows:
                raise ValueError("its columns are not equally long")
            size += unpacked_bytes(source, chunk, 100 + rows // ROWS_A_PAGE)
    if size > BYTES_BESIDE + BYTES_A_ROW * rows:
        raise ValueError(f"it unpacks to {size} bytes for {rows} samples")


def _schema() -> pa.Schema:
    import pyarrow as pa

    columns: list[pa.Field[Any]] = [
        pa.field("stream", pa.int16(), nullable=False),
        pa.field("sequence", pa.int64()),
        pa.field("device_time_s", pa.float64(), nullable=False),
    ]
    columns += [pa.field(name, pa.int16()) for name in COUNT_COLUMNS]
    columns += [pa.field(name, pa.float32()) for name in FLOAT_COLUMNS]
    return pa.schema(columns)


def _is_float(schema: pa.Schema, name: str) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_floating(schema.field(name).type))


def _encode_samples(index: int, stream: SensorStream) -> pa.Table:
    import pyarrow as pa

    n = len(stream.raw)
    is_counts = stream.raw.dtype == np.int16
    used, unused = (COUNT_COLUMNS, FLOAT_COLUMNS) if is_counts else (FLOAT_COLUMNS, COUNT_COLUMNS)
    schema = _schema()
    columns: dict[str, Any] = {
        "stream": pa.array(np.full(n, index, dtype=np.int16)),
        "sequence": pa.nulls(n, pa.int64())
        if stream.sequence is None
        else pa.array(stream.sequence),
        "device_time_s": pa.array(stream.device_time_s),
        **{name: pa.array(stream.raw[:, i].copy()) for i, name in enumerate(used)},
        **{name: pa.nulls(n, schema.field(name).type) for name in unused},
    }
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _decode_samples(header: StreamHeader, table: pa.Table) -> SensorStream:
    if table.num_rows != header.samples:
        raise ValueError(f"a sensor claims {header.samples} samples and has {table.num_rows}")
    names, dtype = (COUNT_COLUMNS, np.int16) if header.counts else (FLOAT_COLUMNS, np.float32)
    raw = np.empty((header.samples, 6), dtype=dtype)
    for i, name in enumerate(names):
        raw[:, i] = _full_column(table, name)
    return SensorStream(
        info=header.info,
        device_time_s=_full_column(table, "device_time_s"),
        raw=raw,
        acc_scale_mps2=header.acc_scale_mps2,
        gyr_scale_radps=header.gyr_scale_radps,
        sequence=_full_column(table, "sequence") if header.numbered else None,
        clock=header.clock,
    )


def _full_column(table: pa.Table, name: str) -> NDArray[Any]:
    column = table[name]
    if column.null_count:
        raise ValueError(f"{column.null_count} samples lack {name}")
    return np.array(column.to_numpy())


def _check_arrays(stream: SensorStream) -> None:
    n = len(stream.device_time_s)
    if stream.raw.dtype not in (np.int16, np.float32) or stream.raw.shape != (n, 6):
        raise ValueError("samples are not (n, 6) of int16 or float32")
    if stream.device_time_s.dtype != np.float64:
        raise ValueError("device times are not float64")
    if stream.sequence is not None and stream.sequence.shape != (n,):
        raise ValueError("there is not one sequence number a sample")
