"""Thinned curves and the angle table: no peak lost, no gap closed."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.model import Side
from sensor_screen.report.angles_csv import write_angles_csv
from sensor_screen.report.curve import thin_curve
from tests.hand_made import hills, trace


@given(count=st.integers(1, 5000), most=st.integers(4, 1000), seed=st.integers(0, 99))
def test_extremes_survive_and_time_runs_on(count: int, most: int, seed: int) -> None:
    angle = trace(np.random.default_rng(seed).normal(size=count) * 20.0)
    thin = thin_curve(angle, most)
    assert thin.time_s.size <= most
    assert np.all(np.diff(thin.time_s) >= 0.0)
    full = np.degrees(angle.dorsiflexion_rad)
    assert thin.dorsiflexion_deg.max() == full.max()
    assert thin.dorsiflexion_deg.min() == full.min()


def test_a_short_curve_is_left_as_it_is() -> None:
    angle = trace(hills([30.0]))
    np.testing.assert_array_equal(thin_curve(angle).time_s, angle.time_s)


def test_a_gap_and_a_single_invalid_sample_are_still_seen() -> None:
    curve = np.zeros(20_000)
    curve[5000:6000] = np.nan
    valid = np.isfinite(curve)
    valid[12_345] = False
    thin = thin_curve(trace(curve, valid=valid))
    lost = np.isnan(thin.dorsiflexion_deg)
    # Stretches of 40 samples: a stretch that touches the gap's end keeps its finite samples.
    assert lost.sum() == pytest.approx(50, abs=2)
    assert not thin.valid[lost].any()
    at = np.searchsorted(thin.time_s, 123.45)
    assert not thin.valid[at - 2 : at + 2].all()


def test_the_table_has_every_sample_of_both_legs(tmp_path: Path) -> None:
    curve = np.array([1.23456, np.nan, -40.0])
    left = trace(curve, valid=np.array([True, False, True]))
    right = trace(curve, side=Side.RIGHT)
    with (tmp_path / "angles.csv").open("wb") as stream:
        write_angles_csv([left, right], stream)
    rows = list(csv.DictReader((tmp_path / "angles.csv").read_text().splitlines()))
    assert [row["side"] for row in rows] == ["left"] * 3 + ["right"] * 3
    assert rows[0] == {
        "time_s": "0.000000",
        "side": "left",
        "dorsiflexion_deg": "1.2346",
        "inversion_deg": "0.0000",
        "valid": "1",
    }
    assert rows[1]["dorsiflexion_deg"] == ""
    assert rows[1]["valid"] == "0"
    assert rows[2]["dorsiflexion_deg"] == "-40.0000"


def test_a_long_table_is_written_in_blocks_and_whole(tmp_path: Path) -> None:
    angle = trace(np.arange(250_001) % 50 - 25.0)
    with (tmp_path / "angles.csv").open("wb") as stream:
        write_angles_csv([angle], stream)
    read = np.loadtxt(tmp_path / "angles.csv", delimiter=",", skiprows=1, usecols=(0, 2))
    np.testing.assert_allclose(read[:, 0], angle.time_s, atol=1e-6)
    np.testing.assert_allclose(read[:, 1], np.degrees(angle.dorsiflexion_rad), atol=1e-4)
    assert [path.name for path in tmp_path.iterdir()] == ["angles.csv"]
