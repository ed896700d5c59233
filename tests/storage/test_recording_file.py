from __future__ import annotations

import io
import json
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from sensor_screen.errors import RecordingError, UsageError
from sensor_screen.model import (
    ClockMap,
    GyroSampling,
    Origin,
    Placement,
    Recording,
    SensorInfo,
    SensorStream,
    Side,
    Task,
    TaskInterval,
)
from sensor_screen.storage import given_file, recording_file
from sensor_screen.storage.given_file import ReadLimits
from sensor_screen.storage.parquet_pages import unpacked_bytes
from sensor_screen.storage.recording_file import (
    decode_recording,
    encode_recording,
    read_recording,
    write_recording,
)
from tests.storage.made import recording

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

number = st.floats(allow_nan=False, allow_infinity=False)
size = st.floats(min_value=1e-12, max_value=1e12)


@st.composite
def infos(draw: st.DrawFn, key: tuple[Side, Placement]) -> SensorInfo:
    return SensorInfo(
        side=key[0],
        placement=key[1],
        serial=draw(st.text(max_size=8)),
        model=draw(st.text(max_size=8)),
        gyro_sampling=draw(st.sampled_from(GyroSampling)),
        acc_range_mps2=draw(st.none() | size),
        gyr_range_radps=draw(st.none() | size),
    )


@st.composite
def streams(draw: st.DrawFn, key: tuple[Side, Placement]) -> SensorStream:
    n = draw(st.integers(0, 5))
    raw_type = draw(st.sampled_from([np.int16, np.float32]))
    clock = st.builds(
        ClockMap,
        offset_s=number,
        skew=st.floats(-1e-3, 1e-3),
        residual_s=st.floats(0.0, 1.0),
        origin=st.text(max_size=8),
    )
    return SensorStream(
        info=draw(infos(key)),
        device_time_s=draw(st_numpy.arrays(np.float64, n)),
        raw=draw(st_numpy.arrays(raw_type, (n, 6))),
        acc_scale_mps2=draw(size),
        gyr_scale_radps=draw(size),
        sequence=draw(st.none() | st_numpy.arrays(np.int64, n)),
        clock=draw(st.none() | clock),
    )


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    key = st.tuples(st.sampled_from(Side), st.sampled_from(Placement))
    keys = draw(st.lists(key, unique=True, max_size=4))
    starts = draw(st.lists(st.floats(-1e6, 1e6), max_size=3))
    return Recording(
        streams=tuple(draw(streams(key)) for key in keys),
        tasks=tuple(TaskInterval(s, s + 1.5, draw(st.sampled_from(Task))) for s in starts),
        origin=draw(st.sampled_from(Origin)),
        source=draw(st.text(max_size=20)),
        notes=draw(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3)),
    )


def assert_same(one: Recording, other: Recording) -> None:
    """Equal to the last bit, types included; NaN equals NaN."""
    bare_one, bare_other = replace(one, streams=()), replace(other, streams=())
    assert bare_one == bare_other
    assert len(one.streams) == len(other.streams)
    for a, b in zip(one.streams, other.streams, strict=True):
        for name in (field.name for field in fields(SensorStream)):
            left, right = getattr(a, name), getattr(b, name)
            if isinstance(left, np.ndarray):
                assert left.dtype == right.dtype
                assert left.shape == right.shape
                np.testing.assert_array_equal(left, right)
            else:
                assert left == right


# Each example is written whole before it is read, so the folder can be the same.
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(made=recordings())
def test_what_is_written_is_what_is_read(made: Recording, tmp_path: Path) -> None:
    write_recording(made, tmp_path / "r.parquet")
    assert_same(read_recording(tmp_path / "r.parquet"), made)


def test_not_a_number_is_kept_apart_from_nothing(tmp_path: Path) -> None:
    foot = recording().streams[1]
    foot.raw[3, 2] = np.nan
    write_recording(Recording((foot,)), tmp_path / "r.parquet")
    assert np.isnan(read_recording(tmp_path / "r.parquet").streams[0].raw[3, 2])


