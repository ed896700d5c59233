from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.errors import RecordingError
from sensor_screen.model import Origin, Side
from sensor_screen.storage.opensense_sto import read_opensense

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "DataRate=100.000000\nDataType=Quaternion\nversion=3\nOpenSimVersion=4.5\nendheader\n"
COLUMNS = "time\tpelvis_imu\ttibia_r_imu\tcalcn_r_imu"
ROW = "{:.2f}\t1,0,0,0\t0.6,0.8,0,0\t0.6,0,0,-0.8\n"
GOOD = HEAD + COLUMNS + "\n" + "".join(ROW.format(i / 100) for i in range(20))


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def refuse(path: Path, side: Side = Side.RIGHT) -> str:
    with pytest.raises(RecordingError) as caught:
        read_opensense(path, side=side)
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_leg_is_read_scalar_first(tmp_path: Path, mark: str) -> None:
    found = read_opensense(write(tmp_path / "a.sto", mark + GOOD), side=Side.RIGHT)
    np.testing.assert_allclose(found.time_s, np.arange(20) / 100)
    np.testing.assert_allclose(found.room_from_shank, [[0.6, 0.8, 0, 0]] * 20)
    np.testing.assert_allclose(found.room_from_foot, [[0.6, 0, 0, -0.8]] * 20)


def test_rounded_quaternions_are_made_whole_and_nan_stays(tmp_path: Path) -> None:
    text = GOOD.replace("0.6,0.8,0,0", "0.604,0.803,0,0", 1).replace("0.6,0,0,-0.8", "nan,0,0,1", 1)
    found = read_opensense(write(tmp_path / "a.sto", text), side=Side.RIGHT)
    np.testing.assert_allclose(np.linalg.norm(found.room_from_shank, axis=1), 1.0)
    assert np.isnan(found.room_from_foot[0]).all()


def test_the_other_leg_is_not_made_up(tmp_path: Path) -> None:
    message = refuse(write(tmp_path / "a.sto", GOOD), Side.LEFT)
    assert "no column tibia_l_imu among pelvis_imu, tibia_r_imu, calcn_r_imu" in message


def test_what_is_simulated_stays_simulated(tmp_path: Path) -> None:
    path = write(tmp_path / "a.sto", GOOD)
    assert read_opensense(path, side=Side.RIGHT).origin is Origin.MEASURED
    write(path, "origin=simulated\n" + GOOD)
    assert read_opensense(path, side=Side.RIGHT).origin is Origin.SIMULATED


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("DataType=Quaternion", "DataType=double", "DataType is 'double'"),
        ("DataType=Quaternion\n", "", "DataType is ''"),
        ("0.10\t1,0,0,0", "0.10\t1,0,0", "line 17 has 12 of 13 columns"),
        ("0.10\t1,0,0,0", "0.10\t1,0,0,0,0", "line 17 has 14 of 13 columns"),
        ("0.10\t1,0,0,0\t0.6,", "0.10\t1,0,0,0\tx,", "line 17 has 'x' in column tibia_r_imu.w"),
        ("0.10\t1,0,0,0\t0.6,", "0.10\t1,0,0,0\t6,", "line 17 has a quaternion of length"),
        ("0.10\t", "0.09\t", "line 17 has 0.09 in column time, which does not increase"),
        ("0.10\t", "nan\t", "in column time, which does not increase"),
        ("0.6,0.8,0,0", "nan,0.8,0,0", "column tibia_r_imu holds no quaternion"),
        ("0.6,0.8,0,0", "0,0,0,0", "quaternion of length 0"),
        ("endheader\ntime", "endheader\nzeit", "no line of it has the column names"),
    ],
)
def test_damage_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in GOOD
    assert words in refuse(write(tmp_path / "a.sto", GOOD.replace(old, new)))


@pytest.mark.parametrize("text", ["", HEAD, HEAD + COLUMNS, "x" * 100_000, "a=b\n" * 5000, "\0\0"])
def test_no_file_ends_in_more_than_a_sentence(tmp_path: Path, text: str) -> None:
    assert refuse(write(tmp_path / "a.sto", text)).count("\n") == 0
