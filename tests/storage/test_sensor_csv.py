from __future__ import annotations

import gzip
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.errors import RecordingError
from sensor_screen.model import GyroSampling, Placement, Side
from sensor_screen.storage import given_file
from sensor_screen.storage.given_file import ReadLimits
from sensor_screen.storage.imported_sensor import ImportedSensor
from sensor_screen.storage.sensor_csv import read_sensor_csv
from sensor_screen.units import SUFFIX_TO_SI
from tests.storage.made import HEADER, rocking, write_csv

if TYPE_CHECKING:
    from pathlib import Path

    from sensor_screen.model import Floats


def read(path: Path) -> ImportedSensor:
    return read_sensor_csv(path, side=Side.LEFT, placement=Placement.FOOT)


def refuse(path: Path) -> str:
    with pytest.raises(RecordingError) as caught:
        read(path)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    return text


def assert_is_rocking(found: ImportedSensor, samples: Floats | None = None) -> None:
    expected = rocking() if samples is None else samples
    # Nine digits are written, and float32 keeps seven.
    np.testing.assert_allclose(found.stream.device_time_s, expected[:, 0], rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(found.stream.raw, expected[:, 1:], rtol=1e-6, atol=1e-6)


def test_samples_are_read_as_they_are(tmp_path: Path) -> None:
    found = read_sensor_csv(
        write_csv(tmp_path / "foot.csv"),
        side=Side.LEFT,
        placement=Placement.FOOT,
        gyro_sampling=GyroSampling.INTERVAL_MEAN,
    )
    assert_is_rocking(found)
    stream = found.stream
    assert (stream.raw.dtype, stream.device_time_s.dtype) == (np.float32, np.float64)
    assert (stream.info.side, stream.info.placement) == (Side.LEFT, Placement.FOOT)
    assert stream.info.gyro_sampling is GyroSampling.INTERVAL_MEAN
    assert stream.clock is None
    assert found.ignored == ()


@pytest.mark.parametrize("time", ["s", "ms", "us"])
@pytest.mark.parametrize("acc", ["mps2", "g", "mg"])
@pytest.mark.parametrize("gyr", ["radps", "dps", "degps"])
def test_units_come_from_the_header(tmp_path: Path, time: str, acc: str, gyr: str) -> None:
    factors = [SUFFIX_TO_SI[unit][1] for unit in (time, *[acc] * 3, *[gyr] * 3)]
    header = HEADER.replace("time_s", f"time_{time}").replace("mps2", acc).replace("radps", gyr)
    assert_is_rocking(read(write_csv(tmp_path / "a.csv", rocking() / factors, header)))


def test_a_carriage_return_in_the_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"time_s,acc_x\r_mps2,acc_y_mps2\n0,1,2\n1,2,3\n")
    assert "not a text file" in refuse(path)


def test_columns_come_in_any_order_and_others_are_named(tmp_path: Path) -> None:
    samples = rocking()
    order = [3, 0, 6, 1, 5, 2, 4]
    names = [f" {HEADER.split(',')[i].upper()} " for i in order]
    header = ",".join(["mag_x_ut", *names, "battery"])
    table = np.column_stack([samples[:, 0], samples[:, order], samples[:, 0]])
    found = read(write_csv(tmp_path / "a.csv", table, header))
    assert_is_rocking(found)
    assert found.ignored == ("mag_x_ut", "battery")


def test_other_columns_may_hold_words_and_appear_twice(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv")
    lines = path.read_text().splitlines()
    path.write_text(
        "\n".join([f"{lines[0]},label,label", *(f"{line},a b,x" for line in lines[1:])])
    )
    found = read(path)
    assert_is_rocking(found)
    assert found.ignored == ("label", "label")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("semicolon", lambda text: text.replace(",", ";")),
        ("tab", lambda text: text.replace(",", "\t")),
        ("decimal comma", lambda text: text.replace(",", ";").replace(".", ",")),
        ("blank lines", lambda text: "\n\n" + text.replace("\n", "\n\n")),
        ("windows", lambda text: "\ufeff" + text.replace("\n", "\r\n")),
        ("spaces", lambda text: text.replace(",", " , ")),
        ("quoted header", lambda text: '"' + text.replace(",", '","', 6).replace("\n", '"\n', 1)),
        ("no last line end", lambda text: text.rstrip("\n")),
    ],
)
def test_tables_as_programs_write_them(tmp_path: Path, name: str, change: object) -> None:
    path = write_csv(tmp_path / f"{name}.csv")
    assert callable(change)
    path.write_bytes(change(path.read_text()).encode())
    assert_is_rocking(read(path))


def test_gzip_is_known_by_its_content(tmp_path: Path) -> None:
    plain = write_csv(tmp_path / "a.csv").read_bytes()
    for name in ("a.csv.gz", "really_gzip.csv"):
        (tmp_path / name).write_bytes(gzip.compress(plain))
        assert_is_rocking(read(tmp_path / name))