def test_ten_minutes_of_counts_are_small(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    walk = np.cumsum(random.normal(0.0, 30.0, (60_000, 6)), axis=0).astype(np.int16)
    long = replace(
        recording().streams[0],
        raw=walk,
        device_time_s=np.arange(60_000) / 100.0,
        sequence=np.arange(60_000),
    )
    write_recording(Recording((long,)), tmp_path / "r.parquet")
    # Half of the 720 kB of bare counts: differences are stored, no dictionaries.
    assert (tmp_path / "r.parquet").stat().st_size < 400_000


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.parquet"
    write_recording(recording(), path)
    before = path.read_bytes()

    def fail(_table: Any, where: Any, **_options: Any) -> None:
        where.write(b"half a file")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", fail)
    with pytest.raises(UsageError, match="No space left"):
        write_recording(replace(recording(), source="new"), path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["r.parquet"]


def test_a_place_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write_recording(recording(), tmp_path / "no" / "r.parquet")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: replace(s, acc_scale_mps2=float("nan")),
        lambda s: replace(s, clock=ClockMap(offset_s=float("inf"))),
        lambda s: replace(s, raw=s.raw.astype(np.float64)),
        lambda s: replace(s, raw=s.raw[:, :5]),
        lambda s: replace(s, sequence=np.arange(3)),
    ],
)
def test_what_could_not_be_read_back_is_not_written(
    tmp_path: Path, spoil: Callable[[SensorStream], SensorStream]
) -> None:
    with pytest.raises(UsageError, match="not written"):
        write_recording(Recording((spoil(recording().streams[0]),)), tmp_path / "r.parquet")
    assert list(tmp_path.iterdir()) == []


# --- hostile files -------------------------------------------------------------------------------


@pytest.fixture
def good(tmp_path: Path) -> bytes:
    write_recording(recording(), tmp_path / "good.parquet")
    return (tmp_path / "good.parquet").read_bytes()


def refuse(path: Path) -> str:
    with pytest.raises(RecordingError) as caught:
        read_recording(path)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    return text


def test_missing_folder_empty_and_other_files_are_refused(tmp_path: Path) -> None:
    assert "No such file" in refuse(tmp_path / "none.parquet")
    assert "directory" in refuse(tmp_path)
    (tmp_path / "empty").touch()
    assert "it is empty" in refuse(tmp_path / "empty")
    (tmp_path / "text").write_text("time_s,acc_x_g\n")
    assert "not a recording" in refuse(tmp_path / "text")


def test_a_foreign_parquet_file_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "foreign.parquet")
    assert "not a recording" in refuse(tmp_path / "foreign.parquet")


