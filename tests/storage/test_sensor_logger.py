from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sensor_screen.errors import RecordingError
from sensor_screen.model import Placement, Side
from sensor_screen.storage import given_file
from sensor_screen.storage import phone_files as phone_files_module
from sensor_screen.storage.given_file import ReadLimits
from sensor_screen.storage.imported_sensor import ImportedSensor
from sensor_screen.storage.sensor_logger import read_sensor_logger
from tests.storage.made import rocking
from tests.storage.made_exports import phone_files, vectors, write_phone

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> ImportedSensor:
    return read_sensor_logger(path, side=Side.LEFT, placement=Placement.SHANK)


def refuse(path: Path) -> str:
    with pytest.raises(RecordingError) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


def write_zip(path: Path, files: dict[str, str] | None = None, folder: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in (phone_files() if files is None else files).items():
            file.writestr(folder + name, text)
    return path


@pytest.mark.parametrize(
    ("platform", "standard"),
    [("android", "false"), ("android", "true"), ("ios", "true"), ("ios", "false")],
)
@pytest.mark.parametrize("packed", [False, True])
def test_every_phone_gives_specific_force(
    tmp_path: Path, platform: str, standard: str, packed: bool
) -> None:
    files = phone_files(platform, standard)
    path = tmp_path / "a.zip"
    found = read(write_zip(path, files, "night 1/") if packed else write_phone(path, files))
    np.testing.assert_allclose(found.stream.raw, rocking()[:, 1:], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.stream.device_time_s, rocking()[:, 0], atol=1e-6)
    assert (found.stream.info.model, found.stream.info.serial) == ("A phone", "abc-1")
    expected = "TotalAcceleration" if platform == "android" else "sum of Accelerometer and Gravity"
    assert found.notes["acceleration"] == expected
    assert "times" not in found.notes


def test_gravity_is_added_or_the_file_refused(tmp_path: Path) -> None:
    files = phone_files()
    del files["TotalAcceleration.csv"]
    found = read(write_phone(tmp_path / "sum", files))
    np.testing.assert_allclose(found.stream.raw, rocking()[:, 1:], rtol=1e-6, atol=1e-6)
    del files["Gravity.csv"]
    message = refuse(write_phone(tmp_path / "user", files))
    assert "without gravity, and there is no Gravity.csv" in message


def test_the_axes_of_an_iphone_are_not_guessed(tmp_path: Path) -> None:
    files = phone_files("ios", "false")
    total = phone_files()["TotalAcceleration.csv"]
    only_total = {k: v for k, v in files.items() if k not in ("Accelerometer.csv", "Gravity.csv")}
    message = refuse(write_phone(tmp_path / "total", only_total | {"TotalAcceleration.csv": total}))
    assert "does not say which way it points" in message
    for platform, standard in (("ios", ""), ("windows", "true"), ("", "")):
        folder = write_phone(
            tmp_path / f"phone {platform}{standard}", phone_files(platform, standard)
        )
        assert "which way acceleration points" in refuse(folder)
    del files["Metadata.csv"]
    assert "Metadata.csv" in refuse(write_phone(tmp_path / "none", files))


def test_acceleration_is_read_at_the_times_of_the_gyroscope(tmp_path: Path) -> None:
    samples = rocking()
    files = phone_files()
    fine = rocking(rate_hz=200.0)
    late = slice(3, None)
    files["TotalAcceleration.csv"] = vectors(fine[late, 0] + 0.0013, fine[late, 1:4])
    found = read(write_phone(tmp_path / "a", files))
    raw = found.stream.raw
    # No sample before the first of the other file: nothing is made up there.
    assert np.isnan(raw[0, :3]).all()
    # 1.3 ms later at a rate of less than 10 m/s2 a second.
    np.testing.assert_allclose(raw[1:, :3], samples[1:, 1:4], atol=0.014)
    np.testing.assert_allclose(raw[:, 3:], samples[:, 4:], atol=1e-6)
    assert "times of the gyroscope" in found.notes["times"]


def test_nothing_is_read_across_a_hole(tmp_path: Path) -> None:
    samples = rocking()
    files = phone_files()
    kept = np.r_[0:100, 150:300]
    files["TotalAcceleration.csv"] = vectors(samples[kept, 0], samples[kept, 1:4])
    raw = read(write_phone(tmp_path / "a", files)).stream.raw
    assert np.isnan(raw[100:150, :3]).all()
    np.testing.assert_allclose(raw[kept], samples[kept, 1:], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["Gyroscope", "TotalAcceleration", "Metadata"])
@pytest.mark.parametrize(
    "text", ["", "\n", "time,seconds_elapsed,z,y,x\n", "time,seconds_elapsed,z,y,x\n1,2", "\0\0"]
)
def test_a_damaged_file_is_named(tmp_path: Path, name: str, text: str) -> None:
    folder = write_phone(tmp_path / "a", phone_files() | {f"{name}.csv": text})
    assert refuse(folder).startswith(str(folder / f"{name}.csv"))


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    files = phone_files()
    lines = files["Gyroscope.csv"].splitlines()
    lines[9] = "1795761000000000000,0.18,abc,0,0"
    files["Gyroscope.csv"] = "\n".join(lines)
    assert "line 10 has 'abc' in column z" in refuse(write_phone(tmp_path / "a", files))


@pytest.mark.parametrize("gone", ["Gyroscope.csv", "TotalAcceleration.csv"])
def test_a_missing_file_is_named(tmp_path: Path, gone: str) -> None:
    files = {k: v for k, v in phone_files().items() if k in ("Metadata.csv", "Gyroscope.csv")}
    files["TotalAcceleration.csv"] = phone_files()["TotalAcceleration.csv"]
    del files[gone]
    refuse(write_phone(tmp_path / "a", files))


def test_zips_that_are_none_locked_or_double_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04 no zip")
    assert "no whole zip" in refuse(path)
    write_zip(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    assert "no whole zip" in refuse(path)
    damaged = bytearray(whole)
    damaged[200:260] = b"\xff" * 60
    path.write_bytes(damaged)
    refuse(path)
    with zipfile.ZipFile(path, "w") as file:
        for folder in ("one/", "two/"):
            file.writestr(folder + "Gyroscope.csv", "x")
    assert "Gyroscope.csv twice" in refuse(path)
    assert "no whole zip" in refuse(tmp_path / "nothing.zip")


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given_file, "OWN_FILES", ReadLimits(text_bytes=1 << 20))
    bomb = phone_files() | {"Gyroscope.csv": "0" * (4 << 20)}
    path = write_zip(tmp_path / "a.zip", bomb)
    assert path.stat().st_size < 100_000
    assert "more than 1 MB of text" in refuse(path)
    monkeypatch.setattr(phone_files_module, "MAX_MEMBERS", 3)
    assert "it holds 5 files" in refuse(path)
