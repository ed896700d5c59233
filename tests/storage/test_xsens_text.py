from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.errors import RecordingError
from sensor_screen.model import Placement, Side
from sensor_screen.storage.imported_sensor import ImportedSensor
from sensor_screen.storage.xsens_text import read_xsens_text
from tests.storage.made import rocking
from tests.storage.made_exports import XSENS_COLUMNS, XSENS_HEAD, write_xsens, xsens_table

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path, gyro_unit: str = "") -> ImportedSensor:
    return read_xsens_text(path, side=Side.LEFT, placement=Placement.FOOT, gyro_unit=gyro_unit)


def refuse(path: Path, gyro_unit: str = "") -> str:
    with pytest.raises(RecordingError) as caught:
        read(path, gyro_unit)
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


def test_time_is_the_counter_where_there_is_no_other(tmp_path: Path) -> None:
    found = read(write_xsens(tmp_path / "a.txt"), "radps")
    np.testing.assert_allclose(found.stream.raw, rocking()[:, 1:], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.stream.device_time_s, rocking()[:, 0] + 2.0, atol=1e-9)
    np.testing.assert_array_equal(found.stream.sequence, np.arange(100, 400))
    assert (found.stream.info.serial, found.stream.info.model) == ("00B4AAAA", "MTW2-3A7G6")
    assert found.notes["filter profile"] == "human(46.1)"


def test_the_counter_goes_on_after_16_bits_and_lost_packets_take_their_time(tmp_path: Path) -> None:
    table = np.delete(xsens_table(2**16 - 150), slice(200, 210), axis=0)
    found = read(write_xsens(tmp_path / "a.txt", table), "radps").stream
    expected = np.delete(rocking()[:, 0], slice(200, 210))
    np.testing.assert_allclose(found.device_time_s - found.device_time_s[0], expected, atol=1e-9)
    # Sequence numbers are as sent.
    np.testing.assert_array_equal(found.sequence, table[:, 0])


def test_fine_time_counts_tenths_of_milliseconds(tmp_path: Path) -> None:
    table = xsens_table()
    table[:, 1] = (2**32 - 20_000 + np.arange(300) * 200) % 2**32
    found = read(write_xsens(tmp_path / "a.txt", table), "radps").stream
    np.testing.assert_allclose(
        found.device_time_s - found.device_time_s[0], rocking()[:, 0], atol=1e-9
    )


@pytest.mark.parametrize("separator", ["\t", ","])
@pytest.mark.parametrize("how", ["line", "column", "user", "line and user"])
@pytest.mark.parametrize("unit", ["rad/s", "deg/s"])
def test_the_unit_is_read_or_given(tmp_path: Path, separator: str, how: str, unit: str) -> None:
    table = xsens_table()
    if unit == "deg/s":
        table[:, 5:] = np.degrees(table[:, 5:])
    columns = XSENS_COLUMNS.replace("\t", separator)
    head = XSENS_HEAD
    if "line" in how:
        head += f"// Gyroscope: {unit}\n"
    if how == "column":
        columns = columns.replace("Gyr_X", f"Gyr_X [{unit}]").replace("Gyr_Y", f"Gyr_Y ({unit})")
    given = {"rad/s": "radps", "deg/s": "degps"}[unit] if "user" in how else ""
    found = read(write_xsens(tmp_path / "a.txt", table, head, columns), given)
    np.testing.assert_allclose(found.stream.raw, rocking()[:, 1:], rtol=1e-6, atol=1e-6)


def test_a_unit_that_is_not_said_or_said_twice_is_refused(tmp_path: Path) -> None:
    path = write_xsens(tmp_path / "a.txt")
    message = refuse(path)
    assert "does not say the unit of its gyroscope" in message
    assert "--gyro-unit" in message
    write_xsens(path, head=XSENS_HEAD + "// Gyroscope: deg/s\n")
    assert "degps and radps" in refuse(path, "radps")
    # The user's word is held against gravity.
    assert "gyro says" in refuse(path)


def test_other_units_in_the_columns_are_refused(tmp_path: Path) -> None:
    columns = XSENS_COLUMNS.replace("Acc_X", "Acc_X [m/s^2]")
    path = write_xsens(tmp_path / "a.txt", columns=columns)
    assert read(path, "radps").ignored == ()
    write_xsens(path, columns=columns.replace("m/s^2", "g"))
    assert "no column acc_x" in refuse(path, "radps")
    write_xsens(path, columns=XSENS_COLUMNS.replace("Gyr_X", "Gyr_X [mdeg/s]"))
    assert "said to be in mdeg/s" in refuse(path)
    write_xsens(path, head=XSENS_HEAD + "// Gyroscope: mdeg/s\n")
    assert "does not say the unit" in refuse(path)


def test_no_time_is_refused(tmp_path: Path) -> None:
    path = write_xsens(tmp_path / "a.txt", head=XSENS_HEAD.replace("Update Rate: 50.0Hz", ""))
    assert "Update Rate" in refuse(path, "radps")
    for rate in ("fast", "0Hz", "-50Hz", "1e9Hz", "nanHz"):
        write_xsens(path, head=XSENS_HEAD.replace("50.0Hz", rate))
        assert "Update Rate" in refuse(path, "radps")


def test_a_wrong_update_rate_does_not_pass(tmp_path: Path) -> None:
    path = write_xsens(tmp_path / "a.txt", head=XSENS_HEAD.replace("50.0Hz", "1.0Hz"))
    assert "time says one sample every 1 s" in refuse(path, "radps")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("VelInc_X\tVelInc_Y\tVelInc_Z\tOriInc_q0", "increments (VelInc, OriInc)"),
        ("FreeAcc_X\tFreeAcc_Y\tFreeAcc_Z\tQuat_q0", "without gravity"),
        ("Mat[1][1]\tMat[2][1]\tMat[3][1]\tMat[1][2]", "orientations (Mat)"),
        ("Roll\tPitch\tYaw\tGyr_X", "orientations (Roll, Pitch, Yaw)"),
        ("Acc_X\tAcc_Y\tAcc_Z\tGyr_X", "no column gyr_y, gyr_z"),
    ],
)
def test_other_quantities_are_refused_by_name(tmp_path: Path, columns: str, words: str) -> None:
    path = write_xsens(tmp_path / "a.txt", np.ones((9, 5)), columns=f"PacketCounter\t{columns}")
    assert words in refuse(path, "radps")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        XSENS_HEAD.encode(),
        XSENS_COLUMNS.encode() + b"\n1\t2\t3\t4\t5\t6\t7\t8\n",
        (XSENS_HEAD + XSENS_COLUMNS).encode(),
        (XSENS_HEAD + XSENS_COLUMNS + "\n1\t2\t3\n").encode(),
        (XSENS_HEAD + XSENS_COLUMNS + "\n" + "\tx" * 8 + "\n").encode(),
        b"// " * 100_000,
        b"// a\n" * 10_000,
        b"//\x00\xff\n" + bytes(range(256)) * 10,
    ],
)
def test_no_file_ends_in_more_than_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    assert refuse(path, "radps").count("\n") == 0