def test_every_cut_is_refused(tmp_path: Path, good: bytes) -> None:
    for length in range(1, len(good), max(1, len(good) // 50)):
        (tmp_path / "cut").write_bytes(good[:length])
        refuse(tmp_path / "cut")


def test_no_flipped_bit_passes_for_a_measurement(tmp_path: Path, good: bytes) -> None:
    random = np.random.default_rng(5)
    kept = read_recording(tmp_path / "good.parquet")
    for position in random.integers(0, len(good), 200):
        damaged = bytearray(good)
        damaged[position] ^= 1 << int(random.integers(0, 8))
        (tmp_path / "bit").write_bytes(damaged)
        try:
            found = read_recording(tmp_path / "bit")
        except RecordingError:
            continue
        for one, other in zip(found.streams, kept.streams, strict=True):
            np.testing.assert_array_equal(one.raw, other.raw)
            np.testing.assert_array_equal(one.device_time_s, other.device_time_s)


def change_header(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Rewrite a file with another description, as an attacker or a broken program would."""
    table = pq.read_table(path)
    header = json.loads(table.schema.metadata[b"sensor_screen"])
    changed = change(header)
    encoded = json.dumps(header if changed is None else changed).encode()
    pq.write_table(table.replace_schema_metadata({b"sensor_screen": encoded}), path)


def move_samples(header: dict[str, Any]) -> None:
    header["streams"][0]["samples"] = 49
    header["streams"][1]["samples"] = 51


HEADERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "newer format": lambda h: h.update(format_version=2),
    "not an object": lambda _: [1, 2],
    "no streams": lambda h: h.pop("streams") and None,
    "streams a number": lambda h: h.update(streams=7),
    "unknown side": lambda h: h["streams"][0].update(side="middle"),
    "same sensor twice": lambda h: h["streams"][1].update(placement="shank"),
    "absurd sample count": lambda h: h["streams"][0].update(samples=10**15),
    "negative sample count": lambda h: h["streams"][0].update(samples=-1),
    "samples moved to the other sensor": move_samples,
    "counts that are floats": lambda h: h["streams"][0].update(counts=False),
    "sequence that is not there": lambda h: h["streams"][1].update(numbered=True),
    "scale nan": lambda h: h["streams"][0].update(acc_scale_mps2=float("nan")),
    "scale zero": lambda h: h["streams"][0].update(gyr_scale_radps=0.0),
    "scale a text": lambda h: h["streams"][0].update(gyr_scale_radps="1"),
    "scale beyond floats": lambda h: h["streams"][0].update(gyr_scale_radps=10**400),
    "clock infinite": lambda h: h["streams"][0].update(
        clock={"offset_s": float("inf"), "skew": 0, "residual_s": 0, "origin": ""}
    ),
    "clock twice as fast": lambda h: h["streams"][0].update(
        clock={"offset_s": 0, "skew": 1.0, "residual_s": 0, "origin": ""}
    ),
    "task that ends first": lambda h: h["tasks"].append(
        {"start_s": 2, "end_s": 1, "task": "squat"}
    ),
    "unknown task": lambda h: h["tasks"].append({"start_s": 1, "end_s": 2, "task": "fly"}),
    "notes a list": lambda h: h.update(notes=["a"]),
    "a megabyte of notes": lambda h: h.update(notes={"a": "x" * (1 << 20)}),
    "source a number": lambda h: h.update(source=3),
    "a hundred sensors": lambda h: h.update(streams=h["streams"] * 50),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_hostile_description_is_refused(tmp_path: Path, good: bytes, name: str) -> None:
    assert good
    change_header(tmp_path / "good.parquet", HEADERS[name])
    refuse(tmp_path / "good.parquet")


def test_an_endless_nesting_is_refused(tmp_path: Path) -> None:
    write_recording(recording(), tmp_path / "r.parquet")
    table = pq.read_table(tmp_path / "r.parquet")
    deep = b"[" * 200_000
    pq.write_table(
        table.replace_schema_metadata({b"sensor_screen": deep}), tmp_path / "deep.parquet"
    )
    assert "not JSON" in refuse(tmp_path / "deep.parquet")


def test_columns_of_another_type_are_refused(tmp_path: Path, good: bytes) -> None:
    assert good
    table = pq.read_table(tmp_path / "good.parquet")
    index = table.schema.get_field_index("acc_x_counts")
    wrong = table.set_column(index, "acc_x_counts", table["acc_x_counts"].cast(pa.int64()))
    pq.write_table(wrong, tmp_path / "wrong.parquet")
    assert "columns" in refuse(tmp_path / "wrong.parquet")


def test_too_many_rows_are_refused_before_they_are_read(
    tmp_path: Path, good: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert good
    monkeypatch.setattr(given_file, "OWN_FILES", ReadLimits(rows=10))
    monkeypatch.delattr(pq.ParquetFile, "read")
    assert "samples" in refuse(tmp_path / "good.parquet")


# --- as bytes, and bombs --------------------------------------------------------------------------


def test_bytes_and_file_are_the_same(tmp_path: Path) -> None:
    made = recording()
    write_recording(made, tmp_path / "r.parquet")
    content = encode_recording(made)
    assert content == (tmp_path / "r.parquet").read_bytes()
    assert_same(decode_recording(content), made)
    with pytest.raises(RecordingError, match="what was sent: it is cut off"):
        decode_recording(content[:-9], "what was sent")
    with pytest.raises(UsageError):
        encode_recording(replace(made, streams=made.streams * 2))


def parquet_bytes(table: pa.Table, **options: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream, **options)
    return stream.getvalue()


@pytest.mark.parametrize("options", [{}, {"compression": "gzip"}, {"data_page_size": 64}])
def test_a_recording_that_another_program_wrote_anew_is_read(
    good: bytes, options: dict[str, Any]
) -> None:
    table = pq.read_table(io.BytesIO(good))
    assert_same(decode_recording(parquet_bytes(table, **options)), decode_recording(good))


def test_every_page_is_found(good: bytes) -> None:
    """What the pages say together is what the footer says, which counts their heads too."""
    table = pq.read_table(io.BytesIO(good))
    for content in (good, parquet_bytes(table), parquet_bytes(table, row_group_size=7)):
        metadata = pq.ParquetFile(io.BytesIO(content)).metadata
        for group in range(metadata.num_row_groups):
            for index in range(metadata.num_columns):
                chunk = metadata.row_group(group).column(index)
                found = unpacked_bytes(io.BytesIO(content), chunk, 100)
                heads = chunk.total_uncompressed_size - found
                assert 10 <= heads <= 400


def test_a_page_that_claims_too_much_is_refused_before_it_is_unpacked(
    good: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = pq.ParquetFile(io.BytesIO(good)).metadata.row_group(0)
    chunks = [group.column(index) for index in range(group.num_columns)]
    real = sum(unpacked_bytes(io.BytesIO(good), chunk, 10) for chunk in chunks)
    start = chunks[2].data_page_offset
    # Kind of page, then the size in two bytes, of which the greatest value is 8191.
    assert good[start : start + 3] == b"\x15\x00\x15"
    assert good[start + 3] >= 128 > good[start + 4]
    monkeypatch.setattr(recording_file, "BYTES_BESIDE", real - 100 * recording_file.BYTES_A_ROW)
    decode_recording(good)
    monkeypatch.delattr(pq.ParquetFile, "read")
    claims = good[: start + 3] + b"\xfe\x7f" + good[start + 5 :]
    with pytest.raises(RecordingError, match=r"it unpacks to .* for 100 samples"):
        decode_recording(claims)


class Chunk:
    """What the footer says of a column."""

    dictionary_page_offset = None

    def __init__(self, start: int, size: int) -> None:
        self.data_page_offset, self.total_compressed_size = start, size


def a_page(unpacked: int, packed: int, more: bytes = b"") -> bytes:
    """Head of a data page with those sizes, as the compact protocol writes it, and its bytes."""

    def varint(value: int) -> bytes:
        out = b""
        while value > 127:
            out += bytes([value & 127 | 128])
            value >>= 7
        return out + bytes([value])

    def zigzag(value: int) -> bytes:
        return varint(value << 1 if value >= 0 else (-value << 1) - 1)

    sizes = b"\x15\x00\x15" + zigzag(unpacked) + b"\x15" + zigzag(packed)
    return sizes + more + b"\x00" + bytes(min(max(packed, 0), 1000))


STATISTICS = b"\x2c\x15\x02\x15\x00\x1c\x18\x03abc\x16\x04\x00\x00"
"""A struct with numbers and a struct with a text and a number in it."""


def test_sizes_of_pages_are_read_from_their_heads() -> None:
    pages = a_page(2**31 - 1, 5) + a_page(0, 0, STATISTICS) + a_page(300, 200, b"\x19\x2c\x00\x00")
    pages += a_page(1, 1, b"\x11\x12\x13\x07\x17" + bytes(8) + b"\x19\xf2\x10" + bytes(16))
    found = unpacked_bytes(io.BytesIO(b"PAR1" + pages), Chunk(4, len(pages)), 10)  # type: ignore[arg-type]
    assert found == 2**31 - 1 + 0 + 300 + 1


HEADS = [b"", b"\x00", b"\x15", b"\xff" * 40, b"\x18\xff\xff\xff\xff\x0f", b"\x1c" * 50 + bytes(60)]
HEADS += [a_page(-1, 1), a_page(1, -5), a_page(1, 2**40), b"\x19\xfc\xff\xff\x03" + bytes(80)]
HEADS += [a_page(1, 1) * 11, b"\x1d\x00", b"\x1b\x02\x55\x01\x01\x00"]


@pytest.mark.parametrize("value", HEADS)
def test_heads_that_are_none_are_refused(value: bytes) -> None:
    chunk = Chunk(0, len(value) or 5)
    with pytest.raises(ValueError, match=r"page|fit"):
        unpacked_bytes(io.BytesIO(value), chunk, 10)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="nowhere"):
        unpacked_bytes(io.BytesIO(value), Chunk(-5, 3), 10)  # type: ignore[arg-type]


def test_a_footer_of_many_groups_is_refused(good: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pq.read_table(io.BytesIO(good))
    monkeypatch.setattr(recording_file, "ROWS_A_GROUP", -2)  # 100 + 100 / -2 groups
    with pytest.raises(RecordingError, match="groups of rows"):
        decode_recording(parquet_bytes(table, row_group_size=1))