def test_cells_that_are_not_finite_stay_for_cleaning(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv")
    lines = path.read_text().splitlines()
    for number, cell in enumerate(["", "nan", "NaN", "inf", "-inf", "1e999", "NA", "1e300"], 20):
        cells = lines[number].split(",")
        lines[number] = ",".join([*cells[:2], cell, *cells[3:]])
    path.write_text("\n".join(lines))
    raw = read(path).stream.raw
    assert (~np.isfinite(raw)).sum() == 8
    assert (~np.isfinite(raw[19:27, 1])).all()


def test_times_may_be_irregular_double_and_go_back(tmp_path: Path) -> None:
    samples = rocking()
    samples[:, 0] += np.random.default_rng(1).uniform(-0.03, 0.03, len(samples))
    samples[40, 0] = samples[39, 0]
    assert_is_rocking(read(write_csv(tmp_path / "a.csv", samples)), samples)


# --- refused -------------------------------------------------------------------------------------


def test_a_word_among_numbers_is_named_with_its_line(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv")
    lines = path.read_text().splitlines()
    lines[0] = "\n" + lines[0]
    lines[9] = lines[9].replace(",0,", ",oops,", 1) + "\n"
    path.write_text("\n".join(lines))
    # A blank line above the header, the header, eight samples: the ninth sample is line 11.
    assert "line 11 has 'oops' in column acc_x_mps2" in refuse(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"\n\n  \n", "it is empty"),
        (HEADER.encode(), "no rows"),
        (f"{HEADER}\n\n\n".encode(), "no rows"),
        (b"PAR1" + bytes(40), "recording already"),
        (bytes(range(256)) * 4, "not a text file"),
        (HEADER.encode("utf-16"), "not a text file"),
        (b"\xe9\xe8,1,2\n1,2,3\n", "not a text file"),
        (b"x" * 100_000, "not a text file"),
        (b"<html><body>Not found</body></html>\n", "no column time"),
        (b"time_s,acc_x_mps2\n0,1\n", "no column acc_y, acc_z, gyr_x, gyr_y, gyr_z"),
        (HEADER.replace("acc_x_mps2", "acc_x").encode() + b"\n", "acc_x has no known unit"),
        (HEADER.replace("acc_x_mps2", "acc_x_dps").encode() + b"\n", "acc_x_dps has no known unit"),
        (HEADER.replace("radps", "rpm").encode() + b"\n", "gyr_x_rpm has no known unit"),
        (f"{HEADER},acc_x_g\n".encode(), "acc_x twice"),
        (f"{HEADER}\n0,1,2,3\n".encode(), "line 2 has 4 of 7 columns"),
        (f"{HEADER}\n0,1,2,3,4,5,6,7\n".encode(), "line 2 has 8 of 7 columns"),
        (f"{HEADER}\n0,0,0,1_0,0,0,0\n".encode(), "not a number"),
    ],
)
def test_files_of_another_kind(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    assert said in refuse(tmp_path / "a.csv")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "No such file" in refuse(tmp_path / "none.csv")
    assert "directory" in refuse(tmp_path)


def test_a_table_that_was_cut_off_is_named_with_its_line(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv")
    text = path.read_text()
    path.write_text(text[: text.rindex("\n", 0, -1) + 20])
    assert "line 301 has" in refuse(path)


def test_a_gzip_file_that_was_cut_off_or_damaged(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(write_csv(tmp_path / "a.csv").read_bytes()))
    path = tmp_path / "a.csv.gz"
    path.write_bytes(packed[: len(packed) // 2])
    assert "cut off or damaged" in refuse(path)
    packed[len(packed) // 2] ^= 0xFF
    path.write_bytes(packed)
    assert "damaged" in refuse(path)


def test_a_bomb_stops_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given_file, "OWN_FILES", ReadLimits(text_bytes=1 << 20))
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(HEADER.encode() + b"\n" + b"0,0,0,0,0,0,0\n" * 200_000))
    assert path.stat().st_size < 10_000
    assert "more than 1 MB of text" in refuse(path)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["0,0,0,9.81,0,0,0"], "it has one row, and one sample shows no movement"),
        (
            ["0,0,0,9.81,0,0,0", "0.01,nan,0,9.81,0,0,0", "0.02,nan,0,9.81,0,0,0"],
            "its acceleration says only one sample that is finite and not zero",
        ),
        (["0,0,0,0,0,0,0", "0.01,0,0,0,0,0,0"], "its acceleration says no sample that is finite"),
    ],
)
def test_a_file_with_hardly_a_sample_says_how_many_it_has(
    tmp_path: Path, rows: list[str], words: str
) -> None:
    path = tmp_path / "short.csv"
    path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    with pytest.raises(RecordingError, match=words):
        read_sensor_csv(path, side=Side.RIGHT, placement=Placement.SHANK)


def test_two_rows_are_read_without_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    rows = ["0,0,0,9.81,0,0,0", "0.01,0,0,9.81,0,0,0"]
    path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = read_sensor_csv(path, side=Side.RIGHT, placement=Placement.SHANK)
    assert len(read.stream.raw) == 2
