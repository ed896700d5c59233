from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_screen.errors import RecordingError
from sensor_screen.model import Placement, Side
from sensor_screen.storage.sensor_csv import read_sensor_csv
from sensor_screen.storage.unit_check import find_unit_fault
from tests.storage.made import rocking, write_csv

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"


@pytest.mark.parametrize(
    ("column", "factor", "quantity", "suffix"),
    [
        (slice(1, 4), 1 / 9.80665, "acceleration", "g"),
        (slice(1, 4), 1000 / 9.80665, "acceleration", "mg"),
        (slice(1, 4), 9.80665, "acceleration", "mps2"),
        (slice(1, 4), 3.0, "acceleration", None),
        (slice(1, 4), 0.0, "acceleration", None),
        (slice(4, 7), 180 / np.pi, "gyro", "dps"),
        (slice(4, 7), np.pi / 180, "gyro", "radps"),
        (0, 1e3, "time", "ms"),
        (0, 1e6, "time", "us"),
        (0, 1e-3, "time", "s"),
        (0, 0.0, "time", None),
    ],
)
def test_a_wrong_unit_is_found_and_the_right_one_named(
    column: slice | int, factor: float, quantity: str, suffix: str | None
) -> None:
    samples = rocking(20.0)
    samples[:, column] *= factor
    fault = find_unit_fault(samples[:, 0], samples[:, 1:4], samples[:, 4:])
    assert fault is not None
    assert (fault.quantity, fault.suffix) == (quantity, suffix)


@given(
    seed=st.integers(0, 100),
    acc_bias_mps2=st.floats(0.0, 0.6),
    gyr_bias_radps=st.floats(0.0, 0.05),
)
def test_an_imperfect_sensor_is_not_a_wrong_unit(
    seed: int, acc_bias_mps2: float, gyr_bias_radps: float
) -> None:
    samples = rocking(20.0)
    random = np.random.default_rng(seed)
    samples[:, 1:4] += acc_bias_mps2 / np.sqrt(3) + random.normal(0.0, 0.05, (len(samples), 3))
    samples[:, 4:] += gyr_bias_radps + random.normal(0.0, 0.01, (len(samples), 3))
    assert find_unit_fault(samples[:, 0], samples[:, 1:4], samples[:, 4:]) is None


def test_a_sensor_that_lies_still_is_in_the_right_units() -> None:
    samples = rocking(1.0)
    assert find_unit_fault(samples[:, 0], samples[:, 1:4], samples[:, 4:]) is None


def test_a_second_of_zeros_is_a_fault_of_the_logger_not_of_the_unit() -> None:
    samples = rocking(20.0)
    samples[300:400, 1:] = 0.0
    assert find_unit_fault(samples[:, 0], samples[:, 1:4], samples[:, 4:]) is None


def test_samples_that_are_not_finite_do_not_hide_the_unit() -> None:
    samples = rocking(20.0)
    samples[::3, 2] = np.nan
    samples[1::3, 0] = np.nan
    assert find_unit_fault(samples[:, 0], samples[:, 1:4], samples[:, 4:]) is None
    samples[:, 1:4] /= 9.80665
    assert find_unit_fault(samples[:, 0], samples[:, 1:4], samples[:, 4:]) is not None
    samples[:, 1:4] = np.nan
    assert find_unit_fault(samples[:, 0], samples[:, 1:4], samples[:, 4:]) is not None


def test_the_user_is_told_value_problem_and_remedy(tmp_path: Path) -> None:
    samples = rocking()
    samples[:, 1:4] /= 9.80665
    path = write_csv(tmp_path / "shank.csv", samples)
    with pytest.raises(RecordingError) as caught:
        read_sensor_csv(path, side=Side.LEFT, placement=Placement.SHANK)
    text = str(caught.value)
    assert text.endswith(
        "its acceleration says 1 m/s2 at rest, where 9.81 belongs, as if it were in g; if so, end "
        "the column names acc_x, acc_y, acc_z with _g."
    )


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the public recordings are not beside the checkout")
def test_real_recordings_pass_and_are_caught_in_other_units() -> None:
    """Kicks last three seconds without any rest; rigs, stairs and walking are the usual case."""
    wrong_units = ((1e3, 1, 1), (1, 0.1, 1), (1, 100, 1), (1, 9.81, 1), (1, 1, 57.3))
    files = sorted(f for place in ("shank", "foot") for f in SHARED.glob(f"**/{place}.csv*"))
    missed = []
    for path in files:
        stream = read_sensor_csv(path, side=Side.LEFT, placement=Placement.FOOT).stream
        samples = stream.device_time_s, stream.acc_mps2, stream.gyr_radps
        missed += [
            (path, factors)
            for factors in wrong_units
            if find_unit_fault(*(s * f for s, f in zip(samples, factors, strict=True))) is None
        ]
    assert len(files) > 100
    assert missed == []
