from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.errors import RecordingError
from sensor_screen.model import Placement, Side
from sensor_screen.storage.imported_sensor import MAX_PREAMBLE_BYTES, ImportedSensor
from sensor_screen.storage.movella_dot import read_movella_dot
from tests.storage.made import rocking
from tests.storage.made_exports import DOT_COLUMNS, DOT_HEAD, dot_table, rows, write_dot

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> ImportedSensor:
    return read_movella_dot(path, side=Side.LEFT, placement=Placement.SHANK)


def refuse(path: Path) -> str:
    with pytest.raises(RecordingError) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


def test_samples_units_and_names_are_those_of_the_format(tmp_path: Path) -> None:
    found = read(write_dot(tmp_path / "a.csv"))
    samples = rocking()
    # Ten digits are written, and float32 keeps seven.
    np.testing.assert_allclose(found.stream.raw, samples[:, 1:], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.stream.device_time_s, samples[:, 0] + 1.0, atol=1e-9)
    np.testing.assert_array_equal(found.stream.sequence, np.arange(1, 301))
    assert (found.stream.info.serial, found.stream.info.model) == ("left ankle 1", "Movella DOT")
    assert found.recorded_on == "2026-11-27"
    assert found.notes["filterprofile"] == "General"
    assert found.ignored == ()


@pytest.mark.parametrize("first_us", [2**32 - 3e6, 2**32 - 1.0, 2**32 - 20_000.0])
def test_the_clock_goes_on_after_its_round(tmp_path: Path, first_us: float) -> None:
    path = write_dot(tmp_path / "a.csv", dot_table(first_us))
    elapsed = read(path).stream.device_time_s - first_us * 1e-6
    np.testing.assert_allclose(elapsed, rocking()[:, 0], atol=1e-6)


def test_a_late_sample_is_no_new_round(tmp_path: Path) -> None:
    table = dot_table()
    table[[100, 101]] = table[[101, 100]]
    found = read(write_dot(tmp_path / "a.csv", table)).stream
    np.testing.assert_allclose(found.device_time_s, table[:, 1] * 1e-6)
    assert found.sequence is not None
    assert found.sequence[100:102].tolist() == [102, 101]


def test_further_columns_are_named_and_nan_stays(tmp_path: Path) -> None:
    table = np.column_stack([dot_table(), np.ones((300, 2))])
    table[7, 4] = np.nan
    found = read(write_dot(tmp_path / "a.csv", table, f"{DOT_COLUMNS},Mag_X,Status"))
    assert found.ignored == ("mag_x", "status")
    assert np.isnan(found.stream.raw[7, 2])
    assert np.isfinite(np.delete(found.stream.raw, 7, axis=0)).all()


def test_a_spreadsheet_in_another_language_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    text = DOT_HEAD.replace("sep=,\n", "") + DOT_COLUMNS + "\n"
    body = rows(dot_table(), ";").replace(".", ",")
    path.write_bytes(
        b"\xef\xbb\xbf" + (text.replace(",", ";") + body).replace("\n", "\r\n").encode()
    )
    found = read(path)
    np.testing.assert_allclose(found.stream.raw, rocking()[:, 1:], rtol=1e-6, atol=1e-6)
    assert found.stream.info.serial == "left ankle 1"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("dq_W,dq_X,dq_Y,dq_Z,dv[1],dv[2],dv[3]", "increments (dq, dv)"),
        ("dq_W,dq_X,dq_Y,dq_Z,dv[1],dv[2],dv[3],Mag_X,Mag_Y,Mag_Z,Status", "increments (dq, dv)"),
        ("Euler_X,Euler_Y,Euler_Z,FreeAcc_X,FreeAcc_Y,FreeAcc_Z", "without gravity (FreeAcc)"),
        ("Quat_W,Quat_X,Quat_Y,Quat_Z", "orientations (Quat)"),
        ("Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y", "no column gyr_z"),
    ],
)
def test_other_quantities_are_refused_by_name(tmp_path: Path, columns: str, words: str) -> None:
    columns = f"PacketCounter,SampleTimeFine,{columns}"
    table = np.ones((20, columns.count(",") + 1))
    message = refuse(write_dot(tmp_path / "a.csv", table, columns))
    assert words in message
    assert "Rate quantities" in message


def test_units_are_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{DOT_COLUMNS}\n{rows(dot_table())}")
    assert "nothing in it says that it comes from a Movella DOT" in refuse(path)
    table = dot_table()
    table[:, 2:5] /= 9.81
    assert "acceleration says 1 m/s2" in refuse(write_dot(path, table))
    table = dot_table()
    table[:, 5:] = np.radians(table[:, 5:])
    assert "gyro says" in refuse(write_dot(path, table))
    table = dot_table()
    table[:, 1] /= 1000.0
    assert "time says" in refuse(write_dot(path, table))


def test_damage_names_its_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = (DOT_HEAD + DOT_COLUMNS + "\n" + rows(dot_table())).splitlines()
    first = lines.index(DOT_COLUMNS) + 1
    path.write_text("\n".join([*lines[: first + 5], lines[first + 5][:20]]))
    assert f"line {first + 6} has " in refuse(path)
    wrong = lines.copy()
    wrong[first + 3] = wrong[first + 3].replace(",0,", ",zero,", 1)
    path.write_text("\n".join(wrong))
    assert f"line {first + 4} has 'zero' in column acc_x" in refuse(path)
    for count in ("", "1.5", "-1", "1e30"):
        wrong = lines.copy()
        wrong[first + 2] = count + wrong[first + 2][1:]
        path.write_text("\n".join(wrong))
        assert f"line {first + 3} has " in refuse(path)
        assert "in column packetcounter, not a count" in refuse(path)


def test_decimal_commas_between_commas_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    body = rows(dot_table()).splitlines()
    body = [line.replace(".", ",") for line in body]
    path.write_text(f"{DOT_HEAD}{DOT_COLUMNS}\n" + "\n".join(body))
    assert "of 8 columns" in refuse(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xef\xbb\xbf",
        DOT_HEAD.encode(),
        b"DeviceTag:," + b"x" * (MAX_PREAMBLE_BYTES + 10) + b"\n" + DOT_COLUMNS.encode(),
        b"\n" * 5000 + DOT_COLUMNS.encode() + b"\n1,2,3,4,5,6,7,8\n",
        bytes(range(256)) * 300,
        (DOT_HEAD + DOT_COLUMNS).encode(),
        (DOT_HEAD + DOT_COLUMNS + "\n1,2,3,4,5,6,7,8\n").encode(),
        (DOT_HEAD + DOT_COLUMNS + ",Acc_X\n" + "1,2,3,4,5,6,7,8,9\n" * 9).encode(),
        (DOT_HEAD + DOT_COLUMNS + "\n" + "1,nan,nan,nan,nan,nan,nan,nan\n" * 9).encode(),
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\x00" * 5,
    ],
)
def test_no_file_ends_in_more_than_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert refuse(path).count("\n") == 0


def test_a_name_cannot_write_on_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    text = DOT_HEAD.replace("left ankle 1", "a\x1b[31m\u202e" + "b" * 1000)
    path.write_text(f"{text}{DOT_COLUMNS}\n{rows(dot_table())}", encoding="utf-8")
    serial = read(path).stream.info.serial
    assert serial.isprintable()
    assert len(serial) <= 200
